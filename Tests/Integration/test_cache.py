"""The response cache: what is given again, to whom, and what never is."""

import json
import os
import time
from random import Random

import pytest
from bedrock import Bedrock
from bedrock_models import chat_models, embedding_models, references
from behaviours import delta, ordinary, stream_words
from conftest import MASTER_KEY, configuration, deployment
from herd import until
from openai import OpenAI
from sidecar import Sidecar
from upstream import Exchange, Upstream
from wire import Response

CHAT = "/v1/chat/completions"
MESSAGES = [{"role": "user", "content": "Hi"}]
BASE = {"model": "chat", "messages": MESSAGES}
KEYS = {"a": "sk-key-of-a-0000000000", "b": "sk-key-of-b-0000000000",
        "c": "sk-key-of-c-0000000000", "d": "sk-key-of-d-0000000000"}
BEARER = {name: {"authorization": f"Bearer {key}"} for name, key in KEYS.items()}


def cached(deployments: list[dict], params: dict | None = None, own: dict | None = None,
           **sections: object) -> str:
    """A configuration whose cache is on."""
    router = {"num_retries": 0, **sections.pop("router_settings", {})}
    settings = {"cache": True, "cache_params": {"type": "local", **(params or {})},
                **sections.pop("litellm_settings", {})}
    sidegate = {"cache": own or {}, **sections.pop("sidegate", {})}
    return configuration(deployments, litellm_settings=settings, router_settings=router,
                         sidegate=sidegate, **sections)


def ask(sidecar: Sidecar, body: object = BASE, headers: dict | None = None,
        path: str = CHAT) -> Response:
    return sidecar.request("POST", path, body, headers)


def result(response: Response) -> str | None:
    return response.header("x-sidegate-cache")


