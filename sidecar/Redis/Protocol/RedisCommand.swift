package import EventLoop

/// A command with its arguments, encoded as they are added (RESP2: an array of strings).
///
/// hiredis' formatter wants all words as pointers at once, prints each length with `sprintf` and
/// gives the command in memory of its own; here a word is copied once, and the whole once more into
/// the connection's output. Tests hold it to be byte for byte what hiredis makes.
package struct RedisCommand: Sendable {
    /// The words, encoded one after the other, without the array's head.
    private var words: [UInt8]
    /// How many.
    package private(set) var count = 0
    /// Where the first key's bytes are among `words`.
    private var keyRange: Range<Int>?

    /// - Parameter name: the command, and its sub-command where it has one, parted by a space.
    package init(_ name: StaticString, capacity: Int = 96) {
        words = []
        words.reserveCapacity(capacity)
        for word in name.description.utf8.split(separator: 0x20) { append(Array(word)) }
    }

    /// A command whose words are all texts; `key` tells which master of a cluster it goes to.
    package init(_ name: StaticString, key: String, _ arguments: String...) {
        self.init(name)
        append(key: key)
        for argument in arguments { append(argument) }
    }

    /// A command that begins with the words of another one.
    init(_ head: RedisCommand, capacity: Int) {
        words = []
        words.reserveCapacity(capacity)
        words += head.words
        count = head.count
        keyRange = head.keyRange
    }

    /// The same command with other words in place of its first ones.
    /// - Parameter head: its first words, keys not among them.
    func replacing(_ head: RedisCommand, by other: RedisCommand) -> RedisCommand {
        var command = other
        let shift = other.words.count - head.words.count
        command.words += words[head.words.count...]
        command.count += count - head.count
        command.keyRange = keyRange.map { $0.lowerBound + shift..<$0.upperBound + shift }
        return command
    }

    /// Bytes that it will take in the output.
    package var byteCount: Int { words.count + 16 }

    /// The first key, which tells the slot of a cluster; nil: any master will do.
    package var key: ArraySlice<UInt8>? { keyRange.map { words[$0] } }

    /// Adds a key. All keys of one command must be of one slot of a cluster.
    package mutating func append(key: String) {
        append(key)
        markKey(key.utf8.count)
    }

    /// Adds a key. All keys of one command must be of one slot of a cluster.
    package mutating func append(key: [UInt8]) {
        append(key)
        markKey(key.count)
    }

    private mutating func markKey(_ length: Int) {
        guard keyRange == nil else { return }
        let end = words.count - 2
        keyRange = end - length..<end
    }

    /// Adds a text.
    package mutating func append(_ text: String) {
        begin(text.utf8.count)
        words.append(contentsOf: text.utf8)
        endLine()
    }

    /// Adds bytes.
    package mutating func append(_ bytes: [UInt8]) {
        begin(bytes.count)
        words.append(contentsOf: bytes)
        endLine()
    }

    /// Adds a number, in decimal digits.
    package mutating func append(_ number: Int) {
        let isNegative = number < 0
        begin(DecimalDigits.count(number.magnitude) + (isNegative ? 1 : 0))
        if isNegative { words.append(UInt8(ascii: "-")) }
        DecimalDigits.append(number.magnitude, to: &words)
        endLine()
    }

    private mutating func begin(_ length: Int) {
        words.append(UInt8(ascii: "$"))
        DecimalDigits.append(UInt(length), to: &words)
        endLine()
        count += 1
    }

    private mutating func endLine() {
        words.append(0x0D)
        words.append(0x0A)
    }

    /// Puts the whole command behind what is in `output`.
    package func encode(into output: ByteBuffer) {
        output.append(byte: UInt8(ascii: "*"))
        output.append(decimal: count)
        output.append("\r\n")
        output.append(words)
    }
}

/// Decimal digits of a number.
enum DecimalDigits {
    static func count(_ value: UInt) -> Int {
        var left = value
        var digits = 1
        while left >= 10 {
            left /= 10
            digits += 1
        }
        return digits
    }

    static func append(_ value: UInt, to bytes: inout [UInt8]) {
        guard value >= 10 else {
            bytes.append(UInt8(value) + UInt8(ascii: "0"))
            return
        }
        let start = bytes.count
        var left = value
        while left > 0 {
            bytes.append(UInt8(left % 10) + UInt8(ascii: "0"))
            left /= 10
        }
        bytes[start...].reverse()
    }
}
