/// A template with values put in: the text, what is wrong, and where each piece comes from.
package struct Rendering: Sendable {
    /// The rendered text; of no use when there are problems.
    package let bytes: [UInt8]
    /// All that were found, in the order of their places.
    package let problems: [TemplateProblem]
    /// From the text back to the template.
    package let map: SourceMap

    /// Renders a template; never fails, but reports.
    ///
    /// - Parameters:
    ///   - template: UTF-8, with or without a byte order mark, which is left out.
    ///   - values: What its paths begin at.
    ///   - file: The number that marks carry.
    package init(
        _ template: [UInt8],
        values: TemplateValue,
        file: Int32 = 0,
        limits: TemplateLimits = TemplateLimits()
    ) {
        let lines = LineTable(template)
        var failures: [TemplateFailure] = []
        var writer: ValueWriter?
        do throws(TemplateFailure) {
            let text = try Self.render(template, values, limits, &failures)
            if failures.isEmpty {
                writer = ValueWriter(text)
                writer?.write()
                failures += writer?.failures ?? []
            }
        } catch {
            failures.append(error)
        }
        failures.sort { $0.offset < $1.offset }
        problems = failures.prefix(limits.problemsMax).map { failure in
            TemplateProblem(kind: failure.kind, mark: lines.mark(at: failure.offset, file: file))
        }
        bytes = writer?.output ?? []
        map = SourceMap(template: lines, output: bytes, runs: writer?.runs ?? SourceRuns())
    }

    private static func render(
        _ template: [UInt8],
        _ values: TemplateValue,
        _ limits: TemplateLimits,
        _ failures: inout [TemplateFailure]
    ) throws(TemplateFailure) -> TemplateText {
        if let offset = firstInvalid(template) { throw TemplateFailure(.encoding, at: offset) }
        let found = try TemplateLexer.tokens(of: template, limits: limits)
        let tokens = TemplateWhitespace.strip(found, in: template)
        var parser = TemplateParser(template, tokens: tokens, limits: limits)
        defer { failures += parser.failures }
        let nodes = try parser.parse()
        var renderer = TemplateRenderer(template, values: values, limits: limits)
        defer { failures += renderer.failures }
        // What could not be parsed is told of, and the rest is looked at for its values.
        try renderer.render(nodes)
        return renderer.text
    }

    /// The first byte that is not UTF-8.
    private static func firstInvalid(_ bytes: [UInt8]) -> Int? {
        do {
            _ = try UTF8Span(validating: bytes.span)
            return nil
        } catch {
            return error.byteOffsets.lowerBound
        }
    }
}
