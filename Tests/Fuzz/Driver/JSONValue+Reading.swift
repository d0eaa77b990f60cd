import JSON

extension JSONValue {
    var text: String? { if case .string(let text) = self { text } else { nil } }
    var int: Int? { if case .integer(let value) = self { Int(value) } else { nil } }
    var elements: [JSONValue] { if case .array(let list) = self { list } else { [] } }
    var members: [Member] { if case .object(let list) = self { list } else { [] } }
    var isObject: Bool { if case .object = self { true } else { false } }

    /// Nil for what is no JSON.
    init?(document: [UInt8]) {
        do throws(JSONError) {
            self = try JSONValue(parsing: document.rawSpan)
        } catch {
            return nil
        }
    }

    /// What the product wrote, which has to be an object.
    static func object(written bytes: [UInt8], _ what: String) -> JSONValue {
        let value = ReferenceJSON.value(bytes)
        require(value?.isObject == true, "\(what) is no JSON object: \(shown(bytes))")
        return value ?? .null
    }

    /// The bytes of the member `key`, or the text of `textKey`, which need not be JSON.
    func document(_ key: String, text textKey: String) -> [UInt8] {
        if let text = self[textKey]?.text { return Array(text.utf8) }
        return self[key]?.bytes ?? []
    }
}
