internal import ArgumentParser
internal import RouteTable
internal import Routing
internal import TableCompiler

/// `sidegatec inspect TABLE [--json]`.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Print a table in full, with secrets masked."
    )

    @Argument(help: "The table.")
    var table: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let opened = try TableFile.open(table)
        let contents = opened.contents()
        let digest = opened.digestHex
        Console.output.write(
            json
                ? TableJSON.render(contents, digest: digest, worstCases: opened.worstCases)
                : TableText.render(contents, digest: digest, worstCases: opened.worstCases)
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
