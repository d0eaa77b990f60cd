import TestSupport
import Testing

@testable import ResponseCache

@Suite("Sealed entries")
struct EntrySealTests {
    private let seal = EntrySeal(secret: Array("secret".utf8), bodyBytesMax: 100_000)

    @Test("open to what was sealed", arguments: [0, 2, 1_024, 1_025, 90_000])
    func roundTrip(_ count: Int) throws {
        for kind in [CachedAnswer.Kind.whole, .stream] {
            let sent = answer(String(repeating: "a", count: count), kind: kind)
            let bytes = seal.seal(sent, under: key(1))
            let opened = try #require(seal.open(bytes, under: key(1)))
            #expect(opened.body == sent.body)
            #expect(opened.kind == kind)
            #expect(opened.contentType == sent.contentType)
            #expect(opened.publicModel == sent.publicModel)
            #expect(opened.tokens == sent.tokens)
            #expect(opened.createdMS == sent.createdMS)
            #expect(opened.expiresMS == sent.expiresMS)
            if count > 1_024 { #expect(bytes.count < sent.body.count / 2) }
        }
    }

    @Test("stay as they are where compressing gains nothing")
    func incompressible() throws {
        var random = SeededRandom.make()
        let noise = String(
            decoding: (0..<4_000).map { _ in UInt8.random(in: 0x20..<0x7F, using: &random) },
            as: UTF8.self
        )
        let bytes = seal.seal(answer(noise), under: key(1))
        #expect(seal.open(bytes, under: key(1))?.body == Array(noise.utf8))
    }

    @Test("do not open when any bit of them was changed")
    func altered() {
        let bytes = seal.seal(answer(String(repeating: "a", count: 2_000)), under: key(1))
        for place in bytes.indices {
            var altered = bytes
            altered[place] ^= 1
            #expect(seal.open(altered, under: key(1)) == nil)
        }
    }

    @Test("do not open when they were cut, moved, or sealed by another")
    func foreign() {
        let bytes = seal.seal(answer(), under: key(1))
        for count in bytes.indices {
            #expect(seal.open(Array(bytes[..<count]), under: key(1)) == nil)
        }
        #expect(seal.open(bytes + [0], under: key(1)) == nil)
        #expect(seal.open(bytes, under: key(2)) == nil)
        let other = EntrySeal(secret: Array("other".utf8), bodyBytesMax: 100_000)
        #expect(other.open(bytes, under: key(1)) == nil)
    }

    @Test("do not open to more than may be held, whatever they claim")
    func bomb() {
        let body = String(repeating: "a", count: 50_000)
        let bytes = seal.seal(answer(body), under: key(1))
        #expect(bytes.count < 1_000)
        let small = EntrySeal(secret: Array("secret".utf8), bodyBytesMax: 49_999)
        #expect(small.open(bytes, under: key(1)) == nil)
    }

    @Test("hold frames that are exactly what they say")
    func frames() throws {
        let bytes = [UInt8](repeating: 7, count: 3_000)
        let frame = try #require(Zstandard.compress(bytes))
        #expect(Zstandard.expand(frame, count: 3_000) == bytes)
        for count in [0, 2_999, 3_001] { #expect(Zstandard.expand(frame, count: count) == nil) }
        #expect(Zstandard.expand(Array(frame.dropLast()), count: 3_000) == nil)
        #expect(Zstandard.expand([], count: 1) == nil)
        #expect(Zstandard.compress([]) == nil)
    }
}
