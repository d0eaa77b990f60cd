import Testing

@testable import AWS

@Suite("Shared files")
struct SharedFilesTests {
    private static let role = "arn:aws:iam::123456789012:role/r"

    private static func profile(
        _ name: String,
        _ environment: [String: String] = [:],
        credentials: String = "",
        config: String = ""
    ) throws(CredentialFailure) -> CredentialSource {
        var settings = CredentialChain.Settings()
        settings.profile = name
        return try CredentialChainTests.source(
            settings,
            environment,
            credentials: credentials,
            config: config
        )
    }

    private static func text(_ failing: () throws -> CredentialSource) throws -> String {
        try #require(throws: CredentialFailure.self) { try failing() }.text
    }

    @Test("name profiles their own way in each of the two")
    func sections() {
        let config = ProfileFile(
            """
            [default]
            region = us-east-1
            [profile team a]
            region=eu-west-1
            [profile "quoted"]
            region=eu-west-2
            [team]
            region=never
            [sso-session s]
            region=never
            """,
            .config
        )
        #expect(Set(config.profiles.keys) == ["default", "team a", "quoted"])
        let credentials = ProfileFile("[profile x]\na=1\n[team]\nb=2", .credentials)
        #expect(credentials.profiles == ["profile x": ["a": "1"], "team": ["b": "2"]])
    }

    @Test("are read with comments, odd spaces, nested values and line ends of all kinds")
    func forms() {
        let file = ProfileFile(
            "\u{FEFF}# top\r\n[a]\r\n; note\r\nKEY =  v=1;#2 \r\nother=x # why\r\n"
                + "s3 =\r\n  nested = 1\r\n"
                + "[a]\nkey2=z\n[b\nlost=1\nplain\n=none\n",
            .credentials
        )
        #expect(file.profiles["a"]?["key"] == "v=1;#2")
        #expect(file.profiles["a"]?["other"] == "x")
        #expect(file.profiles["a"]?["key2"] == "z")
        #expect(file.profiles["a"]?["nested"] == nil)
        #expect(file.profiles["b"] == nil)
    }

