internal import CHiredis

/// hiredis' protocol reader: bytes in, in pieces of any size, whole replies out.
///
/// hiredis allows seven arrays within one another; the limits here are on what it does not bound:
/// the size of a reply, its number of values, the length of a line.
@safe final class ReplyReader {
    private let reader: UnsafeMutablePointer<redisReader>
    private let builder: ReplyBuilder
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
    private let bytesMax: Int
    /// Bytes taken in since the last whole reply.
    private var bytesSinceReply = 0

    /// The longest status, error or number, in bytes; Redis' own limit on such lines is the same.
    static let lineBytesMax = 65_536

    /// - Parameters:
    ///   - bytesMax: of one reply as it comes, in bytes.
    ///   - valuesMax: strings, numbers and arrays in one reply.
    init(bytesMax: Int, valuesMax: Int) {
        self.bytesMax = bytesMax
        builder = ReplyBuilder(valuesMax: valuesMax)
        unsafe functions = .allocate(capacity: 1)
        unsafe functions.initialize(to: ReplyBuilder.functions)
        guard let reader = unsafe redisReaderCreateWithFunctions(functions) else {
            fatalError("out of memory: hiredis has none for a reader")
        }
        unsafe self.reader = reader
        unsafe reader.pointee.privdata = Unmanaged.passUnretained(builder).toOpaque()
    }

    deinit {
        unsafe redisReaderFree(reader)
        unsafe functions.deallocate()
    }

    /// Takes in bytes; `next` then gives the replies that they complete.
    func feed(_ bytes: UnsafeRawBufferPointer) throws(RedisError) {
        bytesSinceReply += bytes.count
        let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
        guard unsafe redisReaderFeed(reader, start, bytes.count) == REDIS_OK else {
            throw violation()
        }
    }

    /// The next whole reply; nil when more bytes are needed for it.
    func next() throws(RedisError) -> RedisReply? {
        var object: UnsafeMutableRawPointer?
        guard unsafe redisReaderGetReply(reader, &object) == REDIS_OK else { throw violation() }
        if unsafe object != nil {
            bytesSinceReply = unsafe sg_redis_pending(reader)
            return builder.take()
        }
        try checkUnfinished()
        return nil
    }

    private func checkUnfinished() throws(RedisError) {
        guard bytesSinceReply <= bytesMax else {
            throw .protocolViolation("a reply is larger than \(bytesMax) bytes")
        }
        let pending = unsafe sg_redis_pending(reader)
        if pending > ReplyReader.lineBytesMax, unsafe sg_redis_is_in_line(reader) != 0 {
            throw .protocolViolation("a line is longer than \(ReplyReader.lineBytesMax) bytes")
        }
    }

    private func violation() -> RedisError {
        if builder.isOverLimit {
            return .protocolViolation("a reply has more than \(builder.valuesMax) values")
        }
        if unsafe reader.pointee.err == REDIS_ERR_OOM {
            // What hiredis says when the builder did not take a value.
            return .protocolViolation("a string does not end where its length says")
        }
        let text = unsafe withUnsafeBytes(of: &reader.pointee.errstr) { raw in
            unsafe String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
        }
        return .protocolViolation(text.isEmpty ? "hiredis cannot read it" : text)
    }
}
