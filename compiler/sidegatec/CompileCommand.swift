internal import ArgumentParser
internal import POSIX
internal import RouteConfig
internal import RouteTable
internal import TableCompiler

/// `sidegatec compile FILE… -o OUT`.
struct CompileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compile",
        abstract: "Compile configuration files to a table."
    )

    @OptionGroup var options: CompileOptions

    @Option(
        name: .shortAndLong,
        help: "Where the table goes; replaced in one step.",
        completion: .file()
    )
    var output: String?

    @Option(
        help: "Say whether this table is what the files give; write nothing.",
        completion: .file()
    )
    var check: String?

    func validate() throws {
        if (output == nil) == (check == nil) {
            throw ValidationError("Give either '--output <output>' or '--check <check>'")
        }
    }

    func run() throws {
        if let check {
            try compare(with: check)
        } else if let output {
            try write(output)
        }
    }

    private func write(_ output: String) throws {
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

    /// Signatures do not count, nor does the generation when none is given: both are of the
    /// roll-out, not of the configuration.
    private func compare(with path: String) throws {
        let table = try TableFile.open(path)
        let result = try options.run(otherwise: table.generation)
        guard let bytes = result.bytes else {
            Console.errors.write(
                "sidegatec: \(CompileResult.counted(result.sink.errorCount, "error"))\n"
            )
            throw ExitCode.badInput
        }
        guard table.hasSameBytes(as: bytes) else {
            Console.errors.write(
                "sidegatec: \(path) is out of date; sidegatec diff says in what\n"
            )
            throw ExitCode.badInput
        }
        Console.errors.write("sidegatec: \(path) is up to date\n")
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
        guard let bytes = result.bytes else {
            Console.errors.write(
                "sidegatec: \(CompileResult.counted(result.sink.errorCount, "error"))\n"
            )
            throw ExitCode.badInput
        }
        // With diagnostics as JSON, standard output is one JSON document.
        if options.diagnostics == .text { try report(bytes, result.sink.secrets) }
        Console.errors.write("sidegatec: \(result.summary)\n")
    }

    private func report(_ bytes: [UInt8], _ secrets: SecretSet) throws {
        let table: RouteTable
        do throws(TableError) {
            table = try RouteTable(bytes: bytes)
        } catch {
            Console.errors.write("sidegatec: the table does not verify: \(error.description)\n")
            throw ExitCode.badInput
        }
        let names = (0..<table.counts.models).map { table.string(table.model(at: $0).name) }
        Console.output.write(
            TableText.worstCases(names: names, table.worstCases, secrets: secrets)
        )
    }
}
