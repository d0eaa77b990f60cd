import JSON

@testable import OpenAI

/// `json-splice`: a client's body, in which the model gets another name and what is not for the
/// upstream goes. All else stays byte for byte, and what was JSON stays JSON.
extension Target {
    static let jsonSplice = Target(name: "json-splice", isJSON: true) { bytes in
        let model = Array(#""up/\u0041""#.utf8)
        do throws(OpenAIError) {
            let scanner = JSONScanner()
            let facts = try RequestFacts(bytes.rawSpan, scanner: scanner)
            let edits = facts.edits(RequestPolicy(model: model), body: bytes.rawSpan)
            let result = edits.apply(to: bytes.rawSpan)
            require(result.count == edits.count, "\(result.count) bytes where \(edits.count) said")
            let after: RequestFacts
            do throws(OpenAIError) {
                after = try RequestFacts(result.rawSpan, scanner: scanner)
            } catch {
                fail("\(shown(bytes)) became \(shown(result)): \(error)", #fileID, #line)
            }
            require(after.model == Array("up/A".utf8), "the model is another one")
            check(Spliced(facts, bytes, model), Spliced(after, result, model))
            // The scan leaves inner texts and numbers to the upstream; a tree does not.
            if JSONValue(document: bytes) != nil {
                _ = JSONValue.object(written: result, "the body")
            }
        } catch {
            _ = JSONValue.object(written: error.body(), "the error")
        }
        return .passed
    }

    private static func check(_ before: Spliced, _ after: Spliced) {
        require(
            before.members == after.members,
            "\(before.members.map(shown)) became \(after.members.map(shown))"
        )
        require(before.start == after.start, "the beginning is another one")
        require(before.tail == after.tail, "the end is another one")
    }
}

/// What has to be the same before and after.
private struct Spliced {
    /// The members for the upstream from key to value, the model's with the new name.
    var members: [[UInt8]] = []
    /// What is before the bracket, and what is behind the last one.
    let start: ArraySlice<UInt8>
    let tail: ArraySlice<UInt8>

    init(_ facts: RequestFacts, _ bytes: [UInt8], _ model: [UInt8]) {
        var hasModel = false
        for member in facts.members {
            switch member.field?.treatment {
            case nil, .forwarded: break
            case .consumed, .credential, .refused: continue
            }
            if member.field == .model {
                hasModel = true
                members.append(Array(bytes[member.key]) + model)
            } else {
                members.append(Array(bytes[member.key.lowerBound..<member.value.upperBound]))
            }
        }
        if !hasModel { members.append(Array(#""model""#.utf8) + model) }
        start = bytes.prefix { $0 != UInt8(ascii: "{") }
        tail = bytes[facts.end...]
    }
}
