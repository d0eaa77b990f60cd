import JSON
import OpenAI
import TestSupport
import Testing

/// What a rewriter made of a stream.
private struct Outcome: Equatable {
    var text = ""
    var end = StreamEnd.truncated
    var usage: TokenUsage?
    var hasContent = false
    var events = 0
}

@Suite("EventStreamRewriter")
struct EventStreamRewriterTests {
    private static let first =
        #"data: {"id":"c1","model":"up/m","choices":[{"index":0,"delta":{"role":"assistant","#
        + #""content":""},"finish_reason":null}],"prompt_text":null}"# + "\n\n"
    private static let text =
        #"data: {"id":"c1","model":"up/m","choices":[{"index":0,"delta":{"content":"né 😀"},"#
        + #""finish_reason":null}]}"# + "\n\n"
    private static let last =
        #"data: {"id":"c1","model":"up/m","choices":[{"index":0,"delta":{},"#
        + #""finish_reason":"stop"}]}"# + "\n\n"
    private static let usage =
        #"data: {"id":"c1","model":"up/m","choices":[],"usage":{"prompt_tokens":18,"#
        + #""total_tokens":26,"completion_tokens":8,"prompt_tokens_details":{"cached_tokens":16},"#
        + #""completion_tokens_details":{"reasoning_tokens":3}}}"# + "\n\n"
    private static let done = "data: [DONE]\n\n"

    private func run(
        _ pieces: [ArraySlice<UInt8>],
        dialect: ResponseDialect = .chat,
        model: String? = "\"public\"",
        hidesUsage: Bool = false,
        isClean: Bool = true,
        heldBytesMax: Int = 1 << 20
    ) -> Outcome {
        var rewriter = EventStreamRewriter(
            dialect: dialect,
            publicModel: model.map { Array($0.utf8) },
            hidesUsage: hidesUsage,
            scanner: JSONScanner(),
            heldBytesMax: heldBytesMax
        )
        var bytes: [UInt8] = []
        for piece in pieces {
            let input = Array(piece)
            var output: [StreamPiece] = []
            rewriter.feed(input.span.bytes, into: &output)
            bytes += Self.flatten(output, input)
        }
        var output: [StreamPiece] = []
        let end = rewriter.finish(isClean: isClean, into: &output)
        bytes += Self.flatten(output, [])
        return Outcome(
            text: String(decoding: bytes, as: UTF8.self),
            end: end,
            usage: rewriter.state.usage,
            hasContent: rewriter.state.hasContent,
            events: rewriter.state.eventCount
        )
    }

    private static func flatten(_ pieces: [StreamPiece], _ input: [UInt8]) -> [UInt8] {
        pieces.flatMap { piece in
            switch piece {
            case .input(let range): Array(input[range])
            case .bytes(let bytes): bytes
            }
        }
    }

    private func run(
        _ text: String,
        dialect: ResponseDialect = .chat,
        model: String? = "\"public\"",
        hidesUsage: Bool = false,
        isClean: Bool = true,
        heldBytesMax: Int = 1 << 20
    ) -> Outcome {
        run(
            [Array(text.utf8)[...]],
            dialect: dialect,
            model: model,
            hidesUsage: hidesUsage,
            isClean: isClean,
            heldBytesMax: heldBytesMax
        )
    }

    @Test("passes a stream byte for byte when there is nothing to change")
    func unchanged() {
        let stream = ": hello\n\n" + Self.first + Self.text + Self.last + Self.usage + Self.done
        let outcome = run(stream, model: "\"up/m\"")
        #expect(outcome.text == stream)
        #expect(outcome.end == .complete)
        #expect(outcome.usage?.prompt == 18)
        #expect(outcome.usage?.completion == 8)
        #expect(outcome.usage?.cached == 16)
        #expect(outcome.usage?.reasoning == 3)
        #expect(outcome.hasContent)
    }

    @Test("names unchanged events as one range of the input")
    func noCopy() {
        let stream = Array((Self.first + Self.text + Self.done).utf8)
        var rewriter = EventStreamRewriter(
            dialect: .chat,
            publicModel: nil,
            hidesUsage: true,
            scanner: JSONScanner()
        )
        var pieces: [StreamPiece] = []
        rewriter.feed(stream.span.bytes, into: &pieces)
        #expect(pieces == [.input(0..<stream.count)])
    }

    @Test("restores the model's name and hides the usage chunk, wherever the stream is split")
    func everySplit() {
        let stream = Self.first + Self.text + Self.last + Self.usage + Self.done
        let wanted = (Self.first + Self.text + Self.last + Self.done)
            .replacing("\"up/m\"", with: "\"public\"")
        let bytes = Array(stream.utf8)
        let whole = run(stream, hidesUsage: true)
        #expect(whole.text == wanted)
        #expect(whole.usage?.total == 26)
        for split in 0...bytes.count {
            #expect(run([bytes[..<split], bytes[split...]], hidesUsage: true) == whole)
        }
        let single = bytes.indices.map { bytes[$0...$0] }
        #expect(run(single, hidesUsage: true) == whole)
    }

    @Test("reads all line ends, wherever the stream is split", arguments: ["\r\n", "\r"])
    func lineEnds(end: String) {
        let stream = (": c\n\n" + Self.first + Self.text + Self.last + Self.done)
            .replacing("\n", with: end)
        let wanted = stream.replacing("\"up/m\"", with: "\"public\"")
        let bytes = Array(stream.utf8)
        for split in 0...bytes.count {
            let outcome = run([bytes[..<split], bytes[split...]])
            #expect(outcome.text == wanted)
            #expect(outcome.end == .complete)
        }
        #expect(run(bytes.indices.map { bytes[$0...$0] }).text == wanted)
    }

