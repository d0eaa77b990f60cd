internal import Providers

extension TableSnapshot {
    /// What its deployments on Bedrock need; made anew each time.
    var bedrock: BedrockOverview {
        BedrockOverview(table: table, values: values) { [environment] in environment[$0] }
    }
}
