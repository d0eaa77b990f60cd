internal import JSON

/// What the gateway reads from a `multipart/form-data` request (RFC 7578): where the value of the
/// `model` part is, so that it can be replaced without a copy, and whether a stream is asked for.
package struct MultipartFacts: Sendable {
    /// The model that the client names; nil when it names none.
    package let model: [UInt8]?
    /// Where the model's value is in the body.
    package let modelValue: Range<Int>?
    /// Whether `stream` is `true`.
    package let isStream: Bool
    /// The whole parts of the fields that never reach an upstream, each with a delimiter: a
    /// client's credentials and LiteLLM's own.
    package let consumed: [Range<Int>]
    /// What there is for `RequestControls`.
    let controls: [Control]
    /// The length of the body.
    package let count: Int
    /// Where another part can be put, before the closing delimiter.
    private let end: Int
    /// Whether a part is before it that stays.
    private let hasKeptParts: Bool
    private let delimiter: [UInt8]

    /// A part that says how the request is to be routed.
    struct Control {
        let field: RequestField
        /// Whether it is one of several parts that make up a list, such as `tags[]`.
        let isElement: Bool
        let value: Range<Int>
    }

    /// Whether there is something for `RequestControls`.
    package var hasControls: Bool { !controls.isEmpty }

    /// The most parts that are read.
    package static let partsMax = 256
    /// The most bytes of one part's headers.
    package static let headerBytesMax = 8192

    /// Reads a request's body; `contentType` is the header's value.
    package init(_ body: RawSpan, contentType: String) throws(OpenAIError) {
        guard let boundary = MultipartBoundary.parse(contentType) else {
            throw .invalidMultipart("the content type has no usable boundary")
        }
        var scanner = MultipartScanner(boundary: boundary)
        var model: Range<Int>?
        var isStream = false
        var consumed: [Range<Int>] = []
        var controls: [Control] = []
        var hasKeptParts = false
        while let part = try scanner.next(body) {
            let name = FormFieldName(part.name)
            let field = name.field
            if let control = name.control {
                controls.append(
                    Control(field: control, isElement: name.isElement, value: part.value)
                )
            }
            if field == .model {
                if model != nil { throw .duplicateModel }
                model = part.value
            } else if field == .stream {
                isStream = body.equals(Array("true".utf8), at: part.value)
            }
            switch field?.treatment {
            case .consumed, .credential:
                // As with commas in JSON: the delimiter before the part goes with it, or the one
                // after it when nothing is kept before it, so that ranges never overlap.
                let next = scanner.position
                let end = scanner.hyphens(at: next, body)
                consumed.append(hasKeptParts ? part.start..<next : part.hyphens..<end)
            case .refused: throw .mockTestingRefused(field?.rawValue ?? "")
            case .forwarded, nil: hasKeptParts = true
            }
        }
        self.hasKeptParts = hasKeptParts
        modelValue = model
        self.model = model.map { body.array($0) }
        self.isStream = isStream
        self.consumed = consumed
        self.controls = controls
        count = body.byteCount
        end = hasKeptParts ? scanner.position : scanner.hyphens(at: scanner.position, body)
        delimiter = scanner.delimiter
    }

    /// Replaces the model's value (plain UTF-8, no quotes), or adds the part, and takes out what is
    /// not for the upstream.
    package func edits(model: [UInt8]?, body: RawSpan) -> BodyEdits {
        var edits = BodyEdits(bodyCount: count)
        for range in consumed { edits.replace(range, with: []) }
        guard let model else { return edits }
        if let modelValue {
            if !body.equals(model, at: modelValue) { edits.replace(modelValue, with: model) }
            return edits
        }
        let header = "\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n"
        let part = Array(header.utf8) + model
        if hasKeptParts {
            edits.replace(end..<end, with: delimiter + part)
        } else {
            edits.replace(end..<end, with: delimiter.dropFirst(2) + part + Array("\r\n".utf8))
        }
        return edits
    }
}
