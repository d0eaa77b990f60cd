import Testing

@testable import Upstream

@Suite("EnvironmentProxy")
struct EnvironmentProxyTests {
    private func uses(_ variables: [String: String], _ url: String) throws -> Bool {
        let origin = try #require(UpstreamURL(url)).origin
        return EnvironmentProxy { variables[$0] }.usesProxy(for: origin)
    }

    @Test(
        "takes libcurl's variables for each scheme",
        arguments: [
            ("http_proxy", "http://a", true), ("HTTP_PROXY", "http://a", false),
            ("https_proxy", "http://a", false), ("all_proxy", "http://a", true),
            ("ALL_PROXY", "http://a", true), ("https_proxy", "https://a", true),
            ("HTTPS_PROXY", "https://a", true), ("http_proxy", "https://a", false),
        ]
    )
    func variables(name: String, url: String, expected: Bool) throws {
        #expect(try uses([name: "http://proxy:3128"], url) == expected)
    }

    @Test("takes an empty variable for none, and a lower-case one before the other")
    func empty() throws {
        #expect(try !uses(["http_proxy": ""], "http://a"))
        #expect(try !uses(["https_proxy": "", "HTTPS_PROXY": "http://p"], "https://a"))
    }

    @Test(
        "leaves out what no_proxy names",
        arguments: [
            ("*", "http://a.b", false), ("a.b", "http://a.b", false), (".b", "http://a.b", false),
            ("b", "http://a.b", false), ("B", "http://A.b:81", false), ("a.b", "http://xa.b", true),
            ("x, a.b", "http://a.b", false), ("x a.b", "http://a.b.", false),
            ("10.0.0.0/8", "http://10.1.2.3", false), ("10.0.0.0/8", "http://11.1.2.3", true),
            ("10.0.0.0/9", "http://10.128.0.1", true), ("10.0.0.1", "http://10.0.0.1", false),
            ("0.1", "http://10.0.0.1", true), ("fd00::/8", "http://[fd12::1]", false),
            ("fd00::/8", "http://[fe80::1]", true), ("::1", "http://[::1]:80", false),
            ("", "http://a.b", true),
        ]
    )
    func excluded(list: String, url: String, expected: Bool) throws {
        #expect(try uses(["http_proxy": "http://p", "no_proxy": list], url) == expected)
    }
}
