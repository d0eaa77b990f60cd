import Foundation
import Synchronization
import TestSupport

/// A server that greets as Redis does and then answers what a test wants.
final class FakeRedis: Sendable {
    typealias Answer = @Sendable (_ command: String) -> String

    let port: UInt16
    private let listener: Int32
    private let largest = Mutex(0)
    private let accepted = Mutex(0)

    static let pong: Answer = { _ in "+PONG\r\n" }

    /// - Parameter answer: gets each command's words, joined by spaces; empty: none, for ever.
    init(_ answer: @escaping Answer = FakeRedis.pong) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound else { throw RedisServer.Failure("no port") }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [weak self] in
            while true {
                let peer = accept(descriptor, nil, nil)
                guard peer >= 0, let fake = self else { return }
                Thread.detachNewThread { fake.serve(RawSocket(descriptor: peer), answer) }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// The most bytes that came in one read after the greeting.
    var largestRead: Int { largest.withLock { $0 } }
    var connections: Int { accepted.withLock { $0 } }

    private func serve(_ peer: RawSocket, _ answer: Answer) {
        accepted.withLock { $0 += 1 }
        var buffer: [UInt8] = []
        while let bytes = peer.receive(), !bytes.isEmpty {
            largest.withLock { $0 = max($0, bytes.count) }
            buffer += bytes
            var reply = ""
            while let command = FakeRedis.takeCommand(&buffer) {
                reply += FakeRedis.greet(command) ?? answer(command)
            }
            if !reply.isEmpty { peer.send(reply) }
        }
    }

    private static func greet(_ command: String) -> String? {
        switch command {
        case "INFO":
            let info = "redis_version:7.0.15\r\nrole:master\r\nloading:0\r\n"
            return "$\(info.utf8.count)\r\n\(info)\r\n"
        case "CLIENT SETNAME sidegate": return "+OK\r\n"
        case "CONFIG GET save": return "*0\r\n"
        case "PING": return "+PONG\r\n"
        default: return nil
        }
    }

    /// The next whole command of arrays of strings without line ends.
    private static func takeCommand(_ buffer: inout [UInt8]) -> String? {
        let text = String(decoding: buffer, as: UTF8.self)
        let lines = text.components(separatedBy: "\r\n")
        guard lines[0].hasPrefix("*"), let count = Int(lines[0].dropFirst()),
            lines.count > 2 * count + 1
        else { return nil }
        let used = lines[...(2 * count)]
        buffer.removeFirst(used.reduce(0) { $0 + $1.utf8.count + 2 })
        return (1...count).map { lines[2 * $0] }.joined(separator: " ")
    }
}
