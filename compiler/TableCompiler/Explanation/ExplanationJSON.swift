internal import Routing

/// An explanation as JSON. Times are in milliseconds.
package enum ExplanationJSON {
    /// One object, indented, with its end of line.
    package static func render(_ explanation: Explanation) -> String {
        var members: [(String, JSONTree)] = [
            ("name", .text(explanation.name)), ("resolution", resolution(explanation.resolution)),
            ("stream", bool(explanation.isStream)),
        ]
        if let key = explanation.key {
            members.append(
                (
                    "key",
                    .object([
                        ("label", .text(key.label)), ("allowed", bool(key.refusal == nil)),
                        ("refusal", optional(key.refusal)), ("tags", texts(key.tags)),
                    ])
                )
            )
        }
        if let budget = explanation.retryBudget {
            members.append(
                (
                    "retry_budget",
                    .object([
                        ("requests", number(budget.requests)), ("retries", number(budget.retries)),
                        ("is_spent", bool(explanation.isRetryBudgetSpent)),
                    ])
                )
            )
        }
        members.append(("groups", .array(explanation.groups.map(group))))
        members.append(
            (
                "fallbacks",
                .array(
                    explanation.fallbacks.map {
                        .object([("after", .text($0.failure.name)), ("names", texts($0.names))])
                    }
                )
            )
        )
        return JSONTree.object(members).render() + "\n"
    }

    // MARK: Parts

    private static func resolution(_ resolution: Explanation.Resolution) -> JSONTree {
        switch resolution {
        case .model: .object([("kind", .text("model"))])
        case .alias(let targets):
            .object([("kind", .text("alias")), ("targets", texts(targets))])
        case .deployment(let model):
            .object([("kind", .text("deployment")), ("model", .text(model))])
        case .pattern(let pattern, let captures):
            .object([
                ("kind", .text("pattern")), ("pattern", .text(pattern)),
                ("captures", texts(captures)),
            ])
        }
    }

    private static func group(_ group: Explanation.Group) -> JSONTree {
        .object([
            ("model", .text(group.model)), ("strategy", .text(group.strategy.rawValue)),
            ("arguments", texts(group.arguments)),
            ("candidates", .array(group.candidates.map(candidate))),
            ("unlisted", number(group.unlistedCount)),
            (
                "left_out",
                .array(
                    group.leftOut.map {
                        .object([
                            ("deployment", .text($0.deployment)), ("endpoint", .text($0.endpoint)),
                            ("reason", .text($0.reason)),
                        ])
                    }
                )
            ),
            ("outcome", optional(group.outcome)), ("retries", retries(group.retries)),
            ("times", times(group.times)), ("cooldown", cooldown(group.cooldown)),
            ("worst_case", TableJSON.worstCase(group.worstCase)),
        ])
    }

    private static func candidate(_ candidate: Explanation.Candidate) -> JSONTree {
        .object([
            ("deployment", .text(candidate.deployment)), ("endpoint", .text(candidate.endpoint)),
            ("upstream", .text(candidate.upstream)), ("api_base", optional(candidate.base)),
            ("first_share", .raw(Shown.number(candidate.share))),
            ("facts", texts(candidate.facts)), ("needs", texts(candidate.needs)),
        ])
    }

    private static func retries(_ retries: Explanation.Retries) -> JSONTree {
        .object([
            ("count", number(retries.count)), ("by_kind", counted(retries.byKind)),
            ("by_deployment", counted(retries.ofDeployments)),
            ("wait_min_ms", number(retries.waitMinMS)),
        ])
    }

    private static func times(_ times: Explanation.Times) -> JSONTree {
        let attempts = times.attempts.map { timed in
            JSONTree.object([
                ("deployment", optional(timed.deployment.isEmpty ? nil : timed.deployment)),
                ("attempt_ms", number(timed.attempt.wholeMS)),
                ("first_byte_ms", number(timed.attempt.firstByteMS)),
                ("pause_ms", number(timed.attempt.pauseMS)),
            ])
        }
        return .object([
            ("attempts", .array(attempts)), ("connect_ms", number(times.connectMS)),
            ("deadline_ms", number(times.deadlineMS)),
        ])
    }

    private static func cooldown(_ cooldown: Explanation.Cooldown) -> JSONTree {
        let overrides = cooldown.overrides.map { own in
            JSONTree.object([
                ("deployment", .text(own.deployment)),
                ("cooldown_ms", own.milliseconds.map { number($0) } ?? .raw("null")),
                ("allowed_fails", own.allowedFails.map { number($0) } ?? .raw("null")),
                ("allowed_fails_by_kind", counted(own.byKind)),
            ])
        }
        return .object([
            ("enabled", bool(!cooldown.isDisabled)),
            ("cooldown_ms", number(cooldown.milliseconds)),
            ("allowed_fails", cooldown.allowedFails.map { number($0) } ?? .raw("null")),
            ("allowed_fails_by_kind", counted(cooldown.byKind)),
            ("by_deployment", .array(overrides)),
        ])
    }

    // MARK: Values

    private static func bool(_ value: Bool) -> JSONTree { .raw(value ? "true" : "false") }

    private static func number(_ value: some BinaryInteger) -> JSONTree { .raw("\(value)") }

    private static func optional(_ text: String?) -> JSONTree {
        text.map { .text($0) } ?? .raw("null")
    }

    private static func texts(_ texts: [String]) -> JSONTree { .array(texts.map { .text($0) }) }

    private static func counted(_ counted: [Explanation.Counted]) -> JSONTree {
        .object(counted.map { ($0.name, number($0.count)) })
    }
}

extension Explanation.Fallback.Failure {
    /// As JSON says it.
    fileprivate var name: String {
        switch self {
        case .any: "any_failure"
        case .contextWindow: "context_window"
        case .contentPolicy: "content_policy"
        }
    }
}
