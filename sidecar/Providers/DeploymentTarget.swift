internal import ProviderData
package import Routing

/// Where one request goes: a deployment, and what the model is called there.
package struct DeploymentTarget {
    package let deployment: ResolvedDeployment
    /// Without the provider's prefix, a pattern's captures put in.
    package let model: String
}

extension ResolvedDeployment {
    /// The target for a request that a pattern matched, or that named the model itself (nil).
    ///
    /// - Returns: nil when the deployment leaves its provider to the request (a model of `*`), and
    ///   the request names none that is known.
    package func target(_ match: ResolvedGroup.PatternMatch?) -> DeploymentTarget? {
        guard let match else {
            return leavesProvider
                ? nil : DeploymentTarget(deployment: self, model: upstreamModel)
        }
        let name = WildcardMatch.substitute(
            match.captures,
            requested: match.name,
            into: upstreamModel
        )
        if leavesProvider {
            guard let found = variant(model: name) else { return nil }
            return DeploymentTarget(
                deployment: found.deployment.located(for: found.model),
                model: found.model
            )
        }
        let stars = upstreamModel.utf8.count { $0 == UInt8(ascii: "*") }
        if stars > 0, match.captures.count > stars, let prefix = provider?.prefix,
            name.hasPrefix(prefix + "/")
        {
            // The requested name was taken whole, the provider's prefix with it.
            let model = String(name.dropFirst(prefix.count + 1))
            return DeploymentTarget(deployment: located(for: model), model: model)
        }
        return DeploymentTarget(deployment: located(for: name), model: name)
    }
}
