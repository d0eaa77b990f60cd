internal import ProviderData
internal import RouteConfig
internal import RouteTable

extension Deployment {
    /// Takes from a price list what the deployment does not say of itself.
    ///
    /// - Parameter region: Where it runs, of one on Bedrock.
    mutating func addPrices(from prices: PriceMap, region: String?) {
        guard let provider = Provider.coded(provider), case .literal(let model) = upstreamModel
        else { return }
        var baseModel: String?
        if case .text(.literal(let name))? = parameters[.baseModel] { baseModel = name }
        let priced = PricedModel(
            provider: provider,
            model: model,
            baseModel: baseModel,
            region: region
        )
        prices.complete(&parameters, of: priced)
    }
}
