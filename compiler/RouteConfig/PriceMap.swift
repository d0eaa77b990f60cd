internal import ProviderData
package import RouteTable
internal import YAML

/// A price list in the form of LiteLLM's `model_prices_and_context_window.json` (LiteLLM §9.4):
/// what models cost, what fits into them and what they are for, by name.
package struct PriceMap: Sendable {
    /// What one entry says.
    struct Row: Sendable {
        /// `litellm_provider`; nil where it is not said.
        let provider: String?
        let parameters: ParameterSet
    }
    private var rows: [String: Row] = [:]
    /// Names in lower case, for models that are written otherwise; the last one of equal ones.
    private var lowerNames: [String: String] = [:]

    /// Documentation in the form of an entry.
    private static let sample = "sample_spec"

    /// The entry's fields that count; the others are for people, or for what is not done here.
    private static let fields: [String: (key: ParameterKey, form: KnownKey.Form)] = [
        "input_cost_per_token": (.inputPrice, .dollars),
        "output_cost_per_token": (.outputPrice, .dollars),
        "cache_read_input_token_cost": (.cacheReadPrice, .dollars),
        "cache_creation_input_token_cost": (.cacheWritePrice, .dollars),
        "output_cost_per_reasoning_token": (.reasoningPrice, .dollars),
        "max_tokens": (.maxTokens, .integer),
        "max_input_tokens": (.maxInputTokens, .integer),
        "max_output_tokens": (.maxOutputTokens, .integer),
        "mode": (.mode, .text),
    ]

    /// Reads a list, as JSON or YAML; what is wrong in it is reported at its place.
    package static func load(
        _ path: String,
        sink: DiagnosticSink,
        read: (String) -> Result<[UInt8], SourceFailure>
    ) -> Result<PriceMap, SourceFailure> {
        switch read(path) {
        case .failure(let failure): .failure(SourceFailure("\(path): \(failure.reason)"))
        case .success(let bytes): .success(PriceMap(path, bytes, sink: sink))
        }
    }

    package init(_ path: String, _ bytes: [UInt8], sink: DiagnosticSink) {
        let file = sink.add(SourceFile(name: path, bytes: bytes))
        let stream = YAMLStream(bytes, file: file)
        // Of an entry that is there twice the last one counts, as in LiteLLM; its own list has one.
        for problem in stream.problems where !problem.isWarning { sink.report(problem) }
        guard let document = stream.documents.first, let entries = document.entries else {
            if !stream.problems.contains(where: { !$0.isWarning }) {
                let start = YAMLMark(file: file, line: 1, column: 1)
                Self.refuse(stream.documents.first?.mark ?? start, "this file", sink)
            }
            return
        }
        let decoder = ConfigDecoder(sink: sink)
        for entry in entries where entry.key.text != Self.sample { add(entry, decoder) }
    }

    private mutating func add(_ entry: YAMLEntry, _ decoder: ConfigDecoder) {
        let name = entry.key.text
        guard let fields = entry.value.entries else {
            return Self.refuse(entry.value.mark, "the entry of \(name)", decoder.sink)
        }
        var parameters: ParameterSet = [:]
        var provider: String?
        for field in fields {
            if field.key.text == "litellm_provider" { provider = field.value.scalar?.text }
            guard let known = Self.fields[field.key.text] else { continue }
            if let text = field.value.scalar?.text, Reference(text, isSecret: false) != nil {
                decoder.wrong(field.value, field.key.text, "a value, not a reference")
            } else {
                parameters[known.key] = decoder.value(field, known.key, known.form)
            }
        }
        rows[name] = Row(provider: provider, parameters: parameters)
        lowerNames[name.lowercased()] = name
    }

    private static func refuse(_ mark: YAMLMark, _ what: String, _ sink: DiagnosticSink) {
        sink.error(
            .priceMap,
            mark,
            "\(what) is no mapping of a price list",
            hint: "a price list has models' names and, below each, input_cost_per_token, "
                + "max_input_tokens, …"
        )
    }

    /// Gives a deployment what it does not say of itself, also to be shown at `/model/info`.
    package func complete(_ parameters: inout ParameterSet, of model: PricedModel) {
        guard let row = row(of: model) else { return }
        var members = JSONPieces()
        let info = parameters[.modelInfo]
        for (key, value) in row.parameters where parameters[key] == nil {
            // What stands there and is no value at all was told of, and is left out.
            if let name = Self.infoNames[key], Self.holds(info, name) { continue }
            parameters[key] = value
        }
        for (key, name) in Self.infoOrder where !Self.holds(info, name) {
            switch parameters[key] {
            case .text(let text)?: members.addMember(name, text: text)
            case .integer(let count)?: members.addMember(name, number: Double(count))
            default: break
            }
        }
        if !members.pieces.isEmpty {
            parameters[.modelInfo] = .json(Self.joined(info, members))
        }
    }

    private func row(of model: PricedModel) -> Row? {
        for candidate in model.names {
            let found =
                rows[candidate.name]
                ?? lowerNames[candidate.name.lowercased()].flatMap { rows[$0] }
            if let found, PricedModel.isProvider(found.provider, of: candidate.provider) {
                return found
            }
        }
        return nil
    }

    /// What `model_info` alone can say, in the order in which it is shown.
    private static let infoOrder: [(ParameterKey, String)] = [
        (.mode, "mode"), (.maxTokens, "max_tokens"), (.maxInputTokens, "max_input_tokens"),
        (.maxOutputTokens, "max_output_tokens"),
    ]
    private static let infoNames = Dictionary(uniqueKeysWithValues: infoOrder.map { ($0.0, $0.1) })

    private static func holds(_ info: ParameterValue?, _ name: String) -> Bool {
        guard case .json(let pieces)? = info else { return false }
        return pieces.contains { piece in
            if case .literal(let text) = piece { text.holds("\"\(name)\":") } else { false }
        }
    }

    /// An object with more members.
    private static func joined(_ info: ParameterValue?, _ members: JSONPieces) -> [Text] {
        var pieces: [Text] = []
        if case .json(let before)? = info { pieces = before }
        guard case .literal(let end)? = pieces.last, end.hasSuffix("}") else {
            return members.object()
        }
        pieces[pieces.count - 1] = .literal(String(end.dropLast()) + ",")
        return JSONPieces.joined(pieces + members.pieces + [.literal("}")])
    }
}
