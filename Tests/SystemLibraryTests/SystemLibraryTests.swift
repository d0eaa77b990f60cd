import CCurl
import CHiredis
import CLLHTTP
import COpenSSL
import CSimdJSON
import CXXHash
import CYAML
import CZLib
import CZstd
import Glibc
import Testing

/// Each C library is there, links, and is as new as what is built on it needs.
@Suite("The C libraries")
struct SystemLibraryTests {
    @Test("OpenSSL is 3.0 or later")
    func openSSL() {
        #expect(OpenSSL_version_num() >= 0x3000_0000)
    }

    @Test("xxHash gives the XXH3 that version 0.8 has settled")
    func xxHash() {
        #expect(sg_xxh3_64("", 0) == 0x2D06_8005_38D3_94C2)
    }

    @Test("zlib gives the checksum that its polynomial is known by")
    func zlib() {
        #expect(sg_crc32(0, "123456789", 9) == 0xCBF4_3926)
    }

    @Test("zstd is 1.4 or later, and expands what it has compressed")
    func zstd() {
        #expect(ZSTD_versionNumber() >= 10_400)
        let bytes = [UInt8](repeating: 1, count: 100)
        var frame = [UInt8](repeating: 0, count: 100)
        let count = sg_zstd_compress(&frame, frame.count, bytes, bytes.count)
        #expect((1..<100).contains(count))
        var again = [UInt8](repeating: 0, count: 100)
        #expect(sg_zstd_expand(&again, again.count, frame, count) == 1)
        #expect(again == bytes)
    }

    @Test("libyaml is 0.2 or later")
    func yaml() {
        var major: CInt = 0
        var minor: CInt = 0
        var patch: CInt = 0
        yaml_get_version(&major, &minor, &patch)
        #expect((major, minor) >= (0, 2))
    }

    @Test("libcurl is 7.88 or later")
    func curl() throws {
        let info = try #require(curl_version_info(CURLversion(rawValue: 10)))
        #expect(info.pointee.version_num >= 0x075800)
    }

    @Test("llhttp is built in and knows its errors")
    func parsesHTTP() {
        #expect(String(cString: llhttp_errno_name(HPE_OK)) == "HPE_OK")
    }

    @Test("simdjson scans a document")
    func scansJSON() throws {
        let scanner = try #require(sg_json_scanner_create(8))
        defer { sg_json_scanner_destroy(scanner) }
        let text = Array("{}".utf8)
        var names = sg_json_names()
        var place = 0
        #expect(sg_json_scan(scanner, text, text.count, 8, &names, &place) == CInt(sg_json_ok))
    }

    @Test("hiredis formats commands")
    func formatsCommand() throws {
        var words: [UnsafePointer<CChar>?] = []
        let texts = ["SET", "key", "a b"]
        var lengths: [Int] = []
        for text in texts {
            words.append(strdup(text).map { UnsafePointer($0) })
            lengths.append(text.utf8.count)
        }
        defer { for word in words { free(UnsafeMutablePointer(mutating: word)) } }
        var command: UnsafeMutablePointer<CChar>?
        let count = redisFormatCommandArgv(&command, 3, &words, &lengths)
        defer { redisFreeCommand(command) }
        let text = String(cString: try #require(command))
        #expect(text == "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$3\r\na b\r\n")
        #expect(Int(count) == text.utf8.count)
    }

    @Test("hiredis reads a reply that comes in two parts")
    func readsReply() throws {
        let reader = try #require(redisReaderCreate())
        defer { redisReaderFree(reader) }
        var reply: UnsafeMutableRawPointer?
        for part in ["*2\r\n:42\r\n$5\r\nhe", "llo\r\n"] {
            #expect(reply == nil)
            #expect(redisReaderFeed(reader, part, part.utf8.count) == REDIS_OK)
            #expect(redisReaderGetReply(reader, &reply) == REDIS_OK)
        }
        let list = try #require(reply).assumingMemoryBound(to: redisReply.self)
        defer { freeReplyObject(list) }
        #expect(list.pointee.type == REDIS_REPLY_ARRAY)
        #expect(list.pointee.element[0]?.pointee.integer == 42)
        let word = try #require(list.pointee.element[1]?.pointee.str)
        #expect(String(cString: word) == "hello")
    }
}
