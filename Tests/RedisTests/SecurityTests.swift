import Foundation
import TestSupport
import Testing

@testable import Redis

/// Users, rights and TLS, as a real server has them.
@Suite("RedisClient's users, rights and TLS", .timeLimit(.minutes(3)))
struct SecurityTests {
    /// The rights that docs/redis.md says a connection needs, to keys of `k`.
    private static let rights =
        "~k* -@all +auth +ping +select +info +client|setname +evalsha +eval +get +set"

    private let get = RedisCommand("GET", key: "k")

    @Test("logs in as the default user")
    func password() async throws {
        let server = try RedisServer(["--requirepass", "secret"])
        var settings = ClientRunner.settings(server.port)
        settings.password = "secret"
        let runner = try await ClientRunner(settings)
        let reply = try await runner.run { client, _ in try await client.send(get) }
        #expect(reply.isNull)
    }

    @Test("says which part of the login is refused", arguments: [nil, "wrong"])
    func refused(_ password: String?) async throws {
        let server = try RedisServer(["--requirepass", "secret"])
        var settings = ClientRunner.settings(server.port)
        settings.password = password
        let runner = try await ClientRunner(settings)
        #expect(try await runner.wait { $0.isDown })
        let wanted = password == nil ? "wants a password" : "refuses the user or password"
        #expect("\(runner.events)".contains(wanted))
        #expect(!"\(runner.events)".contains("wrong\""))
    }

    @Test("does not tell the password where a server repeats what it does not understand")
    func echo() async throws {
        let server = try RedisServer(["--rename-command", "AUTH", "LOGIN"])
        var settings = ClientRunner.settings(server.port)
        settings.password = "canary"
        let runner = try await ClientRunner(settings)
        #expect(try await runner.wait { $0.isDown })
        #expect("\(runner.events)".contains("unknown command"))
        #expect(!"\(runner.events)".contains("canary"))
    }

    @Test("logs in as a user that needs no password")
    func noPassword() async throws {
        let server = try RedisServer()
        try server.command(["ACL", "SETUSER", "open", "on", "nopass", "~k", "+@all"])
        var settings = ClientRunner.settings(server.port)
        settings.username = "open"
        let runner = try await ClientRunner(settings)
        let reply = try await runner.run { client, _ in
            try await client.send(RedisCommand("ACL WHOAMI"))
        }
        #expect(reply.text == "open")
    }

    @Test("needs no more than the rights that are written down")
    func leastRights() async throws {
        let server = try RedisServer()
        try server.command(
            ["ACL", "SETUSER", "sidegate", "on", ">secret"]
                + SecurityTests.rights.split(separator: " ").map(String.init)
        )
        var settings = ClientRunner.settings(server.port)
        settings.username = "sidegate"
        settings.password = "secret"
        let runner = try await ClientRunner(settings)
        let script = RedisScript("return redis.call('GET', KEYS[1])")
        try await runner.run { client, _ in
            let reply = try await client.run(script, keys: ["k"], arguments: [])
            #expect(reply.isNull)
            for command in [RedisCommand("KEYS", key: "*"), RedisCommand("GET", key: "other")] {
                guard case .failure(.server(let error)) = await outcome(of: client, command) else {
                    Issue.record("was allowed")
                    continue
                }
                #expect(error.code == "NOPERM")
            }
        }
        #expect(runner.events == [.state(.up)])
    }

    @Test("says which right is missing")
    func missingRight() async throws {
        let server = try RedisServer()
        try server.command(
            ["ACL", "SETUSER", "sidegate", "on", ">secret", "~*", "+@all", "-info", "-client"]
        )
        var settings = ClientRunner.settings(server.port)
        settings.username = "sidegate"
        settings.password = "secret"
        let runner = try await ClientRunner(settings)
        #expect(try await runner.wait { $0.state == .up })
        let wanted: [RedisFinding] = [.missingRight("CLIENT SETNAME"), .missingRight("INFO")]
        #expect(runner.events == [.state(.up)] + wanted.map { .finding($0) })
    }

