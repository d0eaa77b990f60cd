internal import HTTP
internal import JSON
internal import OpenAI
internal import ResponseCache

/// The response cache's own endpoints (LiteLLM §7.5).
extension LocalAnswers {
    /// The most names that one request may give.
    private static let keysMax = 10_000
    private static let success = Array(#"{"status":"success"}"#.utf8)

    func pingCache(_ request: ProxyRequest) async throws(RequestFailure) {
        let settings = try settings(request)
        let level = settings.shared == nil ? nil : context.sharedLevel
        if let level, await !level.answers() { throw .answer(.cacheIsOutOfReach) }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("status")
        writer.string("healthy")
        writer.key("cache_type")
        writer.string(level == nil ? "local" : "redis")
        writer.key("ping_response")
        writer.bool(true)
        writer.key("set_cache_response")
        writer.string("success")
        writer.key("litellm_cache_params")
        writer.raw(settings.json)
        writer.key("health_check_cache_params")
        writer.null()
        writer.endObject()
        try await send(writer.bytes, request)
    }

    func deleteCached(_ request: ProxyRequest) async throws(RequestFailure) {
        let settings = try settings(request)
        let body: RequestBody
        do {
            body = try await request.connection.readBody()
        } catch {
            throw .connection(error)
        }
        let keys = try keys(body)
        for key in keys { context.shared.caching.answers.remove(key) }
        if settings.shared != nil, let level = context.sharedLevel, await !level.remove(keys) {
            throw .answer(.cacheIsOutOfReach)
        }
        try await send(Self.success, request)
    }

    func flushCache(_ request: ProxyRequest) async throws(RequestFailure) {
        if try settings(request).shared != nil, let level = context.sharedLevel {
            guard await level.dropAll() else { throw .answer(.cacheIsOutOfReach) }
        } else {
            context.shared.caching.dropAll()
        }
        try await send(Self.success, request)
    }

    /// Those of a cache that is on, for who may ask.
    private func settings(_ request: ProxyRequest) throws(RequestFailure) -> CacheSettings {
        if case .key = request.caller { throw .answer(.masterKeyNeeded) }
        guard let settings = request.snapshot.cache else { throw .answer(.cacheIsOff) }
        return settings
    }

    private func keys(_ body: RequestBody) throws(RequestFailure) -> [CacheKey] {
        let wanted = OpenAIError.invalidCacheKeys(max: Self.keysMax)
        guard case .array(let elements)? = (try? JSONValue(parsing: body.span))?["keys"],
            elements.count <= Self.keysMax
        else { throw .answer(wanted) }
        var keys: [CacheKey] = []
        for element in elements {
            guard case .string(let text) = element, let key = CacheKey(hex: text) else {
                throw .answer(wanted)
            }
            keys.append(key)
        }
        return keys
    }
}

extension CacheSettings {
    /// What `/cache/ping` says of them.
    fileprivate var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("ttl")
        writer.double(Double(memoryTTLMS) / 1_000)
        writer.key("namespace")
        writer.string(namespace.isEmpty ? nil : namespace)
        writer.key("mode")
        writer.string(mustBeAsked ? "default_off" : "default_on")
        writer.key("supported_endpoints")
        writer.beginArray()
        for name in endpoints.map(\.rawValue).sorted() { writer.string(name) }
        writer.endArray()
        writer.key("memory_bytes")
        writer.integer(memoryBytes)
        writer.endObject()
        return writer.bytes
    }
}
