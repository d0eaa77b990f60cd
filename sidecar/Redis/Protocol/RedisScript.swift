internal import Cryptography

/// A Lua script that Redis runs, called by its digest.
package struct RedisScript: Sendable {
    package let source: String
    /// SHA-1 of the source in lower-case hexadecimal digits, as Redis names scripts.
    package let digest: String

    package init(_ source: String) {
        self.source = source
        digest = Hex.encode(SHA1.hash(source))
    }

    /// The call by digest, which fails with `NOSCRIPT` where the script is not known.
    /// - Parameter keys: all of one slot of a cluster.
    package func call(keys: [String], arguments: [RedisArgument]) -> RedisCommand {
        command(RedisCommand("EVALSHA", capacity: 256), digest, keys, arguments)
    }

    /// The call that brings the source along, which also makes the script known.
    package func fullCall(keys: [String], arguments: [RedisArgument]) -> RedisCommand {
        let command = RedisCommand("EVAL", capacity: source.utf8.count + 256)
        return self.command(command, source, keys, arguments)
    }

    private func command(
        _ start: RedisCommand,
        _ script: String,
        _ keys: [String],
        _ arguments: [RedisArgument]
    ) -> RedisCommand {
        var command = start
        command.append(script)
        command.append(keys.count)
        for key in keys { command.append(key: key) }
        for argument in arguments { command.append(argument) }
        return command
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
