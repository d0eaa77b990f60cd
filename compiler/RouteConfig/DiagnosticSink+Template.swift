internal import Template

extension DiagnosticSink {
    /// Turns a problem of a template into a diagnostic.
    func report(_ problem: TemplateProblem) {
        let mark = problem.mark
        switch problem.kind {
        case .encoding:
            error(.yamlEncoding, mark, "invalid UTF-8", hint: "the file must be UTF-8 text")
        case .syntax(let message, let hint):
            error(.templateSyntax, mark, message, hint: hint)
        case .unsupported(let message, let hint):
            error(.templateUnsupported, mark, message, hint: hint)
        case .missing(let path, let name, let known):
            let near = KnownKey.nearest(to: name, of: known)
            error(
                .templateMissing,
                mark,
                "there is no value \(path)",
                hint: near.map { "did you mean \($0)?" }
                    ?? "give it with --values, or put it into {{#if \(path)}} … {{/if}}"
            )
        case .notScalar(let path, let isList):
            error(
                .templateMisplaced,
                mark,
                "\(path) is a \(isList ? "list" : "mapping"), and only a scalar can stand here",
                hint: isList ? "go through it with {{#each \(path)}}" : "name one of its values"
            )
        case .misplaced(let message, let hint):
            error(.templateMisplaced, mark, message, hint: hint)
        case .limit(let message):
            error(.templateLimit, mark, message)
        }
    }
}
