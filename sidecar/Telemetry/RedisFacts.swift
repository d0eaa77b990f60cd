/// What the process has asked of Redis so far.
package struct RedisFacts: Sendable {
    /// Commands by what came of them.
    package var answered = 0
    package var timedOut = 0
    package var refused = 0
    package var lost = 0
    /// Answers that sent a command to another master.
    package var redirections = 0
    /// Connections that were ready to be used.
    package var connections = 0
    /// Times that a server was found to hang.
    package var breakerOpenings = 0
    package var bytesOut = 0
    package var bytesIn = 0

    package init() {}
}

extension MetricsText {
    mutating func write(_ facts: RedisFacts) {
        write(
            counter: "sidegate_redis_commands_total",
            "Commands to Redis by what came of them.",
            [
                "result=\"answered\"": UInt64(facts.answered),
                "result=\"timed_out\"": UInt64(facts.timedOut),
                "result=\"refused\"": UInt64(facts.refused),
                "result=\"lost\"": UInt64(facts.lost),
            ]
        )
        for (name, help, value) in [
            ("connections", "Connections to Redis that were made.", facts.connections),
            ("breaker_openings", "Times that Redis was found to hang.", facts.breakerOpenings),
            ("redirections", "Commands that Redis sent elsewhere.", facts.redirections),
            ("sent_bytes", "Bytes of commands to Redis.", facts.bytesOut),
            ("received_bytes", "Bytes of Redis' answers.", facts.bytesIn),
        ] {
            write(counter: "sidegate_redis_\(name)_total", help, ["": UInt64(value)])
        }
    }
}
