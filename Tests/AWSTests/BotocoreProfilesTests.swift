import JSON
import Testing

@testable import AWS

@Suite("Profiles, judged by botocore")
struct BotocoreProfilesTests {
    /// What `Fixtures/profiles.py` had botocore make of profiles.
    private static let cases = Vectors.list("cases", in: "profiles.json")

    private static func source(_ vector: Vector) throws(CredentialFailure) -> String {
        var settings = CredentialChain.Settings()
        settings.profile = vector.text("profile")
        var environment: [String: String] = [:]
        for member in vector.members("environment") {
            if case .string(let value) = member.value { environment[member.key] = value }
        }
        let files = (credentials: vector.text("credentials"), config: vector.text("config"))
        let source = try CredentialChainTests.source(
            settings,
            environment,
            credentials: files.credentials,
            config: files.config
        )
        return try text(source, files.credentials, files.config)
    }

    /// A source in the fixture's words.
    private static func text(
        _ source: CredentialSource,
        _ credentials: String,
        _ config: String
    ) throws(CredentialFailure) -> String {
        let session = { (name: String) in name == "sidegate" ? "-" : name }
        switch source {
        case .keys(let keys): return text(keys)
        case .profile(let profile):
            let files = try SharedFiles(credentialsPath: "c", configPath: "f") {
                path throws(CredentialFailure) in Array((path == "c" ? credentials : config).utf8)
            }
            return try files.keys(of: profile.name).map(text) ?? "none"
        case .webIdentity(let role):
            guard case .file(let path) = role.token else { return "no file" }
            return "web \(role.roleARN) \(path) \(session(role.sessionName))"
        case .container: return "container"
        case .instance: return "instance"
        case .role(let role, let base):
            let duration = role.durationSeconds.map(String.init) ?? "-"
            return "role \(role.roleARN) \(session(role.sessionName)) \(role.externalID ?? "-") "
                + "\(duration) of \(try text(base, credentials, config))"
        }
    }

    private static func text(_ keys: AWSCredential) -> String {
        "keys \(keys.accessKeyID)/\(keys.secretAccessKey)/\(keys.sessionToken ?? "-")"
    }

    @Test(
        "lead where botocore says, or are refused where it, too, or a sidecar must",
        arguments: cases
    )
    func judged(vector: Vector) throws {
        let expected = vector.text("expected")
        let refusals = ["sso": "(SSO)", "login": "(SSO)", "process": "credential_process"]
        let end = String(expected.split(separator: " ").last ?? "")
        guard expected == "refused" || refusals[end] != nil else {
            #expect(try Self.source(vector) == expected)
            return
        }
        let failure = try #require(throws: CredentialFailure.self) { try Self.source(vector) }
        #expect(failure.cause == .configuration)
        #expect(failure.text.contains(refusals[end] ?? "profile "), "\(failure.text)")
    }
}
