import JSON
import TestSupport
import Testing

@Suite("JSONWalker")
struct JSONWalkerTests {
    private func children(_ text: String, at start: Int = 0) -> [String] {
        let bytes = Array(text.utf8)
        guard var walker = JSONWalker(bytes.span.bytes, at: start) else { return ["none"] }
        var found: [String] = []
        while let child = walker.next(bytes.span.bytes) {
            let key = String(decoding: bytes[child.key], as: UTF8.self)
            let value = String(decoding: bytes[child.value], as: UTF8.self)
            found.append(key.isEmpty ? value : key + "=" + value)
        }
        return found
    }

    @Test(
        "lists the children of a container with their places",
        arguments: [
            ("{}", []), ("[]", []), ("[ ]", []), ("[1]", ["1"]),
            (
                #"{"a":1,"b" : [2, {"c":3}] , "d":"]}"}"#,
                [#""a"=1"#, #""b"=[2, {"c":3}]"#, #""d"="]}""#]
            ),
            (
                #"[ "a\"]" , "\\", "\\\"", null,-1.5e3 ]"#,
                [#""a\"]""#, #""\\""#, #""\\\"""#, "null", "-1.5e3"]
            ),
            (#"{"a\"b":true}"#, [#""a\"b"=true"#]),
            ("1", ["none"]), ("\"{\"", ["none"]), ("", ["none"]),
        ]
    )
    func lists(text: String, expected: [String]) {
        #expect(children(text) == expected)
    }

    @Test("stays inside of anything, well formed or not")
    func garbage() {
        var random = SeededRandom.make()
        let pieces = ["{", "}", "[", "]", "\"", "\\", ",", ":", "1", "t", " ", "é"]
        for _ in 0..<2000 {
            let text = (0..<12).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            let bytes = Array(("[" + text).utf8)
            guard var walker = JSONWalker(bytes.span.bytes, at: 0) else { continue }
            var count = 0
            while let child = walker.next(bytes.span.bytes) {
                #expect(child.range.upperBound <= bytes.count)
                count += 1
            }
            #expect(count <= bytes.count)
        }
    }

    @Test("finds what the scanner finds")
    func asTheScanner() throws {
        let text = #"{"a":{"b\"":[1,"x,]",{}], "c" : null }, "d":[[],[{"e":"\\"}], -0.1 ,true]}"#
        let bytes = Array(text.utf8)
        let scanner = JSONScanner()
        for outer in try scanner.scan(bytes.span.bytes, names: .none) {
            let parent = scanner[outer]
            let expected = scanner.children(of: parent, in: bytes.span.bytes, names: .none)
                .map { scanner[$0] }
            var found: [JSONWalker.Child] = []
            var walker = JSONWalker(bytes.span.bytes, at: parent.value.lowerBound)
            while let child = walker?.next(bytes.span.bytes) { found.append(child) }
            #expect(found.map(\.value) == expected.map(\.value))
            #expect(found.map(\.key) == expected.map(\.key))
            let kinds = found.map { JSONWalker.kind(bytes.span.bytes, at: $0.value.lowerBound) }
            #expect(kinds == expected.map(\.kind))
        }
    }
}
