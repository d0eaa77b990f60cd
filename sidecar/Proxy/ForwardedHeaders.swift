internal import EventLoop
internal import HTTP
internal import Providers

/// The header lines of a request to an upstream: what the deployment adds, and the few of the
/// client's that are the upstream's business. Nothing else passes: no cookie, no key, nothing by
/// which a client could steer.
struct ForwardedHeaders {
    private let request: ProxyRequest
    private let deployment: ResolvedDeployment
    private let fields: HeaderBlock

    init(request: ProxyRequest, deployment: ResolvedDeployment) {
        self.request = request
        self.deployment = deployment
        fields = request.head.fields
    }

    func write(to lines: ByteBuffer, isMultipart: Bool) {
        lines.removeAll()
        lines.append(deployment.headerLines)
        lines.append("accept-encoding: identity\r\n")
        var hasType = false
        let hasConnection = fields.first("connection") != nil
        for field in fields.fields where passes(field) {
            if hasConnection, isForThisHop(field) { continue }
            if fields.isNamed(field, "content-type") { hasType = true }
            if isSetByDeployment(field) { continue }
            fields.appendLine(of: field, to: lines)
        }
        // vLLM and others want it; a client that leaves it out means JSON.
        if !hasType, !isMultipart, !deployment.setsHeader(Array("content-type".utf8)) {
            lines.append("content-type: application/json\r\n")
        }
    }

    /// Whether a client's header goes to upstreams that may answer otherwise for it.
    static func mayChangeAnswer(_ field: HeaderBlock.Field, of request: ProxyRequest) -> Bool {
        passesByPrefix(field, request) && !request.head.fields.isNamed(field, "x-request-id")
    }

    /// Adds the client's lines by which a call is found again, behind those that are there.
    func writeTrace(to lines: ByteBuffer) {
        for field in fields.fields {
            let isTrace =
                switch field.nameCount {
                case 10: fields.isNamed(field, "tracestate")
                case 11: fields.isNamed(field, "traceparent")
                case 12: fields.isNamed(field, "x-request-id")
                default: false
                }
            if isTrace, !isSetByDeployment(field), !isForThisHop(field) {
                fields.appendLine(of: field, to: lines)
            }
        }
    }

    /// Whether the client's `Connection` names the field (RFC 9110 §7.6.1): then it was meant for
    /// us alone.
    private func isForThisHop(_ field: HeaderBlock.Field) -> Bool {
        fields.lists("connection", nameOf: field)
    }

    private func passes(_ field: HeaderBlock.Field) -> Bool {
        switch field.nameCount {
        case 6: if fields.isNamed(field, "accept") { return true }
        case 10: if fields.isNamed(field, "tracestate") { return true }
        case 11: if fields.isNamed(field, "traceparent") { return true }
        case 12:
            if fields.isNamed(field, "content-type") || fields.isNamed(field, "x-request-id") {
                return true
            }
        default: break
        }
        return Self.passesByPrefix(field, request)
    }

    private static func passesByPrefix(
        _ field: HeaderBlock.Field,
        _ request: ProxyRequest
    ) -> Bool {
        let fields = request.head.fields
        if fields.hasPrefix(field, "anthropic-") { return true }
        if fields.hasPrefix(field, "openai-") {
            let names =
                fields.isNamed(field, "openai-organization")
                || fields.isNamed(field, "openai-project")
            return !names || request.snapshot.forwardsOrganization
        }
        guard request.snapshot.forwardsClientHeaders, fields.hasPrefix(field, "x-") else {
            return false
        }
        return !fields.hasPrefix(field, "x-litellm-") && !fields.hasPrefix(field, "x-sidegate-")
            && !fields.isNamed(field, "x-api-key") && !fields.hasPrefix(field, "x-goog-")
    }

    /// What the table says wins over the client.
    private func isSetByDeployment(_ field: HeaderBlock.Field) -> Bool {
        guard deployment.setsHeader(ofLength: Int(field.nameCount)) else { return false }
        return deployment.setsHeader(fields.nameBytes(of: field))
    }
}

/// A value of the request's query.
enum QueryValue {
    static func find(_ name: String, in head: RequestHead) -> String? {
        guard head.hasQuery else { return nil }
        let text = head.queryText
        for pair in text.split(separator: "&") {
            guard let equals = pair.firstIndex(of: "="), pair[..<equals] == name else { continue }
            return String(pair[pair.index(after: equals)...])
        }
        return nil
    }
}
