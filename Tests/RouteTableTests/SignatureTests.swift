import Cryptography
import Testing

@testable import RouteTable

@Suite("A table's signature")
struct SignatureTests {
    private let file: [UInt8]
    private let signed: [UInt8]
    private let trusted: TrustedKeys

    /// The first key of RFC 8032, section 7.1, in PEM form.
    private static let privatePEM = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
        -----END PRIVATE KEY-----
        """
    private static let publicPEM = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
        -----END PUBLIC KEY-----
        """

    init() throws {
        file = try TableWriter.encode(SampleContents.rich)
        let key = try Ed25519PrivateKey(pem: Array(Self.privatePEM.utf8))
        signed = try RouteTable.signed(file, by: key)
        trusted = TrustedKeys(try Ed25519PublicKey.keys(pem: Array(Self.publicPEM.utf8)))
    }

    private func error(_ file: [UInt8], _ keys: TrustedKeys) -> TableError? {
        do throws(TableError) {
            _ = try RouteTable(bytes: file, trusted: keys)
            return nil
        } catch {
            return error
        }
    }

    @Test("[F-12] is that of RFC 8032, under a key's identifier")
    func vector() throws {
        let key = try Ed25519PrivateKey(pem: Array(Self.privatePEM.utf8))
        let (publicKey, made, text) = (key.publicKey, key.signature(of: []), key.pem)
        #expect(trusted.keys == [publicKey])
        let signature = try #require(made)
        #expect(
            Hex.encode(signature)
                == "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        )
        #expect(publicKey.isValid(signature, of: []))
        #expect(!publicKey.isValid(signature, of: [0]))
        #expect(!publicKey.isValid(Array(signature.dropLast()), of: []))
        #expect(publicKey.id == Array(SHA256.hash(publicKey.bytes).prefix(8)))
        #expect(text == Self.privatePEM + "\n")
        #expect(publicKey.pem == Self.publicPEM + "\n")
    }

    @Test("[F-12] changes no byte of the table, and is the same each time")
    func appended() throws {
        #expect(signed.count == file.count + 80)
        #expect(Array(signed[..<file.count]) == file)
        let key = try Ed25519PrivateKey(pem: Array(Self.privatePEM.utf8))
        let again = try RouteTable.signed(signed, by: key)
        #expect(again == signed)
        let table = try RouteTable(bytes: signed, trusted: trusted)
        #expect(table.contents() == SampleContents.rich)
        #expect(table.signers(trusted) == trusted.keys.map(\.id))
        #expect(table.hasSameBytes(as: file))
        #expect(RouteTable.unsigned(signed) == file)
    }

    @Test("[F-12] is refused when any bit of the file changed")
    func everyBit() throws {
        var copy = signed
        for offset in copy.indices {
            for bit in 0..<8 {
                copy[offset] ^= 1 << UInt8(bit)
                // Of the body one bit a byte: its digest is the slow part.
                let isBody = (128..<file.count).contains(offset) && bit != offset % 8
                #expect(isBody || error(copy, trusted) != nil, "bit \(bit) of byte \(offset)")
                copy[offset] ^= 1 << UInt8(bit)
            }
        }
        #expect(error(copy, trusted) == nil)
    }

    @Test("[F-12] is refused when the table was changed with all its checksums made right")
    func forged() throws {
        var copy = signed
        copy.store(UInt64(99), at: 24)
        Corruption.resealHeader(&copy)
        #expect(error(copy, trusted) == .badSignature(key: trusted.keys[0].id))
        #expect(try RouteTable(bytes: copy).generation == 99)
        // What follows the header is not looked at before the signature is good.
        copy[40] ^= 1
        Corruption.resealHeader(&copy)
        #expect(error(copy, trusted) == .badSignature(key: trusted.keys[0].id))
    }

