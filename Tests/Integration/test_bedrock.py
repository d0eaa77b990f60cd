"""Chat on Bedrock: the official OpenAI SDK, through the sidecar, to Converse and back."""

import base64
import json

import openai
import pytest
from bedrock import Bedrock, Call
from bedrock_answers import ARGUMENTS, WORDS, reply
from bedrock_models import (BY_REFERENCE, CHAT, HAIKU, SONNET_3_7, SONNET_4_5, model,
                            references)
from conftest import configuration
from openai import OpenAI
from pydantic import BaseModel
from sidecar import Sidecar

HI = [{"role": "user", "content": "Hi"}]
SAID_HI = {"role": "user", "content": [{"text": "Hi"}]}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
PDF = b"%PDF-1.4 small"


def function(name: str, **more: object) -> dict:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    return {"type": "function", "function": {"name": name, "parameters": schema, **more}}


def data_url(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def call_of(identifier: str, name: str = "get_weather", arguments: str = "{}") -> dict:
    return {"id": identifier, "type": "function",
            "function": {"name": name, "arguments": arguments}}


@pytest.fixture
def client(bedrock_gateway: Sidecar):
    with OpenAI(base_url=bedrock_gateway.base, api_key="none", max_retries=0, timeout=20) as client:
        yield client


@pytest.fixture
def sent(client: OpenAI, bedrock: Bedrock):
    """Asks, and gives the body that arrived at Bedrock."""

    def ask(messages: list | None = None, model: str = "claude", **more: object) -> dict:
        client.chat.completions.create(model=model, messages=messages or HI, **more)
        return bedrock.calls[-1].body

    return ask


@pytest.fixture
def refused(client: OpenAI, bedrock: Bedrock):
    """Asks for what is a 400 of the sidecar's own, and gives the error."""

    def ask(messages: list | None = None, model: str = "claude", **more: object):
        with pytest.raises(openai.BadRequestError) as caught:
            client.chat.completions.create(model=model, messages=messages or HI, **more)
        assert bedrock.calls == [], "nothing was sent"
        assert caught.value.type == "invalid_request_error"
        return caught.value

    return ask


# A plain call

@pytest.mark.parametrize("name", CHAT)
def test_chat(client: OpenAI, bedrock: Bedrock, name: str) -> None:
    answer = client.chat.completions.create(model=name, messages=HI)
    (choice,) = answer.choices
    assert (choice.index, choice.finish_reason) == (0, "stop")
    assert (choice.message.role, choice.message.content) == ("assistant", WORDS)
    assert choice.message.tool_calls is None
    assert answer.object == "chat.completion" and answer.model == name
    (call,) = bedrock.calls
    assert answer.id == f"chatcmpl-{call.request_id}"
    assert call.operation == "Converse" and call.model == CHAT[name].removeprefix("converse/")
    assert call.body == {"messages": [SAID_HI]}


def test_the_path_is_encoded_once(client: OpenAI, bedrock: Bedrock) -> None:
    client.chat.completions.create(model="profile", messages=HI)
    assert bedrock.calls[0].exchange.target == (
        "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-profile"
        "%2Fa1b2c3d4e5f6/converse")


def test_a_path_in_the_endpoint_is_kept(start, bedrock: Bedrock) -> None:
    sidecar = start(configuration([model("claude", HAIKU, bedrock.base + "/proxy/aws/",
                                         **BY_REFERENCE)]),
                    environment=references(bedrock.keys.issue()))
    body = {"model": "claude", "messages": HI}
    assert sidecar.request("POST", "/v1/chat/completions", body).status == 200
    assert bedrock.calls[0].exchange.target.startswith("/proxy/aws/model/us.anthropic.")


def test_no_header_of_the_clients_goes_to_aws(bedrock_gateway: Sidecar, bedrock: Bedrock) -> None:
    headers = {"authorization": "Bearer sk-client", "x-amz-security-token": "forged",
               "x-forwarded-for": "10.0.0.1", "cookie": "a=b", "x-amz-date": "20200101T000000Z"}
    response = bedrock_gateway.request("POST", "/v1/chat/completions",
                                       {"model": "claude", "messages": HI}, headers)
    assert response.status == 200
    exchange = bedrock.calls[0].exchange
    arrived = {name for name, _ in exchange.headers}
    assert not arrived & {"x-forwarded-for", "cookie", "x-amz-security-token", "expect"}
    assert b"sk-client" not in exchange.head


def test_only_the_public_name_is_told(bedrock_gateway: Sidecar, bedrock: Bedrock) -> None:
    for streamed in (False, True):
        response = bedrock_gateway.request("POST", "/v1/chat/completions", {
            "model": "claude", "messages": HI, "stream": streamed})
        assert b'"model":"claude"' in response.body.replace(b": ", b":")
        assert b"anthropic" not in response.body


def test_tokens_are_counted(client: OpenAI, bedrock_gateway: Sidecar) -> None:
    def counts() -> list[float]:
        metrics = bedrock_gateway.metrics()
        return [metrics.total(f"litellm_{kind}_tokens_metric_total") for kind in
                ("input", "output", "total")]

    before = counts()
    client.chat.completions.create(model="claude", messages=HI)
    list(client.chat.completions.create(model="claude", messages=HI, stream=True))
    assert [after - was for after, was in zip(counts(), before, strict=True)] == [36, 24, 60]


# Messages

def test_system_and_developer(sent) -> None:
    body = sent([{"role": "system", "content": "Be brief."}, {"role": "developer", "content": [
        {"type": "text", "text": "In Norwegian."}, {"type": "text", "text": "No jokes."}]}, *HI])
    assert body == {"messages": [SAID_HI], "system": [
        {"text": "Be brief."}, {"text": "In Norwegian."}, {"text": "No jokes."}]}


def test_a_later_system_message_is_hoisted(sent) -> None:
    body = sent([*HI, {"role": "system", "content": "Be brief."}, {"role": "user", "content": "?"}])
    assert body["system"] == [{"text": "Be brief."}]
    assert body["messages"] == [{"role": "user", "content": [{"text": "Hi"}, {"text": "?"}]}]


def test_turns_are_merged_and_blanks_left_out(sent) -> None:
    body = sent([*HI, {"role": "user", "content": " \n"}, {"role": "user", "content": [
        {"type": "text", "text": "a"}, {"type": "text", "text": ""}]},
        {"role": "assistant", "content": ""}, {"role": "assistant", "content": "b"},
        {"role": "assistant", "content": "c"}, {"role": "user", "content": "d"}])
    assert body["messages"] == [
        {"role": "user", "content": [{"text": "Hi"}, {"text": "a"}]},
        {"role": "assistant", "content": [{"text": "b"}, {"text": "c"}]},
        {"role": "user", "content": [{"text": "d"}]}]


def test_a_prefill_is_trimmed(sent) -> None:
    body = sent([*HI, {"role": "assistant", "content": "Well, \n"}])
    assert body["messages"][-1] == {"role": "assistant", "content": [{"text": "Well,"}]}


@pytest.mark.parametrize("messages", [
    [{"role": "assistant", "content": "a"}], [{"role": "system", "content": "a"}],
    [{"role": "user", "content": " "}]])
def test_a_conversation_must_start_with_the_user(refused, messages: list) -> None:
    assert "user message" in refused(messages).message


def test_any_text_arrives_as_it_was(sent) -> None:
    text = 'Grüße "世界" \\ \x1f \u2028 🌍 ' + "x" * 100_000 + " end"
    assert sent([{"role": "user", "content": text}])["messages"][0]["content"] == [{"text": text}]


@pytest.mark.parametrize(("kind", "name", "magic"), [
    ("png", "png", PNG), ("jpeg", "jpeg", b"\xff\xd8\xff" + bytes(9)),
    ("jpg", "jpeg", b"\xff\xd8\xff" + bytes(9)), ("gif", "gif", b"GIF89a" + bytes(9)),
    ("webp", "webp", b"RIFF" + bytes(4) + b"WEBP")])
def test_images(sent, bedrock: Bedrock, kind: str, name: str, magic: bytes) -> None:
    url = {"url": data_url(f"image/{kind}", magic), "detail": "high"}
    sent([{"role": "user", "content": [{"type": "image_url", "image_url": url},
                                       {"type": "text", "text": "?"}]}])
    assert bedrock.calls[0].parameters["messages"][0]["content"] == [
        {"image": {"format": name, "source": {"bytes": magic}}}, {"text": "?"}]


@pytest.mark.parametrize("url", [
    "https://example.com/a.png", "http://169.254.169.254/a.png", "data:image/tiff;base64,AAAA",
    "data:image/png;base64,%%%", "data:image/png,abc", "file:///etc/passwd", ""])
def test_an_image_that_cannot_be_passed_on(refused, url: str) -> None:
    refused([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}},
                                          {"type": "text", "text": "?"}]}])


