internal import ArgumentParser
internal import RouteConfig
internal import RouteTable
internal import TableCompiler
internal import Template

/// What `compile` and `check` have in common.
struct CompileOptions: ParsableArguments {
    /// How diagnostics are printed.
    enum Format: String, ExpressibleByArgument {
        case text
        case json
    }

    @Argument(
        help: "Configuration files; later ones are merged as 'include' does.",
        completion: .file()
    )
    var files: [String]

    @OptionGroup var template: TemplateOptions

    @OptionGroup var prices: PriceOptions

    @Flag(help: "Make errors of warnings.")
    var strict = false

    @Option(help: "How to print diagnostics: text or json.")
    var diagnostics = Format.text

    @Option(help: "The number of this table in a rollout; 0 without it.")
    var generation: UInt64?

    /// Compiles the files and prints every diagnostic.
    ///
    /// - Parameter otherwise: the generation where none is given.
    func run(otherwise: UInt64 = 0) throws -> CompileResult {
        let sink = DiagnosticSink(isStrict: strict)
        let values = try template.load(sink)
        if sink.errorCount > 0 {
            report(sink)
            Console.errors.write(
                "sidegatec: \(CompileResult.counted(sink.errorCount, "error"))\n"
            )
            throw ExitCode.badInput
        }
        let result = try Self.compile(
            files,
            generation ?? otherwise,
            values: values,
            prices: try prices.load(sink),
            sink: sink
        )
        report(result.sink)
        return result
    }

    /// Compiles files in memory.
    ///
    /// - Parameters:
    ///   - values: Makes templates of all of them.
    ///   - prices: What deployments cost that do not say it themselves.
    ///   - sink: Where everything that is found goes.
    static func compile(
        _ files: [String],
        _ generation: UInt64,
        values: TemplateValue? = nil,
        prices: PriceMap? = nil,
        sink: DiagnosticSink,
        read: @escaping (String) -> Result<[UInt8], SourceFailure> = SourceReader.read
    ) throws -> CompileResult {
        let decoded = ConfigDecoder.decode(files: files, sink: sink, values: values, read: read)
        guard case .success(let config) = decoded else {
            if case .failure(let failure) = decoded {
                Console.errors.write("sidegatec: cannot read \(failure.reason)\n")
            }
            throw ExitCode.badUsage
        }
        let contents = TableCompiler.compile(
            config,
            generation: generation,
            prices: prices,
            sink: sink
        )
        sink.reportUselessAllowances()
        var bytes: [UInt8]?
        if sink.errorCount == 0 {
            do throws(TableWriterError) {
                bytes = try TableWriter.encode(contents)
            } catch {
                sink.error(.tableTooLarge, nil, "this cannot be written as a table: \(error)")
            }
        }
        return CompileResult(contents: contents, bytes: bytes, sink: sink)
    }

    func report(_ sink: DiagnosticSink) {
        let found = sink.diagnostics
        switch diagnostics {
        case .json:
            Console.output.write(
                DiagnosticJSON(files: sink.files, secrets: sink.secrets).render(found)
            )
        case .text:
            let text = DiagnosticText(files: sink.files, secrets: sink.secrets)
            if !found.isEmpty { Console.errors.write(found.map(text.render).joined()) }
        }
        if let leftOut = sink.leftOut {
            Console.errors.write("sidegatec: \(leftOut) more are not printed\n")
        }
    }
}

/// What one run of the compiler made.
struct CompileResult {
    let contents: TableContents
    /// Nil after an error.
    let bytes: [UInt8]?
    let sink: DiagnosticSink

    /// `3 models, 4 deployments, 2 warnings`.
    var summary: String {
        let deployments = contents.models.reduce(0) { $0 + $1.deployments.count }
        return [
            Self.counted(contents.models.count, "model"),
            Self.counted(deployments, "deployment"),
            Self.counted(bytes?.count ?? 0, "byte"),
            Self.counted(sink.warningCount, "warning"),
        ].joined(separator: ", ")
    }

    static func counted(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
}
