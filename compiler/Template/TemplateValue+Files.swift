package import JSON
package import YAML

extension TemplateValue {
    /// The value of a node of YAML.
    package init(_ node: YAMLNode) {
        switch node.content {
        case .sequence(let items): self = .list(items.map(TemplateValue.init))
        case .mapping(let entries):
            self = .mapping(entries.map { Member($0.key.text, TemplateValue($0.value)) })
        case .scalar(let scalar): self.init(scalar)
        }
    }

    private init(_ scalar: YAMLScalar) {
        // As it was written, so that `1.10` stays so; a tag may have made it of another text.
        let written = scalar.isPlain ? scalar.text : nil
        switch scalar.value {
        case .null: self = .null
        case .bool(let bool): self = .bool(bool)
        case .integer(let integer):
            self = .plain(written ?? String(integer), isZero: integer == 0)
        case .bigInteger(let digits): self = .plain(written ?? digits, isZero: false)
        case .float(let double):
            self = .plain(written ?? Self.text(double), isZero: double == 0 || double.isNaN)
        case .timestamp(let text): self = .plain(text, isZero: false)
        case .string(let text): self = .string(text)
        }
    }

    /// The value of a JSON document.
    package init(_ json: JSONValue) {
        switch json {
        case .null: self = .null
        case .bool(let bool): self = .bool(bool)
        case .integer(let integer): self = .plain(String(integer), isZero: integer == 0)
        case .unsigned(let integer): self = .plain(String(integer), isZero: false)
        case .number(let double): self = .plain(Self.text(double), isZero: double == 0)
        case .string(let text): self = .string(text)
        case .array(let items): self = .list(items.map(TemplateValue.init))
        case .object(let members):
            // The last of two equal names wins, as in every reader of JSON.
            var places: [String: Int] = [:]
            var kept: [Member] = []
            for member in members {
                let entry = Member(member.key, TemplateValue(member.value))
                if let place = places[member.key] {
                    kept[place] = entry
                } else {
                    places[member.key] = kept.count
                    kept.append(entry)
                }
            }
            self = .mapping(kept)
        }
    }

    /// A float as YAML 1.1 wants it: with a dot before the exponent.
    private static func text(_ double: Double) -> String {
        if double.isNaN { return ".nan" }
        if double.isInfinite { return double < 0 ? "-.inf" : ".inf" }
        let text = double.description
        guard let mark = text.firstIndex(of: "e"), !text.contains(".") else { return text }
        return text[..<mark] + ".0" + text[mark...]
    }
}
