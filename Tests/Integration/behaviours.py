"""What the tests' upstream answers when it behaves: the shapes of a vLLM server."""

import base64
import struct

from upstream import Exchange

USAGE = {"prompt_tokens": 18, "total_tokens": 30, "completion_tokens": 12,
         "prompt_tokens_details": {"cached_tokens": 7}}


def ordinary(exchange: Exchange) -> None:
    """Answers each endpoint plainly; the fallback of every upstream."""
    path = exchange.path
    if exchange.method == "GET":
        exchange.answer({"object": "list", "data": [{"id": "up-model", "object": "model"}]})
    elif path.endswith("/chat/completions"):
        chat(exchange)
    elif path.endswith("/completions"):
        completions(exchange)
    elif path.endswith("/embeddings"):
        embeddings(exchange)
    elif path.endswith("/audio/transcriptions"):
        exchange.answer({"text": f"{len(exchange.body)} bytes heard"})
    elif path.endswith("/responses"):
        responses(exchange)
    elif path.endswith("/messages"):
        messages(exchange)
    else:
        exchange.answer({"path": path, "model": exchange.model})


def delta(exchange: Exchange, content: dict, finish: str | None = None) -> dict:
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1795423801,
            "model": exchange.model,
            "choices": [{"index": 0, "delta": content, "logprobs": None, "finish_reason": finish}]}


def usage_chunk(exchange: Exchange) -> dict:
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1795423801,
            "model": exchange.model, "choices": [], "usage": USAGE}


def stream_words(exchange: Exchange, words: list[str], done: bool = True) -> None:
    exchange.start_stream()
    exchange.event(delta(exchange, {"role": "assistant", "content": ""}))
    for word in words:
        exchange.event(delta(exchange, {"content": word}))
    exchange.event(delta(exchange, {}, "stop"))
    if (exchange.json.get("stream_options") or {}).get("include_usage"):
        exchange.event(usage_chunk(exchange))
    exchange.end_stream(done)


def chat(exchange: Exchange) -> None:
    body = exchange.json
    if body.get("tools"):
        return tool_call(exchange)
    if body.get("stream"):
        return stream_words(exchange, ["Grüße ", "aus ", "Oslo ", "🌍"])
    text = "Grüße aus Oslo 🌍"
    if "response_format" in body:
        text = '{"city":"Oslo"}'
    exchange.answer({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1795423801,
        "model": exchange.model,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text, "refusal": None},
                     "logprobs": None, "finish_reason": "stop", "stop_reason": None}],
        "usage": USAGE, "kv_transfer_params": None})


def tool_call(exchange: Exchange) -> None:
    name = exchange.json["tools"][0]["function"]["name"]
    call = {"id": "call-1", "type": "function", "index": 0}
    if exchange.json.get("stream"):
        exchange.start_stream()
        exchange.event(delta(exchange, {"role": "assistant", "content": ""}))
        first = {**call, "function": {"name": name}}
        exchange.event(delta(exchange, {"content": None, "tool_calls": [first]}))
        for piece in ('{"ci', 'ty":"Os', 'lo"}'):
            part = {"index": 0, "function": {"arguments": piece}}
            exchange.event(delta(exchange, {"content": None, "tool_calls": [part]}))
        exchange.event(delta(exchange, {}, "tool_calls"))
        if (exchange.json.get("stream_options") or {}).get("include_usage"):
            exchange.event(usage_chunk(exchange))
        return exchange.end_stream()
    call["function"] = {"name": name, "arguments": '{"city":"Oslo"}'}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    exchange.answer({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1795423801,
        "model": exchange.model, "usage": USAGE,
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]})


def completions(exchange: Exchange) -> None:
    base = {"id": "cmpl-1", "object": "text_completion", "created": 1795423801,
            "model": exchange.model}
    if exchange.json.get("stream"):
        exchange.start_stream()
        for text in ("once ", "upon"):
            choice = {"index": 0, "text": text, "finish_reason": None}
            exchange.event({**base, "choices": [choice]})
        if (exchange.json.get("stream_options") or {}).get("include_usage"):
            exchange.event({**base, "choices": [], "usage": USAGE})
        return exchange.end_stream()
    choice = {"index": 0, "text": "once upon", "logprobs": None, "finish_reason": "stop"}
    exchange.answer({**base, "choices": [choice], "usage": USAGE})


def embeddings(exchange: Exchange) -> None:
    body = exchange.json
    inputs = body["input"] if isinstance(body["input"], list) else [body["input"]]
    numbers = [0.5, -0.25, 1.0]
    vector: object = numbers
    if body.get("encoding_format") == "base64":
        vector = base64.b64encode(struct.pack("<3f", *numbers)).decode()
    data = [{"index": i, "object": "embedding", "embedding": vector} for i in range(len(inputs))]
    usage = {"prompt_tokens": 4, "total_tokens": 4, "completion_tokens": 0}
    exchange.answer({"id": "embd-1", "object": "list", "model": exchange.model,
                     "data": data, "usage": usage})


def responses(exchange: Exchange) -> None:
    text = {"type": "output_text", "text": "once upon", "annotations": []}
    answer = {"id": "resp_1", "object": "response", "created_at": 1795423801,
              "model": exchange.model, "status": "completed",
              "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
              "output": [{"id": "msg_1", "type": "message", "role": "assistant",
                          "status": "completed", "content": [text]}],
              "usage": {"input_tokens": 8, "output_tokens": 6, "total_tokens": 14,
                        "input_tokens_details": {"cached_tokens": 0},
                        "output_tokens_details": {"reasoning_tokens": 0}}}
    exchange.answer(answer)


def messages(exchange: Exchange) -> None:
    exchange.answer({"id": "msg_1", "type": "message", "role": "assistant",
                     "content": [{"type": "text", "text": "once upon"}],
                     "model": exchange.model, "stop_reason": "end_turn",
                     "usage": {"input_tokens": 8, "output_tokens": 6}})
