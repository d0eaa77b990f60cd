internal import Cryptography
internal import RouteConfig
package import RouteTable

/// Compares two tables. What is equal is found on the contents as they are, what is said is taken
/// from the masked ones.
package struct TableDifference {
    /// One of the two tables, with what of it may be shown.
    struct Side {
        let contents: TableContents
        let shown: TableContents
    }

    let old: Side
    let new: Side
    private(set) var changes: [Change] = []

    /// All that differs, but for the generation, which is the roll-out's.
    package static func between(_ old: TableContents, _ new: TableContents) -> Differences {
        // A secret of one side may stand as a plain text on the other.
        let mask = TableMask(old, new)
        var difference = TableDifference(
            old: Side(contents: old, shown: mask.masked(old)),
            new: Side(contents: new, shown: mask.masked(new))
        )
        difference.models()
        difference.deployments()
        difference.aliases()
        difference.fallbacks()
        difference.settings()
        difference.virtualKeys()
        difference.credentials()
        difference.environment()
        return Differences(changes: difference.changes)
    }

    private init(old: Side, new: Side) {
        self.old = old
        self.new = new
    }

    // MARK: Telling

    mutating func tell(_ kinds: [ChangeKind], _ subject: String, _ text: String) {
        changes.append(Change(kinds: kinds, subject: subject, text: text))
    }

    /// Compares the parameters of one subject.
    ///
    /// - Parameter kind: what a change of any of them is.
    mutating func compare(
        _ subject: String,
        _ before: [SettingField],
        _ after: [SettingField],
        kind: ChangeKind
    ) {
        let olds = Dictionary(before.map { ($0.path, $0) }) { first, _ in first }
        let news = Dictionary(after.map { ($0.path, $0) }) { first, _ in first }
        for field in before where news[field.path]?.raw != field.raw {
            tell(subject, field, news[field.path], kind)
        }
        for field in after where olds[field.path] == nil { tell(subject, nil, field, kind) }
    }

    private mutating func tell(
        _ subject: String,
        _ before: SettingField?,
        _ after: SettingField?,
        _ kind: ChangeKind
    ) {
        guard let field = after ?? before else { return }
        var change = Change(
            kinds: [kind] + FieldMeaning.kinds(before, after).filter { $0 != kind },
            subject: subject,
            field: field.name,
            before: before?.shown,
            after: after?.shown,
            text: ""
        )
        switch (before?.shown, after?.shown) {
        case (let old?, let new?) where old == new:
            // They differ in what may not be shown.
            (change.before, change.after) = (nil, nil)
            change.text = "\(field.name): changed"
        case (let old?, let new?): change.text = "\(field.name): \(old) -> \(new)"
        case (let old?, nil): change.text = "\(field.name): \(old) is removed"
        case (nil, let new): change.text = "\(field.name): \(new ?? "") is added"
        }
        changes.append(change)
    }

    /// A plain value of a subject.
    mutating func compare(
        _ subject: String,
        _ field: String,
        _ before: String?,
        _ after: String?,
        kinds: [ChangeKind]
    ) {
        if before == after { return }
        let text =
            switch (before, after) {
            case (let old?, let new?): "\(field): \(old) -> \(new)"
            case (let old?, nil): "\(field): \(old) is removed"
            case (nil, let new): "\(field): \(new ?? "") is added"
            }
        changes.append(
            Change(
                kinds: kinds,
                subject: subject,
                field: field,
                before: before,
                after: after,
                text: text
            )
        )
    }

    /// Pairs what has the same name on both sides, in the order of the names.
    static func pairs<Item>(
        _ old: [Item],
        _ new: [Item],
        by name: (Item) -> String
    ) -> [(name: String, old: Int?, new: Int?)] {
        var places: [String: (old: Int?, new: Int?)] = [:]
        for (place, item) in old.enumerated() {
            places[name(item), default: (nil, nil)].old = place
        }
        for (place, item) in new.enumerated() {
            places[name(item), default: (nil, nil)].new = place
        }
        return places.sorted { $0.key < $1.key }.map { ($0.key, $0.value.old, $0.value.new) }
    }
}
