internal import Cryptography
package import POSIX

/// Why a file is not a table that can be used. Each case tells what is wrong; `description` also
/// what to do.
package enum TableError: Error, Hashable, Sendable {
    /// The file cannot be read.
    case file(FileError)
    /// Memory for the table's copy cannot be had.
    case memory(Errno)
    /// Shorter than a header.
    case tooSmall(size: Int)
    /// More than `TableLimit.fileBytes`.
    case tooLarge(size: Int)
    /// The file begins like no table.
    case notATable
    /// The magic's line ends or its top bit were changed by a copy in text mode.
    case textModeDamage
    /// Only another version of the reader may read this.
    case unsupportedVersion(UInt16)
    /// The header's checksum or its sizes are wrong.
    case headerDamaged
    /// The file is shorter or longer than its header says.
    case wrongSize(declared: UInt64, actual: Int)
    /// Bytes that must be zero are not.
    case reservedNotZero(offset: Int)
    /// The header has flags that this reader must understand and does not.
    case unknownHeaderFlags(UInt32)
    /// The body's SHA-256 is not the header's.
    case bodyDamaged
    /// Something in the body contradicts the format.
    case malformed(TableFault, section: SectionKind?, index: Int)
    /// A section that must be understood and is not.
    case unknownSection(UInt16)
    /// Keys are trusted, and nobody signed.
    case unsigned
    /// Others signed than those trusted; the identifiers of their keys.
    case untrustedSigner([[UInt8]])
    /// The signature of this key is not one of this table.
    case badSignature(key: [UInt8])

    /// Whether it is the signature, and nothing else, that keeps the table from being used.
    package var isOfTrust: Bool {
        switch self {
        case .unsigned, .untrustedSigner, .badSignature: true
        default: false
        }
    }
}

/// How a body contradicts the format.
package enum TableFault: String, Hashable, Sendable {
    case overLimit = "more than the format allows"
    case directory = "the directory is out of order or does not fit the file"
    case missing = "the section is missing"
    case stride = "the records are too short"
    case padding = "the padding is not zero"
    case count = "the count does not fit another section's"
    case offsets = "the offsets do not rise from the beginning to the end"
    case utf8 = "the text is not UTF-8"
    case reference = "an index points outside its section"
    case order = "the records are not sorted, or two are equal"
    case value = "the value is not one that the format knows"
    case reserved = "reserved bits are not zero"
    case nameIndex = "a name would not be found, or another would be found for it"
}

extension TableError: CustomStringConvertible {
    /// What is wrong and what to do about it.
    package var description: String {
        switch self {
        case .file(let error): "\(error)"
        case .memory(let error): "no memory for the table: \(error)"
        case .tooSmall(let size):
            "the file has only \(size) bytes, less than a table's header; copy it again"
        case .tooLarge(let size):
            "the file has \(size) bytes, over a table's \(TableLimit.fileBytes.maximum); copy it "
                + "again, or split the configuration"
        case .notATable: "the file is not a routing table; make one with sidegatec compile"
        case .textModeDamage:
            "the table was changed by a copy in text mode; copy it in binary mode (in a ConfigMap, "
                + "use binaryData)"
        case .unsupportedVersion(let version):
            "the table has format version \(version), this program reads "
                + "\(TableLayout.readVersion); use a sidegate and a sidegatec of one release"
        case .headerDamaged: "the table's header is damaged; copy or compile it again"
        case .wrongSize(let declared, let actual):
            "the table should have \(declared) bytes and has \(actual); copy it again"
        case .reservedNotZero(let offset):
            "byte \(offset) must be zero and is not; use a sidegate as new as the table's compiler"
        case .unknownHeaderFlags(let flags):
            "the table needs a feature (flags \(flags)) that this program does not have; use a "
                + "sidegate as new as the table's compiler"
        case .bodyDamaged: "the table's content is damaged (SHA-256 differs); copy it again"
        case .malformed(let fault, let section, let index):
            "the table is malformed: \(section.map { "section \($0), " } ?? "")entry \(index): "
                + "\(fault.rawValue); compile it again"
        case .unknownSection(let kind):
            "the table needs section \(kind), which this program does not know; use a sidegate as "
                + "new as the table's compiler"
        case .unsigned:
            "the table is not signed, and only signed ones are taken; use sidegatec sign"
        case .untrustedSigner(let keys):
            "the table is signed by \(keys.map(Hex.encode).joined(separator: ", ")), which is no "
                + "trusted key; use sidegatec sign with one that is, or trust this one too"
        case .badSignature(let key):
            "the signature by \(Hex.encode(key)) is not one of this table: it was changed after it "
                + "was signed; compile and sign it again"
        }
    }
}
