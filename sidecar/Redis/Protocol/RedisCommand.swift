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
        name.withUTF8Buffer { bytes in
            var start = 0
            while start < bytes.count {
                var end = start
                while end < bytes.count, unsafe bytes[end] != 0x20 { end += 1 }
                begin(end - start)
                unsafe words.append(contentsOf: bytes[start..<end])
                endLine()
                start = end + 1
            }
        }
    }

    /// A command whose words are all texts; `key` tells which master of a cluster it goes to.
    package init(_ name: StaticString, key: String, _ arguments: String...) {
        self.init(name)
        append(key: key)
        for argument in arguments { append(argument) }
    }

    /// A command that begins with the words of another one.
    /// - Parameter capacity: bytes that it is to have room for.
    package init(_ head: RedisCommand, capacity: Int) {
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

    /// Adds a key that is in two parts.
    package mutating func append(key first: String, _ second: String) {
        let length = first.utf8.count + second.utf8.count
        begin(length)
        add(first)
        add(second)
        endLine()
        markKey(length)
    }

    private mutating func markKey(_ length: Int) {
        guard keyRange == nil else { return }
        let end = words.count - 2
        keyRange = end - length..<end
    }

    /// Adds a text.
    package mutating func append(_ text: String) {
        begin(text.utf8.count)
        add(text)
        endLine()
    }

    /// Adds bytes.
    package mutating func append(_ bytes: [UInt8]) {
        begin(bytes.count)
        words += bytes
        endLine()
    }

    /// Adds a number, in decimal digits.
    package mutating func append(_ number: Int) {
        count += 1
        unsafe withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { room in
            var line = unsafe LineWriter(room)
            line.add(0x0A)
            line.add(0x0D)
            let end = line.start
            line.add(digits: number.magnitude)
            if number < 0 { line.add(UInt8(ascii: "-")) }
            let length = end - line.start
            line.add(0x0A)
            line.add(0x0D)
            line.add(digits: UInt(length))
            line.add(UInt8(ascii: "$"))
            unsafe words.append(contentsOf: line.bytes)
        }
    }

    /// As one piece of memory: as a sequence of bytes a text takes several times as long.
    private mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { unsafe words.append(contentsOf: UnsafeRawBufferPointer($0)) }
    }

    private mutating func endLine() {
        words.append(0x0D)
        words.append(0x0A)
    }

    private mutating func begin(_ length: Int) {
        count += 1
        unsafe withUnsafeTemporaryAllocation(byteCount: 32, alignment: 1) { room in
            var line = unsafe LineWriter(room)
            line.add(0x0A)
            line.add(0x0D)
            line.add(digits: UInt(length))
            line.add(UInt8(ascii: "$"))
            unsafe words.append(contentsOf: line.bytes)
        }
    }

    /// Puts the whole command behind what is in `output`.
    package func encode(into output: ByteBuffer) {
        output.append(byte: UInt8(ascii: "*"))
        output.append(decimal: count)
        output.append("\r\n")
        output.append(words)
    }
}

/// Writes a few bytes from the last one to the first, which is the order in which digits come; one
/// copy of all of them costs less than to append each.
@safe private struct LineWriter {
    private let room: UnsafeMutableRawBufferPointer
    /// Where the bytes begin so far.
    private(set) var start: Int

    /// - Parameter room: enough for what will be added.
    init(_ room: UnsafeMutableRawBufferPointer) {
        unsafe self.room = room
        start = room.count
    }

    var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(rebasing: room[start...]) }

    mutating func add(_ byte: UInt8) {
        start -= 1
        unsafe room[start] = byte
    }

    mutating func add(digits value: UInt) {
        var left = value
        repeat {
            add(UInt8(truncatingIfNeeded: left % 10) + UInt8(ascii: "0"))
            left /= 10
        } while left > 0
    }
}
