internal import JSON
internal import RouteTable

/// How often and how long a request is tried, by a table's settings alone.
struct RequestBounds: Sendable {
    /// LiteLLM's default (LiteLLM §1.8).
    private static let retriesDefault = 2
    /// For a request, and for an attempt where no limit says otherwise.
    private static let timeMSDefault = 600_000
    /// The failures that are tried again, as retry policies call them.
    private static let retriedKinds = [
        "TimeoutErrorRetries", "RateLimitErrorRetries", "InternalServerErrorRetries",
        "ServiceUnavailableErrorRetries", "BadGatewayErrorRetries", "AuthenticationErrorRetries",
    ]

    /// More is not counted: a table that no compiler made may hold any number.
    private static let retriesMax = 1_000_000

    private let table: RouteTable
    private let tablePolicy: [String: Int]
    private let attemptMSDefault: Int
    /// Retries and the longest attempt of each model.
    private var models: [(retries: Bound, attemptMS: Bound)] = []

    init(table: RouteTable) {
        self.table = table
        tablePolicy = Self.policy(table, table.settings)
        attemptMSDefault = Self.totalTimeoutMS(table) ?? Self.timeMSDefault
        models = (0..<table.counts.models).map { index in
            let model = table.model(at: index)
            let longest = model.deployments.reduce(Bound(value: 0)) { $0.most(attemptMS($1)) }
            return (retries(model), longest)
        }
    }

    /// The attempts of a request that enters these models.
    func attempts(inModels indexes: [Int]) -> Bound {
        indexes.reduce(Bound(value: 0)) { sum, index in
            let retries = models[index].retries
            return Bound(
                value: sum.value + 1 + min(retries.value, Self.retriesMax),
                isKnown: sum.isKnown && retries.isKnown
            )
        }
    }

    /// Until the deadline of a request that enters these models.
    func milliseconds(inModels indexes: [Int]) -> Bound {
        let own = indexes.reduce(Bound(value: Self.timeMSDefault)) {
            $0.most(models[$1].attemptMS)
        }
        let request = first([(.requestTimeoutMS, table.settings)], isTime: true)
        guard let set = request.value else {
            return Bound(value: own.value, isKnown: own.isKnown && request.isKnown)
        }
        return Bound(value: set)
    }

    // MARK: Retries

    /// The most over all kinds of failure; each has its count from the first that says one: the
    /// group's policy, the table's, the deployment, the table.
    private func retries(_ model: ModelRecord) -> Bound {
        let own = Self.policy(table, model.parameters)
        // Whoever names a kind in a policy wants it retried.
        let named = Set(own.keys).union(tablePolicy.keys).filter { $0 != "DefaultRetries" }
        var most = Bound(value: 0)
        for kind in Self.retriedKinds + named {
            let policy =
                own[kind] ?? own["DefaultRetries"] ?? tablePolicy[kind]
                ?? tablePolicy["DefaultRetries"]
            most = most.most(policy.map { Bound(value: $0) } ?? deploymentRetries(model))
        }
        return most
    }

    private func deploymentRetries(_ model: ModelRecord) -> Bound {
        var most = Bound(value: 0)
        for index in model.deployments {
            let own = table.deployment(at: index).parameters
            let found = first([(.numRetries, own), (.numRetries, table.settings)])
            most = most.most(found.or(Self.retriesDefault))
        }
        return most
    }

    private static func policy(_ table: RouteTable, _ parameters: Parameters) -> [String: Int] {
        guard let list = parameters.list(.retryPolicy) else { return [:] }
        let texts = list.map { text -> String? in
            if case .literal(let id) = text.kind { table.string(id) } else { nil }
        }
        var policy: [String: Int] = [:]
        for place in stride(from: 0, to: texts.count - 1, by: 2) {
            if let kind = texts[place], let count = texts[place + 1].flatMap({ Int($0) }) {
                policy[kind] = count
            }
        }
        return policy
    }

    // MARK: Time

    /// Of an attempt that is no stream.
    private func attemptMS(_ deployment: Int) -> Bound {
        let own = table.deployment(at: deployment).parameters
        let settings = table.settings
        let found = first(
            [(.timeoutMS, own), (.requestTimeoutMS, own), (.timeoutMS, settings)],
            isTime: true
        )
        return found.or(attemptMSDefault)
    }

    /// `sidegate: {limits: {total_timeout_ms: …}}`.
    private static func totalTimeoutMS(_ table: RouteTable) -> Int? {
        let none = ReferenceValues([])
        guard let list = table.settings.json(.sidegateLimits),
            let text = table.resolve(json: list, using: none),
            let json = try? JSONValue(parsing: text),
            case .integer(let limit)? = json[LimitName.totalTimeoutMS.rawValue]
        else { return nil }
        return Int(limit)
    }

    // MARK: Numbers

    /// A number, and whether no reference may make it another one.
    struct Bound {
        var value: Int
        var isKnown = true

        func most(_ other: Bound) -> Bound {
            Bound(value: max(value, other.value), isKnown: isKnown && other.isKnown)
        }
    }

    /// The first number of a chain; references in it are passed over and remembered.
    private struct Found {
        var value: Int?
        var isKnown = true

        func or(_ other: Int) -> Bound { Bound(value: value ?? other, isKnown: isKnown) }
    }

    /// - Parameter isTime: whether 0 is nothing, as it is of times.
    private func first(_ chain: [(ParameterKey, Parameters)], isTime: Bool = false) -> Found {
        var found = Found()
        for (key, parameters) in chain {
            if let number = parameters.integer(key), number > 0 || !isTime {
                found.value = number
                return found
            }
            if parameters.text(key) != nil { found.isKnown = false }
        }
        return found
    }
}
