internal import YAML

/// The addresses of services, from what `kubectl get services -o yaml` (or json) prints.
package struct KubernetesServices: Hashable, Sendable {
    package var addresses: [ServerAddress] = []
    /// Services without an address, and why, each as part of a sentence.
    package var refused: [String] = []

    /// Reads lists of services, single ones, and several documents.
    package init(_ bytes: [UInt8]) throws(DiscoveryError) {
        let stream = YAMLStream(bytes)
        if let problem = stream.problems.first(where: { !$0.isWarning }) {
            throw .badServices("neither YAML nor JSON, from line \(problem.mark.line) on")
        }
        var isList = false
        for document in stream.documents {
            if let items = document["items"]?.items {
                isList = true
                for item in items { add(item) }
            } else {
                add(document)
            }
        }
        guard isList || !addresses.isEmpty || !refused.isEmpty else {
            throw .badServices("it holds no Service; kubectl get services -o yaml prints them")
        }
    }

    /// Takes a Service; anything else is passed over.
    private mutating func add(_ node: YAMLNode) {
        guard node["kind"]?.scalar?.text == "Service" else { return }
        let name = node["metadata"]?["name"]?.scalar?.text ?? ""
        let namespace = node["metadata"]?["namespace"]?.scalar?.text
        let host = namespace.map { "\(name).\($0).svc" } ?? name
        guard !name.isEmpty, host.utf8.allSatisfy({ Self.hostBytes.contains($0) }) else {
            refused.append("a Service without a proper name")
            return
        }
        guard let (port, isTLS) = Self.port(node["spec"]?["ports"]?.items ?? []) else {
            refused.append("\(host): several ports, of which none is named http or is 8000")
            return
        }
        let isUsual = port == (isTLS ? 443 : 80)
        let url = "\(isTLS ? "https" : "http")://\(host)\(isUsual ? "" : ":\(port)")"
        do throws(DiscoveryError) {
            let address = try ServerAddress(url)
            if !addresses.contains(address) { addresses.append(address) }
        } catch {
            refused.append(error.description)
        }
    }

    /// The port that serves HTTP: by its name, then vLLM's own, then the only one.
    private static func port(_ ports: [YAMLNode]) -> (number: Int64, isTLS: Bool)? {
        let known = ports.compactMap { port -> (number: Int64, name: String, isTLS: Bool)? in
            guard case .integer(let number)? = port["port"]?.scalar?.value,
                (1...65_535).contains(number)
            else { return nil }
            let name = port["name"]?.scalar?.text ?? ""
            let isTLS = name == "https" || port["appProtocol"]?.scalar?.text == "https"
            return (number, name, isTLS || number == 443)
        }
        let chosen =
            ["http", "https", "openai", "vllm", "api"].lazy
            .compactMap { name in known.first { $0.name == name } }.first
            ?? known.first { $0.number == 8000 } ?? (known.count == 1 ? known.first : nil)
        return chosen.map { ($0.number, $0.isTLS) }
    }

    private static let hostBytes = Set("abcdefghijklmnopqrstuvwxyz0123456789.-".utf8)
}
