"""What Bedrock demands of a conversation beyond the shape of its JSON, in its own words.

Each rule is a function that is handed the model's family and the parameters of a Converse call, and
yields what is wrong. The service's texts are cut to the part by which one knows them.
"""

import re
from collections.abc import Callable, Iterator

Rule = Callable[[str, dict], Iterator[str]]

#: How the bytes of an image begin, by its format.
MAGIC = {"png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff", "gif": b"GIF8", "webp": b"RIFF"}
#: Families of models that know cache points.
CACHING = ("anthropic", "amazon")


def family(model: str) -> str:
    """The vendor: `anthropic` of `us.anthropic.claude-…` and of an ARN that ends so."""
    name = model.split("/")[-1]
    name = re.sub(r"^(us|eu|apac|global|us-gov|au|jp|in|ca)\.", "", name)
    return name.split(".")[0]


def blocks(parameters: dict, kind: str) -> list[dict]:
    return [block[kind] for message in parameters.get("messages", [])
            for block in message["content"] if kind in block]


def turns(_: str, parameters: dict) -> Iterator[str]:
    messages = parameters.get("messages", [])
    if not messages or messages[0]["role"] != "user":
        yield "A conversation must start with a user message. Try again with such a conversation."
    for before, after in zip(messages, messages[1:], strict=False):
        if before["role"] == after["role"]:
            yield "A conversation must alternate between user and assistant roles."
    for place, message in enumerate(messages):
        if not message["content"]:
            yield f"The content field in the Message object at messages.{place} is empty."


def texts(_: str, parameters: dict) -> Iterator[str]:
    lists = [(f"messages.{place}.content", message["content"])
             for place, message in enumerate(parameters.get("messages", []))]
    lists.append(("system", parameters.get("system", [])))
    lists += [("toolResult.content", result["content"])
              for result in blocks(parameters, "toolResult")]
    for where, content in lists:
        for place, block in enumerate(content):
            if "text" in block and not block["text"].strip():
                yield (f"The text field in the ContentBlock object at {where}.{place} is blank. "
                       "Add text to the text field, and try again.")


def tool_turns(vendor: str, parameters: dict) -> Iterator[str]:
    messages = parameters.get("messages", [])
    used = blocks(parameters, "toolUse")
    if (used or blocks(parameters, "toolResult")) and "toolConfig" not in parameters:
        yield "The toolConfig field must be defined when using toolUse and toolResult content blocks."
    if len({use["toolUseId"] for use in used}) < len(used):
        yield "messages.content: `tool_use` ids must be unique"
    asked: list[str] = []
    for place, message in enumerate([*messages, {"role": "user", "content": []}]):
        kinds = [next(iter(block)) for block in message["content"]]
        results = [block["toolResult"]["toolUseId"] for block in message["content"]
                   if "toolResult" in block]
        missing = [use for use in asked if use not in results]
        if missing and place < len(messages):
            yield (f"Expected toolResult blocks at messages.{place}.content for the following "
                   f"Ids: {', '.join(missing)}")
        if set(results) - set(asked):
            yield (f"The number of toolResult blocks at messages.{place}.content exceeds the number "
                   "of toolUse blocks of previous turn.")
        if len(set(results)) < len(results):
            yield f"The toolResult blocks at messages.{place}.content contain duplicate Ids"
        others = [kind for kind in kinds if kind not in ("toolResult", "cachePoint")]
        if vendor == "anthropic" and results and others:
            last = len(kinds) - 1 - kinds[::-1].index("toolResult")
            if kinds.index(others[0]) < last:
                yield "`tool_use` ids were found without `tool_result` blocks immediately after"
        asked = [block["toolUse"]["toolUseId"] for block in message["content"]
                 if "toolUse" in block]


