internal import COpenSSL

/// Why a text is no key that can be used.
package enum KeyFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no key in PEM form.
    case noKey
    /// The public key was wanted, and this is the one to keep secret.
    case isPrivate
    /// A block in PEM form that cannot be read, or is no key.
    case malformed
    /// A key of another kind than Ed25519.
    case otherKind
    /// The private key is encrypted, and nobody is there to ask for a passphrase.
    case encrypted
    /// OpenSSL cannot make a key.
    case unavailable

    package var description: String {
        switch self {
        case .noKey: "no key in PEM form is in it; sidegatec keygen makes one"
        case .isPrivate: "a private key is in it; give the public one, and keep that to the signer"
        case .malformed: "what is in it is no key in PEM form; copy it again"
        case .otherKind: "the key is not an Ed25519 key; sidegatec keygen makes one"
        case .encrypted:
            "the private key is encrypted; give it decrypted, such as by openssl pkey -in FILE"
        case .unavailable: "OpenSSL makes no Ed25519 keys; check its providers (openssl.cnf)"
        }
    }
}

/// A public key of Ed25519 (RFC 8032).
package struct Ed25519PublicKey: Hashable, Sendable {
    /// 32.
    package static let byteCount = 32
    /// Bytes of a signature.
    package static let signatureByteCount = 64

    /// The key as RFC 8032 encodes it, 32 bytes.
    package let bytes: [UInt8]

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// What names the key: the first 8 bytes of the SHA-256 of its 32.
    package var id: [UInt8] { Array(SHA256.hash(bytes).prefix(8)) }

    /// All keys of a text in PEM form, `-----BEGIN PUBLIC KEY-----`; at least one.
    ///
    /// - Throws: when any block of it is no public Ed25519 key: what is left out by mistake would
    ///   be missed only when it is needed.
    package static func keys(pem: [UInt8]) throws(KeyFault) -> [Ed25519PublicKey] {
        let blocks = PEMText.blocks(pem)
        if blocks == 0 { throw .noKey }
        if PEMText.contains(pem, "PRIVATE KEY") { throw .isPrivate }
        let reader = PEMText(pem)
        var keys: [Ed25519PublicKey] = []
        for _ in 0..<blocks {
            let key = try reader.publicKey()
            guard key.isEd25519 else { throw .otherKind }
            guard let bytes = key.publicBytes else { throw .malformed }
            keys.append(Ed25519PublicKey(bytes: bytes))
        }
        return keys
    }

    /// The key in PEM form.
    package var pem: String? {
        let key = unsafe EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count)
        guard let key = unsafe key else { return nil }
        let owner = unsafe PKey(owning: key)
        return unsafe PEMText.written { unsafe PEM_write_bio_PUBKEY($0, owner.key) == 1 }
    }

    /// Whether a signature of a message was made with the private key of this one.
    package func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard signature.count == Self.signatureByteCount,
            let key = unsafe EVP_PKEY_new_raw_public_key(
                EVP_PKEY_ED25519,
                nil,
                bytes,
                bytes.count
            ),
            let context = unsafe EVP_MD_CTX_new()
        else { return false }
        let owner = unsafe PKey(owning: key)
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe EVP_DigestVerifyInit(context, nil, nil, nil, owner.key) == 1 else {
            return false
        }
        let isValid =
            unsafe EVP_DigestVerify(
                context,
                signature,
                signature.count,
                message,
                message.count
            ) == 1
        ERR_clear_error()
        return isValid
    }
}

/// A private key of Ed25519. OpenSSL holds it, and wipes it with the value's end.
package struct Ed25519PrivateKey: ~Copyable {
    private let owner: PKey
    package let publicKey: Ed25519PublicKey

    private init(_ owner: consuming PKey) throws(KeyFault) {
        guard owner.isEd25519 else { throw .otherKind }
        guard let bytes = owner.publicBytes else { throw .malformed }
        publicKey = Ed25519PublicKey(bytes: bytes)
        self.owner = owner
    }

    /// A new key from OpenSSL's random numbers.
    package static func generate() throws(KeyFault) -> Ed25519PrivateKey {
        var seed = [UInt8](repeating: 0, count: Ed25519PublicKey.byteCount)
        defer { unsafe seed.withUnsafeMutableBytes { unsafe wipe($0) } }
        let isRandom = unsafe RAND_priv_bytes(&seed, Int32(seed.count)) == 1
        guard isRandom,
            let key = unsafe EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
        else { throw .unavailable }
        return try Ed25519PrivateKey(unsafe PKey(owning: key))
    }

    /// The key of a text in PEM form, `-----BEGIN PRIVATE KEY-----` (PKCS #8).
    package init(pem: [UInt8]) throws(KeyFault) {
        if PEMText.contains(pem, "ENCRYPTED") { throw .encrypted }
        if PEMText.blocks(pem) == 0 { throw .noKey }
        try self.init(PEMText(pem).privateKey())
    }

    /// The key in PEM form (PKCS #8), not encrypted.
    package var pem: String? {
        unsafe PEMText.written {
            unsafe PEM_write_bio_PKCS8PrivateKey($0, owner.key, nil, nil, 0, nil, nil) == 1
        }
    }

    /// The signature of a message, 64 bytes: the same for the same message and key. Nil when
    /// OpenSSL cannot make one.
    package func signature(of message: [UInt8]) -> [UInt8]? {
        guard let context = unsafe EVP_MD_CTX_new() else { return nil }
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe EVP_DigestSignInit(context, nil, nil, nil, owner.key) == 1 else { return nil }
        var count = Ed25519PublicKey.signatureByteCount
        var signature = [UInt8](repeating: 0, count: count)
        let isMade =
            unsafe EVP_DigestSign(context, &signature, &count, message, message.count) == 1
        return isMade && count == signature.count ? signature : nil
    }

    private static func wipe(_ buffer: UnsafeMutableRawBufferPointer) {
        unsafe OPENSSL_cleanse(buffer.baseAddress, buffer.count)
    }
}
