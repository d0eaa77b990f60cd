internal import JSON
internal import OpenAI

/// Turns one part of a message's content into a block.
struct PartReader {
    let traits: ModelTraits
    private var documents = DocumentNames()

    init(_ traits: ModelTraits) { self.traits = traits }

    /// A user's part, or one of a tool's result; nil for blank text.
    mutating func block(_ part: JSONValue, at place: Place) throws(OpenAIError) -> ContentBlock? {
        switch try PartReader.type(part, at: place) {
        case "text": return try PartReader.text(part, "text", at: place)
        case "guarded_text": return try PartReader.guardedText(part, at: place)
        case "image_url": return try image(part, at: place)
        case "file": return try file(part, at: place)
        case "input_audio": return try audio(part, at: place)
        case let type:
            throw place.invalid("type", "\(OpenAIError.quoted(type)) is not supported on Bedrock")
        }
    }

    static func type(_ part: JSONValue, at place: Place) throws(OpenAIError) -> String {
        guard case .object = part else { throw place.invalid(nil, "must be an object") }
        guard case .string(let type)? = part["type"] else {
            throw place.invalid("type", "must be a string")
        }
        return type
    }

    /// Nil for blank text, which Bedrock refuses.
    static func text(
        _ part: JSONValue,
        _ member: String,
        at place: Place
    ) throws(OpenAIError) -> ContentBlock? {
        guard case .string(let text)? = part[member] else {
            throw place.invalid(member, "must be a string")
        }
        return text.isBlank ? nil : .text(text)
    }

    /// Text for the guardrail; nil for blank text.
    static func guardedText(
        _ part: JSONValue,
        at place: Place
    ) throws(OpenAIError) -> ContentBlock? {
        guard case .text(let text)? = try text(part, "text", at: place) else { return nil }
        return .guardedText(text)
    }

    private func image(_ part: JSONValue, at place: Place) throws(OpenAIError) -> ContentBlock {
        let url: String
        switch part["image_url"] {
        case .string(let text): url = text
        case .object(let members)?:
            guard case .string(let text)? = members.first(where: { $0.key == "url" })?.value else {
                throw place.invalid("image_url.url", "must be a string")
            }
            url = text
        default: throw place.invalid("image_url", "must be an object with a url")
        }
        return try image(url, "image_url", at: place)
    }

    private func image(
        _ url: String,
        _ member: String,
        at place: Place
    ) throws(OpenAIError) -> ContentBlock {
        if url.hasPrefix("s3://") {
            guard let format = MediaFormat.image(named: url) else {
                throw place.invalid(member, "an S3 image must end in .png, .jpeg, .gif or .webp")
            }
            return .image(format: format, .s3(url))
        }
        let data = try PartReader.data(url, member, at: place)
        guard let format = MediaFormat.image(data) else {
            throw place.invalid(member, "images must be image/png, jpeg, gif or webp")
        }
        return .image(format: format, .base64(data.base64))
    }

    private mutating func file(
        _ part: JSONValue,
        at place: Place
    ) throws(OpenAIError) -> ContentBlock {
        guard let file = part["file"], case .object = file else {
            throw place.invalid("file", "must be an object")
        }
        guard case .string(let content)? = file["file_data"] else {
            let member = file["file_id"] == nil ? "file.file_data" : "file.file_id"
            throw place.invalid(member, "Bedrock takes files as a data URL in file_data only")
        }
        var filename: String?
        if case .string(let name)? = file["filename"] { filename = name }
        if content.hasPrefix("s3://") {
            guard let format = MediaFormat.document(named: content) else {
                throw place.invalid("file.file_data", "the type of the S3 document is unknown")
            }
            let name = documents.name(forFile: filename)
            return .document(format: format, name: name, .s3(content))
        }
        let data = try PartReader.data(content, "file.file_data", at: place)
        if data.mediaType.hasPrefix("image/") {
            return try image(content, "file.file_data", at: place)
        }
        guard let format = MediaFormat.document(data.mediaType, filename: filename) else {
            throw place.invalid(
                "file.file_data",
                "documents must be PDF, CSV, Word, Excel, HTML, plain text or Markdown"
            )
        }
        let name = documents.name(forFile: filename)
        return .document(format: format, name: name, .base64(data.base64))
    }

    private func audio(_ part: JSONValue, at place: Place) throws(OpenAIError) -> ContentBlock {
        guard traits.takesAudio else {
            throw place.invalid("type", "the model takes no input_audio")
        }
        guard case .string(let name)? = part["input_audio"]?["format"],
            let format = MediaFormat.audio(name)
        else { throw place.invalid("input_audio.format", "must be wav, mp3 or the like") }
        guard case .string(let data)? = part["input_audio"]?["data"],
            let base64 = Base64.checked(data[...])
        else { throw place.invalid("input_audio.data", "must be base64") }
        return .audio(format: format, base64: base64)
    }

    private static func data(
        _ url: String,
        _ member: String,
        at place: Place
    ) throws(OpenAIError) -> DataURL {
        if RemoteMedia.isRemote(url) {
            throw place.invalid(
                member,
                "Bedrock cannot fetch remote URLs; send the file as a data URL in base64"
            )
        }
        guard let data = DataURL(url) else {
            throw place.invalid(member, "must be a data URL in base64: data:<type>;base64,<data>")
        }
        return data
    }
}

extension String {
    /// Whether there is nothing but white space.
    var isBlank: Bool { unicodeScalars.allSatisfy(\.isBlank) }
}

extension Unicode.Scalar {
    /// Whether it is white space; most text shows that it is not without a look at Unicode's
    /// tables.
    var isBlank: Bool {
        value > 0x20 && value < 0x7F ? false : properties.isWhitespace
    }
}
