internal import CSimdJSON

/// Finds the members of a JSON object in one pass, without copying or decoding anything.
///
/// The whole document's UTF-8, nesting and punctuation are checked, and the outermost scalars; what
/// nested scalars and skipped strings hold is for the document's reader to judge. One scanner
/// serves one worker and keeps its memory from request to request (at most 4 MiB). Nothing is read
/// beyond a document's last byte, so documents need no padding.
@safe package final class JSONScanner {
    private let scanner: OpaquePointer

    /// A scanner that refuses more than `depthMax` nested containers.
    package init(depthMax: Int = 512) {
        unsafe scanner = sg_json_scanner_create(UInt32(depthMax))
    }

    deinit {
        unsafe sg_json_scanner_destroy(scanner)
    }

    /// The member at a place that `scan` or `children` returned; valid until the next `scan`.
    package subscript(index: Int) -> JSONMember {
        var count = 0
        let members = unsafe sg_json_members(scanner, &count)
        precondition(index >= 0 && index < count, "no such member in the document scanned last")
        guard let members = unsafe members else { preconditionFailure("a list without memory") }
        return unsafe JSONMember(members[index])
    }

    /// Checks `document` and lists its members, which are then at the places returned.
    ///
    /// Complexity: O(n), about 0.3 ns a byte of text.
    /// - Parameter depthMax: how many containers may be nested, where that is less than the
    ///   scanner takes.
    package func scan(
        _ document: RawSpan,
        names: JSONNames,
        depthMax: Int = Int(UInt32.max)
    ) throws(JSONError) -> Range<Int> {
        var offset = 0
        let code = unsafe document.withUnsafeBytes { buffer in
            unsafe names.withCNames { names in
                unsafe sg_json_scan(
                    scanner,
                    buffer.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    buffer.count,
                    UInt32(clamping: depthMax),
                    names,
                    &offset
                )
            }
        }
        if let error = JSONError(code: Int(code), offset: offset) { throw error }
        var count = 0
        _ = unsafe sg_json_members(scanner, &count)
        return 0..<count
    }

    /// Lists the members of an object, or the elements of an array, that a scan of the same
    /// `document` found. Other values have no children.
    package func children(
        of parent: JSONMember,
        in document: RawSpan,
        names: JSONNames
    ) -> Range<Int> {
        var first = 0
        _ = unsafe sg_json_members(scanner, &first)
        guard parent.kind == .object || parent.kind == .array else { return first..<first }
        precondition(parent.value.upperBound <= document.byteCount, "not the document scanned last")
        let end = unsafe document.withUnsafeBytes { buffer in
            unsafe names.withCNames { names in
                unsafe sg_json_children(
                    scanner,
                    buffer.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    parent.structuralIndex,
                    UInt32(parent.value.lowerBound),
                    names
                )
            }
        }
        return first..<end
    }
}

extension JSONError {
    init?(code: Int, offset: Int) {
        switch code {
        case sg_json_ok: return nil
        case sg_json_too_large: self = .tooLarge
        case sg_json_no_memory: self = .outOfMemory
        case sg_json_empty: self = .empty
        case sg_json_invalid_utf8: self = .invalidUTF8
        case sg_json_unclosed_string: self = .unclosedString
        case sg_json_control_character: self = .controlCharacter
        case sg_json_too_deep: self = .tooDeep(offset: offset)
        case sg_json_trailing: self = .trailing(offset: offset)
        case sg_json_truncated: self = .truncated
        case sg_json_not_object: self = .notObject(offset: offset)
        case sg_json_number: self = .numberOutOfRange
        default: self = .syntax(offset: offset)
        }
    }
}
