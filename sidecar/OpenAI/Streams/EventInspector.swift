internal import JSON

/// What is to be done with an event.
enum EventVerdict {
    case pass
    case hide
    /// Another model name belongs to this place of the event's data.
    case rename(Range<Int>)
}

/// Reads the data of one event: its part in the stream, its usage, its model.
struct EventInspector {
    let dialect: ResponseDialect
    /// The public name, as a JSON string with quotes; nil when the upstream's may show.
    let publicModel: [UInt8]?
    /// Whether the chunk that holds nothing but usage is ours alone.
    let hidesUsage: Bool
    let scanner: JSONScanner

    private enum Name: String, CaseIterable {
        case model, choices, usage, error, type, response, message
        case index, delta, text
        case finishReason = "finish_reason"

        static let all = Array(allCases)
    }
    private static let names = JSONNames(Name.all.map(\.rawValue))
    private static let done = Array("[DONE]".utf8)

    /// Judges the data of one event, and notes in `state` what it says.
    func inspect(_ data: RawSpan, _ state: inout StreamState) -> EventVerdict {
        if data.byteCount > 0, data.byte(at: 0) == UInt8(ascii: "[") {
            if data.equals(Self.done, at: 0..<data.byteCount) {
                state.isTerminated = true
            } else {
                state.noteDoubtfulEnd()
            }
            return .pass
        }
        guard let found = try? scanner.scan(data, names: Self.names) else {
            // Its client may make something of it; others are not to get it again.
            state.noteDoubtfulEnd()
            return .pass
        }
        var event = Event()
        for index in found { event.add(scanner[index]) }
        if let error = event.error, error.kind != .null { state.hasFailed = true }
        switch dialect {
        case .chat: return chat(event, data, &state)
        case .responses, .messages: return typed(event, data, &state)
        case .other:
            state.hasContent = true
            noteUsage(event.usage, data, &state)
            return verdict(event.model, data)
        }
    }

    private struct Event {
        var model: JSONMember?
        var choices: JSONMember?
        var usage: JSONMember?
        var error: JSONMember?
        var type: JSONMember?
        /// `response` or `message`.
        var inner: JSONMember?

        mutating func add(_ member: JSONMember) {
            guard let name = member.name else { return }
            switch Name.all[name] {
            case .model: model = member
            case .choices: choices = member
            case .usage: usage = member
            case .error: error = member
            case .type: type = member
            case .response, .message: inner = member
            default: break
            }
        }
    }

    // MARK: chat/completions and completions

    private func chat(
        _ event: Event,
        _ data: RawSpan,
        _ state: inout StreamState
    ) -> EventVerdict {
        noteUsage(event.usage, data, &state)
        if let choices = event.choices, choices.kind == .array {
            let elements = scanner.children(of: choices, in: data, names: .none)
            if elements.isEmpty, hidesUsage, event.usage?.kind == .object { return .hide }
            for index in elements { noteChoice(scanner[index], data, &state) }
        }
        return verdict(event.model, data)
    }

    private func noteChoice(_ choice: JSONMember, _ data: RawSpan, _ state: inout StreamState) {
        var number: Int64 = 0
        var isFinished = false
        for index in scanner.children(of: choice, in: data, names: Self.names) {
            let member = scanner[index]
            guard let name = member.name else { continue }
            switch Name.all[name] {
            case .index: number = JSONScalars.integer(of: data, at: member.value) ?? 0
            case .finishReason where member.kind == .string:
                isFinished = true
                if !AnswerCompleteness.isWhole(data, at: member.value) { state.noteDoubtfulEnd() }
            case .text: if Self.isContent(member) { state.hasContent = true }
            case .delta where !state.hasContent: noteDelta(member, data, &state)
            default: break
            }
        }
        state.add(choice: number, isFinished: isFinished)
    }

    private static let role = JSONNames(["role"])

    private func noteDelta(_ delta: JSONMember, _ data: RawSpan, _ state: inout StreamState) {
        for index in scanner.children(of: delta, in: data, names: Self.role) {
            let member = scanner[index]
            if member.name == nil, Self.isContent(member) { state.hasContent = true }
        }
    }

    /// A string that is not empty, or a container that is not.
    private static func isContent(_ member: JSONMember) -> Bool {
        switch member.kind {
        case .string, .array, .object: member.value.count > 2
        default: false
        }
    }

    // MARK: responses and messages

    private static let terminals = [
        "response.completed", "response.incomplete", "response.failed", "message_stop",
    ].map { Array($0.utf8) }
    private static let failure = Array("response.failed".utf8)
    private static let error = Array("error".utf8)

    private func typed(
        _ event: Event,
        _ data: RawSpan,
        _ state: inout StreamState
    ) -> EventVerdict {
        noteUsage(event.usage, data, &state)
        if let type = event.type, type.kind == .string,
            let name = JSONScalars.bytes(of: data, at: type.value)
        {
            if Self.terminals.contains(name) { state.isTerminated = true }
            if name == Self.failure || name == Self.error { state.hasFailed = true }
            if name.hasSuffix(".delta") || name.hasSuffix("block_delta") { state.hasContent = true }
        }
        var model = event.model
        if let inner = event.inner, inner.kind == .object {
            for index in scanner.children(of: inner, in: data, names: Self.names) {
                let member = scanner[index]
                guard let name = member.name else { continue }
                switch Name.all[name] {
                case .model: model = member
                case .usage: noteUsage(member, data, &state)
                default: break
                }
            }
        }
        return verdict(model, data)
    }

    // MARK: all

    private func noteUsage(_ usage: JSONMember?, _ data: RawSpan, _ state: inout StreamState) {
        guard let usage, usage.kind == .object else { return }
        var tokens = state.usage ?? TokenUsage()
        tokens.merge(usage, in: data, scanner: scanner, isAnthropic: dialect == .messages)
        state.usage = tokens
    }

    private func verdict(_ model: JSONMember?, _ data: RawSpan) -> EventVerdict {
        guard let publicModel, let model, model.kind == .string,
            !data.equals(publicModel, at: model.value)
        else { return .pass }
        return .rename(model.value)
    }
}

extension [UInt8] {
    fileprivate func hasSuffix(_ suffix: StaticString) -> Bool {
        suffix.withUTF8Buffer { unsafe self.suffix($0.count).elementsEqual($0) }
    }
}