def test_documents(sent, bedrock: Bedrock) -> None:
    file = {"filename": "Q3: report_final.pdf", "file_data": data_url("application/pdf", PDF)}
    sent([{"role": "user", "content": [{"type": "file", "file": file},
                                       {"type": "file", "file": file}]}])
    content = bedrock.calls[0].parameters["messages"][0]["content"]
    documents = [block["document"] for block in content if "document" in block]
    assert [document["source"] for document in documents] == [{"bytes": PDF}] * 2
    assert {document["format"] for document in documents} == {"pdf"}
    assert documents[0]["name"] != documents[1]["name"]
    assert any("text" in block for block in content), "a document needs a text beside it"


def test_a_files_identifier_means_nothing_there(refused) -> None:
    refused([{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}},
                                          {"type": "text", "text": "?"}]}])


# Tools

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}


def test_a_tool_is_called(client: OpenAI, bedrock: Bedrock) -> None:
    answer = client.chat.completions.create(
        model="claude", messages=HI, tools=[function("get_weather", description="Tells it.")])
    (choice,) = answer.choices
    assert choice.finish_reason == "tool_calls" and choice.message.content is None
    (call,) = choice.message.tool_calls
    assert (call.id, call.type) == ("tooluse_kZJMlvQmRJ6eAyJE5GIl7Q", "function")
    assert json.loads(call.function.arguments) == ARGUMENTS
    assert "ü" in call.function.arguments
    spec = {"name": "get_weather", "description": "Tells it.", "inputSchema": {"json": SCHEMA}}
    assert bedrock.calls[0].body["toolConfig"]["tools"] == [{"toolSpec": spec}]


