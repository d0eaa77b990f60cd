/// One entry of `additional_drop_params`: a member's name, or LiteLLM's path to a nested one.
///
/// `a.b` is member `b` of member `a`, `a[0].b` that of the first element of `a`, `a[*].b` that of
/// each. A path ends with a member: an element is never taken out of its array, which would change
/// the others' places. What is no path in this sense is a plain name, dots and brackets included.
/// Paths are taken apart once, when the table is loaded or the request is read.
package struct DropPath: Hashable, Sendable {
    enum Step: Hashable, Sendable {
        /// A member with this key, UTF-8 without escapes.
        case member([UInt8])
        case element(Int)
        case everyElement
    }

    /// The entry as it was written: a name that is tried before the path is.
    package let name: [UInt8]
    /// Empty for a plain name.
    let steps: [Step]

    /// The most steps of a path; one with more is a plain name.
    package static let stepsMax = 32

    /// Any text is a path or a name.
    package init(_ text: String) {
        name = Array(text.utf8)
        steps = DropPath.steps(name) ?? []
    }

    /// Whether there is a path to a nested member.
    package var isNested: Bool { !steps.isEmpty }

    /// The key of the outermost member that the path goes through.
    var firstKey: [UInt8]? {
        guard case .member(let key) = steps.first else { return nil }
        return key
    }

    /// Nil for plain names. As LiteLLM does, dots that say nothing are passed over.
    private static func steps(_ text: [UInt8]) -> [Step]? {
        var steps: [Step] = []
        var rest = text[...]
        while let byte = rest.first {
            if byte == UInt8(ascii: ".") {
                rest.removeFirst()
            } else if byte == UInt8(ascii: "[") {
                guard let end = rest.firstIndex(of: UInt8(ascii: "]")),
                    let step = element(rest[rest.index(after: rest.startIndex)..<end])
                else { return nil }
                steps.append(step)
                rest = rest[(end + 1)...]
            } else {
                let key = rest.prefix { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "[") }
                steps.append(.member(Array(key)))
                rest = rest[key.endIndex...]
            }
        }
        guard steps.count > 1, steps.count <= stepsMax, case .member = steps.first,
            case .member = steps.last
        else { return nil }
        return steps
    }

    private static func element(_ text: ArraySlice<UInt8>) -> Step? {
        if text.elementsEqual("*".utf8) { return .everyElement }
        guard let index = Int(String(decoding: text, as: UTF8.self)), index >= 0 else { return nil }
        return .element(index)
    }
}
