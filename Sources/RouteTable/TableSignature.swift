package import Cryptography

/// A signature that follows a table (F-12).
package struct TableSignature: Hashable, Sendable {
    /// `Ed25519PublicKey.id` of who signed, 8 bytes; a claim until the signature was checked.
    package let keyID: [UInt8]
    /// Ed25519, over the header, 64 bytes.
    package let bytes: [UInt8]
}

/// The keys of which one must have signed a table.
package struct TrustedKeys: Sendable {
    package let keys: [Ed25519PublicKey]

    /// Without any key no table is good.
    package init(_ keys: [Ed25519PublicKey]) {
        self.keys = keys
    }

    /// The identifiers of those keys whose signatures of a header are right.
    func signers(_ signatures: [TableSignature], of header: [UInt8]) -> [[UInt8]] {
        signatures.filter { isValid($0, of: header) }.map(\.keyID)
    }

    private func isValid(_ signature: TableSignature, of header: [UInt8]) -> Bool {
        // Two keys with one identifier are not to be had by chance, but cost nothing to allow for.
        keys.contains { key in
            key.id == signature.keyID && key.isValid(signature.bytes, of: header)
        }
    }

    /// Why a table is not to be trusted; nil when one of the keys signed its header.
    func objection(to signatures: [TableSignature], of header: [UInt8]) -> TableError? {
        if signatures.isEmpty { return .unsigned }
        if signatures.contains(where: { isValid($0, of: header) }) { return nil }
        let ids = keys.map(\.id)
        guard let known = signatures.first(where: { ids.contains($0.keyID) }) else {
            return .untrustedSigner(signatures.map(\.keyID))
        }
        return .badSignature(key: known.keyID)
    }
}

/// Why a table cannot be signed.
package enum TableSigningError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It is no table that could be used.
    case table(TableError)
    /// As many as may follow a table are there, by other keys.
    case tooMany
    /// OpenSSL makes no signature.
    case unavailable

    package var description: String {
        switch self {
        case .table(let error): error.description
        case .tooMany:
            "the table has \(TableLayout.Signature.countMax) signatures by other keys, as many as "
                + "there can be; compile it again"
        case .unavailable: "OpenSSL makes no Ed25519 signatures; check its providers (openssl.cnf)"
        }
    }
}

extension RouteTable {
    /// Bytes of the largest file that may be a table, signatures included.
    package static var signedBytesMax: Int { TableLayout.signedBytesMax }

    /// The identifiers of those keys whose signatures of this table are right.
    package func signers(_ trusted: TrustedKeys) -> [[UInt8]] {
        let size = Int(bytes.u32(at: TableLayout.Header.headerSize))
        return trusted.signers(signatures, of: bytes.array(0, count: size))
    }

    /// Whether a table's file has the same bytes as this one, signatures aside.
    package func hasSameBytes(as file: [UInt8]) -> Bool {
        let size = Int(bytes.u64(at: TableLayout.Header.fileSize))
        let (own, other) = (bytes, Self.unsigned(file))
        return own.span(0, count: size).hasSameBytes(as: other.span)
    }

    /// Whether a file begins as a table does, or as one damaged by a copy in text mode.
    package static func isLikeTable(_ file: [UInt8]) -> Bool {
        let name = TableLayout.magic[1...3]
        guard file.count > 6, let first = file.first else { return false }
        return first == 0xEF && file[3...5] == name
            || (first == 0x89 || first == 0x09) && file[1...3] == name
    }

    /// The header's bytes, which signatures are made over; its digest covers the rest.
    package static func header(of file: [UInt8]) -> [UInt8] {
        Array(file.prefix(Int(file.integer(at: TableLayout.Header.headerSize, count: 4))))
    }

    /// A table's file without signatures; nothing is checked.
    package static func unsigned(_ file: [UInt8]) -> [UInt8] {
        let size = file.integer(at: TableLayout.Header.fileSize, count: 8)
        return size < UInt64(file.count) ? Array(file[..<Int(size)]) : file
    }

    /// A table's file with a signature by this key, in place of one that it has by the same key.
    /// No other byte changes, and the same key gives the same bytes.
    package static func signed(
        _ file: [UInt8],
        by key: borrowing Ed25519PrivateKey
    ) throws(TableSigningError) -> [UInt8] {
        typealias Layout = TableLayout.Signature
        let table: RouteTable
        do throws(TableError) {
            table = try RouteTable(bytes: file)
        } catch {
            throw .table(error)
        }
        guard let signature = key.signature(of: header(of: file)) else { throw .unavailable }
        let id = key.publicKey.id
        let others = table.signatures.filter { $0.keyID != id }
        guard others.count < Layout.countMax else { throw .tooMany }
        let all = others + [TableSignature(keyID: id, bytes: signature)]
        return unsigned(file) + all.flatMap { Layout.magic + $0.keyID + $0.bytes }
    }
}

extension [UInt8] {
    /// A little-endian number; 0 where there are fewer bytes.
    fileprivate func integer(at offset: Int, count length: Int) -> UInt64 {
        guard offset + length <= count else { return 0 }
        return self[offset..<offset + length].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
