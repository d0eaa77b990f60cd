internal import JSON
package import OpenAI
internal import RouteTable
internal import Upstream

/// A client's own way to an upstream: its `api_key`, its `api_base`. Taken out of every body; used
/// only where the table allows it (`allow_client_side_credentials`,
/// `configurable_clientside_auth_params`, LiteLLM §1.5, §1.9).
package struct ClientCredentials: Hashable, Sendable {
    /// A secret of the client's.
    package var apiKey: String?
    package var base: String?

    package init(apiKey: String? = nil, base: String? = nil) {
        self.apiKey = apiKey
        self.base = base
    }

    /// What a JSON request brings along; nil for nothing. Values that are no strings are nothing.
    package init?(_ facts: RequestFacts, body: RawSpan) {
        guard facts.hasCredentials else { return nil }
        func text(_ field: RequestField) -> String? {
            guard let member = facts.member(field), member.kind == .string else { return nil }
            let text = JSONScalars.string(of: body, at: member.value)
            return text?.isEmpty == true ? nil : text
        }
        apiKey = text(.apiKey)
        base = text(.apiBase) ?? text(.baseURL)
        if apiKey == nil && base == nil { return nil }
    }
}

extension ResolvedDeployment {
    /// This deployment as a client with credentials of its own may use it: itself where the table
    /// allows none of them.
    ///
    /// Nothing of the table's credentials goes to a base URL that the client chose.
    ///
    /// - Parameter allowsAll: `allow_client_side_credentials`.
    /// - Throws: the answer to a base that is no http(s) URL.
    package func using(
        _ client: ClientCredentials,
        allowsAll: Bool
    ) throws(OpenAIError) -> ResolvedDeployment {
        var taken = client
        if !allowsAll {
            let names = clientsideNames
            if !names.contains("api_key") { taken.apiKey = nil }
            if !names.contains("api_base") && !names.contains("base_url") { taken.base = nil }
        }
        if taken.apiKey == nil && taken.base == nil { return self }
        if let base = taken.base, UpstreamURL(base) == nil {
            throw OpenAIError(
                status: 400,
                param: "api_base",
                message: "api_base must be an http or https URL.",
                errorClass: .badRequest
            )
        }
        return variant(client: taken)
    }
}
