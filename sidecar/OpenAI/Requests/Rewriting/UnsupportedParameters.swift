internal import JSON

/// The parameters that a provider is known not to support, for `drop_params`.
///
/// Nothing is refused for them: where nothing says `drop_params`, everything is forwarded and the
/// upstream judges. LiteLLM answers 400 (`UnsupportedParamsError`) itself there.
package struct UnsupportedParameters: Hashable, Sendable {
    /// When a parameter is supported after all.
    package enum Exception: Hashable, Sendable {
        case never
        /// Its value is 1, the default.
        case one
        /// `reasoning_effort` is `none`, or not there.
        case withoutReasoning
        case oneOrWithoutReasoning
    }

    /// One parameter.
    package struct Parameter: Hashable, Sendable {
        /// UTF-8 without escapes.
        package let key: [UInt8]
        package let exception: Exception

        /// A parameter that is taken out but for the exception.
        package init(_ name: String, except exception: Exception = .never) {
            key = Array(name.utf8)
            self.exception = exception
        }
    }

    /// A parameter that the provider knows under another name, where LiteLLM translates it. The
    /// other name wins when both are there.
    package struct Rename: Hashable, Sendable {
        package let from: [UInt8]
        package let to: [UInt8]

        /// Both names are plain ASCII.
        package init(from: String, to: String) {
            self.from = Array(from.utf8)
            self.to = Array(to.utf8)
        }
    }

    package let parameters: [Parameter]
    package let renames: [Rename]

    /// Nothing is known.
    package static let none = UnsupportedParameters(parameters: [], renames: [])

    package init(parameters: [Parameter], renames: [Rename]) {
        self.parameters = parameters
        self.renames = renames
    }

    package var isEmpty: Bool { parameters.isEmpty && renames.isEmpty }

    /// Without those that `allowed_openai_params` names.
    package func allowing(_ names: [[UInt8]]) -> UnsupportedParameters {
        if names.isEmpty { return self }
        return UnsupportedParameters(
            parameters: parameters.filter { !names.contains($0.key) },
            renames: renames.filter { !names.contains($0.from) }
        )
    }

    /// The provider's name for a parameter; nil where it has OpenAI's.
    func newName(_ isKey: ([UInt8]) -> Bool) -> [UInt8]? {
        renames.first { isKey($0.from) }?.to
    }

    /// Whether a member is taken out.
    ///
    /// - Parameters:
    ///   - isKey: whether a name is the member's.
    ///   - value: where the value is in `document`.
    ///   - reasons: whether the request asks for reasoning.
    func exclude(
        _ isKey: ([UInt8]) -> Bool,
        _ document: RawSpan,
        value: Range<Int>,
        reasons: () -> Bool
    ) -> Bool {
        guard let parameter = parameters.first(where: { isKey($0.key) }) else { return false }
        func isOne() -> Bool { JSONScalars.double(of: document, at: value) == 1 }
        return switch parameter.exception {
        case .never: true
        case .one: !isOne()
        case .withoutReasoning: reasons()
        case .oneOrWithoutReasoning: reasons() && !isOne()
        }
    }

    /// Whether a `reasoning_effort` asks for any.
    static func reasons(_ document: RawSpan, value: Range<Int>) -> Bool {
        guard JSONWalker.kind(document, at: value.lowerBound) == .string else {
            return JSONWalker.kind(document, at: value.lowerBound) != .null
        }
        return !JSONScalars.isString(Array("none".utf8), in: document, at: value)
    }
}
