internal import JSON
internal import OpenAI

/// The outermost members of a chat request that mean something here. `null` is as if it were not
/// there; of a member that is there twice the last counts, as parsers have it.
struct ChatMembers {
    var messages: JSONValue?
    var prompt: JSONValue?
    var isStream = false
    var streamOptions: JSONValue?
    var maxTokens: JSONValue?
    var maxCompletionTokens: JSONValue?
    var temperature: JSONValue?
    var topP: JSONValue?
    var topK: JSONValue?
    var stop: JSONValue?
    var tools: JSONValue?
    var functions: JSONValue?
    var toolChoice: JSONValue?
    var functionCall: JSONValue?
    var parallelToolCalls: JSONValue?
    var responseFormat: JSONValue?
    var reasoningEffort: JSONValue?
    var thinking: JSONValue?
    var serviceTier: JSONValue?
    var guardrailConfig: JSONValue?
    var performanceConfig: JSONValue?
    var requestMetadata: JSONValue?
    var promptVariables: JSONValue?
    var responseFieldPaths: JSONValue?
    /// `additionalModelRequestFields`.
    var modelFields: JSONValue?
    /// What `allowed_openai_params` lets by, for the model itself.
    var allowed: [JSONValue.Member] = []
    /// What was left out because nobody knows it here.
    var ignored: [String] = []

    init(_ body: JSONValue, _ options: ConverseOptions) throws(OpenAIError) {
        guard case .object(var members) = body else {
            throw .invalid("request_body", "must be a JSON object")
        }
        if !options.additionalDropParams.isEmpty {
            members = options.additionalDropParams.applied(to: members)
        }
        for member in members where member.value != .null { try take(member, options) }
    }

    private mutating func take(
        _ member: JSONValue.Member,
        _ options: ConverseOptions
    ) throws(OpenAIError) {
        let value = member.value
        switch member.key {
        case "messages": messages = value
        case "prompt": prompt = value
        case "stream":
            guard case .bool(let flag) = value else { throw .invalid("stream", "must be a bool") }
            isStream = flag
        case "stream_options": streamOptions = value
        case "max_tokens": maxTokens = value
        case "max_completion_tokens": maxCompletionTokens = value
        case "temperature": temperature = value
        case "top_p": topP = value
        case "top_k": topK = value
        case "stop": stop = value
        case "tools": tools = value
        case "functions": functions = value
        case "tool_choice": toolChoice = value
        case "function_call": functionCall = value
        case "parallel_tool_calls": parallelToolCalls = value
        case "response_format": responseFormat = value
        case "reasoning_effort": reasoningEffort = value
        case "thinking": thinking = value
        case "service_tier": serviceTier = value
        default: try takeOther(member, options)
        }
    }

    private mutating func takeOther(
        _ member: JSONValue.Member,
        _ options: ConverseOptions
    ) throws(OpenAIError) {
        let value = member.value
        switch member.key {
        case "guardrailConfig": guardrailConfig = value
        case "performanceConfig": performanceConfig = value
        case "requestMetadata": requestMetadata = value
        case "promptVariables": promptVariables = value
        case "additionalModelResponseFieldPaths": responseFieldPaths = value
        case "additionalModelRequestFields": modelFields = value
        // Said by the path, or of no meaning to Bedrock.
        case "model", "user", "safety_identifier", "metadata", "prompt_cache_key",
            "prompt_cache_retention":
            break
        case let key where options.allowedOpenAIParams.contains(key): allowed.append(member)
        case let key where UnsupportedMember.all.contains(key):
            if UnsupportedMember.isNoOp(key, value) || options.dropParams { break }
            throw .unsupported(key)
        case let key: ignored.append(key)
        }
    }

    /// Whether a stream's usage is asked for.
    var includesUsage: Bool {
        get throws(OpenAIError) {
            guard let streamOptions else { return false }
            guard case .object = streamOptions else {
                throw .invalid("stream_options", "must be an object")
            }
            switch streamOptions["include_usage"] {
            case nil, .null: return false
            case .bool(let flag): return flag
            default: throw .invalid("stream_options.include_usage", "must be a bool")
            }
        }
    }
}

/// Parameters of OpenAI's that Converse has no word for.
enum UnsupportedMember {
    static let all: Set = [
        "n", "seed", "logprobs", "top_logprobs", "logit_bias", "presence_penalty",
        "frequency_penalty", "modalities", "audio", "prediction", "store", "verbosity",
        "web_search_options", "best_of", "echo", "suffix",
    ]

    /// Whether a value asks for nothing but what happens anyway.
    static func isNoOp(_ key: String, _ value: JSONValue) -> Bool {
        switch (key, value) {
        case ("n", .integer(1)), ("best_of", .integer(1)): true
        case (_, .bool(false)): true
        // OpenAI's own default.
        case ("verbosity", .string("medium")): true
        case ("suffix", .string("")), ("modalities", .array([.string("text")])): true
        case ("logit_bias", .object([])), ("modalities", .array([])): true
        case ("presence_penalty", _), ("frequency_penalty", _), ("top_logprobs", _):
            value.double == 0
        default: false
        }
    }
}

extension JSONValue {
    /// A number of any form.
    var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .unsigned(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// A whole number, `5.0` included.
    var int: Int? {
        switch self {
        case .integer(let value): Int(exactly: value)
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }
}
