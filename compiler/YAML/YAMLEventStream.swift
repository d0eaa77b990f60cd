internal import CYAML

/// libyaml's parser over bytes in memory, one event at a time. Owns libyaml's memory.
@safe
struct YAMLEventStream: ~Copyable {
    enum Event {
        case streamStart, streamEnd, documentStart, documentEnd
        case alias(String)
        case scalar(text: String, anchor: String?, tag: String?, isPlain: Bool)
        case sequenceStart(anchor: String?, tag: String?)
        case sequenceEnd
        case mappingStart(anchor: String?, tag: String?)
        case mappingEnd
    }

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let file: Int32

    /// The bytes must stay where they are as long as the stream lives.
    init?(_ bytes: UnsafeBufferPointer<UInt8>, file: Int32) {
        unsafe parser = .allocate(capacity: 1)
        self.file = file
        guard unsafe yaml_parser_initialize(parser) == 1 else {
            unsafe parser.deallocate()
            return nil
        }
        unsafe yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
    }

    /// The next event and where it begins and ends.
    mutating func next() throws(YAMLFailure) -> (event: Event, start: YAMLMark, end: YAMLMark) {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw YAMLFailure(failure()) }
        defer { unsafe yaml_event_delete(&event) }
        return unsafe (decoded(event), mark(event.start_mark), mark(event.end_mark))
    }

    private func decoded(_ event: yaml_event_t) -> Event {
        switch unsafe event.type {
        case YAML_STREAM_START_EVENT, YAML_NO_EVENT: return .streamStart
        case YAML_STREAM_END_EVENT: return .streamEnd
        case YAML_DOCUMENT_START_EVENT: return .documentStart
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_ALIAS_EVENT: return unsafe .alias(text(event.data.alias.anchor) ?? "")
        case YAML_SCALAR_EVENT:
            let scalar = unsafe event.data.scalar
            let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            return unsafe .scalar(
                text: String(decoding: bytes, as: UTF8.self),
                anchor: text(scalar.anchor),
                tag: text(scalar.tag),
                isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE
            )
        case YAML_SEQUENCE_START_EVENT:
            return unsafe .sequenceStart(
                anchor: text(event.data.sequence_start.anchor),
                tag: text(event.data.sequence_start.tag)
            )
        case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            return unsafe .mappingStart(
                anchor: text(event.data.mapping_start.anchor),
                tag: text(event.data.mapping_start.tag)
            )
        default: return .mappingEnd
        }
    }

    private func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        guard let pointer = unsafe pointer else { return nil }
        return unsafe String(cString: pointer)
    }

    private func mark(_ mark: yaml_mark_t) -> YAMLMark {
        YAMLMark(
            file: file,
            line: Int32(clamping: mark.line + 1),
            column: Int32(clamping: mark.column + 1)
        )
    }

    private func failure() -> YAMLProblem {
        let message = unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "bad YAML"
        let context = unsafe parser.pointee.context.map { unsafe String(cString: $0) } ?? ""
        if unsafe parser.pointee.error == YAML_READER_ERROR {
            // The reader fails before the scanner has a mark: it says only which byte it was.
            let offset = unsafe parser.pointee.problem_offset
            return YAMLProblem(
                kind: .encoding(message: message),
                mark: YAMLMark(file: file, line: 0, column: Int32(clamping: offset))
            )
        }
        if unsafe parser.pointee.error == YAML_MEMORY_ERROR {
            return YAMLProblem(
                kind: .syntax(message: "out of memory", context: ""),
                mark: YAMLMark(file: file, line: 1, column: 1)
            )
        }
        return unsafe YAMLProblem(
            kind: .syntax(message: message, context: context),
            mark: mark(parser.pointee.problem_mark)
        )
    }
}

/// Carries the problem that ends a stream.
struct YAMLFailure: Error {
    var problem: YAMLProblem

    init(_ problem: YAMLProblem) { self.problem = problem }
}
