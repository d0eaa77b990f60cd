package import JSON

/// The images and files that a chat's messages name by URL. Bedrock fetches nothing, so they are
/// fetched before the translation and put in as data URLs.
package enum RemoteMedia {
    /// What a request's body names by URL.
    package struct Mentions: Hashable, Sendable {
        /// Each once, in the order of the messages; not all of them where there are more than
        /// `FetchedMedia.countMax`.
        package var urls: [String] = []
        /// How many places are to be filled: a body of a few kilobytes can name one large image a
        /// thousand times.
        package var count = 0
    }

    /// The URLs of a request's body.
    package static func mentions(in body: JSONValue) -> Mentions {
        var found = Mentions()
        _ = walk(body) { url in
            found.count += 1
            if found.urls.count <= FetchedMedia.countMax, !found.urls.contains(url) {
                found.urls.append(url)
            }
            return nil
        }
        return found
    }

    /// The body with what was fetched in place of its URLs.
    ///
    /// - Parameter contents: data URLs, by the URLs that they stand for.
    package static func replacing(_ body: JSONValue, with contents: [String: String]) -> JSONValue {
        walk(body) { contents[$0] }
    }

    /// - Parameter visit: gets each URL; what it returns takes its place.
    private static func walk(_ body: JSONValue, _ visit: (String) -> String?) -> JSONValue {
        changed(body, "messages") { messages in
            each(messages) { message in
                changed(message, "content") { content in each(content) { part($0, visit) } }
            }
        }
    }

    private static func part(_ part: JSONValue, _ visit: (String) -> String?) -> JSONValue {
        guard case .string(let type)? = part["type"] else { return part }
        switch type {
        case "image_url":
            return changed(part, "image_url") { image in
                if case .object = image { return changed(image, "url") { visited($0, visit) } }
                return visited(image, visit)
            }
        case "file":
            return changed(part, "file") { file in
                let renamed = file["file_data"] == nil ? renamingIdentifier(file, visit) : file
                return changed(renamed, "file_data") { visited($0, visit) }
            }
        default: return part
        }
    }

    /// `file_id` may be a URL, too, as LiteLLM has it: what it stands for is data.
    private static func renamingIdentifier(
        _ file: JSONValue,
        _ visit: (String) -> String?
    ) -> JSONValue {
        guard case .object(let members) = file, case .string(let url)? = file["file_id"],
            isRemote(url), visit(url) != nil
        else { return file }
        return .object(
            members.map { $0.key == "file_id" ? JSONValue.Member("file_data", $0.value) : $0 }
        )
    }

    private static func visited(_ value: JSONValue, _ visit: (String) -> String?) -> JSONValue {
        guard case .string(let url) = value, isRemote(url), let content = visit(url) else {
            return value
        }
        return .string(content)
    }

    /// Whether a text is a URL that somebody would have to fetch.
    static func isRemote(_ text: String) -> Bool {
        let start = text.prefix(8).lowercased()
        return start.hasPrefix("http://") || start == "https://"
    }

    private static func changed(
        _ value: JSONValue,
        _ key: String,
        _ change: (JSONValue) -> JSONValue
    ) -> JSONValue {
        guard case .object(var members) = value,
            let index = members.firstIndex(where: { $0.key == key })
        else { return value }
        members[index].value = change(members[index].value)
        return .object(members)
    }

    private static func each(_ value: JSONValue, _ change: (JSONValue) -> JSONValue) -> JSONValue {
        guard case .array(let items) = value else { return value }
        return .array(items.map(change))
    }
}

/// What was fetched from a URL.
package struct FetchedMedia: Sendable {
    /// The most that Converse takes of one document, in bytes.
    package static let bytesMax = 4_718_592
    /// The most that it takes of one image, in bytes.
    package static let imageBytesMax = 3_932_160
    /// The most of one request: Converse takes 20 images and 5 documents.
    package static let countMax = 25

    package var bytes: [UInt8]
    /// The answer's `content-type`.
    package var contentType: String?
    /// The URL's path, whose extension may tell the type.
    package var path: String

    /// An answer's body, and what says its type.
    package init(bytes: [UInt8], contentType: String?, path: String) {
        self.bytes = bytes
        self.contentType = contentType
        self.path = path
    }

    /// The whole as a data URL, typed by its first bytes, else as its server says, else by the
    /// extension; nil for what Converse does not take.
    package var dataURL: String? {
        guard let type = mediaType else { return nil }
        var text = Array("data:\(type);base64,".utf8)
        Base64.append(bytes, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether it begins as an image does.
    package var isImage: Bool { imageFormat != nil }

    private var imageFormat: String? { MediaFormat.image(beginning: Array(bytes.prefix(12))) }

    private var mediaType: String? {
        if let imageFormat { return "image/" + imageFormat }
        if bytes.starts(with: "%PDF-".utf8) { return "application/pdf" }
        let declared = contentType?.split(separator: ";").first.map { type in
            String(type.filter { !$0.isWhitespace }).lowercased()
        }
        if let declared, MediaFormat.isKnown(declared) { return declared }
        return MediaFormat.document(named: path).flatMap { MediaFormat.mediaType(document: $0) }
    }
}
