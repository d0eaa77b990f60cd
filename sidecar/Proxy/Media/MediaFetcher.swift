internal import Bedrock
internal import EventLoop
internal import HTTP
internal import OpenAI
internal import ProviderData
internal import Routing
internal import Upstream

/// Fetches the images and files that a request names by URL, one after another, from the hosts that
/// the table allows (`sidegate.media_hosts`).
///
/// An app's user may choose the URLs, so they must not lead to what only the pod can reach: the
/// host must be listed, redirects are not followed, a name that resolves to private addresses must
/// be listed as one that does, and metadata services are never asked.
final class MediaFetcher {
    private let context: WorkerContext
    private let request: ProxyRequest
    private let budget: HeldBudget
    /// Data URLs by the URLs that they stand for.
    private(set) var contents: [String: String] = [:]

    init(context: WorkerContext, request: ProxyRequest) {
        self.context = context
        self.request = request
        budget = HeldBudget(context.io.budget)
    }

    private var limits: ProxyLimits { request.snapshot.limits }

    /// The most of one: the table's limit, and Bedrock's.
    private var bytesMax: Int { min(limits.mediaBytes, FetchedMedia.bytesMax) }

    /// Fetches what is there behind the URLs.
    /// - Returns: why not; nil when all of it is in `contents`.
    func fetch(_ mentions: RemoteMedia.Mentions) async throws(RequestFailure) -> FailedAnswer? {
        guard mentions.count <= FetchedMedia.countMax else {
            return MediaFetcher.refused("\(mentions.count) are more than \(FetchedMedia.countMax)")
        }
        for url in mentions.urls {
            switch try await content(url) {
            case .granted(let content): contents[url] = content
            case .refused(let failed): return failed
            }
            try request.checkIsWanted()
            if request.isOutOfTime { return FailedAnswer(.timeout, request.deadlineError) }
        }
        return nil
    }

    private func content(_ text: String) async throws(RequestFailure) -> Grant<String> {
        guard let url = UpstreamURL(text), let target = MediaFetcher.target(text) else {
            return .refused(MediaFetcher.refused("a URL among the messages is none"))
        }
        let origin = url.origin
        let host = request.snapshot.mediaHosts.first {
            $0.matches(isTLS: origin.isTLS, host: origin.host, port: origin.port)
        }
        guard let host else {
            return .refused(
                failure(origin, "is not among the hosts that may be asked; send a data URL")
            )
        }
        let deadline = min(
            request.headDeadline(context.loop.now),
            context.loop.now.advanced(milliseconds: limits.mediaMS)
        )
        do throws(UpstreamError) {
            var address: SocketAddress?
            if context.canPin(origin) {
                guard let found = try await self.address(origin, host, deadline) else {
                    return .refused(failure(origin, "leads to a private address"))
                }
                address = found
            }
            return try await get(origin, address, target, url.path, deadline)
        } catch {
            try request.checkIsWanted()
            let error = error.blamedRightly()
            guard error.kind != .noDescriptor else { return .refused(.withoutDescriptor) }
            return .refused(failure(origin, "cannot be fetched: \(MediaFetcher.reason(error))"))
        }
    }

    /// The first address that may be asked.
    private func address(
        _ origin: Origin,
        _ host: MediaHost,
        _ deadline: Instant
    ) async throws(UpstreamError) -> SocketAddress? {
        let addresses = try await context.shared.addresses.addresses(
            of: origin.host,
            port: origin.port,
            on: context.loop,
            until: deadline,
            willWait: { self.request.watch($0) }
        )
        return addresses.first { MediaFetcher.isAllowed($0, host) }
    }

    /// Whether an address of a listed host may be asked: a private one, or one of this machine,
    /// only where the list says so in as many words.
    static func isAllowed(_ address: SocketAddress, _ host: MediaHost) -> Bool {
        switch address.reach {
        case .world: true
        case .metadata: false
        case .network, .machine:
            host.mayBePrivate || host.name == "localhost" && address.isLoopback
                || SocketAddress(host: host.name, port: host.port) == address
        }
    }

