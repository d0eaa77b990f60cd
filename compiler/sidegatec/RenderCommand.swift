internal import ArgumentParser
internal import POSIX
internal import RouteConfig

/// `sidegatec render TEMPLATE --values FILE… [-o OUT]`.
struct RenderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render",
        abstract: "Put values into a template of YAML."
    )

    @Argument(help: "The template, in Handlebars' language.", completion: .file())
    var template: String

    @OptionGroup var options: TemplateOptions

    @Option(
        name: .shortAndLong,
        help: "Where the text goes; standard output without it.",
        completion: .file()
    )
    var output: String?

    @Option(help: "How to print diagnostics: text or json; json goes to standard error here.")
    var diagnostics = CompileOptions.Format.text

    func run() throws {
        let sink = DiagnosticSink()
        let values = try options.loadAll(sink)
        let bytes: [UInt8]
        switch SourceReader.read(template) {
        case .success(let read): bytes = read
        case .failure(let failure):
            Console.errors.write("sidegatec: cannot read \(template): \(failure.reason)\n")
            throw ExitCode.badUsage
        }
        // Without its values a template misses more than it should.
        let source =
            sink.errorCount > 0
            ? nil : TemplateSource(template, bytes, values: values, sink: sink)
        let isYAML = source?.check(sink) ?? false
        report(sink)
        guard let source, isYAML, sink.errorCount == 0 else {
            Console.errors.write(
                "sidegatec: \(CompileResult.counted(sink.errorCount, "error"))"
                    + (output.map { "; \($0) is not touched\n" } ?? "\n")
            )
            throw ExitCode.badInput
        }
        try write(source.bytes)
    }

    private func write(_ bytes: [UInt8]) throws {
        guard let output else { return Console.output.write(bytes) }
        do throws(FileError) {
            try File.writeAtomically(output, bytes)
        } catch {
            Console.errors.write("sidegatec: \(error.description)\n")
            throw ExitCode.badUsage
        }
    }

    /// To standard error in either form: standard output is the text's.
    private func report(_ sink: DiagnosticSink) {
        let found = sink.diagnostics
        guard !found.isEmpty else { return }
        switch diagnostics {
        case .json:
            Console.errors.write(
                DiagnosticJSON(files: sink.files, secrets: sink.secrets).render(found)
            )
        case .text:
            let text = DiagnosticText(files: sink.files, secrets: sink.secrets)
            Console.errors.write(found.map(text.render).joined())
        }
    }
}
