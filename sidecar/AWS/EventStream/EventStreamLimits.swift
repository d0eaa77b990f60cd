/// How much of an event stream is believed.
package struct EventStreamLimits: Hashable, Sendable {
    /// Bytes of one message, lengths and checksums included.
    package var messageBytesMax: Int
    /// Bytes of one message's headers.
    package var headerBytesMax: Int
    /// Headers of one message.
    package var headerCountMax: Int

    /// The defaults: 16 MiB a message, since Bedrock sends no larger one and a worker holds it
    /// whole, and 128 KiB of headers as AWS's own library allows.
    package init(
        messageBytesMax: Int = 16 << 20,
        headerBytesMax: Int = 128 << 10,
        headerCountMax: Int = 64
    ) {
        self.messageBytesMax = messageBytesMax
        self.headerBytesMax = headerBytesMax
        self.headerCountMax = headerCountMax
    }
}
