/// What the values of keys may be: documentation, JSON Schema and tests are made of it.
extension KnownKey {
    /// What may stand behind a key. Null is as good as no key at all wherever a key may be missing.
    package enum Shape: Sendable {
        /// As the form says, or a reference where one can be the whole value.
        case form(Form)
        /// Anything; nobody looks at it.
        case any
        /// True or false, and no reference.
        case flag
        /// A string that is not empty, and that YAML takes for one.
        case name
        /// A text; a value of another type is an error, or a warning.
        case string(isStrict: Bool)
        /// A base URL, without a user in it.
        case baseURL
        /// A number, 0 or more.
        case number
        /// A whole number from -32768 to 32766.
        case order
        /// A whole number, 1 or more, or a reference.
        case limit
        /// A whole number in a range, and nothing that only looks like one.
        case range(ClosedRange<Int>)
        /// Models and their limits.
        case limitsByModel
        /// A routing strategy by its name, of the table or of a group.
        case strategy(isGroup: Bool)
        /// Arguments of a strategy.
        case arguments
        /// One-key mappings from a model to a list of models; a mistake in one is an error, or a
        /// warning.
        case fallbacks(isStrict: Bool)
        /// Names of models and retry policies.
        case policies
        /// Names and what they stand for.
        case aliases
        /// Names of models, each in a list.
        case models
        /// Models and their priorities; where those are asked for.
        case priorities
        /// Lists of names of models.
        case groups
        /// Names, or one name.
        case names
        /// Hosts, or one host.
        case hosts
        /// Paths of files, or one path.
        case paths
        /// A date, a date with a time, or seconds since 1970.
        case date
        /// 64 hexadecimal digits.
        case digest
        /// The same, or a reference to a key, or the key.
        case key
        /// A mapping of any content; a value of another type is an error, or a warning.
        case mapping(isStrict: Bool)
        /// A mapping of names and texts.
        case variables
        /// A mapping with the keys of a section; a value of another type is an error, or a warning.
        case section(Section, isStrict: Bool = true)
        /// A list of mappings with the keys of a section.
        case sections(Section)
        /// A mapping from names to mappings with the keys of a section.
        case named(Section)

        /// Whether a value of another type is an error; else it is left out with a warning.
        package var isStrict: Bool {
            switch self {
            case .form, .any, .flag, .baseURL, .number, .order, .names: false
            case .string(let isStrict), .section(_, let isStrict), .mapping(let isStrict): isStrict
            case .name, .limit, .range, .limitsByModel, .strategy, .arguments, .fallbacks,
                .policies, .aliases, .models, .priorities, .groups, .hosts, .paths, .date, .digest,
                .key,
                .variables, .sections, .named:
                true
            }
        }
    }
}
