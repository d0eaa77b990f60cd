/// What a client may cost. Bytes and milliseconds.
package struct HTTPLimits: Hashable, Sendable {
    /// Of the whole header section with its first line.
    package var headBytesMax = 65_536
    package var fieldsMax = 128
    package var targetBytesMax = 16_384
    package var bodyBytesMax = 64 << 20
    /// From the first byte of a head to its end.
    package var headMS: UInt64 = 30_000
    /// Between two reads of a body.
    package var bodyIdleMS: UInt64 = 30_000
    /// Requests in a row that were there before the answer to the one before them was out.
    package var pipelinedMax = 100
    /// Between two requests on one connection.
    package var keepAliveIdleMS: UInt64 = 75_000
    /// How long a client may take nothing of an answer.
    package var writeStallMS: UInt64 = 120_000

    package init() {}
}

/// What the head of an upstream's answer may be.
package struct AnswerHeadLimits: Hashable, Sendable {
    /// Of the header section with its first line, and of all interim answers before it.
    package var bytesMax = 65_536
    package var fieldsMax = 256

    package init() {}
}
