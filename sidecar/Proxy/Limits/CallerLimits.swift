internal import Cryptography
internal import JSON
internal import RateLimits
internal import RouteTable

/// Limits as a table has them; nil is none.
struct SubjectLimits: Hashable, Sendable {
    var requests: Int64?
    var tokens: Int64?
    var parallelRequests: Int64?

    /// Without any.
    init() {}

    func rule(_ scope: LimitScope, _ id: String) -> LimitRule? {
        LimitRule(
            LimitSubject(scope, id),
            requests: requests,
            tokens: tokens,
            parallelRequests: parallelRequests
        )
    }

    /// Of a virtual key or a deployment.
    init(_ parameters: Parameters, _ values: ReferenceValues) {
        requests = parameters.limit(.requestsPerMinute, values)
        tokens = parameters.limit(.tokensPerMinute, values)
        parallelRequests = parameters.limit(.parallelRequestsMax, values)
    }

    private init(_ members: JSONValue) {
        requests = members["rpm"].map(\.limit)
        tokens = members["tpm"].map(\.limit)
        parallelRequests = members["max_parallel_requests"].map(\.limit)
    }

    /// `{"ada": {"rpm": 5}}`.
    static func all(
        _ pieces: TextList?,
        _ table: RouteTable,
        _ values: ReferenceValues
    ) -> [String: SubjectLimits] {
        members(pieces, table, values).mapValues { SubjectLimits($0) }
    }

    /// `{"gpt-4o": 5}`.
    static func byModel(
        _ pieces: TextList?,
        _ table: RouteTable,
        _ values: ReferenceValues
    ) -> [String: Int64] {
        members(pieces, table, values).mapValues(\.limit)
    }

    private static func members(
        _ pieces: TextList?,
        _ table: RouteTable,
        _ values: ReferenceValues
    ) -> [String: JSONValue] {
        guard let pieces else { return [:] }
        // One reference without a value must not take all others' limits away.
        let text = table.resolve(json: pieces, using: values, missing: "null")
        guard case .object(let members)? = try? JSONValue(parsing: text) else { return [:] }
        return Dictionary(members.map { ($0.key, $0.value) }) { _, last in last }
    }
}

/// The limits of one virtual key, its user and its team.
final class CallerLimits {
    private let digest: String
    /// Of key, user and team.
    let rules: [LimitRule]
    private let modelRequests: [String: Int64]
    private let modelTokens: [String: Int64]

    init(key place: Int, snapshot: TableSnapshot) {
        let (table, values) = (snapshot.table, snapshot.values)
        let parameters = table.virtualKeyParameters(at: place)
        let settings = snapshot.limitSettings
        digest = snapshot.access.label(.key(place)).hash ?? ""
        var rules: [LimitRule?] = [SubjectLimits(parameters, values).rule(.key, digest)]
        if let user = parameters.string(.keyUser, using: values) {
            rules.append(settings.users[user]?.rule(.user, user))
        }
        if let team = parameters.string(.keyTeam, using: values) {
            rules.append(settings.teams[team]?.rule(.team, team))
        }
        self.rules = rules.compactMap(\.self)
        modelRequests = SubjectLimits.byModel(
            parameters.json(.keyModelRequestsPerMinute),
            table,
            values
        )
        modelTokens = SubjectLimits.byModel(
            parameters.json(.keyModelTokensPerMinute),
            table,
            values
        )
    }

    /// All rules of a request.
    /// - Parameters:
    ///   - model: the name that the client gave.
    ///   - group: the public name of the group that it stands for.
    ///   - standard: what the group's deployments say of each key.
    func rules(model: String, group: String, standard: SubjectLimits) -> [LimitRule] {
        let more = modelRules(model: model, group: group, standard: standard)
        return more.isEmpty ? rules : rules + more
    }

    /// Those of the key at one model: by the name that the client gave, and by the group's own,
    /// which no alias is a way around.
    func modelRules(model: String, group: String, standard: SubjectLimits) -> [LimitRule] {
        // As mostly, and then nothing is looked up or put together.
        if modelRequests.isEmpty, modelTokens.isEmpty, standard == SubjectLimits() { return [] }
        var limits = own(group)
        let alias = model == group ? SubjectLimits() : own(model)
        if alias.requests == nil { limits.requests = limits.requests ?? standard.requests }
        if alias.tokens == nil { limits.tokens = limits.tokens ?? standard.tokens }
        return [(alias, model), (limits, group)].compactMap { limits, name in
            limits.rule(.modelPerKey, "\(digest):\(name)")
        }
    }

    private func own(_ model: String) -> SubjectLimits {
        var limits = SubjectLimits()
        limits.requests = modelRequests[model]
        limits.tokens = modelTokens[model]
        return limits
    }
}

extension Parameters {
    /// A limit; 1 for one whose reference has no value or none that can be read, so that what was
    /// to be closed is not open.
    fileprivate func limit(_ key: ParameterKey, _ values: ReferenceValues) -> Int64? {
        guard contains(key) else { return nil }
        return max(1, Int64(integer(key, using: values) ?? 1))
    }
}

extension JSONValue {
    /// The same for a number of JSON, or a reference's text.
    fileprivate var limit: Int64 {
        switch self {
        case .integer(let number): max(1, number)
        case .number(let number) where number >= 1 && number < 9e15: Int64(number)
        case .string(let text): max(1, Int64(text) ?? 1)
        default: 1
        }
    }
}

extension SubjectLimits {
    /// What the deployments of a model say of each key at it: the first that says something.
    init(ofKeysAt model: Int, table: RouteTable, values: ReferenceValues) {
        for deployment in table.model(at: model).deployments {
            let parameters = table.deployment(at: deployment).parameters
            requests = requests ?? parameters.limit(.defaultKeyRequestsPerMinute, values)
            tokens = tokens ?? parameters.limit(.defaultKeyTokensPerMinute, values)
        }
    }
}
