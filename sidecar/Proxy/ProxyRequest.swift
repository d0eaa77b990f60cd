internal import EventLoop
internal import HTTP
internal import OpenAI
internal import ProviderData
internal import Providers
internal import Telemetry
internal import Upstream

/// One request on its way through the phases, and what is known of it so far.
final class ProxyRequest {
    let connection: ServerConnection
    let table: WorkerTable
    let match: EndpointMatch
    let callID: String
    let startedAt: Instant
    let clientAddress: String
    let bytesInBefore: Int
    let bytesOutBefore: Int
    var caller = Caller.anonymous
    /// The name that the client gave.
    var model: String?
    /// Whether something serves it.
    var isModelKnown = false
    var isStream = false
    /// What the client asks of the gateway.
    var controls = RequestControls.none
    /// Which deployment answered, or was tried last.
    var deployment: ResolvedDeployment?
    var upstreamModel: String?
    var attempts = 0
    var fallbacks = 0
    var status = 0
    var errorClass: String?
    var failures: [FailedAttempt] = []
    var usage: TokenUsage?
    /// When the upstream was first asked, when its head came, when the first content passed.
    var sentAt: Instant?
    var answeredAt: Instant?
    var firstContentAt: Instant?
    var upstreamEndedAt: Instant?
    /// What the client's leaving, or the sidecar's end, has to cut.
    var exchange: (any UpstreamExchange)?
    var isClientGone = false
    /// The drain's grace period is over.
    var isCutByDrain = false

    var snapshot: TableSnapshot { table.snapshot }
    var endpoint: Endpoint { match.endpoint }
    var head: RequestHead { connection.head }

    init(
        connection: ServerConnection,
        table: WorkerTable,
        match: EndpointMatch,
        callID: String,
        startedAt: Instant,
        clientAddress: String
    ) {
        self.connection = connection
        self.table = table
        self.match = match
        self.callID = callID
        self.startedAt = startedAt
        self.clientAddress = clientAddress
        // The head of this request is counted already.
        bytesInBefore = connection.bytesIn - connection.head.fields.buffer.count
        bytesOutBefore = connection.bytesOut
    }

    /// How the deployment shows in metrics and logs.
    var labels: DeploymentLabels? {
        guard let deployment else { return nil }
        return DeploymentLabels(
            id: deployment.id,
            model: upstreamModel ?? deployment.upstreamModel,
            apiBase: deployment.shownBase,
            provider: deployment.provider?.prefix ?? "unknown"
        )
    }

    /// Nanoseconds that the upstream took so far, or took.
    var upstreamNS: UInt64? {
        guard let sentAt, deployment?.mockResponse == nil else { return nil }
        return (upstreamEndedAt ?? .now()).since(sentAt)
    }

    /// Nanoseconds since the request's head was complete.
    var elapsedNS: UInt64 { Instant.now().since(startedAt) }

    /// What of that was the gateway's own.
    var overheadNS: UInt64? {
        guard let upstreamNS else { return nil }
        let elapsed = elapsedNS
        return elapsed > upstreamNS ? elapsed - upstreamNS : 0
    }

    func noteFailedAttempt(status: Int, errorClass: String) {
        guard let labels else { return }
        failures.append(FailedAttempt(deployment: labels, status: status, errorClass: errorClass))
    }

    /// Puts an exchange under the client's eye: when the client leaves, it is cut at once.
    func watch(_ exchange: any UpstreamExchange) {
        self.exchange = exchange
        if connection.socket.peerHasClosed {
            isClientGone = true
            exchange.cancel()
            return
        }
        connection.socket.onPeerClosed = { [weak self] in
            self?.isClientGone = true
            self?.exchange?.cancel()
        }
    }

    func endWatch() {
        connection.socket.onPeerClosed = nil
        exchange = nil
    }

    /// Ends the exchange because the sidecar ends.
    func cut() {
        isCutByDrain = true
        exchange?.cancel()
    }
}

/// Why a request has no proper answer.
enum RequestFailure: Error {
    /// This is the answer.
    case answer(OpenAIError)
    /// The client's connection is of no more use.
    case connection(ServerConnectionError)
}
