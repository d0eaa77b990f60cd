import JSON
import ProviderData
import RouteTable
import Routing

@testable import Providers

/// One deployment of one model, made ready as the sidecar does it.
struct Prepared {
    let deployment: ResolvedDeployment
    let resolver: ModelResolver

    /// - Parameters:
    ///   - values: by reference, as the configuration writes it.
    ///   - environment: of the process.
    init(
        _ deployment: Deployment,
        model: String = "public",
        credential: ParameterSet? = nil,
        settings: ParameterSet = [:],
        values: [String: String] = [:],
        environment: [String: String] = [:]
    ) throws {
        var contents = TableContents()
        contents.settings = settings
        var deployment = deployment
        if let credential {
            contents.credentials = [Credential(name: "shared", parameters: credential)]
            deployment.credential = 0
        }
        contents.models = [Model(name: model, deployments: [deployment])]
        let table = try RouteTable(bytes: TableWriter.encode(contents))
        self.deployment = ResolvedDeployment(
            0,
            table: table,
            values: ReferenceValues(table.references.map { values[$0.description] }),
            environment: { environment[$0] },
            scanner: JSONScanner()
        )
        resolver = ModelResolver(table: table)
    }

    /// Header lines, sorted.
    var headers: [String] { Prepared.headers(of: deployment) }

    static func headers(of deployment: ResolvedDeployment) -> [String] {
        String(decoding: deployment.headerLines, as: UTF8.self)
            .split(separator: "\r\n").map(String.init).sorted()
    }

    /// Where a request for a name goes.
    func target(_ name: String) throws -> DeploymentTarget? {
        deployment.target(resolver.resolve(name).first?.match)
    }
}

extension Deployment {
    /// A deployment of a provider by its prefix.
    static func of(
        _ prefix: String,
        _ model: String,
        base: String? = nil,
        _ parameters: ParameterSet = [:]
    ) -> Deployment {
        Deployment(
            id: .explicit("id"),
            provider: Provider.named(prefix)?.code ?? 0,
            upstreamModel: .literal(model),
            apiBase: base.map { .literal($0) },
            parameters: parameters
        )
    }
}

extension Text {
    /// `os.environ/NAME`.
    static func variable(_ name: String) -> Text {
        .reference(Reference(kind: .environment, name: name, isSecret: true))
    }
}
