import JSON
import TestSupport
import Testing

@testable import ResponseCache

@Suite("The names of entries")
struct CacheKeyTests {
    /// The key of a body alone; nil for what has none.
    private func key(_ body: String, tenant: String = "") throws -> CacheKey? {
        let scanner = JSONScanner()
        let bytes = Array(body.utf8)
        let span = bytes.rawSpan
        let members = try scanner.scan(span, names: .none).map { scanner[$0] }
        var builder = CacheKeyBuilder()
        builder.add(tenant)
        builder.add(members: members.map { (key: $0.key, value: $0.value) }, of: span)
        return builder.key()
    }

    @Test(
        "are the same whatever the order of members, the white space and the escapes",
        arguments: [
            (#"{"a":1,"b":2}"#, #"{ "b" : 2 ,"# + "\n" + #" "a":1 }"#),
            (#"{"a":{"x":[1,2],"yy":null}}"#, #"{"a":{"yy":null,"x":[ 1 , 2 ]}}"#),
            (#"{"a":"é\/\n"}"#, #"{"\u0061":"\u00e9/\u000A"}"#),
            (#"{"a":"🌍"}"#, #"{"a":"\ud83c\uDF0D"}"#),
            (#"{}"#, "{ \t}"),
        ]
    )
    func same(_ first: String, _ second: String) throws {
        let key = try #require(try key(first))
        #expect(try self.key(second) == key)
    }

    @Test(
        "differ where the meaning may",
        arguments: [
            (#"{"a":1}"#, #"{"a":1.0}"#),
            (#"{"a":1}"#, #"{"a":"1"}"#),
            (#"{"a":[1,2]}"#, #"{"a":[2,1]}"#),
            (#"{"a":null}"#, #"{}"#),
            (#"{"a":[[],[]]}"#, #"{"a":[[[]]]}"#),
            (#"{"a":"b","c":"d"}"#, #"{"a":"bcd"}"#),
            (#"{"a":{"b":1},"c":2}"#, #"{"a":{"b":1,"c":2}}"#),
            (#"{"a":"\u00e9"}"#, #"{"a":"e\u0301"}"#),
            (#"{"a":true}"#, #"{"a":false}"#),
            (#"{"a":12,"b":3}"#, #"{"a":1,"b":23}"#),
        ]
    )
    func different(_ first: String, _ second: String) throws {
        let key = try #require(try key(first))
        let other = try #require(try self.key(second))
        #expect(other != key)
    }

    @Test(
        "do not exist for what can be read in two ways, or not at all",
        arguments: [
            #"{"a":1,"a":1}"#, #"{"a":{"b":1,"\u0062":2}}"#, #"{"a":"\ud83c"}"#, #"{"a":["\x"]}"#,
            #"{"a":[01]}"#, #"{"a":[1.]}"#, #"{"a":[truf]}"#, #"{"a":[-]}"#, #"{"a":[1e]}"#,
            #"{"a":"# + String(repeating: "[", count: 64) + String(repeating: "]", count: 64) + "}",
        ]
    )
    func none(_ body: String) throws {
        #expect(try key(body) == nil)
    }

    @Test("exist for as many containers within each other as may be")
    func deep() throws {
        let deep = String(repeating: "[", count: 63) + String(repeating: "]", count: 63)
        #expect(try key(#"{"a":"# + deep + "}") != nil)
    }

    @Test("are shared by two requests only if they mean the same and are one tenant's")
    func property() throws {
        var random = SeededRandom.make()
        var sharing = 0
        for _ in 0..<4_000 {
            let first = Meant.object(depth: 4, using: &random)
            let isSame = Int.random(in: 0..<3, using: &random) == 0
            let mutated = isSame ? first : first.mutated(using: &random)
            guard case .object = mutated else { continue }
            let tenants = (0..<2).map { _ in String(Int.random(in: 0..<3, using: &random)) }
            let texts = (first.text(using: &random), mutated.text(using: &random))
            let keys = (
                try #require(try key(texts.0, tenant: tenants[0])),
                try #require(try key(texts.1, tenant: tenants[1]))
            )
            let isEqual = first == mutated && tenants[0] == tenants[1]
            if isEqual { sharing += 1 }
            #expect((keys.0 == keys.1) == isEqual, "\(texts)")
        }
        #expect(sharing > 100)
    }

    @Test("tell lists of parts apart that are the same when they are put together")
    func parts() {
        func key(_ parts: [String]) -> CacheKey? {
            var builder = CacheKeyBuilder()
            for part in parts { builder.add(part) }
            return builder.key()
        }
        #expect(key(["ab", "c"]) != key(["a", "bc"]))
        #expect(key(["abc"]) != key(["abc", ""]))
    }

    @Test("are 64 digits, and what is not is none")
    func hex() throws {
        let key = try #require(try key("{}"))
        #expect(key.hex.utf8.count == 64)
        #expect(CacheKey(hex: key.hex) == key)
        #expect(CacheKey(hex: String(key.hex.dropLast())) == nil)
        #expect(CacheKey(hex: "x" + key.hex.dropFirst()) == nil)
    }
}
