internal import JSON

/// Writes the access log, one JSON object a line, into a buffer that the caller flushes. No prompt,
/// no answer, no secret: paths lose their query, keys are the beginning of their digest.
package struct AccessLog {
    /// The most bytes of a path, model name or call identifier that are written.
    package static let textBytesMax = 512
    /// How much of a key's digest is written.
    private static let keyDigits = 12

    /// How many failed attempts of a request are written.
    private static let attemptsMax = 32

    private var writer = JSONWriter()
    private var timestamp = Timestamp()

    package init() {}

    /// The lines that were not taken yet.
    package var bytes: [UInt8] { writer.bytes }

    /// How many bytes these are.
    package var count: Int { writer.bytes.count }

    /// Forgets the lines, and keeps the memory.
    package mutating func removeAll() {
        writer.removeAll()
    }

    /// Adds a line.
    package mutating func append(_ record: RequestRecord) {
        writer.beginObject()
        writer.key("time")
        timestamp.write(record.startedAt, to: &writer)
        text("method", record.method)
        text("route", record.route)
        text("path", Self.withoutQuery(record.path))
        writer.key("status")
        writer.integer(record.status)
        writer.key("duration_ms")
        milliseconds(record.duration)
        appendUpstream(record)
        appendTokens(record)
        appendClient(record)
        writer.endObject()
        writer.endLine()
    }

    private mutating func appendUpstream(_ record: RequestRecord) {
        if let taken = record.upstreamDuration {
            writer.key("upstream_ms")
            milliseconds(taken)
        }
        if let first = record.timeToFirstToken {
            writer.key("ttft_ms")
            milliseconds(first)
        }
        text("model", record.requestedModel)
        text("upstream_model", record.deployment?.model)
        text("deployment", record.deployment?.id)
        text("endpoint", record.endpoint)
        text("provider", record.deployment?.provider)
        text("error_class", record.errorClass)
        writer.key("stream")
        writer.bool(record.isStream)
        if record.retries > 0 {
            writer.key("retries")
            writer.integer(record.retries)
        }
        if record.fallbacks > 0 {
            writer.key("fallbacks")
            writer.integer(record.fallbacks)
        }
        text("cache", record.cache?.word)
        if record.queued > 0 {
            writer.key("queue_ms")
            milliseconds(record.queued)
        }
        appendAttempts(record)
    }

    /// What the attempts came to that failed; the one that was answered shows in the rest of the
    /// line.
    private mutating func appendAttempts(_ record: RequestRecord) {
        guard !record.failures.isEmpty else { return }
        writer.key("attempts")
        writer.beginArray()
        for failure in record.failures.prefix(Self.attemptsMax) {
            writer.beginObject()
            text("deployment", failure.deployment.id)
            text("endpoint", failure.endpoint)
            writer.key("status")
            writer.integer(failure.status)
            text("error_class", failure.errorClass)
            writer.endObject()
        }
        writer.endArray()
    }

    private mutating func appendTokens(_ record: RequestRecord) {
        writer.key("bytes_in")
        writer.integer(record.bytesIn)
        writer.key("bytes_out")
        writer.integer(record.bytesOut)
        guard record.promptTokens > 0 || record.completionTokens > 0 else { return }
        writer.key("prompt_tokens")
        writer.integer(record.promptTokens)
        writer.key("completion_tokens")
        writer.integer(record.completionTokens)
        writer.key("cached_tokens")
        writer.integer(record.cachedTokens)
    }

    private mutating func appendClient(_ record: RequestRecord) {
        text("key_alias", record.key?.alias)
        text("key_hash", record.key.map { Self.abbreviated($0.hash) })
        text("call_id", record.callID.isEmpty ? nil : record.callID)
        text("client", record.clientAddress.isEmpty ? nil : record.clientAddress)
    }

    private static func withoutQuery(_ path: String) -> String {
        let bytes = path.utf8Span.span
        for place in bytes.indices where bytes[place] == UInt8(ascii: "?") {
            return String(decoding: path.utf8.prefix(place), as: UTF8.self)
        }
        return path
    }

    /// The beginning of a digest, which has 64 digits; what is shorter is a name, such as the
    /// master key's.
    private static func abbreviated(_ hash: String) -> String {
        hash.utf8.count < 64 ? hash : String(hash.utf8.prefix(keyDigits)) ?? ""
    }

    /// Nothing for nil; cut to what a line may hold.
    private mutating func text(_ key: StaticString, _ value: String?) {
        guard let value else { return }
        writer.key(key)
        if value.utf8.count <= Self.textBytesMax {
            writer.string(value)
        } else {
            writer.string(String(decoding: value.utf8.prefix(Self.textBytesMax), as: UTF8.self))
        }
    }

    private mutating func milliseconds(_ nanoseconds: UInt64) {
        writer.thousandths(nanoseconds / 1000)
    }
}
