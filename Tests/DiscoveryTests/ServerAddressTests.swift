import Discovery
import Testing

@Suite("An address of a server")
struct ServerAddressTests {
    @Test(
        "may be a URL with or without /v1",
        arguments: [
            ("http://vllm:8000", "http://vllm:8000/v1"), ("http://vllm/v1/", "http://vllm/v1"),
            ("https://h/team", "https://h/team/v1"), ("http://[::1]:80", "http://[::1]:80/v1"),
        ]
    )
    func base(url: String, base: String) throws {
        let address = try ServerAddress(url)
        #expect(address.base == base)
        #expect(address.modelsURL == base + "/models")
        #expect(address.versionURL == base.dropLast(2) + "version")
    }

    @Test(
        "is refused where it is none, without showing what may be a secret",
        arguments: [
            "", "vllm", "vllm:8000", "ftp://vllm", "http://", "http://u:hunter2@h",
            "http://h?k=hunter2",
            "http://h/#hunter2", "http://h h", "http://h\n",
        ]
    )
    func refused(url: String) {
        do {
            _ = try ServerAddress(url)
            Issue.record("\(url) was taken")
        } catch {
            #expect(!error.description.contains("hunter2"))
        }
    }
}
