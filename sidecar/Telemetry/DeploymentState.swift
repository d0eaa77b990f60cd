/// What a scrape tells of a deployment at this moment.
package struct DeploymentState: Sendable {
    /// LiteLLM's numbers for `litellm_deployment_state` (LiteLLM §8).
    package enum Level: Int, Sendable {
        case healthy = 0
        /// Some of its endpoints are out, or some of this minute's attempts failed.
        case partial = 1
        case outage = 2
    }

    package var labels: DeploymentLabels
    package var level: Level
    package var inFlight: Int
    /// How many endpoints it has, and how many of them are out.
    package var endpoints: Int
    package var endpointsOut: Int

    /// The state of one deployment.
    package init(
        labels: DeploymentLabels,
        level: Level,
        inFlight: Int,
        endpoints: Int,
        endpointsOut: Int
    ) {
        self.labels = labels
        self.level = level
        self.inFlight = inFlight
        self.endpoints = endpoints
        self.endpointsOut = endpointsOut
    }
}
