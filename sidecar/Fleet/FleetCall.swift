/// One argument of a script, or one element of its answer.
package enum FleetWord: Hashable, Sendable {
    case text(String)
    case number(Int64)
    /// No value.
    case nothing

    /// The text; nil for what is none.
    package var text: String? {
        if case .text(let text) = self { text } else { nil }
    }

    /// The number, also one that came as digits; nil for one that no script of ours gives, so that
    /// nobody adds to it.
    package var number: Int64? {
        let number: Int64? =
            switch self {
            case .number(let number): number
            case .text(let text): Int64(text)
            case .nothing: nil
            }
        return number.flatMap { $0.magnitude <= Self.numberMax ? $0 : nil }
    }

    /// Lua's numbers are whole up to here.
    private static let numberMax: UInt64 = 1 << 53
}

/// A script with its keys and arguments.
package struct FleetCall: Hashable, Sendable {
    package let script: FleetScript
    package var keys: [String]
    package var arguments: [FleetWord]

    package init(_ script: FleetScript, keys: [String], _ arguments: [FleetWord]) {
        self.script = script
        self.keys = keys
        self.arguments = arguments
    }
}
