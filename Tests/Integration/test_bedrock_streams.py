"""ConverseStream to chat chunks; finish reasons; the other endpoints on a Bedrock model."""

import json
import time

import openai
import pytest
from bedrock import Bedrock, Call
from bedrock_answers import ARGUMENTS, WORDS, events, reply
from bedrock_models import HAIKU
from openai import OpenAI
from sidecar import Sidecar
from wire import Wire, message

CHAT = "/v1/chat/completions"
HI = [{"role": "user", "content": "Hi"}]


@pytest.fixture
def client(bedrock_gateway: Sidecar):
    with OpenAI(base_url=bedrock_gateway.base, api_key="none", max_retries=0, timeout=20) as client:
        yield client


def chunks(sidecar: Sidecar, **more: object) -> list[dict]:
    """A whole stream's chunks; it must be well formed and end with `[DONE]`."""
    response = sidecar.request("POST", CHAT, {
        "model": "claude", "messages": HI, "stream": True, **more})
    assert response.status == 200, response.body
    assert (response.header("content-type") or "").startswith("text/event-stream")
    *lines, done, rest = response.body.split(b"\n\n")
    assert done == b"data: [DONE]" and rest == b""
    assert all(line.startswith(b"data: ") for line in lines)
    return [json.loads(line[6:]) for line in lines]


def test_a_stream(client: OpenAI, bedrock: Bedrock) -> None:
    events = list(client.chat.completions.create(model="claude", messages=HI, stream=True))
    assert "".join(event.choices[0].delta.content or "" for event in events) == WORDS
    assert events[0].choices[0].delta.role == "assistant"
    assert [e.choices[0].finish_reason for e in events if e.choices[0].finish_reason] == ["stop"]
    assert {(event.id, event.created, event.model, event.object) for event in events} == {
        (f"chatcmpl-{bedrock.calls[0].request_id}", events[0].created, "claude",
         "chat.completion.chunk")}
    assert bedrock.calls[0].operation == "ConverseStream"


def test_usage_comes_last_and_only_if_asked_for(bedrock_gateway: Sidecar) -> None:
    asked = chunks(bedrock_gateway, stream_options={"include_usage": True})
    assert asked[-1]["choices"] == []
    assert asked[-1]["usage"]["total_tokens"] == 30
    assert asked[-2]["choices"][0]["finish_reason"] == "stop"
    hidden = chunks(bedrock_gateway)
    assert all(chunk["choices"] and not chunk.get("usage") for chunk in hidden)


def test_a_stream_without_metadata_ends_well(bedrock_gateway: Sidecar, bedrock: Bedrock) -> None:
    @bedrock.behaviour(HAIKU)
    def _(call: Call) -> None:
        call.start_stream()
        for kind, payload in events(({"text": WORDS},), "end_turn"):
            call.event(kind, payload)
        call.end_stream()

    assert chunks(bedrock_gateway)[-1]["choices"][0]["finish_reason"] == "stop"


def test_what_is_not_known_is_passed_over(bedrock_gateway: Sidecar, bedrock: Bedrock) -> None:
    @bedrock.behaviour(HAIKU)
    def _(call: Call) -> None:
        call.start_stream()
        call.event("somethingNew", {"a": 1})
        for kind, payload in events(({"text": WORDS},), "end_turn"):
            call.event(kind, {**payload, "more": {"b": [2]}})
            call.event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"hologram": {}}})
        call.end_stream()

    made = chunks(bedrock_gateway)
    text = "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in made)
    assert text == WORDS


# Frames that are split

RICH = ({"reasoningContent": {"reasoningText": {"text": "Hm 🌍", "signature": "s"}}},
        {"text": WORDS}, {"toolUse": {"toolUseId": "t1", "name": "f", "input": ARGUMENTS}})


def steady(made: list[dict]) -> list[dict]:
    """Without what differs from answer to answer."""
    return [{key: value for key, value in chunk.items() if key not in ("id", "created")}
            for chunk in made]


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 64, 1000])
def test_frames_may_be_split_anywhere(
    bedrock_gateway: Sidecar, bedrock: Bedrock, piece: int
) -> None:
    size = [0]

    @bedrock.behaviour(HAIKU)
    def _(call: Call) -> None:
        call.piece = size[0]
        reply(call, *RICH, stop="tool_use")

    whole = steady(chunks(bedrock_gateway))
    size[0] = piece
    assert steady(chunks(bedrock_gateway)) == whole


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_stream_in_two_parts_at_every_byte(bedrock_gateway: Sidecar, bedrock: Bedrock) -> None:
    class Recorder:
        """Stands in for a call: keeps the frames instead of sending them."""

        streamed, frames = True, b""
        start_stream = end_stream = staticmethod(lambda: None)
        event = Call.event

        def send(self, data: bytes) -> None:
            self.frames += data

    recorder = Recorder()
    reply(recorder, {"text": WORDS}, RICH[2], stop="tool_use")
    place = [0]

    @bedrock.behaviour(HAIKU)
    def _(call: Call) -> None:
        call.start_stream()
        for part in (recorder.frames[: place[0]], recorder.frames[place[0] :]):
            if part:
                call.send(part)
        call.end_stream()

    whole = steady(chunks(bedrock_gateway))
    for place[0] in range(1, len(recorder.frames)):
        assert steady(chunks(bedrock_gateway)) == whole, place


