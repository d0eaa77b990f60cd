/// Keys and values.
extension CodeText {
    static let keys: [DiagnosticCode: CodeText] = [
        .unknownKey: CodeText(
            .both,
            "A key or argument is not known",
            because:
                "It has no effect, which is seldom what was meant; in litellm_params it goes to "
                + "the upstream with every request. An unknown limit in sidegate.limits is an "
                + "error.",
            do: "Correct the name; the hint has the nearest one. Keys for anchors begin with x-.",
            example: "router_settings:\n  num_retrys: 3"
        ),
        .noEffect: CodeText(
            .warning,
            "A key of LiteLLM's has no effect here",
            because:
                "LiteLLM knows the key; a sidecar without a database or a user interface has no "
                + "use for it, or does it in another way. The hint says which.",
            do: "Do what the hint says, or take the key away.",
            example: "general_settings:\n  database_url: os.environ/DATABASE_URL"
        ),
        .wrongType: CodeText(
            .both,
            "A value is not of the type that its key takes",
            because:
                "The setting would be left out; where that opened what was to be closed, or left "
                + "a whole section out, it is an error.",
            do: "Write a value of the type that the message names.",
            example: "router_settings:\n  num_retries: many"
        ),
        .missingKey: CodeText(
            .error,
            "A key that must be there is missing",
            because: "Without it the entry means nothing.",
            do: "Add it.",
            example: "model_list:\n- litellm_params: {model: openai/gpt-4o}"
        ),
        .misplacedKey: CodeText(
            .warning,
            "A key stands in the wrong section",
            because: "LiteLLM reads it elsewhere; where it stands it has no effect.",
            do: "Move it to the section that the hint names.",
            example: "general_settings:\n  routing_strategy: simple-shuffle"
        ),
        .notExpanded: CodeText(
            .warning,
            "${NAME} or {{ … }} is taken as it stands",
            because: "Nothing expands such texts, neither here nor in the sidecar.",
            do: "Write os.environ/NAME, or expand the file before.",
            example: "model_list:\n- model_name: a\n  litellm_params: {model: openai/a, "
                + "api_base: \"http://${HOST}/v1\"}"
        ),
        .duplicateName: CodeText(
            .both,
            "Two things have one name",
            because:
                "A name stands for one thing in a table; the message says which one counts. Two "
                + "master keys are an error.",
            do: "Rename one, or take it away.",
            example: "model_list:\n- {model_name: a, litellm_params: {model: openai/a}}\n"
                + "router_settings:\n  model_group_alias: {a: a}"
        ),
        .refusedKey: CodeText(
            .error,
            "A key is not allowed where it stands",
            because: "LiteLLM does not start with it.",
            do: "Move it to where the hint says.",
            example: "router_settings:\n  health_check_interval: 60"
        ),
        .guardedKey: CodeText(
            .error,
            "What guards access, content or spending would be left out",
            because:
                "LiteLLM enforces it and Sidegate cannot, so that without it more would pass than "
                + "its author knows.",
            do: "Do what the hint says, then take the key away, or say on its line that it is "
                + "meant: # sidegate: allow(SG0028).",
            example: "general_settings:\n  custom_auth: auth.check"
        ),
        .uselessAllowance: CodeText(
            .warning,
            "A comment allows what is not there",
            because:
                "What it allowed is gone, or its code is misspelt; it would hide the next one.",
            do: "Take the comment away, or correct it.",
            example: "router_settings:\n  num_retries: 3  # sidegate: allow(SG0021)"
        ),
    ]

    static let secrets: [DiagnosticCode: CodeText] = [
        .literalSecret: CodeText(
            .warning,
            "A secret is written in plain text",
            because:
                "Who can read the file or the table has the secret. The master key is stored as "
                + "a SHA-256 only, but the file still has it.",
            do: "Write os.environ/NAME or file:/path; the sidecar looks it up.",
            example: "model_list:\n- model_name: a\n"
                + "  litellm_params: {model: openai/a, api_key: sk-proj-k3jf83hf93hf93hf}"
        ),
        .weakMasterKey: CodeText(
            .warning,
            "The master key is empty, short or publicly known",
            because: "It is what strangers try first; an empty one closes nothing.",
            do: "Use a long random value: master_key: os.environ/LITELLM_MASTER_KEY.",
            example: "general_settings:\n  master_key: sk-1234"
        ),
        .literalVirtualKey: CodeText(
            .warning,
            "A virtual key stands in the file instead of its SHA-256",
            because: "The table has the SHA-256 only; the file would be the one place that has the "
                + "key.",
            do: "Write its SHA-256, such as by printf %s KEY | sha256sum.",
            example: "sidegate:\n  keys:\n  - {key: sk-team-a-4f83hf93hf, alias: team-a}"
        ),
        .userInURL: CodeText(
            .error,
            "A base URL has a user name or password in it",
            because: "It would show in logs, and is not sent.",
            do: "Use api_key, or extra_headers with Authorization.",
            example: "model_list:\n- model_name: a\n  litellm_params: {model: openai/a, "
                + "api_base: \"https://me:secret@host/v1\"}"
        ),
        .plainHTTP: CodeText(
            .warning,
            "A key goes to a public host in plain text",
            because: "Whoever is on the way can read it, and use it.",
            do: "Write https://. Names of services and private addresses are no public hosts.",
            example: "model_list:\n- model_name: a\n  litellm_params: {model: openai/a, "
                + "api_base: \"http://api.example.com/v1\", api_key: os.environ/KEY}"
        ),
    ]
}
