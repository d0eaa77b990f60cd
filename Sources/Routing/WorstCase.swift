package import RouteTable

/// The most that one request for a model can cost when everything fails: a bound that the table
/// gives, whatever the upstreams do.
///
/// A model is asked for by its name, an alias, or a name that its pattern matches. What a client
/// asks for itself is not in it: a deployment by its identifier, retries, timeouts and fallbacks of
/// the request's own. Attempts that reached no server sent nothing and are not counted.
package struct WorstCase: Hashable, Sendable {
    /// The names of the groups that one request may enter, the requested one first.
    package var groups: [String]
    /// The attempts in all groups together: one each, and its retries.
    package var attempts: Int
    /// Whether no reference, whose value only the sidecar has, may change the attempts. Where one
    /// may, it was taken for its default.
    package var areAttemptsKnown: Bool
    /// How long a request that is no stream may take, in milliseconds.
    package var milliseconds: Int
    /// As `areAttemptsKnown`, for the time.
    package var isTimeKnown: Bool
}

extension WorstCase: CustomStringConvertible {
    /// `at most 6 attempts in 2 groups, 600 s`; a question mark stands behind what a reference
    /// decides.
    package var description: String {
        let attemptsMark = areAttemptsKnown ? "" : "?"
        let timeMark = isTimeKnown ? "" : "?"
        let attemptNoun = attempts == 1 ? "attempt" : "attempts"
        let groupNoun = groups.count == 1 ? "group" : "groups"
        return "at most \(attempts)\(attemptsMark) \(attemptNoun) in \(groups.count) \(groupNoun), "
            + "\(seconds)\(timeMark) s"
    }

    /// `milliseconds` in seconds, without zeros at the end.
    package var seconds: String {
        var fraction = String(milliseconds % 1000 + 1000).dropFirst()
        while fraction.last == "0" { fraction.removeLast() }
        return "\(milliseconds / 1000)" + (fraction.isEmpty ? "" : ".\(fraction)")
    }
}

/// Finds the worst case of each model of a table.
package struct WorstCases {
    private var graph: FallbackGraph
    private let bounds: RequestBounds

    /// O(models + rules × patterns).
    package init(table: RouteTable) {
        graph = FallbackGraph(table: table)
        bounds = RequestBounds(table: table)
    }

    /// The worst case of a model; for a pattern, that of the worst name it may be asked by.
    ///
    /// - Parameter index: as `RouteTable.model(at:)` takes it.
    package mutating func ofModel(at index: Int) -> WorstCase {
        var worst: [Int] = []
        var attempts = RequestBounds.Bound(value: 0)
        var time = RequestBounds.Bound(value: 0)
        for walk in graph.walks(fromModel: index) {
            let models = walk.map { graph.groups[$0].model }
            var found = bounds.attempts(inModels: models)
            found.isKnown = found.isKnown && (graph.isDepthKnown || walk.count == 1)
            if found.value > attempts.value { worst = walk }
            // A reference may make any of the ways the worst one.
            attempts = attempts.most(found)
            time = time.most(bounds.milliseconds(inModels: models))
        }
        return WorstCase(
            groups: worst.map { graph.groups[$0].name },
            attempts: attempts.value,
            areAttemptsKnown: attempts.isKnown,
            milliseconds: time.value,
            isTimeKnown: time.isKnown
        )
    }
}
