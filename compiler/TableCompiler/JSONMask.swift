internal import RouteConfig
internal import RouteTable

/// Walks the JSON text of a parameter, which its pieces cut between values only.
struct JSONMask {
    /// An object or array around the place.
    private struct Container {
        var isObject: Bool
        var isPrivate: Bool
        /// The key whose value comes next; nil where a key does.
        var key: String?
    }

    private var containers: [Container]
    private var shown: [Text] = []
    /// Values that are secrets by their name or by how they are stored.
    private var found: [String] = []
    private let secrets: SecretSet

    private init(_ key: ParameterKey, _ secrets: SecretSet) {
        // These two are stored as members, without braces around them.
        let isMembers = key == .defaultParameters || key == .extraBody
        containers = [Container(isObject: isMembers, isPrivate: false)]
        self.secrets = secrets
    }

    /// The pieces with `***` for every value that must not be printed.
    static func masked(_ pieces: [Text], _ key: ParameterKey, _ secrets: SecretSet) -> [Text] {
        var mask = JSONMask(key, secrets)
        mask.walk(pieces)
        return mask.shown
    }

    /// The texts that are secrets.
    static func secrets(_ pieces: [Text], _ key: ParameterKey) -> [String] {
        var mask = JSONMask(key, SecretSet())
        mask.walk(pieces)
        return mask.found
    }

    private mutating func walk(_ pieces: [Text]) {
        for piece in pieces {
            switch piece {
            case .literal(let text): walk(Array(text.utf8))
            case .secret(let quoted):
                found.append(JSONText.unquoted(quoted))
                endValue()
                shown.append(piece)
            case .reference:
                endValue()
                shown.append(piece)
            }
        }
    }

    private mutating func walk(_ text: [UInt8]) {
        var output: [UInt8] = []
        var index = 0
        while index < text.count {
            let start = index
            switch text[index] {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                containers.append(
                    Container(isObject: text[index] == UInt8(ascii: "{"), isPrivate: isPrivate)
                )
                index += 1
                output.append(text[start])
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if containers.count > 1 { containers.removeLast() }
                endValue()
                index += 1
                output.append(text[start])
            case UInt8(ascii: "\""):
                index = Self.stringEnd(text, index)
                output += string(String(decoding: text[start..<index], as: UTF8.self)).utf8
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                while index < text.count, !Self.isEnd(text[index]) { index += 1 }
                output += isPrivate ? Array("\"***\"".utf8) : Array(text[start..<index])
                endValue()
            case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
                while index < text.count, !Self.isEnd(text[index]) { index += 1 }
                output += text[start..<index]
                endValue()
            default:
                index += 1
                output.append(text[start])
            }
        }
        shown.append(.literal(String(decoding: output, as: UTF8.self)))
    }

    /// Whether the value at this place is hidden whatever it is.
    private var isPrivate: Bool {
        guard let container = containers.last else { return false }
        return container.isPrivate || container.key.map { SecretMask.isPrivate($0) } ?? false
    }

    private mutating func endValue() {
        containers[containers.count - 1].key = nil
    }

    private mutating func string(_ quoted: String) -> String {
        let text = JSONText.unquoted(quoted)
        let place = containers.count - 1
        if containers[place].isObject, containers[place].key == nil {
            containers[place].key = text
            return JSONText.quoted(SecretMask.masked(text, secrets: secrets, isName: true))
        }
        defer { endValue() }
        guard isPrivate else {
            return JSONText.quoted(SecretMask.masked(text, secrets: secrets))
        }
        found.append(text)
        return text.isEmpty ? quoted : "\"***\""
    }

    private static func stringEnd(_ text: [UInt8], _ start: Int) -> Int {
        var index = start + 1
        while index < text.count, text[index] != UInt8(ascii: "\"") {
            index += text[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index + 1, text.count)
    }

    private static func isEnd(_ byte: UInt8) -> Bool {
        [UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]")].contains(byte)
    }
}
