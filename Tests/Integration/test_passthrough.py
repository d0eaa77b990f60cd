"""Byte for byte: what the client sees of the upstream, and the upstream of the client."""

import json
import re

import pytest
import transcript
from behaviours import USAGE, delta, usage_chunk
from conftest import UPSTREAM_KEY, configuration, deployment
from sidecar import Sidecar
from upstream import Exchange, Upstream, compact
from wire import Wire

LLAMA = "meta-llama/Llama-3.2-1B-Instruct"
MINILM = "sentence-transformers/all-MiniLM-L6-v2"
CHAT = "/v1/chat/completions"
HI = [{"role": "user", "content": "Hi"}]
#: Recorded streams for which the client did not ask for usage, and the upstream sent none.
ASKED = b'"include_usage":true'


def play(gateway: Sidecar, upstream: Upstream, auth: dict[str, str],
         recorded: transcript.Transcript, model: str):
    """Sends the recorded request under another model name, and replays the recorded answer."""
    upstream.behaviour(LLAMA)(recorded.replay)
    upstream.behaviour(MINILM)(recorded.replay)
    public = json.dumps(model).encode()
    request = re.sub(rb'"model":"[^"]*"', b'"model":' + public, recorded.request, count=1)
    return gateway.request(recorded.method, recorded.path, request, auth)


@pytest.mark.parametrize("name", transcript.names())
def test_an_upstream_of_the_same_name_is_seen_byte_by_byte(
    gateway: Sidecar, upstream: Upstream, auth: dict[str, str], name: str
) -> None:
    recorded = transcript.load(name)
    model = MINILM if "embeddings" in recorded.path else LLAMA
    response = play(gateway, upstream, auth, recorded, model)
    assert (response.status, response.body) == (recorded.status, recorded.body)
    kind = re.search(rb"content-type: ([^\r]+)", recorded.response)
    assert response.header("content-type") == kind[1].decode()


@pytest.mark.parametrize(
    "name", [n for n in transcript.names()
             if re.match(r"(2|3|6|7)\d-", n)])
def test_only_the_model_name_is_restored(
    gateway: Sidecar, upstream: Upstream, auth: dict[str, str], name: str
) -> None:
    recorded = transcript.load(name)
    model = "mini" if "embeddings" in recorded.path else "vllm"
    response = play(gateway, upstream, auth, recorded, model)
    public = f'"model":"{model}"'.encode()
    expected = re.sub(rb'"model":"[^"]*"', public, recorded.body)
    assert response.body == expected


def test_the_hidden_usage_chunk_is_all_that_is_missing(
    gateway: Sidecar, upstream: Upstream, auth: dict[str, str]
) -> None:
    recorded = transcript.load("22-chat-stream-usage")
    upstream.behaviour(LLAMA)(recorded.replay)
    body = json.loads(recorded.request)
    del body["stream_options"]
    response = gateway.request("POST", CHAT, compact(body), auth)
    events = [e for e in recorded.body.split(b"\n\n") if b'"choices":[],"usage"' not in e]
    assert len(events) == recorded.body.count(b"\n\n"), "the recording holds one usage chunk"
    assert response.body == b"\n\n".join(events)


def test_usage_beside_choices_is_not_hidden(
    gateway: Sidecar, upstream: Upstream, auth: dict[str, str]
) -> None:
    """Only the extra chunk is kept back; a server that sends usage with the last words keeps it."""

    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        exchange.start_stream()
        exchange.event({**delta(exchange, {"content": "end"}, "stop"), "usage": USAGE})
        exchange.end_stream()

    body = {"model": "chat", "messages": HI, "stream": True}
    assert b'"completion_tokens":12' in gateway.request("POST", CHAT, body, auth).body


@pytest.mark.parametrize("size", [1, 5, 61])
def test_hiding_works_however_the_stream_is_split(
    gateway: Sidecar, upstream: Upstream, auth: dict[str, str], size: int
) -> None:
    seen = []

    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        from upstream import chunk

        words = [delta(exchange, {"content": w}) for w in ("Ä", "🌍", "usage", '"choices":[]')]
        kept = b"".join(b"data: " + compact(w) + b"\n\n" for w in words)
        extra = b"data: " + compact(usage_chunk(exchange)) + b"\n\n"
        seen.append(kept + b"data: [DONE]\n\n")
        whole = kept + extra + b"data: [DONE]\n\n"
        exchange.start_stream()
        exchange.send(b"".join(chunk(whole[i : i + size]) for i in range(0, len(whole), size)))
        exchange.send(b"0\r\n\r\n")

    body = {"model": "chat", "messages": HI, "stream": True}
    response = gateway.request("POST", CHAT, body, auth)
    assert response.body == seen[0].replace(b'"up-chat"', b'"chat"')


