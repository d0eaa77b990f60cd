import POSIX
import Testing

@testable import Cryptography
@testable import RouteTable

@Suite("The table reader")
struct ReaderTests {
    private let table: RouteTable

    init() throws {
        table = try RouteTable(bytes: TableWriter.encode(SampleContents.rich))
    }

    /// A file of its own, gone with the test.
    private func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
        let path = "/tmp/sidegate-\(UInt64.random(in: 0...UInt64.max)).sgt"
        try File.writeAtomically(path, bytes)
        defer { File.remove(path) }
        try body(path)
    }

    @Test("opens a file as a sealed copy and directly", arguments: [false, true])
    func open(isDirect: Bool) throws {
        try withFile(TableWriter.encode(SampleContents.rich)) { path in
            let opened = try RouteTable.open(path: path, mode: isDirect ? .direct : .sealedCopy)
            #expect(opened.contents() == SampleContents.rich)
            #expect(opened.digestHex == table.digestHex)
        }
        #expect(throws: TableError.self) { try RouteTable.open(path: "/nowhere/at/all.sgt") }
        #expect(throws: TableError.self) { try RouteTable.open(path: "/tmp", mode: .direct) }
    }

    @Test("keeps a sealed copy when the file is truncated in place")
    func sealedCopy() throws {
        try withFile(TableWriter.encode(SampleContents.rich)) { path in
            let opened = try RouteTable.open(path: path)
            // O_WRONLY | O_TRUNC: what a careless copy over the file does first.
            _ = try FileDescriptor.open(path, flags: 0o1001, mode: 0)
            #expect(throws: TableError.tooSmall(size: 0)) { try RouteTable.open(path: path) }
            #expect(opened.contents() == SampleContents.rich)
        }
    }

    @Test("finds deployments by their identifiers")
    func deploymentIDs() {
        #expect(table.deploymentIndex(id: "blue") == 1)
        #expect(table.deploymentIndex(id: "0123456789abcdef") == 2)
        #expect(table.deploymentIndex(id: "fedcba9876543210") == 0)
        #expect(table.deploymentID(at: 2) == "0123456789abcdef")
        for unknown in ["", "b", "bluE", "blue2", "0123456789abcdee", "0123456789ABCDEF"] {
            #expect(table.deploymentIndex(id: unknown) == nil)
        }
    }

    @Test("finds the first of deployments with the same identifier")
    func equalIDs() throws {
        var contents = TableContents()
        let text = Deployment(
            id: .explicit("00000000000000ff"),
            provider: 1,
            upstreamModel: .literal("a")
        )
        let number = Deployment(id: .derived(255), provider: 1, upstreamModel: .literal("b"))
        contents.models = [Model(name: "m", deployments: [text, number, number])]
        let table = try RouteTable(bytes: TableWriter.encode(contents))
        #expect(table.deploymentIndex(id: "00000000000000ff") == 0)
    }

    @Test("finds virtual keys by digest only")
    func virtualKeys() {
        #expect(table.virtualKey(digest: [UInt8](0..<32)) == 0)
        #expect(table.virtualKey(digest: [UInt8](repeating: 0xAB, count: 32)) == 1)
        var close = [UInt8](0..<32)
        close[31] ^= 1
        #expect(table.virtualKey(digest: close) == nil)
        #expect(table.virtualKey(digest: []) == nil)
        #expect(
            table.virtualKeyParameters(at: 0).list(.keyModels)?.map { table.contents($0) }
                == [.literal("llama")]
        )
    }

    @Test("finds fallback rules by trigger and model")
    func fallbacks() {
        let names = table.fallbacks(trigger: .anyFailure, model: "llama")?
            .map { table.string($0.name) }
        #expect(names == ["openai/x", "best"])
        #expect(table.fallbacks(trigger: .anyFailure, model: "*")?.count == 1)
        #expect(table.fallbacks(trigger: .contextWindow, model: "llama")?.count == 1)
        #expect(table.fallbacks(trigger: .contentPolicy, model: "llama") == nil)
        #expect(table.fallbacks(trigger: .anyFailure, model: "llam") == nil)
    }

    @Test("gives parameters by type")
    func parameters() {
        let settings = table.settings
        #expect(settings.bool(.requireAuthForMetrics) == true)
        #expect(settings.integer(.requestTimeoutMS) == 600_000)
        #expect(settings.number(.requestTimeoutMS) == 600_000)
        #expect(settings.bool(.requestTimeoutMS) == nil)
        #expect(settings.integer(.maxRetries) == nil)
        #expect(settings.digest(.masterKeyDigest) == [UInt8](repeating: 7, count: 32))
        #expect(settings.contains(.redis) && !settings.contains(.cache))
        let deployment = table.deployment(at: 1)
        #expect(deployment.parameters.number(.inputPrice) == 0.5)
        #expect(deployment.parameters.integer(.timeoutMS) == -5)
        #expect(deployment.order == 1 && deployment.weight == 1500)
    }

    @Test("puts references in, as text and as JSON strings")
    func references() throws {
        let values = ReferenceValues(
            table.references.map { $0.name == "REDIS_HOST" ? "a\"\\\n\u{1}é" : nil }
        )
        let redis = try #require(table.settings.json(.redis))
        #expect(
            table.resolve(json: redis, using: values)
                == #"{"host":"a\"\\\u000a\u0001é","port":6379}"#
        )
        #expect(table.resolve(json: redis, using: ReferenceValues([])) == nil)
        let headers = try #require(table.deployment(at: 2).parameters.list(.extraHeaders))
        #expect(table.resolve(headers, using: values) == nil)
        #expect(table.missingReferences(in: headers, using: values).count == 1)
        let all = ReferenceValues(table.references.map { $0.name })
        #expect(table.resolve(headers, using: all) == ["X-Key", "UPSTREAM_KEY"])
        #expect(table.credential(at: 0).parameters.string(.apiKey, using: all) == "UPSTREAM_KEY")
        #expect(table.credential(at: 1).parameters.text(.apiKey)?.isSecret == true)
    }

    @Test("[F-26] orders patterns as LiteLLM does")
    func patterns() throws {
        let sorted = [
            // The length of the expression decides, in which a dot counts two and a star four;
            // between equal lengths, the number of special characters.
            "openai/gpt-4*x*", "openai/gpt-4.1-*", "openai/gpt-4-*", "openai/gpt-*",
            "openai/*", "a**", "aé*", "ab*", "*",
        ]
        var contents = TableContents()
        contents.models = sorted.reversed().map { Model(name: $0) } + [Model(name: "plain")]
        let table = try RouteTable(bytes: TableWriter.encode(contents))
        let found = (0..<table.counts.patterns).map { index in
            table.string(table.model(at: table.pattern(at: index)).name)
        }
        #expect(found.map { LiteLLMOrder.key($0) } == sorted.map { LiteLLMOrder.key($0) })
        #expect(Set(found) == Set(sorted))
        #expect(found.last == "*")
        // Characters count, not bytes; equal ones are in order of bytes.
        #expect(found.suffix(3) == ["ab*", "aé*", "*"])
    }

    @Test("answers quickly for 100,000 models", .enabled(if: Speed.isMeasured))
    func speed() throws {
        let contents = SampleContents.realistic(deployments: 100_000)
        let file = try TableWriter.encode(contents)
        let start = Clock.monotonicNS()
        let opened = try RouteTable(bytes: file)
        print("open and verify 100,000 deployments: \((Clock.monotonicNS() - start) / 1000) us")
        #expect(opened.counts.deployments == 100_000)
        var many = TableContents()
        many.models = (0..<100_000).map { Model(name: "team-\($0 % 40)/llama-instruct-\($0)") }
        let table = try RouteTable(bytes: TableWriter.encode(many))
        let names = many.models.map { Array($0.name.utf8) }
        // The best round: the others tell of the machine's other work.
        var best = UInt64.max
        for _ in 0..<20 {
            var found = 0
            let begin = Clock.monotonicNS()
            for name in names where table.lookUp(name: name.span) != nil { found += 1 }
            best = min(best, Clock.monotonicNS() - begin)
            #expect(found == names.count)
        }
        let each = best / UInt64(names.count)
        print("\(each) ns a lookup among 100,000 models")
        #expect(each < 500)
    }
}

/// LiteLLM's sort key, from the expression itself.
enum LiteLLMOrder {
    static func key(_ pattern: String) -> [Int] {
        var expression = ""
        for character in pattern {
            if character == "*" {
                expression += "(.*)"
            } else {
                if "()[]{}?+-|^$\\.&~# \t\n\r".contains(character) { expression += "\\" }
                expression.append(character)
            }
        }
        return [expression.count, expression.count { "*+?\\^$|()".contains($0) }]
    }
}

enum Speed {
    /// Times mean something in release builds on a quiet machine only.
    static var isMeasured: Bool { ProcessEnvironment.value("SIDEGATE_TEST_SPEED") != nil }
}
