/// What a change between two tables is, for people and for pipelines: names are stable.
package enum ChangeKind: String, CaseIterable, Hashable, Sendable {
    case modelAdded = "model-added"
    case modelRemoved = "model-removed"
    case modelChanged = "model-changed"
    case deploymentAdded = "deployment-added"
    case deploymentRemoved = "deployment-removed"
    case deploymentMoved = "deployment-moved"
    case deploymentChanged = "deployment-changed"
    case aliasAdded = "alias-added"
    case aliasRemoved = "alias-removed"
    case aliasChanged = "alias-changed"
    case fallbackAdded = "fallback-added"
    case fallbackRemoved = "fallback-removed"
    case fallbackChanged = "fallback-changed"
    case keyAdded = "key-added"
    case keyRemoved = "key-removed"
    case keyChanged = "key-changed"
    case credentialAdded = "credential-added"
    case credentialRemoved = "credential-removed"
    case credentialChanged = "credential-changed"
    /// More is allowed than before.
    case limitRaised = "limit-raised"
    /// Less is allowed than before.
    case limitLowered = "limit-lowered"
    /// A reference stands on one side: which way is known at load only.
    case limitChanged = "limit-changed"
    case priceChanged = "price-changed"
    /// Somebody may do what was not allowed before.
    case accessWidened = "access-widened"
    case accessNarrowed = "access-narrowed"
    case environmentChanged = "environment-changed"
    case settingChanged = "setting-changed"

    /// What the sign before a line says: there is more, less, or something else.
    var sign: Character? {
        if rawValue.hasSuffix("-added") { return "+" }
        return rawValue.hasSuffix("-removed") ? "-" : nil
    }
}

/// One change between two tables. Texts hold no secret.
package struct Change: Hashable, Sendable {
    /// The first says what changed, more of them what that means.
    package var kinds: [ChangeKind]
    /// `model llama`, `deployment blue of model llama`.
    package var subject: String
    /// The setting by its name in the configuration; nil when it is about the whole subject.
    package var field: String?
    /// Nil when there was nothing, or when it is told in words.
    package var before: String?
    package var after: String?
    /// The change in words, without the subject.
    package var text: String

    /// One line: `~ deployment blue of model llama: rpm: 600 -> 60 (limit-lowered)`.
    package var line: String {
        let notes = kinds.dropFirst().map(\.rawValue).joined(separator: ", ")
        let sign = kinds.first?.sign ?? "~"
        return "\(sign) \(subject): \(text)" + (notes.isEmpty ? "" : " (\(notes))")
    }
}

/// What differs between two tables.
package struct Differences: Sendable {
    package var changes: [Change]

    package var isEmpty: Bool { changes.isEmpty }

    /// How often each kind is there, in the order of the kinds.
    package var counts: [(kind: ChangeKind, count: Int)] {
        ChangeKind.allCases.compactMap { kind in
            let count = changes.count { $0.kinds.contains(kind) }
            return count == 0 ? nil : (kind, count)
        }
    }

    /// A line for each change, with its end.
    package var text: String {
        var lines = IndentedText()
        for change in changes { lines.line(0, change.line) }
        return lines.text
    }

    /// What is compared, in JSON.
    package struct Side {
        let path: String
        let digest: String
        let generation: UInt64

        package init(path: String, digest: String, generation: UInt64) {
            self.path = path
            self.digest = digest
            self.generation = generation
        }

        fileprivate var tree: JSONTree {
            .object([
                ("path", .text(path)), ("digest", .text(digest)),
                ("generation", .raw(String(generation))),
            ])
        }
    }

    /// One object with all changes, with its end of line.
    package func json(old: Side, new: Side) -> String {
        func optional(_ text: String?) -> JSONTree { text.map { .text($0) } ?? .raw("null") }
        let list: [JSONTree] = changes.map { change in
            .object([
                ("kinds", .array(change.kinds.map { .text($0.rawValue) })),
                ("subject", .text(change.subject)), ("field", optional(change.field)),
                ("before", optional(change.before)), ("after", optional(change.after)),
                ("text", .text(change.text)),
            ])
        }
        let object = JSONTree.object([
            ("old", old.tree), ("new", new.tree), ("equal", .raw(isEmpty ? "true" : "false")),
            ("counts", .object(counts.map { ($0.kind.rawValue, .raw(String($0.count))) })),
            ("changes", .array(list)),
        ])
        return object.render() + "\n"
    }
}
