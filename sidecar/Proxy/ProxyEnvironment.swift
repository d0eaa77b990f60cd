internal import POSIX
internal import Upstream

/// The proxies that the environment names, read once for the process.
enum ProxyEnvironment {
    private static let proxy = EnvironmentProxy(variable: ProcessEnvironment.value)

    /// Whether a plain-HTTP origin is reached through a proxy, which libcurl then does.
    static func names(_ origin: Origin) -> Bool {
        proxy.usesProxy(for: origin)
    }
}
