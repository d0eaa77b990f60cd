/// The YAML, and files.
extension CodeText {
    static let yaml: [DiagnosticCode: CodeText] = [
        .yamlSyntax: CodeText(
            .error,
            "The file is not YAML",
            because: "Nothing after the place can be trusted to mean what it looks like.",
            do:
                "Mend the line: indent with spaces, quote values that begin with @, ` or %, or "
                + "that hold \": \".",
            example: "model_list: [a, b\nrouter_settings: {}"
        ),
        .yamlEncoding: CodeText(
            .error,
            "The file is not UTF-8",
            because: "Other encodings are not guessed; a wrong guess would change names and keys.",
            do: "Save the file as UTF-8; a byte order mark is fine.",
            example: "a file that an editor saved as Latin-1, with an ü in a model's name",
            isConfiguration: false
        ),
        .yamlLimit: CodeText(
            .error,
            "The file is larger or deeper than any configuration",
            because: "Aliases can make a small file expand to gigabytes. 64 MiB, 128 levels and "
                + "4,000,000 nodes, aliases expanded, are the limits.",
            do: "Split the file with include, or write out what aliases repeat.",
            example: "a list of ten aliases to a list of ten aliases, and so on seven times",
            isConfiguration: false
        ),
        .duplicateKey: CodeText(
            .warning,
            "A key stands twice in one mapping",
            because: "YAML's readers take the last one, and the first one has no effect.",
            do: "Keep the one that is meant.",
            example: "router_settings:\n  num_retries: 1\n  num_retries: 3"
        ),
        .yamlAlias: CodeText(
            .error,
            "An alias names nothing, or what it stands in",
            because: "*name repeats what &name marked before; there is nothing to repeat.",
            do: "Define the anchor before, or quote a text that begins with a star.",
            example: "model_list:\n- {model_name: *default, litellm_params: {model: openai/x}}"
        ),
        .yamlTag: CodeText(
            .error,
            "A tag stands for a value that cannot be made",
            because: "LiteLLM's reader refuses the file too: only YAML's plain types are read.",
            do: "Take the tag away.",
            example: "general_settings:\n  completion_model: !ref gpt-4o"
        ),
        .yamlMerge: CodeText(
            .error,
            "A merge key has nothing to merge",
            because: "<< takes a mapping, or a list of mappings, most often an alias.",
            do: "Give it an alias of a mapping.",
            example: "router_settings:\n  <<: 5"
        ),
        .yamlKey: CodeText(
            .error,
            "A key is a list or a mapping",
            because: "Names are texts. A template that was not rendered looks like this too.",
            do: "Write a text, or give the template its values with --values.",
            example: "router_settings:\n  ? [a, b]\n  : 1"
        ),
        .includeMissing: CodeText(
            .error,
            "An included file cannot be read",
            because: "A table without what the file holds would not be the one that was meant.",
            do: "Mend the path, which is relative to the file that names it.",
            example: "include: [missing.yaml]"
        ),
        .notAConfiguration: CodeText(
            .error,
            "A file holds no configuration",
            because: "It is empty, or a list, or a manifest in which no configuration is embedded.",
            do: "Give the file that has model_list or the settings.",
            example: "- just\n- a list"
        ),
        .includeShape: CodeText(
            .error,
            "include is no list of paths",
            because: "What is to be read cannot be told.",
            do: "Write include: [first.yaml, second.yaml].",
            example: "include: [{path: models.yaml}]"
        ),
        .noModels: CodeText(
            .warning,
            "model_list is empty",
            because: "A sidecar with this table answers every request with an error.",
            do: "Add models, or take the key away where another file has them.",
            example: "model_list: []"
        ),
    ]
}
