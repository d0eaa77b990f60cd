internal import JSON

// The fallbacks that a request names.
extension ControlReader {
    private static let fallbacksWanted =
        "a list of at most \(RequestControls.fallbacksMax) model names, or objects with a \"model\""
    private static let rulesWanted =
        "a list of at most \(RequestControls.fallbacksMax) objects like "
        + #"{"gpt-4o": ["other-model"]}"#

    mutating func readFallbacks(
        _ value: ControlValue,
        _ document: RawSpan
    ) throws(OpenAIError) {
        var targets: [FallbackTarget] = []
        var rules: [ModelFallbacks] = []
        var count = 0
        for element in try elements(value, document, ControlReader.fallbacksWanted) {
            count += 1
            if element.kind == .object, let rule = try rule(element, document) {
                rules.append(rule)
            } else {
                targets.append(try target(element, document))
            }
        }
        if rules.isEmpty {
            controls.fallbacks = targets
        } else if targets.isEmpty {
            controls.fallbackRules = rules
        } else {
            throw value.wrong(ControlReader.fallbacksWanted)
        }
    }

    func rules(
        _ value: ControlValue,
        _ document: RawSpan
    ) throws(OpenAIError) -> [ModelFallbacks] {
        var rules: [ModelFallbacks] = []
        for element in try elements(value, document, ControlReader.rulesWanted) {
            guard let rule = try rule(element, document) else {
                throw value.wrong(ControlReader.rulesWanted)
            }
            rules.append(rule)
        }
        return rules
    }

    private func elements(
        _ value: ControlValue,
        _ document: RawSpan,
        _ wanted: String
    ) throws(OpenAIError) -> [ControlValue] {
        guard value.kind == .array, var walker = JSONWalker(document, at: value.range.lowerBound)
        else { throw value.wrong(wanted) }
        var elements: [ControlValue] = []
        while let element = walker.next(document) {
            guard elements.count < RequestControls.fallbacksMax else { throw value.wrong(wanted) }
            elements.append(element.control(value.name, document))
        }
        return elements
    }

    /// An object with one member whose value is a list; nil for everything else.
    private func rule(
        _ value: ControlValue,
        _ document: RawSpan
    ) throws(OpenAIError) -> ModelFallbacks? {
        guard value.kind == .object, var walker = JSONWalker(document, at: value.range.lowerBound),
            let member = walker.next(document), walker.next(document) == nil
        else { return nil }
        let list = member.control(value.name, document)
        guard list.kind == .array, let model = JSONScalars.string(of: document, at: member.key)
        else { return nil }
        return ModelFallbacks(
            model: try name(model, value),
            fallbacks: try list.names(
                document,
                max: RequestControls.fallbacksMax,
                bytesMax: RequestControls.nameBytesMax
            )
        )
    }

    private func target(
        _ value: ControlValue,
        _ document: RawSpan
    ) throws(OpenAIError) -> FallbackTarget {
        if let text = value.text(document) { return FallbackTarget(name: try name(text, value)) }
        guard value.kind == .object else { throw value.wrong(ControlReader.fallbacksWanted) }
        let members: MemberTexts
        do {
            members = try MemberTexts(
                object: document.extracting(value.range),
                scanner: scanner
            )
        } catch {
            throw .invalidJSON(error)
        }
        guard let model = members.entries.first(where: { $0.field == .model }) else {
            throw value.wrong(ControlReader.fallbacksWanted)
        }
        let text = unsafe model.text.span.bytes
        guard let name = JSONScalars.string(of: text, at: model.valueRange) else {
            throw value.wrong(ControlReader.fallbacksWanted)
        }
        return FallbackTarget(
            name: try self.name(name, value),
            overrides: try overrides(members)
        )
    }

    private func name(_ text: String, _ value: ControlValue) throws(OpenAIError) -> String {
        guard !text.isEmpty, text.utf8.count <= RequestControls.nameBytesMax else {
            throw value.wrong(ControlReader.fallbacksWanted)
        }
        return text
    }

    /// What a target changes in the request. What the gateway itself would do by a field is not
    /// taken from a target, and never passed over in silence.
    private func overrides(_ members: MemberTexts) throws(OpenAIError) -> MemberTexts {
        for entry in members.entries {
            guard let field = entry.field else { continue }
            switch field.treatment {
            case .credential:
                throw .refusedOverride(field.rawValue, reason: "credentials are the request's own")
            case .refused: throw .mockTestingRefused(field.rawValue)
            case .consumed:
                if field.isMock { throw .mockTestingRefused(field.rawValue) }
                if field.isControl, field != .metadata, field != .litellmMetadata {
                    throw .refusedOverride(field.rawValue, reason: "say it for the whole request")
                }
            case .forwarded:
                guard field == .stream else { continue }
                let kind = unsafe JSONWalker.kind(entry.text.span.bytes, at: entry.valueStart)
                if (kind == .true) != isStream {
                    throw .refusedOverride(field.rawValue, reason: "the request decides it")
                }
            }
        }
        let overrides = members.filtered { $0.field != .model && $0.field != .stream }
        if isForm, let entry = overrides.entries.first {
            throw .refusedOverride(
                String(decoding: entry.key, as: UTF8.self),
                reason: "the request is a form"
            )
        }
        return overrides
    }
}
