import Foundation
import Synchronization

/// A `redis-server` of our own on a free port, with a directory of its own.
final class RedisServer: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    let directory: String
    let port: UInt16
    private let options: [String]
    private let running = Mutex<Running?>(nil)

    private struct Running {
        let process: Process
        let input: Pipe
        let pid: pid_t
    }

    /// - Parameter options: as on `redis-server`'s command line; of a later same option, it counts.
    init(_ options: [String] = [], port: UInt16? = nil, directory: String? = nil) throws {
        self.directory = try directory ?? RedisServer.makeDirectory()
        self.port = try port ?? RedisServer.freePort()
        self.options = options
        try start()
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(atPath: directory)
    }

    static func makeDirectory() throws -> String {
        let path =
            FileManager.default.temporaryDirectory.path + "/sidegate-redis-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    private static let given = Mutex<Set<UInt16>>([])

    /// A port that nobody listens on, below those that the kernel gives out, with the one 10,000
    /// above it free, too, as a cluster wants it.
    static func freePort() throws -> UInt16 {
        for _ in 0..<200 {
            let port = UInt16.random(in: 10_240..<22_000)
            // Nobody else is to begin where a test waits for nobody to be.
            let isNew = given.withLock { $0.insert(port).inserted }
            if isNew, isFree(port), isFree(port + 10_000) { return port }
        }
        throw Failure("no free port")
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    /// Starts it, after `kill` again on the same port, and returns when it answers.
    func start() throws {
        let input = Pipe()
        let output = Pipe()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // The server ends when the pipe does, however the tests end.
        process.arguments =
            ["-c", "\"$@\" </dev/null >\"$0\" 2>&1 & echo $!; cat >/dev/null; kill -9 $!"]
            + [directory + "/log", "redis-server", "--port", "\(port)", "--bind", "127.0.0.1"]
            + ["--dir", directory, "--save", "", "--daemonize", "no"] + options
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let pid = pid_t(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw Failure("no process: \(line)")
        }
        running.withLock { $0 = Running(process: process, input: input, pid: pid) }
        for _ in 0..<500 {
            let log = try? String(contentsOfFile: directory + "/log", encoding: .utf8)
            if log?.contains("Ready to accept connections") ?? false { return }
            if Glibc.kill(pid, 0) != 0 { break }
            usleep(20_000)
        }
        let log = try? String(contentsOfFile: directory + "/log", encoding: .utf8)
        throw Failure("redis-server did not start: \(log ?? "no log")")
    }

    private func signal(_ number: Int32) {
        running.withLock { if let running = $0 { _ = Glibc.kill(running.pid, number) } }
    }

    /// It still accepts connections (the kernel does) but never answers.
    func pause() { signal(SIGSTOP) }

    func resume() { signal(SIGCONT) }

    /// As a crash.
    func kill() {
        guard
            let old = running.withLock({ running in
                defer { running = nil }
                return running
            })
        else { return }
        _ = Glibc.kill(old.pid, SIGKILL)
        try? old.input.fileHandleForWriting.close()
        old.process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: directory + "/log")
    }

    /// Runs `redis-cli`, for what a client would not do.
    @discardableResult
    func command(_ words: String...) throws -> String { try command(words) }

    /// Runs `redis-cli`.
    @discardableResult
    func command(_ words: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["redis-cli", "-p", "\(port)"] + words
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
