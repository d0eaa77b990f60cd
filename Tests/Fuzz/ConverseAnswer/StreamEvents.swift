import Bedrock
import JSON
import OpenAI

/// The events that a client gets, looked at as one that takes OpenAI at its word would.
struct StreamEvents {
    let form: AnswerContext.Form
    private(set) var hasFailed = false
    private(set) var hasContent = false
    private var isDone = false
    private var hasRole = false
    private var finishCount = 0
    private var callCount = 0

    init(form: AnswerContext.Form) { self.form = form }

    /// Takes what one frame became: whole events, or nothing.
    mutating func take(_ output: [UInt8]) {
        var rest = output[...]
        while !rest.isEmpty {
            require(rest.starts(with: "data: ".utf8), "no event: \(shown(rest))")
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
                fail("half an event: \(shown(rest))", #fileID, #line)
            }
            require(rest[end...].starts(with: "\n\n".utf8), "an event of lines: \(shown(rest))")
            take(event: Array(rest[..<end].dropFirst(6)))
            rest = rest[(end + 2)...]
        }
    }

    private mutating func take(event: [UInt8]) {
        require(!isDone && !hasFailed, "an event after the last: \(shown(event))")
        if event == Array("[DONE]".utf8) {
            isDone = true
            return
        }
        let value = JSONValue.object(written: event, "an event")
        if value["error"] != nil {
            hasFailed = true
            return
        }
        let choices = value["choices"]?.elements ?? []
        require(choices.count <= 1, "\(choices.count) choices")
        if let choice = choices.first { take(choice: choice) }
    }

    private mutating func take(choice: JSONValue) {
        if choice["finish_reason"]?.text != nil { finishCount += 1 }
        if form == .text {
            require(choice["text"]?.text != nil, "a text completion without text")
            if choice["text"] != .string("") { hasContent = true }
            return
        }
        let delta = choice["delta"]
        require(delta?.isObject == true, "no delta")
        if delta?["role"] != nil {
            require(!hasRole, "two roles")
            hasRole = true
            return
        }
        if delta?.members.isEmpty == false {
            require(hasRole && finishCount == 0, "content out of its place")
            hasContent = true
        }
        for call in delta?["tool_calls"]?.elements ?? [] { take(call: call) }
    }

    private mutating func take(call: JSONValue) {
        let index = call["index"]?.int ?? -1
        if call["id"] != nil {
            require(index == callCount, "call \(index) where \(callCount) is next")
            callCount += 1
        } else {
            require((0..<callCount).contains(index), "arguments of call \(index), which is none")
        }
        require(call["function"]?["arguments"]?.text != nil, "a call without arguments")
    }

    /// The stream's last event is `[DONE]` or an error, and never both.
    func checkEnd(_ end: StreamEnd) {
        require(isDone != hasFailed, "the end is \(isDone) and the failure \(hasFailed)")
        require(isDone == (end == .complete), "done is \(isDone) at \(end)")
        require(finishCount <= 1, "\(finishCount) reasons to finish")
        if isDone { require(finishCount == 1, "no reason to finish") }
    }
}
