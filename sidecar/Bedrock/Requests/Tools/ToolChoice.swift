internal import JSON
internal import OpenAI

/// Which tools the model may, or must, call.
enum ToolChoice: Hashable {
    case auto
    case none
    case any
    /// By the client's name.
    case tool(String)
    /// Only these, by the client's names.
    case allowed([String], isRequired: Bool)

    /// `tool_choice`, or the older `function_call`.
    init(_ value: JSONValue?, param: String) throws(OpenAIError) {
        switch value {
        case nil: self = .auto
        case .string(let word)?: self = try ToolChoice.word(word, param)
        case .object?: self = try ToolChoice.object(value, param)
        default:
            throw .invalid(param, "must be 'auto', 'none', 'required' or an object")
        }
    }

    /// A mode; `any` is Anthropic's and Mistral's word for `required`.
    private static func word(_ word: String, _ param: String) throws(OpenAIError) -> ToolChoice {
        switch word {
        case "auto": .auto
        case "none": .none
        case "required", "any": .any
        default: throw .invalid(param, "must be 'auto', 'none', 'required' or an object")
        }
    }

    private static func object(
        _ value: JSONValue?,
        _ param: String
    ) throws(OpenAIError) -> ToolChoice {
        switch value?["type"] {
        // `function_call` has the name without a type, `tool` is Anthropic's word.
        case .string("function"), .string("tool"), nil:
            guard case .string(let name)? = (value?["function"] ?? value)?["name"] else {
                throw .invalid(param + ".function.name", "must be a string")
            }
            return .tool(name)
        case .string("allowed_tools"):
            let choice = value?["allowed_tools"] ?? value
            guard case .array(let tools)? = choice?["tools"], !tools.isEmpty else {
                throw .invalid(param + ".allowed_tools.tools", "must be a list of tools")
            }
            var names: [String] = []
            for tool in tools {
                guard case .string(let name)? = (tool["function"] ?? tool)["name"] else {
                    throw .invalid(param + ".allowed_tools.tools", "must name functions")
                }
                names.append(name)
            }
            return .allowed(names, isRequired: choice?["mode"] == .string("required"))
        // Anthropic's form of a mode.
        case .string(let word)? where ["auto", "none", "required", "any"].contains(word):
            return try ToolChoice.word(word, param)
        default:
            throw .invalid(param + ".type", "must be 'function' or 'allowed_tools'")
        }
    }
}
