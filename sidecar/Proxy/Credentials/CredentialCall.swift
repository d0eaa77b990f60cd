internal import AWS
internal import Cryptography
internal import EventLoop
internal import HTTP
internal import POSIX
internal import Upstream

/// One call for credentials: sends it, signed where it is to be, and takes in the answer.
final class CredentialCall {
    private let context: WorkerContext
    private let request: CredentialRequest
    private let origin: Origin
    private let signer: AWSCredential?
    private let timeoutMS: UInt64
    private let deadline: Instant
    let sentAt = Instant.now()

    /// An answer as it came.
    struct Answer {
        var status: Int
        var body: [UInt8]
        /// Its `date` in seconds since 1970, else what the clock here showed.
        var date: Int
        var hasDate: Bool
    }

    /// - Parameter signer: what to sign with; nil for a call that is not signed.
    init(
        _ request: CredentialRequest,
        signer: AWSCredential? = nil,
        timeoutMS: UInt64,
        _ context: WorkerContext
    ) {
        self.context = context
        self.request = request
        self.signer = signer
        let endpoint = request.endpoint
        let host =
            endpoint.host.hasPrefix("[")
            ? String(endpoint.host.dropFirst().dropLast()) : endpoint.host
        origin = Origin(
            isTLS: endpoint.isTLS,
            host: host,
            port: UInt16(clamping: endpoint.port)
        )
        deadline = sentAt.advanced(milliseconds: timeoutMS)
        self.timeoutMS = timeoutMS
    }

    func run() async throws(CredentialFailure) -> Answer {
        let exchange = transport.makeExchange()
        defer { exchange.cancel() }
        do {
            try await send(on: exchange)
            guard let body = try await read(exchange) else {
                throw CredentialFailure(.transient, "\(origin) answered too much")
            }
            let date = exchange.fields.string("date").flatMap { HTTPDate.seconds($0) }
            return Answer(
                status: exchange.status,
                body: body,
                date: date ?? context.wallSeconds,
                hasDate: date != nil
            )
        } catch let error as UpstreamError {
            throw CredentialFailure(.transient, "\(origin): \(error.plainReason)")
        } catch let error as CredentialFailure {
            throw error
        } catch {
            throw CredentialFailure(.transient, "\(origin): \(error)")
        }
    }

    /// What is on this machine or its link is never asked through a proxy.
    private var transport: any UpstreamTransport {
        if !origin.isTLS, LocalAddress.isLocal(origin.host) { return context.plain }
        return context.transport(origin)
    }

    private func send(on exchange: any UpstreamExchange) async throws(UpstreamError) {
        let lines = context.io.makeBuffer(1_024)
        defer { context.io.recycle(lines) }
        lines.append("accept-encoding: identity\r\n")
        lines.append(headers: signed())
        let body = request.body
        let method: HTTPMethod =
            switch request.method {
            case "POST": .post
            case "PUT": .put
            default: .get
            }
        try await exchange.send(
            UpstreamRequest(
                method: method,
                origin: origin,
                target: request.target,
                headerLines: lines,
                bodyCount: body.count
            ) { $0.append(keeping: body) },
            UpstreamDeadlines(connectMS: timeoutMS, head: deadline)
        )
    }

    private func signed() -> [(name: String, value: String)] {
        guard let signer, let scope = request.scope else { return request.headers }
        let host = request.endpoint.authority
        let headers = SigV4.authorize(
            SigningRequest(
                method: request.method,
                host: host,
                path: request.endpoint.pathPrefix + request.path,
                query: request.query,
                headers: request.headers,
                bodyDigest: SHA256.hash(request.body)
            ),
            date: SigningDate(secondsSince1970: context.signingSeconds(for: host)),
            scope: scope,
            credential: signer,
            keys: context.signingKeys
        )
        return request.headers + headers
    }

    /// - Returns: nil for more than may be read.
    private func read(_ exchange: any UpstreamExchange) async throws(UpstreamError) -> [UInt8]? {
        var body: [UInt8] = []
        while true {
            switch try exchange.read() {
            case .bytes(let bytes):
                guard body.count + bytes.count <= CredentialRequest.answerBytesMax else {
                    return nil
                }
                body += bytes.copy
            case .pending: try await exchange.wait(until: deadline)
            case .end: return body
            }
        }
    }
}

/// Addresses of this machine and of its link.
enum LocalAddress {
    /// `localhost`, loopback, and where metadata and credentials are handed out.
    static func isLocal(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        if host.hasPrefix("fe80:") || host == "fd00:ec2::23" || host == "fd00:ec2::254" {
            return true
        }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts.allSatisfy({ UInt8($0) != nil }) else { return false }
        return parts[0] == "127" || (parts[0] == "169" && parts[1] == "254")
    }
}
