internal import HTTP
internal import JSON
internal import OpenAI
internal import ResponseCache
internal import Routing

/// Everything that must be equal for two requests to share an answer (`docs/cache.md`).
struct CacheIdentity {
    let request: ProxyRequest
    let facts: RequestFacts
    let input: RequestInput
    let settings: CacheSettings
    /// Counts how often all entries were dropped.
    let epoch: UInt64

    /// Nil when the request shares with no other.
    func key() -> CacheKey? {
        var builder = start
        let body = input.body
        builder.reserve(body.count + body.count / 4 + 256)
        addHeaders(to: &builder)
        builder.add(members: members, of: body.span)
        return builder.key()
    }

    /// The parts that are the same for all requests of one caller for one model, made once, where
    /// the request asks for nothing of its own; else what it asks for is among them.
    private var start: CacheKeyBuilder {
        guard request.controls == nil, !settings.filtersByTags, !request.head.hasQuery,
            input.groups.count == 1, let group = input.groups.first, group.match == nil,
            group.pinnedDeployment == nil
        else { return makeStart() }
        let key = CacheNames.Start(
            endpoint: request.endpoint,
            isNamedByPath: request.match.model != nil,
            caller: request.caller,
            model: group.model,
            epoch: epoch
        )
        return request.table.cacheNames.start(key) { makeStart() }
    }

    private func makeStart() -> CacheKeyBuilder {
        let names = request.table.cacheNames
        var builder = CacheKeyBuilder()
        builder.add(request.endpoint.rawValue)
        builder.add(QueryValue.find("api-version", in: request.head) ?? "")
        builder.add(request.match.model == nil ? "" : "path")
        builder.add(names.tenant(request.caller, settings.scope))
        builder.add(settings.namespace)
        builder.add(request.controls?.cache?.namespace ?? "")
        builder.add(String(epoch))
        builder.add(names.settings)
        builder.add(String(input.groups.count))
        for group in input.groups { builder.add(names.name(group)) }
        addControls(to: &builder)
        return builder
    }

    /// Those that are forwarded. The model's name is not: the group stands for it.
    private var members: [(key: Range<Int>, value: Range<Int>)] {
        let kept = request.endpoint.keptFields
        var members: [(key: Range<Int>, value: Range<Int>)] = []
        members.reserveCapacity(facts.members.count)
        for member in facts.members {
            if let field = member.field {
                guard field != .model, field.isForwarded || kept.contains(field) else { continue }
            }
            members.append((member.key, member.value))
        }
        return members
    }

    private func addControls(to builder: inout CacheKeyBuilder) {
        let controls = request.controls
        builder.add(controls?.dropParams.map { String($0) } ?? "")
        builder.add(
            controls?.additionalDropParams.map { String(decoding: $0.name, as: UTF8.self) } ?? []
        )
        builder.add(
            controls?.allowedOpenAIParams.map { String(decoding: $0, as: UTF8.self) } ?? []
        )
        builder.add(controls?.allowedModelRegion ?? "")
        builder.add(settings.filtersByTags ? Set(request.tags).sorted() : [])
    }

    private func addHeaders(to builder: inout CacheKeyBuilder) {
        let fields = request.head.fields
        for field in fields.fields
        where ForwardedHeaders.mayChangeAnswer(field, of: request) {
            let name = String(decoding: fields.nameBytes(of: field), as: UTF8.self)
            builder.add(name.lowercased())
            builder.add(fields.valueBytes(of: field))
        }
    }
}
