import Cryptography
import Glibc
import JSON
import Testing

/// What AWS's own library made, in `Fixtures`.
enum Vectors {
    static let document = load("vectors.json")

    /// The vectors of one kind: `sigv4` or `eventstream`.
    static func list(_ kind: String) -> [Vector] { list(kind, of: document) }

    /// The vectors of one kind in another file.
    static func list(_ kind: String, in file: String) -> [Vector] { list(kind, of: load(file)) }

    private static func list(_ kind: String, of document: JSONValue) -> [Vector] {
        guard case .array(let vectors) = document[kind] else { fatalError("no \(kind) vectors") }
        return vectors.map(Vector.init)
    }

    private static func load(_ name: String) -> JSONValue {
        let path = #filePath.replacing("Vectors.swift", with: "Fixtures/" + name)
        guard let file = fopen(path, "r") else { fatalError("no \(path)") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&piece, 1, piece.count, file), count > 0 {
            bytes += piece[..<count]
        }
        guard let value = try? JSONValue(parsing: bytes.rawSpan) else { fatalError("bad \(path)") }
        return value
    }
}

/// One example of them.
struct Vector: Sendable, CustomTestStringConvertible {
    let json: JSONValue

    var testDescription: String { text("name") }

    /// A member's text; empty when there is none.
    func text(_ key: String) -> String {
        guard case .string(let text) = json[key] else { return "" }
        return text
    }

    /// A member's bytes, which stand there in hexadecimal.
    func bytes(_ key: String) -> [UInt8] { Hex.decode(text(key)) ?? [] }

    /// A member's members.
    func members(_ key: String) -> [JSONValue.Member] {
        guard case .object(let members) = json[key] else { return [] }
        return members
    }
}
