internal import JSON
internal import OpenAI

/// Turns OpenAI's messages into a conversation.
struct MessageReader {
    let options: ConverseOptions
    private(set) var conversation = Conversation()
    private(set) var names = ToolNames()
    private var parts: PartReader
    /// Identifiers for `function_call` and the role `function`, which have none.
    private var functionCalls = 0

    init(_ options: ConverseOptions) {
        self.options = options
        parts = PartReader(options.traits)
    }

    mutating func read(_ messages: JSONValue?) throws(OpenAIError) {
        guard let messages else { throw .missingField("messages") }
        guard case .array(let messages) = messages else {
            throw .invalid("messages", "must be a list")
        }
        for index in messages.indices { try read(messages[index], Place(message: index)) }
        try conversation.finish(options)
    }

    /// Reads a conversation of one text.
    mutating func read(text: String) throws(OpenAIError) {
        conversation.add(.user, [.text(text)])
        try conversation.finish(options)
    }

    private mutating func read(_ message: JSONValue, _ place: Place) throws(OpenAIError) {
        guard case .object = message else { throw place.invalid(nil, "must be an object") }
        guard case .string(let role)? = message["role"] else {
            throw place.invalid("role", "must be a string")
        }
        switch role {
        case "system", "developer":
            conversation.add(system: try system(message, place))
        case "user":
            var blocks = try content(of: message, place)
            try addCachePoint(message, place, &blocks)
            conversation.add(.user, blocks)
        case "assistant": conversation.add(.assistant, try assistant(message, place))
        case "tool": conversation.add(.user, try toolResult(message, place))
        case "function": conversation.add(.user, try functionResult(message, place))
        default:
            throw place.invalid("role", "\(OpenAIError.quoted(role)) is not a role")
        }
    }

    // MARK: System and user

    private func system(
        _ message: JSONValue,
        _ place: Place
    ) throws(OpenAIError) -> [ContentBlock] {
        var blocks: [ContentBlock] = []
        try forEachPart(of: message, place, &blocks) { part, place throws(OpenAIError) in
            switch try PartReader.type(part, at: place) {
            case "text": return try PartReader.text(part, "text", at: place)
            case "guarded_text": return try PartReader.guardedText(part, at: place)
            case let type:
                let type = OpenAIError.quoted(type)
                throw place.invalid("type", "\(type) cannot stand in a system message")
            }
        }
        try addCachePoint(message, place, &blocks)
        return blocks
    }

    private mutating func content(
        of message: JSONValue,
        _ place: Place
    ) throws(OpenAIError) -> [ContentBlock] {
        var blocks: [ContentBlock] = []
        // Taken out, since a second owner would have the names of all documents copied.
        var parts = parts
        self.parts = PartReader(options.traits)
        try forEachPart(of: message, place, &blocks) { part, place throws(OpenAIError) in
            try parts.block(part, at: place)
        }
        self.parts = parts
        return blocks
    }

    /// Adds a block for each part, and a cache point behind each that asks for one.
    private func forEachPart(
        of message: JSONValue,
        _ place: Place,
        _ blocks: inout [ContentBlock],
        _ read: (JSONValue, Place) throws(OpenAIError) -> ContentBlock?
    ) throws(OpenAIError) {
        switch message["content"] {
        case nil, .null: return
        case .string(let text): if !text.isBlank { blocks.append(.text(text)) }
        case .array(let parts)?:
            var place = place
            for index in parts.indices {
                place.part = index
                guard let block = try read(parts[index], place) else { continue }
                blocks.append(block)
                try addCachePoint(parts[index], place, &blocks)
            }
        default: throw place.invalid("content", "must be a string or a list of parts")
        }
    }

    private func addCachePoint(
        _ owner: JSONValue,
        _ place: Place,
        _ blocks: inout [ContentBlock]
    ) throws(OpenAIError) {
        guard let control = owner["cache_control"], control != .null else { return }
        guard case .object = control else {
            throw place.invalid("cache_control", "must be an object")
        }
        guard options.traits.takesCachePoints, blocks.last.map({ !$0.isCachePoint }) ?? false
        else { return }
        blocks.append(.cachePoint(control, options.traits))
    }

    // MARK: Assistant

    private mutating func assistant(
        _ message: JSONValue,
        _ place: Place
    ) throws(OpenAIError) -> [ContentBlock] {
        var blocks: [ContentBlock] = []
        if case .array(let thoughts)? = message["thinking_blocks"] {
            for index in thoughts.indices {
                let place = Place(message: place.message, part: index, list: "thinking_blocks")
                let type = try PartReader.type(thoughts[index], at: place)
                if let block = reasoning(thoughts[index], type) { blocks.append(block) }
            }
        }
        let hasThoughts = !blocks.isEmpty
        try forEachPart(of: message, place, &blocks) { part, place throws(OpenAIError) in
            switch try PartReader.type(part, at: place) {
            case "text": return try PartReader.text(part, "text", at: place)
            case "refusal": return try PartReader.text(part, "refusal", at: place)
            // LiteLLM's answers have the same thoughts in both places.
            case let type where type == "thinking" || type == "redacted_thinking":
                return hasThoughts ? nil : reasoning(part, type)
            case let type:
                let type = OpenAIError.quoted(type)
                throw place.invalid("type", "\(type) cannot stand in an assistant's message")
            }
        }
        if case .string(let refusal)? = message["refusal"], !refusal.isBlank {
            blocks.append(.text(refusal))
        }
        try addToolCalls(message, place, &blocks)
        try addCachePoint(message, place, &blocks)
        return blocks
    }

