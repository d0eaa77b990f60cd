/// Everything that any request metric tells apart. One look-up of this a request is all that
/// recording costs; what single metrics do not tell apart is added up at the scrape.
struct SeriesKey: Hashable, Sendable {
    var requestedModel: String?
    var modelGroup: String?
    var deployment: DeploymentLabels?
    var key: KeyLabels?
    var route: String
    var status: Int
    var errorClass: String?

    init(_ record: RequestRecord) {
        requestedModel = record.isModelKnown ? record.requestedModel : "other"
        modelGroup = record.isModelKnown ? record.modelGroup : "other"
        deployment = record.deployment
        key = record.key
        route = record.route
        status = record.status
        errorClass = record.errorClass
    }

    /// Whether a request belongs here: what `init` would give is this. Compared where it lies,
    /// without copies.
    func matches(_ record: RequestRecord) -> Bool {
        guard status == record.status, route == record.route, errorClass == record.errorClass,
            deployment == record.deployment, key == record.key
        else { return false }
        guard record.isModelKnown else { return self == SeriesKey(record) }
        return requestedModel == record.requestedModel && modelGroup == record.modelGroup
    }

    /// Where requests are counted that would be one series too many.
    static func overflow(_ record: RequestRecord) -> SeriesKey {
        var key = SeriesKey(record)
        let other = "other"
        key.requestedModel = record.requestedModel.map { _ in other }
        key.modelGroup = record.modelGroup.map { _ in other }
        key.deployment = record.deployment.map { _ in
            DeploymentLabels(id: other, model: other, apiBase: other, provider: other)
        }
        key.key = record.key.map { _ in KeyLabels(hash: other) }
        key.errorClass = record.errorClass.map { _ in other }
        key.route = other
        return key
    }

    /// The fields that nearly always decide; the rest is compared.
    func hash(into hasher: inout Hasher) {
        hasher.combine(requestedModel)
        hasher.combine(deployment?.id)
        hasher.combine(key?.hash)
        hasher.combine(route)
        hasher.combine(status)
    }
}

/// What is counted for one key.
struct RequestSeries: Sendable {
    var requests: UInt64 = 0
    var upstreamSuccesses: UInt64 = 0
    var promptTokens: UInt64 = 0
    var completionTokens: UInt64 = 0
    var cachedTokens: UInt64 = 0
    var reasoningTokens: UInt64 = 0
    var cacheHits: UInt64 = 0
    var cacheMisses: UInt64 = 0
    var tokensServed: UInt64 = 0
    var total = Histogram()
    var upstream = Histogram()
    var firstToken = Histogram()
    var overhead = Histogram()
    var queued = Histogram()
    var perToken = Histogram()

    mutating func add(_ record: RequestRecord) {
        requests &+= 1
        if record.isUpstreamSuccess { upstreamSuccesses &+= 1 }
        promptTokens &+= UInt64(max(0, record.promptTokens))
        completionTokens &+= UInt64(max(0, record.completionTokens))
        cachedTokens &+= UInt64(max(0, record.cachedTokens))
        reasoningTokens &+= UInt64(max(0, record.reasoningTokens))
        if let cache = record.cache {
            if cache.isHit { cacheHits &+= 1 }
            if cache == .miss { cacheMisses &+= 1 }
            tokensServed &+= UInt64(max(0, record.tokensServed))
        }
        total.add(record.duration)
        if let taken = record.upstreamDuration {
            upstream.add(taken)
            overhead.add(record.duration >= taken ? record.duration - taken : 0)
        }
        if let first = record.timeToFirstToken { firstToken.add(first) }
        if record.queued > 0 { queued.add(record.queued) }
        if record.isUpstreamSuccess, record.completionTokens > 0,
            let taken = record.upstreamDuration
        {
            perToken.add(taken / UInt64(record.completionTokens))
        }
    }

    mutating func merge(_ other: RequestSeries) {
        requests &+= other.requests
        upstreamSuccesses &+= other.upstreamSuccesses
        promptTokens &+= other.promptTokens
        completionTokens &+= other.completionTokens
        cachedTokens &+= other.cachedTokens
        reasoningTokens &+= other.reasoningTokens
        cacheHits &+= other.cacheHits
        cacheMisses &+= other.cacheMisses
        tokensServed &+= other.tokensServed
        total.merge(other.total)
        upstream.merge(other.upstream)
        firstToken.merge(other.firstToken)
        overhead.merge(other.overhead)
        queued.merge(other.queued)
        perToken.merge(other.perToken)
    }
}

/// Failures of attempts, told apart as LiteLLM does.
struct FailureKey: Hashable, Sendable {
    var attempt: FailedAttempt
    var requestedModel: String?
    var modelGroup: String?
    var key: KeyLabels?
}