ODD = (b'{ "temperature" : 1.0,\n\t"messages":[{"role":"user","content":"\\u00e4 \\ud83c\\udf0d '
       b'\xc3\xa4 \xf0\x9f\x8c\x8d \\/ \\n"}], "model"\t: "chat" ,"n":1e0,'
       b'"guided_json":{"a":[1,2.50]},'
       b'"model_extra":"chat","seed":12345678901234567890, "top_k" :-1 }\n')


def test_the_request_is_the_clients_but_for_the_model(
    gateway: Sidecar, upstream: Upstream, auth: dict[str, str]
) -> None:
    assert gateway.request("POST", CHAT, ODD, auth).status == 200
    sent = upstream.next_request().body
    assert sent == ODD.replace(b'"model"\t: "chat"', b'"model"\t: "up-chat"')


def test_an_escaped_model_key_is_the_model(
    gateway: Sidecar, upstream: Upstream, auth: dict[str, str]
) -> None:
    body = b'{"mod\\u0065l":"ch\\u0061t","messages":[{"role":"user","content":"Hi"}]}'
    assert gateway.request("POST", CHAT, body, auth).status == 200
    assert upstream.next_request().json["model"] == "up-chat"


@pytest.mark.parametrize("options, expected", [
    (b"", {"include_usage": True}),
    (b',"stream_options":{"include_usage":false}', {"include_usage": True}),
    (b',"stream_options":{"continuous_usage_stats":false}',
     {"continuous_usage_stats": False, "include_usage": True}),
    (b',"stream_options":null', {"include_usage": True}),
    (b',"stream_options":{}', {"include_usage": True}),
])
def test_usage_is_asked_for_in_every_stream(
    gateway: Sidecar, upstream: Upstream, auth: dict[str, str], options: bytes, expected: dict
) -> None:
    body = (b'{"model":"chat","stream":true,"messages":[{"role":"user","content":"Hi"}]'
            + options + b"}")
    response = gateway.request("POST", CHAT, body, auth)
    sent = upstream.next_request().json
    assert sent["stream_options"] == expected
    assert sent["messages"] == HI
    assert b'"usage"' not in response.body


#: Fields that LiteLLM keeps for itself (its behaviour, §3.5).
CONTROL = {
    "cache": {"no-cache": True}, "metadata": {"tags": ["a"]}, "litellm_metadata": {}, "tags": ["a"],
    "fallbacks": ["other"], "context_window_fallbacks": [], "content_policy_fallbacks": [],
    "disable_fallbacks": True, "num_retries": 0, "max_retries": 0, "timeout": 30,
    "request_timeout": 30, "stream_timeout": 30, "drop_params": True, "additional_drop_params": [],
    "mock_response": "not this", "guardrails": [], "priority": 1, "litellm_session_id": "s",
    "litellm_trace_id": "t", "litellm_call_id": "c", "no-log": True, "ttl": 5, "api_version": "1",
    "specific_deployment": False, "api_key": "sk-client-own", "api_base": "http://127.0.0.1:9/v1",
    "user_config": {}, "input_cost_per_token": 1, "keepalive_seconds": 1, "callbacks": [],
}


@pytest.mark.parametrize("field", CONTROL)
def test_control_fields_stay_here(
    gateway: Sidecar, upstream: Upstream, auth: dict[str, str], field: str
) -> None:
    body = {"first": 1, field: CONTROL[field], "model": "chat", "messages": HI, "last": 2}
    response = gateway.request("POST", CHAT, body, auth)
    assert response.status == 200, response.body
    sent = upstream.next_request()
    assert sent.json == {"first": 1, "model": "up-chat", "messages": HI, "last": 2}
    assert sent.header("authorization") == f"Bearer {UPSTREAM_KEY}"
    assert b"not this" not in response.body


@pytest.mark.parametrize("path", ["/v1/responses", "/v1/messages"])
def test_metadata_is_a_parameter_of_some_endpoints(
    gateway: Sidecar, upstream: Upstream, auth: dict[str, str], path: str
) -> None:
    body = {"model": "chat", "input": "Hi", "metadata": {"user_id": "u"}, "tags": ["a"]}
    assert gateway.request("POST", path, body, auth).status == 200
    assert upstream.next_request().json == {
        "model": "up-chat", "input": "Hi", "metadata": {"user_id": "u"}}


def test_a_clients_credentials_never_reach_an_upstream(
    gateway: Sidecar, upstream: Upstream, auth: dict[str, str]
) -> None:
    body = {"model": "chat", "messages": HI, "api_key": "sk-client-own",
            "api_base": "http://127.0.0.1:9/v1", "base_url": "http://127.0.0.1:9/v1"}
    gateway.request("POST", CHAT, body, {**auth, "x-api-key": "sk-client-own",
                                         "api-key": "sk-client-own"})
    sent = upstream.next_request()
    assert b"sk-client-own" not in sent.head
    assert b'"api_key"' not in sent.body
    assert auth["authorization"].encode() not in sent.head


