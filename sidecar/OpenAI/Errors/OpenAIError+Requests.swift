internal import JSON

// What can be wrong with a request itself (LiteLLM §4.3, V106).
extension OpenAIError {
    static func invalid(_ message: String, param: String?) -> OpenAIError {
        OpenAIError(status: 400, param: param, message: message, errorClass: .badRequest)
    }

    /// A body that is no JSON object.
    static func invalidJSON(_ error: JSONError) -> OpenAIError {
        if error == .outOfMemory { return .memoryExhausted }
        return invalid("Invalid JSON payload: \(error)", param: "request_body")
    }

    /// `model` is there twice: the upstream might take the one that was not checked.
    static let duplicateModel = invalid("model is given more than once", param: "model")

    /// `model` is no string.
    static let invalidModel = invalid("model must be a string", param: "model")

    /// A field that could make a gateway pretend failures.
    static func mockTestingRefused(_ field: String) -> OpenAIError {
        invalid("\(field) is not allowed in a request", param: field)
    }

    /// A field or header for the gateway that is not what is wanted, such as "a number of seconds".
    static func invalidControl(_ name: String, wanted: String) -> OpenAIError {
        invalid("\(name) must be \(wanted)", param: name)
    }

    /// A member of a fallback target that it cannot have.
    static func refusedOverride(_ key: String, reason: String) -> OpenAIError {
        invalid("fallbacks cannot set \(shortened(key)): \(reason)", param: "fallbacks")
    }

    /// A form whose parts cannot be read.
    static func invalidMultipart(_ reason: String) -> OpenAIError {
        invalid("Invalid multipart payload: \(reason)", param: "request_body")
    }

    /// Nothing serves the model, or the client named none (nil).
    package static func unknownModel(_ name: String?) -> OpenAIError {
        let name = name.map { OpenAIError.shortened($0) } ?? "None"
        return invalid(
            "You passed in model=\(name). There are no healthy deployments for this model.",
            param: "model"
        )
    }

    /// A client's text as an answer repeats it: enough to know it again.
    static func shortened(_ text: String) -> String {
        text.utf8.count <= 256 ? text : String(text.prefix(256)) + "…"
    }

    /// A field that the endpoint cannot do without.
    package static func missingField(_ name: String) -> OpenAIError {
        invalid("Missing required parameter: '\(name)'.", param: name)
    }

    /// A parameter that the chosen provider does not have.
    package static func unsupportedParameter(_ name: String, provider: String) -> OpenAIError {
        OpenAIError(
            status: 400,
            param: name,
            message: "litellm.UnsupportedParamsError: \(provider) does not support parameters: "
                + "['\(name)']. To drop these, set `litellm_settings: drop_params: true`.",
            errorClass: .unsupportedParams
        )
    }

    /// A media type that the endpoint does not take.
    package static func unsupportedMediaType(_ wanted: String) -> OpenAIError {
        OpenAIError(
            status: 415,
            message: "The request's content type must be \(wanted).",
            errorClass: .badRequest
        )
    }

    /// A path that nothing serves.
    package static var unknownPath: OpenAIError {
        detail(404, "Not Found", .notFound)
    }

    /// A method that the path does not have; `allow` lists those it has, comma-separated.
    package static func methodNotAllowed(allow: String) -> OpenAIError {
        var error = detail(405, "Method Not Allowed", .methodNotAllowed)
        error.allow = allow
        return error
    }

    /// `/v1/models/{id}` of a model that is not there for this client.
    package static func unknownListedModel(_ name: String) -> OpenAIError {
        detail(
            404,
            "The model `\(shortened(name))` does not exist or is not accessible",
            .notFound
        )
    }

    /// An endpoint of OpenAI's that keeps state, which this gateway does not.
    package static func unsupportedEndpoint(_ path: String) -> OpenAIError {
        OpenAIError(
            status: 501,
            message: "\(shortened(path)) is not supported by this gateway.",
            errorClass: .notImplemented
        )
    }

    private static func detail(
        _ status: Int,
        _ message: String,
        _ errorClass: Class
    ) -> OpenAIError {
        var error = OpenAIError(status: status, message: message, errorClass: errorClass)
        error.form = .detail
        return error
    }
}
