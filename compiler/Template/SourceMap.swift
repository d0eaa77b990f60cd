package import YAML

/// Leads from places in a rendered text back to its template.
package struct SourceMap: Sendable {
    private let template: LineTable
    private let output: LineTable
    private let runs: SourceRuns

    init(template: LineTable, output: [UInt8], runs: SourceRuns) {
        self.template = template
        self.output = LineTable(output)
        self.runs = runs
    }

    /// The template's place that a place of the rendered text comes from: the same character, or
    /// the tag that made it.
    package func origin(of mark: YAMLMark) -> YAMLMark {
        template.mark(at: runs.offset(of: output.offset(of: mark)), file: mark.file)
    }
}
