/// Remembers suggestions: a file repeats its unknown keys in every entry.
final class Suggestions {
    private var found: [String: String?] = [:]
    /// After so many names nobody reads one more suggestion, and each takes a search.
    private static let namesMax = 2000

    func nearest(to name: String, in section: KnownKey.Section) -> String? {
        let key = section.rawValue + "." + name
        if let known = found[key] { return known }
        guard found.count < Self.namesMax else { return nil }
        let nearest = KnownKey.nearest(to: name, in: section)
        found[key] = .some(nearest)
        return nearest
    }
}

/// What an unknown key may have been meant to be.
extension KnownKey {
    /// Sections of settings that people mix up.
    private static let settings: [Section] = [
        .litellmSettings, .routerSettings, .generalSettings, .root,
    ]

    /// Another section of settings in which this key has an effect, or nil.
    static func otherSection(of name: String, than section: Section) -> Section? {
        guard settings.contains(section) else { return nil }
        return settings.first { other in
            guard other != section, let key = find(other, name) else { return false }
            switch key.fate {
            case .parameter, .handled, .guarded: return true
            case .noEffect, .refused: return false
            }
        }
    }

    /// The known name of a section that is nearest to a misspelt one; nil when none is near.
    package static func nearest(to name: String, in section: Section) -> String? {
        nearest(to: name, of: all.lazy.filter { $0.section == section }.map(\.name))
    }

    /// The one of some names that is nearest to a misspelt one; nil when none is near.
    static func nearest(to name: String, of names: some Sequence<String>) -> String? {
        let allowed = allowedDistance(name)
        var best: (name: String, distance: Int)?
        for known in names {
            guard abs(known.count - name.count) <= allowed else { continue }
            let distance = distance(name, known)
            if distance <= allowed, distance < best?.distance ?? .max {
                best = (known, distance)
            }
        }
        return best?.name
    }

    /// The edits between a misspelt name and one that is near it; nil for one that is not.
    package static func distance(from name: String, toNear known: String) -> Int? {
        let allowed = allowedDistance(name)
        guard abs(known.utf8.count - name.utf8.count) <= allowed else { return nil }
        let found = distance(name, known)
        return found <= allowed ? found : nil
    }

    private static func allowedDistance(_ name: String) -> Int { max(1, min(3, name.count / 3)) }

    /// Edits (insert, delete, replace, swap neighbours) between two names.
    static func distance(_ a: String, _ b: String) -> Int {
        let (left, right) = (Array(a.utf8), Array(b.utf8))
        var before: [Int] = []
        var previous = Array(0...right.count)
        for i in left.indices {
            var row = [i + 1]
            for j in right.indices {
                var cost = min(previous[j + 1] + 1, row[j] + 1)
                cost = min(cost, previous[j] + (left[i] == right[j] ? 0 : 1))
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    cost = min(cost, before[j - 1] + 1)
                }
                row.append(cost)
            }
            before = previous
            previous = row
        }
        return previous[right.count]
    }
}
