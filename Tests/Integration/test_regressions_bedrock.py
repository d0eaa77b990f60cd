"""What went wrong once in front of Bedrock, by what an upstream or a client did."""

import json
from collections.abc import Iterator

import event_stream
import pytest
from bedrock import Bedrock, Call, fails
from bedrock_answers import USAGE, reply
from bedrock_models import BY_REFERENCE, HAIKU, model, references
from conftest import configuration
from sidecar import Sidecar
from upstream import Exchange, Upstream, chunk, compact
from wire import Response, Wire, message

CHAT = "/v1/chat/completions"
HI = [{"role": "user", "content": "Hi"}]


def ask(sidecar: Sidecar, seconds: float = 20, **more: object) -> Response:
    body = json.dumps({"model": "claude", "messages": HI, **more}).encode()
    with Wire(sidecar.address, timeout=seconds) as wire:
        wire.send(message("POST", CHAT, body))
        return wire.response("POST")


# Fields of the request

INJECTED = "abc\r\nx-injected: yes\r\n\r\nGET /smuggled HTTP/1.1"


@pytest.fixture
def plain() -> Iterator[Upstream]:
    """An upstream that lets everything in and answers as Converse does."""
    answer = {"output": {"message": {"role": "assistant", "content": [{"text": "x"}]}},
              "stopReason": "end_turn"}
    upstream = Upstream(lambda exchange: exchange.answer(answer))
    yield upstream
    upstream.stop()


def sent(upstream: Upstream) -> Exchange:
    exchange = upstream.next_request()
    assert exchange.path.endswith("/converse")
    return exchange


def test_a_clients_key_cannot_add_fields(start, plain: Upstream) -> None:
    entry = model("claude", HAIKU, plain.base, configurable_clientside_auth_params=["api_key"],
                  api_key="sk-own")
    sidecar = start(configuration([entry], router_settings={"num_retries": 0}))
    assert ask(sidecar, api_key=INJECTED).status == 200
    exchange = sent(plain)
    assert exchange.header("x-injected") is None
    assert exchange.header("authorization") == "Bearer " + INJECTED.replace("\r", " ").replace(
        "\n", " ")


def test_a_sessions_token_cannot_add_fields(start, plain: Upstream) -> None:
    token = {"aws_session_token": "os.environ/TEAM_SESSION"}
    entry = model("claude", HAIKU, plain.base, **BY_REFERENCE, **token)
    sidecar = start(configuration([entry], router_settings={"num_retries": 0}), environment={
        "TEAM_KEY_ID": "AKIDEXAMPLE", "TEAM_SECRET_KEY": "secret", "TEAM_SESSION": INJECTED})
    assert ask(sidecar).status == 200
    exchange = sent(plain)
    assert exchange.header("x-injected") is None
    assert "x-injected" in (exchange.header("x-amz-security-token") or "")


# Answers that are errors

SIGNED = ("The request signature we calculated does not match the signature you provided.\n\n"
          "The Canonical String for this request should have been\n"
          "'POST\n/x\n\nx-amz-security-token:canary-session\n'\n\n"
          "The String-to-Sign should have been\n'AWS4-HMAC-SHA256'")


@pytest.mark.parametrize("name", ["InvalidSignatureException", "AccessDeniedException"])
def test_what_was_signed_is_not_repeated(
    bedrock_gateway: Sidecar, bedrock: Bedrock, name: str
) -> None:
    bedrock.behaviours[HAIKU] = fails(name, SIGNED, status=403)
    response = ask(bedrock_gateway)
    assert response.status in (401, 403)
    told = response.json["error"]["message"]
    assert told.endswith("does not match the signature you provided.")
    assert b"canary-session" not in response.body


def test_awss_own_retry_after_is_in_milliseconds(
    bedrock_gateway: Sidecar, bedrock: Bedrock
) -> None:
    bedrock.behaviours[HAIKU] = fails(
        "ThrottlingException", headers=[("x-amz-retry-after", "1500")])
    response = ask(bedrock_gateway)
    assert (response.status, response.header("retry-after")) == (429, "2")


def test_a_status_that_does_not_exist_is_a_bad_gateway(
    bedrock_gateway: Sidecar, bedrock: Bedrock
) -> None:
    bedrock.behaviours[HAIKU] = lambda call: call.answer(b"", 600)
    assert ask(bedrock_gateway).status == 502


def test_an_empty_request_id_is_none(bedrock_gateway: Sidecar, bedrock: Bedrock) -> None:
    @bedrock.behaviour(HAIKU)
    def _(call: Call) -> None:
        call.request_id = ""
        reply(call, {"text": "x"})

    assert len(ask(bedrock_gateway).json["id"]) > len("chatcmpl-")


# Streams

def framed(sidecar: Sidecar, bedrock: Bedrock, *frames: tuple[str, dict]) -> list[dict | str]:
    """What the client gets for a stream of these events."""

    @bedrock.behaviour(HAIKU)
    def _(call: Call) -> None:
        call.start_stream()
        for kind, payload in frames:
            call.send(event_stream.event(kind, compact(payload)))
        call.end_stream()

    response = ask(sidecar, stream=True, stream_options={"include_usage": True})
    lines = [line.removeprefix(b"data: ") for line in response.body.split(b"\n\n") if line]
    return [line.decode() if line == b"[DONE]" else json.loads(line) for line in lines]


