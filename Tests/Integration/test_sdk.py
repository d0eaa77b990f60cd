"""The official OpenAI SDK, unmodified, against the sidecar."""

import asyncio
import io
import time

import openai
import pytest
from conftest import MASTER_KEY, UPSTREAM_KEY
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel
from sidecar import Sidecar
from upstream import Exchange, Upstream

HI = [{"role": "user", "content": "Hi"}]
WEATHER = {"type": "function", "function": {
    "name": "get_weather", "parameters": {"type": "object",
                                          "properties": {"city": {"type": "string"}}}}}


@pytest.fixture
def client(gateway: Sidecar):
    with OpenAI(base_url=gateway.base, api_key=MASTER_KEY, max_retries=0, timeout=20) as client:
        yield client


def test_chat(client: OpenAI, upstream: Upstream) -> None:
    answer = client.chat.completions.create(model="chat", messages=HI)
    assert answer.choices[0].message.content == "Grüße aus Oslo 🌍"
    assert answer.model == "chat"
    assert answer.usage and answer.usage.prompt_tokens == 18
    sent = upstream.next_request()
    assert sent.json == {"model": "up-chat", "messages": HI}
    assert sent.header("authorization") == f"Bearer {UPSTREAM_KEY}"


def test_stream(client: OpenAI) -> None:
    events = list(client.chat.completions.create(model="chat", messages=HI, stream=True))
    assert "".join(e.choices[0].delta.content or "" for e in events) == "Grüße aus Oslo 🌍"
    assert events[-1].choices[0].finish_reason == "stop"
    assert {event.model for event in events} == {"chat"}


def test_stream_with_usage_asked_for(client: OpenAI) -> None:
    events = list(client.chat.completions.create(
        model="chat", messages=HI, stream=True, stream_options={"include_usage": True}))
    assert events[-1].choices == []
    assert events[-1].usage and events[-1].usage.completion_tokens == 12
    assert all(event.usage is None for event in events[:-1])


def test_usage_not_asked_for_stays_hidden(client: OpenAI, upstream: Upstream) -> None:
    events = list(client.chat.completions.create(model="chat", messages=HI, stream=True))
    assert upstream.next_request().json["stream_options"] == {"include_usage": True}
    assert all(event.choices and event.usage is None for event in events)


def test_tools(client: OpenAI) -> None:
    answer = client.chat.completions.create(model="chat", messages=HI, tools=[WEATHER])
    calls = answer.choices[0].message.tool_calls
    assert calls and calls[0].function.name == "get_weather"
    assert calls[0].function.arguments == '{"city":"Oslo"}'


def test_tools_in_a_stream(client: OpenAI) -> None:
    with client.chat.completions.stream(model="chat", messages=HI, tools=[WEATHER]) as stream:
        final = stream.get_final_completion()
    calls = final.choices[0].message.tool_calls
    assert calls and calls[0].function.arguments == '{"city":"Oslo"}'


def test_structured_output(client: OpenAI, upstream: Upstream) -> None:
    class City(BaseModel):
        city: str

    answer = client.chat.completions.parse(model="chat", messages=HI, response_format=City)
    assert answer.choices[0].message.parsed == City(city="Oslo")
    assert upstream.next_request().json["response_format"]["type"] == "json_schema"


@pytest.mark.parametrize("encoding", ["float", "base64", None])
def test_embeddings(client: OpenAI, encoding: str | None) -> None:
    options = {"encoding_format": encoding} if encoding else {}
    answer = client.embeddings.create(model="chat", input=["one", "two"], **options)
    assert answer.model == "chat"
    assert len(answer.data) == 2
    if encoding != "base64":
        assert list(answer.data[0].embedding) == [0.5, -0.25, 1.0]


def test_completions(client: OpenAI) -> None:
    answer = client.completions.create(model="chat", prompt="tell")
    assert answer.choices[0].text == "once upon"
    stream = client.completions.create(model="chat", prompt="tell", stream=True)
    assert "".join(event.choices[0].text for event in stream) == "once upon"


def test_responses(client: OpenAI) -> None:
    assert client.responses.create(model="chat", input="tell").output_text == "once upon"


def test_transcription_goes_through_as_a_form(client: OpenAI, upstream: Upstream) -> None:
    sound = bytes(range(256)) * 100
    answer = client.audio.transcriptions.create(
        model="chat", file=("a.wav", io.BytesIO(sound), "audio/wav"), prompt="Grüße 🌍")
    assert "heard" in answer.text
    sent = upstream.next_request()
    assert sent.model == "up-chat"
    assert sound in sent.body
    assert "Grüße 🌍".encode() in sent.body
    assert b"chat" not in sent.body.replace(b"up-chat", b"")


def test_lists_models(client: OpenAI) -> None:
    models = {model.id: model for model in client.models.list()}
    assert {"chat", "mock", "meta-llama/Llama-3.2-1B-Instruct"} <= set(models)
    assert models["chat"].object == "model"


@pytest.mark.parametrize("name", ["chat", "meta-llama/Llama-3.2-1B-Instruct"])
def test_retrieves_a_model(client: OpenAI, name: str) -> None:
    assert client.models.retrieve(name).id == name


