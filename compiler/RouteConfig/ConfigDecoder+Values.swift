internal import RouteTable
internal import YAML

/// Single values in the forms that LiteLLM tolerates: numbers as strings, references anywhere.
extension ConfigDecoder {
    /// The value of a known key; nil when it is null or wrong (which is reported).
    func value(_ entry: YAMLEntry, _ key: ParameterKey, _ form: KnownKey.Form) -> ParameterValue? {
        let node = entry.value
        if node.isNull { return nil }
        let name = entry.key.text
        if form.isScalar, let text = node.scalar?.text, Reference(text, isSecret: false) != nil {
            // A typed value may be a reference too: the sidecar converts it when it loads.
            return self.text(node, isSecret: SecretMask.isSecretName(name)).map { .text($0) }
        }
        switch form {
        case .bool: return bool(node, name).map { .bool($0) }
        case .integer: return integer(node, name).map { .integer($0) }
        case .seconds: return scaled(node, name, by: 1000).map { .integer($0) }
        case .dollars: return scaled(node, name, by: 1e12).map { .integer($0) }
        case .mebibytes: return scaled(node, name, by: 1_048_576).map { .integer($0) }
        case .text: return text(node, isSecret: false, name).map { .text($0) }
        case .word(let words): return word(node, name, words).map { .text($0) }
        case .secret: return secret(node, name).map { .text($0) }
        case .token: return token(node, name).map { .text($0) }
        case .list: return list(node, name).map { .list($0) }
        case .pairs: return pairs(node, name).map { .list($0) }
        case .counts: return counts(node, name).map { .list($0) }
        case .json: return .json(JSONPieces.value(node, name))
        case .members: return members(node, name).map { .json($0) }
        }
    }

    /// Decodes the known parameters of a mapping into a set.
    func parameters(
        _ entries: [YAMLEntry],
        in section: KnownKey.Section,
        into set: inout ParameterSet
    ) {
        for entry in entries {
            guard
                case .parameter(let key, let form)? = KnownKey.find(section, entry.key.text)?.fate,
                let value = section == .virtualKey
                    ? value(entry, key, form) : setting(entry, key, form)
            else { continue }
            set[key] = value
        }
    }

    func wrong(_ node: YAMLNode, _ name: String, _ wanted: String) {
        if isClosing {
            sink.error(.wrongType, node.mark, "\(name) must be \(wanted)")
        } else {
            sink.warn(
                .wrongType,
                node.mark,
                "\(name) must be \(wanted); this setting is left out"
            )
        }
    }

    func bool(_ node: YAMLNode, _ name: String) -> Bool? {
        switch node.scalar?.value {
        case .bool(let bool): return bool
        case .integer(0): return false
        case .integer(1): return true
        case .string(let text):
            switch text.lowercased() {
            case "true", "yes", "on", "1": return true
            case "false", "no", "off", "0": return false
            default: break
            }
        default: break
        }
        wrong(node, name, "true or false")
        return nil
    }

    func number(_ node: YAMLNode) -> Double? {
        switch node.scalar?.value {
        case .integer(let integer): Double(integer)
        case .float(let double) where double.isFinite: double
        case .string(let text): Double(text).flatMap { $0.isFinite ? $0 : nil }
        default: nil
        }
    }

    func integer(_ node: YAMLNode, _ name: String) -> Int64? {
        if case .integer(let integer)? = node.scalar?.value, integer >= 0 { return integer }
        if let number = number(node), number >= 0, number < 9e18, number == number.rounded() {
            return Int64(number)
        }
        wrong(node, name, "a whole number, 0 or more")
        return nil
    }

    private func scaled(_ node: YAMLNode, _ name: String, by factor: Double) -> Int64? {
        guard let number = number(node), number >= 0, number * factor < 9e18 else {
            wrong(node, name, "a number, 0 or more")
            return nil
        }
        return Int64((number * factor).rounded())
    }

    /// A text as it stands, whatever its YAML type: `api_version: 2024-10-21` stays as written.
    func text(_ node: YAMLNode, isSecret: Bool, _ name: String = "") -> Text? {
        guard let scalar = node.scalar else {
            wrong(node, name, "a string")
            return nil
        }
        if case .null = scalar.value { return nil }
        if case .timestamp = scalar.value {
            sink.warn(
                .bareDate,
                node.mark,
                "\(name) without quotes is a date to YAML 1.1",
                hint: "quote it; LiteLLM leaves such a deployment out"
            )
        }
        if let reference = Reference(scalar.text, isSecret: isSecret) {
            return .reference(reference)
        }
        warnIfTemplate(scalar.text, node)
        return isSecret ? .secret(scalar.text) : .literal(scalar.text)
    }

    /// One of some words.
    private func word(_ node: YAMLNode, _ name: String, _ words: [String]) -> Text? {
        guard let text = node.scalar?.text, words.contains(text) else {
            wrong(node, name, words.joined(separator: " or "))
            return nil
        }
        return .literal(text)
    }

    /// A base URL. The sidecar takes none with a user in it: it would have to be sent as a header,
    /// which is what `api_key` is for.
    func baseURL(_ node: YAMLNode, _ name: String) -> Text? {
        let text = text(node, isSecret: false, name)
        if case .literal(let url)? = text, SecretMask.hasUserInformation(url) {
            sink.error(
                .userInURL,
                node.mark,
                "user name and password in a URL are not sent",
                hint: "use api_key or extra_headers"
            )
        }
        return text
    }

