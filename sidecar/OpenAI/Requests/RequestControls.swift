/// What a request itself says about its routing, its rewriting and its caching: LiteLLM's control
/// fields (LiteLLM §3.5, §5.3, §5.6, §5.8, §7.4). They never reach an upstream.
///
/// They are read only where `RequestFacts.hasControls` or `MultipartFacts.hasControls` says that
/// there are any, or a header does; `none` stands for all other requests. `null` is as if the field
/// were not there. What is of a wrong type or out of range answers 400, with the field as `param`.
package struct RequestControls: Hashable, Sendable {
    /// `num_retries`: 0 to 100.
    package var numRetries: Int?
    /// `timeout` in milliseconds; seconds in the request, as a number or a text of one. 0 is none,
    /// as in Python.
    package var timeoutMS: Int?
    /// `request_timeout`, likewise.
    package var requestTimeoutMS: Int?
    /// `stream_timeout`, likewise.
    package var streamTimeoutMS: Int?
    /// `fallbacks` as a list of names, or of objects with a `model`, in order. Also an empty one.
    package var fallbacks: [FallbackTarget]?
    /// `fallbacks` in the shape that the configuration has, for some models.
    package var fallbackRules: [ModelFallbacks]?
    package var contextWindowFallbacks: [ModelFallbacks]?
    package var contentPolicyFallbacks: [ModelFallbacks]?
    package var disablesFallbacks = false
    /// `tags`, `metadata.tags` and `litellm_metadata.tags`, each once.
    package private(set) var tags: [String] = []
    /// `drop_params`; nil leaves it to the table.
    package var dropParams: Bool?
    /// `additional_drop_params`, beside those of the table.
    package var additionalDropParams: [DropPath] = []
    /// `allowed_openai_params`, beside those of the table, as UTF-8.
    package var allowedOpenAIParams: [[UInt8]] = []
    /// `allowed_model_region`: `eu`, `us`, or a region's own name.
    package var allowedModelRegion: String?
    /// `cache`, joined with `Cache-Control`.
    package var cache: CacheControls?

    /// The most retries that a request may ask for.
    package static let retriesMax = 100
    /// The longest time that a request may ask for, in seconds: a day.
    package static let secondsMax = 86_400.0
    /// The most fallbacks, and the most rules of a kind.
    package static let fallbacksMax = 16
    /// The most bytes of a model's name.
    package static let nameBytesMax = 512
    /// The most tags of a request.
    package static let tagsMax = 64
    /// The most bytes of one tag.
    package static let tagBytesMax = 128
    /// The most entries of `additional_drop_params` and `allowed_openai_params`.
    package static let parametersMax = 64

    /// A request that says nothing.
    package static let none = RequestControls()

    /// Says nothing yet.
    package init() {}

    /// The models that the request names for where `model` fails for good; nil where it names none.
    package func fallbacks(of model: String) -> [FallbackTarget]? {
        fallbacks ?? fallbackRules?.fallbacks(of: model).map { $0.map { FallbackTarget(name: $0) } }
    }

    /// Adds tags; empty ones are none, and one that is there already is the same.
    ///
    /// - Parameter name: the field or header to blame when there are too many.
    mutating func add(tags more: [String], _ name: String) throws(OpenAIError) {
        for tag in more where !tag.isEmpty && !tags.contains(tag) {
            guard tags.count < RequestControls.tagsMax,
                tag.utf8.count <= RequestControls.tagBytesMax
            else {
                throw .invalidControl(
                    name,
                    wanted: "at most \(RequestControls.tagsMax) tags of at most "
                        + "\(RequestControls.tagBytesMax) bytes"
                )
            }
            tags.append(tag)
        }
    }
}
