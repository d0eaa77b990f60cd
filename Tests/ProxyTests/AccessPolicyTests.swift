import Cryptography
import OpenAI
import RouteTable
import Testing

@testable import Proxy

@Suite("The access policy")
struct AccessPolicyTests {
    private static let now = 1_800_000_000

    private func policy(
        keys: [VirtualKey] = [],
        settings: ParameterSet = [:],
        values: [String: String] = [:],
        masterKey: String? = nil
    ) throws -> AccessPolicy {
        var contents = TableContents()
        contents.settings = settings
        contents.virtualKeys = keys
        return try Tables.snapshot(contents, values: values, masterKey: masterKey).access
    }

    private func key(_ text: String, _ parameters: ParameterSet = [:]) -> VirtualKey {
        VirtualKey(digest: SHA256.hash(text), parameters: parameters)
    }

    /// As the compiler stores a key that is a reference.
    private func reference(_ name: String, _ parameters: ParameterSet = [:]) -> VirtualKey {
        var parameters = parameters
        parameters[.apiKey] = .text(.variable(name))
        return VirtualKey(
            digest: SHA256.hash("\u{0}reference\u{0}os.environ/\(name)"),
            parameters: parameters
        )
    }

    private func caller(_ policy: AccessPolicy, _ key: String?) throws -> Caller {
        try policy.caller(key: key.map { Array($0.utf8) }, now: Self.now)
    }

    private func problem(_ policy: AccessPolicy, _ key: String?) -> String? {
        let error = #expect(throws: OpenAIError.self) { _ = try caller(policy, key) }
        #expect(error?.status == 401)
        return error?.message
    }

    @Test("is open without any key, whatever is sent")
    func open() throws {
        let policy = try policy()
        #expect(policy.isOpen)
        #expect(try caller(policy, nil) == .anonymous)
        #expect(try caller(policy, "sk-whatever") == .anonymous)
    }

    @Test("knows the master key by its digest or by its reference's value")
    func master() throws {
        let stored = try policy(settings: [.masterKeyDigest: .digest(SHA256.hash("sk-m"))])
        let resolved = try policy(masterKey: "sk-m")
        for policy in [stored, resolved] {
            #expect(!policy.isOpen)
            #expect(try caller(policy, "sk-m") == .master)
            #expect(problem(policy, "sk-n")?.contains("Invalid proxy server token") == true)
            #expect(problem(policy, nil)?.contains("No api key passed in") == true)
            #expect(problem(policy, "")?.contains("No api key passed in") == true)
            #expect(policy.label(.master).hash == "litellm_proxy_master_key")
        }
    }

    @Test("tells virtual keys apart, and their digests from themselves")
    func virtualKeys() throws {
        let policy = try policy(
            keys: [key("sk-a", [.keyAlias: .text(.literal("team-a"))]), key("sk-b")]
        )
        #expect(!policy.isOpen)
        let first = try caller(policy, "sk-a")
        #expect(try caller(policy, "sk-b") != first)
        #expect(policy.label(first).hash == Hex.encode(SHA256.hash("sk-a")))
        #expect(policy.label(first).alias == "team-a")
        #expect(problem(policy, Hex.encode(SHA256.hash("sk-a"))) != nil)
    }

    @Test("abbreviates a key that it does not know")
    func hint() throws {
        let policy = try policy(masterKey: "sk-m")
        let long = problem(policy, "sk-abcdefghijklmnop") ?? ""
        #expect(long.contains("sk-...mnop"))
        #expect(!long.contains("abcdef"))
        #expect(problem(policy, "short")?.contains("short") == false)
    }

    @Test("refuses expired and blocked keys")
    func expiredAndBlocked() throws {
        let policy = try policy(keys: [
            key("past", [.keyExpiry: .integer(Int64(Self.now))]),
            key("future", [.keyExpiry: .integer(Int64(Self.now + 1))]),
            key("blocked", [.keyIsBlocked: .bool(true)]),
        ])
        #expect(problem(policy, "past")?.contains("Expired") == true)
        #expect(problem(policy, "blocked")?.contains("blocked") == true)
        #expect(try caller(policy, "future") != .anonymous)
    }

    @Test("knows a key by reference by its value, or by the digest that is its value")
    func references() throws {
        let policy = try policy(
            keys: [reference("PLAIN"), reference("HASH"), key("sk-stored")],
            values: [
                "os.environ/PLAIN": "sk-plain",
                "os.environ/HASH": Hex.encode(SHA256.hash("sk-hashed")),
            ]
        )
        let plain = try caller(policy, "sk-plain")
        #expect(policy.label(plain).hash == Hex.encode(SHA256.hash("sk-plain")))
        #expect(try caller(policy, "sk-hashed") != plain)
        #expect(try caller(policy, "sk-stored") != plain)
    }

    @Test("has no key for a reference without a value, and is not open for it")
    func missingReference() throws {
        for values in [[:], ["os.environ/GONE": ""]] {
            let policy = try policy(keys: [reference("GONE")], values: values)
            #expect(!policy.isOpen)
            for attempt in ["os.environ/GONE", "reference", Hex.encode(SHA256.hash(""))] {
                #expect(problem(policy, attempt) != nil)
            }
            #expect(problem(policy, nil) != nil)
        }
    }

