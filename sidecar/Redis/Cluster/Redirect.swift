/// What a member of a cluster says when a command is not for it.
enum Redirect: Hashable, Sendable {
    /// The slot is elsewhere, for good.
    case moved(slot: Int, to: RedisEndpoint)
    /// The slot is on its way, and this key is already there.
    case ask(RedisEndpoint)
    /// The slot is on its way, and the keys of the command are on both sides.
    case tryAgain
    /// The cluster does not serve the slot.
    case clusterDown

    /// How often one command follows redirections.
    static let followsMax = 5
    /// The wait before a command is tried again, in milliseconds.
    static let tryAgainMS: UInt64 = 5

    /// - Parameters:
    ///   - error: `MOVED 3999 127.0.0.1:6381`, `ASK 3999 host:6381`, `TRYAGAIN …`, `CLUSTERDOWN …`.
    ///   - asked: who answered; an endpoint without a host is at the same one.
    init?(_ error: ServerError, from asked: RedisEndpoint) {
        switch error.code {
        case "TRYAGAIN": self = .tryAgain
        case "CLUSTERDOWN": self = .clusterDown
        case "MOVED", "ASK":
            let words = error.text.split(separator: " ")
            guard words.count >= 2, let slot = Int(words[0]), 0..<KeySlot.count ~= slot,
                let colon = words[1].lastIndex(of: ":"),
                let port = UInt16(words[1][words[1].index(after: colon)...])
            else { return nil }
            let host = String(words[1][..<colon])
            let endpoint = RedisEndpoint(host: host, port: port, beside: asked)
            self = error.code == "MOVED" ? .moved(slot: slot, to: endpoint) : .ask(endpoint)
        default: return nil
        }
    }
}
