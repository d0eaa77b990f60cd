internal import HTTP
internal import ProviderData
internal import Providers
internal import Telemetry

/// The head of an answer: the upstream's end-to-end fields, then ours (LiteLLM §4.1).
struct AnswerHead {
    let request: ProxyRequest

    func writeUpstream(_ fields: HeaderBlock, to writer: ResponseHeadWriter) {
        // An upstream that is such a gateway itself has limits by the same names.
        let hasLimits = request.limitTicket != nil
        let hasConnection = fields.first("connection") != nil
        for field in fields.fields where !isDropped(field, fields) {
            if hasConnection, fields.lists("connection", nameOf: field) { continue }
            if hasLimits, LimitHeaders.areOurs(field, fields) { continue }
            writer.field(field, of: fields)
        }
    }

    func writeOwn(to writer: ResponseHeadWriter) {
        writer.field("x-litellm-call-id", request.callID)
        // A name that nothing serves is any text of the client's.
        if let model = request.fallbackName ?? request.model, request.isModelKnown {
            writer.field("x-litellm-model-group", model)
        }
        if let caching = request.caching {
            writer.field("x-sidegate-cache", caching.result.word)
        }
        if let deployment = request.deployment {
            let face = request.table.face(of: deployment, model: request.upstreamModel)
            writer.line(face.answerLines)
            writer.field("x-litellm-attempted-retries", request.retries)
            writer.field("x-litellm-attempted-fallbacks", request.fallbacks)
            if !request.endpointLabel.isEmpty {
                writer.field("x-sidegate-endpoint", request.endpointLabel)
            }
            if let id = request.providerRequestID { writer.field("x-amzn-requestid", id) }
        } else {
            writer.field("x-litellm-version", BuildInfo.version)
        }
        if let ticket = request.limitTicket {
            LimitHeaders(buffer: writer.buffer).write(ticket.receipt)
        }
    }

    /// What every answer of a deployment says about it.
    static func lines(of deployment: ResolvedDeployment, model: String?) -> [UInt8] {
        var lines = HeaderLines()
        lines.set("x-litellm-model-id", deployment.id)
        if !deployment.shownBase.isEmpty {
            lines.set("x-litellm-model-api-base", deployment.shownBase)
        }
        if let model, let provider = deployment.provider {
            lines.set("x-litellm-model-name", provider.prefix + "/" + model)
        }
        lines.set("x-litellm-version", BuildInfo.version)
        return lines.bytes
    }

    /// How long it took so far, and how much of that was ours.
    func writeDurations(to writer: ResponseHeadWriter) {
        writer.field("x-litellm-response-duration-ms", milliseconds: request.elapsedNS)
        if let overhead = request.overheadNS {
            writer.field("x-litellm-overhead-duration-ms", milliseconds: overhead)
        }
    }

    /// Hop-by-hop fields that are named so (RFC 9110 §7.6.1), the framing, which is ours, and
    /// fields that only this gateway may set.
    private func isDropped(_ field: HeaderBlock.Field, _ fields: HeaderBlock) -> Bool {
        switch field.nameCount {
        case 2: if fields.isNamed(field, "te") { return true }
        case 7:
            if fields.isNamed(field, "trailer") || fields.isNamed(field, "upgrade") { return true }
        case 10:
            if fields.isNamed(field, "connection") || fields.isNamed(field, "keep-alive") {
                return true
            }
        case 14: if fields.isNamed(field, "content-length") { return true }
        case 16: if fields.isNamed(field, "proxy-connection") { return true }
        case 17: if fields.isNamed(field, "transfer-encoding") { return true }
        case 18: if fields.isNamed(field, "proxy-authenticate") { return true }
        default: break
        }
        return fields.hasPrefix(field, "x-litellm-") || fields.hasPrefix(field, "x-sidegate-")
    }
}
