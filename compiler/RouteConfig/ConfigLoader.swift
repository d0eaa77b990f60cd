internal import Template
internal import YAML

/// Why a file cannot be had; the text is the system's reason.
package struct SourceFailure: Error, Hashable, Sendable {
    package var reason: String

    /// - Parameter reason: The system's text.
    package init(_ reason: String) { self.reason = reason }
}

/// Reads the files of a configuration and merges them into one root mapping, as LiteLLM's `include`
/// does (LiteLLM §1.3): lists are joined, any other value of the later file wins, a file is read
/// once.
struct ConfigLoader {
    let sink: DiagnosticSink
    let read: (String) -> Result<[UInt8], SourceFailure>
    private let values: TemplateValue?
    private(set) var root: [YAMLEntry] = []
    /// Where in `root` a key is.
    private var places: [String: Int] = [:]
    /// Whether a file gave no text, as was reported.
    private(set) var hasBrokenTemplate = false
    private var loaded: Set<String> = []

    init(
        sink: DiagnosticSink,
        values: TemplateValue?,
        read: @escaping (String) -> Result<[UInt8], SourceFailure>
    ) {
        self.sink = sink
        self.values = values
        self.read = read
    }

    /// Merges a file, and what it includes. False if it cannot be read.
    mutating func load(_ path: String) -> SourceFailure? {
        let path = SourcePath.normalized(path)
        guard loaded.insert(path).inserted else { return nil }
        switch read(path) {
        case .failure(let failure): return failure
        case .success(let bytes):
            merge(parse(path, bytes), from: path)
            return nil
        }
    }

    /// The configurations in a file: one per document, or those that a manifest embeds.
    private mutating func parse(_ path: String, _ source: [UInt8]) -> [YAMLNode] {
        guard let text = TemplateSource(path, source, values: values, sink: sink) else {
            hasBrokenTemplate = true
            return []
        }
        let (bytes, file) = (text.bytes, text.file)
        let lines = SourceFile(name: path, bytes: bytes)
        let stream = YAMLStream(bytes, file: file)
        report(stream.problems, bytes: bytes)
        let start = YAMLMark(file: file, line: 1, column: 1)
        let isBroken = stream.problems.contains { !$0.isWarning }
        var found: [YAMLNode] = []
        for document in stream.documents where !document.isNull {
            let embedded = EmbeddedConfig.find(in: document, lines: lines)
            report(embedded.problems, bytes: [])
            found += embedded.nodes
        }
        if found.isEmpty, !isBroken {
            sink.error(
                .notAConfiguration,
                stream.documents.first?.mark ?? start,
                "this file holds no configuration",
                hint: "a configuration is a mapping with model_list, router_settings, …"
            )
        }
        return found
    }

    private mutating func merge(_ documents: [YAMLNode], from path: String) {
        for document in documents {
            let entries = document.entries ?? []
            add(entries.filter { $0.key.text != "include" })
            guard let include = entries.last(where: { $0.key.text == "include" })?.value else {
                continue
            }
            for (name, mark) in paths(include) {
                let target = SourcePath.resolved(name, besides: path)
                guard let failure = load(target) else { continue }
                sink.error(
                    .includeMissing,
                    mark,
                    "cannot include \(target): \(failure.reason)",
                    hint: "paths are relative to the file that names them"
                )
            }
        }
    }

    private func paths(_ node: YAMLNode) -> [(String, YAMLMark)] {
        if node.isNull { return [] }
        let items = node.items ?? [node]
        return items.compactMap { item in
            if let text = item.scalar?.text, !text.isEmpty { return (text, item.mark) }
            sink.error(.includeShape, item.mark, "include takes a list of paths")
            return nil
        }
    }

    private mutating func add(_ entries: [YAMLEntry]) {
        for entry in entries {
            guard let place = places[entry.key.text] else {
                places[entry.key.text] = root.count
                root.append(entry)
                continue
            }
            if let items = entry.value.items, var joined = root[place].value.items {
                // Held once, the list grows in place: many documents may add to it.
                root[place].value.content = .sequence([])
                joined += items
                root[place].value.content = .sequence(joined)
            } else {
                root[place] = entry
            }
        }
    }

    private func report(_ problems: [YAMLProblem], bytes: [UInt8]) {
        guard !problems.isEmpty else { return }
        let isTemplate = Self.isLikeTemplate(bytes)
        for problem in problems { sink.report(problem, isTemplate: isTemplate) }
    }

    /// Whether a tag of a template begins somewhere.
    private static func isLikeTemplate(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while let brace = rest.firstIndex(of: UInt8(ascii: "{")) {
            rest = rest[(brace + 1)...]
            if rest.first == UInt8(ascii: "{") || rest.first == UInt8(ascii: "%") { return true }
        }
        return false
    }
}

/// Paths as text; nothing is looked up.
package enum SourcePath {
    /// A path relative to the folder of another file.
    static func resolved(_ path: String, besides file: String) -> String {
        guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return String(file[...slash]) + path
    }

    /// Without `.` and inner `..`, so that a file has one name.
    package static func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else {
                parts.append(part)
            }
        }
        let joined = parts.joined(separator: "/")
        return path.hasPrefix("/") ? "/" + joined : joined
    }
}
