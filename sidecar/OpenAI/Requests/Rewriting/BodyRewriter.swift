internal import JSON

/// Plans the changes to one body.
struct BodyRewriter {
    private let facts: RequestFacts
    private let policy: RequestPolicy
    private(set) var edits: BodyEdits
    private var deletions = MemberDeletions()
    /// The policy's paths, without those that are the name of a member as they stand.
    private let paths: [DropPath]
    /// The policy's, by the provider's names, without what would be taken out of a client's body.
    private let overrides: MemberTexts
    private let hasRenames: Bool

    init(facts: RequestFacts, policy: RequestPolicy, body: RawSpan) {
        self.facts = facts
        self.policy = policy
        edits = BodyEdits(bodyCount: facts.count)
        paths = policy.droppedPaths.filter { !facts.contains(key: $0.name, in: body) }
        overrides = policy.overrides.isEmpty ? .none : policy.overridesForUpstream
        hasRenames = !policy.unsupported.renames.isEmpty
    }

    // MARK: - The client's members

    mutating func rewriteMembers(_ body: RawSpan) {
        for member in facts.members {
            if isTakenOut(member, body) {
                deletions.delete(member.range, &edits)
                continue
            }
            deletions.keep(member.range, &edits)
            if member.field == .model {
                replaceModel(member, body)
            } else if let entry = override(of: member, body) {
                edits.replace(member.value, with: entry.without(paths).value)
            } else if !paths.isEmpty {
                NestedDrops(paths) { JSONScalars.isString($0, in: body, at: member.key) }?
                    .delete(at: member.value.lowerBound, in: body, &edits)
            }
            if hasRenames { rename(member, body) }
        }
        deletions.end(&edits)
    }

    private mutating func replaceModel(_ member: RequestFacts.Member, _ body: RawSpan) {
        guard let model = policy.model, !body.equals(model, at: member.value) else { return }
        edits.replace(member.value, with: model)
    }

    private mutating func rename(_ member: RequestFacts.Member, _ body: RawSpan) {
        let name = policy.unsupported.newName {
            JSONScalars.isString($0, in: body, at: member.key)
        }
        guard let name else { return }
        let quote = UInt8(ascii: "\"")
        edits.replace(member.key, with: [quote] + name + [quote])
    }

    private func override(
        of member: RequestFacts.Member,
        _ body: RawSpan
    ) -> MemberTexts.Entry? {
        if overrides.isEmpty { return nil }
        return overrides.entries.first {
            JSONScalars.isString($0.key, in: body, at: member.key)
        }
    }

    private func isTakenOut(_ member: RequestFacts.Member, _ body: RawSpan) -> Bool {
        if let field = member.field {
            switch RequestField.treatments[Int(member.number)] {
            case .credential, .refused: return true
            case .consumed:
                if !policy.keptFields.contains(field) { return true }
            case .forwarded:
                // Without it the request would not be the one that was admitted.
                if field == .model { return false }
            }
        }
        func isKey(_ key: [UInt8]) -> Bool { JSONScalars.isString(key, in: body, at: member.key) }
        if policy.droppedKeys.contains(where: isKey) { return true }
        if policy.unsupported.isEmpty { return false }
        if let entry = override(of: member, body) { return isUnsupported(entry, body) }
        if isRenamedTwin(isKey, body) { return true }
        if member.kind == .null, isNewName(isKey, body) { return true }
        return policy.unsupported.exclude(isKey, body, value: member.value) { reasons(body) }
    }

    // MARK: - What the provider does not take

    private func isUnsupported(_ entry: MemberTexts.Entry, _ body: RawSpan) -> Bool {
        policy.unsupported.exclude(
            { $0 == entry.key },
            unsafe entry.text.span.bytes,
            value: entry.valueRange
        ) { reasons(body) }
    }

    /// Whether a key would be renamed to one that is there already and says something.
    private func isRenamedTwin(_ isKey: ([UInt8]) -> Bool, _ body: RawSpan) -> Bool {
        guard let name = policy.unsupported.newName(isKey) else { return false }
        return overrides.contains(name)
            || facts.members.contains {
                $0.kind != .null && JSONScalars.isString(name, in: body, at: $0.key)
            }
    }

    /// Whether a member of the client's will have this key.
    private func isNewName(_ isKey: ([UInt8]) -> Bool, _ body: RawSpan) -> Bool {
        policy.unsupported.renames.contains { isKey($0.to) && isKept($0.from, body) }
    }