    @Test("hold keys, the credentials file's before the config file's")
    func keys() throws {
        let files = try SharedFiles(credentialsPath: "c", configPath: "f") {
            path throws(CredentialFailure) in
            Array(
                (path == "c"
                    ? "[p]\naws_access_key_id=C\naws_secret_access_key=c"
                    : "[profile p]\naws_access_key_id=F\naws_secret_access_key=s\nregion=r\n").utf8
            )
        }
        #expect(
            try files.keys(of: "p") == AWSCredential(accessKeyID: "C", secretAccessKey: "c")
        )
        #expect(files.value("region", of: "p") == "r")
        #expect(try files.keys(of: "q") == nil)
    }

    @Test("may lead from role to role, to keys at the end")
    func sourceProfiles() throws {
        let source = try Self.profile(
            "a",
            credentials: "[c]\naws_access_key_id=K\naws_secret_access_key=s",
            config: """
                [profile a]
                role_arn = \(Self.role)-a
                source_profile = b
                external_id = x
                duration_seconds = 1200
                role_session_name = me
                [profile b]
                role_arn = \(Self.role)-b
                source_profile = c
                region = us-west-2
                """
        )
        guard case .role(let outer, base: .role(let inner, base: .profile(let keys))) = source
        else {
            Issue.record("\(source)")
            return
        }
        #expect(outer.roleARN == Self.role + "-a" && outer.externalID == "x")
        #expect(outer.durationSeconds == 1_200 && outer.sessionName == "me")
        #expect(outer.endpoint.region == "eu-west-1" && inner.endpoint.region == "us-west-2")
        #expect(keys.name == "c")
    }

    @Test("let a profile be its own source where it has keys")
    func ownSource() throws {
        let source = try Self.profile(
            "a",
            config: """
                [profile a]
                role_arn = \(Self.role)
                source_profile = a
                aws_access_key_id = K
                aws_secret_access_key = s
                """
        )
        guard case .role(_, base: .profile(let keys)) = source else {
            Issue.record("\(source)")
            return
        }
        #expect(keys.name == "a")
    }

    @Test("may lead to a token's file, or to what the pod has")
    func otherSources() throws {
        let web = try Self.profile(
            "a",
            config: "[profile a]\nrole_arn=\(Self.role)\nweb_identity_token_file=/t"
        )
        guard case .webIdentity(let identity) = web else {
            Issue.record("\(web)")
            return
        }
        #expect(identity.token == .file("/t"))
        let config = "[profile a]\nrole_arn=\(Self.role)\ncredential_source="
        guard
            case .role(_, base: .instance) = try Self.profile(
                "a",
                config: config + "Ec2InstanceMetadata"
            )
        else {
            Issue.record("no instance")
            return
        }
        guard
            case .role(_, base: .container) = try Self.profile(
                "a",
                ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/c"],
                config: config + "EcsContainer"
            )
        else {
            Issue.record("no container")
            return
        }
        guard
            case .role(_, base: .keys) = try Self.profile(
                "a",
                ["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"],
                config: config + "Environment"
            )
        else {
            Issue.record("no keys")
            return
        }
        #expect(
            try Self.text { try Self.profile("a", config: config + "Moon") }
                .contains("has credential_source Moon")
        )
    }

    @Test(
        "refuse what cannot be followed, with the reason",
        arguments: [
            ("credential_process = /bin/keys", "a sidecar runs no commands"),
            ("sso_session = s", "signs on in a browser"),
            ("region = eu-west-1", "has no keys and no role"),
            ("aws_access_key_id = a", "has aws_access_key_id without aws_secret_access_key"),
            ("role_arn = \(role)", "needs source_profile or credential_source"),
            (
                "role_arn = \(role)\nsource_profile=b\ncredential_source=Environment",
                "needs source_profile or credential_source"
            ),
            ("role_arn = \(role)\nsource_profile = b", "profile b is neither in"),
            (
                "role_arn = \(role)\nsource_profile = x\n[profile x]\nrole_arn = \(role)\n"
                    + "source_profile = a",
                "leads back to itself"
            ),
            (
                "role_arn = \(role)\nsource_profile = c\nduration_seconds = 10\n[profile c]\n"
                    + "aws_access_key_id=a\naws_secret_access_key=b",
                "duration_seconds that is not 900 to 43200"
            ),
            ("role_arn = \(role)\nsource_profile = a", "leads back to itself"),
            ("web_identity_token_file = /t", "has web_identity_token_file without role_arn"),
            (
                "role_arn = \(role)\nsource_profile = a\nmfa_serial = m",
                "has mfa_serial, and nobody is there"
            ),
            (
                "aws_access_key_id = a\n x: y\naws_secret_access_key = b",
                "has keys with characters that no key has"
            ),
        ]
    )
    func refusals(lines: String, text: String) throws {
        let found = try Self.text { try Self.profile("a", config: "[profile a]\n" + lines) }
        #expect(found.contains(text), "\(found)")
    }

    @Test("must be text of bounded size")
    func limits() throws {
        for bytes in [[0xFF], [UInt8](repeating: 0x61, count: ProfileFile.bytesMax + 1)] {
            #expect(throws: CredentialFailure.self) {
                try SharedFiles(credentialsPath: "c", configPath: "f") {
                    _ throws(CredentialFailure) in bytes
                }
            }
        }
    }

    @Test("are where the variables say, else in the home folder, else nowhere")
    func places() throws {
        func files(_ environment: [String: String]) -> SharedFiles {
            SharedFiles(environment: { environment[$0] }) { _ throws(CredentialFailure) in nil }
        }
        let home = files(["HOME": "/h"])
        #expect(home.credentialsPath == "/h/.aws/credentials")
        #expect(home.configPath == "/h/.aws/config")
        let given = files(["AWS_SHARED_CREDENTIALS_FILE": "/c", "AWS_CONFIG_FILE": "~/x"])
        #expect(given.credentialsPath == "/c" && given.configPath == "~/x")
        #expect(try LocalFile.shared("~/x") == nil)
        #expect(try LocalFile.shared("/nonexistent/file") == nil)
        #expect(throws: CredentialFailure.self) { try LocalFile.shared("/") }
    }
}
