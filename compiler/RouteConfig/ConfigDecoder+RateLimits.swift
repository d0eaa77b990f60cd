internal import RouteTable
internal import YAML

/// Limits of keys, users and teams (`docs/limits.md`). A limit that cannot be read is an error:
/// left out, it would open what was to be closed.
extension ConfigDecoder {
    /// LiteLLM's two spellings of each limit, and the one that the table has.
    private static let limitNames: [(name: String, key: ParameterKey, stored: String)] = [
        ("rpm", .requestsPerMinute, "rpm"),
        ("rpm_limit", .requestsPerMinute, "rpm"),
        ("tpm", .tokensPerMinute, "tpm"),
        ("tpm_limit", .tokensPerMinute, "tpm"),
        ("max_parallel_requests", .parallelRequestsMax, "max_parallel_requests"),
    ]
    /// A key's limits for single models.
    private static let modelLimits: [(name: String, key: ParameterKey)] = [
        ("model_rpm_limit", .keyModelRequestsPerMinute),
        ("model_tpm_limit", .keyModelTokensPerMinute),
    ]

    /// The limits of an entry of `sidegate.keys`.
    func keyLimits(_ entries: [YAMLEntry], into parameters: inout ParameterSet) {
        for (name, key, _) in Self.limitNames {
            for entry in entries where entry.key.text == name {
                guard let value = limit(entry) else { continue }
                if case .reference = value {
                    parameters[key] = .text(value)
                } else if case .literal(let digits) = value, let number = Int64(digits) {
                    parameters[key] = .integer(number)
                }
            }
        }
        // In LiteLLM both may stand in the metadata; beside it they count first.
        let metadata = entries.first { $0.key.text == "metadata" }?.value.entries ?? []
        for (name, key) in Self.modelLimits {
            guard
                let entry = entries.first(where: { $0.key.text == name })
                    ?? metadata.first(where: { $0.key.text == name }),
                let pieces = limits(of: entry)
            else { continue }
            parameters[key] = .json(pieces)
        }
    }

    /// `sidegate.users` and `sidegate.teams`: limits by name.
    mutating func sharedLimits(_ section: YAMLEntry, _ key: ParameterKey) {
        var builder = JSONPieces()
        for subject in mapping(section) {
            check(mapping(subject), in: .sharedLimits)
            var members = JSONPieces()
            var found: [String: Text] = [:]
            for entry in subject.value.entries ?? [] {
                guard let known = Self.limitNames.first(where: { $0.name == entry.key.text }),
                    let value = limit(entry)
                else { continue }
                found[known.stored] = value
            }
            for (name, value) in found.sorted(by: { $0.key < $1.key }) {
                members.addLimit(name, value)
            }
            if !members.isEmpty {
                builder.addMember(subject.key.text, json: members.object())
            }
        }
        if !builder.isEmpty { config.settings[key] = .json(builder.object()) }
    }

    /// A mapping of models and limits.
    private func limits(of entry: YAMLEntry) -> [Text]? {
        var builder = JSONPieces()
        for member in mapping(entry) {
            if let value = limit(member, in: entry.key.text) {
                builder.addLimit(member.key.text, value)
            }
        }
        return builder.isEmpty ? nil : builder.object()
    }

    /// Digits of a whole number of 1 or more, or a reference; nil where there is nothing.
    private func limit(_ entry: YAMLEntry, in section: String? = nil) -> Text? {
        let node = entry.value
        if node.isNull { return nil }
        if let text = node.scalar?.text, let reference = Reference(text, isSecret: false) {
            return .reference(reference)
        }
        if let number = number(node), number >= 1, number < 9e15, number == number.rounded() {
            return .literal(String(Int64(number)))
        }
        let name = section.map { "\(entry.key.text) in \($0)" } ?? entry.key.text
        sink.error(
            .wrongType,
            node.mark,
            "\(name) must be a whole number, 1 or more",
            hint: "a key that may do nothing is blocked: true; without a limit leave it out"
        )
        return nil
    }

    /// `sidegate.rate_limits`: whether limits are shared, and among whom.
    mutating func rateLimits(_ section: YAMLEntry) {
        let entries = mapping(section)
        check(entries, in: .rateLimits)
        parameters(entries, in: .rateLimits, into: &config.settings)
        for entry in entries {
            if case .text(.literal(let namespace))? = config.settings[.rateLimitNamespace],
                entry.key.text == "namespace", !Self.isNamespace(namespace)
            {
                wrong(entry.value, "namespace", "of letters, digits, dots and hyphens")
                config.settings[.rateLimitNamespace] = nil
            }
        }
    }

    /// It stands between braces in keys, which braces of its own would end.
    private static func isNamespace(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
    }
}

extension JSONPieces {
    /// Digits as a number, a reference as a text that is one.
    fileprivate mutating func addLimit(_ name: String, _ value: Text) {
        if case .literal(let digits) = value {
            addMember(name, json: [.literal(digits)])
        } else {
            addMember(name, text: value)
        }
    }
}
