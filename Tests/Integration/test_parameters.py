"""Parameters that table, request or provider take out of a body; what a request may ask for."""

import json

import pytest
from behaviours import ordinary
from conftest import configuration, deployment
from sidecar import Sidecar
from upstream import Exchange, Upstream

CHAT = "/v1/chat/completions"
HI = [{"role": "user", "content": "Hi"}]
#: Everything that some model refuses, and one that is nobody's.
EVERYTHING = {
    "temperature": 0.5, "top_p": 0.5, "n": 2, "seed": 7, "stop": ["x"], "logit_bias": {"1": 2},
    "presence_penalty": 0.1, "parallel_tool_calls": False, "response_format": {"type": "text"},
    "reasoning_effort": "low", "service_tier": "auto", "max_tokens": 9, "top_k": 3}


def entry(name: str, upstream: Upstream, model: str, **params: object) -> dict:
    """A deployment of any provider; its upstream's model is the last part of `model`."""
    made = deployment(name, upstream.base, None, **params)
    made["litellm_params"]["model"] = model
    made["model_info"] = {"id": name}
    return made


def sent(sidecar: Sidecar, upstream: Upstream, model: str, **body: object) -> dict:
    """What arrives of a request, without model and messages."""
    upstream.forget()
    response = sidecar.request("POST", CHAT, {"model": model, "messages": HI, **body})
    assert response.status == 200, response.body
    arrived = upstream.next_request().json
    assert arrived.pop("messages") == HI
    arrived.pop("model")
    return arrived


def without(*names: str, **changed: object) -> dict:
    return {key: value for key, value in {**EVERYTHING, **changed}.items() if key not in names}


# Parameters that are dropped by name

#: The entries, a body, and what is left of it, byte by byte.
DROPS = {
    "a name": (["seed"], b'{ "seed" : 1, "model":"m", "x":"seed"}', b'{ "model":"m", "x":"seed"}'),
    "the last": (["x"], b'{"model":"m" , "x" : [1, 2] }', b'{"model":"m" }'),
    "a member of a member": (
        ["a.b"], b'{"model":"m","a":{ "b" : 1 , "c":2},"b":3}',
        b'{"model":"m","a":{ "c":2},"b":3}'),
    "of one element": (
        ["a[1].b"], b'{"model":"m","a":[{"b":1},{"b":2, "c":3}]}',
        b'{"model":"m","a":[{"b":1},{"c":3}]}'),
    "of every element": (
        ["tools[*].function.strict"],
        b'{"model":"m","tools":[{"function":{"name":"f","strict":true}}, '
        b'{"function":{"strict":false}},7]}',
        b'{"model":"m","tools":[{"function":{"name":"f"}}, {"function":{}},7]}'),
    "deep": (
        ["a[*][0].b.c"], b'{"model":"m","a":[[{"b":{"c":[1]}}],[]]}',
        b'{"model":"m","a":[[{"b":{}}],[]]}'),
    "an escaped name": (["seed"], b'{"s\\u0065ed":1,"model":"m"}', b'{"model":"m"}'),
    "a name with a dot": (
        ["a.b"], b'{"a.b":1,"a":{"b":2},"model":"m"}', b'{"a":{"b":2},"model":"m"}'),
    "several": (
        ["x", "a.b", "y"], b'{"x":1,"a":{"b":1,"c":"\xc3\xbc"},"y":2,"model":"m"}',
        b'{"a":{"c":"\xc3\xbc"},"model":"m"}'),
    "nothing that is there": (
        ["z", "a.z", "a[0].b", "model"], b'{"a":{"b":1},"model":"m" }',
        b'{"a":{"b":1},"model":"m" }'),
}


@pytest.mark.parametrize("case", DROPS)
def test_names_and_paths(start, upstream: Upstream, case: str) -> None:
    """The table's and the request's do the same."""
    names, body, expected = DROPS[case]
    sidecar = start(configuration([
        entry("m", upstream, "hosted_vllm/m"),
        entry("of-the-table", upstream, "hosted_vllm/m", additional_drop_params=names)]))
    own = body.replace(b"{", b'{"additional_drop_params":' + json.dumps(names).encode() + b",", 1)
    for request in (own, body.replace(b'"model":"m"', b'"model":"of-the-table"')):
        upstream.forget()
        assert sidecar.request("POST", CHAT, request).status == 200
        arrived = upstream.next_request().body
        # White space before the first member that stays goes with what is before it.
        assert arrived.replace(b"{ ", b"{") == expected.replace(b"{ ", b"{")


def test_the_requests_are_added_to_the_tables(start, upstream: Upstream) -> None:
    sidecar = start(configuration([
        entry("m", upstream, "hosted_vllm/m", additional_drop_params=["seed", "a.b"])]))
    assert sent(sidecar, upstream, "m", seed=1, n=2, a={"b": 1, "c": 2, "d": 3}, top_p=1,
                additional_drop_params=["n", "a.c"]) == {"a": {"d": 3}, "top_p": 1}


