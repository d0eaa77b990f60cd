internal import AWS
internal import Providers

extension TableSnapshot {
    /// Where the credentials come from that have to be fetched for it.
    var credentialSources: Set<CredentialSource> {
        BedrockSources.list(table: table, values: values) { [environment] in environment[$0] }
    }
}
