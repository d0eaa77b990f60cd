internal import RouteConfig
internal import RouteTable
internal import YAML

/// Warns of keys that would cross the Internet in plain text.
struct PlainTextCheck {
    private let sink: DiagnosticSink

    init(sink: DiagnosticSink) {
        self.sink = sink
    }

    /// - Parameters:
    ///   - deployment: with its base URL, its own or its credential's.
    ///   - credential: what it calls with.
    func run(_ deployment: Deployment, _ credential: ParameterSet, _ config: DeploymentConfig) {
        guard case .literal(let base)? = deployment.apiBase,
            let host = PublicHost(plainURL: base),
            holdsSecret(credential) || holdsSecret(deployment.parameters)
        else { return }
        sink.warn(
            .plainHTTP,
            config.apiBaseMark ?? config.credentialName?.mark ?? config.mark,
            "the key goes to \(host.name) in plain text",
            hint: "write https://"
        )
    }

    private func holdsSecret(_ parameters: ParameterSet) -> Bool {
        parameters.values.contains { value in
            switch value {
            case .text(let text): Self.isSecret(text)
            case .list(let texts): texts.contains(where: Self.isSecret)
            default: false
            }
        }
    }

    private static func isSecret(_ text: Text) -> Bool {
        switch text {
        case .literal: false
        case .secret: true
        case .reference(let reference): reference.isSecret
        }
    }
}

/// A host that is likely not to be in one's own network: names of services and of private domains
/// have no public ending, and private addresses are told by their numbers.
struct PublicHost {
    let name: String

    /// Nil for what is not plain HTTP, or not public.
    init?(plainURL url: String) {
        let lower = url.lowercased()
        guard lower.hasPrefix("http://") else { return nil }
        let rest = lower.dropFirst("http://".count).prefix { !"/?#".contains($0) }
        let host = rest[(rest.lastIndex(of: "@").map(rest.index(after:)) ?? rest.startIndex)...]
        if host.hasPrefix("[") {
            let address = host.dropFirst().prefix { $0 != "]" }
            guard Self.isPublicSix(address) else { return nil }
            name = String(address)
            return
        }
        let label = host.prefix { $0 != ":" }
        let labels = label.split(separator: ".")
        let numbers = labels.compactMap { UInt8($0) }
        guard labels.count > 1 else { return nil }
        if numbers.count == 4, labels.count == 4 {
            guard Self.isPublicFour(numbers) else { return nil }
        } else if !Self.isPublicName(labels) {
            return nil
        }
        name = String(label)
    }

    /// IANA's special-purpose addresses are not public (RFC 6890).
    private static func isPublicFour(_ bytes: [UInt8]) -> Bool {
        switch (bytes[0], bytes[1]) {
        case (0, _), (10, _), (127, _), (169, 254), (172, 16...31), (192, 168), (100, 64...127),
            (224..., _):
            false
        default: true
        }
    }

    /// Global unicast is all that begins with 2 or 3.
    private static func isPublicSix(_ address: Substring) -> Bool {
        guard let first = address.split(separator: ":", omittingEmptySubsequences: false).first
        else { return false }
        return first.count == 4 && (first.hasPrefix("2") || first.hasPrefix("3"))
    }

    private static func isPublicName(_ labels: [Substring]) -> Bool {
        guard let last = labels.last, !labels.contains("svc") else { return false }
        // Countries have two letters.
        return last.count == 2 && last.allSatisfy { $0.isASCII && $0.isLetter }
            || endings.contains(String(last))
    }

    private static let endings: Set<String> = [
        "com", "org", "net", "edu", "gov", "mil", "int", "info", "biz", "dev", "app", "cloud",
        "xyz", "online", "site", "tech", "run", "page", "host", "chat", "services", "systems",
    ]
}
