/// Turns contents into the bytes of a table (docs/table-format.md).
package enum TableWriter {
    package static func encode(_ contents: TableContents) throws(TableWriterError) -> [UInt8] {
        []
    }
}

/// What cannot be written as a table.
package enum TableWriterError: Error, Hashable, Sendable {
    case tooLarge(String)
}
