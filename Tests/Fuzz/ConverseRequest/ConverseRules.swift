import JSON

/// What AWS demands of any request for Converse, whatever the client wrote.
enum ConverseRules {
    static func check(_ body: JSONValue) {
        let keys = body.members.map(\.key)
        require(Set(keys).count == keys.count, "a member twice: \(keys)")
        let turns = body["messages"]?.elements ?? []
        require(!turns.isEmpty, "no messages")
        var blocks: [JSONValue] = []
        for (place, turn) in turns.enumerated() {
            let role = place.isMultiple(of: 2) ? "user" : "assistant"
            require(turn["role"]?.text == role, "turn \(place) is not the \(role)'s")
            let content = turn["content"]?.elements ?? []
            require(!content.isEmpty, "turn \(place) is empty")
            blocks += content
        }
        if let system = body["system"] {
            require(!system.elements.isEmpty, "system is empty")
            blocks += system.elements
        }
        for block in blocks { check(block: block) }
        checkTools(body, blocks)
        checkSettings(body["inferenceConfig"])
    }

    private static func check(block: JSONValue) {
        require(block.members.count == 1, "a block of other than one member: \(shown(block.bytes))")
        guard let member = block.members.first else { return }
        switch member.key {
        case "text": checkText(member.value)
        case "guardContent": checkText(member.value["text"]?["text"])
        case "toolUse":
            checkName(member.value["toolUseId"], ".:")
            checkName(member.value["name"], "")
            require(member.value["input"]?.isObject == true, "a call whose input is no object")
        case "toolResult":
            checkName(member.value["toolUseId"], ".:")
            let content = member.value["content"]?.elements ?? []
            require(!content.isEmpty, "a result without content")
            for part in content { check(block: part) }
        case "image", "document", "audio":
            require(member.value["format"]?.text?.isEmpty == false, "no format")
            require(member.value["source"]?.members.count == 1, "a source of other than one kind")
        case "reasoningContent":
            require(member.value.members.count == 1, "reasoning of other than one kind")
        case "cachePoint":
            require(member.value["type"] == .string("default"), "a cache point of another type")
        default: fail("an unknown block \(member.key)", #fileID, #line)
        }
    }

    private static func checkText(_ text: JSONValue?) {
        let scalars = text?.text?.unicodeScalars
        let isBlank = scalars?.allSatisfy(\.properties.isWhitespace) ?? true
        require(!isBlank, "a text without words")
    }

    private static func checkName(_ name: JSONValue?, _ more: String) {
        let text = name?.text ?? ""
        let allowed = Set(
            ("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-" + more).utf8
        )
        require(
            (1...64).contains(text.utf8.count) && text.utf8.allSatisfy(allowed.contains),
            "\(text.debugDescription) is no name or id for AWS"
        )
    }

    private static func checkTools(_ body: JSONValue, _ blocks: [JSONValue]) {
        let usesTools = blocks.contains { $0["toolUse"] != nil || $0["toolResult"] != nil }
        guard let config = body["toolConfig"] else {
            require(!usesTools, "no toolConfig beside tools in the history")
            return
        }
        let tools = config["tools"]?.elements ?? []
        let specs = tools.compactMap { $0["toolSpec"] }
        require(!specs.isEmpty, "a toolConfig without tools")
        for tool in tools { require(tool.members.count == 1, "a tool of other than one kind") }
        for spec in specs {
            checkName(spec["name"], "")
            let schema = spec["inputSchema"]?["json"]
            require(schema?["type"] == .string("object"), "a schema of other than an object")
        }
        let names = specs.compactMap { $0["name"]?.text }
        if let choice = config["toolChoice"] {
            require(choice.members.count == 1, "a choice of other than one kind")
            if let name = choice["tool"]?["name"]?.text {
                require(names.contains(name), "the choice of \(name), which is no tool")
            }
        }
    }

    private static func checkSettings(_ settings: JSONValue?) {
        guard let settings else { return }
        require(!settings.members.isEmpty, "an empty inferenceConfig")
        if let count = settings["maxTokens"] {
            require((count.int ?? 0) > 0, "maxTokens of \(shown(count.bytes))")
        }
        for key in ["temperature", "topP"] {
            guard let value = settings[key] else { continue }
            let number: Double? =
                switch value {
                case .integer(let whole): Double(whole)
                case .number(let number): number
                default: nil
                }
            require(number.map { (0...1).contains($0) } == true, "\(key) of \(shown(value.bytes))")
        }
    }
}
