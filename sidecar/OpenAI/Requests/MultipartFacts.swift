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
    /// What there is for `RequestControls`.
    let controls: [Control]
    /// The length of the body.
    package let count: Int
    /// The parts in order, then the closing delimiter.
    private let places: [Place]
    private let delimiter: [UInt8]

    /// Where a part's delimiter is, and whether the part may go on to an upstream.
    private struct Place {
        let name: [UInt8]
        /// CRLF included, if it has one.
        let start: Int
        let hyphens: Int
        /// A client's credentials and LiteLLM's own fields never reach an upstream.
        let isConsumed: Bool
    }

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
        var places: [Place] = []
        var controls: [Control] = []
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
            let treatment = field?.treatment ?? .forwarded
            if treatment == .refused { throw .mockTestingRefused(field?.rawValue ?? "") }
            places.append(
                Place(
                    name: part.name,
                    start: part.start,
                    hyphens: part.hyphens,
                    isConsumed: treatment != .forwarded
                )
            )
        }
        let end = scanner.position
        let hyphens = scanner.hyphens(at: end, body)
        places.append(Place(name: [], start: end, hyphens: hyphens, isConsumed: false))
        self.places = places
        modelValue = model
        self.model = model.map { body.array($0) }
        self.isStream = isStream
        self.controls = controls
        count = body.byteCount
        delimiter = scanner.delimiter
    }

    /// Replaces the model's value (plain UTF-8, no quotes), or adds the part, and takes out what is
    /// not for the upstream.
    ///
    /// - Parameter dropped: the names of fields that are taken out, too (`additional_drop_params`).
    package func edits(
        model: [UInt8]?,
        dropping dropped: [[UInt8]] = [],
        body: RawSpan
    ) -> BodyEdits {
        var edits = BodyEdits(bodyCount: count)
        var hasKeptParts = false
        for (index, place) in places.enumerated().dropLast() {
            guard place.isConsumed || MultipartFacts.isDropped(place.name, dropped) else {
                hasKeptParts = true
                continue
            }
            // As with commas in JSON: the delimiter before the part goes with it, or the one after
            // it when nothing is kept before it, so that ranges never overlap.
            let next = places[index + 1]
            let range =
                hasKeptParts ? place.start..<next.start : place.hyphens..<next.hyphens
            edits.replace(range, with: [])
        }
        guard let model else { return edits }
        if let modelValue {
            if !body.equals(model, at: modelValue) { edits.replace(modelValue, with: model) }
            return edits
        }
        let header = "\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n"
        let part = Array(header.utf8) + model
        let closing = places[places.count - 1]
        if hasKeptParts {
            edits.replace(closing.start..<closing.start, with: delimiter + part)
        } else {
            edits.replace(
                closing.hyphens..<closing.hyphens,
                with: delimiter.dropFirst(2) + part + Array("\r\n".utf8)
            )
        }
        return edits
    }

    /// A list's elements are dropped by the list's name: `timestamp_granularities[]`. Without its
    /// model the request would not be the one that was admitted.
    private static func isDropped(_ name: [UInt8], _ dropped: [[UInt8]]) -> Bool {
        if dropped.isEmpty { return false }
        let bare = name.prefix { $0 != UInt8(ascii: "[") }
        return dropped.contains { $0 == name || bare.elementsEqual($0) }
            && !bare.elementsEqual(RequestField.model.rawValue.utf8)
    }
}
