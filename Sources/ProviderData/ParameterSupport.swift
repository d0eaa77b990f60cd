/// What a provider is known not to take of OpenAI's chat parameters, for `drop_params`.
///
/// Only what is known stands here: a parameter that is not OpenAI's is never in it, nor one that
/// depends on facts about single models that only a price list has.
package struct ParameterSupport: Hashable, Sendable {
    /// When a parameter is taken after all.
    package enum Exception: Hashable, Sendable {
        case never
        /// Its value is 1, the default.
        case one
        /// `reasoning_effort` is `none`, or not there.
        case withoutReasoning
        case oneOrWithoutReasoning
    }

    /// A parameter that is not taken.
    package struct Unsupported: Hashable, Sendable {
        package let name: String
        package let exception: Exception
    }

    /// A parameter that the provider calls otherwise, where LiteLLM translates it.
    package struct Rename: Hashable, Sendable {
        /// OpenAI's name.
        package let from: String
        /// The provider's.
        package let to: String
    }

    package private(set) var unsupported: [Unsupported] = []
    package private(set) var renamed: [Rename] = []

    /// Everything is taken, as far as is known.
    package static let full = ParameterSupport()

    private init() {}

    /// Without the names, which spaces separate.
    func without(_ names: String, except exception: Exception = .never) -> ParameterSupport {
        var support = self
        for name in names.split(separator: " ") {
            support.unsupported.append(Unsupported(name: String(name), exception: exception))
        }
        return support
    }

    /// With another name for a parameter.
    func calling(_ from: String, _ to: String) -> ParameterSupport {
        var support = self
        support.renamed.append(Rename(from: from, to: to))
        return support
    }
}
