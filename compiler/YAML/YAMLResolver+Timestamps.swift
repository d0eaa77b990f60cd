/// Dates and times of YAML 1.1: `2024-10-21`, `2024-10-21 10:00:00.5 +02:00`.
extension YAMLResolver {
    static func isTimestamp(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        guard digits(&rest, 4...4), take(&rest, "-") else { return false }
        let isDate = rest.count == 5
        guard digits(&rest, 1...2), take(&rest, "-") else { return false }
        let dayCount = rest.prefix { isDigit($0) }.count
        guard digits(&rest, 1...2) else { return false }
        if rest.isEmpty { return isDate && dayCount == 2 }
        guard time(&rest) else { return false }
        return rest.isEmpty || zone(&rest)
    }

    private static func time(_ rest: inout ArraySlice<UInt8>) -> Bool {
        if !take(&rest, "T"), !take(&rest, "t") {
            guard blanks(&rest) > 0 else { return false }
        }
        guard digits(&rest, 1...2), take(&rest, ":"), digits(&rest, 2...2), take(&rest, ":"),
            digits(&rest, 2...2)
        else { return false }
        if take(&rest, ".") { rest = rest.drop { isDigit($0) } }
        return true
    }

    private static func zone(_ rest: inout ArraySlice<UInt8>) -> Bool {
        _ = blanks(&rest)
        if take(&rest, "Z") { return rest.isEmpty }
        guard take(&rest, "+") || take(&rest, "-"), digits(&rest, 1...2) else { return false }
        if rest.isEmpty { return true }
        return take(&rest, ":") && digits(&rest, 2...2) && rest.isEmpty
    }

    private static func digits(
        _ rest: inout ArraySlice<UInt8>,
        _ allowed: ClosedRange<Int>
    ) -> Bool {
        let count = min(rest.prefix { isDigit($0) }.count, allowed.upperBound)
        rest = rest.dropFirst(count)
        return allowed.contains(count)
    }

    private static func take(_ rest: inout ArraySlice<UInt8>, _ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }

    private static func blanks(_ rest: inout ArraySlice<UInt8>) -> Int {
        let count = rest.prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.count
        rest = rest.dropFirst(count)
        return count
    }
}
