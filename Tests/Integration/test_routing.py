"""Which upstream a request goes to, and in which provider's form."""

import json
from collections import Counter

import pytest
from conftest import UPSTREAM_KEY, configuration, deployment
from sidecar import Sidecar, free_port
from upstream import Upstream

CHAT = "/v1/chat/completions"
MESSAGES = [{"role": "user", "content": "Hi"}]


def ask(sidecar: Sidecar, model: str, **more: object):
    return sidecar.request("POST", CHAT, {"model": model, "messages": MESSAGES, **more})


def test_an_alias_is_answered_under_its_own_name(start, upstream: Upstream) -> None:
    sidecar = start(configuration(
        [deployment("chat", upstream.base)],
        router_settings={"model_group_alias": {
            "short": "chat", "secret": {"model": "chat", "hidden": True}}}))
    response = ask(sidecar, "short")
    assert response.status == 200
    assert response.json["model"] == "short"
    assert response.header("x-litellm-model-group") == "short"
    assert ask(sidecar, "secret").status == 200
    listed = {m["id"] for m in sidecar.request("GET", "/v1/models").json["data"]}
    assert "short" in listed and "secret" not in listed


def test_a_list_of_models_is_tried_in_order(
    start, upstream: Upstream, second_upstream: Upstream
) -> None:
    sidecar = start(configuration(
        [deployment("first", upstream.base), deployment("second", second_upstream.base)],
        router_settings={"num_retries": 0, "model_group_alias": {"either": ["first", "second"]}}))
    assert ask(sidecar, "either").status == 200
    assert (len(upstream.requests), len(second_upstream.requests)) == (1, 0)

    upstream.behaviour("up-first")(lambda exchange: exchange.answer({"error": {}}, 503))
    response = ask(sidecar, "either")
    assert response.status == 200
    assert second_upstream.requests[-1].json["model"] == "up-second"
    assert response.header("x-litellm-attempted-fallbacks") == "1"

    second_upstream.behaviour("up-second")(lambda exchange: exchange.answer({"error": {}}, 503))
    response = ask(sidecar, "either")
    assert response.status == 503
    # What could be tried here was tried; an SDK need not begin again.
    assert response.header("x-should-retry") == "false"


def test_a_group_whose_server_is_gone_is_passed_over(start, upstream: Upstream) -> None:
    gone = f"http://127.0.0.1:{free_port()}/v1"
    sidecar = start(configuration(
        [deployment("first", gone), deployment("second", upstream.base)],
        router_settings={"num_retries": 0, "model_group_alias": {"either": ["first", "second"]}}))
    assert ask(sidecar, "either").status == 200
    assert ask(sidecar, "either", stream=True).status == 200


def test_nothing_is_sent_twice_after_the_first_byte(
    start, upstream: Upstream, second_upstream: Upstream
) -> None:
    @upstream.behaviour("up-first")
    def _(exchange) -> None:
        exchange.start_stream()
        exchange.event({"choices": []})
        exchange.hang_up()

    sidecar = start(configuration(
        [deployment("first", upstream.base), deployment("second", second_upstream.base)],
        router_settings={"model_group_alias": {"either": ["first", "second"]}}))
    response = ask(sidecar, "either", stream=True)
    assert b'"error"' in response.body
    assert len(upstream.requests) == 1 and second_upstream.requests == []


def test_a_choice_inside_a_group_follows_the_weights(
    start, upstream: Upstream, second_upstream: Upstream
) -> None:
    sidecar = start(configuration([
        deployment("chat", upstream.base, "up-one", weight=3),
        deployment("chat", second_upstream.base, "up-two", weight=1)]))
    for _ in range(200):
        assert ask(sidecar, "chat").status == 200
    share = len(upstream.requests) / 200
    # Six standard deviations of a fair draw: a chance failure is one in a thousand million.
    assert 0.75 - 0.184 < share < 0.75 + 0.184


def test_a_weight_of_zero_is_never_drawn(
    start, upstream: Upstream, second_upstream: Upstream
) -> None:
    sidecar = start(configuration([
        deployment("chat", upstream.base, weight=1),
        deployment("chat", second_upstream.base, weight=0)]))
    for _ in range(30):
        ask(sidecar, "chat")
    assert len(upstream.requests) == 30


@pytest.mark.parametrize("asked, sent", [
    ("wild/foo", "foo"), ("wild/a/b", "a/b"), ("exact/one", "special"),
    ("anything-else", "anything-else")])