def test_parallel_tools_whole_and_streamed(client: OpenAI, bedrock: Bedrock) -> None:
    uses = [{"toolUse": {"toolUseId": f"tooluse_{n}", "name": n, "input": i}}
            for n, i in (("f", ARGUMENTS), ("g", {}), ("f", {"x": [1, {"y": None}]}))]
    uses[2]["toolUse"]["toolUseId"] = "tooluse_f2"

    @bedrock.behaviour(HAIKU)
    def _(call: Call) -> None:
        reply(call, {"text": "Let me see."}, *uses, stop="tool_use")

    tools = [function("f"), function("g")]
    whole = client.chat.completions.create(model="claude", messages=HI, tools=tools)
    with client.chat.completions.stream(model="claude", messages=HI, tools=tools) as stream:
        streamed = stream.get_final_completion()
    for answer in (whole, streamed):
        message = answer.choices[0].message
        assert message.content == "Let me see."
        assert answer.choices[0].finish_reason == "tool_calls"
        made = [(c.id, c.function.name, json.loads(c.function.arguments))
                for c in message.tool_calls]
        assert made == [(u["toolUse"]["toolUseId"], u["toolUse"]["name"], u["toolUse"]["input"])
                        for u in uses]
        assert message.tool_calls[1].function.arguments == "{}"


