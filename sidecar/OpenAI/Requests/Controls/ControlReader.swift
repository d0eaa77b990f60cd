internal import JSON

/// Reads control fields from one document that was scanned.
struct ControlReader {
    var controls: RequestControls
    let scanner: JSONScanner
    let isStream: Bool
    let isForm: Bool

    /// - Parameters:
    ///   - scanner: for the fallbacks' objects; it may have scanned anything else in between.
    ///   - isStream: whether the request asks for a stream, which a fallback cannot change.
    ///   - isForm: whether the request is a form, whose fields a fallback cannot replace.
    init(_ controls: RequestControls, scanner: JSONScanner, isStream: Bool, isForm: Bool) {
        self.controls = controls
        self.scanner = scanner
        self.isStream = isStream
        self.isForm = isForm
    }

    /// Takes one field's value. Fields that are no controls, and null, say nothing.
    mutating func read(
        _ field: RequestField,
        _ value: ControlValue,
        _ document: RawSpan
    ) throws(OpenAIError) {
        if value.kind == .null { return }
        switch field {
        case .numRetries:
            controls.numRetries = try value.count(document, max: RequestControls.retriesMax)
        case .timeout: controls.timeoutMS = try value.milliseconds(document)
        case .requestTimeout: controls.requestTimeoutMS = try value.milliseconds(document)
        case .streamTimeout: controls.streamTimeoutMS = try value.milliseconds(document)
        case .fallbacks: try readFallbacks(value, document)
        case .contextWindowFallbacks: controls.contextWindowFallbacks = try rules(value, document)
        case .contentPolicyFallbacks: controls.contentPolicyFallbacks = try rules(value, document)
        case .disableFallbacks: controls.disablesFallbacks = try value.flag(document)
        case .tags: try readTags(value, document)
        case .dropParams: controls.dropParams = try value.flag(document)
        case .additionalDropParams:
            controls.additionalDropParams = try parameters(value, document).map { DropPath($0) }
        case .allowedOpenAIParams:
            controls.allowedOpenAIParams = try parameters(value, document).map { Array($0.utf8) }
        // What a form is answered is not cached.
        case .cache: if !isForm { controls.cache = try CacheControls(value, document) }
        case .allowedModelRegion: controls.allowedModelRegion = try region(value, document)
        default: return
        }
    }

    /// Takes the tags of `metadata` or `litellm_metadata`.
    ///
    /// - Parameter isEndpoints: whether the field is the endpoint's own parameter: what is no list
    ///   of tags there is the upstream's to judge.
    mutating func readMetadata(
        _ value: ControlValue,
        _ document: RawSpan,
        isEndpoints: Bool
    ) throws(OpenAIError) {
        if value.kind == .null { return }
        guard value.kind == .object, var walker = JSONWalker(document, at: value.range.lowerBound)
        else {
            if isEndpoints { return }
            throw value.wrong("an object")
        }
        while let member = walker.next(document) {
            guard JSONScalars.isString(Array("tags".utf8), in: document, at: member.key) else {
                continue
            }
            let tags = member.control(value.name + ".tags", document)
            if isEndpoints, tags.strings(document, max: .max) == nil { continue }
            try read(.tags, tags, document)
        }
    }

    private mutating func readTags(
        _ value: ControlValue,
        _ document: RawSpan
    ) throws(OpenAIError) {
        guard let tags = value.strings(document, max: RequestControls.tagsMax) else {
            throw value.wrong("a list of at most \(RequestControls.tagsMax) strings")
        }
        try controls.add(tags: tags, value.name)
    }

    private func parameters(
        _ value: ControlValue,
        _ document: RawSpan
    ) throws(OpenAIError) -> [String] {
        try value.names(
            document,
            max: RequestControls.parametersMax,
            bytesMax: RequestControls.nameBytesMax
        )
    }

    private func region(_ value: ControlValue, _ document: RawSpan) throws(OpenAIError) -> String {
        guard let text = value.text(document), !text.isEmpty, text.utf8.count <= 64 else {
            throw value.wrong("the name of a region")
        }
        return text
    }
}
