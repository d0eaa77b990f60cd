import Bedrock
import JSON
import OpenAI
import TestSupport
import Testing

/// Whatever AWS sends, nothing traps, and what the client gets is JSON.
@Suite("Answers of Bedrock, mutated")
struct AnswerMutationTests {
    private static let roundCount = 40

    @Test("Converse bodies give valid JSON or a failure")
    func converse() {
        var mutation = Mutation()
        let scanner = JSONScanner()
        for fixture in AnswerFixture.all("converse") {
            let body = fixture.body
            let context = fixture.context
            for _ in 0..<Self.roundCount {
                let bytes = mutation.mutated(body)
                guard
                    let answer = try? ConverseAnswer(
                        bytes.span.bytes,
                        context: context,
                        scanner: scanner
                    )
                else { continue }
                #expect(isObject(answer.body), "from \(String(decoding: bytes, as: UTF8.self))")
            }
        }
    }

    @Test("Streams give whole events with valid JSON, and end once")
    func streams() {
        var mutation = Mutation()
        let scanner = JSONScanner()
        for fixture in AnswerFixture.all("stream") {
            let frames = (fixture.content["frames"]?.elements ?? []).map(FixtureFrame.init)
            for _ in 0..<Self.roundCount {
                var translator = ConverseStreamTranslator(
                    context: fixture.context,
                    scanner: scanner
                )
                var output: [UInt8] = []
                for frame in mutation.shuffled(frames) {
                    mutation.mutated(frame).feed(&translator, into: &output)
                }
                let end = translator.finish(isClean: mutation.chance(2), into: &output)
                check(output, end)
            }
        }
    }

    private func check(_ output: [UInt8], _ end: StreamEnd) {
        let text = String(decoding: output, as: UTF8.self)
        let events = text.split(separator: "\n\n").map { $0.dropFirst(6) }
        #expect(text.isEmpty || text.hasSuffix("\n\n"))
        for event in events where event != "[DONE]" {
            #expect(isObject(Array(event.utf8)), "\(event)")
        }
        let doneCount = events.count { $0 == "[DONE]" }
        #expect(doneCount == (end == .complete ? 1 : 0))
        #expect(events.last == "[DONE]" || events.last?.hasPrefix(#"{"error":"#) == true)
    }

    @Test("Errors have a status that is an error's, and a body")
    func errors() {
        var mutation = Mutation()
        let scanner = JSONScanner()
        for fixture in AnswerFixture.all("error") {
            for _ in 0..<Self.roundCount {
                let bytes = mutation.mutated(fixture.body)
                let failure = BedrockFailure(
                    status: mutation.below(1000),
                    errorType: mutation.chance(2) ? fixture.content["errorType"]?.text : nil,
                    body: bytes.span.bytes,
                    scanner: scanner
                )
                #expect((400..<1000).contains(failure.error.status))
                #expect(isObject(failure.error.body()))
            }
        }
    }

    @Test("Embeddings give valid JSON or a failure")
    func embeddings() {
        var mutation = Mutation()
        let scanner = JSONScanner()
        for fixture in AnswerFixture.all("embeddings") {
            for round in 0..<Self.roundCount {
                var answer = EmbeddingAnswer(
                    model: "m",
                    encoding: round.isMultiple(of: 2) ? .float : .base64,
                    inputCount: fixture.content["inputCount"]?.int ?? 0
                )
                for call in fixture.content["calls"]?.elements ?? [] {
                    let bytes = mutation.mutated(call["body"]?.bytes ?? [])
                    let first = call["first"]?.int ?? 0
                    try? answer.add(
                        bytes.span.bytes,
                        inputs: first..<(first + (call["count"]?.int ?? 0)),
                        inputTokens: nil,
                        scanner: scanner
                    )
                }
                if let body = try? answer.body() { #expect(isObject(body)) }
            }
        }
    }

    private func isObject(_ body: [UInt8]) -> Bool {
        guard case .object? = try? JSONValue(parsing: body.span.bytes) else { return false }
        return true
    }
}

/// Damages documents: cuts, repeats, and changes bytes to those that mean something in JSON.
private struct Mutation {
    private var random = SeededRandom.make()
    private static let bytes =
        Array(#"{}[]":,\u0-9.eE tfn"#.utf8) + [0, 10, 0x7F, 0x80, 0xC3, 0xFF]

    mutating func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

    mutating func chance(_ oneIn: Int) -> Bool { below(oneIn) == 0 }

    mutating func mutated(_ document: [UInt8]) -> [UInt8] {
        var bytes = document
        for _ in 0..<(1 + below(3)) where !bytes.isEmpty {
            let place = below(bytes.count)
            switch below(5) {
            case 0: bytes.removeSubrange(place...)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(Self.bytes[below(Self.bytes.count)], at: place)
            case 3:
                let end = min(place + below(40), bytes.count)
                bytes.insert(contentsOf: Array(bytes[place..<end]), at: below(bytes.count))
            default: bytes[place] = Self.bytes[below(Self.bytes.count)]
            }
        }
        return bytes
    }

    mutating func mutated(_ frame: FixtureFrame) -> FixtureFrame {
        guard chance(4) else { return frame }
        switch frame {
        case .event(let type, let payload): return .event(type, mutated(payload))
        case .exception(let type, let payload): return .exception(type, mutated(payload))
        case .error: return frame
        }
    }

    /// Frames of which one may be missing, twice there or elsewhere.
    mutating func shuffled(_ frames: [FixtureFrame]) -> [FixtureFrame] {
        var frames = frames
        if frames.isEmpty { return frames }
        switch below(4) {
        case 0: frames.remove(at: below(frames.count))
        case 1: frames.insert(frames[below(frames.count)], at: below(frames.count))
        case 2: frames.swapAt(below(frames.count), below(frames.count))
        default: break
        }
        return frames
    }
}
