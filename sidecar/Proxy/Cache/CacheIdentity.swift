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
        addHeaders(to: &builder)
        let body = input.body
        builder.add(members: members, of: body.span)
        return builder.key()
    }

    /// Those that are forwarded. The model's name is not: the group stands for it.
    private var members: some Sequence<(key: Range<Int>, value: Range<Int>)> {
        let kept = request.endpoint.keptFields
        return facts.members.lazy
            .filter { member in
                guard let field = member.field else { return true }
                return field != .model && (field.isForwarded || kept.contains(field))
            }
            .map { (key: $0.key, value: $0.value) }
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
