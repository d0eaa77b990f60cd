/// Strategies, names that lead somewhere, and limits.
extension CodeText {
    private static let models = """
        model_list:
        - {model_name: a, litellm_params: {model: openai/a}}
        - {model_name: b, litellm_params: {model: openai/b}}

        """

    static let routing: [DiagnosticCode: CodeText] = [
        .invalidStrategy: CodeText(
            .error,
            "A routing strategy is not known",
            because: "LiteLLM does not start with it.",
            do: "Take one of those that the hint lists.",
            example: "router_settings:\n  routing_strategy: round-robin"
        ),
        .renamedStrategy: CodeText(
            .warning,
            "A strategy is called otherwise in LiteLLM",
            because: "LiteLLM does not start with this name; here it is taken for the one meant.",
            do: "Write the name that the hint has.",
            example: "router_settings:\n  routing_strategy: least-cost"
        ),
        .routingGroup: CodeText(
            .both,
            "The priorities of a routing group do not fit its models",
            because: "Each model needs one, and no other may have one: an error. Models of equal "
                + "priority do not share requests: a warning.",
            do: "Give each model of the group a number of its own; the lowest is tried first.",
            example: models
                + "router_settings:\n  routing_groups:\n  - {group_name: g, models: [a, b], "
                + "routing_strategy: priority,\n     model_priorities: {a: 1}}"
        ),
        .fallbackShape: CodeText(
            .both,
            "An entry of the fallbacks has an odd form",
            because: "LiteLLM refuses it in fallbacks, and overlooks it in the two other kinds.",
            do: "Write one model and its list: - a: [b, c].",
            example: models + "router_settings:\n  fallbacks: [{a: [b], b: [a]}]"
        ),
        .danglingTarget: CodeText(
            .warning,
            "A name leads nowhere",
            because: "No model, alias or pattern has it, so that the alias, fallback or group does "
                + "nothing when it is needed.",
            do: "Correct the name, or add the model.",
            example: models + "router_settings:\n  fallbacks: [{a: [c]}]"
        ),
        .fallbackLoop: CodeText(
            .warning,
            "Fallbacks lead back to where a request has been",
            because:
                "A request enters each group once, so the last step is never taken. Two models "
                + "that back each other are no loop in this sense.",
            do: "Take the step away that leads back.",
            example: models
                + "- {model_name: c, litellm_params: {model: openai/c}}\n"
                + "router_settings:\n  fallbacks: [{a: [b]}, {b: [c]}, {c: [a]}]"
        ),
        .duplicateID: CodeText(
            .warning,
            "Two deployments have one identifier",
            because: "In cooldowns, limits and metrics they would be one; the second is renamed.",
            do: "Give each its own model_info.id.",
            example: """
                model_list:
                - {model_name: a, litellm_params: {model: openai/a}, model_info: {id: x}}
                - {model_name: a, litellm_params: {model: openai/b}, model_info: {id: x}}
                """
        ),
        .zeroWeight: CodeText(
            .warning,
            "A deployment is chosen only when no other is left",
            because:
                "Another one of its group has a weight, rpm or tpm, which is its share; this one "
                + "has none, or 0.",
            do: "Give each of them the same kind of number.",
            example: """
                model_list:
                - {model_name: a, litellm_params: {model: openai/a, weight: 1}}
                - {model_name: a, litellm_params: {model: openai/b}}
                """
        ),
    ]

    static let limits: [DiagnosticCode: CodeText] = [
        .unenforcedLimit: CodeText(
            .warning,
            "rpm and tpm of deployments limit nothing",
            because: "LiteLLM takes them for shares unless the strategy or a check enforces them.",
            do: "Set optional_pre_call_checks: [enforce_model_rate_limits] to make limits of them.",
            example: """
                model_list:
                - {model_name: a, litellm_params: {model: openai/a, rpm: 60}}
                """
        ),
        .zeroLimit: CodeText(
            .warning,
            "A limit of 0 is no limit",
            because: "To LiteLLM 0 is as good as nothing, so it does not close what it stands at.",
            do: "Leave it out; model_info.blocked: true takes a deployment out of use.",
            example: "model_list:\n- {model_name: a, litellm_params: {model: openai/a, rpm: 0}}"
        ),
        .boundedValue: CodeText(
            .warning,
            "A number is out of what can be meant",
            because:
                "A time of 0, more than 100 retries, or a cooldown of more than a day; the hint "
                + "says what the table gets instead.",
            do: "Write what is meant.",
            example: "router_settings:\n  num_retries: 1000"
        ),
        .missingPrice: CodeText(
            .warning,
            "Deployments have no price to choose by",
            because: "Under cost-based-routing each of them counts as 5 dollars.",
            do: "Give input_cost_per_token and output_cost_per_token, or a price list with "
                + "--prices, where a base_model may say which entry is meant.",
            example: """
                model_list:
                - {model_name: a, litellm_params: {model: openai/a, input_cost_per_token: 0.000001}}
                - {model_name: a, litellm_params: {model: openai/b}}
                router_settings:
                  routing_strategy: cost-based-routing
                """
        ),
        .nothingToCheck: CodeText(
            .warning,
            "A check is on and has nothing to go by",
            because: "No deployment has max_input_tokens, or nothing is checked in the background.",
            do: "Give what the hint names, or switch the check off.",
            example: models + "router_settings:\n  enable_pre_call_checks: true"
        ),
        .neverChosen: CodeText(
            .warning,
            "A deployment is never chosen",
            because:
                "Tags or windows leave it out of every request that does not ask for its "
                + "identifier.",
            do: "Do what the hint says, or take the deployment away.",
            example: """
                model_list:
                - {model_name: a, litellm_params: {model: openai/a, tags: [default]}}
                - {model_name: a, litellm_params: {model: openai/b}}
                router_settings:
                  enable_tag_filtering: true
                """
        ),
        .priceMap: CodeText(
            .error,
            "The file of --prices is no price list",
            because: "It, or the entry of a model in it, is no mapping.",
            do: "Give a file in the form of LiteLLM's model_prices_and_context_window.json.",
            example: "{\"gpt-4o\": 0.0000025}",
            isConfiguration: false
        ),
        .unsealedCache: CodeText(
            .warning,
            "Cached answers are not shared by Redis",
            because: "Nothing authenticates them there: whoever can write to Redis could plant "
                + "answers. They stay in each sidecar.",
            do: "Set sidegate.cache.secret, or a master key that is a reference.",
            example: "litellm_settings:\n  cache: true\n  cache_params: {type: redis, host: redis}"
        ),
        .tableTooLarge: CodeText(
            .error,
            "This cannot be written as a table",
            because:
                "It holds more than the format has room for, or a name longer than 1,024 bytes.",
            do: "Split the configuration.",
            example: "a model's name of 2,000 letters",
            isConfiguration: false
        ),
    ]
}
