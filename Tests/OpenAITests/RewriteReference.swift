import JSON
import Testing

@testable import OpenAI

/// Drops and overrides done the slow way, on a tree of values: what the splicing is compared with.
struct RewriteReference {
    /// One entry of `additional_drop_params`; a path where there are several steps.
    enum Step: Hashable {
        case member(String)
        case element(Int)
        case everyElement
    }

    var drops: [[Step]] = []
    var overrides: [JSONValue.Member] = []
    var defaults: [JSONValue.Member] = []
    /// What is taken out of every body.
    static let consumed: Set = ["tags", "api_key"]

    static func text(_ steps: [Step]) -> String {
        steps.enumerated().map { place, step in
            switch step {
            case .member(let key): place == 0 ? key : "." + key
            case .element(let index): "[\(index)]"
            case .everyElement: "[*]"
            }
        }.joined()
    }

    var policy: RequestPolicy {
        get throws {
            var policy = RequestPolicy()
            policy.drop(drops.map { DropPath(Self.text($0)) })
            policy.overrides = try Self.texts(overrides)
            policy.defaults = try Self.texts(defaults)
            return policy
        }
    }

    private static func texts(_ members: [JSONValue.Member]) throws -> MemberTexts {
        let object = JSONValue.object(members).bytes
        return try MemberTexts(object: object.span.bytes, scanner: JSONScanner())
    }

    func apply(to members: [JSONValue.Member]) -> [JSONValue.Member] {
        let sent = Set(members.map(\.key))
        let names = Set(drops.map(Self.text))
        // A name that is there as it stands is no path.
        let paths = drops.filter { $0.count > 1 && !sent.contains(Self.text($0)) }
        func isOut(_ key: String) -> Bool { Self.consumed.contains(key) || names.contains(key) }
        var result: [JSONValue.Member] = []
        for member in members where !isOut(member.key) {
            let own = overrides.last { $0.key == member.key }
            result.append(Self.drop(paths, from: .init(member.key, own?.value ?? member.value)))
        }
        for list in [overrides, defaults] {
            for member in Self.lastOfEach(list) {
                let isThere = sent.contains(member.key) || result.contains { $0.key == member.key }
                if isThere || isOut(member.key) { continue }
                result.append(Self.drop(paths, from: member))
            }
        }
        return result
    }

    /// Of a key that is there twice the last counts, at its own place.
    private static func lastOfEach(_ members: [JSONValue.Member]) -> [JSONValue.Member] {
        members.enumerated().filter { place, member in
            !members[(place + 1)...].contains { $0.key == member.key }
        }.map(\.element)
    }

    private static func drop(
        _ paths: [[Step]],
        from member: JSONValue.Member
    ) -> JSONValue.Member {
        var member = member
        for path in paths where path.first == .member(member.key) {
            member.value = drop(path.dropFirst(), from: member.value)
        }
        return member
    }

    private static func drop(_ steps: ArraySlice<Step>, from value: JSONValue) -> JSONValue {
        guard let step = steps.first else { return value }
        let rest = steps.dropFirst()
        switch (step, value) {
        case (.member(let key), .object(let members)):
            if rest.isEmpty { return .object(members.filter { $0.key != key }) }
            return .object(
                members.map { $0.key == key ? .init($0.key, drop(rest, from: $0.value)) : $0 }
            )
        case (.element(let index), .array(var elements)):
            if elements.indices.contains(index) {
                elements[index] = drop(rest, from: elements[index])
            }
            return .array(elements)
        case (.everyElement, .array(let elements)):
            return .array(elements.map { drop(rest, from: $0) })
        default: return value
        }
    }
}
