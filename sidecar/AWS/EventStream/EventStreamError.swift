/// What makes a body no event stream. Each is the stream's end: where the next message begins is
/// not known any more.
package enum EventStreamError: Error, Hashable, Sendable {
    /// The checksum of the lengths is not theirs.
    case preludeChecksum
    /// The checksum of the whole message is not its own.
    case messageChecksum
    /// The lengths contradict each other.
    case lengths(total: Int, headers: Int)
    /// More bytes in one message than the limit.
    case messageTooLarge(Int)
    /// More bytes of headers than the limit.
    case headersTooLarge(Int)
    /// More headers than the limit.
    case tooManyHeaders
    /// A header that is longer than what is left for headers, or has no name.
    case malformedHeader
    /// A name or a text that is not UTF-8.
    case invalidText
    /// A header with a type that does not exist.
    case unknownType(UInt8)
    /// Two headers of one name.
    case repeatedHeader(String)
    /// The body ended within a message.
    case truncated
}

extension EventStreamError: CustomStringConvertible {
    /// One sentence for the log.
    package var description: String {
        switch self {
        case .preludeChecksum: "a message's lengths do not have their checksum"
        case .messageChecksum: "a message does not have its checksum"
        case .lengths(let total, let headers):
            "a message of \(total) bytes cannot have \(headers) bytes of headers"
        case .messageTooLarge(let count): "a message of \(count) bytes is over the limit"
        case .headersTooLarge(let count): "\(count) bytes of headers are over the limit"
        case .tooManyHeaders: "a message has more headers than the limit"
        case .malformedHeader: "a header does not fit into its message"
        case .invalidText: "a header is not valid UTF-8"
        case .unknownType(let type): "a header has the unknown type \(type)"
        case .repeatedHeader(let name): "a message has two headers \"\(name)\""
        case .truncated: "the stream ends within a message"
        }
    }
}
