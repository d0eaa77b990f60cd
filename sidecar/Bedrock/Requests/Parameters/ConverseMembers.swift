internal import JSON
internal import OpenAI

/// Members of Converse's own that clients and deployments send as they are; each is checked, since
/// AWS refuses a whole request for one of them without saying much.
struct ConverseMembers {
    private var members: [JSONValue.Member] = []

    init(_ chat: ChatMembers) throws(OpenAIError) {
        try addGuardrail(chat.guardrailConfig, isStream: chat.isStream)
        if let value = chat.performanceConfig {
            guard case .string(let latency)? = value["latency"],
                latency == "standard" || latency == "optimized"
            else { throw .invalid("performanceConfig.latency", "must be standard or optimized") }
            members.append(
                .init("performanceConfig", .object([.init("latency", .string(latency))]))
            )
        }
        if let value = chat.serviceTier { try addServiceTier(value) }
        if let value = chat.requestMetadata { try addMetadata(value) }
        if let value = chat.promptVariables { try addVariables(value) }
        if let value = chat.responseFieldPaths { try addPaths(value) }
    }

    private mutating func addGuardrail(
        _ value: JSONValue?,
        isStream: Bool
    ) throws(OpenAIError) {
        guard let value else { return }
        var result: [JSONValue.Member] = []
        for key in ["guardrailIdentifier", "guardrailVersion"] {
            guard case .string(let text)? = value[key], !text.isEmpty else {
                throw .invalid("guardrailConfig.\(key)", "must be a string")
            }
            result.append(.init(key, .string(text)))
        }
        try ConverseMembers.choose(
            value["trace"],
            "guardrailConfig.trace",
            ["enabled", "disabled", "enabled_full"]
        ).map { result.append(.init("trace", $0)) }
        let mode = try ConverseMembers.choose(
            value["streamProcessingMode"],
            "guardrailConfig.streamProcessingMode",
            ["sync", "async"]
        )
        // Only streams know it.
        if isStream, let mode { result.append(.init("streamProcessingMode", mode)) }
        members.append(.init("guardrailConfig", .object(result)))
    }

    private mutating func addServiceTier(_ value: JSONValue) throws(OpenAIError) {
        let tier = try ConverseMembers.choose(
            value == .string("auto") ? .string("default") : value,
            "service_tier",
            ["default", "flex", "priority", "reserved"]
        )
        if let tier { members.append(.init("serviceTier", .object([.init("type", tier)]))) }
    }

    private mutating func addMetadata(_ value: JSONValue) throws(OpenAIError) {
        guard case .object(let pairs) = value, (1...16).contains(pairs.count) else {
            throw .invalid("requestMetadata", "must be an object of 1 to 16 strings")
        }
        for pair in pairs {
            guard case .string(let text) = pair.value, text.unicodeScalars.count <= 256,
                (1...256).contains(pair.key.unicodeScalars.count),
                ConverseMembers.isMetadata(pair.key), ConverseMembers.isMetadata(text)
            else {
                throw .invalid(
                    "requestMetadata",
                    "keys and values are at most 256 letters, digits, spaces and :_@$#=/+,-."
                )
            }
        }
        members.append(.init("requestMetadata", value))
    }

    private mutating func addVariables(_ value: JSONValue) throws(OpenAIError) {
        guard case .object(let variables) = value else {
            throw .invalid("promptVariables", "must be an object")
        }
        var result: [JSONValue.Member] = []
        for variable in variables {
            guard case .string(let text)? = variable.value["text"] else {
                throw .invalid("promptVariables", "each must be an object with a text")
            }
            result.append(.init(variable.key, .object([.init("text", .string(text))])))
        }
        members.append(.init("promptVariables", .object(result)))
    }

    private mutating func addPaths(_ value: JSONValue) throws(OpenAIError) {
        let param = "additionalModelResponseFieldPaths"
        guard case .array(let paths) = value, paths.count <= 10 else {
            throw .invalid(param, "must be a list of at most 10 JSON pointers")
        }
        for path in paths {
            guard case .string(let text) = path, (1...256).contains(text.unicodeScalars.count)
            else {
                throw .invalid(param, "must be a list of JSON pointers of 1 to 256 characters")
            }
        }
        members.append(.init(param, value))
    }

    /// Nil where there is none.
    private static func choose(
        _ value: JSONValue?,
        _ param: String,
        _ words: [String]
    ) throws(OpenAIError) -> JSONValue? {
        guard let value, value != .null else { return nil }
        guard case .string(let word) = value, words.contains(word) else {
            throw .invalid(param, "must be one of \(words.joined(separator: ", "))")
        }
        return value
    }

    private static func isMetadata(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", ":", "_", "@", "$", "#", "=", "/", "+", ",", "-",
                ".", " ", "\t"..."\r":
                true
            default: false
            }
        }
    }

    func write(to writer: inout JSONWriter) {
        for member in members {
            writer.key(member.key)
            member.value.write(to: &writer)
        }
    }
}
