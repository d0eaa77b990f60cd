internal import ArgumentParser
internal import RouteConfig
internal import Template

/// The values that make a template of a file.
struct TemplateOptions: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: "Values for templates, as YAML or JSON; later files win.",
        completion: .file()
    )
    var values: [String] = []

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("One value for templates; wins over all files.", valueName: "path=value")
    )
    var settings: [String] = []

    /// All values together; nil when none are given.
    func load(_ sink: DiagnosticSink) throws -> TemplateValue? {
        guard !values.isEmpty || !settings.isEmpty else { return nil }
        return try loadAll(sink)
    }

    /// All values together, or none.
    func loadAll(_ sink: DiagnosticSink) throws -> TemplateValue {
        try Self.load(values, settings, sink)
    }

    /// Values of files with single ones over them.
    static func load(
        _ files: [String],
        _ settings: [String],
        _ sink: DiagnosticSink
    ) throws -> TemplateValue {
        let loaded = TemplateValues.load(
            files: files,
            settings: settings,
            sink: sink,
            read: SourceReader.read
        )
        switch loaded {
        case .success(let values): return values
        case .failure(let failure):
            Console.errors.write("sidegatec: cannot read \(failure.reason)\n")
            throw ExitCode.badUsage
        }
    }
}