    private func get(
        _ origin: Origin,
        _ address: SocketAddress?,
        _ target: String,
        _ path: String,
        _ deadline: Instant
    ) async throws(UpstreamError) -> Grant<String> {
        let exchange = context.transport(origin).makeExchange()
        request.watch(exchange)
        defer { exchange.cancel() }
        let lines = context.io.makeBuffer(128)
        defer { context.io.recycle(lines) }
        lines.append("accept-encoding: identity\r\naccept: */*\r\nuser-agent: sidegate\r\n")
        try await exchange.send(
            UpstreamRequest(
                method: .get,
                origin: origin,
                address: address,
                target: target,
                headerLines: lines,
                bodyCount: 0
            ) { _ in },
            UpstreamDeadlines(
                connectMS: limits.connectMS,
                head: deadline
            )
        )
        guard exchange.status == 200 else {
            let isRedirect = (300..<400).contains(exchange.status)
            return .refused(
                failure(
                    origin,
                    "answered \(exchange.status)"
                        + (isRedirect ? ", and redirects are not followed" : "")
                )
            )
        }
        guard let bytes = try await body(exchange, deadline) else {
            return .refused(
                failure(origin, "answered more than \(bytesMax) bytes, or than fit")
            )
        }
        let media = FetchedMedia(
            bytes: bytes,
            contentType: exchange.fields.string("content-type"),
            path: path
        )
        guard let content = media.dataURL else {
            return .refused(
                failure(origin, "answered neither an image nor a document that Bedrock takes")
            )
        }
        guard !media.isImage || bytes.count <= FetchedMedia.imageBytesMax else {
            let most = FetchedMedia.imageBytesMax
            return .refused(failure(origin, "answered an image of more than \(most) bytes"))
        }
        return .granted(content)
    }

    /// Nil for more than may be held.
    private func body(
        _ exchange: any UpstreamExchange,
        _ deadline: Instant
    ) async throws(UpstreamError) -> [UInt8]? {
        if exchange.contentLength ?? 0 > bytesMax { return nil }
        var bytes: [UInt8] = []
        while true {
            switch try exchange.read() {
            case .bytes(let piece):
                guard bytes.count + piece.count <= bytesMax,
                    budget.take(piece.count * 2)
                else { return nil }
                bytes += piece.copy
            case .end: return bytes
            case .pending: try await exchange.wait(until: deadline)
            }
        }
    }

    // MARK: - Words

    /// The path and the query as they stand in a URL, without the fragment.
    static func target(_ url: String) -> String? {
        guard let scheme = url.firstRange(of: "://") else { return nil }
        let rest = url[scheme.upperBound...].prefix { $0 != "#" }
        let start = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let target = rest[start...]
        return target.hasPrefix("/") ? String(target) : "/" + target
    }

    /// Names the host only: what stands behind it may hold a signature.
    private func failure(_ origin: Origin, _ what: String) -> FailedAnswer {
        MediaFetcher.refused("\(origin.host) \(what)")
    }

    private static func refused(_ what: String) -> FailedAnswer {
        FailedAnswer(
            .badRequest,
            OpenAIError(
                status: 400,
                param: "messages",
                message: "An image or file of the messages: \(what)",
                errorClass: .badRequest
            )
        )
    }

    private static func reason(_ error: UpstreamError) -> String {
        switch error.kind {
        case .resolve: "its name has no address"
        case .connect: "no connection"
        case .tls: "its certificate is not trusted, or TLS failed"
        case .connectTimeout, .firstByteTimeout, .idleTimeout, .totalTimeout: "no answer in time"
        case .closedBeforeHead, .closedInBody: "the connection broke"
        case .malformed: "its answer is not HTTP"
        case .cancelled: "cancelled"
        case .noDescriptor: "no descriptor is left to connect with"
        }
    }
}
