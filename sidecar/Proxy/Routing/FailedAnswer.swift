internal import EventLoop
internal import HTTP
internal import OpenAI
internal import Providers
internal import Routing
internal import Upstream

/// An attempt or a group that failed before anything went to the client: what routing makes of it,
/// and what the client gets if nothing better comes. A class for the same reason as
/// `RequestFailure` is indirect.
final class FailedAnswer {
    let failure: AttemptFailure
    let answer: Answer
    /// The deployment cannot serve this very request, so that nothing was tried.
    let isTargetless: Bool
    /// It was the process that had no room, so that no other candidate would do better, and none
    /// is to blame.
    let endsGroup: Bool
    /// What the provider calls the request, where the answer is a translated one.
    var providerRequestID: String?

    enum Answer {
        /// One of this gateway's own.
        case own(OpenAIError)
        /// What the upstream said.
        case upstream(HeldAnswer)
    }

    init(
        _ failure: AttemptFailure,
        _ answer: Answer,
        isTargetless: Bool = false,
        endsGroup: Bool = false
    ) {
        self.failure = failure
        self.answer = answer
        self.isTargetless = isTargetless
        self.endsGroup = endsGroup
    }

    /// An answer of this gateway's own.
    convenience init(_ kind: FailureKind, _ error: OpenAIError) {
        self.init(AttemptFailure(kind, status: error.status), .own(error))
    }

    /// A failure without an answer.
    /// - Throws: when nobody waits for one, or may.
    convenience init(
        _ error: UpstreamError,
        _ request: ProxyRequest,
        _ context: WorkerContext
    ) throws(RequestFailure) {
        context.note(error, request)
        if request.isCutByDrain { throw .answer(.draining) }
        if error.kind == .cancelled { throw .connection(.gone) }
        let answer = OpenAIError(error, request: request)
        let failure = AttemptFailure(
            FailureKind(error),
            status: answer.status,
            sentNothing: error.sentNothing
        )
        self.init(failure, .own(answer), endsGroup: error.kind == .noDescriptor)
    }

    /// The process can open no connection to anybody.
    static var withoutDescriptor: FailedAnswer {
        let error = OpenAIError.descriptorsExhausted
        return FailedAnswer(
            AttemptFailure(.serviceUnavailable, status: error.status, sentNothing: true),
            .own(error),
            endsGroup: true
        )
    }

    /// A deployment that cannot serve this very request: nothing was tried.
    static func targetless(_ error: OpenAIError) -> FailedAnswer {
        FailedAnswer(
            AttemptFailure(FailureKind(status: error.status), status: error.status),
            .own(error),
            isTargetless: true
        )
    }

    /// All places of the process are taken.
    static func processIsFull(_ error: OpenAIError) -> FailedAnswer {
        FailedAnswer(
            AttemptFailure(.rateLimited, status: error.status),
            .own(error),
            endsGroup: true
        )
    }

    /// LiteLLM's exception class, for metrics and the log.
    var errorClass: OpenAIError.Class {
        switch answer {
        case .own(let error): error.errorClass
        case .upstream(let held): held.errorClass
        }
    }
}

/// What was asked for, or the answer that says why not.
enum Grant<Value> {
    case granted(Value)
    case refused(FailedAnswer)
}

/// An upstream's error answer that is kept until it is known whether it is the client's: its head
/// in the exchange, its body here.
final class HeldAnswer {
    let exchange: any UpstreamExchange
    let body: HeldBody
    let errorClass: OpenAIError.Class
    /// Who answered, for the head.
    let deployment: ResolvedDeployment
    let upstreamModel: String?
    let endpoint: String

    init(
        _ exchange: any UpstreamExchange,
        body: HeldBody,
        errorClass: OpenAIError.Class,
        request: ProxyRequest,
        deployment: ResolvedDeployment
    ) {
        self.exchange = exchange
        self.body = body
        self.errorClass = errorClass
        self.deployment = deployment
        upstreamModel = request.upstreamModel
        endpoint = request.endpointLabel
    }
}

/// A whole body of an answer, charged to the process' budget while it is held.
final class HeldBody {
    let buffer: ByteBuffer
    private var isGivenUp = false
    private let budget: HeldBudget
    private let io: IOContext

    init(_ buffer: ByteBuffer, _ budget: HeldBudget, _ io: IOContext) {
        self.buffer = buffer
        self.budget = budget
        self.io = io
    }

    deinit {
        if !isGivenUp { io.recycle(buffer) }
    }

    /// The buffer, which is the caller's from now on.
    func giveUp() -> ByteBuffer {
        isGivenUp = true
        return buffer
    }
}

extension FailureKind {
    /// The kind of an upstream's error answer, by its status and what its body says.
    init(status: Int, errorClass: OpenAIError.Class, body: RawSpan) {
        switch errorClass {
        case .contextWindowExceeded: self = .contextWindow
        case .contentPolicyViolation: self = .contentPolicy
        default:
            self.init(status: status)
            if self == .pathNotFound, OpenAIError.isModelNotFound(body) { self = .modelNotFound }
        }
    }

    /// The kind of a failure without an answer.
    init(_ error: UpstreamError) {
        switch error.kind {
        case .connectTimeout, .firstByteTimeout, .idleTimeout, .totalTimeout: self = .timeout
        case .malformed: self = .badGateway
        case .noDescriptor: self = .serviceUnavailable
        default: self = .connection
        }
    }

    /// The kind of an error of this gateway's own that came up while an answer was read.
    init(_ error: OpenAIError) {
        switch error.errorClass {
        case .timeout: self = .timeout
        case .badGateway: self = .badGateway
        case .contextWindowExceeded: self = .contextWindow
        case .notImplemented: self = .notImplemented
        case .serviceUnavailable: self = .serviceUnavailable
        default: self = .connection
        }
    }
}
