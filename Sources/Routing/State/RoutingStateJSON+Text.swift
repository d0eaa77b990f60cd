package import JSON

extension RoutingStateJSON {
    /// Writes one object where `writer` stands.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("time")
        writer.string(time)
        writer.key("minute")
        writer.integer(minute)
        writer.key("endpoints")
        writer.beginArray()
        for endpoint in endpoints { endpoint.write(to: &writer) }
        writer.endArray()
        writer.key("retry_budget")
        writer.beginObject()
        writer.key("requests")
        writer.integer(budget.requests)
        writer.key("retries")
        writer.integer(budget.retries)
        writer.key("is_spent")
        writer.bool(isBudgetSpent)
        writer.endObject()
        writer.endObject()
    }

    /// Reads what `write` wrote. Only `minute` and each endpoint's `deployment` must be there;
    /// what else is missing is as if nothing were known, and members that are not known are passed
    /// over.
    package init(parsing text: RawSpan) throws(RoutingStateError) {
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue(parsing: text)
        } catch {
            throw .notJSON(Self.place(ofMistakeIn: text))
        }
        let root = try ObjectReader(json, "the state")
        self.init(time: try root.text("time") ?? "", minute: try root.required("minute"))
        let found = try root.array("endpoints")
        var seen: Set<RoutingState.EndpointKey> = []
        for (place, value) in found.enumerated() {
            let reader = try ObjectReader(value, "endpoints[\(place)]")
            let endpoint = try Endpoint(reader)
            let key = RoutingState.EndpointKey(
                deploymentID: endpoint.deployment,
                endpoint: endpoint.endpoint
            )
            guard seen.insert(key).inserted else { throw reader.wrong("", "there once only") }
            endpoints.append(endpoint)
        }
        guard let value = json["retry_budget"] else { return }
        let reader = try ObjectReader(value, "retry_budget")
        budget.requests = try reader.number("requests") ?? 0
        budget.retries = try reader.number("retries") ?? 0
        isBudgetSpent = try reader.bool("is_spent")
    }
}

extension RoutingStateJSON {
    /// What is wrong and where, which the parser of values does not say; nil where it is in a value
    /// that the scanner passes over.
    private static func place(ofMistakeIn text: RawSpan) -> JSONError? {
        do throws(JSONError) {
            _ = try JSONScanner().scan(text, names: .none)
            return nil
        } catch {
            return error
        }
    }

    /// Reads a text in an array.
    package init(parsing text: [UInt8]) throws(RoutingStateError) {
        try self.init(parsing: unsafe text.span.bytes)
    }
}

/// What is wrong with a file of the state of routing.
package enum RoutingStateError: Error, Hashable, Sendable {
    case notJSON(JSONError?)
    /// Which member, and what it must be.
    case wrong(member: String, expected: String)
}

extension RoutingStateError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notJSON(nil): "not JSON"
        case .notJSON(let error?): "not JSON: \(error)"
        case .wrong(let member, let expected): "\(member) must be \(expected)"
        }
    }
}

extension RoutingStateJSON.Endpoint {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("deployment")
        writer.string(deployment)
        writer.key("model")
        writer.string(model)
        writer.key("endpoint")
        writer.string(endpoint)
        writer.key("in_flight")
        writer.integer(inFlight)
        writer.key("cooldown_ms")
        writer.integer(cooldownMS)
        if isFleets {
            writer.key("fleet_cooldown")
            writer.bool(true)
        }
        writer.key("half_open")
        writer.bool(isHalfOpen)
        writer.key("probing")
        writer.bool(isProbing)
        writer.key("health")
        writer.string(health.name)
        if let healthReason {
            writer.key("health_reason")
            writer.string(healthReason)
        }
        writer.key("requests_this_minute")
        writer.integer(use.requests)
        writer.key("tokens_this_minute")
        writer.integer(use.tokens)
        writer.key("attempts_this_minute")
        writer.integer(use.attempts)
        writer.key("failures_this_minute")
        writer.integer(use.failures)
        write("first_token", firstToken, to: &writer)
        write("token", token, to: &writer)
        if warmingMS > 0 {
            writer.key("warming_ms")
            writer.integer(warmingMS)
        }
        writeShare(to: &writer)
        writer.endObject()
    }

    private func write(
        _ key: String,
        _ latency: RoutingStateJSON.Latency?,
        to writer: inout JSONWriter
    ) {
        guard let latency else { return }
        writer.key(key + "_ms")
        writer.double(latency.seconds * 1_000)
        writer.key(key + "_age_ms")
        writer.integer(latency.ageMS)
        if latency.hasTimeout {
            writer.key(key + "_timed_out")
            writer.bool(true)
        }
    }

    /// What the fleet has told, where that is something.
    private func writeShare(to writer: inout JSONWriter) {
        if othersInFlight > 0 {
            writer.key("others_in_flight")
            writer.integer(othersInFlight)
        }
        if othersPace > 0 {
            writer.key("others_pace")
            writer.double(othersPace)
        }
        if let inFlightTold {
            writer.key("in_flight_told")
            writer.integer(inFlightTold)
        }
        for (key, mean) in [
            ("fleet_first_token_ms", fleetFirstToken), ("fleet_token_ms", fleetToken),
        ] {
            guard let mean else { continue }
            writer.key(key)
            writer.double(mean * 1_000)
        }
    }

    fileprivate init(_ reader: ObjectReader) throws(RoutingStateError) {
        guard let deployment = try reader.text("deployment") else {
            throw reader.wrong("deployment", "a text")
        }
        self.init(deployment: deployment)
        model = try reader.text("model") ?? ""
        endpoint = try reader.text("endpoint") ?? ""
        inFlight = try reader.number("in_flight") ?? 0
        cooldownMS = try reader.number("cooldown_ms") ?? 0
        isFleets = try reader.bool("fleet_cooldown")
        isHalfOpen = try reader.bool("half_open")
        isProbing = try reader.bool("probing")
        if let name = try reader.text("health") {
            guard let found = EndpointState.Health(name: name) else {
                throw reader.wrong("health", "unknown, healthy or unhealthy")
            }
            health = found
        }
        healthReason = try reader.text("health_reason")
        use.requests = try reader.number("requests_this_minute") ?? 0
        use.tokens = try reader.number("tokens_this_minute") ?? 0
        use.attempts = try reader.number("attempts_this_minute") ?? 0
        use.failures = try reader.number("failures_this_minute") ?? 0
        firstToken = try reader.latency("first_token")
        token = try reader.latency("token")
        warmingMS = try reader.number("warming_ms") ?? 0
        othersInFlight = try reader.number("others_in_flight") ?? 0
        othersPace = min(try reader.positive("others_pace") ?? 0, FleetShare.paceMax)
        inFlightTold = try reader.number("in_flight_told")
        fleetFirstToken = try reader.positive("fleet_first_token_ms").map { $0 / 1_000 }
        fleetToken = try reader.positive("fleet_token_ms").map { $0 / 1_000 }
    }
}

extension EndpointState.Health {
    /// As the state of routing says it.
    package var name: String {
        switch self {
        case .unknown: "unknown"
        case .healthy: "healthy"
        case .unhealthy: "unhealthy"
        }
    }

    fileprivate init?(name: String) {
        let all: [Self] = [.unknown, .healthy, .unhealthy]
        guard let found = all.first(where: { $0.name == name }) else { return nil }
        self = found
    }
}
