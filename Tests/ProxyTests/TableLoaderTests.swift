import Cryptography
import Glibc
import POSIX
import RouteTable
import Testing

@testable import Proxy

@Suite("The loader of tables")
struct TableLoaderTests {
    private let folder: TestFolder

    init() throws {
        folder = try TestFolder()
    }

    private func load(
        _ contents: TableContents,
        requiresCredentials: Bool = false
    ) throws -> TableSnapshot {
        try folder.replace("routes.sgt", TableWriter.encode(contents))
        return try TableLoader(
            path: folder.file("routes.sgt"),
            mode: .sealedCopy,
            requiresCredentials: requiresCredentials
        ).load(serial: 3)
    }

    /// A table with one model whose key is this reference.
    private func contents(_ reference: Reference) -> TableContents {
        var contents = TableContents()
        contents.models = [Tables.model("m", [.apiKey: .text(.reference(reference))])]
        return contents
    }

    private func file(_ name: String, isRequired: Bool = false) -> Reference {
        Reference(kind: .file, name: folder.file(name), isSecret: true, isRequired: isRequired)
    }

    private func failure(_ contents: TableContents, requires: Bool = false) -> TableLoadError? {
        #expect(throws: TableLoadError.self) {
            _ = try load(contents, requiresCredentials: requires)
        }
    }

    @Test(
        "takes the line ends off a credential's file",
        arguments: [
            ("sk-1", "sk-1"), ("sk-1\n", "sk-1"), ("sk-1\r\n", "sk-1"), ("sk-1\n\n", "sk-1"),
            (" sk-1 \n", " sk-1 "), ("a\nb\n", "a\nb"), ("", nil), ("\n", nil),
        ] as [(String, String?)]
    )
    func files(text: String, expected: String?) throws {
        try folder.write("key", text)
        let snapshot = try load(contents(file("key")))
        #expect(snapshot.values[0] == expected)
        #expect(snapshot.missing == (expected == nil ? ["file:" + folder.file("key")] : []))
        #expect(snapshot.disabledDeployments == (expected == nil ? 1 : 0))
        #expect(snapshot.serial == 3)
    }

    @Test("counts a file that is not there, a folder and a huge file as missing")
    func badFiles() throws {
        try folder.write("huge", [UInt8](repeating: 0x41, count: 1 << 20 + 1))
        for name in ["absent", ".", "huge"] {
            let snapshot = try load(contents(file(name)))
            #expect(snapshot.missing.count == 1, "\(name)")
        }
    }

    @Test("refuses a missing value where one is required")
    func required() throws {
        let name = "file:" + folder.file("absent")
        #expect(failure(contents(file("absent", isRequired: true))) == .missing([name]))
        #expect(failure(contents(file("absent")), requires: true) == .missing([name]))
        #expect(try load(contents(file("absent"))).missing == [name])
    }

    @Test("takes an empty variable for a missing one")
    func emptyVariable() throws {
        setenv("SIDEGATE_TEST_EMPTY", "", 1)
        let reference = Reference(kind: .environment, name: "SIDEGATE_TEST_EMPTY", isSecret: true)
        #expect(try load(contents(reference)).missing == ["os.environ/SIDEGATE_TEST_EMPTY"])
    }

    @Test("refuses to start without the master key that the table names")
    func masterKey() throws {
        var contents = TableContents()
        contents.settings = [.masterKey: .text(.reference(file("master")))]
        guard case .missing(let names)? = failure(contents) else {
            Issue.record("it was loaded, or failed otherwise")
            return
        }
        #expect(names.count == 1)
        #expect(names[0].hasSuffix("(the master key)"))
        try folder.write("master", "sk-m\n")
        let snapshot = try load(contents)
        #expect(try snapshot.access.caller(key: Array("sk-m".utf8), now: 0) == .master)
    }

    @Test("refuses a setting that cannot be read, without repeating its value")
    func unreadableSetting() throws {
        try folder.write("timeout", "hunter2\n")
        var contents = TableContents()
        contents.settings = [.timeoutMS: .text(.reference(file("timeout")))]
        let error = failure(contents)
        #expect(error?.description.contains(folder.file("timeout")) == true)
        #expect(error?.description.contains("hunter2") == false)
        try folder.write("timeout", "2.5\n")
        #expect(try load(contents).timeoutMS == 2500)
    }

    @Test("disables only the deployment whose value cannot be read")
    func unreadableDeployment() throws {
        try folder.write("rpm", "many")
        var contents = TableContents()
        contents.models = [
            Tables.model("a", [.requestsPerMinute: .text(.reference(file("rpm")))]),
            Tables.model("b"),
        ]
        let snapshot = try load(contents)
        #expect(snapshot.disabledDeployments == 1)
        #expect(snapshot.unreadable.count == 1)
        #expect(snapshot.missing == [])
    }

    @Test("looks references up in the table's own variables, the process' first")
    func environmentVariables() throws {
        setenv("SIDEGATE_TEST_SET", "from-process", 1)
        unsetenv("SIDEGATE_TEST_UNSET")
        try folder.write("value", "from-file\n")
        func variable(_ name: String) -> Reference {
            Reference(kind: .environment, name: name, isSecret: false)
        }
        var contents = TableContents()
        contents.environment = [
            EnvironmentVariable(name: "SIDEGATE_TEST_SET", value: .literal("from-table")),
            EnvironmentVariable(name: "SIDEGATE_TEST_UNSET", value: .reference(file("value"))),
        ]
        contents.settings = [
            .forcedChatModel: .text(.reference(variable("SIDEGATE_TEST_SET"))),
            .forcedImageModel: .text(.reference(variable("SIDEGATE_TEST_UNSET"))),
        ]
        let first = try load(contents)
        #expect(first.forcedModels.chat == "from-process")
        #expect(first.forcedModels.image == "from-file")
        #expect(ProcessEnvironment.value("SIDEGATE_TEST_UNSET") == nil)
        // What one table adds does not outlive it.
        contents.environment[1].value = .literal("next")
        #expect(try load(contents).forcedModels.image == "next")
        contents.environment = []
        #expect(try load(contents).missing == ["os.environ/SIDEGATE_TEST_UNSET"])
    }

    @Test("names the variable of a provider whose key is nowhere")
    func providerKeys() throws {
        unsetenv("OPENAI_API_KEY")
        var contents = TableContents()
        contents.models = [
            Model(
                name: "m",
                deployments: [
                    Deployment(
                        id: .explicit("i"),
                        provider: 1,
                        upstreamModel: .literal("gpt")
                    )
                ]
            )
        ]
        #expect(try load(contents).missing == ["OPENAI_API_KEY"])
        contents.environment = [EnvironmentVariable(name: "OPENAI_API_KEY", value: .secret("sk"))]
        #expect(try load(contents).missing == [])
    }

    @Test("gives a typed error for what is no table")
    func noTable() throws {
        try folder.write("routes.sgt", "model_list: []\n")
        let loader = TableLoader(path: folder.file("routes.sgt"), mode: .sealedCopy)
        let error = #expect(throws: TableLoadError.self) { _ = try loader.load(serial: 0) }
        guard case .table? = error else {
            Issue.record("it is \(String(describing: error))")
            return
        }
    }

    @Test("trusts the keys of all files, and refuses to start when one cannot be read")
    func trustedKeys() throws {
        let key = try Ed25519PrivateKey.generate()
        let file = try RouteTable.signed(TableWriter.encode(.named("m")), by: key)
        let other = try Ed25519PrivateKey.generate()
        try folder.write("routes.sgt", file)
        try folder.write("trusted", key.publicKey.pem ?? "")
        try folder.write("other", other.publicKey.pem ?? "")
        func load(_ names: String...) throws(TableLoadError) -> TableSnapshot {
            try TableLoader(
                path: folder.file("routes.sgt"),
                mode: .sealedCopy,
                trustedKeyPaths: names.map(folder.file)
            ).load(serial: 1)
        }
        let id = key.publicKey.id
        for names in [["trusted"], ["other", "trusted"]] {
            let snapshot =
                names.count == 1 ? try load(names[0]) : try load(names[0], names[1])
            #expect(snapshot.table.signatures.map(\.keyID) == [id])
        }
        #expect(throws: TableLoadError.table(.untrustedSigner([id]))) { _ = try load("other") }
        for name in ["absent", "routes.sgt", "."] {
            let error = #expect(throws: TableLoadError.self) { _ = try load("trusted", name) }
            #expect(error?.description.contains(folder.file(name)) == true)
        }
        // Without trusted keys a signature means nothing.
        #expect(try load().table.signatures.count == 1)
    }
}
