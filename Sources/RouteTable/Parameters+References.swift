/// A parameter whose reference has a value that its key cannot take.
package struct UnreadableParameter: Hashable, Sendable, CustomStringConvertible {
    package let key: ParameterKey
    /// The reference as the configuration writes it. Its value may be a secret and is not kept.
    package let reference: String

    package var description: String {
        let wanted =
            switch key.scalarForm {
            case .bool: "true or false"
            case .integer: "a whole number, 0 or more"
            default: "a number, 0 or more"
            }
        return "\(reference) is not \(wanted), which \(key) needs"
    }
}

/// Numbers and yes-or-no values that may be references: the one place where their texts are read.
extension Parameters {
    /// A yes or no; nil when it is absent, has no value, or cannot be read.
    package func bool(_ key: ParameterKey, using values: ReferenceValues) -> Bool? {
        guard let text = string(key, using: values) else { return bool(key) }
        switch text.trimmedASCII.lowercased() {
        case "true", "yes", "on", "1": return true
        case "false", "no", "off", "0": return false
        default: return nil
        }
    }

    /// A whole number in the key's own unit; nil when it is absent, has no value, or cannot be
    /// read. Never negative where it was a reference.
    package func integer(_ key: ParameterKey, using values: ReferenceValues) -> Int? {
        guard let text = string(key, using: values) else { return integer(key) }
        let trimmed = text.trimmedASCII
        switch key.scalarForm {
        case .integer:
            if let integer = Int(trimmed) { return integer >= 0 ? integer : nil }
            guard let number = scaled(trimmed, by: 1), Double(number) == Double(trimmed) else {
                return nil
            }
            return number
        case .scaled(let factor): return scaled(trimmed, by: factor)
        case .bool, nil: return nil
        }
    }

    /// Parameters whose references have values that cannot be read as the keys need them.
    package func unreadable(using values: ReferenceValues) -> [UnreadableParameter] {
        ParameterKey.allCases.compactMap { key in
            guard let form = key.scalarForm,
                case .reference(let index)? = text(key)?.kind, values[index] != nil
            else { return nil }
            let isReadable =
                form == .bool ? bool(key, using: values) != nil : integer(key, using: values) != nil
            return isReadable
                ? nil
                : UnreadableParameter(key: key, reference: table.references[index].description)
        }
    }

    private func scaled(_ text: String, by factor: Double) -> Int? {
        guard let number = Double(text), number >= 0, number * factor < 9e18 else { return nil }
        return Int((number * factor).rounded())
    }
}

extension Reference: CustomStringConvertible {
    /// As the configuration writes it: `os.environ/NAME` or `file:/path`.
    package var description: String {
        switch kind {
        case .environment: "os.environ/" + name
        case .file: "file:" + name
        }
    }
}

extension String {
    /// Without blanks and line ends around it.
    fileprivate var trimmedASCII: String {
        var bytes = self[...]
        while let last = bytes.utf8.last, last <= 0x20 { bytes = bytes.dropLast() }
        while let first = bytes.utf8.first, first <= 0x20 { bytes = bytes.dropFirst() }
        return String(bytes)
    }
}
