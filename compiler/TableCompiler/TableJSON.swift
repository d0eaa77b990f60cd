internal import Cryptography
internal import ProviderData
internal import RouteConfig
package import RouteTable
internal import Routing

/// A table's contents as JSON, with secrets masked.
package enum TableJSON {
    /// One object, indented, with its end of line.
    package static func render(_ contents: TableContents, _ facts: TableFacts) -> String {
        let (contents, cases) = TableMask.masked(contents, facts.worstCases)
        let models = contents.models.enumerated().map { index, shown in
            model(shown, cases.indices.contains(index) ? cases[index] : nil)
        }
        let value = JSONTree.object([
            ("digest", .text(facts.digest)),
            ("generation", .raw(String(contents.generation))),
            ("signed_by", .array(facts.signers.map { .text($0) })),
            ("settings", parameters(contents.settings)),
            ("models", .array(models)),
            ("aliases", .array(contents.aliases.map(alias))),
            ("credentials", .array(contents.credentials.map(credential))),
            ("virtual_keys", .array(contents.virtualKeys.map(virtualKey))),
            ("fallbacks", .array(contents.fallbacks.map(fallback))),
            (
                "environment",
                .object(contents.environment.map { ($0.name, .text(MaskedText.of($0.value))) })
            ),
        ])
        return value.render() + "\n"
    }

    private static func model(_ model: Model, _ worst: WorstCase?) -> JSONTree {
        var members: [(String, JSONTree)] = [("name", .text(model.name))]
        if let worst { members.append(("worst_case", worstCase(worst))) }
        members += [
            ("parameters", parameters(model.parameters)),
            ("deployments", .array(model.deployments.map(deployment))),
        ]
        return .object(members)
    }

    static func worstCase(_ worst: WorstCase) -> JSONTree {
        .object([
            ("attempts", .raw(String(worst.attempts))),
            ("attempts_known", .raw(worst.areAttemptsKnown ? "true" : "false")),
            ("groups", .array(worst.groups.map { .text($0) })),
            ("seconds", .raw(worst.seconds)),
            ("seconds_known", .raw(worst.isTimeKnown ? "true" : "false")),
        ])
    }

    private static func deployment(_ deployment: Deployment) -> JSONTree {
        var members: [(String, JSONTree)] = [
            ("id", .text(deployment.id.text)),
            (
                "provider",
                Provider.coded(deployment.provider).map { .text($0.prefix) } ?? .raw("null")
            ),
            ("model", .text(MaskedText.of(deployment.upstreamModel))),
        ]
        if let base = deployment.apiBase {
            members.append(("api_base", .text(MaskedText.of(base))))
        }
        if let index = deployment.credential { members.append(("credential", .raw(String(index)))) }
        members.append(("weight_thousandths", .raw(String(deployment.weight))))
        if let order = deployment.order { members.append(("order", .raw(String(order)))) }
        members.append(("parameters", parameters(deployment.parameters)))
        return .object(members)
    }

    private static func alias(_ alias: Alias) -> JSONTree {
        .object([
            ("name", .text(alias.name)),
            ("targets", .array(alias.targets.map { .text($0) })),
            ("hidden", .raw(alias.isHidden ? "true" : "false")),
        ])
    }

    private static func credential(_ credential: Credential) -> JSONTree {
        .object([
            ("name", .text(credential.name)),
            ("parameters", parameters(credential.parameters)),
        ])
    }

    private static func virtualKey(_ key: VirtualKey) -> JSONTree {
        .object([
            ("sha256", .text(Hex.encode(key.digest))),
            ("parameters", parameters(key.parameters)),
        ])
    }

    private static func fallback(_ rule: FallbackRule) -> JSONTree {
        .object([
            ("trigger", .text("\(rule.trigger)")),
            ("model", .text(rule.model)),
            ("targets", .array(rule.targets.map { .text($0) })),
        ])
    }

    private static func parameters(_ set: ParameterSet) -> JSONTree {
        .object(
            set.sorted { $0.key.rawValue < $1.key.rawValue }.map { key, value in
                ("\(key)", parameter(key, value))
            }
        )
    }

    private static func parameter(_ key: ParameterKey, _ value: ParameterValue) -> JSONTree {
        switch value {
        case .bool(let bool): .raw(bool ? "true" : "false")
        case .integer(let integer): .raw(String(integer))
        case .number(let number): .raw(number.isFinite ? PythonText.repr(number) : "null")
        case .text(let text): .text(MaskedText.of(text))
        case .list(let list): .array(list.map { .text(MaskedText.of($0)) })
        case .json(let pieces): .raw(MaskedText.json(pieces, key))
        case .digest(let bytes): .text(MaskedText.digest(bytes))
        }
    }
}

/// Texts as `inspect` may show them.
enum MaskedText {
    /// A reference as it was written, a secret as `***`.
    static func of(_ text: Text) -> String {
        switch text {
        case .literal(let value): return value
        case .secret: return "***"
        case .reference(let reference):
            let required = reference.isRequired ? " (required)" : ""
            switch reference.kind {
            case .environment: return "os.environ/" + reference.name + required
            case .file: return "file:" + reference.name + required
            }
        }
    }

    /// JSON text again; what is stored as members gets its braces.
    static func json(_ pieces: [Text], _ key: ParameterKey) -> String {
        let text = pieces.map { piece in
            switch piece {
            case .literal(let literal): literal
            case .secret, .reference: JSONText.quoted(of(piece))
            }
        }.joined()
        return key == .defaultParameters || key == .extraBody ? "{" + text + "}" : text
    }

    /// Enough to compare, too little to try keys against.
    static func digest(_ bytes: [UInt8]) -> String {
        "sha256:" + Hex.encode(Array(bytes.prefix(4))) + "…"
    }
}

/// A JSON value to print; `raw` is JSON text already.
indirect enum JSONTree {
    case raw(String)
    case text(String)
    case array([JSONTree])
    case object([(String, JSONTree)])

    func render(indent: String = "") -> String {
        let inner = indent + "  "
        switch self {
        case .raw(let text): return text
        case .text(let text): return JSONText.quoted(text)
        case .array(let items):
            if items.isEmpty { return "[]" }
            let lines = items.map { inner + $0.render(indent: inner) }
            return "[\n" + lines.joined(separator: ",\n") + "\n" + indent + "]"
        case .object(let members):
            if members.isEmpty { return "{}" }
            let lines = members.map { name, value in
                inner + JSONText.quoted(name) + ": " + value.render(indent: inner)
            }
            return "{\n" + lines.joined(separator: ",\n") + "\n" + indent + "}"
        }
    }
}
