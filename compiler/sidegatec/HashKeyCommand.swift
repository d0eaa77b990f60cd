internal import ArgumentParser
internal import Cryptography
internal import POSIX

/// `sidegatec hash-key [--stdin]`: a virtual key and what a configuration holds of it.
struct HashKeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hash-key",
        abstract: "Make a key for clients and its hash, or hash one from standard input.",
        discussion: "The hash is what sidegate.keys[].hash and sidegate.master_key_hash take. "
            + "Without --stdin the key is random and printed once; nothing else keeps it. A key is "
            + "never taken from the command line, which other users of the machine can read."
    )

    @Flag(help: "Hash the key that standard input holds, and print the hash alone.")
    var stdin = false

    func run() throws {
        guard stdin else {
            let key = ClientKeyText.random()
            return Console.output.write("key: \(key)\nhash: \(ClientKeyText.hash(key))\n")
        }
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try File.readAny("/dev/stdin", sizeMax: ClientKeyText.bytesMax)
        } catch {
            Console.errors.write("sidegatec: \(error.description)\n")
            throw ExitCode.badUsage
        }
        guard let key = ClientKeyText.key(in: bytes) else {
            Console.errors.write(
                "sidegatec: standard input holds no key: one line of printable characters, "
                    + "without spaces\n"
            )
            throw ExitCode.badInput
        }
        Console.output.write("hash: \(ClientKeyText.hash(key))\n")
    }
}

/// Keys as clients send them.
private enum ClientKeyText {
    /// Far more than any header that a sidecar takes.
    static let bytesMax = 4096

    /// `sk-` and 32 random bytes as base64url, from the system's generator for keys.
    static func random() -> String {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8
        )
        var generator = SystemRandomNumberGenerator()
        var text = Array("sk-".utf8)
        // 43 letters of 6 bits each are the first that hold 256.
        for _ in 0..<43 { text.append(alphabet[Int(generator.next() as UInt64 >> 58)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The key in what was read, without the line's end; nil for what no header can carry.
    static func key(in bytes: [UInt8]) -> String? {
        var line = bytes[...]
        if line.last == UInt8(ascii: "\n") { line = line.dropLast() }
        if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        guard !line.isEmpty, line.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        return String(decoding: line, as: UTF8.self)
    }

    static func hash(_ key: String) -> String { Hex.encode(SHA256.hash(key)) }
}
