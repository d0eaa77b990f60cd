package import RouteTable

/// One key of the configuration: where it stands, what it may hold, what becomes of it. The rows
/// (`KnownKey+….swift`) are the only place that says so; decoding, checks and suggestions read
/// them.
package struct KnownKey: Sendable {
    /// The mapping that a key stands in.
    package enum Section: String, CaseIterable, Sendable {
        case root = "the top level"
        case modelEntry = "model_list[]"
        case litellmParams = "litellm_params"
        case modelInfo = "model_info"
        case credential = "credential_list[]"
        case credentialValues = "credential_list[].credential_values"
        case litellmSettings = "litellm_settings"
        case routerSettings = "router_settings"
        case routingGroup = "router_settings.routing_groups[]"
        case groupAlias = "an entry of router_settings.model_group_alias"
        case generalSettings = "general_settings"
        case sidegate = "sidegate"
        case virtualKey = "sidegate.keys[]"
        case rateLimits = "sidegate.rate_limits"
        case sharedLimits = "an entry of sidegate.users or sidegate.teams"
        case limits = "sidegate.limits"
        case cacheParams = "litellm_settings.cache_params"
        case sidegateCache = "sidegate.cache"
        case coordinationRedis = "coordination_redis"
    }

    /// What a value looks like and how it is stored.
    package enum Form: Sendable {
        case bool
        case integer
        /// Seconds, stored as milliseconds.
        case seconds
        /// US dollars, stored as pico-dollars.
        case dollars
        /// Mebibytes, stored as bytes.
        case mebibytes
        case text
        /// A text that is one of these.
        case word([String])
        case secret
        /// A secret, or a path or `oidc/…` that says where one is.
        case token
        /// A list of strings; one string is taken for a list of one.
        case list
        /// `name: value` pairs, stored as a flat list.
        case pairs
        /// `SomethingRetries: 3`: LiteLLM's names, counts as text.
        case counts
        /// Any value, stored as JSON.
        case json
        /// A mapping, stored as JSON members without braces.
        case members

        /// How the sidecar reads a reference in this form; nil for texts and what holds several.
        package var scalar: ScalarForm? {
            switch self {
            case .bool: .bool
            case .integer: .integer
            case .seconds: .seconds
            case .dollars: .dollars
            case .mebibytes: .mebibytes
            case .text, .word, .secret, .token, .list, .pairs, .counts, .json, .members: nil
            }
        }

        /// Whether one reference can be the whole value.
        var isScalar: Bool {
            switch self {
            case .bool, .integer, .seconds, .dollars, .mebibytes, .text, .word, .secret, .token:
                true
            case .list, .pairs, .counts, .json, .members: false
            }
        }
    }

    /// What becomes of a key.
    package enum Fate: Sendable {
        /// Stored in a parameter set.
        case parameter(ParameterKey, Form)
        /// Decoded by code of its own.
        case handled
        /// Known to LiteLLM, without effect here; the text says why or what to do instead.
        case noEffect(String)
        /// An error unless it is allowed on its line: to leave it out would weaken what the text
        /// names, and the text says what to do instead.
        case guarded(Guarded, String)
        /// Not allowed here; the text says why.
        case refused(String)
    }

    /// What a key without effect would have kept.
    package enum Guarded: String, Sendable {
        case access
        case content
        case spending
    }

    /// Where the key stands.
    package let section: Section
    /// The key as it is written.
    package let name: String
    /// What becomes of it.
    package let fate: Fate
    /// What its value may be.
    package let shape: Shape
    /// What it does, for people; empty where the fate says why it does nothing.
    package let summary: String

    /// Whether a value of another type is an error; else it is left out with a warning. What a
    /// virtual key has is there to close something.
    package var isStrict: Bool { shape.isStrict || section == .virtualKey && isCompiled }

    /// Every known key.
    package static let all: [KnownKey] =
        rootKeys + modelKeys + litellmParams + modelInfo + credentialKeys + litellmSettings
        + cacheKeys + routerSettings + routingGroupKeys + generalSettings + coordinationKeys
        + sidegateKeys

    private static let index: [Section: [String: KnownKey]] = {
        var index: [Section: [String: KnownKey]] = [:]
        for key in all { index[key.section, default: [:]][key.name] = key }
        return index
    }()

    /// A key that is stored in a parameter set.
    package struct Stored: Sendable {
        package let name: String
        package let key: ParameterKey
        package let form: Form
    }

    private static let stored: [Section: [Stored]] = {
        var stored: [Section: [Stored]] = [:]
        for known in all {
            guard case .parameter(let key, let form) = known.fate else { continue }
            stored[known.section, default: []].append(
                Stored(name: known.name, key: key, form: form)
            )
        }
        return stored
    }()

    /// The keys of a section that are stored in a parameter set, in the order of their rows.
    package static func parameters(of section: Section) -> [Stored] { stored[section] ?? [] }

    /// The row of a key, or nil.
    package static func find(_ section: Section, _ name: String) -> KnownKey? {
        index[section]?[name]
    }
}
