internal import CLLHTTP
internal import EventLoop

/// llhttp: parses complete heads into a `HeaderBlock`, and chunked bodies as they come.
///
/// One parser serves one direction of one connection, message after message.
@safe final class MessageParser {
    enum Kind { case request, response }

    private let kind: Kind
    private let parser: UnsafeMutablePointer<llhttp_t>
    /// The block that is being filled in, which the caller of `parseHead` holds.
    private var sink: Unmanaged<HeaderBlock>?
    private var base: UnsafeRawPointer?
    fileprivate var target = 0..<0
    fileprivate var spans: [Range<Int>] = []
    fileprivate var isMessageComplete = false
    fileprivate var isHeadComplete = false

    init(_ kind: Kind) {
        self.kind = kind
        unsafe parser = .allocate(capacity: 1)
        unsafe parser.initialize(to: llhttp_t())
        reset()
    }

    deinit {
        unsafe parser.deallocate()
    }

    private func reset() {
        let type = kind == .request ? HTTP_REQUEST : HTTP_RESPONSE
        unsafe llhttp_init(parser, type, MessageParser.settings)
        unsafe parser.pointee.data = unsafe Unmanaged.passUnretained(self).toOpaque()
        isMessageComplete = false
        isHeadComplete = false
    }

    /// What a head's first line and framing headers say.
    struct Head {
        var method: UInt8
        var status: Int
        var versionMajor: Int
        var versionMinor: Int
        var target: Range<Int>
        var contentLength: Int?
        var isChunked: Bool
        var keepsAlive: Bool
        var hasContentLength: Bool
    }

    /// Parses the head whose bytes `block` holds, and fills in its fields.
    /// - Parameter start: where the head begins in the block's bytes.
    func parseHead(_ block: HeaderBlock, from start: Int) throws(HTTPProblem) -> Head {
        reset()
        let bytes = unsafe block.buffer.bytes
        unsafe sink = .passUnretained(block)
        unsafe base = bytes.baseAddress
        defer {
            unsafe sink = nil
            unsafe base = nil
        }
        let head = unsafe UnsafeRawBufferPointer(rebasing: bytes[start...])
        let result = unsafe execute(head)
        let isUsable = result == HPE_OK || result == HPE_PAUSED || result == HPE_PAUSED_UPGRADE
        if result == HPE_INVALID_VERSION { throw .versionNotSupported }
        guard isUsable, isHeadComplete else { throw .malformed(reason(result)) }
        let flags = unsafe parser.pointee.flags
        let hasLength = flags & UInt16(F_CONTENT_LENGTH.rawValue) != 0
        let length = unsafe parser.pointee.content_length
        return unsafe Head(
            method: parser.pointee.method,
            status: Int(parser.pointee.status_code),
            versionMajor: Int(parser.pointee.http_major),
            versionMinor: Int(parser.pointee.http_minor),
            target: target,
            contentLength: hasLength ? Int(clamping: length) : nil,
            isChunked: flags & UInt16(F_CHUNKED.rawValue) != 0,
            keepsAlive: llhttp_should_keep_alive(parser) != 0,
            hasContentLength: hasLength
        )
    }

    /// Feeds bytes of a chunked body. Decoded bytes are moved together at the buffer's start.
    /// - Returns: how many bytes were decoded, how many were used up, and whether the body ended.
    func decodeChunked(
        _ bytes: UnsafeMutableRawBufferPointer
    ) throws(HTTPProblem) -> (decoded: Int, consumed: Int, isComplete: Bool) {
        spans.removeAll(keepingCapacity: true)
        unsafe base = UnsafeRawPointer(bytes.baseAddress)
        defer { unsafe base = nil }
        let result = unsafe execute(UnsafeRawBufferPointer(bytes))
        guard result == HPE_OK || result == HPE_PAUSED else { throw .malformed(reason(result)) }
        var consumed = bytes.count
        if result == HPE_PAUSED, let start = bytes.baseAddress,
            let stop = unsafe llhttp_get_error_pos(parser)
        {
            consumed = unsafe UnsafeRawPointer(stop) - UnsafeRawPointer(start)
        }
        var decoded = 0
        for span in spans {
            if span.lowerBound != decoded {
                let target = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[decoded...])
                unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[span]))
            }
            decoded += span.count
        }
        return (decoded, consumed, isMessageComplete)
    }

    private func execute(_ bytes: UnsafeRawBufferPointer) -> llhttp_errno_t {
        let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
        return unsafe llhttp_execute(parser, start, bytes.count)
    }

    private func reason(_ code: llhttp_errno_t) -> String {
        guard let text = unsafe llhttp_get_error_reason(parser) else { return "incomplete head" }
        let reason = unsafe String(cString: text)
        return reason.isEmpty ? "invalid syntax" : reason
    }

    fileprivate func range(_ start: UnsafePointer<CChar>?, _ count: Int) -> Range<Int> {
        guard let start = unsafe start, let base = unsafe base else { return 0..<0 }
        let offset = unsafe UnsafeRawPointer(start) - base
        return offset..<offset + count
    }

    fileprivate func sawName(_ range: Range<Int>) {
        unsafe sink?._withUnsafeGuaranteedRef { $0.append(name: range) }
    }

    fileprivate func sawValue(_ range: Range<Int>) {
        unsafe sink?._withUnsafeGuaranteedRef { $0.setValue(range) }
    }

    /// Shared by all parsers and never changed.
    nonisolated(unsafe) private static let settings: UnsafeMutablePointer<llhttp_settings_t> = {
        let settings = UnsafeMutablePointer<llhttp_settings_t>.allocate(capacity: 1)
        unsafe settings.initialize(to: llhttp_settings_t())
        unsafe llhttp_settings_init(settings)
        unsafe settings.pointee.on_url = { parser, start, count in
            unsafe MessageParser.tell(parser) { unsafe $0.target = $0.range(start, count) }
        }
        unsafe settings.pointee.on_header_field = { parser, start, count in
            unsafe MessageParser.tell(parser) { unsafe $0.sawName($0.range(start, count)) }
        }
        unsafe settings.pointee.on_header_value = { parser, start, count in
            unsafe MessageParser.tell(parser) { unsafe $0.sawValue($0.range(start, count)) }
        }
        unsafe settings.pointee.on_headers_complete = { parser in
            unsafe MessageParser.tell(parser) { $0.isHeadComplete = true }
        }
        unsafe settings.pointee.on_body = { parser, start, count in
            unsafe MessageParser.tell(parser) { unsafe $0.spans.append($0.range(start, count)) }
        }
        unsafe settings.pointee.on_message_complete = { parser in
            _ = unsafe MessageParser.tell(parser) { $0.isMessageComplete = true }
            // What follows belongs to the next message: stop here and say where.
            return CInt(bitPattern: HPE_PAUSED.rawValue)
        }
        return unsafe settings
    }()

    /// Called for each name and each value of a head: the owner, which is running the parser, is
    /// lent, not retained.
    private static func tell(
        _ parser: UnsafeMutablePointer<llhttp_t>?,
        _ event: (MessageParser) -> Void
    ) -> CInt {
        guard let data = unsafe parser?.pointee.data else { return -1 }
        unsafe Unmanaged<MessageParser>.fromOpaque(data)._withUnsafeGuaranteedRef(event)
        return 0
    }
}
