import JSON
import OpenAI

/// `sse`: an upstream's event stream. However it is cut, the client gets the same bytes; where
/// nothing is to be changed, they are the upstream's.
extension Target {
    static let sse = Target(name: "sse") { bytes in
        let dialects: [ResponseDialect] = [.chat, .messages, .responses, .other]
        let scanner = JSONScanner()
        for dialect in dialects {
            for (model, hidesUsage) in [(nil, false), (Array("\"public\"".utf8), true)] {
                let settings = Rewritten.Settings(
                    dialect: dialect,
                    model: model,
                    hidesUsage: hidesUsage,
                    scanner: scanner
                )
                let whole = Rewritten([bytes[...]], settings)
                for pieces in Splits.of(bytes) {
                    let other = Rewritten(pieces, settings)
                    require(other == whole, "in pieces \(other), at once \(whole)")
                }
                if model == nil { checkUntouched(bytes, whole.bytes) }
            }
        }
        return .passed
    }

    /// Half an event at the end is left out, and a whole one without its empty line gets one.
    private static func checkUntouched(_ sent: [UInt8], _ received: [UInt8]) {
        let isUntouched =
            sent.starts(with: received) || received == sent + Array("\n\n".utf8)
        require(isUntouched, "\(shown(sent)) became \(shown(received))")
    }
}

/// What became of a stream.
private struct Rewritten: Equatable {
    struct Settings {
        let dialect: ResponseDialect
        let model: [UInt8]?
        let hidesUsage: Bool
        let scanner: JSONScanner
    }

    var bytes: [UInt8] = []
    let end: StreamEnd
    let usage: TokenUsage?
    let flags: [Bool]
    let eventCount: Int

    init(_ pieces: [ArraySlice<UInt8>], _ settings: Settings) {
        var rewriter = EventStreamRewriter(
            dialect: settings.dialect,
            publicModel: settings.model,
            hidesUsage: settings.hidesUsage,
            scanner: settings.scanner
        )
        for piece in pieces {
            let input = Array(piece)
            var output: [StreamPiece] = []
            rewriter.feed(input.rawSpan, into: &output)
            bytes += Self.flattened(output, input)
        }
        var output: [StreamPiece] = []
        end = rewriter.finish(isClean: true, into: &output)
        bytes += Self.flattened(output, [])
        let state = rewriter.state
        usage = state.usage
        flags = [state.hasContent, state.hasFailed, state.isTerminated, state.isFinished]
        eventCount = state.eventCount
    }

    private static func flattened(_ pieces: [StreamPiece], _ input: [UInt8]) -> [UInt8] {
        pieces.flatMap { piece in
            switch piece {
            case .input(let range): Array(input[range])
            case .bytes(let bytes): bytes
            }
        }
    }
}
