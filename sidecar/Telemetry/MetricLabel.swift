/// LiteLLM's label names (LiteLLM §8). A value that is missing is the string `None`.
enum MetricLabel: String, Sendable {
    case endUser = "end_user"
    case hashedKey = "hashed_api_key"
    case keyAlias = "api_key_alias"
    case team
    case teamAlias = "team_alias"
    case user
    case userEmail = "user_email"
    case orgID = "org_id"
    case orgAlias = "org_alias"
    case requestedModel = "requested_model"
    case modelGroup = "model_group"
    case model
    case upstreamModel = "litellm_model_name"
    case modelID = "model_id"
    case apiBase = "api_base"
    case apiProvider = "api_provider"
    case route
    case clientIP = "client_ip"
    case userAgent = "user_agent"
    case serviceTier = "service_tier"
    case statusCode = "status_code"
    case exceptionStatus = "exception_status"
    case exceptionClass = "exception_class"

    static let key: [MetricLabel] = [.hashedKey, .keyAlias]
    static let teams: [MetricLabel] = [.team, .teamAlias]
    static let deployment: [MetricLabel] = [.upstreamModel, .modelID, .apiBase, .apiProvider]
    static let organisation: [MetricLabel] = [.orgID, .orgAlias]

    func value(_ key: SeriesKey) -> String? {
        switch self {
        // Whatever a client can choose freely would make one series each: LiteLLM's largest cause
        // of slow scrapes. The labels are there, so that dashboards work, but never filled in.
        case .endUser, .clientIP, .userAgent: nil
        // What this gateway does not know.
        case .userEmail, .orgID, .orgAlias, .serviceTier: nil
        case .hashedKey: key.key?.hash
        case .keyAlias: key.key?.alias
        case .team: key.key?.team
        case .teamAlias: key.key?.teamAlias
        case .user: key.key?.user
        case .requestedModel: key.requestedModel
        case .modelGroup: key.modelGroup
        case .model, .upstreamModel: key.deployment?.model
        case .modelID: key.deployment?.id
        case .apiBase: key.deployment?.apiBase
        case .apiProvider: key.deployment?.provider
        case .route: key.route
        case .statusCode, .exceptionStatus: key.status == 0 ? nil : String(key.status)
        case .exceptionClass: key.errorClass
        }
    }

    /// `name="value",…` without braces.
    static func text(_ labels: [MetricLabel], _ key: SeriesKey) -> String {
        labels.map { "\($0.rawValue)=\"\(escaped($0.value(key) ?? "None"))\"" }
            .joined(separator: ",")
    }

    /// The text format's three escapes.
    static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == 0x22 || $0 == 0x5C || $0 == 0x0A }) else {
            return value
        }
        var text = ""
        for character in value.unicodeScalars {
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(character)
            }
        }
        return text
    }
}
