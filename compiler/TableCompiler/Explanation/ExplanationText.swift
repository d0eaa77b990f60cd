internal import Routing

/// An explanation for people.
package struct ExplanationText {
    private var lines = IndentedText()

    /// Several lines, each with its end.
    package static func render(_ explanation: Explanation) -> String {
        var printer = ExplanationText()
        printer.head(explanation)
        for group in explanation.groups {
            printer.group(group, isStream: explanation.isStream)
        }
        printer.fallbacks(explanation.fallbacks)
        return printer.lines.text
    }

    // MARK: The request

    private mutating func head(_ explanation: Explanation) {
        lines.line(0, explanation.name + Self.resolution(explanation.resolution))
        if let key = explanation.key {
            let verdict = key.refusal.map { "may not use it: \($0)" } ?? "may use it"
            let tags = key.tags.isEmpty ? "" : "; adds the tags " + key.tags.joined(separator: ", ")
            lines.line(0, "key \(key.label): \(verdict)\(tags)")
        }
        if let budget = explanation.retryBudget {
            let spent = explanation.isRetryBudgetSpent ? "; spent" : ""
            lines.line(
                0,
                "retry budget: \(budget.retries) retries, \(budget.requests) requests in the last "
                    + "10 s\(spent)"
            )
        }
    }

    private static func resolution(_ resolution: Explanation.Resolution) -> String {
        switch resolution {
        case .model: return ": a model"
        case .alias(let targets):
            let order = targets.count > 1 ? ", in this order" : ""
            return ": an alias of " + targets.joined(separator: ", ") + order
        case .deployment(let model): return ": a deployment of \(model); no other one is tried"
        case .pattern(let pattern, let captures):
            let shown = captures.map { "* = \"\($0)\"" }.joined(separator: ", ")
            return ": matches \(pattern), \(shown)"
        }
    }

    // MARK: A group

    private mutating func group(_ group: Explanation.Group, isStream: Bool) {
        lines.line(0, "group \(group.model)")
        let arguments = group.arguments.map { ", " + $0 }.joined()
        lines.line(1, "strategy: \(group.strategy.rawValue)\(arguments)")
        if let outcome = group.outcome { lines.line(1, "no candidate: \(outcome)") }
        if !group.candidates.isEmpty {
            lines.line(1, "tried in this order, each one failing:")
            for (place, candidate) in group.candidates.enumerated() {
                self.candidate(candidate, number: place + 1)
            }
            if group.unlistedCount > 0 { lines.line(2, "… and \(group.unlistedCount) more") }
        }
        if !group.leftOut.isEmpty {
            lines.line(1, "left out:")
            for one in group.leftOut.prefix(GroupExplainer.listedMax) {
                lines.line(2, "\(Self.name(one.deployment, one.endpoint)): \(one.reason)")
            }
            let more = group.leftOut.count - GroupExplainer.listedMax
            if more > 0 { lines.line(2, "… and \(more) more") }
        }
        lines.line(1, "retries: \(Self.retries(group.retries))")
        times(group.times, isStream: isStream)
        cooldown(group.cooldown)
        lines.line(1, "worst case: \(group.worstCase)")
    }

    private static func name(_ deployment: String, _ endpoint: String) -> String {
        endpoint.isEmpty ? deployment : "\(deployment) at \(endpoint)"
    }

    private mutating func candidate(_ candidate: Explanation.Candidate, number: Int) {
        let name = Self.name(candidate.deployment, candidate.endpoint)
        let base = candidate.base.map { " at \($0)" } ?? ""
        lines.line(2, "\(number). \(name): \(candidate.upstream)\(base)")
        var facts: [String] = []
        if candidate.share > 0 { facts.append("first for \(Shown.percent(candidate.share))") }
        facts += candidate.facts
        if !candidate.needs.isEmpty {
            facts.append("needs " + candidate.needs.joined(separator: ", "))
        }
        if !facts.isEmpty { lines.line(3, facts.joined(separator: "; ")) }
    }

    private static func retries(_ retries: Explanation.Retries) -> String {
        var parts = ["\(retries.count)"]
        parts += retries.byKind.map { "\($0.count) after \($0.name)" }
        parts += retries.ofDeployments.map { "\($0.count) after \($0.name)" }
        if retries.waitMinMS > 0 {
            parts.append("waits of \(Shown.seconds(retries.waitMinMS)) at least")
        }
        return parts.joined(separator: "; ")
    }

    private mutating func times(_ times: Explanation.Times, isStream: Bool) {
        lines.line(1, "time-outs:")
        for timed in times.attempts {
            let name = timed.deployment.isEmpty ? "" : "\(timed.deployment): "
            let attempt = timed.attempt
            let text =
                isStream
                ? "\(Shown.seconds(attempt.firstByteMS)) to the first byte, "
                    + "\(Shown.seconds(attempt.pauseMS)) between two pieces"
                : "\(Shown.seconds(attempt.wholeMS)) an attempt"
            lines.line(2, name + text)
        }
        lines.line(2, "\(Shown.seconds(times.connectMS)) to connect")
        lines.line(2, "\(Shown.seconds(times.deadlineMS)) for the whole request")
    }

    private mutating func cooldown(_ cooldown: Explanation.Cooldown) {
        guard !cooldown.isDisabled else { return lines.line(1, "cooldown: none") }
        let rules = Self.allowed(cooldown.allowedFails, cooldown.byKind) ?? "by status"
        lines.line(1, "cooldown: \(Shown.seconds(cooldown.milliseconds)); \(rules)")
        for own in cooldown.overrides {
            let time = own.milliseconds.map { $0 == 0 ? "never" : Shown.seconds($0) }
            let parts = [time, Self.allowed(own.allowedFails, own.byKind)].compactMap { $0 }
            lines.line(2, "\(own.deployment): \(parts.joined(separator: "; "))")
        }
    }

    private static func allowed(
        _ general: Int?,
        _ byKind: [Explanation.Counted]
    ) -> String? {
        var parts = general.map { ["after more than \($0) failures"] } ?? []
        parts += byKind.map { "after more than \($0.count) of \($0.name)" }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    // MARK: What comes next

    private mutating func fallbacks(_ fallbacks: [Explanation.Fallback]) {
        lines.line(0, "fallbacks")
        for fallback in fallbacks {
            let names =
                fallback.names.isEmpty
                ? "none: the error is the answer" : fallback.names.joined(separator: ", ")
            let failure =
                switch fallback.failure {
                case .any: "after any failure"
                case .contextWindow: "after a prompt that was too long"
                case .contentPolicy: "after a violation of the content policy"
                }
            lines.line(1, "\(failure): \(names)")
        }
    }
}
