internal import AWS
internal import Bedrock
internal import ProviderData

extension ResolvedDeployment {
    /// Regions that clients name are kept up to this number.
    private static let regionsMax = 64

    /// For a pattern on Bedrock: the deployment in the region that a requested model's name or ARN
    /// says, unless the settings say one; itself for all others.
    func located(for model: String) -> ResolvedDeployment {
        guard provider?.dialect == .bedrock, mockResponse == nil,
            upstreamModel.utf8.contains(UInt8(ascii: "*"))
        else { return self }
        let name = try? BedrockModelName(BedrockModel.withoutRoute(model))
        let region = name?.region?.name
        // Without a region of its own, what is missing is for the request to hear.
        guard region.map({ $0 != bedrock?.scope.region }) ?? (bedrock == nil) else { return self }
        if let known = regions[region ?? ""] { return known }
        let made = variant(namedModel: model)
        if regions.count >= Self.regionsMax { regions.removeAll() }
        regions[region ?? ""] = made
        return made
    }
}