    /// Whether the request, as it will be sent, asks for reasoning.
    private func reasons(_ body: RawSpan) -> Bool {
        let key = BodyRewriter.reasoningEffort
        if policy.droppedKeys.contains(key) { return false }
        func reasons(_ members: MemberTexts) -> Bool? {
            members.entries.first { $0.key == key }.map {
                UnsupportedParameters.reasons(unsafe $0.text.span.bytes, value: $0.valueRange)
            }
        }
        if let answer = reasons(policy.overrides) { return answer }
        if let member = facts.members.last(where: {
            JSONScalars.isString(key, in: body, at: $0.key)
        }) {
            return UnsupportedParameters.reasons(body, value: member.value)
        }
        return reasons(policy.defaults) ?? reasons(policy.extraBody) ?? false
    }

    private static let reasoningEffort = Array("reasoning_effort".utf8)

    // MARK: - Members that are added

    mutating func addMembers(_ body: RawSpan) {
        var added: [UInt8] = []
        if let model = policy.model, facts.modelValue == nil {
            added += Array("\"model\":".utf8) + model
        }
        for entry in entriesToAdd(body) {
            if !added.isEmpty { added.append(UInt8(ascii: ",")) }
            added += entry.text
        }
        askForUsage(&added)
        if added.isEmpty { return }
        if deletions.hasKept { added.insert(UInt8(ascii: ","), at: 0) }
        edits.replace(facts.end..<facts.end, with: added)
    }

    private func entriesToAdd(_ body: RawSpan) -> [MemberTexts.Entry] {
        if overrides.isEmpty && policy.defaults.isEmpty && policy.extraBody.isEmpty {
            return []
        }
        // A model of the configuration's own would be a second one.
        var keys: Set<[UInt8]> = [Array(RequestField.model.rawValue.utf8)]
        var entries: [MemberTexts.Entry] = []
        for entry in overrides.entries where isAddable(entry, body) && !isUnsupported(entry, body) {
            if keys.insert(entry.key).inserted { entries.append(entry.without(paths)) }
        }
        for rename in policy.unsupported.renames where isKept(rename.from, body) {
            keys.insert(rename.to)
        }
        for entry in policy.defaults.entries where isAddable(entry, body) {
            guard let entry = translated(entry, body) else { continue }
            if keys.insert(entry.key).inserted { entries.append(entry.without(paths)) }
        }
        for entry in policy.extraBody.entries where isAddable(entry, body) {
            if keys.insert(entry.key).inserted { entries.append(entry.without(paths)) }
        }
        return entries
    }

    /// Whether the client's body has such a member that is not dropped by name.
    private func isKept(_ key: [UInt8], _ body: RawSpan) -> Bool {
        facts.contains(key: key, in: body) && !policy.droppedKeys.contains(key)
    }

    private func isAddable(_ entry: MemberTexts.Entry, _ body: RawSpan) -> Bool {
        !facts.contains(key: entry.key, in: body) && !policy.droppedKeys.contains(entry.key)
    }

    /// A default as the provider takes it; nil when it does not.
    private func translated(_ entry: MemberTexts.Entry, _ body: RawSpan) -> MemberTexts.Entry? {
        if policy.unsupported.isEmpty { return entry }
        if isUnsupported(entry, body) || isRenamedTwin({ $0 == entry.key }, body) { return nil }
        guard let name = policy.unsupported.newName({ $0 == entry.key }) else { return entry }
        return policy.defaults.contains(name) ? nil : entry.renamed(name)
    }

    private mutating func askForUsage(_ added: inout [UInt8]) {
        guard policy.asksForUsage, facts.isStream, !policy.settlesStreamOptions else { return }
        switch facts.streamUsage {
        case .wanted, .invalid: return
        case .absent:
            if !added.isEmpty { added.append(UInt8(ascii: ",")) }
            added += Array(#""stream_options":{"include_usage":true}"#.utf8)
        case .null(let value):
            edits.replace(value, with: Array(#"{"include_usage":true}"#.utf8))
        case .missing(let offset, let isEmpty):
            let text = isEmpty ? #""include_usage":true"# : #""include_usage":true,"#
            edits.replace(offset..<offset, with: Array(text.utf8))
        case .refused(let value):
            edits.replace(value, with: Array("true".utf8))
        }
    }
}
