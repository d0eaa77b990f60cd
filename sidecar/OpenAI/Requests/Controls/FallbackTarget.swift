internal import JSON

/// One of the models that a request names for the case that its own fails.
package struct FallbackTarget: Hashable, Sendable {
    package let name: String
    /// Members that replace the request's (`RequestPolicy.overrides`): no model, no credentials.
    package let overrides: MemberTexts

    package init(name: String, overrides: MemberTexts = .none) {
        self.name = name
        self.overrides = overrides
    }
}

/// A rule of LiteLLM's shape, `{"gpt-4o": ["a", "b"]}`: where one model fails, the others are tried
/// in order.
package struct ModelFallbacks: Hashable, Sendable {
    /// A model's name, or `*` for any.
    package let model: String
    package let fallbacks: [String]

    package init(model: String, fallbacks: [String]) {
        self.model = model
        self.fallbacks = fallbacks
    }
}

extension [ModelFallbacks] {
    /// What stands for a model: the first rule of its name, else the first of `*`; nil for none.
    package func fallbacks(of model: String) -> [String]? {
        (first { $0.model == model } ?? first { $0.model == "*" })?.fallbacks
    }

    /// The first rule of each name.
    package var byModel: [String: [String]] {
        Dictionary(map { ($0.model, $0.fallbacks) }) { first, _ in first }
    }
}
