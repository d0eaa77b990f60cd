package import JSON

/// Passes an event stream on, event by event: restores the public model's name, keeps back the
/// usage chunk that the client did not ask for, and notes what the proxy must know.
///
/// Bytes come as the network cut them. Events that need no change are named as ranges of the input;
/// only an event that arrives in parts is held, and copied. Everything else, comments and unknown
/// fields included, passes byte for byte.
package struct EventStreamRewriter {
    /// What the stream has told so far.
    package private(set) var state = StreamState()
    /// Whether an event was too large to be looked at, and passed as it was.
    package private(set) var hasPassedUnseen = false

    private let inspector: EventInspector
    private let heldBytesMax: Int
    private var boundary = EventBoundary()
    /// The beginning of an event whose end has not arrived.
    private var held: [UInt8] = []
    /// The event at hand is too large to be held: its bytes pass as they come.
    private var isPassing = false
    /// The last whole event was such a one: what it said is not known.
    private var wasLastUnseen = false
    /// The last whole event was kept from the client.
    private var wasLastHidden = false

    /// A rewriter for one stream.
    ///
    /// - `publicModel` is a JSON string with its quotes; nil when the upstream's name may show.
    /// - `hidesUsage`: the chunk with usage and no choices is kept from the client.
    /// - `heldBytesMax`: an event of more bytes passes without being looked at.
    package init(
        dialect: ResponseDialect,
        publicModel: [UInt8]?,
        hidesUsage: Bool,
        scanner: JSONScanner,
        heldBytesMax: Int = 1 << 20
    ) {
        inspector = EventInspector(
            dialect: dialect,
            publicModel: publicModel,
            hidesUsage: hidesUsage,
            scanner: scanner
        )
        self.heldBytesMax = heldBytesMax
    }

    /// Takes the next bytes and appends to `pieces` what may go to the client now. Pieces that name
    /// the input are good for as long as it is.
    package mutating func feed(_ input: RawSpan, into pieces: inout [StreamPiece]) {
        var start = 0
        if held.isEmpty, !isPassing, boundary.takesLineFeed(input) {
            if !wasLastHidden { pieces.append(input: 0..<1) }
            start = 1
        }
        while start < input.byteCount {
            guard let end = boundary.end(in: input, from: start) else {
                hold(input, from: start, &pieces)
                return
            }
            if isPassing {
                pieces.append(input: start..<end)
                isPassing = false
                wasLastUnseen = true
                wasLastHidden = false
                state.eventCount += 1
            } else if held.isEmpty {
                handle(input, start..<end, isInput: true, &pieces)
            } else {
                held += input.array(start..<end)
                handleHeld(&pieces)
            }
            start = end
        }
    }

    /// Ends the stream, and appends what was held. `isClean` says that the upstream ended the body
    /// as HTTP demands, rather than broke off.
    package mutating func finish(isClean: Bool, into pieces: inout [StreamPiece]) -> StreamEnd {
        if !held.isEmpty { finishHeld(isClean: isClean, &pieces) }
        if state.hasFailed { return .failed }
        if state.isTerminated { return .complete }
        guard isClean else { return .truncated }
        if wasLastUnseen { return .complete }
        switch inspector.dialect {
        case .other: return .complete
        case .chat: return state.isFinished ? .missingDone : .truncated
        case .responses, .messages: return .truncated
        }
    }

    /// An event without its empty line counts if it is whole; half an event would spoil the error
    /// event that follows it, and no client would take it.
    private mutating func finishHeld(isClean: Bool, _ pieces: inout [StreamPiece]) {
        let bytes = held
        let span = unsafe bytes.span.bytes
        let fields = EventFields(span, at: 0..<bytes.count)
        var isWhole = fields.dataCount == 0 && isClean
        if let data = fields.data, fields.dataCount == 1 {
            let text = span.extracting(data)
            isWhole =
                text.equals(Array("[DONE]".utf8), at: 0..<text.byteCount)
                || (try? inspector.scanner.scan(text, names: .none)) != nil
        }
        if isWhole {
            handleHeld(&pieces)
            if !state.isTerminated { pieces.append(.bytes(Array("\n\n".utf8))) }
        }
        held.removeAll()
    }

    private mutating func hold(
        _ input: RawSpan,
        from start: Int,
        _ pieces: inout [StreamPiece]
    ) {
        if isPassing {
            pieces.append(input: start..<input.byteCount)
        } else if held.count + input.byteCount - start <= heldBytesMax {
            held += input.array(start..<input.byteCount)
        } else {
            if !held.isEmpty { pieces.append(.bytes(held)) }
            held = []
            pieces.append(input: start..<input.byteCount)
            isPassing = true
            hasPassedUnseen = true
        }
    }

    private mutating func handleHeld(_ pieces: inout [StreamPiece]) {
        let bytes = held
        held.removeAll(keepingCapacity: true)
        unsafe handle(bytes.span.bytes, 0..<bytes.count, isInput: false, &pieces)
    }

    /// Deals with the whole event at `range` of `bytes`, which are the input or a copy.
    private mutating func handle(
        _ bytes: RawSpan,
        _ range: Range<Int>,
        isInput: Bool,
        _ pieces: inout [StreamPiece]
    ) {
        wasLastUnseen = false
        wasLastHidden = false
        state.eventCount += 1
        let fields = EventFields(bytes, at: range)
        guard let data = fields.data, !data.isEmpty || fields.dataCount > 1 else {
            pieces.append(bytes, range, isInput: isInput)
            return
        }
        if fields.dataCount > 1 {
            handleLines(bytes, range, isInput: isInput, &pieces)
            return
        }
        switch inspector.inspect(bytes.extracting(data), &state) {
        case .hide: wasLastHidden = true
        case .pass: pieces.append(bytes, range, isInput: isInput)
        case .rename(let value):
            let first = data.lowerBound + value.lowerBound
            let end = data.lowerBound + value.upperBound
            pieces.append(bytes, range.lowerBound..<first, isInput: isInput)
            if let model = inspector.publicModel { pieces.append(.bytes(model)) }
            pieces.append(bytes, end..<range.upperBound, isInput: isInput)
        }
    }

    /// An event whose data is spread over lines: a changed one is written anew, on one line.
    private mutating func handleLines(
        _ bytes: RawSpan,
        _ range: Range<Int>,
        isInput: Bool,
        _ pieces: inout [StreamPiece]
    ) {
        let data = EventFields.joinedData(bytes, at: range)
        switch unsafe inspector.inspect(data.span.bytes, &state) {
        case .hide: wasLastHidden = true
        case .pass: pieces.append(bytes, range, isInput: isInput)
        case .rename(let value):
            // Between the tokens of JSON a line feed is a space.
            let line = data.map { $0 == UInt8(ascii: "\n") ? UInt8(ascii: " ") : $0 }
            var event = EventFields.otherLines(bytes, at: range) + Array("data: ".utf8)
            event += line[..<value.lowerBound] + (inspector.publicModel ?? [])
            event += line[value.upperBound...] + Array("\n\n".utf8)
            pieces.append(.bytes(event))
        }
    }
}

extension [StreamPiece] {
    /// Adds a range of the input, to the last piece if that ends where it begins.
    fileprivate mutating func append(input range: Range<Int>) {
        if range.isEmpty { return }
        if case .input(let last)? = last, last.upperBound == range.lowerBound {
            self[endIndex - 1] = .input(last.lowerBound..<range.upperBound)
        } else {
            append(.input(range))
        }
    }

    fileprivate mutating func append(_ bytes: RawSpan, _ range: Range<Int>, isInput: Bool) {
        if isInput {
            append(input: range)
        } else if !range.isEmpty {
            append(.bytes(bytes.array(range)))
        }
    }
}
