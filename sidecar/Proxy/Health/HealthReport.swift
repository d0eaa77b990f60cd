internal import AWS
internal import JSON
internal import ProviderData
internal import Providers
internal import RouteTable
internal import Routing

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
        if !isReady {
            writer.key("reason")
            writer.string(
                "the process is ending: open requests are finished, new ones go elsewhere"
            )
        }
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
        writer.key("failing_credentials")
        writer.beginArray()
        for problem in context.shared.credentials.failures { writer.string(problem) }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    /// One endpoint, or a deployment that has none.
    private struct Row {
        let deployment: ResolvedDeployment
        let endpoint: String
        /// Why it cannot be used; nil when it can.
        let reason: String?
    }

    /// Endpoints that can be used, and those that cannot, with the reason.
    /// - Parameter showsDetails: without, only the counts.
    func endpoints(showsDetails: Bool) -> [UInt8] {
        let rows = rows()
        let healthy = rows.filter { $0.reason == nil }
        let unhealthy = rows.filter { $0.reason != nil }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("healthy_endpoints")
        writer.beginArray()
        if showsDetails { for row in healthy { write(row, &writer) } }
        writer.endArray()
        writer.key("unhealthy_endpoints")
        writer.beginArray()
        if showsDetails { for row in unhealthy { write(row, &writer) } }
        writer.endArray()
        writer.key("healthy_count")
        writer.integer(healthy.count)
        writer.key("unhealthy_count")
        writer.integer(unhealthy.count)
        writer.endObject()
        return writer.bytes
    }

    private func rows() -> [Row] {
        let table = request.snapshot.table
        let catalog = ModelCatalog(request)
        var rows: [Row] = []
        for model in 0..<table.counts.models {
            let record = table.model(at: model)
            guard catalog.isAllowed(table.string(record.name), [model]) else { continue }
            let group = request.table.group(model, context: context)
            let endpoints = Dictionary(grouping: group.allEndpoints) { $0.value.deployment }
            for index in record.deployments {
                let deployment = request.table.deployment(index, scanner: context.scanner)
                guard let found = endpoints[index] else {
                    let reason = HealthReport.reason(deployment) ?? outage(of: deployment)
                    rows.append(Row(deployment: deployment, endpoint: "", reason: reason))
                    continue
                }
                for (slot, endpoint) in found.sorted(by: { $0.value.label < $1.value.label }) {
                    rows.append(
                        Row(
                            deployment: deployment,
                            endpoint: endpoint.label,
                            reason: context.board.outage(slot, at: context.moment)
                                ?? outage(of: deployment)
                        )
                    )
                }
            }
        }
        return rows
    }

    private func write(_ row: Row, _ writer: inout JSONWriter) {
        let deployment = row.deployment
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
        if !row.endpoint.isEmpty {
            writer.key("endpoint")
            writer.string(row.endpoint)
        }
        if let reason = row.reason {
            writer.key("error")
            writer.string(reason)
        }
        writer.endObject()
    }

    /// Why nothing can be signed for it.
    private func outage(of deployment: ResolvedDeployment) -> String? {
        guard case .source(let source)? = deployment.bedrock?.identity else { return nil }
        return context.shared.credentials.outage(of: source)
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
