"""What the tests' Bedrock answers when it behaves: Converse, ConverseStream, embeddings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bedrock import Call

WORDS = "Grüße aus Oslo 🌍"
USAGE = {"inputTokens": 18, "outputTokens": 12, "totalTokens": 30}
#: What a model asks its first tool for.
ARGUMENTS = {"city": "Oslo", "note": "Grüße 🌍"}


def ordinary(call: Call) -> None:
    """Answers each operation plainly; the fallback of every model."""
    if call.operation == "InvokeModel":
        return embed(call)
    tools = [tool["toolSpec"]["name"] for tool in call.body.get("toolConfig", {}).get("tools", [])
             if "toolSpec" in tool]
    answered = any("toolResult" in block for message in call.body["messages"]
                   for block in message["content"])
    if tools and not answered:
        use = {"toolUseId": "tooluse_kZJMlvQmRJ6eAyJE5GIl7Q", "name": tools[0], "input": ARGUMENTS}
        return reply(call, {"toolUse": use}, stop="tool_use")
    return reply(call, {"text": WORDS})


def reply(
    call: Call, *content: dict, stop: str = "end_turn", usage: dict | None = None, **more: object
) -> None:
    """A model's turn, whole or as a stream, as the call wants it."""
    metadata = {"usage": usage or USAGE, "metrics": {"latencyMs": 123}, **more}
    if not call.streamed:
        message = {"role": "assistant", "content": list(content)}
        return call.answer({"output": {"message": message}, "stopReason": stop, **metadata})
    call.start_stream()
    for kind, payload in events(content, stop):
        call.event(kind, payload)
    call.event("metadata", metadata)
    return call.end_stream()


def events(content: tuple[dict, ...], stop: str) -> Iterator[tuple[str, dict]]:
    """The events of a turn up to its end; only a tool's block has a start."""
    yield "messageStart", {"role": "assistant"}
    for index, block in enumerate(content):
        place = {"contentBlockIndex": index}
        if use := block.get("toolUse"):
            start = {"toolUseId": use["toolUseId"], "name": use["name"]}
            yield "contentBlockStart", {**place, "start": {"toolUse": start}}
        for delta in deltas(block):
            yield "contentBlockDelta", {**place, "delta": delta}
        yield "contentBlockStop", place
    yield "messageStop", {"stopReason": stop}


def deltas(block: dict) -> Iterator[dict]:
    if "text" in block:
        yield from ({"text": piece} for piece in pieces(block["text"]))
    elif "toolUse" in block:
        # The first piece is empty, and a tool without arguments has no other.
        given = block["toolUse"]["input"]
        text = json.dumps(given, ensure_ascii=False) if given else ""
        yield from ({"toolUse": {"input": piece}} for piece in ["", *pieces(text)])
    elif "reasoningText" in block.get("reasoningContent", {}):
        reasoning = block["reasoningContent"]["reasoningText"]
        for piece in pieces(reasoning["text"]):
            yield {"reasoningContent": {"text": piece}}
        if "signature" in reasoning:
            yield {"reasoningContent": {"signature": reasoning["signature"]}}
    elif "reasoningContent" in block:
        yield {"reasoningContent": block["reasoningContent"]}


def pieces(text: str, size: int = 5) -> list[str]:
    """Cut at code points, as the service cuts."""
    return [text[start : start + size] for start in range(0, len(text), size)]


# Embeddings

TITAN_V2_SIZES = (256, 512, 1024)
COHERE_V4_SIZES = (256, 512, 1024, 1536)
INPUT_TYPES = ("search_document", "search_query", "classification", "clustering", "image")
#: Members that the body of a model may have, by the part of its identifier that tells it.
MEMBERS = {
    "titan-embed-text-v1": {"inputText"},
    "titan-embed-text-v2": {"inputText", "dimensions", "normalize", "embeddingTypes"},
    "cohere.embed-v4": {"texts", "inputs", "images", "input_type", "truncate", "embedding_types",
                        "output_dimension", "max_tokens"},
    "cohere.embed-": {"texts", "images", "input_type", "truncate", "embedding_types"},
}


def vector(text: str, size: int) -> list[float]:
    """Numbers that tell the text, exact as 32-bit floats."""
    digest = hashlib.sha256(text.encode()).digest()
    return [(digest[place % 32] - 128) / 64 for place in range(size)]


def tokens(text: str) -> int:
    """What the tests' models count: a token a word."""
    return len(text.split())


def embed(call: Call) -> None:
    """Titan's and Cohere's embeddings, each strict about its members."""
    known = next((names for part, names in MEMBERS.items() if part in call.model), None)
    if known is None:
        return call.fail("ValidationException", f"The tests' Bedrock has no {call.model}")
    for name in call.body:
        if name not in known:
            return call.fail("ValidationException",
                             f"Malformed input request: #: extraneous key [{name}] is not "
                             "permitted, please reformat your input and try again.")
    wrong = wrong_titan(call) if "titan" in call.model else wrong_cohere(call)
    if wrong:
        return call.fail("ValidationException", f"Malformed input request: {wrong}")
    return titan(call) if "titan" in call.model else cohere(call)


def wrong_titan(call: Call) -> str | None:
    text, size = call.body.get("inputText"), call.body.get("dimensions", 1024)
    if not isinstance(text, str) or not text:
        return "#/inputText: expected minLength: 1"
    if len(text) > 50_000:
        return "expected maxLength: 50000, actual: " + str(len(text))
    return None if size in TITAN_V2_SIZES else f"#/dimensions: {size} is not a valid enum value"


def wrong_cohere(call: Call) -> str | None:
    texts, size = call.body.get("texts"), call.body.get("output_dimension", 1536)
    if not isinstance(texts, list) or not texts or not all(isinstance(t, str) for t in texts):
        return "#/texts: expected a list of texts"
    if len(texts) > 96:
        return f"#/texts: expected maximum item count: 96, found: {len(texts)}"
    if call.body.get("input_type") not in INPUT_TYPES:
        return "#/input_type: required"
    return None if size in COHERE_V4_SIZES else f"#/output_dimension: {size}"


def titan(call: Call) -> None:
    text = call.body["inputText"]
    size = 1536 if "text-v1" in call.model else call.body.get("dimensions", 1024)
    body: dict = {"embedding": vector(text, size), "inputTextTokenCount": tokens(text)}
    if "text-v2" in call.model:
        body["embeddingsByType"] = {"float": body["embedding"]}
    call.answer(body, headers=counted(tokens(text)))


def cohere(call: Call) -> None:
    texts = call.body["texts"]
    size = call.body.get("output_dimension", 1536) if "embed-v4" in call.model else 1024
    found = [vector(text, size) for text in texts]
    by_type = "embedding_types" in call.body
    call.answer({"id": call.request_id, "texts": texts,
                 "embeddings": {"float": found} if by_type else found,
                 "response_type": "embeddings_by_type" if by_type else "embeddings_floats"},
                headers=counted(sum(map(tokens, texts))))


def counted(number: int) -> list[tuple[str, str]]:
    return [("X-Amzn-Bedrock-Input-Token-Count", str(number)),
            ("X-Amzn-Bedrock-Output-Token-Count", "0"),
            ("X-Amzn-Bedrock-Invocation-Latency", "7")]
