/// How many connections of one transport stand, for whoever keeps the sum of several.
final class OpenConnections {
    private(set) var count = 0
    private let changed: (Int) -> Void

    /// - Parameter changed: told 1 for each connection that opens, -1 for each that closes.
    init(changed: @escaping (Int) -> Void) {
        self.changed = changed
    }

    func opened() {
        count += 1
        changed(1)
    }

    func closed() {
        count -= 1
        changed(-1)
    }
}
