internal import HTTP
internal import JSON
internal import OpenAI
internal import Providers

/// What is changed on the way to the upstream, and must be changed back on the way to the client.
struct RewritePlan {
    let edits: BodyEdits
    /// The public name as a JSON string, where the answer's `model` must become it again; nil where
    /// the upstream's own may show.
    let publicModel: [UInt8]?
    /// The usage chunk of the stream is ours alone.
    let hidesUsage: Bool
}

/// Plans the changes to one request for one deployment.
struct RequestRewrite {
    let request: ProxyRequest
    let deployment: ResolvedDeployment
    let upstreamModel: String
    /// What a fallback of the request's own replaces.
    let overrides: MemberTexts

    func plan(_ content: RequestContent, _ body: RequestBody) -> RewritePlan {
        switch content {
        case .json(let facts): plan(facts, body)
        case .form(let facts):
            RewritePlan(
                edits: facts.edits(model: Array(upstreamModel.utf8), body: body.span),
                publicModel: nil,
                hidesUsage: false
            )
        }
    }

    private func plan(_ facts: RequestFacts, _ body: RequestBody) -> RewritePlan {
        var policy = deployment.policy(
            for: request.endpoint,
            model: upstreamModel,
            controls: request.controls
        )
        let upstream = JSONEscape.quoted(upstreamModel)
        policy.model = upstream
        policy.keptFields = request.endpoint.keptFields
        policy.asksForUsage = request.endpoint.hasStreamUsageOption
        let hidesUsage = facts.hidesUsage(policy) && !request.snapshot.alwaysIncludesUsage
        return RewritePlan(
            edits: facts.edits(policy, body: body.span),
            publicModel: publicModel(facts, body, upstream: upstream),
            hidesUsage: hidesUsage
        )
    }

    /// LiteLLM restores the name that the client sent, except where the path named the model.
    private func publicModel(
        _ facts: RequestFacts,
        _ body: RequestBody,
        upstream: [UInt8]
    ) -> [UInt8]? {
        guard request.match.model == nil, let place = facts.modelValue else { return nil }
        let sent = body.span.array(place)
        return sent == upstream ? nil : sent
    }
}