def test_a_frame_becomes_a_chunk_at_once(bedrock_gateway: Sidecar, bedrock: Bedrock) -> None:
    """Nothing is held back until the end: each word waits for the one before to be seen."""
    seen = []

    @bedrock.behaviour(HAIKU)
    def _(call: Call) -> None:
        call.start_stream()
        call.event("messageStart", {"role": "assistant"})
        for place in range(3):
            end = time.monotonic() + 5
            while len(seen) < place and time.monotonic() < end:
                time.sleep(0.005)
            call.event("contentBlockDelta", {
                "contentBlockIndex": 0, "delta": {"text": f"word-{place}"}})
        call.event("messageStop", {"stopReason": "end_turn"})
        call.end_stream()

    body = json.dumps({"model": "claude", "messages": HI, "stream": True}).encode()
    began = time.monotonic()
    with Wire(bedrock_gateway.address) as wire:
        wire.send(message("POST", CHAT, body))
        wire.read_head()
        while piece := wire.read_chunk():
            seen += [word for word in ("word-0", "word-1", "word-2") if word.encode() in piece]
    assert seen == ["word-0", "word-1", "word-2"]
    assert time.monotonic() - began < 4


# How an answer ends

REASONS = {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length",
           "model_context_window_exceeded": "length", "guardrail_intervened": "content_filter",
           "content_filtered": "content_filter", "something_new": "stop"}


@pytest.mark.parametrize("reason", REASONS)
def test_finish_reasons(
    client: OpenAI, bedrock: Bedrock, bedrock_gateway: Sidecar, reason: str
) -> None:
    bedrock.behaviours[HAIKU] = lambda call: reply(call, {"text": "a"}, stop=reason)
    answer = client.chat.completions.create(model="claude", messages=HI)
    assert answer.choices[0].finish_reason == REASONS[reason]
    assert chunks(bedrock_gateway)[-1]["choices"][0]["finish_reason"] == REASONS[reason]


def test_a_call_of_a_tool_is_one_whatever_the_reason(
    client: OpenAI, bedrock: Bedrock, bedrock_gateway: Sidecar
) -> None:
    bedrock.behaviours[HAIKU] = lambda call: reply(call, RICH[2], stop="end_turn")
    tools = [{"type": "function", "function": {"name": "f"}}]
    answer = client.chat.completions.create(model="claude", messages=HI, tools=tools)
    assert answer.choices[0].finish_reason == "tool_calls"
    last = chunks(bedrock_gateway, tools=tools)[-1]
    assert last["choices"][0]["finish_reason"] == "tool_calls"


def test_several_texts_are_one(client: OpenAI, bedrock: Bedrock) -> None:
    cited = {"citationsContent": {"content": [{"text": "c"}], "citations": []}}
    bedrock.behaviours[HAIKU] = lambda call: reply(call, {"text": "a"}, {"text": "b"}, cited)
    answer = client.chat.completions.create(model="claude", messages=HI)
    assert answer.choices[0].message.content == "abc"


def test_an_answer_of_nothing(client: OpenAI, bedrock: Bedrock) -> None:
    bedrock.behaviours[HAIKU] = lambda call: reply(call)
    answer = client.chat.completions.create(model="claude", messages=HI)
    assert answer.choices[0].message.content == ""


# The other endpoints

def test_legacy_completions(client: OpenAI, bedrock: Bedrock) -> None:
    answer = client.completions.create(model="claude", prompt="tell", max_tokens=9, stop="x")
    assert (answer.object, answer.model) == ("text_completion", "claude")
    assert (answer.choices[0].text, answer.choices[0].finish_reason) == (WORDS, "stop")
    assert answer.usage and answer.usage.prompt_tokens == 18
    assert bedrock.calls[0].body == {
        "messages": [{"role": "user", "content": [{"text": "tell"}]}],
        "inferenceConfig": {"maxTokens": 9, "stopSequences": ["x"]}}


def test_legacy_completions_in_a_stream(client: OpenAI) -> None:
    stream = list(client.completions.create(model="claude", prompt="tell", stream=True))
    assert "".join(event.choices[0].text for event in stream) == WORDS
    assert {event.object for event in stream} == {"text_completion"}
    assert stream[-1].choices[0].finish_reason == "stop"


@pytest.mark.parametrize("path", ["/v1/responses", "/v1/messages"])
def test_what_is_not_translated_says_what_is(
    bedrock_gateway: Sidecar, bedrock: Bedrock, path: str
) -> None:
    response = bedrock_gateway.request("POST", path, {
        "model": "claude", "input": "Hi", "messages": HI, "max_tokens": 9})
    assert response.status == 501
    assert "/v1/chat/completions" in response.body.decode()
    assert bedrock.calls == []


def test_responses_with_the_sdk(client: OpenAI) -> None:
    with pytest.raises(openai.InternalServerError, match="chat/completions"):
        client.responses.create(model="claude", input="tell")
