import Foundation

/// A certificate authority made for the tests, a TLS server with a certificate of it, and nginx
/// where that is installed.
final class TLSFixture: Sendable {
    let directory: String
    let port: UInt16
    /// The port at ::1; nil where there is no IPv6.
    let portIPv6: UInt16?
    private let server: Process
    private let input = Pipe()

    var caFile: String { directory + "/ca.pem" }
    var certificate: String { directory + "/server.pem" }
    var key: String { directory + "/server.key" }

    init() throws {
        directory =
            FileManager.default.temporaryDirectory.path
            + "/sidegate-tls-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: true
        )
        try TLSFixture.makeCertificates(in: directory)
        server = Process()
        server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let script =
            URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
            + "/Fixtures/tls_server.py"
        server.arguments = [
            "python3", script, directory + "/server.pem", directory + "/server.key",
        ]
        let output = Pipe()
        server.standardOutput = output
        server.standardError = FileHandle.nullDevice
        // The server ends when this pipe does, however the tests end.
        server.standardInput = input
        try server.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let ports = line.split { $0.isWhitespace }.compactMap { UInt16($0) }
        guard ports.count == 2 else {
            throw FixtureError("the TLS server did not start: \(line)")
        }
        port = ports[0]
        portIPv6 = ports[1] == 0 ? nil : ports[1]
    }

    deinit {
        try? input.fileHandleForWriting.close()
        try? FileManager.default.removeItem(atPath: directory)
    }

    private static func makeCertificates(in directory: String) throws {
        let extensions = "subjectAltName=DNS:localhost,IP:127.0.0.1\n"
        try extensions.write(toFile: directory + "/san", atomically: true, encoding: .utf8)
        try run(
            "cd '\(directory)'"
                + " && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
                + " -keyout ca.key -out ca.pem -days 2 -subj /CN=test-ca"
                + " && openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
                + " -keyout server.key -out server.csr -subj /CN=localhost"
                + " && openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial"
                + " -days 2 -extfile san -out server.pem"
        )
    }

    static func run(_ command: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw FixtureError("failed: \(command)")
        }
    }
}

/// nginx with HTTP/2 over TLS, answering from files of a temporary directory.
final class NginxFixture: Sendable {
    let port: UInt16
    private let process: Process
    private let input = Pipe()

    static let program = ["/usr/sbin/nginx", "/usr/bin/nginx"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    init(_ tls: TLSFixture) throws {
        guard let program = NginxFixture.program else { throw FixtureError("no nginx") }
        port = UInt16.random(in: 20_000..<30_000)
        let directory = tls.directory
        try Data(repeating: 0x78, count: 4 << 20).write(
            to: URL(fileURLWithPath: directory + "/large")
        )
        let configuration = """
            daemon off; master_process off; pid \(directory)/nginx.pid;
            error_log \(directory)/nginx.log;
            events { worker_connections 64; }
            http {
              access_log off; client_max_body_size 16m;
              client_body_temp_path \(directory)/body; proxy_temp_path \(directory)/proxy;
              fastcgi_temp_path \(directory)/f; uwsgi_temp_path \(directory)/u;
              scgi_temp_path \(directory)/s;
              server {
                listen 127.0.0.1:\(port) ssl http2;
                ssl_certificate \(tls.certificate); ssl_certificate_key \(tls.key);
                location = /protocol { return 200 "$server_protocol $connection\\n"; }
                location = /large { root \(directory); }
                location / {
                  proxy_pass https://127.0.0.1:\(tls.port); proxy_buffering off;
                  proxy_http_version 1.1; proxy_request_buffering off;
                }
              }
            }
            """
        try configuration.write(
            toFile: directory + "/nginx.conf",
            atomically: true,
            encoding: .utf8
        )
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        let command = "\(program) -c '\(directory)/nginx.conf' -p '\(directory)'"
        // nginx ends when the pipe does, however the tests end.
        process.arguments = ["-c", command + " </dev/null & cat >/dev/null; kill -9 $!"]
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        for _ in 0..<100 where !FileManager.default.fileExists(atPath: directory + "/nginx.pid") {
            usleep(20_000)
        }
    }

    deinit {
        try? input.fileHandleForWriting.close()
    }
}

struct FixtureError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
