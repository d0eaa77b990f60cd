package import JSON

extension RequestControls {
    /// The controls of a JSON request; `none` where `facts.hasControls` is false.
    ///
    /// - Parameters:
    ///   - keptFields: LiteLLM's fields that are the endpoint's own parameters
    ///     (`Endpoint.keptFields`). Tags are read from `metadata` there too, but what else it holds
    ///     is not refused.
    ///   - scanner: for the objects in `fallbacks`; it may have scanned anything else in between.
    package init(
        _ facts: RequestFacts,
        body: RawSpan,
        keptFields: Set<RequestField> = [],
        scanner: JSONScanner
    ) throws(OpenAIError) {
        guard facts.hasControls else {
            self = .none
            return
        }
        var reader = ControlReader(
            .none,
            scanner: scanner,
            isStream: facts.isStream,
            isForm: false
        )
        for member in facts.members {
            guard let field = member.field, field.isControl else { continue }
            let value = ControlValue(field.rawValue, range: member.value, kind: member.kind)
            if field == .metadata || field == .litellmMetadata {
                try reader.readMetadata(value, body, isEndpoints: keptFields.contains(field))
            } else {
                try reader.read(field, value, body)
            }
        }
        self = reader.controls
    }

    /// The controls of a form; `none` where `facts.hasControls` is false.
    ///
    /// Numbers and words stand there as they are, lists and objects as JSON; a list of words also
    /// with commas between them, or as a part `name[]` for each.
    package init(
        _ facts: MultipartFacts,
        body: RawSpan,
        scanner: JSONScanner
    ) throws(OpenAIError) {
        guard facts.hasControls else {
            self = .none
            return
        }
        var reader = ControlReader(
            .none,
            scanner: scanner,
            isStream: facts.isStream,
            isForm: true
        )
        var lists: [RequestField: [String]] = [:]
        for control in facts.controls {
            if control.isElement {
                let element = String(decoding: body.array(control.value), as: UTF8.self)
                lists[control.field, default: []].append(element)
            } else {
                try reader.read(control.field, text: body.array(control.value))
            }
        }
        for (field, elements) in lists.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            try reader.read(field, elements: elements)
        }
        self = reader.controls
    }
}

extension ControlReader {
    /// Takes a form's field, whose value is bare: a word, a number, JSON, or words with commas.
    mutating func read(_ field: RequestField, text: [UInt8]) throws(OpenAIError) {
        let isJSON = text.first { $0 > 0x20 }.map {
            $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "{")
        }
        switch isJSON {
        case nil: return
        case true?: try read(field, json: text)
        case false? where field.isListOfNames:
            let words = text.split(separator: UInt8(ascii: ",")).map {
                String(decoding: MultipartBoundary.trimmed($0), as: UTF8.self)
            }
            try read(field, elements: words.filter { !$0.isEmpty })
        case false?:
            let value = ControlValue(field.rawValue, text: 0..<text.count)
            if field == .metadata || field == .litellmMetadata {
                throw value.wrong("an object")
            }
            try read(field, value, unsafe text.span.bytes)
        }
    }

    /// Takes a list that came in pieces.
    mutating func read(_ field: RequestField, elements: [String]) throws(OpenAIError) {
        guard field.isListOfNames else {
            throw .invalidControl(field.rawValue, wanted: "one value")
        }
        var writer = JSONWriter()
        writer.beginArray()
        for element in elements { writer.string(element) }
        writer.endArray()
        try read(field, json: writer.bytes)
    }

    private mutating func read(_ field: RequestField, json text: [UInt8]) throws(OpenAIError) {
        let head = Array(#"{"value":"#.utf8)
        let document = head + text + [UInt8(ascii: "}")]
        let span = unsafe document.span.bytes
        do {
            _ = try scanner.scan(span, names: .none)
        } catch {
            throw .invalidControl(field.rawValue, wanted: "JSON")
        }
        var walker = JSONWalker(span, at: 0)
        guard let value = walker?.next(span)?.control(field.rawValue, span) else { return }
        if field == .metadata || field == .litellmMetadata {
            try readMetadata(value, span, isEndpoints: false)
        } else {
            try read(field, value, span)
        }
    }
}

extension RequestField {
    /// Whether a form may list its words with commas.
    fileprivate var isListOfNames: Bool {
        switch self {
        case .tags, .fallbacks, .additionalDropParams, .allowedOpenAIParams: true
        default: false
        }
    }
}