@pytest.mark.parametrize("path, body", [
    ("/v1/completions", {"prompt": "Hi"}), ("/v1/embeddings", {"input": "Hi"}),
    ("/v1/responses", {"input": "Hi"}), ("/v1/messages", {"messages": HI})])
def test_they_are_dropped_at_every_endpoint(
    start, upstream: Upstream, path: str, body: dict
) -> None:
    sidecar = start(configuration([
        entry("m", upstream, "hosted_vllm/m", additional_drop_params=["user", "a.b"])]))
    more = {"model": "m", **body}
    response = sidecar.request("POST", path, {**more, "user": "u", "a": {"b": 1, "c": 2}})
    assert response.status == 200
    assert upstream.next_request().json == {**more, "a": {"c": 2}}


def form(fields: list[tuple[str, str]]) -> bytes:
    return "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields).encode() + b"--x--\r\n"


def test_a_forms_fields(start, upstream: Upstream) -> None:
    sidecar = start(configuration([
        entry("m", upstream, "hosted_vllm/m", additional_drop_params=["prompt"])]))
    kept = [("model", "m"), ("timestamp_granularities[]", "word"), ("file", "\x00RIFF")]
    taken = [("prompt", "p"), ("language", "de"), ("num_retries", "0"), ("tags[]", "a"),
             ("metadata[user]", "u"), ("fallbacks", '["m"]'), ("timeout", "30"),
             ("additional_drop_params", "language")]
    fields = [taken[0], kept[0], *taken[1:4], kept[1], *taken[4:], kept[2]]
    kind = {"content-type": "multipart/form-data; boundary=x"}
    assert sidecar.request("POST", "/v1/audio/transcriptions", form(fields), kind).status == 200
    assert upstream.next_request().body == form(kept)


# Parameters that the provider does not take

#: The provider and model, and what arrives of `EVERYTHING` with drop_params.
TAKEN = {
    "hosted_vllm/gpt-5": EVERYTHING,
    "openai/llama": EVERYTHING,
    "openai/gpt-4o": without("reasoning_effort"),
    "openai/o3-mini": {**without("temperature", "top_p", "stop", "logit_bias", "presence_penalty",
                                 "parallel_tool_calls", "max_tokens"),
                       "max_completion_tokens": 9},
    "openai/gpt-5-mini": {**without("temperature", "top_p", "stop", "logit_bias",
                                    "presence_penalty", "max_tokens"),
                          "max_completion_tokens": 9},
    "groq/llama": without("logit_bias", "n"),
    "mistral/large": {**without("seed", "logit_bias", "service_tier"), "random_seed": 7},
}


@pytest.mark.parametrize("model", TAKEN)
def test_what_a_provider_does_not_take(start, upstream: Upstream, model: str) -> None:
    sidecar = start(configuration(
        [entry("on", upstream, model, drop_params=True), entry("table", upstream, model),
         entry("off", upstream, model, drop_params=False)],
        litellm_settings={"drop_params": True}))
    for name in ("on", "table"):
        assert sent(sidecar, upstream, name, **EVERYTHING) == TAKEN[model]
        assert sent(sidecar, upstream, name, drop_params=False, **EVERYTHING) == EVERYTHING
    assert sent(sidecar, upstream, "off", **EVERYTHING) == EVERYTHING
    assert sent(sidecar, upstream, "off", drop_params=True, **EVERYTHING) == TAKEN[model]


@pytest.mark.parametrize("model", TAKEN)
def test_without_the_setting_everything_goes_on(start, upstream: Upstream, model: str) -> None:
    sidecar = start(configuration([entry("m", upstream, model)]))
    assert sent(sidecar, upstream, "m", **EVERYTHING) == EVERYTHING


def test_some_are_allowed_all_the_same(start, upstream: Upstream) -> None:
    sidecar = start(configuration(
        [entry("m", upstream, "openai/o3-mini", allowed_openai_params=["temperature"])],
        litellm_settings={"drop_params": True}))
    body = {"temperature": 0.5, "top_p": 0.5, "stop": "x"}
    assert sent(sidecar, upstream, "m", **body) == {"temperature": 0.5}
    assert sent(sidecar, upstream, "m", allowed_openai_params=["stop"], **body) == {
        "temperature": 0.5, "stop": "x"}


def test_a_pattern_goes_by_the_model_that_it_stands_for(start, upstream: Upstream) -> None:
    sidecar = start(configuration(
        [entry("openai/*", upstream, "openai/*")], litellm_settings={"drop_params": True}))
    for model, expected in (("o1", {}), ("gpt-4o", {"temperature": 0.5}), ("o1", {})):
        assert sent(sidecar, upstream, f"openai/{model}", temperature=0.5) == expected


