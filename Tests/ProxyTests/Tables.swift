import RouteConfig
import RouteTable
import TableCompiler
import Testing

@testable import Proxy

/// Snapshots of tables for tests.
enum Tables {
    /// - Parameter values: by reference, as the configuration writes it.
    static func snapshot(
        _ contents: TableContents,
        values: [String: String] = [:],
        masterKey: String? = nil,
        serial: Int = 0,
        missing: [String] = []
    ) throws -> TableSnapshot {
        let table = try RouteTable(bytes: TableWriter.encode(contents))
        return TableSnapshot(
            table: table,
            values: ReferenceValues(table.references.map { values[$0.description] }),
            serial: serial,
            masterKey: masterKey,
            missing: missing,
            disabledDeployments: 0
        )
    }

    /// What the compiler makes of a text.
    static func compile(_ text: String) throws -> TableContents {
        let sink = DiagnosticSink()
        let decoded = ConfigDecoder.decode(files: ["gateway.yaml"], sink: sink) { _ in
            .success(Array(text.utf8))
        }
        return TableCompiler.compile(try decoded.get(), generation: 7, sink: sink)
    }

    /// A model with one deployment that answers by itself, or has the given parameters.
    static func model(_ name: String, _ parameters: ParameterSet = [:]) -> Model {
        Model(
            name: name,
            deployments: [
                Deployment(
                    id: .explicit("id-" + name),
                    provider: 1,
                    upstreamModel: .literal("up-" + name),
                    apiBase: .literal("https://up.test/v1?sig=canary-query"),
                    parameters: parameters
                )
            ]
        )
    }
}

extension Text {
    /// `os.environ/NAME`.
    static func variable(_ name: String) -> Text {
        .reference(Reference(kind: .environment, name: name, isSecret: true))
    }
}
