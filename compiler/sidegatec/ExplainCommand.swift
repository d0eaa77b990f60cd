internal import ArgumentParser
internal import Cryptography
internal import POSIX
internal import RouteTable
internal import Routing
internal import TableCompiler
internal import YAML

/// `sidegatec explain MODEL --table TABLE`.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Print where a request for a model would go, and why."
    )

    @Argument(help: "The model, as a client would name it.")
    var model: String

    @Option(help: "The table.", completion: .file())
    var table: String

    @Flag(help: "The request asks for a stream.")
    var stream = false

    @Option(help: "The request's tags, by commas.")
    var tags = ""

    @Option(help: "A virtual key by its alias or its SHA-256, never the key itself.")
    var key: String?

    @Option(help: "How many tokens the prompt has.")
    var inputTokens: UInt32 = 0

    @Option(
        help: "A request's body as JSON, whose prompt decides under prefix-affinity.",
        completion: .file()
    )
    var promptFile: String?

    @Option(
        help: "What a sidecar answered at /routing/state; '-' for standard input.",
        completion: .file()
    )
    var state: String?

    @Flag(help: "Print JSON.")
    var json = false

    /// More than a state of all endpoints that a table can have.
    private static let fileBytesMax = 256 << 20

    func run() throws {
        let opened = try TableFile.open(table)
        let explanation: Explanation
        let query = try query()
        do throws(ExplainError) {
            explanation = try Explainer.explain(query, table: opened)
        } catch {
            Console.errors.write("sidegatec: \(error.description)\n")
            throw ExitCode.badInput
        }
        Console.output.write(
            json
                ? ExplanationJSON.render(explanation) : ExplanationText.render(explanation)
        )
    }

    private func query() throws -> ExplainQuery {
        var query = ExplainQuery(name: model)
        query.isStream = stream
        query.tags = tags.split(separator: ",").map { tag in
            String(tag.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        query.key = key
        query.inputTokens = Int64(inputTokens)
        query.prompt = try promptFile.map(read)
        query.state = try state.map(readState)
        query.now = Int(Clock.wallNS() / 1_000_000_000)
        return query
    }

    private func readState(_ path: String) throws -> RoutingStateJSON {
        let bytes = try read(path)
        do throws(RoutingStateError) {
            return try RoutingStateJSON(parsing: bytes)
        } catch {
            Console.errors.write("sidegatec: \(path): \(error.description)\n")
            throw ExitCode.badInput
        }
    }

    private func read(_ path: String) throws -> [UInt8] {
        do throws(FileError) {
            return try File.readAny(
                path == "-" ? "/dev/stdin" : path,
                sizeMax: Self.fileBytesMax
            )
        } catch {
            Console.errors.write("sidegatec: \(error.description)\n")
            throw ExitCode.badUsage
        }
    }
}

/// A table named on the command line.
enum TableFile {
    /// - Parameter trusted: keys of which one must have signed it; nil takes anybody's.
    static func open(_ path: String, trusted: TrustedKeys? = nil) throws -> RouteTable {
        do throws(TableError) {
            return try RouteTable.open(path: path, trusted: trusted)
        } catch {
            Console.errors.write("sidegatec: \(path): \(error.description)\n")
            if case .file = error { throw ExitCode.badUsage }
            throw ExitCode.badInput
        }
    }
}
