/// What makes bytes no JSON document, or not the one that was asked for.
package enum JSONError: Error, Hashable, Sendable {
    case empty
    /// 4 GiB or more.
    case tooLarge
    case outOfMemory
    case invalidUTF8
    case unclosedString
    /// A byte below 0x20 inside a string.
    case controlCharacter
    /// More nested containers than the scanner allows; the offset of the first too many.
    case tooDeep(offset: Int)
    /// Punctuation or a scalar that does not belong; the byte's offset.
    case syntax(offset: Int)
    /// Something other than white space after the document's end.
    case trailing(offset: Int)
    /// The document ends before its containers do.
    case truncated
    /// The outermost value is none of `{…}`.
    case notObject(offset: Int)
    /// A number that no integer or double can hold.
    case numberOutOfRange
    /// A string with an escape that JSON does not have.
    case invalidEscape(offset: Int)
}

extension JSONError: CustomStringConvertible {
    /// One sentence for the client that sent the bytes.
    package var description: String {
        switch self {
        case .empty: "the document is empty"
        case .tooLarge: "the document is too large"
        case .outOfMemory: "there is no memory to parse the document"
        case .invalidUTF8: "the document is not valid UTF-8"
        case .unclosedString: "a string is not closed"
        case .controlCharacter: "a string holds an unescaped control character"
        case .tooDeep(let offset): "values are nested too deeply at byte \(offset)"
        case .syntax(let offset): "unexpected character at byte \(offset)"
        case .trailing(let offset): "unexpected data after the document at byte \(offset)"
        case .truncated: "the document ends too early"
        case .notObject: "the document must be a JSON object"
        case .numberOutOfRange: "a number is out of range"
        case .invalidEscape(let offset): "invalid escape in the string at byte \(offset)"
        }
    }
}
