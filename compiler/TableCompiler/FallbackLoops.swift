internal import RouteConfig
internal import RouteTable
internal import YAML

/// Warns of fallbacks that lead a request back to where it has been: their author may count on a
/// step that is never taken, since a request enters no group twice.
///
/// Each kind of failure is followed by itself and through aliases. Two models that back each other
/// are no mistake but the usual way to write it, and `*` leads from nearly every model back to it.
struct FallbackLoops {
    private let sink: DiagnosticSink
    private let aliases: [String: [String]]

    init(contents: TableContents, sink: DiagnosticSink) {
        self.sink = sink
        let pairs = contents.aliases.map { ($0.name, $0.targets) }
        aliases = Dictionary(pairs) { first, _ in first }
    }

    func run(_ config: RouteConfig) {
        for trigger in [FallbackRule.Trigger.anyFailure, .contextWindow, .contentPolicy] {
            search(config.fallbacks.filter { $0.value.trigger == trigger && $0.value.model != "*" })
        }
    }

    /// A search by depth, without recursion: what is met again while it is on the path closes a
    /// loop. Loops that share a model are reported once.
    private func search(_ rules: [Placed<FallbackRule>]) {
        let byModel = Dictionary(rules.map { ($0.value.model, $0) }) { first, _ in first }
        let targets = byModel.mapValues { resolved($0.value.targets) }
        var done: Set<String> = []
        var reported: Set<String> = []
        for rule in rules where !done.contains(rule.value.model) {
            var path: [(model: String, rest: ArraySlice<String>)] = []
            path.append((rule.value.model, (targets[rule.value.model] ?? [])[...]))
            while let step = path.last {
                guard let next = step.rest.first else {
                    done.insert(step.model)
                    path.removeLast()
                    continue
                }
                path[path.count - 1].rest.removeFirst()
                let back = targets[next] ?? []
                if next != step.model, back.contains(step.model) { continue }
                if let start = path.firstIndex(where: { $0.model == next }) {
                    let loop = path[start...].map(\.model)
                    if reported.isDisjoint(with: loop) { report(loop, byModel) }
                    reported.formUnion(loop)
                } else if !done.contains(next), byModel[next] != nil {
                    path.append((next, back[...]))
                }
            }
        }
    }

    private func resolved(_ targets: [String]) -> [String] {
        targets.flatMap { aliases[$0] ?? [$0] }
    }

    private func report(_ loop: [String], _ rules: [String: Placed<FallbackRule>]) {
        var shown = loop + loop.prefix(1)
        if shown.count > 6 { shown.replaceSubrange(4..<shown.count - 1, with: ["…"]) }
        sink.warn(
            .fallbackLoop,
            rules[loop[0]]?.mark,
            "these fallbacks lead back: " + shown.joined(separator: " → "),
            hint: "a request enters each group once, so the last step is never taken"
        )
    }
}