def test_indices_of_streamed_tools_count_tools(client: OpenAI, bedrock: Bedrock) -> None:
    @bedrock.behaviour(HAIKU)
    def _(call: Call) -> None:
        reply(call, {"text": "a"}, *[{"toolUse": {"toolUseId": f"t{n}", "name": "f", "input": {}}}
                                     for n in range(3)], stop="tool_use")

    events = client.chat.completions.create(
        model="claude", messages=HI, tools=[function("f")], stream=True)
    starts = [call for event in events for call in event.choices[0].delta.tool_calls or []
              if call.id]
    assert [(call.index, call.id) for call in starts] == [(0, "t0"), (1, "t1"), (2, "t2")]


def test_results_go_back_in_one_turn(sent) -> None:
    body = sent([*HI, {"role": "assistant", "content": "Hm.", "tool_calls": [
        call_of("t1", arguments='{"city": "Oslo"}'), call_of("t2", arguments="")]},
        {"role": "tool", "tool_call_id": "t1", "content": '{"c": 7}'},
        {"role": "tool", "tool_call_id": "t2", "content": [
            {"type": "text", "text": "rain"},
            {"type": "image_url", "image_url": {"url": data_url("image/png", PNG)}}]},
        {"role": "user", "content": "So?"}], tools=[function("get_weather")])
    assistant, user = body["messages"][1:]
    assert assistant["content"] == [
        {"text": "Hm."},
        {"toolUse": {"toolUseId": "t1", "name": "get_weather", "input": {"city": "Oslo"}}},
        {"toolUse": {"toolUseId": "t2", "name": "get_weather", "input": {}}}]
    first, second, text = user["content"]
    assert first == {"toolResult": {"toolUseId": "t1", "content": [{"text": '{"c": 7}'}]}}
    assert [next(iter(block)) for block in second["toolResult"]["content"]] == ["text", "image"]
    assert text == {"text": "So?"}


def test_a_history_of_tools_without_tools(sent) -> None:
    """Bedrock demands their description; it is made up from the history."""
    body = sent([*HI, {"role": "assistant", "tool_calls": [call_of("t1")]},
                 {"role": "tool", "tool_call_id": "t1", "content": "7"}])
    (tool,) = body["toolConfig"]["tools"]
    assert tool["toolSpec"]["name"] == "get_weather"
    assert tool["toolSpec"]["inputSchema"]["json"]["type"] == "object"


@pytest.mark.parametrize("content", ["", "  ", []])
def test_an_empty_result_is_still_one(sent, content: object) -> None:
    body = sent([*HI, {"role": "assistant", "tool_calls": [call_of("t1")]},
                 {"role": "tool", "tool_call_id": "t1", "content": content}],
                tools=[function("get_weather")])
    (block,) = body["messages"][-1]["content"]
    assert block["toolResult"]["content"] == [{"text": "(empty)"}]


@pytest.mark.parametrize("arguments", ["{", "[1]", '"text"', "7"])
def test_arguments_that_are_no_object(refused, arguments: str) -> None:
    refused([*HI, {"role": "assistant", "tool_calls": [call_of("t1", arguments=arguments)]},
             {"role": "tool", "tool_call_id": "t1", "content": "7"}],
            tools=[function("get_weather")])


def test_names_that_bedrock_does_not_take_are_renamed_and_back(
    client: OpenAI, bedrock: Bedrock
) -> None:
    long = "server.tools/" + "x" * 80
    history = [*HI, {"role": "assistant", "tool_calls": [call_of("call|1/ü", long)]},
               {"role": "tool", "tool_call_id": "call|1/ü", "content": "7"},
               {"role": "user", "content": "again"}]

    @bedrock.behaviour(HAIKU)
    def _(call: Call) -> None:
        name = call.body["toolConfig"]["tools"][0]["toolSpec"]["name"]
        reply(call, {"toolUse": {"toolUseId": "t9", "name": name, "input": {}}}, stop="tool_use")

    for streamed in (False, True):
        choice = {"type": "function", "function": {"name": long}}
        arguments = {"model": "claude", "messages": history, "tools": [function(long)],
                     "tool_choice": choice}
        if streamed:
            with client.chat.completions.stream(**arguments) as stream:
                answer = stream.get_final_completion()
        else:
            answer = client.chat.completions.create(**arguments)
        assert answer.choices[0].message.tool_calls[0].function.name == long
    body = bedrock.calls[0].body
    name = body["toolConfig"]["tools"][0]["toolSpec"]["name"]
    assert body["toolConfig"]["toolChoice"] == {"tool": {"name": name}}
    use, result = (body["messages"][place]["content"][0] for place in (1, 2))
    assert use["toolUse"]["name"] == name
    assert use["toolUse"]["toolUseId"] == result["toolResult"]["toolUseId"]


