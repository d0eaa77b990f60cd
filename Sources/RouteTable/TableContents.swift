/// Everything a routing table says, as values: what the compiler hands to `TableWriter`, and what
/// `RouteTable.contents()` gives back for `inspect` and `diff`.
///
/// Order matters only where it is said to: the writer sorts everything else, so that the same
/// contents give the same bytes.
package struct TableContents: Hashable, Sendable {
    /// The number that a rollout gives a table; 0 when none was given.
    package var generation: UInt64 = 0
    /// Settings of the whole table.
    package var settings: ParameterSet = [:]
    /// Model groups; names are unique, wildcard patterns included.
    package var models: [Model] = []
    /// Other names for models, or for lists of models.
    package var aliases: [Alias] = []
    /// Credentials; a deployment names one by its place in this array.
    package var credentials: [Credential] = []
    /// Keys that clients may use, stored as digests only.
    package var virtualKeys: [VirtualKey] = []
    /// Where a request may go when a model group failed.
    package var fallbacks: [FallbackRule] = []
    /// `environment_variables`: set in the sidecar before references are resolved, unless the
    /// variable is in its environment already.
    package var environment: [EnvironmentVariable] = []

    package init() {}
}

/// A string that may be known only when the sidecar loads the table.
package enum Text: Hashable, Sendable {
    case literal(String)
    /// A literal that must never be printed.
    case secret(String)
    case reference(Reference)
}

/// A value that the sidecar looks up at load: `os.environ/NAME` or `file:/path`.
package struct Reference: Hashable, Sendable {
    /// Where the value is.
    package enum Kind: UInt8, Sendable {
        case environment = 1
        case file = 2
    }
    package var kind: Kind
    /// The variable's name, or the file's absolute path.
    package var name: String
    /// Whether the value is a credential, which is never printed.
    package var isSecret: Bool
    /// Whether the table must not be loaded without it (`required: true`).
    package var isRequired: Bool

    package init(kind: Kind, name: String, isSecret: Bool, isRequired: Bool = false) {
        self.kind = kind
        self.name = name
        self.isSecret = isSecret
        self.isRequired = isRequired
    }
}

/// One value of a parameter set.
package enum ParameterValue: Hashable, Sendable {
    case bool(Bool)
    /// Whole numbers: counts, milliseconds, pico-dollars, thousandths, as the key says.
    case integer(Int64)
    case number(Double)
    case text(Text)
    /// An ordered list; pairs (such as headers) are name, value, name, value.
    case list([Text])
    /// JSON text in pieces: literals are JSON as it stands; references are whole JSON string
    /// values, which the sidecar puts in quoted and escaped.
    case json([Text])
    /// A SHA-256 digest, 32 bytes.
    case digest([UInt8])
}

/// Rare settings of a table, model, deployment, credential or key; equal sets are stored once.
package typealias ParameterSet = [ParameterKey: ParameterValue]

/// A model group: the deployments that serve one public name.
package struct Model: Hashable, Sendable {
    /// The public name; with a `*` it is a pattern (LiteLLM §1.4).
    package var name: String
    package var parameters: ParameterSet
    /// In the order of the configuration, which strategies use to break ties.
    package var deployments: [Deployment]

    package init(name: String, parameters: ParameterSet = [:], deployments: [Deployment] = []) {
        self.name = name
        self.parameters = parameters
        self.deployments = deployments
    }

    package var isPattern: Bool { name.utf8.contains(UInt8(ascii: "*")) }
}

/// One concrete upstream.
package struct Deployment: Hashable, Sendable {
    /// What names a deployment in headers, metrics and requests that pin it.
    package enum ID: Hashable, Sendable {
        /// `model_info.id`.
        case explicit(String)
        /// The first eight bytes, big-endian, of LiteLLM's default identifier: SHA-256 over the
        /// model name and the parameters with references unresolved. Printed as 16 hex digits.
        case derived(UInt64)
    }
    package var id: ID
    /// `ProviderData`'s number for the kind of API; 0 when it follows from a model name that is
    /// a reference and is known only at load.
    package var provider: UInt16
    /// What the provider calls the model, without the provider's prefix. May hold `*`, which the
    /// captures of the model's pattern replace. A reference holds the prefix too.
    package var upstreamModel: Text
    /// The base URL; nil for the provider's default.
    package var apiBase: Text?
    /// An index into `TableContents.credentials`.
    package var credential: Int?
    /// The share under `simple-shuffle`, in thousandths: the first of weight, rpm and tpm that any
    /// deployment of the group and the same order has; 1000 each when none has one.
    package var weight: UInt32
    /// Lower is tried first; nil is after all others (LiteLLM §5.7). Range -32,768 to 32,766.
    package var order: Int16?
    package var parameters: ParameterSet

    package init(
        id: ID,
        provider: UInt16,
        upstreamModel: Text,
        apiBase: Text? = nil,
        credential: Int? = nil,
        weight: UInt32 = 1000,
        order: Int16? = nil,
        parameters: ParameterSet = [:]
    ) {
        self.id = id
        self.provider = provider
        self.upstreamModel = upstreamModel
        self.apiBase = apiBase
        self.credential = credential
        self.weight = weight
        self.order = order
        self.parameters = parameters
    }
}

/// Another name for a model, or an ordered list of models.
package struct Alias: Hashable, Sendable {
    package var name: String
    /// Names of models in `TableContents.models`, or names that a pattern matches; tried in order.
    package var targets: [String]
    /// Hidden aliases work but are not listed in `/v1/models`.
    package var isHidden: Bool

    package init(name: String, targets: [String], isHidden: Bool = false) {
        self.name = name
        self.targets = targets
        self.isHidden = isHidden
    }
}

/// What authenticates towards an upstream: keys, regions, roles.
package struct Credential: Hashable, Sendable {
    /// `credential_name`; empty for a deployment's own.
    package var name: String
    package var parameters: ParameterSet

    package init(name: String = "", parameters: ParameterSet) {
        self.name = name
        self.parameters = parameters
    }
}

/// A bearer token that this gateway accepts.
package struct VirtualKey: Hashable, Sendable {
    /// SHA-256 of the key, 32 bytes.
    package var digest: [UInt8]
    package var parameters: ParameterSet

    package init(digest: [UInt8], parameters: ParameterSet = [:]) {
        self.digest = digest
        self.parameters = parameters
    }
}

/// Where a request goes when a model group failed (LiteLLM §5.6).
package struct FallbackRule: Hashable, Sendable {
    /// The failure that a rule is for.
    package enum Trigger: UInt8, Sendable {
        case anyFailure = 1
        case contextWindow = 2
        case contentPolicy = 3
    }
    package var trigger: Trigger
    /// The model group; `*` for every other (`default_fallbacks`).
    package var model: String
    /// Tried in order.
    package var targets: [String]

    package init(trigger: Trigger, model: String, targets: [String]) {
        self.trigger = trigger
        self.model = model
        self.targets = targets
    }
}

/// One of `environment_variables`.
package struct EnvironmentVariable: Hashable, Sendable {
    package var name: String
    package var value: Text

    package init(name: String, value: Text) {
        self.name = name
        self.value = value
    }
}
