internal import RouteTable
internal import YAML

/// `optional_pre_call_checks` (LiteLLM §5.9).
extension ConfigDecoder {
    private static let enforcing = "enforce_model_rate_limits"

    /// LiteLLM's other checks, and why they do nothing here.
    private static let inertChecks: [String: String] = [
        "prompt_caching": KnownKey.noAffinity,
        "deployment_affinity": KnownKey.noAffinity,
        "session_affinity": KnownKey.noAffinity,
        "responses_api_deployment_check": KnownKey.noAffinity,
        "encrypted_content_affinity": KnownKey.noAffinity,
        "router_budget_limiting": KnownKey.noBudgets,
        "forward_client_headers_by_model_group":
            "litellm_settings.model_group_settings names the models",
    ]

    mutating func preCallChecks(_ entry: YAMLEntry) {
        guard !entry.value.isNull, let list = list(entry.value, entry.key.text) else { return }
        config.settings[.optionalPreCallChecks] = .list(list)
        if list.contains(.literal(Self.enforcing)) {
            config.settings[.enforceModelRateLimits] = .bool(true)
        }
        for item in entry.value.items ?? [entry.value] {
            guard let name = item.scalar?.text, name != Self.enforcing,
                Reference(name, isSecret: false) == nil
            else { continue }
            if let reason = Self.inertChecks[name] {
                sink.warn(
                    .noEffect,
                    item.mark,
                    "the check \(name) has no effect here",
                    hint: reason
                )
            } else {
                let near = KnownKey.nearest(to: name, of: [Self.enforcing] + Self.inertChecks.keys)
                sink.warn(
                    .unknownKey,
                    item.mark,
                    "unknown check \(name) in optional_pre_call_checks",
                    hint: near.map { "did you mean \($0)?" }
                )
            }
        }
    }
}