@pytest.mark.parametrize(("choice", "expected"), [
    (None, None), ("auto", None), ("required", {"any": {}}),
    ({"type": "function", "function": {"name": "f"}}, {"tool": {"name": "f"}})])
def test_tool_choice(sent, choice: object, expected: dict | None) -> None:
    more = {} if choice is None else {"tool_choice": choice}
    made = sent(tools=[function("f")], **more)["toolConfig"].get("toolChoice")
    assert made == expected or expected is None and made == {"auto": {}}


def test_tool_choice_none(sent) -> None:
    assert "toolConfig" not in sent(tools=[function("f")], tool_choice="none")


def test_tools_one_at_a_time(sent) -> None:
    body = sent(tools=[function("f")], parallel_tool_calls=False)
    choice = body["additionalModelRequestFields"]["tool_choice"]
    assert choice["disable_parallel_tool_use"] is True
    assert "additionalModelRequestFields" not in sent(tools=[function("f")],
                                                      parallel_tool_calls=True)
    assert "additionalModelRequestFields" not in sent(
        model="nova", tools=[function("f")], parallel_tool_calls=False)


@pytest.mark.parametrize("parameters", [None, {}, {"properties": {}}])
def test_a_schema_without_a_type(sent, parameters: dict | None) -> None:
    tool = {"type": "function", "function": {"name": "f"}}
    if parameters is not None:
        tool["function"]["parameters"] = parameters
    (made,) = sent(tools=[tool])["toolConfig"]["tools"]
    assert made["toolSpec"]["inputSchema"]["json"]["type"] == "object"


# Parameters

def test_what_goes_where(sent) -> None:
    body = sent(max_tokens=9, temperature=0.5, top_p=0.75, stop=["a", "", "b"],
                service_tier="flex", user="u", n=1, logprobs=False, presence_penalty=0,
                extra_body={"top_k": 5})
    assert body == {
        "messages": [SAID_HI],
        "inferenceConfig": {"maxTokens": 9, "temperature": 0.5, "topP": 0.75,
                            "stopSequences": ["a", "b"]},
        "serviceTier": {"type": "flex"}, "additionalModelRequestFields": {"top_k": 5}}


def test_the_newer_name_of_a_limit_wins(sent) -> None:
    body = sent(max_tokens=9, max_completion_tokens=7)
    assert body["inferenceConfig"] == {"maxTokens": 7}


def test_temperature_is_clamped(sent) -> None:
    assert sent(temperature=1.7)["inferenceConfig"] == {"temperature": 1}


def test_novas_top_k(sent) -> None:
    body = sent(model="nova", extra_body={"top_k": 5})
    assert body["additionalModelRequestFields"] == {"inferenceConfig": {"topK": 5}}


def test_extensions_of_bedrock(sent) -> None:
    extra = {
        "guardrailConfig": {"guardrailIdentifier": "abc", "guardrailVersion": "1"},
        "performanceConfig": {"latency": "optimized"}, "requestMetadata": {"team": "search"},
        "additionalModelRequestFields": {"anthropic_beta": ["a"]},
        "additionalModelResponseFieldPaths": ["/usage"]}
    body = sent(extra_body=extra)
    assert {name: body[name] for name in extra} == extra


#: What Converse has no place for.
UNSUPPORTED = {"n": 2, "seed": 7, "logprobs": True, "top_logprobs": 2, "logit_bias": {"1": 2},
               "presence_penalty": 0.5, "frequency_penalty": 0.5, "store": True,
               "modalities": ["text", "audio"]}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_is_refused_without_drop_params(refused, name: str) -> None:
    error = refused(**{name: UNSUPPORTED[name]})
    assert error.param == name and name in error.message


