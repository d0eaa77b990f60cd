internal import Glibc

/// Which origins the environment names a proxy for, by libcurl's rules (libcurl-env(3),
/// CURLOPT_NOPROXY(3)), so that plain connections can be left to libcurl where it would use one.
package struct EnvironmentProxy: Hashable, Sendable {
    private let http: Bool
    private let https: Bool
    private let excluded: [Substring]

    /// - Parameter variable: looks up a variable; by default in the process's environment.
    package init(variable: (String) -> String? = EnvironmentProxy.environment) {
        func isSet(_ names: String...) -> Bool {
            for name in names {
                if let value = variable(name) { return !value.isEmpty }
            }
            return false
        }
        // HTTP_PROXY is left out on purpose: in a CGI program a client's header could set it.
        http = isSet("http_proxy", "all_proxy", "ALL_PROXY")
        https = isSet("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
        let list = variable("no_proxy") ?? variable("NO_PROXY") ?? ""
        excluded = list.lowercased().split { $0 == "," || $0 == " " || $0 == "\t" }
    }

    /// A variable of the process's environment.
    package static func environment(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }

    /// Whether libcurl would send a request to this origin through a proxy.
    package func usesProxy(for origin: Origin) -> Bool {
        guard origin.isTLS ? https : http else { return false }
        if excluded == ["*"] { return false }
        let host = origin.host.hasSuffix(".") ? origin.host.dropLast() : origin.host[...]
        let address = EnvironmentProxy.address(host)
        return !excluded.contains { entry in
            if let address { return EnvironmentProxy.covers(entry, address) }
            return EnvironmentProxy.covers(entry, host: host)
        }
    }

    /// A name, with or without a leading dot, covers itself and what is below it.
    private static func covers(_ entry: Substring, host: Substring) -> Bool {
        var name = entry
        if name.hasSuffix(".") { name = name.dropLast() }
        if name.hasPrefix(".") { name = name.dropFirst() }
        return !name.isEmpty && (host == name || host.hasSuffix("." + name))
    }

    /// An address covers itself; with `/bits`, its network.
    private static func covers(_ entry: Substring, _ host: [UInt8]) -> Bool {
        let parts = entry.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let network = address(parts[0]), network.count == host.count else { return false }
        var bits = host.count * 8
        if parts.count == 2 {
            guard let number = Int(parts[1]), number > 0, number <= bits else { return false }
            bits = number
        }
        for index in 0..<host.count where index * 8 < bits {
            let mask = UInt8(truncatingIfNeeded: 0xFF << max(0, 8 - (bits - index * 8)))
            if host[index] & mask != network[index] & mask { return false }
        }
        return true
    }

    private static func address(_ text: Substring) -> [UInt8]? {
        let bare = text.hasPrefix("[") && text.hasSuffix("]") ? text.dropFirst().dropLast() : text
        var four = in_addr()
        if unsafe inet_pton(AF_INET, String(bare), &four) == 1 {
            return unsafe withUnsafeBytes(of: four) { unsafe Array($0) }
        }
        var six = in6_addr()
        guard unsafe inet_pton(AF_INET6, String(bare), &six) == 1 else { return nil }
        return unsafe withUnsafeBytes(of: six) { unsafe Array($0) }
    }
}
