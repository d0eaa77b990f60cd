import Bedrock
import JSON
import OpenAI
import Testing

/// Each file says in `rule` what it is about, in the terms of the protocol's description.
@Suite("Answers of Bedrock, as fixtures say")
struct AnswerFixtureTests {
    @Test(
        "There are files for each kind of answer",
        arguments: [
            ("converse", 40), ("stream", 40), ("error", 30), ("embeddings", 10),
        ]
    )
    func count(operation: String, countMin: Int) {
        #expect(AnswerFixture.all(operation).count >= countMin)
    }

    @Test("Converse", arguments: AnswerFixture.all("converse"))
    func converse(fixture: AnswerFixture) {
        do throws(BedrockFailure) {
            let body = fixture.body
            let answer = try ConverseAnswer(
                body.span.bytes,
                context: fixture.context,
                scanner: JSONScanner()
            )
            expect(answer.body, fixture)
            #expect(answer.unknownStopReason == fixture.expected["unknownStopReason"]?.text)
            expect(answer.usage, agreesWith: fixture.expected["body"]?["usage"])
        } catch { expect(error, fixture) }
    }

    @Test("ConverseStream", arguments: AnswerFixture.all("stream"))
    func stream(fixture: AnswerFixture) {
        let expected = fixture.expected
        var translator = ConverseStreamTranslator(
            context: fixture.context,
            scanner: JSONScanner()
        )
        var output: [UInt8] = []
        for frame in fixture.content["frames"]?.elements ?? [] {
            FixtureFrame(frame).feed(&translator, into: &output)
        }
        let isClean = fixture.content["isClean"] != .bool(false)
        let end = translator.finish(isClean: isClean, into: &output)
        let events = Self.events(output, fixture.context)
        let wanted = expected["events"]?.elements ?? []
        #expect(events.map(\.shown) == wanted.map(\.shown))
        #expect("\(end)" == expected["end"]?.text)
        #expect(translator.isOver)
        #expect(translator.unknownStopReason == expected["unknownStopReason"]?.text)
        #expect(translator.failure?.error.status == expected["failure"]?["status"]?.int)
        #expect(
            translator.failure.map { "\($0.kind)" } == expected["failure"]?["kind"]?.text
        )
        if case .bool(let hasBegun) = expected["hasBegun"] {
            #expect(translator.hasBegun == hasBegun)
        }
        if let usage = expected["usage"]?.elements.compactMap(\.int) {
            #expect([translator.usage?.prompt, translator.usage?.completion] == usage)
        }
        expect(translator.usage, agreesWith: wanted.lazy.compactMap { $0["usage"] }.last)
    }

    @Test("Errors", arguments: AnswerFixture.all("error"))
    func errors(fixture: AnswerFixture) throws {
        let body = fixture.body
        let failure = BedrockFailure(
            status: try #require(fixture.content["status"]?.int),
            errorType: fixture.content["errorType"]?.text,
            body: body.span.bytes,
            scanner: JSONScanner(),
            retryAfterMS: fixture.content["retryAfterMS"]?.int.map { UInt64($0) }
        )
        expect(failure, fixture)
        #expect(failure.error.retryAfter == fixture.expected["retryAfter"]?.int)
        #expect(failure.isWorthFreshCredentials == (failure.error.status == 401))
    }

    @Test("Embeddings", arguments: AnswerFixture.all("embeddings"))
    func embeddings(fixture: AnswerFixture) throws {
        let content = fixture.content
        var answer = EmbeddingAnswer(
            model: "public",
            encoding: content["encoding"] == .string("base64") ? .base64 : .float,
            inputCount: try #require(content["inputCount"]?.int)
        )
        do throws(BedrockFailure) {
            for call in content["calls"]?.elements ?? [] {
                let first = call["first"]?.int ?? 0
                #expect(!answer.isComplete)
                let bytes = AnswerFixture.bytes(call["body"], call["bodyText"])
                try answer.add(
                    bytes.span.bytes,
                    inputs: first..<(first + (call["count"]?.int ?? 0)),
                    inputTokens: call["inputTokens"]?.int,
                    scanner: JSONScanner()
                )
            }
            expect(try answer.body(), fixture)
            #expect(answer.isComplete)
            let usage = fixture.expected["body"]?["usage"]
            #expect(answer.usage.prompt == usage?["prompt_tokens"]?.int)
            #expect(answer.usage.total == usage?["total_tokens"]?.int)
        } catch { expect(error, fixture) }
    }

    // MARK: comparing

    private func expect(_ body: [UInt8], _ fixture: AnswerFixture) {
        #expect(String(decoding: body, as: UTF8.self) == fixture.expected["body"]?.shown)
    }

    private func expect(_ failure: BedrockFailure, _ fixture: AnswerFixture) {
        guard let expected = fixture.expected["failure"] else {
            Issue.record("failed: \(failure.error.message)")
            return
        }
        #expect(failure.error.status == expected["status"]?.int)
        #expect(failure.error.errorClass.rawValue == expected["class"]?.text)
        #expect("\(failure.kind)" == expected["kind"]?.text)
        let body = String(decoding: failure.error.body(), as: UTF8.self)
        #expect(body == expected["body"]?.shown)
    }

    /// What is accounted for is what the client is told.
    private func expect(_ usage: TokenUsage?, agreesWith told: JSONValue?) {
        guard let told, told != .null else { return }
        #expect(usage?.prompt == told["prompt_tokens"]?.int)
        #expect(usage?.completion == told["completion_tokens"]?.int)
        #expect(usage?.total == told["total_tokens"]?.int)
        #expect(usage?.cached == told["prompt_tokens_details"]?["cached_tokens"]?.int)
        #expect(usage?.cacheWritten == told["cache_creation_input_tokens"]?.int)
        let reasoning = told["completion_tokens_details"]?["reasoning_tokens"]?.int
        #expect(usage?.reasoning == reasoning ?? 0)
    }

    /// The events of a stream without what all have in common, which is checked here.
    static func events(_ output: [UInt8], _ context: AnswerContext) -> [JSONValue] {
        let text = String(decoding: output, as: UTF8.self)
        #expect(text.isEmpty || text.hasSuffix("\n\n"))
        let head: [JSONValue.Member] = [
            .init("id", .string(context.form == .chat ? "chatcmpl-r1" : "cmpl-r1")),
            .init(
                "object",
                .string(context.form == .chat ? "chat.completion.chunk" : "text_completion")
            ),
            .init("created", .integer(1_700_000_000)),
            .init("model", .string("public")),
        ]
        return text.split(separator: "\n\n").map { event in
            #expect(event.hasPrefix("data: ") && !event.contains("\n"))
            let data = String(event.dropFirst(6))
            guard let value = try? JSONValue(parsing: data), case .object(let members) = value
            else { return .string(data) }
            if members.first?.key == "error" { return value }
            #expect(Array(members.prefix(head.count)) == head)
            return .object(Array(members.dropFirst(head.count)))
        }
    }
}
