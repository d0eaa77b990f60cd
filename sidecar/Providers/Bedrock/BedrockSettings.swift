package import AWS
internal import Bedrock
package import Upstream

/// What all requests of one deployment on Bedrock share.
package final class BedrockSettings {
    /// How AWS knows who asks.
    package enum Identity: Hashable, Sendable {
        /// A key of Bedrock's own, sent as it is: a secret.
        case bearer(String)
        /// Signs each request.
        case keys(AWSCredential)
        /// Signs each request with what this source hands out at the time.
        case source(CredentialSource)
    }

    package let base: UpstreamURL
    package let identity: Identity
    /// The table's own headers, names in lower case, without what signing sets.
    package let headers: [(name: String, value: String)]
    /// What a signature is valid for.
    package let scope: SigningScope
    /// Whether turns that a model needs are made up (`modify_params`).
    let modifiesParams: Bool
    private let baseModel: BedrockModel?
    private var last: (model: String, options: ConverseOptions)?
    /// For the two kinds of answers that are asked for.
    private var templates: [Template] = []
    /// The path that was worked out last for each operation.
    private var paths: [Path] = []

    private struct Path {
        let operation: BedrockOperation
        let model: String
        let text: String?
    }

    private struct Template {
        let accepts: String
        let value: SigningTemplate
    }

    init(
        base: UpstreamURL,
        scope: SigningScope,
        identity: Identity,
        headers: [(name: String, value: String)],
        baseModel: String?,
        modifiesParams: Bool
    ) {
        self.base = base
        self.scope = scope
        // It may be a client's own key, and goes into a field as it is.
        if case .bearer(let token) = identity {
            self.identity = .bearer(HeaderLines.text(token))
        } else {
            self.identity = identity
        }
        self.headers = headers.filter { !Self.reserved.contains($0.name) }
        self.modifiesParams = modifiesParams
        self.baseModel = baseModel.map { BedrockModel($0) }
    }

    private static let reserved: Set<String> = [
        "authorization", "x-amz-date", "x-amz-security-token", "content-type", "accept",
    ]

    /// The fields of a call: the table's, and those of its body and its answer.
    package func headers(accepting accepts: String) -> [(name: String, value: String)] {
        headers + [
            (name: "content-type", value: "application/json"), (name: "accept", value: accepts),
        ]
    }

    /// What calls that a credential signs have in common; made anew only when the credential is
    /// another one.
    package func template(
        accepting accepts: String,
        _ credential: AWSCredential
    ) -> SigningTemplate {
        let index = templates.firstIndex { $0.accepts == accepts }
        if let index, templates[index].value.credential == credential {
            return templates[index].value
        }
        let made = SigningTemplate(
            method: "POST",
            host: base.origin.authority,
            headers: headers(accepting: accepts),
            scope: scope,
            credential: credential
        )
        if let index { templates.remove(at: index) }
        templates.append(Template(accepts: accepts, value: made))
        return made
    }

    /// The path of an operation, as it is sent and signed; nil for what can be no model's name.
    package func path(_ operation: BedrockOperation, model: String) -> String? {
        if let known = paths.first(where: { $0.operation == operation && $0.model == model }) {
            return known.text
        }
        let name = try? BedrockModelName(BedrockModel.withoutRoute(model))
        let text = name.map { base.path + $0.path(operation) }
        // Only a pattern has more than one model.
        paths.removeAll { $0.operation == operation }
        paths.append(Path(operation: operation, model: model, text: text))
        return text
    }

    /// How a request for a model is translated; worked out anew only when the model is another one.
    func options(model: String) -> ConverseOptions {
        if let last, last.model == model { return last.options }
        var options = ConverseOptions(model: BedrockModel(model), baseModel: baseModel)
        options.modifyParams = modifiesParams
        last = (model, options)
        return options
    }
}
