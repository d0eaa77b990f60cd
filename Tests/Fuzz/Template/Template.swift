import Template
import YAML

/// `template`: values as YAML and, behind a zero byte, a template. It is refused with its places,
/// or gives a text whose every line comes from a place of the template; and a value that stands
/// alone is read back as it was.
extension Target {
    static let template = Target(name: "template") { bytes in
        let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return .ignored }
        var yaml = YAMLLimits()
        yaml.nodesMax = 5000
        let stream = YAMLStream(Array(parts[0]), limits: yaml)
        let values = stream.documents.first.map(TemplateValue.init) ?? .mapping([])
        let template = Array(parts[1])
        var limits = TemplateLimits()
        limits.iterationsMax = 5000
        limits.outputBytesMax = 1 << 20
        let rendering = Rendering(template, values: values, limits: limits)
        let lineCount = Int32(template.count { $0 == 0x0A } + 1)
        for problem in rendering.problems { check(problem.mark, lineCount) }
        require(rendering.problems.count <= limits.problemsMax, "too many problems")
        if rendering.problems.isEmpty {
            let text = String(validating: rendering.bytes, as: UTF8.self)
            require(text != nil, "no UTF-8: \(shown(rendering.bytes))")
            for line in 1...Int32(rendering.bytes.count { $0 == 0x0A } + 1) {
                let mark = YAMLMark(file: 0, line: line, column: 1)
                check(rendering.map.origin(of: mark), lineCount)
            }
        }
        for text in texts(values).prefix(8) { ScalarPlaces.check(text) }
        return .passed
    }

    private static func check(_ mark: YAMLMark, _ lineCount: Int32) {
        require(mark.line >= 1 && mark.line <= lineCount, "line \(mark.line) of \(lineCount)")
        require(mark.column >= 1, "column \(mark.column)")
    }

    private static func texts(_ value: TemplateValue) -> [String] {
        switch value {
        case .string(let text): [text]
        case .list(let items): items.flatMap(texts)
        case .mapping(let members): members.flatMap { [$0.name] + texts($0.value) }
        case .null, .bool, .plain: []
        }
    }
}

/// Where a text may stand, and what a reader of YAML must find there.
private enum ScalarPlaces {
    /// Before and behind the value in the template, and the same of what is found.
    private static let places: [(start: String, end: String, before: String, behind: String)] = [
        ("k: ", "\n", "", ""), ("k: \"", "\"\n", "", ""), ("k: '", "'\n", "", ""),
        ("k: {j: [a, ", ", b]}\n", "", ""), ("k: a", "b\n", "a", "b"),
        ("k:\n- \"a ", " b\"\n", "a ", " b"), ("k: x/", " # comment\n", "x/", ""),
    ]

    static func check(_ text: String) {
        for place in places {
            let template = place.start + "{{v}}" + place.end
            let values = TemplateValue.mapping([.init("v", .string(text))])
            let rendering = Rendering(Array(template.utf8), values: values)
            require(rendering.problems.isEmpty, "\(rendering.problems): \(text.debugDescription)")
            let stream = YAMLStream(rendering.bytes)
            let found = stream.documents.first?["k"].flatMap(scalar)
            let wanted = place.before + text + place.behind
            require(
                found?.utf8.elementsEqual(wanted.utf8) ?? false,
                "\(shown(rendering.bytes)) is not \(wanted.debugDescription)"
            )
        }
        asKey(text)
    }

    private static func asKey(_ text: String) {
        let values = TemplateValue.mapping([.init("v", .string(text))])
        let rendering = Rendering(Array("{{v}}: 1\n".utf8), values: values)
        guard rendering.problems.isEmpty else { return }
        let entry = YAMLStream(rendering.bytes).documents.first?.entries?.first
        require(
            entry?.key.text.utf8.elementsEqual(text.utf8) ?? false,
            "\(shown(rendering.bytes)) has another key than \(text.debugDescription)"
        )
    }

    /// The text of the scalar that the place has.
    private static func scalar(_ node: YAMLNode) -> String? {
        if let item = node["j"]?.items?.dropFirst().first { return text(item) }
        if let item = node.items?.first { return text(item) }
        return text(node)
    }

    private static func text(_ node: YAMLNode) -> String? {
        if case .string(let text)? = node.scalar?.value { text } else { nil }
    }
}