    @Test("cuts random streams at random places to the same end")
    func randomSplits() {
        var random = SeededRandom.make()
        let events = [Self.first, Self.text, Self.last, Self.usage, Self.done, ":\n\n", "\n"]
        for _ in 0..<300 {
            let count = Int.random(in: 1...8, using: &random)
            let end = ["\n", "\r\n", "\r"].randomElement(using: &random) ?? "\n"
            let stream = (0..<count).map { _ in events.randomElement(using: &random) ?? "" }
                .joined().replacing("\n", with: end)
            let bytes = Array(stream.utf8)
            let whole = run(stream, hidesUsage: true)
            var pieces: [ArraySlice<UInt8>] = []
            var start = 0
            while start < bytes.count {
                let next = min(bytes.count, start + Int.random(in: 1...60, using: &random))
                pieces.append(bytes[start..<next])
                start = next
            }
            #expect(run(pieces, hidesUsage: true) == whole)
        }
    }

    @Test("writes an event with data on several lines anew when it must change it")
    func lines() {
        let stream = "id: 7\ndata: {\"model\":\ndata: \"up/m\",\ndata:\"choices\":[]}\n\n"
        #expect(run(stream, model: nil).text == stream)
        #expect(
            run(stream).text == "id: 7\ndata: {\"model\": \"public\", \"choices\":[]}\n\n"
        )
    }

    @Test("passes what is no JSON, and unknown fields")
    func foreign() {
        let stream = "retry: 5\n\nid\ndata: hello {\n\ndata:\n\ndata: {\"a\":}\n\n"
        #expect(run(stream, dialect: .other).text == stream)
        #expect(run(stream, dialect: .other).end == .complete)
    }

    @Test("keeps the usage chunk for a client that asked, and usage inside other chunks")
    func usageKept() {
        #expect(run(Self.usage, model: nil).text == Self.usage)
        let continuous = Self.text.replacing(
            "\"id\"",
            with: "\"usage\":{\"prompt_tokens\":1},\"id\""
        )
        #expect(run(continuous, model: nil, hidesUsage: true).text == continuous)
        let null = Self.text.replacing("\"id\"", with: "\"usage\":null,\"id\"")
        #expect(run(null, model: nil, hidesUsage: true).text == null)
    }

    @Test(
        "says how a chat stream ended",
        arguments: [
            (first + text + last + done, true, StreamEnd.complete),
            (first + text + last + done, false, .complete),
            (first + text + last, true, .missingDone),
            (first + text + last, false, .truncated),
            (first + text, true, .truncated), ("", true, .truncated),
            (first + text + "data: [DONE]", true, .complete),
            (first + text + last + "data: [DONE]\n", true, .complete),
            (first + "data: {\"error\":{\"message\":\"x\",\"code\":500}}\n\n", true, .failed),
            (first + "data: {\"error\":{\"code\":500}}\n\ndata: [DONE]\n\n", true, .failed),
            (first + text.replacing("\"error\":null,", with: "") + last, true, .missingDone),
            (
                last + "data: {\"choices\":[{\"index\":1,\"finish_reason\":null}]}\n\n", true,
                .truncated
            ),
        ]
    )
    func ends(stream: String, isClean: Bool, end: StreamEnd) {
        #expect(run(stream, isClean: isClean).end == end)
    }

    @Test("drops half an event at the end, and keeps a whole one that lacks its empty line")
    func unfinishedEvent() {
        let half = String(Self.text.dropLast(10))
        let cut = run(Self.first + half, model: nil, isClean: false)
        #expect(cut.text == Self.first)
        #expect(cut.end == .truncated)
        let whole = run(Self.first + Self.last.dropLast(1), model: nil)
        #expect(whole.text.hasPrefix(Self.first + Self.last.dropLast(1)))
        #expect(whole.end == .missingDone)
    }

    @Test("passes an event unseen that is too large to hold, and goes on after it")
    func tooLarge() {
        let large = Self.text.replacing("né", with: String(repeating: "x", count: 5000))
        let stream = Self.first + large + Self.last + Self.done
        let bytes = Array(stream.utf8)
        let pieces = stride(from: 0, to: bytes.count, by: 700).map {
            bytes[$0..<min($0 + 700, bytes.count)]
        }
        let outcome = run(pieces, heldBytesMax: 2000)
        let renamed = { (event: String) in event.replacing("\"up/m\"", with: "\"public\"") }
        #expect(
            outcome.text == renamed(Self.first) + large + renamed(Self.last) + Self.done
        )
        #expect(outcome.end == .complete)
    }

    @Test("sees content in text, reasoning and tool calls, not in the role alone")
    func content() {
        #expect(!run(Self.first).hasContent)
        #expect(run(Self.text).hasContent)
        let delta = { (json: String) in
            "data: {\"choices\":[{\"index\":0,\"delta\":{\(json)}}]}\n\n"
        }
        #expect(run(delta("\"reasoning\":\"a\"")).hasContent)
        #expect(run(delta("\"content\":null,\"tool_calls\":[{\"index\":0}]")).hasContent)
        #expect(!run(delta("\"content\":null,\"tool_calls\":[]")).hasContent)
        #expect(run("data: {\"choices\":[{\"index\":0,\"text\":\" a\"}]}\n\n").hasContent)
    }
}