    @Test("warns of a server that forgets")
    func findings() async throws {
        let server = try RedisServer(
            ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru", "--appendonly", "no"]
        )
        let runner = try await ClientRunner(ClientRunner.settings(server.port))
        #expect(try await runner.wait { $0.state == .up })
        let wanted: [RedisFinding] = [.evicts(policy: "allkeys-lru"), .keepsNothing]
        #expect(runner.events == [.state(.up)] + wanted.map { .finding($0) })
    }

    @Test("speaks TLS, shows its certificate and checks the server's")
    func tls() async throws {
        let files = try Certificates()
        let server = try RedisServer(files.serverOptions(port: RedisServer.freePort()))
        var settings = ClientRunner.settings(files.port)
        settings.tls = files.settings
        let runner = try await ClientRunner(settings)
        let long = String(repeating: "long ", count: 100_000)
        try await runner.run { client, _ in
            var command = RedisCommand("SET")
            command.append(key: "k")
            command.append(long)
            let stored = try await client.send(command)
            #expect(stored.isOK)
            let reply = try await client.send(get)
            #expect(reply.text == long)
        }
        _ = server
    }

    @Test("says what is wrong with TLS")
    func tlsRefused() async throws {
        let files = try Certificates()
        let server = try RedisServer(files.serverOptions(port: RedisServer.freePort()))
        var otherName = files.settings
        otherName.serverName = "other.example"
        var otherCA = files.settings
        otherCA.caFile = nil
        var noCertificate = files.settings
        noCertificate.certificateFile = nil
        var noFile = files.settings
        noFile.caFile = "/nowhere/ca.pem"
        let cases: [(RedisTLS?, String)] = [
            (otherName, "hostname mismatch"), (otherCA, "certificate"),
            (noCertificate, "certificate"), (noFile, "/nowhere/ca.pem"), (nil, "down"),
        ]
        for (tls, wanted) in cases {
            var settings = ClientRunner.settings(files.port)
            settings.tls = tls
            let runner = try await ClientRunner(settings)
            #expect(try await runner.wait { $0.isDown })
            let events = "\(runner.events)"
            #expect(events.contains(wanted), "\(events)")
        }
        var unchecked = files.settings
        unchecked.verifies = false
        var settings = ClientRunner.settings(files.port)
        settings.tls = unchecked
        let runner = try await ClientRunner(settings)
        #expect(try await runner.wait { $0.state == .up })
        _ = server
    }
}

/// A certificate authority, a server's certificate of it for 127.0.0.1 and a client's.
final class Certificates: Sendable {
    let directory: String
    let port: UInt16

    init() throws {
        directory = try RedisServer.makeDirectory()
        port = try RedisServer.freePort()
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        try "subjectAltName=IP:127.0.0.1,DNS:localhost\n".write(
            toFile: directory + "/san",
            atomically: true,
            encoding: .utf8
        )
        var script = "set -e; cd '\(directory)'\n"
        script += "openssl req -x509 \(key) -keyout ca.key -out ca.pem -days 2 -subj /CN=test-ca\n"
        for name in ["server", "client"] {
            script += "openssl req \(key) -keyout \(name).key -out \(name).csr -subj /CN=\(name)\n"
            script += "openssl x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -CAcreateserial"
            script += " -days 2 -extfile san -out \(name).pem\n"
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw RedisServer.Failure("no certificates") }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory)
    }

    var settings: RedisTLS {
        var settings = RedisTLS()
        settings.caFile = directory + "/ca.pem"
        settings.certificateFile = directory + "/client.pem"
        settings.keyFile = directory + "/client.key"
        return settings
    }

    /// For a server that wants a client's certificate.
    func serverOptions(port plain: UInt16) -> [String] {
        [
            "--port", "\(plain)", "--tls-port", "\(port)", "--tls-ca-cert-file",
            directory + "/ca.pem", "--tls-cert-file", directory + "/server.pem",
            "--tls-key-file", directory + "/server.key", "--tls-auth-clients", "yes",
        ]
    }
}