def test_the_default_of_a_temperature_may_stay(start, upstream: Upstream) -> None:
    sidecar = start(configuration([entry("m", upstream, "openai/gpt-5", drop_params=True)]))
    assert sent(sidecar, upstream, "m", temperature=1, top_p=1) == {"temperature": 1}


def test_what_a_fallback_gets(start, upstream: Upstream) -> None:
    """A fallback's own members replace the request's, and its deployment's drops count for both."""
    sidecar = start(configuration([
        entry("m", upstream, "hosted_vllm/bad"),
        entry("spare", upstream, "openai/o3-mini", drop_params=True,
              additional_drop_params=["seed"])],
        router_settings={"num_retries": 0}))

    @upstream.behaviour("bad")
    def _(exchange: Exchange) -> None:
        exchange.answer(b'{"error":{"message":"no","code":500}}', 500)

    upstream.behaviours["o3-mini"] = ordinary
    response = sidecar.request("POST", CHAT, {
        "model": "m", "messages": HI, "top_p": 0.5, "seed": 1, "user": "u", "fallbacks": [
            {"model": "spare", "user": "v", "max_tokens": 9, "temperature": 0.5, "seed": 2}]})
    assert response.status == 200
    first, second = (exchange.json for exchange in upstream.requests)
    assert first == {"model": "bad", "messages": HI, "top_p": 0.5, "seed": 1, "user": "u"}
    assert second == {"model": "o3-mini", "messages": HI, "user": "v", "max_completion_tokens": 9}


# What a request must not ask for

WRONG = {
    "num_retries": -1, "timeout": "soon", "request_timeout": 100_000, "stream_timeout": [],
    "fallbacks": [{"temperature": 1}], "context_window_fallbacks": ["m"],
    "content_policy_fallbacks": {}, "disable_fallbacks": "perhaps", "tags": "a", "metadata": 1,
    "drop_params": 1, "additional_drop_params": "seed", "allowed_openai_params": [1],
    "allowed_model_region": 1}
HEADERS = {"x-litellm-num-retries": "many", "x-litellm-timeout": "-1",
           "x-litellm-stream-timeout": "1e9", "x-litellm-tags": "t" * 200}


@pytest.mark.parametrize("name", [*WRONG, *HEADERS])
def test_nonsense_is_refused_before_anything_is_sent(
    gateway: Sidecar, upstream: Upstream, auth: dict[str, str], name: str
) -> None:
    body = {"model": "chat", "messages": HI}
    headers = dict(auth)
    if name in HEADERS:
        headers[name] = HEADERS[name]
    else:
        body[name] = WRONG[name]
    response = gateway.request("POST", CHAT, body, headers)
    assert response.status == 400
    error = response.json["error"]
    assert (error["param"], error["code"]) == (name, "400") and name in error["message"]
    assert error["type"] == "invalid_request_error"
    assert upstream.requests == []


@pytest.mark.parametrize("member", [
    {"api_key": "sk-own"}, {"api_base": "http://127.0.0.1:9"}, {"mock_response": "x"},
    {"mock_testing_fallbacks": True}, {"num_retries": 1}, {"stream": True}])
def test_a_fallback_cannot_set_everything(
    gateway: Sidecar, upstream: Upstream, auth: dict[str, str], member: dict
) -> None:
    response = gateway.request("POST", CHAT, {
        "model": "chat", "messages": HI, "fallbacks": [{"model": "other", **member}]}, auth)
    assert response.status == 400 and next(iter(member)) in response.json["error"]["message"]
    assert upstream.requests == []


# Where a request may go

def test_a_request_may_stay_in_a_region(start, upstream: Upstream) -> None:
    regions = {"a": "eu-west-1", "b": "us-east-1", "c": "swedencentral", "d": None}
    entries = []
    for name, region in regions.items():
        more = {"region_name": region} if region else {}
        made = entry(name, upstream, f"hosted_vllm/{name}", **more)
        entries.append({**made, "model_name": "m"})
    entries.append(entry("spare", upstream, "hosted_vllm/spare", region_name="ap-south-1"))
    sidecar = start(configuration(entries))

    def reached(**body: object) -> set[str]:
        answers = [sidecar.request("POST", CHAT, {"model": "m", "messages": HI, **body})
                   for _ in range(40)]
        assert {answer.status for answer in answers} == {200}
        return {answer.header("x-litellm-model-id") for answer in answers}

    assert reached() == set("abcd")
    assert reached(allowed_model_region="eu") == set("ac")
    assert reached(allowed_model_region="us") == {"b"}
    assert reached(allowed_model_region="swedencentral") == {"c"}
    south = {"allowed_model_region": "ap-south-1"}
    assert reached(fallbacks=["spare"], **south) == {"spare"}
    upstream.forget()
    response = sidecar.request("POST", CHAT, {"model": "m", "messages": HI, **south})
    assert response.status == 403 and response.json["error"]["param"] == "allowed_model_region"
    assert upstream.requests == []
