/// A script that Redis runs as one step (6.2 or later). All keys of a call carry one hash tag, so
/// that it is one slot of a Cluster. Time is Redis' own, in milliseconds: sidecars' clocks do not
/// matter.
package struct FleetScript: Hashable, Sendable {
    /// Its name, for logs; no two have the same.
    package let name: String
    /// Lua 5.1.
    package let source: String

    init(_ name: String, _ body: String) {
        self.name = name
        source = Self.clock + body
    }

    package static func == (left: FleetScript, right: FleetScript) -> Bool {
        left.name == right.name
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(name)
    }

    /// What all scripts begin with.
    private static let clock = """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)

        """
}
