/// Templates and their values.
extension CodeText {
    static let templates: [DiagnosticCode: CodeText] = [
        .templateSyntax: CodeText(
            .error,
            "A template's tags do not fit together",
            because:
                "A tag or a block has no end, or a word is no path: what is meant cannot be told.",
            do: "Close each {{#name}} by {{/name}}, and each tag by as many braces as open it.",
            example: "`{{#if base}}` without `{{/if}}`",
            isConfiguration: false
        ),
        .templateUnsupported: CodeText(
            .error,
            "A template uses what is not known here",
            because: "Handlebars has helpers, partials and calls that programs bring with them; "
                + "without them the text would not be the one that was meant.",
            do: "Take {{#each}}, {{#if}}, {{#unless}} or {{#with}}, or give the value itself.",
            example: "`{{uppercase name}}`, `{{> header}}`",
            isConfiguration: false
        ),
        .templateMissing: CodeText(
            .error,
            "A template names a value that is not there",
            because: "An empty text in its place would be a configuration that nobody wrote.",
            do: "Give the value, mend its name, or put it into {{#if}} where it may be missing.",
            example: "`{{model_nmae}}`",
            isConfiguration: false
        ),
        .templateMisplaced: CodeText(
            .error,
            "A value cannot stand where the template puts it",
            because: "A list or mapping is no scalar, and some texts cannot be written in a block "
                + "scalar, an anchor or behind a backslash so that YAML reads them back.",
            do: "Go through lists with {{#each}}; put texts between double quotes.",
            example: "`key: {{models}}`, where models is a list",
            isConfiguration: false
        ),
        .templateLimit: CodeText(
            .error,
            "A template makes more than a configuration can be",
            because: "Loops in loops grow without bounds. 64 MiB of text, 64 blocks in one another "
                + "and 1,000,000 runs of loops are the limits.",
            do: "Look for a loop that goes through the wrong list.",
            example: "`{{#each models}}{{#each ../models}}…`, with ten thousand models",
            isConfiguration: false
        ),
        .templateValues: CodeText(
            .error,
            "Values for templates cannot be taken",
            because: "Templates look for names, so values are a mapping; --set wants a path that "
                + "leads through mappings and lists, = and a value.",
            do: "Give files that hold a mapping each, and paths such as models.0.name.",
            example: "`--set models`",
            isConfiguration: false
        ),
    ]
}
