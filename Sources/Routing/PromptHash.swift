internal import Cryptography
package import JSON

/// How a prompt begins, as one number: what `prefix-affinity` goes by.
package enum PromptHash {
    /// Keeps a beginning in two pieces apart from the same pieces the other way round.
    private static let multiplier: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// The hash of a beginning in two pieces of a request's body; nil when both are empty.
    package static func hash(
        _ first: Range<Int>,
        _ second: Range<Int>,
        of body: RawSpan
    ) -> UInt64? {
        guard !first.isEmpty, !second.isEmpty else {
            let only = first.isEmpty ? second : first
            return only.isEmpty ? nil : XXH3.hash64(body.extracting(only))
        }
        return XXH3.hash64(body.extracting(first)) &* multiplier
            &+ XXH3.hash64(body.extracting(second))
    }

    /// The hash of the first `bytesMax` bytes of a request's prompt: of `messages` after its
    /// bracket, with `system` before it where there is one; of `prompt`; of `instructions`, then
    /// `input`. Nil for a request that has none of them.
    package static func hash(body: RawSpan, bytesMax: Int) throws(JSONError) -> UInt64? {
        let scanner = JSONScanner()
        var members: [Int: JSONMember] = [:]
        for place in try scanner.scan(body, names: names) {
            let member = scanner[place]
            // Of several the last one counts, as for parsers.
            if let name = member.name { members[name] = member.kind == .null ? nil : member }
        }
        func member(_ name: String) -> JSONMember? {
            keys.firstIndex(of: name).flatMap { members[$0] }
        }
        var (first, second) = (member("instructions"), member("input"))
        if let prompt = member("prompt") { (first, second) = (prompt, nil) }
        if let messages = member("messages") { (first, second) = (member("system"), messages) }
        let head = content(first, bytesMax: bytesMax)
        return hash(head, content(second, bytesMax: bytesMax - head.count), of: body)
    }

    /// The same of a body in an array.
    package static func hash(body: [UInt8], bytesMax: Int) throws(JSONError) -> UInt64? {
        try hash(body: unsafe body.span.bytes, bytesMax: bytesMax)
    }

    private static let keys = ["messages", "system", "prompt", "instructions", "input"]
    private static let names = JSONNames(keys)

    /// What a value holds, without quotes or brackets.
    private static func content(_ member: JSONMember?, bytesMax: Int) -> Range<Int> {
        guard let member, bytesMax > 0 else { return 0..<0 }
        var range = member.value
        if member.kind == .string || member.kind == .array {
            range = (range.lowerBound + 1)..<(range.upperBound - 1)
        }
        return range.prefix(bytesMax)
    }
}
