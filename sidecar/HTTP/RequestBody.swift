package import EventLoop

/// A request's whole body. Gives its memory back when it dies.
package final class RequestBody {
    private let connection: ServerConnection
    private let buffer: ByteBuffer?
    /// How many bytes of the connection's input are the body, when it came in one read.
    private let inInput: Int
    private var budgeted: Int

    /// An empty body.
    init(connection: ServerConnection) {
        self.connection = connection
        buffer = nil
        inInput = 0
        budgeted = 0
    }

    init(connection: ServerConnection, inInput: Int, budgeted: Int) {
        self.connection = connection
        self.inInput = inInput
        self.budgeted = budgeted
        buffer = nil
    }

    init(connection: ServerConnection, buffer: ByteBuffer, budgeted: Int) {
        self.connection = connection
        self.buffer = buffer
        self.budgeted = budgeted
        inInput = 0
    }

    deinit {
        connection.context.budget.giveBack(budgeted)
        if let buffer { connection.context.recycle(buffer) }
        if inInput > 0 { connection.input.removeFirst(inInput) }
    }

    /// The bytes; at least `ByteBuffer.padding` more may be read behind them.
    package var bytes: UnsafeRawBufferPointer {
        if let buffer { return unsafe buffer.bytes }
        return unsafe UnsafeRawBufferPointer(rebasing: connection.input.bytes[..<inInput])
    }

    /// The same, lent for as long as the body lives.
    package var span: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = unsafe RawSpan(_unsafeBytes: bytes)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    package var count: Int { buffer?.count ?? inInput }

    func append(_ bytes: UnsafeRawBufferPointer) {
        unsafe buffer?.append(bytes)
    }

    func budget(_ added: Int) -> Bool {
        guard connection.context.budget.take(added) else { return false }
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
