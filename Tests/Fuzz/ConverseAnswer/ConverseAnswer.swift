import Bedrock
import JSON
import OpenAI

/// `converse-answer`: what Bedrock said, in the form of the translator's fixtures: the body of an
/// answer or an error, or the frames of a stream.
extension Target {
    static let converseAnswer = Target(name: "converse-answer", isJSON: true) { bytes in
        guard let document = JSONValue(document: bytes) else { return .ignored }
        let context = AnswerContext(fixture: document["context"])
        switch document["operation"]?.text {
        case "converse": checkAnswer(document.document("body", text: "bodyText"), context)
        case "stream": checkStream(document, context)
        case "error": checkError(document)
        default: return .ignored
        }
        return .passed
    }

    private static func checkAnswer(_ body: [UInt8], _ context: AnswerContext) {
        do throws(BedrockFailure) {
            let answer = try ConverseAnswer(
                body.rawSpan,
                context: context,
                scanner: JSONScanner()
            )
            let written = JSONValue.object(written: answer.body, "the answer")
            let choices = written["choices"]?.elements ?? []
            require(choices.count == 1, "\(choices.count) choices")
            let choice = choices.first ?? .null
            require(choice["finish_reason"]?.text != nil, "no finish_reason")
            // A call's input passes as it came, so it is JSON if the answer was.
            if ReferenceJSON.value(body) != nil {
                for call in choice["message"]?["tool_calls"]?.elements ?? [] {
                    checkArguments(call["function"]?["arguments"])
                }
            }
            require((written["usage"] == nil) == (answer.usage == nil), "usage told to one side")
        } catch {
            check(error)
        }
    }

    /// A call's arguments are JSON in a string.
    private static func checkArguments(_ arguments: JSONValue?) {
        let text = Array((arguments?.text ?? "").utf8)
        require(ReferenceJSON.value(text) != nil, "the arguments are no JSON: \(shown(text))")
    }

    private static func checkStream(_ document: JSONValue, _ context: AnswerContext) {
        var translator = ConverseStreamTranslator(context: context, scanner: JSONScanner())
        var output: [UInt8] = []
        var events = StreamEvents(form: context.form)
        for frame in document["frames"]?.elements ?? [] {
            let isOver = translator.isOver
            feed(frame, to: &translator, into: &output)
            require(!isOver || output.isEmpty, "words after the end: \(shown(output))")
            events.take(output)
            output = []
        }
        let end = translator.finish(isClean: document["isClean"] != .bool(false), into: &output)
        events.take(output)
        require(translator.isOver, "not over after the end")
        require(translator.hasContent || !events.hasContent, "content that was not noted")
        require((translator.failure != nil) == events.hasFailed, "a failure told to one side")
        events.checkEnd(end)
        if let failure = translator.failure { check(failure) }
    }

    private static func feed(
        _ frame: JSONValue,
        to translator: inout ConverseStreamTranslator,
        into output: inout [UInt8]
    ) {
        let payload = frame.document("payload", text: "text")
        if let type = frame["event"]?.text {
            translator.event(type, payload: payload.rawSpan, into: &output)
        } else if let type = frame["exception"]?.text {
            translator.exception(type, payload: payload.rawSpan, into: &output)
        } else {
            let (code, message) = (frame["error"]?.text ?? "", frame["message"]?.text ?? "")
            translator.error(code: code, message: message, into: &output)
        }
    }

    private static func checkError(_ document: JSONValue) {
        let body = document.document("body", text: "bodyText")
        check(
            BedrockFailure(
                status: min(max(document["status"]?.int ?? 500, 100), 999),
                errorType: document["errorType"]?.text,
                body: body.rawSpan,
                scanner: JSONScanner(),
                retryAfterMS: document["retryAfterMS"]?.int.flatMap { UInt64(exactly: $0) }
            )
        )
    }

    /// What the client gets of a failure.
    static func check(_ failure: BedrockFailure) {
        require((400..<1000).contains(failure.error.status), "status \(failure.error.status)")
        let body = JSONValue.object(written: failure.error.body(), "the error")
        require(body["error"]?["message"]?.text?.isEmpty == false, "an error without words")
    }
}

extension AnswerContext {
    /// What a fixture's `context` says.
    init(fixture: JSONValue?) {
        self.init(id: "r1", created: 1_700_000_000, model: "public")
        if fixture?["form"] == .string("text") { form = .text }
        includesUsage = fixture?["includesUsage"] == .bool(true)
        jsonTool = fixture?["jsonTool"]?.text
        for name in fixture?["toolNames"]?.members ?? [] {
            toolNames[name.key] = name.value.text
        }
    }
}
