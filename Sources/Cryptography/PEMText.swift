internal import COpenSSL

/// Owns one of OpenSSL's keys.
@safe
struct PKey: ~Copyable {
    let key: OpaquePointer

    init(owning key: OpaquePointer) {
        unsafe self.key = key
    }

    deinit {
        unsafe EVP_PKEY_free(key)
    }

    var isEd25519: Bool { unsafe EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 }

    /// The public half, 32 bytes.
    var publicBytes: [UInt8]? {
        var count = Ed25519PublicKey.byteCount
        var bytes = [UInt8](repeating: 0, count: count)
        guard unsafe EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1, count == bytes.count
        else { return nil }
        return bytes
    }
}

/// Keys in PEM form (RFC 7468), read one after the other.
@safe
final class PEMText {
    private let input: OpaquePointer?
    // OpenSSL reads where the bytes lie.
    private let bytes: UnsafeMutableBufferPointer<UInt8>

    init(_ pem: [UInt8]) {
        unsafe bytes = .allocate(capacity: pem.count)
        _ = unsafe bytes.initialize(from: pem)
        unsafe input = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: pem.count))
    }

    deinit {
        unsafe BIO_free(input)
        unsafe OPENSSL_cleanse(bytes.baseAddress, bytes.count)
        unsafe bytes.deallocate()
    }

    /// How many blocks begin in a text.
    static func blocks(_ pem: [UInt8]) -> Int { beginnings(pem).count }

    /// Whether a line that begins a block says this.
    static func contains(_ pem: [UInt8], _ words: String) -> Bool {
        beginnings(pem).contains { $0.contains(words) }
    }

    private static func beginnings(_ pem: [UInt8]) -> [String] {
        pem.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
            .filter { $0.hasPrefix("-----BEGIN ") }
    }

    func publicKey() throws(KeyFault) -> PKey {
        let key = unsafe PEM_read_bio_PUBKEY(input, nil, nil, nil)
        ERR_clear_error()
        guard let key = unsafe key else { throw .malformed }
        return unsafe PKey(owning: key)
    }

    func privateKey() throws(KeyFault) -> PKey {
        // An empty passphrase of ours keeps OpenSSL from asking at the terminal.
        let key = unsafe "".withCString { passphrase in
            unsafe PEM_read_bio_PrivateKey(
                input,
                nil,
                nil,
                UnsafeMutableRawPointer(mutating: passphrase)
            )
        }
        ERR_clear_error()
        guard let key = unsafe key else { throw .malformed }
        return unsafe PKey(owning: key)
    }

    /// What OpenSSL writes; nil when it cannot.
    static func written(_ write: (OpaquePointer) -> Bool) -> String? {
        guard let output = unsafe BIO_new(BIO_s_secmem()) else { return nil }
        defer { unsafe BIO_free(output) }
        guard unsafe write(output) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe BIO_read(output, &bytes, Int32(bytes.count))
        guard count > 0, count < bytes.count else { return nil }
        return String(decoding: bytes.prefix(Int(count)), as: UTF8.self)
    }
}
