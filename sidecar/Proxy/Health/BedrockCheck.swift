internal import AWS
internal import Bedrock
internal import EventLoop
internal import HTTP
internal import OpenAI
internal import Providers
internal import Upstream

/// One health check of a deployment on Bedrock: a call such as a client's would become, signed with
/// the same credentials.
final class BedrockCheck {
    private let context: WorkerContext
    private let probe: BedrockProbe
    private let settings: BedrockSettings
    private let address: SocketAddress?
    private let deadline: Instant

    init(
        context: WorkerContext,
        probe: BedrockProbe,
        settings: BedrockSettings,
        address: SocketAddress?,
        deadline: Instant
    ) {
        self.context = context
        self.probe = probe
        self.settings = settings
        self.address = address
        self.deadline = deadline
    }

    /// Asks; once more where the clock was the only thing that was wrong.
    func run() async throws(UpstreamError) -> HealthFinding {
        var issued: IssuedCredential?
        if case .source(let source) = settings.identity {
            switch await credential(source) {
            case .use(let credential): issued = credential
            case .failed(let failure): return .trouble(source.problem(failure))
            case .wait: return .trouble("its credentials did not come in time")
            }
        }
        let first = try await ask(issued)
        if !first.isSkew { return first.finding }
        return try await ask(issued).finding
    }

    private func credential(_ source: CredentialSource) async -> CredentialLife.Answer {
        let entry = context.shared.credentials.entry(source)
        let answer = entry.answer(at: .now(), patience: deadline)
        guard case .wait = answer else { return answer }
        return await CredentialWait(entry, patience: deadline, context.loop).run()
    }

    private struct Outcome {
        let finding: HealthFinding
        /// The clock was wrong, and is right now.
        var isSkew = false
    }

    private func ask(_ issued: IssuedCredential?) async throws(UpstreamError) -> Outcome {
        let exchange = context.transport(settings.base.origin).makeExchange()
        defer { exchange.cancel() }
        let lines = context.io.makeBuffer(1_024)
        defer { context.io.recycle(lines) }
        context.write(
            accepting: "application/json",
            probe.path,
            probe.body,
            for: settings,
            issued: issued,
            to: lines
        )
        let body = probe.body
        try await exchange.send(
            UpstreamRequest(
                method: .post,
                origin: settings.base.origin,
                address: address,
                target: probe.path,
                headerLines: lines,
                bodyCount: body.count
            ) { $0.append(keeping: body) },
            UpstreamDeadlines(
                connectMS: context.currentTable.snapshot.limits.connectMS,
                head: deadline
            )
        )
        let answer = try await read(exchange)
        return outcome(exchange, answer)
    }

    /// Errors are short; of an answer that is good the rest does not matter.
    private static let answerBytesMax = 65_536

    private func read(_ exchange: any UpstreamExchange) async throws(UpstreamError) -> [UInt8] {
        var answer: [UInt8] = []
        while answer.count < Self.answerBytesMax {
            switch try exchange.read() {
            case .bytes(let bytes): answer += bytes.copy
            case .pending: try await exchange.wait(until: deadline)
            case .end: return answer
            }
        }
        return answer
    }

    /// AWS's name for an error decides, since its statuses are not always what they seem.
    private func outcome(_ exchange: any UpstreamExchange, _ answer: [UInt8]) -> Outcome {
        if exchange.status == 200 {
            return Outcome(finding: HealthFinding(.healthy, isUpstreams: true))
        }
        let failure = BedrockFailure(
            status: exchange.status,
            errorType: exchange.fields.string("x-amzn-errortype"),
            body: unsafe answer.span.bytes,
            scanner: context.scanner
        )
        if ClockSkew.isSkew(code: failure.name, message: failure.error.message),
            let seconds = exchange.fields.string("date").flatMap({ HTTPDate.seconds($0) })
        {
            context.correctClock(of: settings.base.origin.authority, serverSeconds: seconds)
            return Outcome(finding: .trouble(reason(failure)), isSkew: true)
        }
        let status = failure.error.status
        var verdict = HealthProbe.Verdict(status: status, isPaid: true)
        if case .unhealthy = verdict { verdict = .unhealthy(reason(failure)) }
        return Outcome(finding: HealthFinding(verdict, status: status))
    }

    private func reason(_ failure: BedrockFailure) -> String {
        let name = failure.name.isEmpty ? "" : ", " + failure.name
        return "the health check was answered \(failure.error.status)\(name)"
    }
}
