internal import EventLoop
internal import Proxy
internal import RouteTable

/// `--test`, after `nginx -t`: loads, verifies and resolves the table, says what is wrong, ends.
enum TableTest {
    static func run(_ arguments: Arguments) -> Bool {
        do {
            let snapshot = try arguments.loader.load(serial: 1)
            let table = snapshot.table
            Standard.output(
                "\(arguments.table): good: \(table.counts.models) models, "
                    + "\(table.counts.deployments) deployments, generation \(table.generation), "
                    + "digest \(table.digestHex)"
            )
            for name in snapshot.missing {
                Standard.output("warning: no value for \(name): its deployments are disabled")
            }
            if snapshot.isOpen { Standard.output("warning: no key is configured: open access") }
            return true
        } catch {
            Standard.error("\(arguments.table): \(error)")
            return false
        }
    }
}
