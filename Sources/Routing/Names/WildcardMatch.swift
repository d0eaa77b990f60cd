/// Matching of a name against a pattern with `*` (LiteLLM §1.4).
///
/// Every other character is literal. A match begins at the name's beginning, but need not reach
/// its end: what follows the last literal is ignored. Each `*` takes as much as it can.
package enum WildcardMatch {
    /// What each `*` of the pattern takes, as ranges of the name's bytes; nil when the name does
    /// not match. O(name × stars).
    package static func captures(
        of name: Span<UInt8>,
        pattern: Span<UInt8>
    ) -> [Range<Int>]? {
        let literals = literals(of: pattern)
        guard let head = literals.first, literals.count > 1 else { return nil }
        guard head.count <= name.count, isEqual(name, at: 0, pattern, head) else { return nil }
        // The greediest match puts each literal as far right as the ones after it allow, so the
        // last place of each is found from the right and nothing is ever tried twice.
        var captures: [Range<Int>] = []
        captures.reserveCapacity(literals.count - 1)
        var limit = name.count
        for literal in literals.dropFirst().reversed() {
            guard
                let place = lastPlace(
                    of: pattern,
                    literal,
                    in: name,
                    from: head.count,
                    to: limit
                )
            else { return nil }
            captures.append(place..<place)
            limit = place
        }
        // Each capture reaches from the end of the literal before it to the place of the one after.
        captures.reverse()
        var start = head.count
        for index in captures.indices {
            let place = captures[index].lowerBound
            captures[index] = start..<place
            start = place + literals[index + 1].count
        }
        return captures
    }

    /// The ranges between the stars: one more than there are stars.
    private static func literals(of pattern: Span<UInt8>) -> [Range<Int>] {
        var literals: [Range<Int>] = []
        var start = 0
        for index in pattern.indices where pattern[index] == UInt8(ascii: "*") {
            literals.append(start..<index)
            start = index + 1
        }
        literals.append(start..<pattern.count)
        return literals
    }

    private static func lastPlace(
        of pattern: Span<UInt8>,
        _ literal: Range<Int>,
        in name: Span<UInt8>,
        from: Int,
        to: Int
    ) -> Int? {
        var place = to - literal.count
        while place >= from {
            if isEqual(name, at: place, pattern, literal) { return place }
            place -= 1
        }
        return nil
    }

    private static func isEqual(
        _ name: Span<UInt8>,
        at place: Int,
        _ pattern: Span<UInt8>,
        _ literal: Range<Int>
    ) -> Bool {
        for offset in 0..<literal.count
        where name[place + offset] != pattern[literal.lowerBound + offset] {
            return false
        }
        return true
    }

    /// Puts captures in the place of a target's stars, from left to right (LiteLLM §1.4).
    ///
    /// - Parameter requested: the whole name, which is used where there are more captures than
    ///   stars.
    /// - Returns: a target without a star as it is. Stars without a capture stay.
    package static func substitute(
        _ captures: [String],
        requested: String,
        into target: String
    ) -> String {
        let stars = target.utf8.count { $0 == UInt8(ascii: "*") }
        if stars == 0 { return target }
        if captures.count > stars { return requested }
        var result = ""
        var rest = captures[...]
        for character in target.unicodeScalars {
            if character == "*", let capture = rest.popFirst() {
                result += capture
            } else {
                result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