def test_the_headers_an_upstream_gets(
    gateway: Sidecar, upstream: Upstream, auth: dict[str, str]
) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    kept = {"content-type": "application/json", "accept": "application/json",
            "traceparent": trace, "x-request-id": "my-req-42",
            "anthropic-version": "2023-06-01", "anthropic-beta": "tools", "openai-beta": "v2"}
    dropped = {"cookie": "a=b", "x-forwarded-for": "10.0.0.1", "x-own": "1",
               "x-litellm-tags": "a", "connection": "keep-alive, x-own", "te": "trailers",
               "proxy-authorization": "Basic YTpi", "accept-encoding": "gzip, br"}
    body = compact({"model": "chat", "messages": HI})
    response = gateway.request("POST", CHAT, body, {**auth, **kept, **dropped})
    assert response.status == 200
    sent = upstream.next_request()
    for name, value in kept.items():
        assert sent.header(name) == value, name
    for name in set(dropped) - {"connection", "accept-encoding"}:
        assert sent.header(name) is None, name
    assert sent.header("accept-encoding") == "identity"
    assert sent.header("host") == f"127.0.0.1:{upstream.port}"
    names = [name for name, _ in sent.headers]
    assert len(names) == len(set(names)), "a header went out twice"


def test_a_request_id_is_not_invented(
    gateway: Sidecar, upstream: Upstream, auth: dict[str, str]
) -> None:
    gateway.request("POST", CHAT, {"model": "chat", "messages": HI}, auth)
    assert upstream.next_request().header("x-request-id") is None


def test_the_headers_a_client_gets(
    gateway: Sidecar, upstream: Upstream, auth: dict[str, str]
) -> None:
    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        exchange.answer({"ok": True, "model": "up-chat"}, headers=[
            ("x-ratelimit-remaining-requests", "41"), ("openai-processing-ms", "7"),
            ("set-cookie", "a=1"), ("set-cookie", "b=2"), ("keep-alive", "timeout=5"),
            ("x-hop", "1"), ("connection", "keep-alive, x-hop")])

    response = gateway.request("POST", CHAT, {"model": "chat", "messages": HI},
                               {**auth, "x-litellm-call-id": "call-7"})
    assert response.header("x-ratelimit-remaining-requests") == "41"
    assert response.header("openai-processing-ms") == "7"
    assert [v for n, v in response.headers if n == "set-cookie"] == ["a=1", "b=2"]
    for hop in ("keep-alive", "x-hop"):
        assert response.header(hop) is None, hop
    assert response.header("x-litellm-call-id") == "call-7"
    assert response.header("x-litellm-model-group") == "chat"
    assert (response.header("x-litellm-model-name") or "").endswith("/up-chat")
    assert response.header("x-litellm-model-id")
    assert response.header("x-litellm-model-api-base") == upstream.base
    assert response.header("x-litellm-attempted-retries") == "0"
    assert response.header("x-litellm-attempted-fallbacks") == "0"
    assert response.header("x-litellm-version")


def test_each_call_has_an_id_of_its_own(gateway: Sidecar, auth: dict[str, str]) -> None:
    body = {"model": "chat", "messages": HI}
    ids = {gateway.request("POST", CHAT, body, auth).header("x-litellm-call-id")
           for _ in range(3)}
    assert len(ids) == 3 and None not in ids


def test_an_extra_header_and_body_of_the_deployment_are_sent(start, upstream: Upstream) -> None:
    entry = deployment("chat", upstream.base, extra_headers={"X-Team": "blue"},
                       extra_body={"guided": True}, temperature=0.5)
    sidecar = start(configuration([entry]))
    sidecar.request("POST", CHAT, {"model": "chat", "messages": HI})
    sidecar.request("POST", CHAT, {"model": "chat", "messages": HI, "temperature": 1})
    first, second = upstream.next_request(), upstream.next_request()
    assert first.header("x-team") == "blue"
    assert first.json == {"model": "up-chat", "messages": HI, "guided": True, "temperature": 0.5}
    assert second.json["temperature"] == 1


def test_a_pooled_connection_is_used_again(
    gateway: Sidecar, upstream: Upstream, auth: dict[str, str]
) -> None:
    before = upstream.connections
    with Wire(gateway.address) as wire:
        for _ in range(5):
            wire.request("POST", CHAT, compact({"model": "chat", "messages": HI}), auth)
    assert upstream.connections - before <= 1
