import JSON

/// Changes a JSON document as a tree: parts go, come twice, change places, or become what another
/// part of the document is.
enum JSONMutation {
    /// Nil for what is no JSON.
    static func mutated(_ document: [UInt8], _ random: inout MutationRandom) -> [UInt8]? {
        guard var tree = try? JSONValue(parsing: document.rawSpan, depthMax: 64) else { return nil }
        var parts = Parts()
        parts.gather(tree)
        for _ in 0...random.below(3) { mutate(&tree, parts, &random) }
        return tree.bytes
    }

    /// What there is in a document to put elsewhere.
    private struct Parts {
        var values: [JSONValue] = []
        var keys: [String] = []

        mutating func gather(_ value: JSONValue) {
            guard values.count < 4096 else { return }
            values.append(value)
            switch value {
            case .array(let elements): for element in elements { gather(element) }
            case .object(let members):
                for member in members {
                    keys.append(member.key)
                    gather(member.value)
                }
            default: break
            }
        }
    }

    private static func mutate(
        _ value: inout JSONValue,
        _ parts: Parts,
        _ random: inout MutationRandom
    ) {
        let goesDeeper = random.below(8) > 0
        switch value {
        case .object(var members) where goesDeeper && !members.isEmpty:
            let place = random.below(members.count)
            switch random.below(16) {
            case 0: members.remove(at: place)
            case 1: members.append(members[place])
            case 2: members.swapAt(place, random.below(members.count))
            case 3: members[place].key = random.element(of: parts.keys) ?? ""
            case 4:
                let key = random.element(of: parts.keys) ?? ""
                members.append(.init(key, other(parts, &random)))
            default: mutate(&members[place].value, parts, &random)
            }
            value = .object(members)
        case .array(var elements) where goesDeeper && !elements.isEmpty:
            let place = random.below(elements.count)
            switch random.below(12) {
            case 0: elements.remove(at: place)
            case 1: elements.append(elements[place])
            case 2: elements.swapAt(place, random.below(elements.count))
            case 3: elements.insert(other(parts, &random), at: place)
            default: mutate(&elements[place], parts, &random)
            }
            value = .array(elements)
        default: value = other(parts, &random)
        }
    }

    private static func other(_ parts: Parts, _ random: inout MutationRandom) -> JSONValue {
        switch random.below(20) {
        case 0: .null
        case 1: .bool(random.below(2) == 0)
        case 2: .integer(Int64(random.below(4000)) - 1000)
        case 3: .integer(Int64(bitPattern: random.next()))
        case 4: .unsigned(.max)
        case 5: .number(random.element(of: [0.5, -0.5, 1, 2.5, 1e300, -1e300]) ?? 0)
        case 6: .string(random.element(of: strings) ?? "")
        case 7: .array([])
        case 8: .object([])
        case 9: .string(random.element(of: parts.keys) ?? "")
        default: random.element(of: parts.values) ?? .null
        }
    }

    private static let strings = [
        "", " ", "\u{0}", "\n", "\u{A0}", "\u{2028}", "é\u{301}", "😀", "\\", "\"", "{}", "[]", "{",
        "data:,", "data:image/png;base64,AAAA", "https://x/y", "a b", "/", "[DONE]", "\n\ndata: x",
        String(repeating: "a", count: 65),
    ]
}
