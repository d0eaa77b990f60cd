package import Upstream
internal import HTTP
internal import OpenAI
internal import POSIX
internal import ProviderData
package import RouteTable
internal import Routing

/// A loaded table with what its references are worth: immutable, shared by all workers. A request
/// keeps the one it began with.
package final class TableSnapshot: Sendable {
    package let table: RouteTable
    package let values: ReferenceValues
    /// Counts loads in this process; tells workers that there is a newer one.
    package let serial: Int
    package let limits: ProxyLimits
    let access: AccessPolicy
    let resolver: ModelResolver
    /// References without a value, by name: their deployments are disabled.
    package let missing: [String]
    /// Deployments that a missing reference disables.
    let disabledDeployments: Int
    /// Whether metrics need a key (`require_auth_for_metrics_endpoint`).
    let metricsNeedKey: Bool
    let allowsClientCredentials: Bool
    let forwardsClientHeaders: Bool
    let forwardsOrganization: Bool
    let alwaysIncludesUsage: Bool
    let forcedModels: ForcedModels
    let timeoutMS: Int?
    let streamTimeoutMS: Int?

    /// `completion_model` and its like: they win over what the client asks for (LiteLLM §1.9).
    struct ForcedModels: Sendable {
        let chat: String?
        let embedding: String?
        let image: String?
        let moderation: String?

        func model(for endpoint: Endpoint) -> String? {
            switch endpoint {
            case .chatCompletions, .completions: chat
            case .embeddings: embedding
            case .imageGenerations, .imageEdits, .imageVariations: image
            case .moderations: moderation
            default: nil
            }
        }
    }

    /// Whether everybody may call.
    package var isOpen: Bool { access.isOpen }

    /// How upstreams' certificates are checked (`ssl_verify`).
    package var tlsSettings: TLSSettings {
        var settings = TLSSettings()
        settings.verifies = table.settings.bool(.verifyTLS) ?? true
        settings.caFile = table.settings.string(.caFile, using: values)
        return settings
    }

    init(
        table: RouteTable,
        values: ReferenceValues,
        serial: Int,
        masterKey: String?,
        missing: [String],
        disabledDeployments: Int
    ) {
        self.table = table
        self.values = values
        self.serial = serial
        self.missing = missing
        self.disabledDeployments = disabledDeployments
        let settings = table.settings
        let limits = settings.json(.sidegateLimits).flatMap {
            table.resolve(json: $0, using: values)
        }
        self.limits = ProxyLimits(table, limits)
        access = AccessPolicy(table: table, masterKey: masterKey)
        resolver = ModelResolver(table: table)
        metricsNeedKey = settings.bool(.requireAuthForMetrics) ?? false
        allowsClientCredentials = settings.bool(.allowClientCredentials) ?? false
        forwardsClientHeaders = settings.bool(.forwardClientHeaders) ?? false
        forwardsOrganization = settings.bool(.forwardOpenAIOrganization) ?? false
        alwaysIncludesUsage = settings.bool(.alwaysIncludeStreamUsage) ?? false
        forcedModels = ForcedModels(
            chat: settings.string(.forcedChatModel, using: values),
            embedding: settings.string(.forcedEmbeddingModel, using: values),
            image: settings.string(.forcedImageModel, using: values),
            moderation: settings.string(.forcedModerationModel, using: values)
        )
        timeoutMS = settings.integer(.timeoutMS) ?? settings.integer(.requestTimeoutMS)
        streamTimeoutMS = settings.integer(.streamTimeoutMS)
    }
}
