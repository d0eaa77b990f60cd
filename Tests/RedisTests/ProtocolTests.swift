import CHiredis
import EventLoop
import TestSupport
import Testing

@testable import Redis

@Suite("Commands and replies")
struct ProtocolTests {
    // MARK: - Commands

    private func encoded(_ command: RedisCommand) -> [UInt8] {
        let output = ByteBuffer()
        command.encode(into: output)
        return Array(output.bytes)
    }

    /// What hiredis' formatter makes of the same words.
    private func formatted(_ words: [[UInt8]]) -> [UInt8] {
        let all = words.flatMap { $0 }
        return all.withUnsafeBufferPointer { buffer in
            var start = 0
            var pointers: [UnsafePointer<CChar>?] = []
            for word in words {
                let base = buffer.baseAddress.map { UnsafeRawPointer($0 + start) }
                pointers.append(base?.assumingMemoryBound(to: CChar.self))
                start += word.count
            }
            let lengths = words.map(\.count)
            var target: UnsafeMutablePointer<CChar>?
            let count = redisFormatCommandArgv(&target, Int32(words.count), &pointers, lengths)
            defer { redisFreeCommand(target) }
            return (0..<Int(count)).map { UInt8(bitPattern: target?[$0] ?? 0) }
        }
    }

    @Test("are encoded as hiredis encodes them")
    func encoding() {
        var random = SeededRandom.make()
        for _ in 0..<500 {
            var command = RedisCommand("CLIENT SETNAME")
            var words = [Array("CLIENT".utf8), Array("SETNAME".utf8)]
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                let length = [0, 1, 9, 10, 99, 100, 1_000].randomElement(using: &random) ?? 0
                let word = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
                command.append(word)
                words.append(word)
                let number = Int(truncatingIfNeeded: random.next()) >> Int(random.next() % 64)
                command.append(number)
                words.append(Array("\(number)".utf8))
            }
            #expect(encoded(command) == formatted(words))
            #expect(encoded(command).count <= command.byteCount)
        }
        for number in [Int.min, -10, -1, 0, 9, 10, Int.max] {
            var command = RedisCommand("ECHO")
            command.append(number)
            #expect(encoded(command) == formatted([Array("ECHO".utf8), Array("\(number)".utf8)]))
        }
    }

    @Test("know their first key, and only that")
    func key() {
        var command = RedisCommand("MGET")
        #expect(command.key == nil)
        command.append(key: "first é")
        command.append(key: [1, 2])
        #expect(command.key.map(Array.init) == Array("first é".utf8))
    }

    @Test("name a script by its SHA-1")
    func script() {
        let script = RedisScript("return 1")
        #expect(script.digest == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db")
        let call = encoded(script.call(keys: ["k"], arguments: ["a", 1, .bytes([0])]))
        let words = ["EVALSHA", script.digest, "1", "k", "a", "1", "\0"].map { Array($0.utf8) }
        #expect(call == formatted(words))
        #expect(script.call(keys: ["k"], arguments: []).key.map(Array.init) == [0x6B])
    }

    // MARK: - Replies

    private func replies(
        _ text: String,
        inPiecesOf size: Int = .max,
        bytesMax: Int = 1_000,
        valuesMax: Int = 100
    ) throws(RedisError) -> [RedisReply] {
        let reader = ReplyReader(bytesMax: bytesMax, valuesMax: valuesMax)
        var replies: [RedisReply] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(size))
            rest = rest.dropFirst(piece.count)
            let fed: Result<Void, RedisError> = piece.withUnsafeBytes { raw in
                do throws(RedisError) {
                    return .success(try reader.feed(raw))
                } catch {
                    return .failure(error)
                }
            }
            try fed.get()
            while let reply = try reader.next() { replies.append(reply) }
        }
        return replies
    }

    @Test("are read whole, however they are cut", arguments: 1...12)
    func pieces(_ size: Int) throws {
        let text =
            "+OK\r\n:-42\r\n$-1\r\n*-1\r\n$0\r\n\r\n$4\r\na\r\nb\r\n-ERR no such\r\n"
            + "*3\r\n:1\r\n*2\r\n$1\r\nx\r\n-WRONG\r\n*0\r\n*0\r\n"
        let wanted: [RedisReply] = [
            .string(Array("OK".utf8)), .integer(-42), .null, .null, .string([]),
            .string(Array("a\r\nb".utf8)), .error(ServerError(code: "ERR", text: "no such")),
            .array([
                .integer(1),
                .array([.string([0x78]), .error(ServerError(code: "WRONG", text: ""))]),
                .array([]),
            ]),
            .array([]),
        ]
        #expect(try replies(text, inPiecesOf: size) == wanted)
    }

    @Test(
        "are refused when they are none",
        arguments: [
            "HTTP/1.1 200 OK\r\n", "\0", "$x\r\n", "$-2\r\n", ":\r\n", ":1.5\r\n", "*-2\r\n",
            "*99999999999\r\n", "$3\r\nabcde\r\n", "%1\r\n", "_\r\n",
        ]
    )
    func garbage(_ text: String) {
        #expect(throws: RedisError.self) { _ = try replies(text + "+more\r\n+more\r\n") }
    }

    @Test("are as deep as hiredis allows, and no deeper")
    func depth() throws {
        func nested(_ depth: Int) -> String { String(repeating: "*1\r\n", count: depth) + ":1\r\n" }
        #expect(try replies(nested(7)).count == 1)
        #expect(throws: RedisError.self) { _ = try replies(nested(9)) }
    }

    @Test("have as many values as they may, and no more")
    func values() throws {
        let nine = "*9\r\n" + String(repeating: ":1\r\n", count: 9)
        #expect(try replies(nine + nine, valuesMax: 10).count == 2)
        #expect(throws: RedisError.protocolViolation("a reply has more than 9 values")) {
            _ = try replies(nine, valuesMax: 9)
        }
        #expect(throws: RedisError.self) { _ = try replies("*1000000\r\n", valuesMax: 10) }
    }

    @Test("have as many bytes as they may, and no more")
    func bytes() throws {
        let text = "$100\r\n" + String(repeating: "x", count: 100) + "\r\n"
        #expect(try replies(text + text, inPiecesOf: 50, bytesMax: 108).count == 2)
        #expect(throws: RedisError.protocolViolation("a reply is larger than 90 bytes")) {
            _ = try replies(text, inPiecesOf: 50, bytesMax: 90)
        }
    }

    @Test("do not hold a line without an end")
    func line() {
        for start in ["+", "-", ":", "*", "$"] {
            #expect(throws: RedisError.self) {
                let digits = String(repeating: "1", count: 100_000)
                _ = try replies(start + digits, inPiecesOf: 10_000, bytesMax: 10_000_000)
            }
        }
    }

    @Test("survive any bytes")
    func random() {
        var random = SeededRandom.make()
        let alphabet = Array("+-:$*0123456789\r\n\r\nabc")
        for _ in 0..<5_000 {
            let count = Int.random(in: 1...60, using: &random)
            let text = String(
                (0..<count).map { _ in alphabet.randomElement(using: &random) ?? "*" }
            )
            _ = try? replies(text, inPiecesOf: Int.random(in: 1...60, using: &random))
        }
    }

    @Test("are numbers also as digits")
    func integers() {
        #expect(RedisReply.integer(7).integer == 7)
        #expect(RedisReply.string(Array("-7".utf8)).integer == -7)
        #expect(RedisReply.string(Array("seven".utf8)).integer == nil)
        #expect(RedisReply.null.integer == nil)
    }
}
