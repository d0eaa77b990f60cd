import RouteTable
import Testing
import YAML

@testable import RouteConfig

@Suite("media_hosts and modify_params")
struct MediaHostsTests {
    @Test("media_hosts is a list of hosts, or one")
    func hosts() {
        let decoded = Decoded("sidegate: {media_hosts: [a.example.com, '*.b.example.com']}")
        #expect(decoded.sink.diagnostics.isEmpty)
        #expect(
            decoded.config.settings[.mediaHosts]
                == .list([.literal("a.example.com"), .literal("*.b.example.com")])
        )
        let one = Decoded("sidegate: {media_hosts: 'http://files:8080'}")
        #expect(one.config.settings[.mediaHosts] == .list([.literal("http://files:8080")]))
        #expect(Decoded("sidegate: {media_hosts: }").config.settings[.mediaHosts] == nil)
    }

    @Test("private_media_hosts is a list of its own")
    func privateHosts() {
        let decoded = Decoded("sidegate: {private_media_hosts: ['http://files.default.svc:80']}")
        #expect(decoded.sink.diagnostics.isEmpty)
        #expect(
            decoded.config.settings[.privateMediaHosts]
                == .list([.literal("http://files.default.svc:80")])
        )
        #expect(decoded.config.settings[.mediaHosts] == nil)
        let wrong = Decoded("sidegate: {private_media_hosts: ['*']}")
        let messages = wrong.sink.diagnostics.map(\.message)
        #expect(messages == ["private_media_hosts takes names of hosts"])
    }

    @Test(
        "media_hosts refuses what is no host, where it stands",
        arguments: ["'*'", "'*.com'", "a.example.com/path", "os.environ/HOSTS", "'user@host'"]
    )
    func refused(host: String) {
        let decoded = Decoded("sidegate:\n  media_hosts:\n    - good.example.com\n    - \(host)\n")
        let errors = decoded.sink.diagnostics.filter { $0.code == .wrongType }
        #expect(errors.map(\.message) == ["media_hosts takes names of hosts"])
        #expect(errors.first?.mark?.line == 4)
    }

    @Test("modify_params is a setting of the whole table")
    func modifyParams() {
        let decoded = Decoded("litellm_settings: {modify_params: true}")
        #expect(decoded.config.settings[.modifyParams] == .bool(true))
        #expect(decoded.sink.diagnostics.isEmpty)
    }
}
