import HTTP
import Routing
import Testing

@testable import Proxy

@Suite("A call's name")
struct CallIDTests {
    private func choose(_ fields: [String]) throws -> String {
        var generator = FastGenerator(seed: 7)
        return CallID.choose(try answerFields(fields), using: &generator)
    }

    @Test(
        "is the client's where that is short and printable",
        arguments: [
            "a", "0f8f-call", String(repeating: "x", count: 256), "!~",
        ]
    )
    func client(id: String) throws {
        #expect(try choose(["x-litellm-call-id: \(id)"]) == id)
    }

    @Test(
        "is a random UUID otherwise",
        arguments: [
            "", "x-litellm-call-id:", "x-litellm-call-id: two words",
            "x-litellm-call-id: \(String(repeating: "x", count: 257))", "x-litellm-call-id: ä",
        ]
    )
    func random(field: String) throws {
        let id = try choose(field.isEmpty ? [] : [field])
        #expect(
            id.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/)
                != nil
        )
    }

    @Test("differs from call to call")
    func unique() throws {
        var generator = FastGenerator(seed: 7)
        let fields = try answerFields([])
        let ids = Set((0..<1000).map { _ in CallID.choose(fields, using: &generator) })
        #expect(ids.count == 1000)
    }
}