def numbered(upstream: Upstream, model: str) -> None:
    """Each answer says how many were given before it."""
    @upstream.behaviour(model)
    def _(exchange: Exchange) -> None:
        number = sum(1 for other in list(upstream.requests) if other.model == model)
        if exchange.json.get("stream"):
            return stream_words(exchange, [f"answer {number}"])
        exchange.answer({"id": f"chatcmpl-{number}", "model": exchange.model, "choices": [
            {"index": 0, "message": {"role": "assistant", "content": f"answer {number}"},
             "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 6, "total_tokens": 11}})


@pytest.fixture
def sidecar(start, upstream: Upstream) -> Sidecar:
    """With entries of at most 20,000 bytes; the model `chat` numbers its answers."""
    numbered(upstream, "up-chat")
    return start(cached([deployment("chat", upstream.base), deployment("other", upstream.base)],
                        own={"entry_bytes": 20_000, "request_bytes": 30_000}))


def test_a_second_request_has_the_first_ones_answer(sidecar: Sidecar, upstream: Upstream) -> None:
    first, second = ask(sidecar), ask(sidecar)
    assert (result(first), result(second)) == ("miss", "hit")
    assert first.status == second.status == 200
    assert first.body == second.body
    assert json.loads(second.body)["model"] == "chat"
    assert second.header("content-type") == first.header("content-type")
    assert second.header("x-litellm-model-group") == "chat"
    assert second.header("x-litellm-call-id") != first.header("x-litellm-call-id")
    assert len(second.header("x-litellm-cache-key")) == 64
    assert int(second.header("age")) >= 0
    assert first.header("x-litellm-cache-key") is None
    assert second.header("x-litellm-model-id") is None
    assert len(upstream.requests) == 1


def test_order_spaces_escapes_and_what_the_gateway_takes_do_not_matter(
    sidecar: Sidecar, upstream: Upstream
) -> None:
    ask(sidecar)
    for body in (
        b'{ "messages" : [ {"content":"H\\u0069", "role":"user"} ],\n "m\\u006fdel": "chat" }',
        {**BASE, "metadata": {"trace": 1}, "tags": ["x"], "num_retries": 2, "timeout": 9,
         "cache": {"use-cache": True}, "litellm_call_id": "1", "guardrails": []},
    ):
        assert result(ask(sidecar, body)) == "hit"
    assert result(ask(sidecar, headers={"x-request-id": "7", "user-agent": "x"})) == "hit"
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("more", [
    {"temperature": 1}, {"temperature": 1.0}, {"user": "u"}, {"seed": 1}, {"stream": False},
    {"min_p": 0.1}, {"guided_json": {"type": "object"}}, {"made_up": None},
    {"messages": [{"role": "system", "content": "Hi"}]}, {"messages": MESSAGES * 2},
    {"extra_body": {"a": 1}}, {"drop_params": True}, {"additional_drop_params": ["seed"]},
    {"allowed_openai_params": ["x"]}, {"allowed_model_region": "eu"}, {"model": "other"},
    {"cache": {"namespace": "n"}},
], ids=str)
def test_whatever_may_change_the_answer_counts(
    sidecar: Sidecar, upstream: Upstream, more: dict
) -> None:
    ask(sidecar)
    before = len(upstream.requests)
    assert result(ask(sidecar, {**BASE, **more})) == "miss"
    assert len(upstream.requests) - before == ("allowed_model_region" not in more)
    assert result(ask(sidecar)) == "hit"


def test_headers_that_are_forwarded_count(sidecar: Sidecar) -> None:
    ask(sidecar)
    assert result(ask(sidecar, headers={"openai-beta": "x"})) == "miss"
    assert result(ask(sidecar, headers={"openai-beta": "x"})) == "hit"
    assert result(ask(sidecar, headers={"x-other": "x"})) == "hit"


@pytest.mark.parametrize("body", [
    b'{"model":"chat","messages":[{"role":"user","content":"Hi"}],"seed":1,"seed":1}',
    b'{"model":"chat","messages":[{"role":"user","role":"user","content":"Hi"}]}',
    b'{"model":"chat","messages":[],"x":"\\ud800"}',
    b'{"model":"chat","messages":[],"x":%s1%s}' % (b"[" * 80, b"]" * 80),
    json.dumps({**BASE, "x": "y" * 30_000}).encode(),
    json.dumps({**BASE, "api_key": "sk-mine"}).encode(),
    json.dumps({**BASE, "cache": {"no-cache": True, "no-store": True}}).encode(),
], ids=lambda body: body[:40])
def test_what_cannot_be_told_apart_passes_by(sidecar: Sidecar, upstream: Upstream, body) -> None:
    for _ in range(2):
        response = ask(sidecar, body)
        assert (response.status, result(response)) == (200, "bypass")
    assert len(upstream.requests) == 2


def test_tenants_have_their_own_entries(start, upstream: Upstream) -> None:
    numbered(upstream, "up-chat")
    teams = {"c": "red", "d": "red"}
    keys = [{"key": f"os.environ/KEY_{name.upper()}", **(
        {"team": teams[name]} if name in teams else {})} for name in KEYS]
    environment = {"GATEWAY_KEY": MASTER_KEY,
                   **{f"KEY_{name.upper()}": key for name, key in KEYS.items()}}
    for scope, shared in (("team", {("c", "d")}), ("key", set()), ("all", None)):
        sidecar = start(cached([deployment("chat", upstream.base)], own={"scope": scope},
                               general_settings={"master_key": "os.environ/GATEWAY_KEY"},
                               sidegate={"keys": keys}), environment=environment)
        seen: list[str] = []
        for name, headers in [*BEARER.items(), ("m", {"authorization": f"Bearer {MASTER_KEY}"})]:
            for body in (BASE, {**BASE, "cache": {"namespace": "red"}}):
                hit = result(ask(sidecar, body, headers)) == "hit"
                assert hit == (bool(seen) if shared is None else any(
                    (other, name) in shared for other in seen)), (scope, name, body)
                assert result(ask(sidecar, body, headers)) == "hit"
            seen.append(name)


def test_no_key_gets_what_it_may_not_ask(start, upstream: Upstream) -> None:
    keys = [{"key": "os.environ/KEY_C", "team": "red", "models": ["chat"]},
            {"key": "os.environ/KEY_D", "team": "red", "models": ["other"]}]
    sidecar = start(cached([deployment("chat", upstream.base), deployment("other", upstream.base)],
                           sidegate={"keys": keys}),
                    environment={"KEY_C": KEYS["c"], "KEY_D": KEYS["d"]})
    assert ask(sidecar, headers=BEARER["c"]).status == 200
    assert ask(sidecar, headers=BEARER["d"]).status in (401, 403)


def test_controls_of_a_request(sidecar: Sidecar, upstream: Upstream) -> None:
    def number(response: Response) -> int:
        text = response.json["choices"][0]["message"]["content"]
        return int(text.removeprefix("answer "))

    def controlled(**cache: object) -> Response:
        return ask(sidecar, {**BASE, "cache": {name.replace("_", "-"): value
                                               for name, value in cache.items()}})

    assert number(controlled(no_store=True)) == 1
    assert number(ask(sidecar)) == 2
    assert number(controlled(no_store=True)) == 2
    assert number(controlled(no_cache=True)) == 3
    assert number(ask(sidecar)) == 3
    assert number(ask(sidecar, headers={"cache-control": "max-age=0, no-cache"})) == 4
    assert number(ask(sidecar, headers={"cache-control": "No-Store"})) == 4
    assert number(controlled(s_maxage=600)) == 4
    assert number(controlled(s_maxage=0)) == 5
    assert number(ask(sidecar, headers={"cache-control": "s-maxage=0"})) == 6
    assert number(controlled(no_cache=True, ttl=1)) == 7
    assert until(lambda: number(ask(sidecar)) == 8)
    assert number(controlled(namespace="mine")) == 9
    assert number(controlled(namespace="mine")) == 9
    assert "cache" not in upstream.requests[0].json


@pytest.mark.parametrize("cache", [
    1, "no-cache", [], {"no-cache": 1}, {"no-cache": "maybe"}, {"no_cache": True}, {"ttl": 0},
    {"ttl": -1}, {"ttl": "soon"}, {"ttl": 1.5}, {"s-maxage": -1}, {"namespace": ""},
    {"namespace": 1}, {"namespace": "x" * 129}, {"ttl": 31_536_001},
], ids=str)
def test_controls_that_mean_nothing_are_400(sidecar: Sidecar, upstream: Upstream, cache) -> None:
    response = ask(sidecar, {**BASE, "cache": cache})
    assert response.status == 400
    assert response.json["error"]["param"].startswith("cache")
    assert upstream.requests == []
    assert ask(sidecar, headers={"cache-control": "s-maxage=soon"}).status == 400


def test_a_cache_that_must_be_asked_for(start, upstream: Upstream) -> None:
    sidecar = start(cached([deployment("chat", upstream.base)], {"mode": "default_off"}))
    assert [result(ask(sidecar)) for _ in range(2)] == ["bypass"] * 2
    wanted = {**BASE, "cache": {"use-cache": True}}
    assert [result(ask(sidecar, wanted)) for _ in range(2)] == ["miss", "hit"]


def test_endpoints(start, upstream: Upstream) -> None:
    bodies = {CHAT: BASE, "/v1/completions": {"model": "chat", "prompt": "Hi"},
              "/v1/embeddings": {"model": "chat", "input": ["a", "b"]}}
    sidecar = start(cached([deployment("chat", upstream.base)]))
    for path, body in bodies.items():
        answers = [ask(sidecar, body, path=path) for _ in range(2)]
        assert [result(answer) for answer in answers] == ["miss", "hit"], path
        assert answers[0].body == answers[1].body
    assert result(ask(sidecar, {"model": "chat", "input": "Hi"}, path="/v1/responses")) == "bypass"
    some = start(cached([deployment("chat", upstream.base)],
                        {"supported_call_types": ["aembedding"]}))
    for path, body in bodies.items():
        ask(some, body, path=path)
        wanted = "hit" if path.endswith("embeddings") else "bypass"
        assert result(ask(some, body, path=path)) == wanted


def test_without_a_cache_nothing_is_said_of_it(start, upstream: Upstream) -> None:
    sidecar = start(configuration([deployment("chat", upstream.base)]))
    assert [result(ask(sidecar)) for _ in range(2)] == [None, None]
    assert len(upstream.requests) == 2
    for method, path in (("GET", "/cache/ping"), ("POST", "/cache/flushall")):
        response = sidecar.request(method, path)
        assert response.status == 503
        assert response.json["error"]["type"] == "cache_ping_error"


def test_aliases_share_with_the_name_that_each_client_gave(start, upstream: Upstream) -> None:
    sidecar = start(cached([deployment("chat", upstream.base), deployment("p/*", upstream.base)],
                           router_settings={"model_group_alias": {"fast": "chat"}}))
    for more in ({}, {"stream": True}):
        answers = [ask(sidecar, {**BASE, **more, "model": name}) for name in ("chat", "fast")]
        assert [result(answer) for answer in answers] == ["miss", "hit"]
        assert b'"model":"chat"' in answers[0].body
        assert answers[0].body.replace(b'"model":"chat"', b'"model":"fast"') == answers[1].body
    assert [result(ask(sidecar, {**BASE, "model": name}))
            for name in ("p/a", "p/b", "p/a")] == ["miss", "miss", "hit"]
    path = "/openai/deployments/chat/chat/completions"
    assert [result(ask(sidecar, path=path)) for _ in range(2)] == ["miss", "hit"]


def test_caching_groups_are_one_model(start, upstream: Upstream) -> None:
    models = [deployment(name, upstream.base) for name in ("chat", "second", "third")]
    sidecar = start(cached(models, router_settings={"caching_groups": [["second", "chat"]]}))
    assert [result(ask(sidecar, {**BASE, "model": name}))
            for name in ("chat", "second", "third")] == ["miss", "hit", "miss"]


def test_what_is_cached_outlives_its_upstream(start, second_upstream: Upstream) -> None:
    sidecar = start(cached([deployment("chat", second_upstream.base)]))
    first = ask(sidecar)
    second_upstream.stop()
    assert ask(sidecar).body == first.body
    assert ask(sidecar, {**BASE, "seed": 1}).status >= 500


def test_streams_are_replayed_as_they_were(sidecar: Sidecar, upstream: Upstream) -> None:
    streamed = {**BASE, "stream": True}
    first, second = ask(sidecar, streamed), ask(sidecar, streamed)
    assert (result(first), result(second)) == ("miss", "hit")
    assert first.body == second.body
    assert second.body.endswith(b"data: [DONE]\n\n")
    assert second.header("content-type") == first.header("content-type")
    assert result(ask(sidecar)) == "miss"
    assert len(upstream.requests) == 2


@pytest.mark.parametrize("more", [
    {}, {"stream_options": {"include_usage": True}},
    {"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]},
], ids=str)
def test_replayed_streams_are_equal_for_the_sdk(start, upstream: Upstream, more: dict) -> None:
    sidecar = start(cached([deployment("chat", upstream.base)]))
    with OpenAI(base_url=sidecar.base, api_key="none", max_retries=0, timeout=20) as client:
        runs = [[event.model_dump() for event in client.chat.completions.create(
            model="chat", messages=MESSAGES, stream=True, **more)] for _ in range(3)]
        whole = [client.chat.completions.create(model="chat", messages=MESSAGES, **more)
                 for _ in range(2)]
    assert runs[0] and runs[0] == runs[1] == runs[2]
    assert whole[0] == whole[1]
    assert len(upstream.requests) == 2


def choice(reason: str | None) -> dict:
    return {"model": "m", "choices": [{"index": 0, "message": {"role": "assistant",
            "content": "x"}, "finish_reason": reason}]}


WHOLE = {
    "an error member": {**choice("stop"), "error": {"message": "half"}},
    "filtered": choice("content_filter"),
    "aborted": choice("abort"),
    "unfinished": choice(None),
    "no choices": {"model": "m", "choices": []},
    "no answer": {"model": "m"},
    "too large": {**choice("stop"), "padding": "x" * 30_000},
}


@pytest.mark.parametrize("name", WHOLE)
def test_answers_that_are_not_good_and_whole_are_not_stored(
    sidecar: Sidecar, upstream: Upstream, name: str
) -> None:
    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        exchange.answer(WHOLE[name])

    for _ in range(2):
        response = ask(sidecar)
        assert (response.status, result(response)) == (200, "miss")
    assert len(upstream.requests) == 2
    reason = "too_large" if name == "too large" else "incomplete"
    assert sidecar.metrics().total("sidegate_cache_not_stored_total", reason=reason) == 2


def test_errors_and_encoded_answers_are_not_stored(sidecar: Sidecar, upstream: Upstream) -> None:
    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        if len(upstream.requests) < 3:
            return exchange.answer({"error": {"message": "no"}}, 400)
        return exchange.answer(b"xx", headers=[("content-encoding", "br")])

    assert [ask(sidecar).status for _ in range(4)] == [400, 400, 200, 200]
    assert len(upstream.requests) == 4


def cut(exchange: Exchange) -> None:
    exchange.start_stream()
    exchange.event(delta(exchange, {"content": "first"}))
    exchange.hang_up()


def ends_early(exchange: Exchange) -> None:
    exchange.start_stream()
    exchange.event(delta(exchange, {"content": "first"}))
    exchange.end_stream(done=False)


def fails_late(exchange: Exchange) -> None:
    exchange.start_stream()
    exchange.event(delta(exchange, {"content": "first"}))
    exchange.event({"error": {"message": "broken", "code": 500}})
    exchange.end_stream()


def is_filtered(exchange: Exchange) -> None:
    exchange.start_stream()
    exchange.event(delta(exchange, {"content": "first"}, "content_filter"))
    exchange.end_stream()


def never_finishes(exchange: Exchange) -> None:
    exchange.start_stream()
    exchange.event(delta(exchange, {"content": "first"}))
    exchange.end_stream()


def is_long(exchange: Exchange) -> None:
    stream_words(exchange, ["x" * 1_000] * 30)


@pytest.mark.parametrize(
    "act", [cut, ends_early, fails_late, is_filtered, never_finishes, is_long])
def test_streams_that_are_not_good_and_whole_are_not_stored(
    sidecar: Sidecar, upstream: Upstream, act
) -> None:
    upstream.behaviours["up-chat"] = act
    for _ in range(2):
        response = ask(sidecar, {**BASE, "stream": True})
        assert (response.status, result(response)) == (200, "miss")
    assert len(upstream.requests) == 2
    assert sidecar.metrics().total("sidegate_cache_stores_total") == 0


def test_a_stream_without_its_last_line_is_stored_with_it(
    sidecar: Sidecar, upstream: Upstream
) -> None:
    upstream.behaviours["up-chat"] = lambda exchange: stream_words(exchange, ["a"], done=False)
    first, second = (ask(sidecar, {**BASE, "stream": True}) for _ in range(2))
    assert result(second) == "hit"
    assert first.body == second.body
    assert second.body.count(b"[DONE]") == 1


def test_a_fallbacks_answer_is_not_stored(start, upstream: Upstream) -> None:
    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        exchange.answer({"error": {"message": "no"}}, 500)

    sidecar = start(cached([deployment("chat", upstream.base), deployment("other", upstream.base)],
                           router_settings={"fallbacks": [{"chat": ["other"]}],
                                            "disable_cooldowns": True}))
    for _ in range(2):
        response = ask(sidecar)
        assert (response.status, result(response)) == (200, "miss")
    upstream.behaviours["up-chat"] = ordinary
    assert [result(ask(sidecar)) for _ in range(2)] == ["miss", "hit"]


def test_a_new_table_keeps_what_still_fits(table, start, upstream: Upstream,
                                           second_upstream: Upstream) -> None:
    def source(base: str, **params: object) -> str:
        return cached([deployment("chat", base, "up", **params)])

    sidecar = start(source(upstream.base))
    ask(sidecar)

    def reload(text: str) -> None:
        before = sidecar.metrics().total("sidegate_reloads_total", result="success")
        table(text).rename(sidecar.table)
        assert until(lambda: sidecar.metrics().total(
            "sidegate_reloads_total", result="success") > before)

    reload(source(second_upstream.base))
    assert result(ask(sidecar)) == "hit"
    reload(source(upstream.base, extra_body={"min_p": 0.1}))
    assert result(ask(sidecar)) == "miss"
    reload(source(upstream.base))
    assert result(ask(sidecar)) == "hit"


def test_what_is_counted_and_logged(sidecar: Sidecar) -> None:
    for _ in range(3):
        ask(sidecar)
    ask(sidecar, {**BASE, "cache": {"no-cache": True, "no-store": True}})
    metrics = sidecar.metrics()
    wanted = {"hit_memory": 2, "miss": 1, "bypass": 1}
    for name, count in wanted.items():
        assert metrics.total("sidegate_cache_requests_total", result=name) == count
    assert metrics.total("litellm_cache_hits_metric_total", requested_model="chat") == 2
    assert metrics.total("litellm_cache_misses_metric_total", requested_model="chat") == 1
    assert metrics.total("litellm_cached_tokens_metric_total", requested_model="chat") == 22
    assert metrics.total("litellm_total_tokens_metric_total") == 22
    assert metrics.total("sidegate_cache_stores_total") == 1
    assert metrics.total("sidegate_cache_entries") == 1
    assert metrics.total("sidegate_cache_bytes") > 100
    lines = [line["cache"] for line in sidecar.access_log(5) if line["route"] == CHAT]
    assert lines == ["miss", "hit", "hit", "bypass"]


def test_memory_is_bounded(start, upstream: Upstream) -> None:
    sidecar = start(cached([deployment("chat", upstream.base)], own={"memory_bytes": 10_000}))
    for seed in range(40):
        ask(sidecar, {**BASE, "seed": seed})
    metrics = sidecar.metrics()
    assert 1_000 < metrics.total("sidegate_cache_bytes") <= 10_000
    assert metrics.total("sidegate_cache_evictions_total") > 10
    assert result(ask(sidecar, {**BASE, "seed": 39})) == "hit"
    assert result(ask(sidecar, {**BASE, "seed": 0})) == "miss"


def test_endpoints_of_the_cache(start, upstream: Upstream, auth) -> None:
    keys = [{"key": "os.environ/KEY_A"}]
    sidecar = start(cached([deployment("chat", upstream.base)], {"ttl": 30},
                           general_settings={"master_key": "os.environ/GATEWAY_KEY"},
                           sidegate={"keys": keys}),
                    environment={"GATEWAY_KEY": MASTER_KEY, "KEY_A": KEYS["a"]})
    calls = (("GET", "/cache/ping"), ("POST", "/cache/delete"), ("POST", "/cache/flushall"))
    for method, path in calls:
        assert sidecar.request(method, path, {"keys": []}).status == 401
        assert sidecar.request(method, path, {"keys": []}, BEARER["a"]).status == 403
        wrong = "POST" if method == "GET" else "GET"
        assert sidecar.request(wrong, path, headers=auth).status == 405
    ping = sidecar.request("GET", "/cache/ping", headers=auth).json
    assert (ping["status"], ping["cache_type"], ping["ping_response"]) == ("healthy", "local", True)
    assert ping["litellm_cache_params"]["ttl"] == 30

    bodies = [{**BASE, "seed": seed} for seed in range(3)]
    for body in bodies:
        ask(sidecar, body, auth)
    names = [ask(sidecar, body, auth).header("x-litellm-cache-key") for body in bodies]
    assert len(set(names)) == 3
    gone = sidecar.request("POST", "/cache/delete", {"keys": names[:2]}, auth)
    assert (gone.status, gone.json) == (200, {"status": "success"})
    assert [result(ask(sidecar, body, auth)) for body in bodies] == ["miss", "miss", "hit"]
    for keys in ({}, {"keys": "x"}, {"keys": ["x"]}, {"keys": [1]}, b"nothing"):
        assert sidecar.request("POST", "/cache/delete", keys, auth).status == 400
    flushed = sidecar.request("POST", "/cache/flushall", headers=auth)
    assert (flushed.status, flushed.json) == (200, {"status": "success"})
    assert [result(ask(sidecar, body, auth)) for body in bodies] == ["miss"] * 3


def test_models_on_bedrock_are_cached_like_others(start, bedrock: Bedrock) -> None:
    key = bedrock.keys.issue()
    sidecar = start(cached([*chat_models(bedrock.base), *embedding_models(bedrock.base)]),
                    environment=references(key))
    chat = {"model": "nova", "messages": MESSAGES}
    for path, body in ((CHAT, chat), (CHAT, {**chat, "stream": True}),
                       ("/v1/completions", {"model": "nova", "prompt": "Hi"}),
                       ("/v1/embeddings", {"model": "titan-2", "input": "Hi"})):
        first, second = (ask(sidecar, body, path=path) for _ in range(2))
        assert (first.status, result(first), result(second)) == (200, "miss", "hit"), path
        assert first.body == second.body
    assert ask(sidecar, {**chat, "stream": True}).body.endswith(b"data: [DONE]\n\n")


def said(value: object) -> object:
    """What a JSON text means, with numbers as they are written."""
    if isinstance(value, dict):
        return ("object", frozenset((key, said(inner)) for key, inner in value.items()))
    if isinstance(value, list):
        return ("array", tuple(said(inner) for inner in value))
    return (type(value).__name__, value)


class Number(str):
    """One that is not rounded."""


def meaning(text: str) -> object:
    return said(json.loads(text, parse_int=Number, parse_float=Number))


def spelt(value: object, random: Random) -> str:
    """One of the many texts of a value."""
    space = random.choice(["", " ", "\n"])
    if isinstance(value, dict):
        members = [f"{spelt(key, random)}{space}:{space}{spelt(inner, random)}"
                   for key, inner in random.sample(list(value.items()), len(value))]
        return "{" + space + f"{space},".join(members) + "}"
    if isinstance(value, list):
        return "[" + f",{space}".join(spelt(inner, random) for inner in value) + "]"
    return json.dumps(value, ensure_ascii=random.random() < 0.5)


def test_requests_share_only_if_they_say_the_same(sidecar: Sidecar) -> None:
    """Against Python's own idea of JSON, for requests that are much alike."""
    seed = int(os.environ.get("SIDEGATE_TEST_SEED") or time.time_ns())
    random = Random(seed)
    values = [0, 1, 1.0, -1, True, False, None, "", "1", "é", "🌍", "\\\"", [], {}, [1], [[1]],
              {"a": 1}, {"a": {"b": []}}, {"a": 1, "b": 2}, {"ab": 1, "c": 2}, 1e5, 100000]
    texts: dict[object, list[str]] = {}
    hits = 0
    for _ in range(300):
        more = {name: random.choice(values) for name in random.sample(["x", "y", "seed"], 2)}
        text = spelt({**BASE, **more}, random)
        response = ask(sidecar, text.encode())
        known = texts.setdefault(meaning(text), [])
        assert response.status == 200
        assert (result(response) == "hit") == bool(known), (seed, text, known)
        hits += bool(known)
        known.append(text)
    assert hits > 20, seed
