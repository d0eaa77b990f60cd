internal import CLinux
internal import EventLoop
internal import Glibc

/// `--probe`, for exec probes: asks the running sidecar's readiness and ends with its answer.
enum Probe {
    static func run(_ arguments: Arguments) -> Bool {
        let address = arguments.adminListen ?? arguments.listen[0]
        let target = address.reachable
        guard let answer = target.ask("/health/readiness") else {
            Standard.error("sidegate: nothing answers at \(target)")
            return false
        }
        let isReady = answer.hasPrefix("HTTP/1.1 200 ")
        if !isReady {
            let line = answer.prefix { $0 != "\r" && $0 != "\r\n" }
            Standard.error("sidegate: not ready: \(line)")
        }
        return isReady
    }
}

extension SocketAddress {
    /// Where a listener on all addresses can be reached from here.
    fileprivate var reachable: SocketAddress {
        guard unixPath == nil, host == "0.0.0.0" || host == "::" else { return self }
        let local = host == "::" ? "::1" : "127.0.0.1"
        return SocketAddress(host: local, port: port) ?? self
    }

    /// One blocking GET, of at most two seconds.
    fileprivate func ask(_ path: String) -> String? {
        guard let descriptor = connectBlocking(timeoutSeconds: 2) else { return nil }
        defer { close(descriptor) }
        let request = Array(
            "GET \(path) HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".utf8
        )
        guard unsafe write(descriptor, request, request.count) == request.count else { return nil }
        var answer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe read(descriptor, &answer, answer.count)
        return count > 0 ? String(decoding: answer[..<count], as: UTF8.self) : nil
    }
}
