internal import JSON
internal import ProviderData
internal import Providers
internal import RouteTable

/// `/health` and `/health/readiness` in LiteLLM's shapes (LiteLLM §3.3), without secrets.
struct HealthReport {
    let request: ProxyRequest
    let context: WorkerContext

    /// Whether requests may be sent here: not while the process ends. A missing credential disables
    /// its deployment, not the sidecar.
    var isReady: Bool { !context.store.isDraining }

    /// Why the sidecar is not ready, or what is wrong although it is.
    var readiness: [UInt8] {
        let snapshot = request.snapshot
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("status")
        writer.string(isReady ? "healthy" : "draining")
        writer.key("db")
        writer.string("Not connected")
        writer.key("litellm_version")
        writer.string(BuildInfo.version)
        writer.key("table")
        writer.beginObject()
        writer.key("generation")
        writer.integer(snapshot.table.generation)
        writer.key("digest")
        writer.string(snapshot.table.digestHex)
        if let failure = context.store.reloads.lastFailure {
            writer.key("last_reload_error")
            writer.string(failure)
        }
        writer.endObject()
        writer.key("missing_credentials")
        writer.beginArray()
        for name in snapshot.missing { writer.string(name) }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    /// Deployments that can be used, and those that cannot, with the reason.
    /// - Parameter showsDetails: without, only the counts.
    func endpoints(showsDetails: Bool) -> [UInt8] {
        let table = request.snapshot.table
        var healthy: [ResolvedDeployment] = []
        var unhealthy: [(ResolvedDeployment, String)] = []
        let catalog = ModelCatalog(request)
        for index in 0..<table.counts.deployments {
            let model = table.deployment(at: index).model
            let name = table.string(table.model(at: model).name)
            guard catalog.isAllowed(name, [model]) else { continue }
            let deployment = request.table.deployment(index, scanner: context.scanner)
            if let reason = HealthReport.reason(deployment) {
                unhealthy.append((deployment, reason))
            } else {
                healthy.append(deployment)
            }
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("healthy_endpoints")
        writer.beginArray()
        if showsDetails { for deployment in healthy { write(deployment, nil, &writer) } }
        writer.endArray()
        writer.key("unhealthy_endpoints")
        writer.beginArray()
        if showsDetails {
            for (deployment, reason) in unhealthy { write(deployment, reason, &writer) }
        }
        writer.endArray()
        writer.key("healthy_count")
        writer.integer(healthy.count)
        writer.key("unhealthy_count")
        writer.integer(unhealthy.count)
        writer.endObject()
        return writer.bytes
    }

    private func write(
        _ deployment: ResolvedDeployment,
        _ reason: String?,
        _ writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.key("model")
        writer.string(
            (deployment.provider.map { $0.prefix + "/" } ?? "") + deployment.upstreamModel
        )
        writer.key("model_id")
        writer.string(deployment.id)
        if !deployment.shownBase.isEmpty {
            writer.key("api_base")
            writer.string(deployment.shownBase)
        }
        if let reason {
            writer.key("error")
            writer.string(reason)
        }
        writer.endObject()
    }

    private static func reason(_ deployment: ResolvedDeployment) -> String? {
        switch deployment.readiness {
        case .ready: nil
        case .unsupported: "the provider's API is not spoken by this gateway"
        case .missing(let names): "no value for \(names.joined(separator: ", "))"
        case .invalid(let text): text
        case .blocked: "blocked by the configuration"
        }
    }
}
