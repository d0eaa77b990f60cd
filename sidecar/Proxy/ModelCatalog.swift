internal import JSON
internal import OpenAI
internal import ProviderData
internal import Providers
internal import RouteTable
internal import Routing

/// What the table's models look like from outside (LiteLLM §3.2), reduced to what the caller may
/// use.
struct ModelCatalog {
    private let request: ProxyRequest
    private var snapshot: TableSnapshot { request.snapshot }
    private var table: RouteTable { snapshot.table }

    init(_ request: ProxyRequest) {
        self.request = request
    }

    /// Models in the table's order, then aliases that are not hidden.
    func listings() -> [ModelListing] {
        var listings: [ModelListing] = []
        for index in 0..<table.counts.models {
            let model = table.model(at: index)
            let name = table.string(model.name)
            let isHidden = model.parameters.bool(.isHidden, using: snapshot.values) == true
            if isHidden || !isAllowed(name, [index]) { continue }
            listings.append(listing(name, of: model))
        }
        for index in 0..<table.counts.aliases {
            let alias = table.alias(at: index)
            let name = table.string(alias.name)
            if alias.isHidden || !isAllowed(name, alias.targets.compactMap(\.model)) { continue }
            if let target = alias.targets.first?.model {
                listings.append(listing(name, of: table.model(at: target)))
            } else {
                listings.append(ModelListing(id: name))
            }
        }
        return listings
    }

    /// One model by any name that a request may use.
    func listing(_ name: String) -> ModelListing? {
        let groups = snapshot.resolver.resolve(name)
        guard let group = groups.first, isAllowed(name, groups.map(\.model)) else { return nil }
        return listing(name, of: table.model(at: group.model))
    }

    /// `/model/info`: every deployment, without credentials.
    func info(_ context: WorkerContext) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("data")
        writer.beginArray()
        for index in 0..<table.counts.models {
            let model = table.model(at: index)
            let name = table.string(model.name)
            guard isAllowed(name, [index]) else { continue }
            for deployment in model.deployments {
                writeInfo(
                    name,
                    request.table.deployment(deployment, scanner: context.scanner),
                    &writer
                )
            }
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    /// `/model_group/info`: one entry for each model.
    func groupInfo(_ context: WorkerContext) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("data")
        writer.beginArray()
        for index in 0..<table.counts.models {
            let model = table.model(at: index)
            let name = table.string(model.name)
            guard isAllowed(name, [index]) else { continue }
            writer.beginObject()
            writer.key("model_group")
            writer.string(name)
            writer.key("providers")
            writer.beginArray()
            var providers: Set<String> = []
            for deployment in model.deployments {
                let made = request.table.deployment(deployment, scanner: context.scanner)
                providers.insert(made.provider?.prefix ?? "unknown")
            }
            for provider in providers.sorted() { writer.string(provider) }
            writer.endArray()
            let listing = listing(name, of: model)
            write(listing.maxInputTokens, "max_input_tokens", &writer)
            write(listing.maxOutputTokens, "max_output_tokens", &writer)
            if let mode = listing.mode {
                writer.key("mode")
                writer.string(mode)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    private func writeInfo(
        _ name: String,
        _ deployment: ResolvedDeployment,
        _ writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.key("model_name")
        writer.string(name)
        writer.key("litellm_params")
        writer.beginObject()
        writer.key("model")
        writer.string(
            (deployment.provider.map { $0.prefix + "/" } ?? "") + deployment.upstreamModel
        )
        if !deployment.shownBase.isEmpty {
            writer.key("api_base")
            writer.string(deployment.shownBase)
        }
        writer.endObject()
        writer.key("model_info")
        writer.beginObject()
        writer.key("id")
        writer.string(deployment.id)
        writer.key("db_model")
        writer.bool(false)
        writer.key("litellm_provider")
        writer.string(deployment.provider?.prefix ?? "unknown")
        if let pieces = deployment.parameters.json(.modelInfo),
            let text = table.resolve(json: pieces, using: snapshot.hiddenValues),
            let value = try? JSONValue(parsing: text),
            case .object(let members) = value
        {
            for member in members where member.key != "id" {
                writer.key(member.key)
                member.value.write(to: &writer)
            }
        }
        writer.endObject()
        writer.endObject()
    }

    private func write(_ value: Int?, _ key: StaticString, _ writer: inout JSONWriter) {
        guard let value else { return }
        writer.key(key)
        writer.integer(value)
    }

    private func listing(_ name: String, of model: ModelRecord) -> ModelListing {
        guard let first = model.deployments.first else { return ModelListing(id: name) }
        let parameters = table.deployment(at: first).parameters
        return ModelListing(
            id: name,
            mode: parameters.string(.mode, using: snapshot.values),
            maxInputTokens: parameters.integer(.maxInputTokens, using: snapshot.values),
            maxOutputTokens: parameters.integer(.maxOutputTokens, using: snapshot.values)
        )
    }

    /// As for a request: by the name, or by an access group of what it stands for.
    func isAllowed(_ name: String, _ models: [Int]) -> Bool {
        guard case .key = request.caller else { return true }
        let groups = snapshot.accessGroups(ofModels: models)
        return (try? snapshot.access.authorise(request.caller, model: name, groups: groups)) != nil
    }
}
