internal import AWS
internal import Bedrock
internal import Cryptography
internal import EventLoop
internal import HTTP
internal import OpenAI
internal import Providers
internal import Routing
internal import Telemetry
internal import Upstream

/// What one attempt's calls are signed with, and what may be done once for a call that AWS refused:
/// other credentials, another time.
final class BedrockSigner {
    private let context: WorkerContext
    private let request: ProxyRequest
    private let settings: BedrockSettings
    /// Taken as a whole for each signing, where it is fetched.
    private var issued: IssuedCredential?
    private var mayRefresh = true
    private var mayCorrectClock = true
    /// What AWS did not accept, and what the client gets if there is nothing else.
    private var refused: (credential: IssuedCredential, answer: FailedAnswer)?

    /// How long a request waits for credentials at most.
    private static let patienceMS: UInt64 = 5_000

    init(context: WorkerContext, request: ProxyRequest, settings: BedrockSettings) {
        self.context = context
        self.request = request
        self.settings = settings
    }

    /// Another call begins.
    func begin() {
        mayRefresh = true
        mayCorrectClock = true
        refused = nil
    }

    // MARK: - Credentials

    private enum Readiness {
        case ready
        case failed(FailedAnswer)
        case waits(CredentialWait)
    }

    /// Has credentials to sign with; waits for them only where there are none that are good.
    /// - Returns: why there are none.
    func prepare() async throws(RequestFailure) -> FailedAnswer? {
        switch readiness() {
        case .ready: return nil
        case .failed(let failed): return failed
        case .waits(let wait): return try await finish(wait)
        }
    }

    private func readiness() -> Readiness {
        guard case .source(let source) = settings.identity else { return .ready }
        let now = Instant.now()
        let patience = min(now.advanced(milliseconds: Self.patienceMS), request.headDeadline(now))
        let entry = context.shared.credentials.entry(source)
        switch entry.answer(at: now, patience: patience) {
        case .use(let credential): return take(credential).map { .failed($0) } ?? .ready
        case .failed: return .failed(.withoutCredentials)
        case .wait:
            context.telemetry.shard.countCredentialWait()
            return .waits(CredentialWait(entry, patience: patience, context.loop))
        }
    }

    private func finish(_ wait: CredentialWait) async throws(RequestFailure) -> FailedAnswer? {
        request.watch(wait.waiter)
        let answer = await wait.run()
        request.endWatch()
        try request.checkIsWanted()
        switch answer {
        case .use(let credential): return take(credential)
        case .failed: return .withoutCredentials
        case .wait:
            if request.isOutOfTime { return FailedAnswer(.timeout, request.deadlineError) }
            return .withoutCredentials
        }
    }

    /// - Returns: the refusal, where these are the credentials again that were refused.
    private func take(_ credential: IssuedCredential) -> FailedAnswer? {
        if let refused, refused.credential.value == credential.value { return refused.answer }
        issued = credential
        return nil
    }

    // MARK: - Signing

    /// Writes the header lines of a call, with what says who asks.
    func write(accepting accepts: String, path: String, _ body: [UInt8], to lines: ByteBuffer) {
        context.write(accepting: accepts, path, body, for: settings, issued: issued, to: lines)
    }

    private var host: String { settings.base.origin.authority }

    // MARK: - Refusals

    /// What AWS calls a credential that is not good any more.
    private static let refusals: Set<String> = [
        "ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException",
        "InvalidClientTokenId", "InvalidAccessKeyId",
    ]

    /// Sees to it that the same call may be accepted if it is signed anew.
    /// - Returns: whether it is to be sent again; once for each cause.
    func mends(_ failure: BedrockFailure, _ failed: FailedAnswer, date: String?) -> Bool {
        if case .bearer = settings.identity { return false }
        if ClockSkew.isSkew(code: failure.name, message: failure.error.message) {
            guard mayCorrectClock, let seconds = date.flatMap({ HTTPDate.seconds($0) }) else {
                return false
            }
            mayCorrectClock = false
            context.correctClock(of: host, serverSeconds: seconds)
            return true
        }
        guard mayRefresh, Self.refusals.contains(failure.name), let issued,
            case .source(let source) = settings.identity
        else { return false }
        mayRefresh = false
        refused = (issued, failed)
        let store = context.shared.credentials
        if store.entry(source).drop(issued, at: .now()) { store.wakeRefresher() }
        return true
    }
}

extension WorkerContext {
    /// Writes the header lines of a call to Bedrock, with what says who asks: a token, or a
    /// signature over exactly what is sent.
    ///
    /// - Parameters:
    ///   - accepts: the type of the answer.
    ///   - issued: what to sign with where the deployment's credentials are fetched.
    func write(
        accepting accepts: String,
        _ path: String,
        _ body: [UInt8],
        for settings: BedrockSettings,
        issued: IssuedCredential?,
        to lines: ByteBuffer
    ) {
        lines.append("accept-encoding: identity\r\n")
        let credential: AWSCredential
        switch settings.identity {
        case .bearer(let token):
            lines.append(headers: settings.headers(accepting: accepts))
            lines.append(headers: [(name: "authorization", value: "Bearer " + token)])
            return
        case .keys(let keys): credential = keys
        case .source:
            guard let issued else { return }
            credential = issued.value
        }
        let template = settings.template(accepting: accepts, credential)
        let signature = template.sign(
            path: path,
            bodyDigest: SHA256.hash(body),
            secondsSince1970: signingSeconds(for: settings.base.origin.authority),
            keys: signingKeys
        )
        lines.append(template.lines)
        lines.append("x-amz-date: ")
        lines.append(signature.date)
        lines.append("\r\nauthorization: ")
        lines.append(signature.authorization)
        lines.append("\r\n")
    }
}
