/// What a template's paths lead to.
package indirect enum TemplateValue: Hashable, Sendable {
    /// One entry of a mapping.
    package struct Member: Hashable, Sendable {
        package var name: String
        package var value: TemplateValue

        /// A name and what it stands for.
        package init(_ name: String, _ value: TemplateValue) {
            self.name = name
            self.value = value
        }
    }

    case null
    case bool(Bool)
    /// A number or a date, as YAML writes it without quotes.
    case plain(String, isZero: Bool)
    case string(String)
    case list([TemplateValue])
    /// In the order of the file.
    case mapping([Member])

    /// The value under a name of a mapping, or at an index of a list; nil when there is none. A
    /// list has a `length` too.
    subscript(_ name: String) -> TemplateValue? {
        switch self {
        case .mapping(let members): return members.first { $0.name == name }?.value
        case .list(let items):
            if name == "length" { return .plain(String(items.count), isZero: items.isEmpty) }
            guard let index = Int(name), items.indices.contains(index) else { return nil }
            return items[index]
        default: return nil
        }
    }

    /// Whether `#if` takes it for true: not null, false, zero, nor an empty text or list.
    var isTrue: Bool {
        switch self {
        case .null: false
        case .bool(let bool): bool
        case .plain(_, let isZero): !isZero
        case .string(let text): !text.isEmpty
        case .list(let items): !items.isEmpty
        case .mapping: true
        }
    }

    /// The text of a scalar; nil for a mapping or a list.
    var text: String? {
        switch self {
        case .null: ""
        case .bool(let bool): bool ? "true" : "false"
        case .plain(let text, _): text
        case .string(let text): text
        case .list, .mapping: nil
        }
    }

    /// The names of a mapping, or nothing.
    var names: [String] {
        if case .mapping(let members) = self { members.map(\.name) } else { [] }
    }

    /// The names of a path such as `a.b.[0]`; nil for what is none.
    package static func names(in path: Substring) -> [String]? {
        guard let names = TemplatePath.split(path), !names.isEmpty else { return nil }
        return names
    }

    /// This value with another one over it: mappings are merged name by name, anything else is
    /// replaced.
    package func merged(with other: TemplateValue) -> TemplateValue {
        guard case .mapping(var members) = self, case .mapping(let others) = other else {
            return other
        }
        let known = members.enumerated().map { ($1.name, $0) }
        var places = Dictionary(known, uniquingKeysWith: { first, _ in first })
        for member in others {
            if let place = places[member.name] {
                members[place].value = members[place].value.merged(with: member.value)
            } else {
                places[member.name] = members.count
                members.append(member)
            }
        }
        return .mapping(members)
    }

    /// This value with another one at a path; nil where the path leads through a scalar or beyond
    /// the end of a list. What is not there is made; an index may be the list's end.
    package func setting(_ path: some Collection<String>, to value: TemplateValue) -> TemplateValue?
    {
        guard let name = path.first else { return value }
        let rest = path.dropFirst()
        switch self {
        case .null:
            return TemplateValue.mapping([]).setting(path, to: value)
        case .mapping(var members):
            let place = members.firstIndex { $0.name == name }
            let before = place.map { members[$0].value } ?? .null
            guard let after = before.setting(rest, to: value) else { return nil }
            if let place {
                members[place].value = after
            } else {
                members.append(Member(name, after))
            }
            return .mapping(members)
        case .list(var items):
            guard let index = Int(name), index >= 0, index <= items.count else { return nil }
            let before = index < items.count ? items[index] : .null
            guard let after = before.setting(rest, to: value) else { return nil }
            if index < items.count { items[index] = after } else { items.append(after) }
            return .list(items)
        case .bool, .plain, .string: return nil
        }
    }
}