    /// Warns of `${NAME}` and `{{ … }}`, which nothing expands.
    func warnIfTemplate(_ text: String, _ node: YAMLNode) {
        guard Self.isTemplate(text) else { return }
        sink.warn(
            .notExpanded,
            node.mark,
            "this is taken as it stands; nothing expands it",
            hint: "write os.environ/NAME, or expand the file before compiling it"
        )
    }

    static func isTemplate(_ text: String) -> Bool {
        text.holds("${") || text.holds("{{")
    }

    /// A credential: empty is none, a placeholder is silent, any other literal is a warning.
    func secret(_ node: YAMLNode, _ name: String) -> Text? {
        guard let text = text(node, isSecret: true, name) else { return nil }
        guard case .secret(let value) = text else { return text }
        if value.isEmpty { return nil }
        if Placeholder.isPlaceholder(value) { return .literal(value) }
        if !Self.isTemplate(value) {
            sink.warn(
                .literalSecret,
                node.mark,
                "\(name) is written here in plain text",
                hint: "use os.environ/NAME or file:/path; the table holds what is written"
            )
        }
        return text
    }

    /// A token; a path, or LiteLLM's `oidc/…` for where one is, is no secret.
    private func token(_ node: YAMLNode, _ name: String) -> Text? {
        let text = node.scalar?.text ?? ""
        let isPlace = text.hasPrefix("/") || text.hasPrefix("oidc/")
        return isPlace ? self.text(node, isSecret: false, name) : secret(node, name)
    }

    func list(_ node: YAMLNode, _ name: String) -> [Text]? {
        let items = node.items ?? (node.scalar == nil ? nil : [node])
        guard let items else {
            wrong(node, name, "a list of strings")
            return nil
        }
        var result: [Text] = []
        for item in items {
            guard item.scalar != nil else {
                wrong(item, name, "a list of strings")
                continue
            }
            if let text = text(item, isSecret: false, name) { result.append(text) }
        }
        return result
    }

    private func pairs(_ node: YAMLNode, _ name: String) -> [Text]? {
        guard let entries = node.entries else {
            wrong(node, name, "a mapping of names and values")
            return nil
        }
        var result: [Text] = []
        for entry in entries {
            let isSecret = SecretMask.isSecretName(entry.key.text)
            guard let text = text(entry.value, isSecret: isSecret, entry.key.text) else { continue }
            result += [.literal(entry.key.text), text]
        }
        return result.isEmpty ? nil : result
    }

    private func members(_ node: YAMLNode, _ name: String) -> [Text]? {
        guard let entries = node.entries else {
            wrong(node, name, "a mapping")
            return nil
        }
        var builder = JSONPieces()
        for entry in entries { builder.addMember(entry.key.text, entry.value) }
        return builder.pieces.isEmpty ? nil : builder.pieces
    }

    private func counts(_ node: YAMLNode, _ name: String) -> [Text]? {
        guard let entries = node.entries else {
            wrong(node, name, "a mapping of names and counts")
            return nil
        }
        var result: [Text] = []
        for entry in entries {
            guard FailureKinds.isKnown(entry.key.text, in: name) else {
                sink.warn(
                    .unknownKey,
                    entry.keyMark,
                    "unknown key \(entry.key.text) in \(name)",
                    hint: FailureKinds.nearest(to: entry.key.text, in: name)
                        .map { "did you mean \($0)?" }
                )
                continue
            }
            guard var count = integer(entry.value, entry.key.text) else { continue }
            if FailureKinds.isRetries(name) { count = retries(count, entry) }
            result += [.literal(entry.key.text), .literal(String(count))]
        }
        return result.isEmpty ? nil : result
    }
}

/// The names in retry and failure policies (LiteLLM §5.4, §5.5).
enum FailureKinds {
    private static let kinds = [
        "BadRequestError", "AuthenticationError", "TimeoutError", "RateLimitError",
        "ContentPolicyViolationError", "InternalServerError", "ServiceUnavailableError",
        "BadGatewayError", "NotFoundError",
    ]

    private static func names(in policy: String) -> [String] {
        isRetries(policy)
            ? kinds.map { $0 + "Retries" } + ["DefaultRetries"]
            : kinds.map { $0 + "AllowedFails" }
    }

    /// The names of both kinds of policies.
    static let all = names(in: "retry_policy") + names(in: "")

    /// Whether a policy counts retries, and not failures.
    static func isRetries(_ policy: String) -> Bool { policy.hasSuffix("retry_policy") }

    static func isKnown(_ name: String, in policy: String) -> Bool {
        names(in: policy).contains(name)
    }

    static func nearest(to name: String, in policy: String) -> String? {
        names(in: policy).map { ($0, KnownKey.distance(name, $0)) }
            .filter { $0.1 <= 8 }.min { $0.1 < $1.1 }?.0
    }
}

/// Keys that people write where a server asks for none.
package enum Placeholder {
    private static let words: Set<String> = [
        "dummy", "empty", "none", "null", "na", "n/a", "no", "nokey", "no-key", "not-needed",
        "not_needed", "notneeded", "not-required", "unused", "ignored", "anything", "any", "local",
        "ollama", "lm-studio", "lmstudio", "vllm", "test", "placeholder", "xxx", "key", "api-key",
        "sk-local", "sk-test", "sk-xxx", "token-abc123", "-", "x", "sk-no-key-required",
    ]

    /// Whether a literal key is no secret.
    package static func isPlaceholder(_ value: String) -> Bool {
        let lower = value.lowercased()
        if words.contains(lower) { return true }
        return [
            "fake", "dummy", "placeholder", "not-needed", "no-key", "your-", "your_", "changeme",
        ]
        .contains { lower.holds($0) }
    }
}
