internal import ArgumentParser
internal import POSIX
internal import RouteTable
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
        throw ExitCode.badUsage
    }
}
