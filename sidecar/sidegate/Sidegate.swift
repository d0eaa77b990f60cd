internal import CLinux
internal import Cryptography
internal import EventLoop
internal import Glibc
internal import Logging
internal import Proxy

/// `sidegate`: the sidecar. Exit status 0 after an orderly end, 1 when the table, an address or the
/// probed sidecar is not good, 2 for a wrong command line.
@main
struct Sidegate {
    static func main() {
        // Secrets are in memory: no core dump, no ptrace by others.
        _ = sg_set_not_dumpable()
        // Each stream takes two descriptors. Where this is not allowed, what there is must do.
        _ = sg_raise_descriptor_limit()
        // Before libcurl starts OpenSSL its own way.
        CryptographyStartup.run()
        let arguments: Arguments
        do {
            arguments = try Arguments()
        } catch {
            Standard.error("sidegate: \(error.text)")
            exit(2)
        }
        switch arguments.action {
        case .help: Standard.output(Arguments.usage)
        case .version: Standard.output("sidegate \(BuildInfo.version)")
        case .probe: exit(Probe.run(arguments) ? 0 : 1)
        case .test: exit(TableTest.run(arguments) ? 0 : 1)
        case .serve: exit(serve(arguments) ? 0 : 1)
        }
    }

    private static func serve(_ arguments: Arguments) -> Bool {
        do {
            return try Server(arguments).run()
        } catch {
            Standard.error("sidegate: \(error)")
            return false
        }
    }
}

/// The two standard streams, line by line.
enum Standard {
    static func output(_ text: String) { write(text, to: 1) }
    static func error(_ text: String) { write(text, to: 2) }

    private static func write(_ text: String, to descriptor: CInt) {
        let bytes = Array((text + "\n").utf8)
        _ = unsafe Glibc.write(descriptor, bytes, bytes.count)
    }
}
