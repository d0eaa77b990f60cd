internal import ArgumentParser
internal import Cryptography
internal import RouteTable
internal import Routing
internal import TableCompiler

/// `sidegatec inspect TABLE [--json]`.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Print a table in full, with secrets masked."
    )

    @Argument(help: "The table.", completion: .file())
    var table: String

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Print a configuration that this table can be compiled from.")
    var yaml = false

    @Flag(help: "With --yaml, print literal secrets too; without it they are ***.")
    var revealSecrets = false

    func validate() throws {
        if json, yaml { throw ValidationError("Give '--json' or '--yaml', not both") }
        if revealSecrets, !yaml { throw ValidationError("'--reveal-secrets' goes with '--yaml'") }
    }

    func run() throws {
        let opened = try TableFile.open(table)
        let contents = opened.contents()
        if yaml {
            Console.output.write(ConfigYAML.render(contents, revealsSecrets: revealSecrets))
            return
        }
        let facts = TableFacts(
            digest: opened.digestHex,
            signers: opened.signatures.map { Hex.encode($0.keyID) },
            worstCases: opened.worstCases
        )
        Console.output.write(
            json ? TableJSON.render(contents, facts) : TableText.render(contents, facts)
        )
    }
}

extension RouteTable {
    /// What a request for each model can cost at most, in the order of the models.
    var worstCases: [WorstCase] {
        var worstCases = WorstCases(table: self)
        return (0..<counts.models).map { worstCases.ofModel(at: $0) }
    }
}
