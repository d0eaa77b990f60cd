import JSON
import TestSupport
import Testing

@Suite("JSONScanner")
struct JSONScannerTests {
    private let names = JSONNames(["model", "stream", "stream_options", "n"])

    private func scan(_ text: String, depthMax: Int = 512) throws -> [JSONMember] {
        let bytes = Array(text.utf8)
        let scanner = JSONScanner(depthMax: depthMax)
        let found = try scanner.scan(bytes.span.bytes, names: names)
        return found.map { scanner[$0] }
    }

    @Test("finds members, their kinds and their places, whatever the white space")
    func members() throws {
        let text =
            " {\"model\" : \"a\\\"b\" ,\n\"x\":[1,{\"model\":2}]\t,\"n\":-1.5e3,\"t\":true , "
            + "\"f\":false,\"z\":null,\"stream_options\":{ } } \n"
        let bytes = Array(text.utf8)
        let found = try scan(text)
        let values = found.map { String(decoding: bytes[$0.value], as: UTF8.self) }
        #expect(
            values == [
                "\"a\\\"b\"", "[1,{\"model\":2}]", "-1.5e3", "true", "false", "null", "{ }",
            ]
        )
        #expect(found.map(\.name) == [0, nil, 3, nil, nil, nil, 2])
        #expect(found.map(\.kind) == [.string, .array, .number, .true, .false, .null, .object])
        #expect(String(decoding: bytes[found[0].key], as: UTF8.self) == "\"model\"")
        #expect(
            String(decoding: bytes[found[0].range], as: UTF8.self) == "\"model\" : \"a\\\"b\""
        )
    }

    @Test(
        "knows a key however it is escaped",
        arguments: [#"mod\u0065l"#, #"\u006d\u006F\u0064\u0065\u006c"#, "model"]
    )
    func escapedKeys(key: String) throws {
        #expect(try scan("{\"\(key)\":1}").map(\.name) == [0])
    }

    @Test(
        "takes no other key for a known one",
        arguments: ["Model", "mode", "models", #"model\u0000"#, #"\model"#, "", #"mod\ud800el"#]
    )
    func otherKeys(key: String) throws {
        #expect(try scan("{\"\(key)\":1}").map(\.name) == [nil])
    }

    @Test(
        "refuses what is no JSON object",
        arguments: [
            ("", JSONError.empty), ("   ", .empty), ("[1]", .notObject(offset: 0)),
            (" 1", .notObject(offset: 1)), ("\"a\"", .notObject(offset: 0)),
            ("{\"a\":1", .truncated), ("{\"a\":[1}", .syntax(offset: 7)),
            ("{\"a\":{1]}", .syntax(offset: 6)), ("{\"a\" 1}", .syntax(offset: 5)),
            ("{\"a\":1,}", .syntax(offset: 7)), ("{,}", .syntax(offset: 1)),
            ("{\"a\":[1,]}", .syntax(offset: 8)), ("{\"a\":[1 2]}", .syntax(offset: 8)),
            ("{\"a\":\"b\"c}", .syntax(offset: 8)), ("{\"a\":1} x", .trailing(offset: 8)),
            ("{}{}", .trailing(offset: 2)), ("{\"a\":tru}", .syntax(offset: 5)),
            ("{\"a\":01}", .syntax(offset: 5)), ("{\"a\":1.}", .syntax(offset: 5)),
            ("{\"a\":-}", .syntax(offset: 5)), ("{\"a\":1e}", .syntax(offset: 5)),
            ("{\"a\":NaN}", .syntax(offset: 5)), ("{a:1}", .syntax(offset: 1)),
            ("{\"a\":1\"model\":2}", .syntax(offset: 13)), ("{\"a\":\"b", .unclosedString),
            ("{\"a\":\"\n\"}", .controlCharacter), ("{1:1}", .syntax(offset: 1)),
        ]
    )
    func refused(text: String, error: JSONError) {
        #expect(throws: error) { try scan(text) }
    }

    @Test("refuses bytes that are not UTF-8, also inside a nested string")
    func invalidUTF8() {
        let bytes = Array("{\"a\":[\"".utf8) + [0xC3, 0x28] + Array("\"]}".utf8)
        #expect(throws: JSONError.invalidUTF8) {
            _ = try JSONScanner().scan(bytes.span.bytes, names: names)
        }
    }

    @Test("allows the depth that was asked for, and no more")
    func depth() throws {
        #expect(try scan("{\"a\":[[1]]}", depthMax: 3).count == 1)
        #expect(throws: JSONError.tooDeep(offset: 7)) {
            try scan("{\"a\":[[[1]]]}", depthMax: 3)
        }
        let deep = "{\"a\":" + String(repeating: "[", count: 100_000)
        #expect(throws: JSONError.tooDeep(offset: 516)) { try scan(deep) }
    }

    @Test("one document may be allowed less than the scanner takes, not more")
    func depthOfOne() throws {
        let scanner = JSONScanner(depthMax: 4)
        let three = Array("{\"a\":[[1]]}".utf8)
        let five = Array("{\"a\":[[[[1]]]]}".utf8)
        #expect(try scanner.scan(three.span.bytes, names: names, depthMax: 3).count == 1)
        #expect(throws: JSONError.tooDeep(offset: 6)) {
            _ = try scanner.scan(three.span.bytes, names: names, depthMax: 2)
        }
        #expect(throws: JSONError.tooDeep(offset: 8)) {
            _ = try scanner.scan(five.span.bytes, names: names, depthMax: 100)
        }
    }

    @Test("lists children of containers, without a second parse")
    func children() throws {
        let bytes = Array("{\"x\":{\"n\":[1,[2,3],{}],\"y\":\"}\"},\"model\":[]}".utf8)
        let scanner = JSONScanner()
        let top = try scanner.scan(bytes.span.bytes, names: names)
        let inner = scanner.children(of: scanner[0], in: bytes.span.bytes, names: names)
        #expect(inner.map { scanner[$0].name } == [3, nil])
        let elements = scanner.children(
            of: scanner[inner.lowerBound],
            in: bytes.span.bytes,
            names: names
        )
        #expect(
            elements.map { String(decoding: bytes[scanner[$0].value], as: UTF8.self) }
                == ["1", "[2,3]", "{}"]
        )
        #expect(elements.allSatisfy { scanner[$0].key.isEmpty })
        #expect(
            scanner.children(of: scanner[top.upperBound - 1], in: bytes.span.bytes, names: names)
                .isEmpty
        )
        #expect(
            scanner.children(
                of: scanner[elements.lowerBound],
                in: bytes.span.bytes,
                names: names
            ).isEmpty
        )
    }

    @Test("serves documents of all sizes one after the other")
    func reuse() throws {
        let scanner = JSONScanner()
        for size in [1, 100_000, 3_000_000, 10, 20_000] {
            let text = "{\"p\":\"" + String(repeating: "é", count: size) + "\",\"model\":\"m\"}"
            let bytes = Array(text.utf8)
            let found = try scanner.scan(bytes.span.bytes, names: names)
            #expect(scanner[found.upperBound - 1].name == 0)
            #expect(scanner[found.lowerBound].value.count == size * 2 + 2)
        }
    }

    @Test("agrees with the tree parser about random documents")
    func agreement() throws {
        var random = SeededRandom.make()
        let alphabet = Array("{}[]:,\"\\ntfale0-1.e u\n".utf8)
        let scanner = JSONScanner()
        var accepted = 0
        for _ in 0..<20_000 {
            var bytes = Array("{\"a\":[1,{\"b\":\"c\"}],\"d\":null}".utf8)
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] = alphabet.randomElement(using: &random) ?? 0
            }
            let isTree: Bool
            if case .object = try? JSONValue(parsing: bytes.span.bytes) {
                isTree = true
            } else {
                isTree = false
            }
            let isScanned = (try? scanner.scan(bytes.span.bytes, names: names)) != nil
            // A scan lets nested scalars and escapes pass, never the reverse.
            if isTree {
                accepted += 1
                #expect(isScanned, "\(String(decoding: bytes, as: UTF8.self))")
            }
        }
        #expect(accepted > 1000)
    }

    @Test("finds in random documents what the tree has, at every depth")
    func nesting() throws {
        var random = SeededRandom.make()
        let scanner = JSONScanner()
        for _ in 0..<500 {
            let space = ["", " ", "\n "].randomElement(using: &random) ?? ""
            let text = Self.document(depth: 0, space, &random)
            let bytes = Array(text.utf8)
            let tree = try JSONValue(parsing: bytes.span.bytes)
            let found = try scanner.scan(bytes.span.bytes, names: names)
            guard case .object(let members) = tree else { continue }
            try check(found, members.map { ($0.key, $0.value) }, bytes, scanner)
        }
    }

    @Test("gives a member of another document no children")
    func stale() throws {
        let scanner = JSONScanner()
        let first = Array("{\"a\":1,\"b\":{\"c\":2}}".utf8)
        let second = Array("{\"a\":1,\"b\":\"{{{{{{{\"}".utf8)
        let found = try scanner.scan(first.span.bytes, names: names)
        let member = scanner[found.upperBound - 1]
        _ = try scanner.scan(second.span.bytes, names: names)
        #expect(scanner.children(of: member, in: second.span.bytes, names: names).isEmpty)
        _ = try? scanner.scan(Array("[".utf8).span.bytes, names: names)
        #expect(scanner.children(of: member, in: first.span.bytes, names: names).isEmpty)
    }

    private func check(
        _ found: Range<Int>,
        _ wanted: [(key: String?, value: JSONValue)],
        _ bytes: [UInt8],
        _ scanner: JSONScanner
    ) throws {
        #expect(found.count == wanted.count)
        for (index, (key, value)) in zip(found, wanted) {
            let member = scanner[index]
            if let key {
                let text = JSONScalars.string(of: bytes.span.bytes, at: member.key)
                #expect(text == key)
            }
            let slice = Array(bytes[member.value])
            let parsed = try JSONValue(parsing: slice.span.bytes)
            #expect(parsed == value)
            let children = scanner.children(of: member, in: bytes.span.bytes, names: names)
            switch value {
            case .object(let members):
                try check(children, members.map { ($0.key, $0.value) }, bytes, scanner)
            case .array(let elements):
                try check(children, elements.map { (nil, $0) }, bytes, scanner)
            default: #expect(children.isEmpty)
            }
        }
    }

    /// An object at depth 0, any value below.
    private static func document(
        depth: Int,
        _ space: String,
        _ random: inout SeededRandom
    ) -> String {
        let kind = depth == 0 ? 0 : Int.random(in: 0...(depth > 4 ? 3 : 5), using: &random)
        let count = Int.random(in: 0...4, using: &random)
        switch (depth, kind) {
        case (0, _), (_, 4):
            let members = (0..<count).map { number in
                "\(space)\"k\(number)}\\n\"\(space):\(space)"
                    + document(depth: depth + 1, space, &random) + space
            }
            return "{" + members.joined(separator: ",") + space + "}"
        case (_, 5):
            let elements = (0..<count).map { _ in
                space + document(depth: depth + 1, space, &random) + space
            }
            return "[" + elements.joined(separator: ",") + space + "]"
        case (_, 0): return "\"é]{\\\"\""
        case (_, 1): return "-12"
        case (_, 2): return "true"
        default: return "null"
        }
    }
}
