/// `docs/configuration.md`, made of the table of known keys.
package enum ConfigDocument {
    /// The page, with the end of its last line.
    package static var text: String {
        KnownKey.Section.allCases.map(section).reduce(beginning) { $0 + "\n" + $1 }
    }

    private static let beginning = """
        # Configuration

        Every key that `sidegatec` knows, by the mapping it stands in. This page, the [JSON Schema](sidegatec.md#the-schema) and
        the checks come of one table; `sidegatec schema --document` prints the page.

        A key is compiled, or has no effect here for a reason, which is a warning, or is an error. Null, and for keys without effect also
        `false`, an empty text, list or mapping, ask for nothing and are silent. What would weaken access, content or spending if it were
        left out is an error (SG0028) unless its line says that it is meant: `# sidegate: allow(SG0028)`.

        | type | takes |
        |---|---|
        | bool | `true`, `false`, the other words of YAML 1.1, 0 and 1; quoted too |
        | count | a whole number, 0 or more; quoted too |
        | seconds, dollars, mebibytes | a number, 0 or more; quoted too |
        | text | any scalar, as it is written |
        | secret | a text, which is warned of unless it is a reference |
        | texts | a list of texts, or one |
        | pairs | a mapping of names and texts |
        | retries, failures | a mapping of LiteLLM's kinds, such as `TimeoutErrorRetries` or `TimeoutErrorAllowedFails`, and counts |
        | limit | a whole number, 1 or more |
        | anything | any value, kept as it stands |

        Wherever one value is wanted that the compiler need not know, `os.environ/NAME` or `file:/path` may stand for it; names and types of
        this page that say `name` take none. A value of another type is left out with a warning, or is an error where the last column says so.

        """

    private static func section(_ section: KnownKey.Section) -> String {
        let keys = KnownKey.all.filter { $0.section == section }
        var text = "## \(heading(section))\n\n\(section.unknownKeys.rawValue)\n"
        let compiled = keys.filter(\.isCompiled)
        if !compiled.isEmpty {
            text += "\n| key | type | what it does |\n|---|---|---|\n"
            text += compiled.map(row).joined()
        }
        text += grouped(keys, "An error unless its line allows it:") { key in
            guard case .guarded(let what, let reason) = key.fate else { return nil }
            return "\(what.rawValue): \(reason)"
        }
        text += grouped(keys, "An error:") { key in
            guard case .refused(let reason) = key.fate else { return nil }
            return reason
        }
        text += grouped(keys, "Without effect, with a warning:") { key in
            guard case .noEffect(let reason) = key.fate else { return nil }
            return reason
        }
        return text
    }

    private static func row(_ key: KnownKey) -> String {
        let required = key.section.required.contains(key.name) ? " It must be there." : ""
        let weight = key.isStrict ? " Another type is an error." : ""
        return "| `\(key.name)` | \(key.shape.title) | \(key.summary)\(required)\(weight) |\n"
    }

    /// Keys by the reason that they share, in the order of their rows.
    private static func grouped(
        _ keys: [KnownKey],
        _ title: String,
        _ reason: (KnownKey) -> String?
    ) -> String {
        var order: [String] = []
        var names: [String: [String]] = [:]
        for key in keys {
            guard let reason = reason(key) else { continue }
            if names[reason] == nil { order.append(reason) }
            names[reason, default: []].append("`\(key.name)`")
        }
        guard !order.isEmpty else { return "" }
        let rows = order.map { reason in
            "| \((names[reason] ?? []).joined(separator: ", ")) | \(reason) |\n"
        }
        return "\n\(title)\n\n| keys | because, and what to do instead |\n|---|---|\n"
            + rows.joined()
    }

    private static func heading(_ section: KnownKey.Section) -> String {
        section == .root ? "The top level" : section.rawValue
    }

    /// Where a section's heading is, as Markdown makes it an anchor.
    static func anchor(_ section: KnownKey.Section) -> String {
        heading(section).lowercased().filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
            .replacing(" ", with: "-")
    }
}

extension KnownKey {
    /// Whether it does something here.
    package var isCompiled: Bool {
        switch fate {
        case .parameter, .handled: true
        case .noEffect, .guarded, .refused: false
        }
    }
}

extension KnownKey.Shape {
    /// What the page calls the type.
    var title: String {
        switch self {
        case .form(let form): form.title
        case .any: "anything"
        case .flag: "bool, no reference"
        case .name: "name"
        case .string: "text"
        case .baseURL: "URL"
        case .number: "a number, 0 or more"
        case .order: "a whole number"
        case .limit: "limit"
        case .range(let range):
            range.upperBound == .max
                ? "a whole number, \(range.lowerBound) or more"
                : "a whole number, \(range.lowerBound) to \(range.upperBound)"
        case .limitsByModel: "a mapping of models and limits"
        case .strategy(let isGroup): Self.strategies(isGroup: isGroup)
        case .arguments: "a mapping of the strategy's arguments"
        case .fallbacks: "a list of `model: [models]`"
        case .policies: "a mapping of models and retries"
        case .aliases:
            "a mapping of names to a name, a list of names or [`{model, hidden}`]"
                + "(#\(ConfigDocument.anchor(.groupAlias)))"
        case .models: "a list of names"
        case .priorities: "a mapping of models and whole numbers, 1 or more"
        case .groups: "a list of lists of names"
        case .names: "texts"
        case .hosts: "a list of hosts, or one"
        case .paths: "a list of paths, or one"
        case .date: "a date, a date with a time, or seconds since 1970"
        case .digest: "64 hexadecimal digits"
        case .key: "64 hexadecimal digits, or a reference to the key"
        case .mapping: "a mapping"
        case .variables: "a mapping of names and texts"
        case .section(let section, _): "[mapping](#\(ConfigDocument.anchor(section)))"
        case .sections(let section): "a list of [mappings](#\(ConfigDocument.anchor(section)))"
        case .named(let section):
            "a mapping of names and [mappings](#\(ConfigDocument.anchor(section)))"
        }
    }

    private static func strategies(isGroup: Bool) -> String {
        let names = KnownStrategy.all.map(\.name) + (isGroup ? ["priority"] : [])
        return names.map { "`\($0)`" }.joined(separator: ", ")
    }
}

extension KnownKey.Form {
    /// What the page calls the type.
    var title: String {
        switch self {
        case .bool: "bool"
        case .integer: "count"
        case .seconds: "seconds"
        case .dollars: "dollars"
        case .mebibytes: "mebibytes"
        case .text: "text"
        case .word(let words): words.map { "`\($0)`" }.joined(separator: ", ")
        case .secret: "secret"
        case .token: "secret, path or `oidc/…`"
        case .list: "texts"
        case .pairs: "pairs"
        case .counts: "retries, failures"
        case .json: "anything"
        case .members: "a mapping"
        }
    }
}
