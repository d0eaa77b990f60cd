package import EventLoop

/// A request's whole body.
///
/// Its connection holds it until the next request is read, or the connection ends: until then its
/// bytes stay where they are, whoever else has let go of it. From then on it reads as empty,
/// whoever holds it still.
package final class RequestBody {
    private let context: IOContext
    /// The body's own, or the connection's input when all came in one read. Nil when there are no
    /// bytes, or no more.
    private var buffer: ByteBuffer?
    /// How many bytes of the connection's input are the body.
    private var inInput: Int
    private var budgeted: Int

    /// An empty body.
    init(context: IOContext) {
        self.context = context
        inInput = 0
        budgeted = 0
    }

    /// The first `count` bytes of a connection's input, which stays as it is until `release`.
    init(context: IOContext, input: ByteBuffer, count: Int) {
        self.context = context
        self.buffer = input
        inInput = count
        budgeted = count
    }

    /// A body that is about to be put into a buffer of its own.
    init(context: IOContext, buffer: ByteBuffer, budgeted: Int) {
        self.context = context
        self.buffer = buffer
        self.budgeted = budgeted
        inInput = 0
    }

    deinit {
        release()
    }

    /// Lets go of the bytes and their budget.
    /// - Returns: how many bytes of the connection's input were the body and are to be dropped.
    @discardableResult
    func release() -> Int {
        let count = inInput
        context.budget.giveBack(budgeted)
        if let buffer, count == 0 { context.recycle(buffer) }
        budgeted = 0
        inInput = 0
        buffer = nil
        return count
    }

    /// The bytes; at least `ByteBuffer.padding` more may be read behind them.
    package var bytes: UnsafeRawBufferPointer {
        guard let buffer else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
        guard inInput > 0 else { return unsafe buffer.bytes }
        return unsafe UnsafeRawBufferPointer(rebasing: buffer.bytes[..<inInput])
    }

    /// The same, lent for as long as the body lives.
    package var span: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = unsafe RawSpan(_unsafeBytes: bytes)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    package var count: Int { inInput > 0 ? inInput : buffer?.count ?? 0 }

    func append(_ bytes: UnsafeRawBufferPointer) {
        unsafe buffer?.append(bytes)
    }

    func budget(_ added: Int) -> Bool {
        guard context.budget.take(added) else { return false }
        budgeted += added
        return true
    }
}

extension OutputVector {
    /// Part of a body, which must live until it is written.
    package func append(_ body: RequestBody, _ range: Range<Int>) {
        unsafe append(UnsafeRawBufferPointer(rebasing: body.bytes[range]))
    }
}
