import Glibc
import POSIX
import Testing

@testable import Cryptography

@Suite("Digests and files")
struct FoundationsTests {
    @Test("hashes as FIPS 180-4 says")
    func sha256() {
        #expect(
            Hex.encode(SHA256.hash("abc"))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
        #expect(
            Hex.encode(SHA256.hash(""))
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        )
        var pieces = SHA256()
        pieces.update(Array("a".utf8).span.bytes)
        pieces.update(Array("bc".utf8).span.bytes)
        #expect(pieces.finish() == SHA256.hash("abc"))
    }

    @Test("authenticates as RFC 4231 says")
    func hmac() {
        #expect(
            Hex.encode(
                HMACSHA256.code(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))
            )
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        )
        #expect(
            Hex.encode(HMACSHA256.code([], key: []))
                == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
        )
    }

    @Test("authenticates the same with a key that is kept", arguments: [0, 1, 63, 64, 65, 200])
    func keptKey(count: Int) {
        let secret = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let key = HMACKey(secret)
        for length in [0, 1, 55, 56, 64, 1_000] {
            let message = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let whole = HMACSHA256.code(message, key: secret)
            for cut in [0, length / 3, length] {
                let (first, second) = (Array(message[..<cut]), Array(message[cut...]))
                #expect(key.code(first.span.bytes, second.span.bytes) == whole)
            }
        }
    }

    @Test("[F-6] hashes names with XXH3-64, seed 0: the format hangs on its values")
    func xxh3() {
        #expect(XXH3.hash64([UInt8]().span.bytes) == 0x2D06_8005_38D3_94C2)
    }

    @Test("compares in constant time")
    func equality() {
        #expect(isEqualInConstantTime([1, 2, 3], [1, 2, 3]))
        #expect(!isEqualInConstantTime([1, 2, 3], [1, 2, 4]))
        #expect(!isEqualInConstantTime([1, 2], [1, 2, 3]))
        #expect(isEqualInConstantTime([], []))
    }

    @Test("reads and writes hexadecimal text")
    func hex() {
        #expect(Hex.encode([0, 0x9A, 0xFF]) == "009aff")
        #expect(Hex.decode("009AfF") == [0, 0x9A, 0xFF])
        #expect(Hex.decode("0") == nil)
        #expect(Hex.decode("0g") == nil)
    }

    @Test("replaces files in one step, readable by all, and refuses large ones")
    func files() throws {
        let path = "/tmp/sidegate-\(UInt64.random(in: 0...UInt64.max))"
        defer { File.remove(path) }
        try File.writeAtomically(path, [1, 2, 3])
        try File.writeAtomically(path, [4, 5])
        #expect(try File.read(path, sizeMax: 2) == [4, 5])
        #expect(throws: FileError.tooLarge(path: path, sizeMax: 1)) {
            try File.read(path, sizeMax: 1)
        }
        #expect(throws: FileError.system(operation: "read", path: "/nowhere", .noSuchFile)) {
            try File.read("/nowhere", sizeMax: 1)
        }
        #expect(throws: FileError.self) { try File.writeAtomically("/nowhere/file", []) }
        #expect(try File.read("/proc/self/stat", sizeMax: 1 << 16).count > 10)
        #expect(Errno.noSuchFile.description == "No such file or directory")
        #expect(File.folder(of: "/a") == "/" && File.folder(of: "a") == ".")
        #expect(File.folder(of: "/a/b/c") == "/a/b")
    }

    @Test("neither waits for a pipe nor destroys what is no regular file")
    func pipes() throws {
        let path = "/tmp/sidegate-\(UInt64.random(in: 0...UInt64.max))"
        defer { File.remove(path) }
        #expect(mkfifo(path, 0o600) == 0)
        #expect(throws: FileError.notRegular(path: path)) { try File.read(path, sizeMax: 10) }
        #expect(throws: FileError.notRegular(path: path)) {
            try File.writeAtomically(path, [1])
        }
        #expect(throws: FileError.notRegular(path: "/tmp")) { try File.read("/tmp", sizeMax: 10) }
        #expect(throws: FileError.notRegular(path: "/tmp")) {
            try File.writeAtomically("/tmp", [1])
        }
        var status = stat()
        #expect(lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
    }
}