def test_an_unknown_model_is_not_retrieved(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("nothing")


def test_wrong_key(gateway: Sidecar, upstream: Upstream) -> None:
    client = OpenAI(base_url=gateway.base, api_key="sk-wrong", max_retries=0)
    with pytest.raises(openai.AuthenticationError) as raised:
        client.chat.completions.create(model="chat", messages=HI)
    assert raised.value.code == "401"
    assert "sk-wrong" not in str(raised.value)
    assert upstream.requests == []


def test_unknown_model(client: OpenAI, upstream: Upstream) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        client.chat.completions.create(model="nothing", messages=HI)
    assert "nothing" in raised.value.message
    assert upstream.requests == []


@pytest.mark.parametrize("stream", [False, True])
def test_mock_response(client: OpenAI, stream: bool) -> None:
    answer = client.chat.completions.create(model="mock", messages=HI, stream=stream)
    if stream:
        events = list(answer)
        assert "".join(e.choices[0].delta.content or "" for e in events) == "Grüße vom Mock 🌍"
        assert events[-1].choices[0].finish_reason == "stop"
    else:
        assert answer.choices[0].message.content == "Grüße vom Mock 🌍"
        assert answer.model == "mock"


def test_a_200_kilobyte_prompt(client: OpenAI, upstream: Upstream) -> None:
    prompt = "Der Fluß trägt 🌊 Wasser. \\ \" " * 7000
    assert len(prompt.encode()) > 200_000
    client.chat.completions.create(model="chat", messages=[{"role": "user", "content": prompt}])
    assert upstream.next_request().json["messages"][0]["content"] == prompt


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_stream_split_at_awkward_bytes(client: OpenAI, upstream: Upstream, size: int) -> None:
    text = "aß🌍👩‍👩‍👧 end"

    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        # The event is cut into HTTP chunks of a few bytes, so that one ends inside an emoji, and
        # the bytes go out a few at a time too, so that one send ends inside a chunk's CR LF.
        from behaviours import delta
        from upstream import chunk, compact

        event = b"data: " + compact(delta(exchange, {"content": text})) + b"\n\n"
        exchange.start_stream()
        framed = b"".join(chunk(event[i : i + size]) for i in range(0, len(event), size))
        exchange.send_in_pieces(framed, size)
        exchange.end_stream()

    events = list(client.chat.completions.create(model="chat", messages=HI, stream=True))
    assert "".join(e.choices[0].delta.content or "" for e in events) == text


def test_chunks_leave_as_they_arrive(client: OpenAI, upstream: Upstream) -> None:
    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        from behaviours import delta

        exchange.start_stream()
        for number in range(4):
            exchange.event(delta(exchange, {"content": f"{time.monotonic()}"}))
            time.sleep(0.15)
        exchange.end_stream()

    events = client.chat.completions.create(model="chat", messages=HI, stream=True)
    delays = [time.monotonic() - float(event.choices[0].delta.content) for event in events]
    assert len(delays) == 4
    assert max(delays) < 0.12


def test_fifty_at_a_time(gateway: Sidecar, upstream: Upstream) -> None:
    async def ask(client: AsyncOpenAI, number: int) -> str:
        messages = [{"role": "user", "content": f"question {number}"}]
        if number % 2:
            answer = await client.chat.completions.create(model="chat", messages=messages)
            return answer.choices[0].message.content or ""
        stream = await client.chat.completions.create(
            model="chat", messages=messages, stream=True)
        return "".join([event.choices[0].delta.content or "" async for event in stream])

    async def all_of_them() -> list[str]:
        async with AsyncOpenAI(
            base_url=gateway.base, api_key=MASTER_KEY, max_retries=0, timeout=30
        ) as client:
            return await asyncio.gather(*(ask(client, number) for number in range(50)))

    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        from behaviours import chat, stream_words

        time.sleep(0.05)
        question = exchange.json["messages"][0]["content"]
        if exchange.json.get("stream"):
            return stream_words(exchange, [question])
        chat(exchange)

    answers = asyncio.run(all_of_them())
    assert answers[1::2] == ["Grüße aus Oslo 🌍"] * 25
    assert answers[::2] == [f"question {number}" for number in range(0, 50, 2)]
    assert len(upstream.requests) == 50


def test_closing_a_stream_cancels_it_upstream(client: OpenAI, upstream: Upstream) -> None:
    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        from behaviours import delta

        exchange.start_stream()
        exchange.event(delta(exchange, {"content": "first"}))
        assert exchange.wait_closed(5), "the upstream was left running"

    stream = client.chat.completions.create(model="chat", messages=HI, stream=True)
    next(iter(stream))
    left = time.monotonic()
    stream.close()
    exchange = upstream.next_request()
    assert exchange.finished.wait(6)
    assert exchange.closed_at and exchange.closed_at - left < 0.5


def test_cancelling_an_async_call_cancels_it_upstream(
    gateway: Sidecar, upstream: Upstream
) -> None:
    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        assert exchange.wait_closed(5), "the upstream was left running"

    async def cancel() -> float:
        async with AsyncOpenAI(
            base_url=gateway.base, api_key=MASTER_KEY, max_retries=0
        ) as client:
            call = asyncio.create_task(
                client.chat.completions.create(model="chat", messages=HI))
            await asyncio.to_thread(upstream.arrived.get, True, 5)
            call.cancel()
            left = time.monotonic()
            with pytest.raises(asyncio.CancelledError):
                await call
            return left

    left = asyncio.run(cancel())
    exchange = upstream.requests[0]
    assert exchange.finished.wait(6)
    assert exchange.closed_at and exchange.closed_at - left < 0.5
