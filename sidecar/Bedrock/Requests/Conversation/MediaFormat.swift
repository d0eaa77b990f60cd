/// Converse's words for the formats of images, documents and sounds.
enum MediaFormat {
    /// An image's format, by its declared type and by its first bytes, which win: AWS refuses an
    /// image that is not what it is said to be. Nil for types that Converse does not take.
    static func image(_ url: DataURL) -> String? {
        guard let declared = images[url.mediaType] else { return nil }
        return image(beginning: Base64.head(url.base64)) ?? declared
    }

    /// By the extension of a file or an address; nil for one that Converse does not take.
    static func image(named name: String) -> String? {
        guard let ending = ending(of: name) else { return nil }
        return images["image/" + ending]
    }

    /// A document's format, by its type, else by its file's extension.
    static func document(_ mediaType: String, filename: String?) -> String? {
        documents[mediaType] ?? filename.flatMap { document(named: $0) }
    }

    /// By the extension of a file or an address.
    static func document(named name: String) -> String? {
        guard let ending = ending(of: name) else { return nil }
        if ending == "markdown" { return "md" }
        if ending == "htm" { return "html" }
        return documentFormats.contains(ending) ? ending : nil
    }

    /// A sound's format as OpenAI's clients name it.
    static func audio(_ name: String) -> String? { sounds.contains(name) ? name : nil }

    /// By the first twelve bytes.
    static func image(beginning bytes: [UInt8]) -> String? {
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) { return "png" }
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return "jpeg" }
        if bytes.starts(with: "GIF8".utf8) { return "gif" }
        let isWebP =
            bytes.starts(with: "RIFF".utf8) && bytes.dropFirst(8).elementsEqual("WEBP".utf8)
        return isWebP ? "webp" : nil
    }

    /// Whether Converse has a word for a document's type. Images are known by their bytes.
    static func isKnown(_ mediaType: String) -> Bool { documents[mediaType] != nil }

    /// The type of a document's format.
    static func mediaType(document format: String) -> String? {
        documents.first { $0.value == format }?.key
    }

    private static func ending(of name: String) -> String? {
        guard let dot = name.lastIndex(of: ".") else { return nil }
        return name[name.index(after: dot)...].lowercased()
    }

    private static let images = [
        "image/png": "png", "image/jpeg": "jpeg", "image/jpg": "jpeg", "image/gif": "gif",
        "image/webp": "webp",
    ]

    private static let documents = [
        "application/pdf": "pdf",
        "text/csv": "csv",
        "application/msword": "doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
        "application/vnd.ms-excel": "xls",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
        "text/html": "html",
        "text/plain": "txt",
        "text/markdown": "md",
    ]

    private static let documentFormats: Set = [
        "pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md",
    ]

    private static let sounds: Set = [
        "mp3", "opus", "wav", "aac", "flac", "mp4", "ogg", "mkv", "mka", "x-aac", "m4a", "mpeg",
        "mpga", "pcm", "webm",
    ]
}
