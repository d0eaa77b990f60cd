internal import Cryptography

/// A Lua script that Redis runs, called by its digest.
package final class RedisScript: Sendable {
    package let source: String
    /// SHA-1 of the source in lower-case hexadecimal digits, as Redis names scripts.
    package let digest: String
    /// The first words of a call by digest.
    private let head: RedisCommand

    /// The code of the error that says that a server does not know a script.
    static let unknown = "NOSCRIPT"

    package init(_ source: String) {
        self.source = source
        digest = Hex.encode(SHA1.hash(source))
        var head = RedisCommand("EVALSHA")
        head.append(digest)
        self.head = head
    }

    /// The call by digest, which fails with `NOSCRIPT` where the script is not known. Its arguments
    /// are to be appended.
    /// - Parameter keys: all of one slot of a cluster.
    package func call(keys: [String]) -> RedisCommand {
        var command = call(keyCount: keys.count)
        for key in keys { command.append(key: key) }
        return command
    }

    /// The same, to which first the keys are to be appended.
    package func call(keyCount: Int) -> RedisCommand {
        var command = RedisCommand(head, capacity: 512)
        command.append(keyCount)
        return command
    }

    /// The same with its arguments.
    package func call(keys: [String], arguments: [RedisArgument]) -> RedisCommand {
        var command = call(keys: keys)
        for argument in arguments { command.append(argument) }
        return command
    }

    /// The same call with the source in place of the digest, which also makes the script known.
    package func withSource(_ call: RedisCommand) -> RedisCommand {
        var start = RedisCommand("EVAL", capacity: source.utf8.count + call.byteCount)
        start.append(source)
        return call.replacing(head, by: start)
    }
}

/// One argument of a command or script.
package enum RedisArgument: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    case text(String)
    case bytes([UInt8])
    case number(Int)

    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int) { self = .number(value) }
}

extension RedisCommand {
    /// Adds an argument.
    package mutating func append(_ argument: RedisArgument) {
        switch argument {
        case .text(let text): append(text)
        case .bytes(let bytes): append(bytes)
        case .number(let number): append(number)
        }
    }
}
