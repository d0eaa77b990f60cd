import JSON

/// Small damage somewhere in a document.
enum RequestsMutation {
    static func mutate(_ value: inout JSONValue, _ random: inout some RandomNumberGenerator) {
        let isDeeper = Int.random(in: 0..<8, using: &random) > 0
        switch value {
        case .object(var members) where isDeeper && !members.isEmpty:
            let place = Int.random(in: 0..<members.count, using: &random)
            switch Int.random(in: 0..<12, using: &random) {
            case 0: members.remove(at: place)
            case 1: members.append(members[place])
            case 2: members[place].key = words.randomElement(using: &random) ?? ""
            case 3:
                members.append(.init(words.randomElement(using: &random) ?? "", scalar(&random)))
            default: mutate(&members[place].value, &random)
            }
            value = .object(members)
        case .array(var elements) where isDeeper && !elements.isEmpty:
            let place = Int.random(in: 0..<elements.count, using: &random)
            switch Int.random(in: 0..<12, using: &random) {
            case 0: elements.remove(at: place)
            case 1: elements.append(elements[place])
            case 2: elements.swapAt(0, place)
            default: mutate(&elements[place], &random)
            }
            value = .array(elements)
        default: value = scalar(&random)
        }
    }

    private static func scalar(_ random: inout some RandomNumberGenerator) -> JSONValue {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: .null
        case 1: .bool(Bool.random(using: &random))
        case 2: .integer(Int64.random(in: .min ... .max, using: &random))
        case 3: .integer(Int64.random(in: -2...3000, using: &random))
        case 4: .unsigned(.max)
        case 5: .number([-0.5, 0.5, 1.5, 1e300, -1e300, 5.0].randomElement(using: &random) ?? 0)
        case 6: .array([])
        case 7: .object([])
        case 8: .array([.object([]), .null, .string("a")])
        default: .string(words.randomElement(using: &random) ?? "")
        }
    }

    private static let words = [
        "", " ", "a", "user", "assistant", "tool", "system", "function", "auto", "none", "required",
        "text", "image_url", "file", "thinking", "enabled", "adaptive", "high", "json_schema",
        "data:image/png;base64,", "data:;base64,AAAA", "data:,", "s3://", "{}", "{", "[1]",
        "é\u{301}",
        "\u{0}", "n", "stop", "tools", "tool_choice", "cache_control", "type", "content", "$ref",
        "#/$defs/", "properties", "max_tokens", "temperature", "top_p", "thinking_blocks",
        "response_format", "reasoning_effort", "additionalModelRequestFields", "dimensions",
    ]
}