def test_what_is_dropped_with_it(client: OpenAI, bedrock: Bedrock, sent) -> None:
    assert sent(model="dropping", **UNSUPPORTED) == {"messages": [SAID_HI]}
    client.chat.completions.create(model="claude", messages=HI, seed=7,
                                   extra_body={"drop_params": True})
    assert bedrock.calls[-1].body == {"messages": [SAID_HI]}


# Caching

EPHEMERAL = {"cache_control": {"type": "ephemeral"}}
POINT = {"cachePoint": {"type": "default"}}


def test_cache_points(sent) -> None:
    body = sent([{"role": "system", "content": [{"type": "text", "text": "s", **EPHEMERAL}]},
                 {"role": "user", "content": [{"type": "text", "text": "a", **EPHEMERAL},
                                              {"type": "text", "text": "b"}]}],
                tools=[{**function("f"), **EPHEMERAL}])
    assert body["system"] == [{"text": "s"}, POINT]
    assert body["messages"][0]["content"] == [{"text": "a"}, POINT, {"text": "b"}]
    assert [next(iter(tool)) for tool in body["toolConfig"]["tools"]] == ["toolSpec", "cachePoint"]


def test_a_model_without_a_cache_gets_none(sent) -> None:
    body = sent([{"role": "user", "content": [{"type": "text", "text": "a", **EPHEMERAL}]}],
                model="llama")
    assert body["messages"][0]["content"] == [{"text": "a"}]


def test_cached_tokens_are_part_of_the_prompts(client: OpenAI, bedrock: Bedrock) -> None:
    usage = {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15, "cacheReadInputTokens": 100,
             "cacheWriteInputTokens": 20}

    @bedrock.behaviour(HAIKU)
    def _(call: Call) -> None:
        reply(call, {"text": "a"}, usage=usage)

    whole = client.chat.completions.create(model="claude", messages=HI).usage
    *_, last = client.chat.completions.create(
        model="claude", messages=HI, stream=True, stream_options={"include_usage": True})
    for found in (whole, last.usage):
        assert (found.prompt_tokens, found.completion_tokens, found.total_tokens) == (130, 5, 135)
        assert found.prompt_tokens_details.cached_tokens == 100
        assert found.cache_read_input_tokens == 100
        assert found.cache_creation_input_tokens == 20


# Structured output

class City(BaseModel):
    city: str


def test_a_schema_natively(client: OpenAI, bedrock: Bedrock) -> None:
    bedrock.behaviours[SONNET_4_5] = lambda call: reply(call, {"text": '{"city":"Oslo"}'})
    answer = client.chat.completions.parse(model="schema", messages=HI, response_format=City)
    assert answer.choices[0].message.parsed == City(city="Oslo")
    form = bedrock.calls[0].body["outputConfig"]["textFormat"]
    assert form["type"] == "json_schema"
    schema = json.loads(form["structure"]["jsonSchema"]["schema"])
    assert schema["additionalProperties"] is False and "city" in schema["properties"]
    assert "toolConfig" not in bedrock.calls[0].body


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_schema_by_a_tool(client: OpenAI, bedrock: Bedrock, streamed: bool) -> None:
    """The model is made to call one tool, whose arguments are the answer."""
    @bedrock.behaviour(HAIKU)
    def _(call: Call) -> None:
        name = call.body["toolConfig"]["toolChoice"]["tool"]["name"]
        use = {"toolUseId": "t1", "name": name, "input": {"city": "Oslo"}}
        reply(call, {"toolUse": use}, stop="tool_use")

    if streamed:
        with client.chat.completions.stream(
                model="claude", messages=HI, response_format=City) as stream:
            answer = stream.get_final_completion()
    else:
        answer = client.chat.completions.parse(model="claude", messages=HI, response_format=City)
    (choice,) = answer.choices
    assert choice.message.parsed == City(city="Oslo")
    assert choice.finish_reason == "stop" and not choice.message.tool_calls
    (tool,) = bedrock.calls[0].body["toolConfig"]["tools"]
    assert "city" in tool["toolSpec"]["inputSchema"]["json"]["properties"]