def tools(vendor: str, parameters: dict) -> Iterator[str]:
    configuration = parameters.get("toolConfig", {})
    specs = [tool["toolSpec"] for tool in configuration.get("tools", []) if "toolSpec" in tool]
    for place, spec in enumerate(specs):
        schema = spec["inputSchema"].get("json")
        if not isinstance(schema, dict) or schema.get("type") != "object":
            yield (f"The value at toolConfig.tools.{place}.toolSpec.inputSchema.json.type must be "
                   "one of the following: object.")
    named = configuration.get("toolChoice", {}).get("tool", {}).get("name")
    if named and named not in [spec["name"] for spec in specs]:
        yield f"Tool {named} is not defined"
    if len({spec["name"] for spec in specs}) < len(specs):
        yield "toolConfig.tools: tool names must be unique"
    extra = parameters.get("additionalModelRequestFields") or {}
    if "toolChoice" in configuration and "type" in extra.get("tool_choice", {}):
        yield "additionalModelRequestFields.tool_choice.type conflicts with an existing field"
    if configuration.get("toolChoice") and vendor not in ("anthropic", "amazon", "mistral"):
        yield "This model doesn't support the toolConfig.toolChoice field."
    for use in blocks(parameters, "toolUse"):
        if not isinstance(use["input"], dict):
            yield "Provide a json object for the field and try again"


def media(_: str, parameters: dict) -> Iterator[str]:
    for message in parameters.get("messages", []):
        content = message["content"]
        kinds = [next(iter(block)) for block in content]
        if message["role"] != "user" and {"image", "document"} & set(kinds):
            yield "Images and documents are for messages of the user."
        if "document" in kinds and "text" not in kinds:
            yield "A text block must be included when using documents."
    for image in blocks(parameters, "image"):
        data = image["source"].get("bytes")
        if data is not None and not data.startswith(MAGIC[image["format"]]):
            yield "The provided image does not match the specified image format"
    names = [document["name"] for document in blocks(parameters, "document")]
    for name in names:
        if re.search(r"[^a-zA-Z0-9\s()\[\]-]|\s\s", name):
            yield "The document file name can only contain alphanumeric characters, …"
    if len(set(names)) < len(names):
        yield "Messages can not contain duplicate document names"


def caching(vendor: str, parameters: dict) -> Iterator[str]:
    marked = [*parameters.get("system", []), *parameters.get("toolConfig", {}).get("tools", [])]
    points = [block for block in marked if "cachePoint" in block]
    count = len(points) + len(blocks(parameters, "cachePoint"))
    if count > 4:
        yield f"A maximum of 4 blocks with cache_control may be provided. Found {count}."
    if count and vendor not in CACHING:
        yield "You invoked an unsupported model or your request did not allow prompt caching."


def thinking(vendor: str, parameters: dict) -> Iterator[str]:
    extra = parameters.get("additionalModelRequestFields") or {}
    asked = extra.get("thinking") or {}
    limits = parameters.get("inferenceConfig", {})
    if vendor != "anthropic" or asked.get("type") != "enabled":
        return
    budget = asked.get("budget_tokens", 0)
    if budget < 1024:
        yield "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"
    if limits.get("maxTokens", budget + 1) <= budget:
        yield "`max_tokens` must be greater than `thinking.budget_tokens`."
    if limits.get("temperature", 1) != 1:
        yield "`temperature` may only be set to 1 when thinking is enabled."
    if limits.get("topP", 1) < 0.95:
        yield "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled."
    if {"any", "tool"} & set(parameters.get("toolConfig", {}).get("toolChoice", {})):
        yield "Thinking may not be enabled when tool_choice forces tool use."
    if "top_k" in extra:
        yield "`top_k` must be unset when thinking is enabled."
    for message in parameters.get("messages", []):
        kinds = [next(iter(block)) for block in message["content"]]
        if message["role"] == "assistant" and "toolUse" in kinds:
            if kinds[0] != "reasoningContent":
                yield "Expected `thinking` or `redacted_thinking`, but found `tool_use`."


RULES: list[Rule] = [turns, texts, tool_turns, tools, media, caching, thinking]


def broken(model: str, parameters: dict) -> str | None:
    """The first rule that a Converse call breaks."""
    vendor = family(model)
    return next((wrong for rule in RULES for wrong in rule(vendor, parameters)), None)
