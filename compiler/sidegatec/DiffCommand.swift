internal import ArgumentParser
internal import POSIX
internal import RouteConfig
internal import RouteTable
internal import TableCompiler
internal import Template

/// `sidegatec diff OLD NEW`: what a reviewer wants to know.
struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Print what differs between two tables or configurations.",
        discussion: "Each side is a table, or a configuration file that is compiled in memory. "
            + "Kinds for --fail-on: any, "
            + ChangeKind.allCases.map(\.rawValue).joined(separator: ", ") + "."
    )

    @Argument(help: "What is there now: a table or a configuration.", completion: .file())
    var old: String

    @Argument(help: "What shall be there.", completion: .file())
    var new: String

    @OptionGroup var template: TemplateOptions

    @Option(
        parsing: .upToNextOption,
        help: "Values for a template that is OLD, in place of those of --values.",
        completion: .file()
    )
    var oldValues: [String] = []

    @Option(
        name: .customLong("old-set"),
        help: ArgumentHelp(
            "One value for a template that is OLD, in place of those of --set.",
            valueName: "path=value"
        )
    )
    var oldSettings: [String] = []

    @OptionGroup var prices: PriceOptions

    @Flag(help: "Print JSON.")
    var json = false

    @Option(
        help: "Kinds of changes, by commas, for which the exit status is 1.",
        completion: .list(["any"] + ChangeKind.allCases.map(\.rawValue))
    )
    var failOn = ""

    func validate() throws {
        for name in kinds where name != "any" && ChangeKind(rawValue: name) == nil {
            throw ValidationError("'--fail-on \(name)': --help lists the kinds")
        }
    }

    private var kinds: [String] { failOn.split(separator: ",").map(String.init) }

    func run() throws {
        let hasOwn = !oldValues.isEmpty || !oldSettings.isEmpty
        let before = try DiffSide(
            path: old,
            values: hasOwn ? oldValues : template.values,
            settings: hasOwn ? oldSettings : template.settings,
            prices: prices
        ).open()
        let after = try DiffSide(
            path: new,
            values: template.values,
            settings: template.settings,
            prices: prices
        ).open()
        let differences = TableDifference.between(before.contents(), after.contents())
        if json {
            Console.output.write(
                differences.json(old: side(old, before), new: side(new, after))
            )
        } else {
            Console.output.write(differences.isEmpty ? "no difference\n" : differences.text)
        }
        let counts = differences.counts
        let isAny = kinds.contains("any") && !differences.isEmpty
        let failing = counts.filter { kinds.contains($0.kind.rawValue) || isAny }
        if failing.isEmpty { return }
        let found = failing.map { "\($0.count) \($0.kind.rawValue)" }.joined(separator: ", ")
        Console.errors.write("sidegatec: there is what --fail-on names: \(found)\n")
        throw ExitCode.badInput
    }

    private func side(_ path: String, _ table: RouteTable) -> Differences.Side {
        Differences.Side(path: path, digest: table.digestHex, generation: table.generation)
    }
}

/// One side of a comparison.
struct DiffSide {
    let path: String
    /// Files and single values that make a template of a configuration; of a table they are none.
    let values: [String]
    let settings: [String]
    let prices: PriceOptions

    /// - Throws: status 2 for whatever keeps the two from being compared: 1 says what differs.
    func open() throws -> RouteTable {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try File.readAny(path, sizeMax: RouteTable.signedBytesMax)
        } catch {
            Console.errors.write("sidegatec: \(error.description)\n")
            throw ExitCode.badUsage
        }
        let table = RouteTable.isLikeTable(bytes) ? bytes : try compile(bytes)
        do throws(TableError) {
            return try RouteTable(bytes: table)
        } catch {
            Console.errors.write("sidegatec: \(path): \(error.description)\n")
            throw ExitCode.badUsage
        }
    }

    /// Warnings are for who compiles; errors are printed, since nothing can be compared.
    private func compile(_ bytes: [UInt8]) throws -> [UInt8] {
        let sink = DiagnosticSink()
        let isTemplate = !values.isEmpty || !settings.isEmpty
        let loaded = isTemplate ? try TemplateOptions.load(values, settings, sink) : nil
        let map = try prices.load(sink)
        if sink.errorCount == 0 {
            let result = try CompileOptions.compile(
                [path],
                0,
                values: loaded,
                prices: map,
                sink: sink
            ) { name in
                // A pipe can be read once.
                name == SourcePath.normalized(path) ? .success(bytes) : SourceReader.read(name)
            }
            if let table = result.bytes { return table }
        }
        let text = DiagnosticText(files: sink.files, secrets: sink.secrets)
        let errors = sink.diagnostics.filter { $0.severity == .error }
        Console.errors.write(errors.map(text.render).joined())
        Console.errors.write("sidegatec: \(path) cannot be compiled\n")
        throw ExitCode.badUsage
    }
}