    @Test("[F-12] is refused when nobody or only others signed, where keys are trusted")
    func others() throws {
        #expect(error(file, trusted) == .unsigned)
        let other = try Ed25519PrivateKey.generate()
        let theirs = try RouteTable.signed(file, by: other)
        let otherKey = other.publicKey
        #expect(error(theirs, trusted) == .untrustedSigner([otherKey.id]))
        #expect(error(signed, TrustedKeys([])) != nil)
        #expect(error(signed, TrustedKeys([otherKey])) != nil)
        // Somebody's signature under a trusted key's identifier.
        var claimed = theirs
        claimed.replaceSubrange(file.count + 8..<file.count + 16, with: trusted.keys[0].id)
        #expect(error(claimed, trusted) == .badSignature(key: trusted.keys[0].id))
    }

    @Test("[F-12] may stand beside others, of which one trusted one is enough")
    func rotation() throws {
        let next = try Ed25519PrivateKey.generate()
        let both = try RouteTable.signed(signed, by: next)
        let nextKey = next.publicKey
        #expect(both.count == file.count + 160)
        #expect(error(both, trusted) == nil)
        #expect(error(both, TrustedKeys([nextKey])) == nil)
        #expect(error(signed, TrustedKeys([nextKey] + trusted.keys)) == nil)
        // One broken signature does not spoil the other.
        var half = both
        half[file.count + 20] ^= 1
        #expect(error(half, TrustedKeys([nextKey])) == nil)
        #expect(error(half, trusted) == .badSignature(key: trusted.keys[0].id))
    }

    @Test("[F-12] is one of at most eight")
    func most() throws {
        var all = file
        for _ in 0..<8 { all = try RouteTable.signed(all, by: .generate()) }
        #expect(try RouteTable(bytes: all).signatures.count == 8)
        #expect(throws: TableSigningError.tooMany) {
            _ = try RouteTable.signed(all, by: .generate())
        }
        #expect(Corruption.error(all + all.suffix(80)) != nil)
        #expect(Corruption.error(all + [0]) != nil)
    }

    @Test("is made of a table that could be used, and of nothing else")
    func nothingElse() throws {
        #expect(throws: TableSigningError.table(.tooSmall(size: 3))) {
            _ = try RouteTable.signed([1, 2, 3], by: .generate())
        }
        var broken = file
        broken[200] ^= 1
        #expect(throws: TableSigningError.table(.bodyDamaged)) {
            _ = try RouteTable.signed(broken, by: .generate())
        }
    }

    private static let otherKey = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEictCi9Dp42sALX3PDvDPL9Kl31zo
        MuIhEiLFkws3yCW9mlBHLIsiOxDWzLIDg2yUJb0iKj0nuxjO1Kb//4+Aqw==
        -----END PUBLIC KEY-----
        """

    @Test(
        "of keys takes PEM text and says what is wrong with another",
        arguments: [
            (publicPEM, nil), (publicPEM + "\n" + publicPEM, nil), ("who\n" + publicPEM, nil),
            ("", .noKey), ("ssh-ed25519 AAAA", .noKey), (privatePEM, .isPrivate),
            (publicPEM + "\n" + privatePEM, .isPrivate), (otherKey, .otherKind),
            (publicPEM + "\n" + otherKey, .otherKind),
            ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", .malformed),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", .malformed),
            (String(publicPEM.dropLast(30)), .malformed),
        ] as [(String, KeyFault?)]
    )
    func publicKeys(text: String, fault: KeyFault?) {
        // As Windows ends lines, too.
        for ends in ["\n", "\r\n"] {
            let pem = Array(text.split(separator: "\n").joined(separator: ends).utf8)
            do throws(KeyFault) {
                #expect(try Ed25519PublicKey.keys(pem: pem + [0x0A]).first == trusted.keys[0])
                #expect(fault == nil)
            } catch {
                #expect(error == fault)
            }
        }
    }

    @Test(
        "of a private key takes no other text",
        arguments: [
            ("", .noKey), (publicPEM, .malformed),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n", .encrypted),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", .malformed),
        ] as [(String, KeyFault)]
    )
    func privateKeys(text: String, fault: KeyFault) {
        do throws(KeyFault) {
            _ = try Ed25519PrivateKey(pem: Array(text.utf8))
            Issue.record("it was taken")
        } catch {
            #expect(error == fault)
        }
    }
}