def test_wildcards(start, upstream: Upstream, asked: str, sent: str) -> None:
    def entry(name: str, model: str) -> dict:
        return {"model_name": name, "litellm_params": {
            "model": model, "api_base": upstream.base, "api_key": UPSTREAM_KEY}}

    sidecar = start(configuration([
        entry("*", "openai/*"), entry("wild/*", "openai/*"), entry("exact/*", "openai/other"),
        entry("exact/one", "openai/special")]))
    response = ask(sidecar, asked)
    assert response.status == 200, response.body
    assert upstream.next_request().json["model"] == sent
    assert response.json["model"] == asked


def test_a_deployments_id_pins_it(
    start, upstream: Upstream, second_upstream: Upstream
) -> None:
    one = {**deployment("chat", upstream.base), "model_info": {"id": "east-1"}}
    two = {**deployment("chat", second_upstream.base), "model_info": {"id": "west-1"}}
    sidecar = start(configuration([one, two]))
    ids = Counter(ask(sidecar, "chat").header("x-litellm-model-id") for _ in range(40))
    assert set(ids) == {"east-1", "west-1"}
    before = len(second_upstream.requests)
    for _ in range(5):
        assert ask(sidecar, "west-1").header("x-litellm-model-id") == "west-1"
    assert len(second_upstream.requests) == before + 5


def test_azure(start, upstream: Upstream) -> None:
    entry = {"model_name": "gpt", "litellm_params": {
        "model": "azure/my-deployment", "api_base": upstream.base.removesuffix("/v1"),
        "api_key": UPSTREAM_KEY, "api_version": "2024-10-21"}}
    sidecar = start(configuration([entry]))
    assert ask(sidecar, "gpt").status == 200
    sent = upstream.next_request()
    assert sent.target == (
        "/openai/deployments/my-deployment/chat/completions?api-version=2024-10-21")
    assert sent.header("api-key") == UPSTREAM_KEY
    assert sent.header("authorization") is None
    body = {"model": "gpt", "input": "Hi"}
    assert sidecar.request("POST", "/v1/embeddings", body).status == 200
    assert upstream.next_request().path == "/openai/deployments/my-deployment/embeddings"


def test_a_named_credential(start, upstream: Upstream) -> None:
    source = configuration(
        [{"model_name": "chat", "litellm_params": {
            "model": "openai/up-chat", "litellm_credential_name": "shared"}}],
        credential_list=[{"credential_name": "shared", "credential_values": {
            "api_base": upstream.base, "api_key": "os.environ/SHARED_KEY"}}])
    sidecar = start(source, environment={"SHARED_KEY": "sk-shared"})
    assert ask(sidecar, "chat").status == 200
    assert upstream.next_request().header("authorization") == "Bearer sk-shared"


def test_a_base_url_keeps_its_path(start, upstream: Upstream) -> None:
    sidecar = start(configuration([deployment("chat", upstream.base + "/deep/er/")]))
    assert ask(sidecar, "chat").status == 200
    assert upstream.next_request().path == "/v1/deep/er/chat/completions"


def test_defaults_go_where_the_client_sent_none(start, upstream: Upstream) -> None:
    sidecar = start(configuration(
        [deployment("chat", upstream.base, temperature=0.25, max_tokens=64)]))
    ask(sidecar, "chat", max_tokens=5)
    sent = upstream.next_request().json
    assert (sent["temperature"], sent["max_tokens"]) == (0.25, 5)


def test_a_mock_answers_other_calls_too(start) -> None:
    sidecar = start(configuration([{"model_name": "mock", "litellm_params": {
        "model": "openai/mock", "mock_response": 'says "hi" \\ 🌍\n'}}]))
    assert ask(sidecar, "mock").json["choices"][0]["message"]["content"] == 'says "hi" \\ 🌍\n'
    response = ask(sidecar, "mock", stream=True)
    assert response.header("content-type") == "text/event-stream; charset=utf-8"
    events = response.body.decode().strip().split("\n\n")
    assert events[-1] == "data: [DONE]"
    pieces = [json.loads(e[6:])["choices"][0]["delta"].get("content") or "" for e in events[:-1]]
    assert "".join(pieces) == 'says "hi" \\ 🌍\n'
    asked = ask(sidecar, "mock", stream=True, stream_options={"include_usage": True})
    assert b'"usage"' in asked.body
