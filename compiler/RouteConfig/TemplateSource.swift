package import Template
internal import YAML

/// A file of the configuration as YAML, whether it is written so or made of a template.
package struct TemplateSource {
    /// The YAML.
    package let bytes: [UInt8]
    /// The number for marks into it, which diagnostics show in the template.
    package let file: Int32

    /// Registers a file, and renders it where there are values; nil, and reported, when that fails.
    package init?(
        _ path: String,
        _ bytes: [UInt8],
        values: TemplateValue?,
        sink: DiagnosticSink
    ) {
        file = sink.add(SourceFile(name: path, bytes: bytes, isTemplate: values != nil))
        guard let values else {
            self.bytes = bytes
            return
        }
        let rendering = Rendering(bytes, values: values, file: file)
        for problem in rendering.problems { sink.report(problem) }
        guard rendering.problems.isEmpty else { return nil }
        sink.place(file, by: rendering.map)
        self.bytes = rendering.bytes
    }

    /// Reports what keeps the text from being YAML at all; whatever else it says is left to those
    /// who read it.
    ///
    /// - Returns: whether it is YAML.
    package func check(_ sink: DiagnosticSink) -> Bool {
        let broken = YAMLStream(bytes, file: file).problems.filter { problem in
            switch problem.kind {
            case .syntax, .encoding, .unknownAlias: true
            default: false
            }
        }
        for problem in broken { sink.report(problem) }
        return broken.isEmpty
    }
}