# Reasoning

SIGNATURE = "EqQBCgIYAhIM+/=="
THOUGHTS = [{"reasoningContent": {"reasoningText": {"text": "Let me think 🌍",
                                                    "signature": SIGNATURE}}},
            {"reasoningContent": {"redactedContent": base64.b64encode(b"hidden").decode()}}]


@pytest.mark.parametrize(("effort", "budget"), [("low", 1024), ("medium", 2048), ("high", 4096)])
def test_effort_is_a_budget(sent, effort: str, budget: int) -> None:
    body = sent(model="thinker", reasoning_effort=effort)
    assert body["additionalModelRequestFields"]["thinking"] == {
        "type": "enabled", "budget_tokens": budget}
    assert body["inferenceConfig"]["maxTokens"] == budget + 4096


def test_a_budget_fits_below_the_limit(sent) -> None:
    body = sent(model="thinker", reasoning_effort="high", max_tokens=2000)
    assert body["additionalModelRequestFields"]["thinking"]["budget_tokens"] == 1999
    body = sent(model="thinker", reasoning_effort="high", max_tokens=500)
    assert "thinking" not in body.get("additionalModelRequestFields", {})


def test_no_effort(sent) -> None:
    assert sent(model="thinker", reasoning_effort="none") == {"messages": [SAID_HI]}


def test_a_model_that_does_not_think(refused) -> None:
    assert refused(reasoning_effort="low").param == "reasoning_effort"


def test_thinking_forces_no_tool(sent) -> None:
    body = sent(model="thinker", reasoning_effort="low", tools=[function("f")],
                tool_choice="required")
    assert body["toolConfig"].get("toolChoice", {"auto": {}}) == {"auto": {}}


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_thoughts_come_and_go_back_unchanged(
    client: OpenAI, bedrock: Bedrock, streamed: bool
) -> None:
    use = {"toolUse": {"toolUseId": "t1", "name": "get_weather", "input": ARGUMENTS}}

    @bedrock.behaviour(SONNET_3_7)
    def _(call: Call) -> None:
        if len(call.body["messages"]) > 1:
            return reply(call, {"text": WORDS})
        return reply(call, *THOUGHTS, use, stop="tool_use")

    arguments = {"model": "thinker", "tools": [function("get_weather")], "reasoning_effort": "low"}
    answer = client.chat.completions.create(messages=HI, stream=streamed, **arguments)
    if streamed:
        deltas = [event.choices[0].delta for event in answer if event.choices]
        reasoning = "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas)
        blocks = [block for delta in deltas
                  for block in getattr(delta, "thinking_blocks", None) or []]
    else:
        message = answer.choices[0].message
        reasoning, blocks = message.reasoning_content, message.thinking_blocks
    assert reasoning == "Let me think 🌍"
    assert blocks == [
        {"type": "thinking", "thinking": "Let me think 🌍", "signature": SIGNATURE},
        {"type": "redacted_thinking", "data": base64.b64encode(b"hidden").decode()}]
    history = [*HI, {"role": "assistant", "thinking_blocks": blocks, "tool_calls": [
        call_of("t1", arguments=json.dumps(ARGUMENTS))]},
        {"role": "tool", "tool_call_id": "t1", "content": "7"}]
    again = client.chat.completions.create(messages=history, **arguments)
    assert again.choices[0].message.content == WORDS
    assert bedrock.calls[-1].body["messages"][1] == {
        "role": "assistant", "content": [*THOUGHTS, use]}


def test_without_its_thoughts_a_turn_goes_on_without_thinking(sent) -> None:
    body = sent([*HI, {"role": "assistant", "tool_calls": [call_of("t1")]},
                 {"role": "tool", "tool_call_id": "t1", "content": "7"}], model="thinker",
                tools=[function("get_weather")], reasoning_effort="low")
    assert "thinking" not in body.get("additionalModelRequestFields", {})
