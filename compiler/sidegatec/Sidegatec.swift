internal import ArgumentParser

/// The compiler's command line.
@main
struct Sidegatec: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sidegatec",
        abstract: "Compiles LiteLLM's configuration format to a routing table.",
        version: "sidegatec \(Version.text)",
        subcommands: [
            CompileCommand.self, CheckCommand.self, InspectCommand.self, ExplainCommand.self,
            DiffCommand.self, RenderCommand.self, DiscoverCommand.self, SchemaCommand.self,
            ExplainCodeCommand.self, HashKeyCommand.self, KeygenCommand.self, SignCommand.self,
            VerifyCommand.self,
            DebugYAMLCommand.self,
        ]
    )

    /// Runs a command. Status 0 is success, 1 an error in the input, 2 wrong usage or I/O; 3 and 4
    /// are `discover`'s, for servers that did not answer.
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            let text = fullMessage(for: error)
            let status = exitCode(for: error).rawValue
            if !text.isEmpty { (status == 0 ? Console.output : Console.errors).write(text + "\n") }
            // ArgumentParser's own status for wrong usage is 64.
            leave((0...4).contains(status) ? status : 2)
        }
    }
}

/// What this build is.
enum Version {
    static let text = "0.1.0"
}
