package import JSON

/// What the gateway knows about a JSON request after one pass over its body: where things are, not
/// what they say. The offsets hold for as long as the body stays as it is.
///
/// One object, since it goes through many hands.
package final class RequestFacts: Sendable {
    /// One outermost member of the body.
    package struct Member: Hashable, Sendable {
        fileprivate let keyStart: UInt32
        fileprivate let keyEnd: UInt32
        fileprivate let valueStart: UInt32
        fileprivate let valueEnd: UInt32
        /// The place in `RequestField.all`, or -1.
        let number: Int16
        package let kind: JSONKind

        package var key: Range<Int> { Int(keyStart)..<Int(keyEnd) }
        package var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
        /// From the key's quote to the end of the value.
        var range: Range<Int> { Int(keyStart)..<Int(valueEnd) }
        /// Nil for a member that the gateway does not know.
        package var field: RequestField? { number < 0 ? nil : RequestField.all[Int(number)] }

        init(_ member: JSONMember) {
            keyStart = UInt32(member.key.lowerBound)
            keyEnd = UInt32(member.key.upperBound)
            valueStart = UInt32(member.value.lowerBound)
            valueEnd = UInt32(member.value.upperBound)
            number = Int16(member.name ?? -1)
            kind = member.kind
        }
    }

    /// What a client says about the usage chunk of its stream.
    package enum StreamUsage: Hashable, Sendable {
        /// It asked for it.
        case wanted
        /// No `stream_options`; ours goes to the end of the body.
        case absent
        /// `stream_options` that is null; ours takes its place.
        case null(Range<Int>)
        /// An object without `include_usage`; ours goes to this place, after its bracket.
        case missing(offset: Int, isEmpty: Bool)
        /// An `include_usage` that is false or null.
        case refused(Range<Int>)
        /// Something that the upstream will refuse.
        case invalid
    }

    /// All outermost members in the body's order.
    package let members: [Member]
    /// Where the body's closing bracket is.
    package let end: Int
    /// The length of the body.
    package let count: Int
    /// The model that the client names; nil when it names none (or null).
    package let model: [UInt8]?
    /// Where the model's value is, quotes included.
    package let modelValue: Range<Int>?
    /// Whether `stream` is true.
    package let isStream: Bool
    package let streamUsage: StreamUsage
    /// Whether the client sent an `api_key`, an `api_base` or the like.
    package let hasCredentials: Bool
    /// Whether there is something for `RequestControls`.
    package let hasControls: Bool

    /// Reads a request's body.
    ///
    /// Throws the error that answers a body that is no JSON object, or whose `model` is no string
    /// or is there twice (the upstream might take the other one), or a field that is refused.
    /// - Parameter depthMax: how many arrays and objects may be nested.
    package init(
        _ body: RawSpan,
        scanner: JSONScanner,
        depthMax: Int = 512
    ) throws(OpenAIError) {
        let found: Range<Int>
        do {
            found = try scanner.scan(body, names: RequestField.names, depthMax: depthMax)
        } catch {
            throw .invalidJSON(error)
        }
        var members: [Member] = []
        members.reserveCapacity(found.count)
        var model: JSONMember?
        var stream: JSONMember?
        var options: JSONMember?
        var hasCredentials = false
        var hasControls = false
        for index in found {
            let member = scanner[index]
            members.append(Member(member))
            guard let number = member.name else { continue }
            let field = RequestField.all[number]
            if RequestField.areControls[number] { hasControls = true }
            switch (field, RequestField.treatments[number]) {
            case (.model, _):
                if model != nil { throw .duplicateModel }
                model = member
            case (.stream, _): stream = member
            case (.streamOptions, _): options = member
            case (_, .credential): hasCredentials = true
            case (_, .refused): throw .mockTestingRefused(field.rawValue)
            default: break
            }
        }
        self.members = members
        self.hasCredentials = hasCredentials
        self.hasControls = hasControls
        count = body.byteCount
        end = Self.closingBracket(of: body)
        isStream = stream?.kind == .true
        modelValue = model?.value
        self.model = try Self.name(model, in: body)
        streamUsage = Self.streamUsage(options, in: body, scanner: scanner)
    }

    /// The last member that is `field`, which is the one that parsers take; nil when there is none.
    package func member(_ field: RequestField) -> Member? {
        members.last { $0.field == field }
    }

    /// Whether a member has this key (without quotes), however it is escaped.
    package func contains(key: [UInt8], in body: RawSpan) -> Bool {
        members.contains { JSONScalars.isString(key, in: body, at: $0.key) }
    }

    private static func name(
        _ member: JSONMember?,
        in body: RawSpan
    ) throws(OpenAIError) -> [UInt8]? {
        guard let member, member.kind != .null else { return nil }
        guard member.kind == .string,
            let name = JSONScalars.bytes(of: body, at: member.value)
        else { throw .invalidModel }
        return name
    }

    private static func closingBracket(of body: RawSpan) -> Int {
        var end = body.byteCount - 1
        while end > 0, body.byte(at: end) != UInt8(ascii: "}") { end -= 1 }
        return end
    }

    private static let optionNames = JSONNames(["include_usage"])

    private static func streamUsage(
        _ options: JSONMember?,
        in body: RawSpan,
        scanner: JSONScanner
    ) -> StreamUsage {
        guard let options else { return .absent }
        if options.kind == .null { return .null(options.value) }
        guard options.kind == .object else { return .invalid }
        let children = scanner.children(of: options, in: body, names: optionNames)
        for index in children.reversed() where scanner[index].name == 0 {
            let flag = scanner[index]
            switch flag.kind {
            case .true: return .wanted
            case .false, .null: return .refused(flag.value)
            default: return .invalid
            }
        }
        return .missing(offset: options.value.lowerBound + 1, isEmpty: children.isEmpty)
    }
}