START = ("messageStart", {"role": "assistant"})
STOP = ("messageStop", {"stopReason": "tool_use"})
METADATA = ("metadata", {"usage": USAGE})
TOOL = {"toolUse": {"toolUseId": "tooluse_1", "name": "clock"}}


def test_a_tool_call_that_never_began_is_an_error(
    bedrock_gateway: Sidecar, bedrock: Bedrock
) -> None:
    delta = {"contentBlockIndex": 0, "delta": {"toolUse": {"input": "{}"}}}
    *_, last = framed(bedrock_gateway, bedrock, START, ("contentBlockDelta", delta), STOP, METADATA)
    assert last["error"]["code"] == "upstream_invalid_response"


def test_a_tool_call_without_an_end_has_arguments(
    bedrock_gateway: Sidecar, bedrock: Bedrock
) -> None:
    begun = ("contentBlockStart", {"contentBlockIndex": 0, "start": TOOL})
    *chunks, done = framed(bedrock_gateway, bedrock, START, begun, STOP, METADATA)
    calls = [call for chunk in chunks for choice in chunk["choices"]
             for call in choice["delta"].get("tool_calls", [])]
    assert "".join(call["function"]["arguments"] for call in calls) == "{}"
    assert done == "[DONE]"


def test_usage_is_told_once(bedrock_gateway: Sidecar, bedrock: Bedrock) -> None:
    *chunks, done = framed(bedrock_gateway, bedrock, START, STOP, METADATA, METADATA)
    assert [chunk["usage"]["total_tokens"] for chunk in chunks if chunk.get("usage")] == [30]
    assert done == "[DONE]"



def test_frames_that_say_nothing_do_not_stop_the_clock(start, bedrock: Bedrock) -> None:
    nothing = chunk(event_stream.event("somethingNew", b"{}") * 400)

    @bedrock.behaviour(HAIKU)
    def _(call: Call) -> None:
        call.start_stream()
        for _ in range(200_000):  # Until the other side has gone.
            call.exchange.send(nothing)

    entry = model("claude", HAIKU, bedrock.base, timeout=1, stream_timeout=1, **BY_REFERENCE)
    sidecar = start(configuration([entry], router_settings={"num_retries": 0}),
                    environment=references(bedrock.keys.issue()))
    assert ask(sidecar, 50, stream=True).status == 408


# Requests

@pytest.mark.parametrize("number", ["123456789012345678901234567890", "1e400"])
def test_a_model_gets_its_own_numbers_back(
    bedrock_gateway: Sidecar, bedrock: Bedrock, number: str
) -> None:
    function = {"name": "f", "arguments": '{"a":' + number + "}"}
    assert ask(bedrock_gateway, messages=[
        *HI, {"role": "assistant", "tool_calls": [
            {"id": "c", "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": "c", "content": "x"}]).status == 200
    assert b'"input":{"a":' + number.encode() + b"}" in bedrock.calls[0].exchange.body


@pytest.mark.parametrize("arguments", ['{"a":1e400', '{"a":1e400}}', "1e400", '[1e400]',
                                       '{"a":1e400},"b":{}'])
def test_arguments_that_are_no_object_are_refused(
    bedrock_gateway: Sidecar, bedrock: Bedrock, arguments: str
) -> None:
    function = {"name": "f", "arguments": arguments}
    assert ask(bedrock_gateway, messages=[
        *HI, {"role": "assistant", "tool_calls": [
            {"id": "c", "type": "function", "function": function}]}]).status == 400
    assert not bedrock.calls


# Requests of many parts cost no more than their size. Each of these took minutes when it was
# compared with all the others; the limit is far above what it takes.

def documents(count: int) -> dict:
    part = {"type": "file", "file": {"file_data": "data:text/plain;base64,eA==",
                                     "filename": "a.txt"}}
    return {"messages": [{"role": "user", "content": [part] * count}]}


def fields(count: int) -> dict:
    return {"additionalModelRequestFields": {f"key{place}": 1 for place in range(count)}}


def definitions(count: int) -> dict:
    definition = {"type": "object", **{f"a{place}": 1 for place in range(count)}}
    schema = {"$ref": "#/$defs/A", "$defs": {"A": definition},
              **{f"b{place}": 1 for place in range(count)}}
    return {"tools": [{"type": "function", "function": {"name": "f", "parameters": schema}}]}


def called_tools(count: int) -> dict:
    calls = [{"id": f"c{place}", "type": "function",
              "function": {"name": f"f{place}", "arguments": "{}"}} for place in range(count)]
    return {"messages": [*HI, {"role": "assistant", "tool_calls": calls}]}


@pytest.mark.parametrize(("make", "count"), [
    (documents, 10_000), (fields, 60_000), (definitions, 30_000), (called_tools, 40_000)])
def test_many_parts(start, plain: Upstream, make, count: int) -> None:
    entry = model("claude", HAIKU, plain.base, api_key="sk-own")
    sidecar = start(configuration([entry], router_settings={"num_retries": 0}))
    assert ask(sidecar, 60, **make(count)).status == 200
