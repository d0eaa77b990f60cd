internal import Cryptography
internal import RouteConfig
internal import RouteTable

/// Virtual keys as entries of `sidegate.keys`.
extension ConfigYAML {
    func virtualKey(_ key: VirtualKey) -> YAMLTree {
        var members: [(String, YAMLTree)] = []
        if case .text(let reference)? = key.parameters[.apiKey] {
            members.append(("hash", parameters.text(reference)))
        } else {
            // Plain digits could be a number.
            members.append(("hash", .text(Hex.encode(key.digest))))
        }
        members += section(.virtualKey, key.parameters)
        if case .list(let models)? = key.parameters[.keyModels] {
            members.append(("models", .list(models.map(parameters.text))))
        }
        if case .integer(let seconds)? = key.parameters[.keyExpiry] {
            members.append(("expires", .plain(String(seconds))))
        }
        let limits: [(String, ParameterKey)] = [
            ("rpm", .requestsPerMinute), ("tpm", .tokensPerMinute),
            ("max_parallel_requests", .parallelRequestsMax),
            ("model_rpm_limit", .keyModelRequestsPerMinute),
            ("model_tpm_limit", .keyModelTokensPerMinute),
        ]
        for (name, key) in limits.map({ ($0.0, key.parameters[$0.1]) }) {
            guard let key, let value = parameters.value(key, .json) else { continue }
            members.append((name, value))
        }
        return .mapping(members)
    }
}
