import RouteConfig
import RouteTable
import TableCompiler
import YAML

/// A table's contents compiled from a text, with what was reported.
struct Compiled {
    let contents: TableContents
    let sink = DiagnosticSink()

    init(_ text: String) {
        let decoded = ConfigDecoder.decode(files: ["gateway.yaml"], sink: sink) { _ in
            .success(Array(text.utf8))
        }
        let config = (try? decoded.get()) ?? RouteConfig()
        contents = TableCompiler.compile(config, generation: 7, sink: sink)
    }

    /// The deployments of a `model_list` with these `litellm_params`, all in the group `g`.
    init(deployments: [String], more: String = "") {
        let entries = deployments.map { "  - {model_name: g, litellm_params: {\($0)}}\n" }
        self.init("model_list:\n" + entries.joined() + more)
    }

    var deployments: [Deployment] { contents.models.first?.deployments ?? [] }

    /// `SG0020` for each diagnostic.
    var codes: [String] { sink.diagnostics.map(\.code.text) }

    /// What is said under a code.
    func messages(_ code: DiagnosticCode) -> [String] {
        sink.diagnostics.filter { $0.code == code }.map(\.message)
    }

    /// The lines that diagnostics of a code point to.
    func lines(_ code: DiagnosticCode) -> [Int] {
        sink.diagnostics.filter { $0.code == code }.map { Int($0.mark?.line ?? 0) }
    }
}
