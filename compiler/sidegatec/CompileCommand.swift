internal import ArgumentParser
internal import POSIX
internal import RouteConfig

/// `sidegatec compile FILE… -o OUT`.
struct CompileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compile",
        abstract: "Compile configuration files to a table."
    )

    @OptionGroup var options: CompileOptions

    @Option(name: .shortAndLong, help: "Where the table goes; replaced in one step.")
    var output: String

    func run() throws {
        let result = try options.run()
        guard let bytes = result.bytes else {
            Console.errors.write(
                "sidegatec: \(CompileResult.counted(result.sink.errorCount, "error")); "
                    + "\(output) is not touched\n"
            )
            throw ExitCode.badInput
        }
        do throws(FileError) {
            try File.writeAtomically(output, bytes)
        } catch {
            Console.errors.write("sidegatec: \(error.description)\n")
            throw ExitCode.badUsage
        }
        Console.errors.write("sidegatec: \(output): \(result.summary)\n")
    }
}

/// `sidegatec check FILE…`: the same without writing.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check configuration files; write nothing."
    )

    @OptionGroup var options: CompileOptions

    func run() throws {
        let result = try options.run()
        guard result.bytes != nil else {
            Console.errors.write(
                "sidegatec: \(CompileResult.counted(result.sink.errorCount, "error"))\n"
            )
            throw ExitCode.badInput
        }
        Console.errors.write("sidegatec: \(result.summary)\n")
    }
}
