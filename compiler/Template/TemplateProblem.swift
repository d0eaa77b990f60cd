package import YAML

/// What is wrong with a template, with its values, or with where a value stands.
package struct TemplateProblem: Hashable, Sendable {
    /// What happened; the texts are parts of sentences.
    package enum Kind: Hashable, Sendable {
        /// The bytes are not UTF-8, at this place.
        case encoding
        /// Handlebars has no such form.
        case syntax(String, hint: String?)
        /// Handlebars has it, this engine has not.
        case unsupported(String, hint: String?)
        /// A path that leads to nothing, and the names that are there instead.
        case missing(path: String, name: String, known: [String])
        /// A mapping or list where only a scalar can stand.
        case notScalar(path: String, isList: Bool)
        /// A value that cannot stand where the template puts it, and why.
        case misplaced(String, hint: String?)
        /// A limit is reached.
        case limit(String)
    }
    /// What happened.
    package var kind: Kind
    /// In the template.
    package var mark: YAMLMark
}

/// The limits of a template; what is beyond gives a problem, never a crash or a hang.
package struct TemplateLimits: Hashable, Sendable {
    /// Of the rendered text.
    package var outputBytesMax = 64 << 20
    /// Tags, and the texts between them.
    package var piecesMax = 400_000
    /// Blocks inside of blocks.
    package var depthMax = 64
    /// Runs of the bodies of all `#each`, together.
    package var iterationsMax = 1_000_000
    /// Problems after which the rest are left out.
    package var problemsMax = 100

    /// The defaults.
    package init() {}
}

/// Carries the problem that ends the work on a template.
struct TemplateFailure: Error {
    let kind: TemplateProblem.Kind
    /// In bytes of the template.
    let offset: Int

    init(_ kind: TemplateProblem.Kind, at offset: Int) {
        self.kind = kind
        self.offset = offset
    }
}
