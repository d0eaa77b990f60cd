internal import ArgumentParser
internal import POSIX
internal import RouteConfig
internal import YAML

/// `sidegatec debug-yaml FILE`: what the YAML reader makes of a file, as JSON with types. The tests
/// compare it with PyYAML.
struct DebugYAMLCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "debug-yaml",
        abstract: "Print a file's YAML as JSON with types.",
        shouldDisplay: false
    )

    @Argument var file: String

    func run() throws {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try File.read(file, sizeMax: YAMLLimits().bytesMax + 1)
        } catch {
            Console.errors.write("sidegatec: \(error.description)\n")
            throw ExitCode.badUsage
        }
        let stream = YAMLStream(bytes)
        let documents = stream.documents.map { DebugYAML.text($0) }.joined(separator: ",")
        let isBroken = stream.problems.contains { !$0.isWarning }
        Console.output.write("{\"error\":\(isBroken),\"documents\":[\(documents)]}\n")
    }
}

/// Nodes as JSON: scalars as `{"type": "value"}`, mappings as a list of pairs.
private enum DebugYAML {
    static func text(_ node: YAMLNode) -> String {
        switch node.content {
        case .scalar(let scalar): text(scalar)
        case .sequence(let items): "[" + items.map(text).joined(separator: ",") + "]"
        case .mapping(let entries):
            "{\"map\":["
                + entries.map { "[\(text($0.key)),\(text($0.value))]" }.joined(separator: ",")
                + "]}"
        }
    }

    private static func text(_ scalar: YAMLScalar) -> String {
        switch scalar.value {
        case .null: "{\"null\":\"\"}"
        case .bool(let bool): "{\"bool\":\"\(bool)\"}"
        case .integer(let integer): "{\"int\":\"\(integer)\"}"
        case .bigInteger(let digits): "{\"int\":\"\(digits)\"}"
        case .float(let double): "{\"float\":\"\(PythonText.repr(double))\"}"
        case .string(let text): "{\"str\":\(JSONText.quoted(text))}"
        case .timestamp(let text): "{\"timestamp\":\(JSONText.quoted(text))}"
        }
    }
}
