internal import YAML

extension DiagnosticSink {
    /// Turns a problem of the YAML itself into a diagnostic.
    ///
    /// - Parameter isTemplate: Whether the file has the marks of a template in it.
    func report(_ problem: YAMLProblem, isTemplate: Bool = false) {
        let mark = problem.mark
        switch problem.kind {
        case .syntax(let message, let context):
            let title = context.isEmpty ? message : "\(message) \(context)"
            let hint = isTemplate ? Self.templateHint : Self.syntaxHint(message)
            error(.yamlSyntax, mark, title, hint: hint)
        case .encoding(let message):
            error(.yamlEncoding, mark, message, hint: "the file must be UTF-8 text")
        case .duplicateKey(let key, let first):
            warn(
                .duplicateKey,
                mark,
                "duplicate key \(key), first on line \(origin(of: first).line)",
                hint: "the last one wins"
            )
        case .unknownAlias:
            // Without its name, which may be a password that begins with a star; the line shows it
            // where it is none.
            error(
                .yamlAlias,
                mark,
                "undefined alias",
                hint: "a plain * must be quoted: \"*\""
            )
        case .recursiveAlias(let name):
            error(.yamlAlias, mark, "alias *\(name) stands inside the node that it names")
        case .badMerge:
            error(.yamlMerge, mark, "<< takes a mapping or a list of mappings")
        case .badKey:
            let hint = isTemplate ? Self.templateHint : nil
            error(.yamlKey, mark, "a key must be a scalar", hint: hint)
        case .badTag:
            // Likewise.
            error(.yamlTag, mark, "cannot construct a value for this tag")
        case .tooLarge(let max):
            error(.yamlLimit, mark, "the file is larger than \(max >> 20) MiB")
        case .tooDeep(let max):
            error(.yamlLimit, mark, "nested deeper than \(max) levels")
        case .tooManyNodes(let max):
            error(
                .yamlLimit,
                mark,
                "more than \(max) nodes",
                hint: "every alias counts as much as what it stands for"
            )
        case .tooManyKeys(let max): error(.yamlLimit, mark, "more than \(max) keys in a mapping")
        case .tooManyDocuments(let max): error(.yamlLimit, mark, "more than \(max) documents")
        }
    }

    private static let templateHint = "this looks like a template; give its values with --values"

    private static func syntaxHint(_ message: String) -> String? {
        if message.contains("character that cannot start any token") {
            return "indent with spaces, not tabs; quote values that begin with @, ` or %"
        }
        if message.contains("mapping values are not allowed") {
            return "quote a value that holds \": \""
        }
        return nil
    }
}
