/// Providers and credentials.
extension CodeText {
    static let providers: [DiagnosticCode: CodeText] = [
        .unknownProvider: CodeText(
            .warning,
            "The provider of a deployment is not known",
            because: "The deployment is left out, as LiteLLM leaves it out.",
            do: "Write provider/model. Any server that speaks OpenAI's protocol is openai/… with "
                + "api_base, or hosted_vllm/….",
            example: "model_list:\n- {model_name: a, litellm_params: {model: nowhere/a}}"
        ),
        .unsupportedProvider: CodeText(
            .warning,
            "Sidegate does not speak a provider's API",
            because: "Requests that can only go there are answered with 501; those of a group with "
                + "other deployments go to the others.",
            do: "Reach the model by an API that is spoken, or give the group a fallback.",
            example:
                "model_list:\n- {model_name: a, litellm_params: {model: vertex_ai/gemini-2.5-pro}}"
        ),
        .refusedProvider: CodeText(
            .error,
            "vllm/ without a base URL is an engine inside LiteLLM",
            because: "There is no engine in a sidecar.",
            do: "Write hosted_vllm/ with the server's api_base.",
            example: "model_list:\n- {model_name: a, litellm_params: {model: vllm/llama}}"
        ),
        .missingBase: CodeText(
            .warning,
            "A deployment has no base URL",
            because: "The provider has no public one, so the sidecar could connect to nothing.",
            do: "Add api_base, or set the variable that the hint names for the sidecar.",
            example: "model_list:\n- {model_name: a, litellm_params: {model: azure/gpt-4o}}"
        ),
        .bareDate: CodeText(
            .warning,
            "A text is a date to YAML 1.1",
            because: "LiteLLM leaves such a deployment out; here it is taken as it is written.",
            do: "Quote it.",
            example: "model_list:\n- model_name: a\n  litellm_params: {model: azure/a, "
                + "api_base: os.environ/B, api_version: 2024-10-21}"
        ),
        .unknownCredential: CodeText(
            .warning,
            "A deployment names a credential that is not there",
            because: "It is called without one.",
            do: "Add it to credential_list, or correct the name.",
            example: "model_list:\n- model_name: a\n"
                + "  litellm_params: {model: openai/a, litellm_credential_name: eu}"
        ),
        .missingRegion: CodeText(
            .warning,
            "A deployment on Bedrock has no region",
            because: "A region is never guessed. Without one from the sidecar's environment or "
                + "profile, the deployment is out of use.",
            do: "Set aws_region_name.",
            example: "model_list:\n- model_name: a\n"
                + "  litellm_params: {model: bedrock/anthropic.claude-3-haiku-20240307-v1:0}"
        ),
    ]
}
