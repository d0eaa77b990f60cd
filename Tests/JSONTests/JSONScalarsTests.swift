import JSON
import Testing

@Suite("JSONScalars")
struct JSONScalarsTests {
    private func string(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        return JSONScalars.string(of: bytes.span.bytes, at: 0..<bytes.count)
    }

    @Test("resolves every escape of RFC 8259")
    func escapes() {
        #expect(
            string(#""\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83d\ude00é""#) == "\"\\/\u{8}\u{c}\n\r\té€😀é"
        )
        #expect(string("\"\"") == "")
        #expect(string(#""\u0000""#) == "\0")
    }

    @Test(
        "refuses escapes that JSON does not have, and half surrogates",
        arguments: [
            #""\x""#, #""\u12""#, #""\u12g4""#, #""\ud800""#, #""\ud800\u0041""#, #""\udc00""#,
            #""\ud83dx""#, "\"",
        ]
    )
    func badEscapes(text: String) {
        #expect(string(text) == nil)
    }

    @Test(
        "reads whole numbers that Int64 holds, and no others",
        arguments: [
            ("0", 0), ("-1", -1), ("9223372036854775807", Int64.max),
            ("-9223372036854775808", .min), ("9223372036854775808", nil), ("1.0", nil),
            ("1e3", nil), ("-", nil), ("", nil),
        ] as [(String, Int64?)]
    )
    func integers(text: String, value: Int64?) {
        let bytes = Array(text.utf8)
        let read = JSONScalars.integer(of: bytes.span.bytes, at: 0..<bytes.count)
        #expect(read == value)
    }

    @Test("reads doubles", arguments: [("1.5e3", 1500.0), ("-0.25", -0.25), ("7", 7)])
    func doubles(text: String, value: Double) {
        let bytes = Array(text.utf8)
        let read = JSONScalars.double(of: bytes.span.bytes, at: 0..<bytes.count)
        #expect(read == value)
    }

    @Test("compares strings with escapes resolved")
    func equality() {
        let bytes = Array(#""ab" "\u0061b" "abc" "\x""#.utf8)
        let isEqual = { (text: String, range: Range<Int>) in
            JSONScalars.isString(Array(text.utf8), in: bytes.span.bytes, at: range)
        }
        #expect(isEqual("ab", 0..<4))
        #expect(isEqual("ab", 5..<14))
        #expect(!isEqual("ab", 15..<20))
        #expect(!isEqual("x", 21..<25))
    }
}

@Suite("JSONValue and JSONWriter")
struct JSONValueTests {
    @Test("writes what it parsed, in order, duplicates included")
    func roundTrip() throws {
        let text = #"{"b":[1,-2,3.5,true,false,null,{}],"a":"é\n\u0001\"😀","b":[],"c":1e+20}"#
        let bytes = Array(text.utf8)
        let value = try JSONValue(parsing: bytes.span.bytes)
        #expect(String(decoding: value.bytes, as: UTF8.self) == text)
        #expect(value["a"] == .string("é\n\u{1}\"😀"))
        #expect(value["none"] == nil)
    }

    @Test("parses any value, and refuses what is none", arguments: ["", "{", "[1,]", "tru", "1 2"])
    func refused(text: String) throws {
        let bytes = Array(text.utf8)
        #expect(throws: JSONError.self) { _ = try JSONValue(parsing: bytes.span.bytes) }
        let number = Array("12".utf8)
        let value = try JSONValue(parsing: number.span.bytes)
        #expect(value == .integer(12))
    }

    @Test("refuses a tree that is too deep")
    func depth() {
        let bytes = Array(String(repeating: "[", count: 5000).utf8)
        #expect(throws: JSONError.self) { _ = try JSONValue(parsing: bytes.span.bytes) }
    }

    @Test("puts commas where they belong")
    func commas() {
        var writer = JSONWriter(into: Array("x".utf8))
        writer.beginObject()
        writer.key("a")
        writer.beginArray()
        writer.integer(1)
        writer.beginObject()
        writer.endObject()
        writer.string("\u{1f}\\")
        writer.endArray()
        writer.members(Array("\"m\":1".utf8))
        writer.members([])
        writer.key("b\"")
        writer.double(.infinity)
        writer.endObject()
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"x{"a":[1,{},"\u001f\\"],"m":1,"b\"":null}"#
        )
    }
}
