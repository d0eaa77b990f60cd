/// The tags that PyYAML's SafeLoader constructs and that a configuration can hold.
enum YAMLTag {
    static let prefix = "tag:yaml.org,2002:"

    static func allowsSequence(_ tag: String?) -> Bool {
        tag == nil || tag == "!" || tag == prefix + "seq"
    }

    static func allowsMapping(_ tag: String?) -> Bool {
        tag == nil || tag == "!" || tag == prefix + "map"
    }
}

extension YAMLScalar {
    /// Resolves a scalar as PyYAML does (YAML 1.1); nil for a tag that it does not know or a value
    /// that does not fit the tag.
    init?(_ text: String, tag: String?, isPlain: Bool) {
        let value: YAMLValue?
        switch tag {
        case nil: value = isPlain ? YAMLResolver.resolve(text) : .string(text)
        case "!", YAMLTag.prefix + "str": value = .string(text)
        case YAMLTag.prefix + "null": value = .null
        case YAMLTag.prefix + "bool": value = YAMLResolver.bool(text.lowercased()).map { .bool($0) }
        case YAMLTag.prefix + "int": value = YAMLResolver.integer(text)
        case YAMLTag.prefix + "float":
            value = YAMLResolver.float(text).map { .float($0) } ?? Double(text).map { .float($0) }
        case YAMLTag.prefix + "timestamp":
            value = YAMLResolver.isTimestamp(text) ? .timestamp(text) : nil
        default: value = nil
        }
        guard let value else { return nil }
        self.init(text: text, value: value, isPlain: isPlain)
    }
}

/// What a plain scalar without a tag is, by PyYAML's patterns.
enum YAMLResolver {
    static func resolve(_ text: String) -> YAMLValue {
        guard let first = text.utf8.first else { return .null }
        switch first {
        case UInt8(ascii: "~"), UInt8(ascii: "n"), UInt8(ascii: "N"),
            UInt8(ascii: "y"), UInt8(ascii: "Y"), UInt8(ascii: "t"), UInt8(ascii: "T"),
            UInt8(ascii: "f"), UInt8(ascii: "F"), UInt8(ascii: "o"), UInt8(ascii: "O"):
            // The longest of the words has five letters.
            guard text.utf8.count <= 5 else { return .string(text) }
            switch text {
            case "~", "null", "Null", "NULL": return .null
            default: return bool(text).map { .bool($0) } ?? .string(text)
            }
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
            UInt8(ascii: "."):
            if let value = shortInteger(text) { return .integer(value) }
            if let value = float(text) { return .float(value) }
            if let value = integer(text) { return value }
            return isTimestamp(text) ? .timestamp(text) : .string(text)
        default:
            return .string(text)
        }
    }

    /// Three spellings of each word and no others: `yEs` is a string.
    static func bool(_ text: String) -> Bool? {
        switch text {
        case "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": true
        case "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": false
        default: nil
        }
    }
}
