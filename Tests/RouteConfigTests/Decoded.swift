import RouteConfig
import YAML

/// A configuration decoded from texts, with what was reported.
struct Decoded {
    let config: RouteConfig
    let sink: DiagnosticSink

    init(_ text: String, isStrict: Bool = false) {
        self.init(files: [("gateway.yaml", text)], isStrict: isStrict)
    }

    /// The first file is the one to load; the others are there to be included.
    init(files: [(String, String)], load: [String]? = nil, isStrict: Bool = false) {
        let sink = DiagnosticSink(isStrict: isStrict)
        let texts = Dictionary(uniqueKeysWithValues: files)
        let result = ConfigDecoder.decode(files: load ?? [files[0].0], sink: sink) { path in
            texts[path].map { .success(Array($0.utf8)) } ?? .failure(SourceFailure("no such file"))
        }
        config = (try? result.get()) ?? RouteConfig()
        self.sink = sink
    }

    /// `warning SG0020 3:5`, one for each diagnostic.
    var reported: [String] {
        sink.diagnostics.map { diagnostic in
            let place = diagnostic.mark.map { " \($0.line):\($0.column)" } ?? ""
            return "\(diagnostic.severity.rawValue) \(diagnostic.code.text)\(place)"
        }
    }

    /// As `sidegatec` prints them.
    var text: String {
        let text = DiagnosticText(files: sink.files)
        return sink.diagnostics.map(text.render).joined()
    }
}
