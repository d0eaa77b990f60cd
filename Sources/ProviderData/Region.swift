/// Where in the world a deployment is, by the name that its cloud gives the region.
package enum Region {
    /// Whether a region is what a request allows: by its own name, or by `eu` or `us`, which stand
    /// for all regions there (LiteLLM §5.8).
    ///
    /// Names say Europe more often than the EU: `eu-west-2` and `uksouth` are in Britain. As in
    /// LiteLLM they count.
    package static func isAllowed(_ region: String, by wanted: String) -> Bool {
        let region = region.lowercased()
        let wanted = wanted.lowercased()
        if region == wanted { return true }
        return switch wanted {
        case "eu": region.hasPrefix("eu-") || european.contains(where: region.contains)
        case "us": region.hasPrefix("us") || american.contains(where: region.contains)
        default: false
        }
    }

    private static let european = [
        "europe", "sweden", "switzerland", "france", "uksouth", "ukwest", "germany", "italy",
        "spain", "poland", "norway",
    ]
    private static let american = ["eastus", "westus", "centralus"]
}