    /// Nil for thoughts that cannot be sent back: without a signature they prove nothing, and a
    /// model that does not reason refuses those of another.
    private func reasoning(_ part: JSONValue, _ type: String) -> ContentBlock? {
        guard options.traits.takesReasoningHistory else { return nil }
        if type == "redacted_thinking" {
            guard case .string(let data)? = part["data"], !data.isEmpty else { return nil }
            return .redactedReasoning(data)
        }
        guard case .string(let text)? = part["thinking"],
            case .string(let signature)? = part["signature"], !signature.isEmpty
        else { return nil }
        return .reasoning(text: text, signature: signature)
    }

    private mutating func addToolCalls(
        _ message: JSONValue,
        _ place: Place,
        _ blocks: inout [ContentBlock]
    ) throws(OpenAIError) {
        switch message["tool_calls"] {
        case nil, .null: break
        case .array(let calls)?:
            for index in calls.indices {
                let place = Place(message: place.message, part: index, list: "tool_calls")
                let call = calls[index]
                if case .string(let type)? = call["type"], type != "function" {
                    throw place.invalid("type", "must be 'function'")
                }
                guard case .string(let id)? = call["id"] else {
                    throw place.invalid("id", "must be a string")
                }
                guard let function = call["function"] else {
                    throw place.invalid("function", "is missing")
                }
                blocks.append(try toolUse(id, function, "function.", place))
            }
        default: throw place.invalid("tool_calls", "must be a list")
        }
        if let function = message["function_call"], function != .null {
            functionCalls += 1
            blocks.append(
                try toolUse("function_call_\(functionCalls)", function, "function_call.", place)
            )
        }
    }

    private mutating func toolUse(
        _ id: String,
        _ function: JSONValue,
        _ path: String,
        _ place: Place
    ) throws(OpenAIError) -> ContentBlock {
        guard case .string(let name)? = function["name"], !name.isEmpty else {
            throw place.invalid(path + "name", "must be a string")
        }
        let input: ContentBlock.Input
        switch function["arguments"] {
        case nil, .null: input = .value(.object([]))
        case .string(let text)? where text.isBlank: input = .value(.object([]))
        case .string(let text)?:
            // Checked, but sent as it is: the model's cache goes by the bytes.
            guard MessageReader.isObject(text) else {
                throw place.invalid(path + "arguments", "must be a JSON object as a string")
            }
            input = .text(text)
        case let value?:
            guard case .object = value else {
                throw place.invalid(path + "arguments", "must be a JSON object as a string")
            }
            input = .value(value)
        }
        return .toolUse(id: WireName.id(id), name: names.wireName(name), input)
    }

    /// A model may write numbers that no machine holds, and must get them back; then the scan says
    /// that they stand in a whole object.
    private static func isObject(_ text: String) -> Bool {
        do throws(JSONError) {
            guard case .object = try JSONValue(parsing: text) else { return false }
            return true
        } catch {
            guard case .numberOutOfRange = error else { return false }
            let document = Array(text.utf8)
            return (try? JSONScanner().scan(document.rawSpan, names: .none)) != nil
        }
    }

    // MARK: Results of tools

    private mutating func toolResult(
        _ message: JSONValue,
        _ place: Place
    ) throws(OpenAIError) -> [ContentBlock] {
        guard case .string(let id)? = message["tool_call_id"] else {
            throw place.invalid("tool_call_id", "must be a string")
        }
        return try result(message, id: id, place)
    }

    /// Answers the function call before it.
    private mutating func functionResult(
        _ message: JSONValue,
        _ place: Place
    ) throws(OpenAIError) -> [ContentBlock] {
        guard functionCalls > 0 else {
            throw place.invalid("role", "no function_call stands before the function's result")
        }
        return try result(message, id: "function_call_\(functionCalls)", place)
    }

    /// Cache points stand beside a result, never inside.
    private mutating func result(
        _ message: JSONValue,
        id: String,
        _ place: Place
    ) throws(OpenAIError) -> [ContentBlock] {
        let all = try content(of: message, place)
        var inside = all.filter { !$0.isCachePoint }
        for block in inside where !block.canBeResult {
            throw place.invalid("content", "a tool's result is text, images and files")
        }
        if inside.isEmpty { inside = [.text("(empty)")] }
        let isError = message["status"] == .string("error") || message["is_error"] == .bool(true)
        var blocks: [ContentBlock] = [
            .toolResult(id: WireName.id(id), content: inside, isError: isError)
        ]
        if let point = all.last(where: \.isCachePoint) { blocks.append(point) }
        try addCachePoint(message, place, &blocks)
        return blocks
    }
}

extension ContentBlock {
    /// What `cache_control` stands for; its `ttl` only where the model knows one.
    static func cachePoint(_ control: JSONValue, _ traits: ModelTraits) -> ContentBlock {
        guard traits.takesCacheTTL, case .string(let ttl)? = control["ttl"],
            ttl == "5m" || ttl == "1h"
        else { return .cachePoint(ttl: nil) }
        return .cachePoint(ttl: ttl)
    }
}
