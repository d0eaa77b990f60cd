internal import JSON
package import Template
internal import YAML

/// Gathers the values of templates: from files, later ones over earlier ones, and single ones.
package enum TemplateValues {
    /// Reads and merges. What cannot be read is the first failure; what is wrong with a file or a
    /// setting is reported.
    ///
    /// - Parameters:
    ///   - files: YAML, or JSON where the name says so.
    ///   - settings: `path=value`, the value as YAML.
    package static func load(
        files: [String],
        settings: [String],
        sink: DiagnosticSink,
        read: (String) -> Result<[UInt8], SourceFailure>
    ) -> Result<TemplateValue, SourceFailure> {
        var values = TemplateValue.mapping([])
        for path in files {
            switch read(path) {
            case .failure(let failure):
                return .failure(SourceFailure("\(path): \(failure.reason)"))
            case .success(let bytes):
                guard let read = parse(path, bytes, sink) else { continue }
                values = values.merged(with: read)
            }
        }
        for setting in settings { set(setting, in: &values, sink) }
        sink.secrets.collect(values, name: "")
        return .success(values)
    }

    private static func parse(
        _ path: String,
        _ bytes: [UInt8],
        _ sink: DiagnosticSink
    ) -> TemplateValue? {
        let file = sink.add(SourceFile(name: path, bytes: bytes))
        let start = YAMLMark(file: file, line: 1, column: 1)
        let value: TemplateValue
        if path.hasSuffix(".json") {
            do throws(JSONError) {
                value = TemplateValue(try JSONValue(parsing: bytes, depthMax: depthMax))
            } catch {
                // The reader of YAML knows the place, if it finds the same mistake.
                let broken = YAMLStream(bytes, file: file).problems.first { !$0.isWarning }
                sink.error(.templateValues, broken?.mark ?? start, "this is not JSON")
                return nil
            }
        } else {
            let stream = YAMLStream(bytes, file: file)
            for problem in stream.problems { sink.report(problem) }
            guard !stream.problems.contains(where: { !$0.isWarning }) else { return nil }
            // Several documents are merged as several files are.
            value = stream.documents.map(TemplateValue.init)
                .filter { $0 != .null }
                .reduce(.mapping([])) { merged, next in merged.merged(with: next) }
        }
        guard case .mapping = value else {
            sink.error(.templateValues, start, "values must be a mapping from names to values")
            return nil
        }
        return value
    }

    private static let depthMax = 128

    /// The value may be a secret, and is not shown.
    private static func set(
        _ setting: String,
        in values: inout TemplateValue,
        _ sink: DiagnosticSink
    ) {
        guard let equals = setting.firstIndex(of: "="),
            let path = TemplateValue.names(in: setting[..<equals])
        else {
            let hint = "as in --set models.0.name=llama"
            sink.error(.templateValues, nil, "--set takes a path, = and a value", hint: hint)
            return
        }
        let text = setting[setting.index(after: equals)...]
        let stream = YAMLStream(Array(text.utf8))
        guard stream.problems.isEmpty, stream.documents.count < 2 else {
            sink.error(
                .templateValues,
                nil,
                "the value of --set \(setting[..<equals]) is not YAML",
                hint: "put a text with special characters between double quotes"
            )
            return
        }
        let value = stream.documents.first.map(TemplateValue.init) ?? .string("")
        guard let after = values.setting(path, to: value) else {
            sink.error(
                .templateValues,
                nil,
                "--set \(setting[..<equals]) leads through a scalar, or beyond the end of a list"
            )
            return
        }
        values = after
    }
}

extension SecretSet {
    /// Adds what stands under the names of secrets.
    fileprivate mutating func collect(
        _ value: TemplateValue,
        name: String,
        isSecret: Bool = false
    ) {
        let isOwn = SecretMask.isPrivate(name) && !SecretMask.isMixedMapping(name)
        switch value {
        case .mapping(let members):
            for member in members {
                collect(member.value, name: member.name, isSecret: isSecret || isOwn)
            }
        case .list(let items):
            for item in items { collect(item, name: name, isSecret: isSecret || isOwn) }
        case .string(let text), .plain(let text, _):
            if isSecret || isOwn { insert(text) }
        case .null, .bool: break
        }
    }
}