    @Test("blocks a key whose settings cannot be read, and says so")
    func unreadable() throws {
        for values in [[:], ["os.environ/BLOCKED": "perhaps"]] {
            let policy = try policy(
                keys: [key("sk-a", [.keyIsBlocked: .text(.variable("BLOCKED"))])],
                values: values
            )
            #expect(problem(policy, "sk-a")?.contains("blocked") == true)
            #expect(policy.unreadable.count == values.count)
        }
        let fine = try policy(
            keys: [key("sk-a", [.keyIsBlocked: .text(.variable("BLOCKED"))])],
            values: ["os.environ/BLOCKED": "no"]
        )
        #expect(try caller(fine, "sk-a") == .key(0))
    }

    @Test(
        "allows a key its models by name, pattern or access group",
        arguments: [
            ([], "anything", [], true),
            (["gpt-4o"], "gpt-4o", [], true),
            (["gpt-4o"], "gpt-4o-mini", [], false),
            (["claude-*"], "claude-x", [], true),
            (["claude-*"], "gpt", [], false),
            (["beta"], "gpt", ["alpha", "beta"], true),
            (["beta"], "gpt", ["alpha"], false),
            (["all-proxy-models"], "gpt", [], true),
        ] as [([String], String, [String], Bool)]
    )
    func models(allowed: [String], model: String, groups: [String], isAllowed: Bool) throws {
        let policy = try policy(
            keys: [key("sk-a", [.keyModels: .list(allowed.map { .literal($0) })])]
        )
        let caller = try caller(policy, "sk-a")
        if isAllowed {
            try policy.authorise(caller, model: model, groups: groups)
        } else {
            let error = #expect(throws: OpenAIError.self) {
                try policy.authorise(caller, model: model, groups: groups)
            }
            #expect(error?.status == 403)
            #expect(error?.type == "key_model_access_denied")
        }
        try policy.authorise(.master, model: model, groups: [])
        try policy.authorise(.anonymous, model: model, groups: [])
    }

    @Test("allows only what has a value, where a key's models are references")
    func modelReferences() throws {
        let keys = [key("sk-a", [.keyModels: .list([.variable("MODEL")])])]
        let policy = try policy(keys: keys, values: ["os.environ/MODEL": "gpt"])
        try policy.authorise(.key(0), model: "gpt", groups: [])
        let missing = try self.policy(keys: keys)
        #expect(throws: OpenAIError.self) {
            try missing.authorise(.key(0), model: "gpt", groups: [])
        }
    }
}

@Suite("The cache of callers")
struct CallerCacheTests {
    private func policy(_ key: String, expiry: Int64? = nil) throws -> AccessPolicy {
        var contents = TableContents()
        let parameters: ParameterSet = expiry.map { [.keyExpiry: .integer($0)] } ?? [:]
        contents.virtualKeys = [VirtualKey(digest: SHA256.hash(key), parameters: parameters)]
        return try Tables.snapshot(contents).access
    }

    @Test("forgets its callers when the table changes")
    func tableChange() throws {
        let cache = CallerCache()
        let key = Array("sk-a".utf8)
        #expect(try cache.caller(key, try policy("sk-a"), 1, now: 0) == .key(0))
        let next = try policy("sk-b")
        #expect(throws: OpenAIError.self) { _ = try cache.caller(key, next, 2, now: 0) }
    }

    @Test("notices an expiry within five seconds")
    func expiry() throws {
        let cache = CallerCache()
        let policy = try policy("sk-a", expiry: 100)
        let key = Array("sk-a".utf8)
        #expect(try cache.caller(key, policy, 1, now: 99) == .key(0))
        #expect(try cache.caller(key, policy, 1, now: 104) == .key(0))
        #expect(throws: OpenAIError.self) { _ = try cache.caller(key, policy, 1, now: 105) }
    }

    @Test("never remembers a key that is not good, nor takes one for another")
    func others() throws {
        let cache = CallerCache()
        let policy = try policy("sk-a")
        #expect(try cache.caller(Array("sk-a".utf8), policy, 1, now: 0) == .key(0))
        for other in ["sk-b", "sk-", "sk-aa", "SK-A"] {
            for _ in 0..<2 {
                #expect(throws: OpenAIError.self) {
                    _ = try cache.caller(Array(other.utf8), policy, 1, now: 0)
                }
            }
        }
        #expect(throws: OpenAIError.self) { _ = try cache.caller(nil, policy, 1, now: 0) }
    }

    @Test("holds more callers than it has room for, in turn")
    func turns() throws {
        var contents = TableContents()
        let names = (0..<20).map { "sk-\($0)" }
        contents.virtualKeys = names.map { VirtualKey(digest: SHA256.hash($0)) }
        let policy = try Tables.snapshot(contents).access
        let cache = CallerCache()
        for _ in 0..<3 {
            var callers: Set<Caller> = []
            for name in names {
                callers.insert(try cache.caller(Array(name.utf8), policy, 1, now: 0))
            }
            #expect(callers.count == names.count)
        }
    }
}
