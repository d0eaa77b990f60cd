internal import POSIX
internal import Upstream

/// Whether the environment sends plain-HTTP requests through a proxy, which libcurl then does
/// (`http_proxy`, in lower case only, and `no_proxy`, as libcurl reads them).
enum ProxyEnvironment {
    private static let isSet = ProcessEnvironment.value("http_proxy")?.isEmpty == false

    static func names(_ origin: Origin) -> Bool {
        isSet && CurlTransport.usesProxy(for: origin)
    }
}
