import Bedrock
import JSON
import OpenAI

/// `converse-request`: `{"options": …, "request": …}`, in the form of the translator's fixtures.
extension Target {
    static let converseRequest = Target(name: "converse-request", isJSON: true) { bytes in
        guard let document = JSONValue(document: bytes), let request = document["request"] else {
            return .ignored
        }
        let options = ConverseOptions(fixture: document["options"])
        do throws(OpenAIError) {
            let isCompletion = document["options"]?["endpoint"] == .string("completions")
            let converse =
                isCompletion
                ? try ConverseRequest(completion: request, options)
                : try ConverseRequest(chat: request, options)
            ConverseRules.check(JSONValue.object(written: converse.body, "the body"))
            for (sent, own) in converse.toolNames {
                require(sent != own, "\(sent) is said to be changed")
            }
        } catch {
            // A request that cannot be translated is the client's mistake, and names the member.
            require(error.status == 400 && error.param != nil, "\(error)")
            _ = JSONValue.object(written: error.body(), "the error")
        }
        return .passed
    }
}

extension ConverseOptions {
    /// What a fixture's `options` say.
    init(fixture: JSONValue?) {
        let model = fixture?["model"]?.text ?? "us.anthropic.claude-haiku-4-5-20251001-v1:0"
        self.init(
            model: BedrockModel(model),
            baseModel: fixture?["base_model"]?.text.map { BedrockModel($0) }
        )
        dropParams = fixture?["drop_params"] == .bool(true)
        modifyParams = fixture?["modify_params"] == .bool(true)
        let drops = fixture?["additional_drop_params"]?.elements.compactMap(\.text) ?? []
        additionalDropParams = drops.map { DropPath($0) }
        allowedOpenAIParams =
            fixture?["allowed_openai_params"]?.elements.compactMap(\.text) ?? []
    }
}
