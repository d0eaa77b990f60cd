internal import Cryptography
internal import EventLoop
internal import Providers
internal import RouteTable
internal import Routing
internal import Upstream

/// One endpoint and the way to ask it.
struct HealthCheck {
    let slot: Int32
    let key: RoutingState.EndpointKey
    let way: Way
    let deployment: ResolvedDeployment
    let address: SocketAddress?
    /// What all sidecars call it that ask the same of the same endpoint: a digest.
    let name: String

    enum Way {
        case plain(HealthProbe)
        case bedrock(BedrockProbe, BedrockSettings)

        /// Nil where there is none.
        init?(_ deployment: ResolvedDeployment) {
            if let settings = deployment.bedrock {
                guard let probe = deployment.bedrockProbe else { return nil }
                self = .bedrock(probe, settings)
            } else {
                guard let probe = deployment.healthProbe else { return nil }
                self = .plain(probe)
            }
        }
    }

    private init?(
        _ slot: Int32,
        _ endpoint: ServingGroup.Endpoint,
        _ deployment: ResolvedDeployment
    ) {
        guard let way = Way(deployment) else { return nil }
        self.slot = slot
        self.way = way
        self.deployment = deployment
        address = endpoint.address
        key = RoutingState.EndpointKey(deploymentID: deployment.id, endpoint: endpoint.label)
        name = HealthCheck.name(key, way, deployment)
    }

    /// Every endpoint that can be asked, of the table in service.
    static func all(_ context: WorkerContext) -> [HealthCheck] {
        let table = context.currentTable
        var checks: [HealthCheck] = []
        for model in 0..<table.snapshot.table.counts.models {
            let group = table.group(model, context: context)
            group.refresh()
            for (slot, endpoint) in group.allEndpoints {
                let deployment = table.deployment(endpoint.deployment, scanner: context.scanner)
                if let check = HealthCheck(slot, endpoint, deployment) { checks.append(check) }
            }
        }
        return checks
    }

    /// With another table, or another credential, a sidecar asks another question, and its answer
    /// is not for the others. No secret is in it: of credentials the names.
    private static func name(
        _ key: RoutingState.EndpointKey,
        _ way: Way,
        _ deployment: ResolvedDeployment
    ) -> String {
        var parts = [key.deploymentID, key.endpoint].map { Array($0.utf8) }
        switch way {
        case .plain(let probe):
            parts.append(Array(probe.url.text.utf8))
            parts.append(Array(probe.url.query.utf8))
            if let body = probe.body { parts.append(body) }
        case .bedrock(let probe, let settings):
            parts.append(Array((settings.base.text + probe.path).utf8))
            parts.append(probe.body)
        }
        parts += deployment.referenceNames.map { Array($0.utf8) }
        // Each with its length, so that no two lists of parts are the same bytes.
        let bytes = parts.flatMap { Array("\($0.count):".utf8) + $0 }
        return Hex.encode(Array(SHA256.hash(bytes).prefix(16)))
    }
}
