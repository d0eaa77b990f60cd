internal import RouteTable

/// What a changed setting means, beyond that it changed.
enum FieldMeaning {
    private static let limits: Set<ParameterKey> = [
        .requestsPerMinute, .tokensPerMinute, .parallelRequestsMax, .defaultKeyRequestsPerMinute,
        .defaultKeyTokensPerMinute, .globalParallelRequestsMax, .inFlightRequestsMax,
        .queuedRequestsMax, .requestBytesMax, .responseBytesMax, .keyModelRequestsPerMinute,
        .keyModelTokensPerMinute, .users, .teams, .sidegateLimits, .maxBudget, .softBudget,
    ]
    /// Those that have a default: there is a limit also where none is written.
    private static let defaulted: Set<ParameterKey> = [
        .sidegateLimits, .queuedRequestsMax, .inFlightRequestsMax, .requestBytesMax,
        .responseBytesMax,
    ]
    private static let prices: Set<ParameterKey> = [
        .inputPrice, .outputPrice, .cacheReadPrice, .cacheWritePrice, .reasoningPrice, .otherPrices,
    ]
    /// Lists each element of which lets somebody do more.
    private static let grants: Set<ParameterKey> = [
        .mediaHosts, .privateMediaHosts, .accessGroups, .clientsideAuthParams,
        .forwardHeadersModels,
    ]

    static func kinds(_ before: SettingField?, _ after: SettingField?) -> [ChangeKind] {
        guard let key = (after ?? before)?.key else { return [] }
        if limits.contains(key) { return [limit(before, after, key)] }
        if prices.contains(key) { return [.priceChanged] }
        if grants.contains(key) {
            return access(
                wider: Set(after?.elements ?? []).subtracting(before?.elements ?? []).isEmpty,
                narrower: Set(before?.elements ?? []).subtracting(after?.elements ?? []).isEmpty
            )
        }
        switch key {
        case .keyModels: return models(before, after)
        case .keyExpiry: return expiry(before, after)
        case .keyIsBlocked: return closing(before, after)
        case .requireAuthForMetrics: return closing(before, after)
        case .allowClientCredentials, .forwardClientHeaders: return closing(after, before)
        case .masterKey, .masterKeyDigest:
            // A key to everything; whether everybody may call without one is told beside.
            return [before == nil ? .accessWidened : after == nil ? .accessNarrowed : .keyChanged]
        case .apiKey, .azureADToken, .awsAccessKeyID, .awsSecretAccessKey, .awsSessionToken,
            .awsProfile, .awsRole, .awsWebIdentityToken, .organization:
            return [.credentialChanged]
        default: return []
        }
    }

    private static func access(wider isNotWider: Bool, narrower isNotNarrower: Bool) -> [ChangeKind]
    {
        (isNotWider ? [] : [.accessWidened]) + (isNotNarrower ? [] : [.accessNarrowed])
    }

    private static func limit(
        _ before: SettingField?,
        _ after: SettingField?,
        _ key: ParameterKey
    ) -> ChangeKind {
        switch (before, after) {
        case (let old?, let new?):
            guard let old = old.number, let new = new.number else { return .limitChanged }
            return new < old ? .limitLowered : .limitRaised
        case _ where defaulted.contains(key): return .limitChanged
        case (nil, _): return .limitLowered
        case (_, nil): return .limitRaised
        }
    }

    /// Without names, or with none, all models are allowed.
    private static func models(_ before: SettingField?, _ after: SettingField?) -> [ChangeKind] {
        let old = Set(before?.elements ?? [])
        let new = Set(after?.elements ?? [])
        if old.isEmpty || new.isEmpty {
            return old == new ? [] : [new.isEmpty ? .accessWidened : .accessNarrowed]
        }
        return access(wider: new.isSubset(of: old), narrower: old.isSubset(of: new))
    }

    private static func expiry(_ before: SettingField?, _ after: SettingField?) -> [ChangeKind] {
        let old = before?.number ?? .infinity
        let new = after?.number ?? .infinity
        return old == new ? [] : [new > old ? .accessWidened : .accessNarrowed]
    }

    /// Of a setting that closes something when it is true. A reference may be anything.
    private static func closing(_ before: SettingField?, _ after: SettingField?) -> [ChangeKind] {
        let old = before?.raw ?? "false"
        let new = after?.raw ?? "false"
        if old == new { return [] }
        return access(wider: new == "true", narrower: old == "true")
    }
}
