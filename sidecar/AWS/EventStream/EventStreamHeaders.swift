/// What a header of a message holds.
package enum EventStreamValue: Hashable, Sendable {
    case bool(Bool)
    case int8(Int8)
    case int16(Int16)
    case int32(Int32)
    case int64(Int64)
    case bytes([UInt8])
    case string(String)
    /// Milliseconds since 1970.
    case timestamp(Int64)
    /// 16 bytes.
    case uuid([UInt8])
}

/// The headers of one message, each of another name.
package struct EventStreamHeaders: Hashable, Sendable {
    /// One header.
    package struct Header: Hashable, Sendable {
        package let name: String
        package let value: EventStreamValue
    }

    /// In the message's order.
    package let list: [Header]

    /// The value of a header; nil when there is none of that name.
    package subscript(name: String) -> EventStreamValue? {
        list.first { $0.name == name }?.value
    }

    /// The value of a header that is a text.
    package func text(_ name: String) -> String? {
        guard case .string(let text) = self[name] else { return nil }
        return text
    }

    /// `application/json` for most messages.
    package var contentType: String? { text(":content-type") }

    /// What the message is.
    package var kind: EventStreamKind {
        switch text(":message-type") {
        case "event": .event(type: text(":event-type") ?? "")
        case "exception": .exception(type: text(":exception-type") ?? "")
        case "error":
            .error(code: text(":error-code") ?? "", message: text(":error-message") ?? "")
        default: .unknown
        }
    }
}

/// What a message is, by its `:message-type`.
package enum EventStreamKind: Hashable, Sendable {
    /// Part of the answer: `messageStart`. The payload is the event without its name around it.
    case event(type: String)
    /// A failure that the service's model names, which ends the stream: `throttlingException`. The
    /// payload is an object with a `message`.
    case exception(type: String)
    /// Any other failure, which ends the stream; it has no payload.
    case error(code: String, message: String)
    /// None of these; to be passed over.
    case unknown
}
