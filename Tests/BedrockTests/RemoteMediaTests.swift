import JSON
import Testing

@testable import Bedrock

@Suite("Media that messages name by URL")
struct RemoteMediaTests {
    private static let body = """
        {"model":"m","messages":[
        {"role":"system","content":"http://not.asked/a.png"},
        {"role":"user","content":[
          {"type":"text","text":"https://not.asked/b"},
          {"type":"image_url","image_url":{"url":"https://h/1.png","detail":"low"}},
          {"type":"image_url","image_url":"HTTP://h/2.png"},
          {"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}},
          {"type":"image_url","image_url":{"url":"s3://b/k.png"}},
          {"type":"file","file":{"file_data":"https://h/3.pdf","filename":"x.pdf"}},
          {"type":"file","file":{"file_id":"https://h/4.pdf"}},
          {"type":"file","file":{"file_id":"file-abc"}}]},
        {"role":"tool","tool_call_id":"t","content":[
          {"type":"image_url","image_url":{"url":"https://h/1.png"}}]}]}
        """

    @Test("are found where the translation would look, each once")
    func urls() throws {
        let body = try JSONValue(parsing: Self.body)
        let found = RemoteMedia.mentions(in: body)
        #expect(
            found.urls
                == ["https://h/1.png", "HTTP://h/2.png", "https://h/3.pdf", "https://h/4.pdf"]
        )
        // One of them stands there twice.
        #expect(found.count == 5)
        for text in ["[]", "{}", #"{"messages":1}"#, #"{"messages":[{"content":[1,{}]}]}"#] {
            #expect(RemoteMedia.mentions(in: try JSONValue(parsing: text)).urls.isEmpty)
        }
    }

    @Test("are counted wherever they stand, and not all remembered where there are too many")
    func many() {
        let parts = (0..<5_000).map { place in
            JSONValue.object([
                JSONValue.Member("type", .string("image_url")),
                JSONValue.Member("image_url", .string("https://h/\(place / 2)")),
            ])
        }
        let message = JSONValue.object([JSONValue.Member("content", .array(parts))])
        let found = RemoteMedia.mentions(
            in: .object([JSONValue.Member("messages", .array([message]))])
        )
        #expect(found.count == 5_000)
        #expect(found.urls.count == FetchedMedia.countMax + 1)
    }

    @Test("make way for their contents, and nothing else changes")
    func replacing() throws {
        let body = try JSONValue(parsing: Self.body)
        let all = ["https://h/1.png": "ONE", "https://h/4.pdf": "FOUR"]
        let expected = Self.body.replacing("https://h/1.png", with: "ONE")
            .replacing(#""file_id":"https://h/4.pdf""#, with: #""file_data":"FOUR""#)
        #expect(RemoteMedia.replacing(body, with: all) == (try JSONValue(parsing: expected)))
        #expect(RemoteMedia.replacing(body, with: [:]) == body)
    }

    @Test(
        "are typed by their first bytes, then as they are said to be, then by their path",
        arguments: [
            ([0x89, 0x50, 0x4E, 0x47], "text/html", "/a", "image/png"),
            ([0xFF, 0xD8, 0xFF], nil, "/a.png", "image/jpeg"),
            (Array("GIF89a".utf8), nil, "/", "image/gif"),
            (Array("RIFF0000WEBP".utf8), "image/png", "/", "image/webp"),
            (Array("%PDF-1.7".utf8), "application/octet-stream", "/", "application/pdf"),
            (Array("a,b".utf8), "Text/CSV; charset=utf-8", "/", "text/csv"),
            (Array("a,b".utf8), nil, "/x.csv", "text/csv"),
            (Array("# t".utf8), "application/octet-stream", "/x.MD", "text/markdown"),
            (Array("<svg/>".utf8), "image/svg+xml", "/x.svg", nil),
            (Array("not a png".utf8), "image/png", "/x.png", nil), ([], nil, "/", nil),
        ] as [([UInt8], String?, String, String?)]
    )
    func types(bytes: [UInt8], contentType: String?, path: String, type: String?) {
        let media = FetchedMedia(bytes: bytes, contentType: contentType, path: path)
        #expect(media.dataURL.map { String($0.prefix { $0 != ";" }) } == type.map { "data:" + $0 })
    }

    @Test("become data URLs in base64")
    func base64() {
        let media = FetchedMedia(bytes: Array("%PDF-".utf8), contentType: nil, path: "/")
        #expect(media.dataURL == "data:application/pdf;base64,JVBERi0=")
    }
}
