"""What others may do to the cache's entries in Redis, and which requests share them: whatever was
not sealed here, for this name and as it is, is no answer, and is counted.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from random import Random

import pytest
from conftest import MASTER_KEY, deployment
from herd import until
from openai import OpenAI
from redis_server import RedisServer
from sidecar import Sidecar
from test_cache import (
    BASE, CHAT, KEYS, MESSAGES, WHOLE, ask, cached, cut, ends_early, fails_late, is_filtered,
    meaning, never_finishes, numbered, result, spelt)
from test_cache_redis import ENVIRONMENT, OWN, entries, fleet, redis, stored  # noqa: F401
from upstream import Exchange, Upstream

#: Looks what is there up and stores nothing, so that what was planted stays.
LOOK = {**BASE, "cache": {"no-store": True}}
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {}}}]


@pytest.fixture
def looking(fleet, redis: RedisServer) -> Sidecar:  # noqa: F811
    """A sidecar without a first level: each look-up asks Redis. One answer is there."""
    sidecar = fleet(own={"memory_bytes": 0})
    ask(sidecar)
    stored(redis)
    assert result(ask(sidecar, LOOK)) == "hit"
    return sidecar


def rejected(sidecar: Sidecar) -> int:
    return int(sidecar.metrics().total("sidegate_cache_rejected_total"))


def plants(redis: RedisServer, name: str) -> Callable[[bytes], None]:  # noqa: F811
    return lambda value: redis.command("SET", name, value)


@pytest.mark.timeout(300)
def test_no_bit_of_an_entry_may_be_another(
    looking: Sidecar, redis: RedisServer, upstream: Upstream  # noqa: F811
) -> None:
    name, = entries(redis)
    good = redis.command("GET", name)
    plant = plants(redis, name)
    bad = [good[:place] + bytes([good[place] ^ 1 << place % 8]) + good[place + 1:]
           for place in range(len(good))]
    bad += [good[:count] for count in range(1, len(good), 7)] + [good + b"\0", good * 2]
    before = len(upstream.requests)
    for number, value in enumerate(bad):
        plant(value)
        assert result(ask(looking, LOOK)) == "miss", (number, value)
    assert rejected(looking) == len(bad)
    assert len(upstream.requests) - before == len(bad)
    # To Redis that is asked for the first bytes, an empty value is like none. Who replaces it sees
    # that there was one.
    plant(b"")
    assert result(ask(looking, LOOK)) == "miss" and rejected(looking) == len(bad)
    assert result(ask(looking)) == "miss"
    assert until(lambda: rejected(looking) == len(bad) + 1)
    assert result(ask(looking)) == "hit"
    plant(good)
    assert result(ask(looking, LOOK)) == "hit"


def test_an_entry_is_good_under_its_own_name_and_epoch_only(
    looking: Sidecar, redis: RedisServer  # noqa: F811
) -> None:
    name, = entries(redis)
    good = redis.command("GET", name)
    ask(looking, {**BASE, "seed": 1})
    other = next(key for key in stored(redis, 2) if key != name)
    plants(redis, other)(good)
    assert result(ask(looking, {**LOOK, "seed": 1})) == "miss"
    assert rejected(looking) == 1
    # What was dropped does not come back by being copied to where the new one would be.
    assert looking.request("POST", "/cache/flushall").status == 200
    ask(looking)
    new = next(key for key in stored(redis, 3) if key not in (name, other))
    plants(redis, new)(good)
    assert result(ask(looking, LOOK)) == "miss"
    assert rejected(looking) == 2


def test_an_entry_does_not_outlive_its_time(fleet, redis: RedisServer) -> None:  # noqa: F811
    sidecar = fleet(own={"memory_bytes": 0})
    ask(sidecar, {**BASE, "cache": {"ttl": 1}})
    name, = stored(redis)
    good = redis.command("GET", name)
    assert until(lambda: redis.command("EXISTS", name) == 0)
    redis.command("SET", name, good, "EX", "1000")
    assert result(ask(sidecar, LOOK)) == "miss"


def test_a_key_of_another_type_is_no_entry(
    looking: Sidecar, redis: RedisServer  # noqa: F811
) -> None:
    name, = entries(redis)
    redis.command("DEL", name)
    redis.command("LPUSH", name, "x")
    for _ in range(3):
        assert result(ask(looking, LOOK)) == "miss"
    assert "Redis refuses what the cache needs: WRONGTYPE" in looking.log()
    assert looking.log().count("refuses what the cache needs") == 1
    # Who stores an answer there counts it and takes it away, so that the next one can be stored.
    before = rejected(looking)
    assert result(ask(looking)) == "miss"
    assert until(lambda: rejected(looking) == before + 1)
    assert until(lambda: redis.command("TYPE", name) == b"none")
    assert result(ask(looking)) == "miss"
    stored(redis)
    assert result(ask(looking, LOOK)) == "hit"


@pytest.mark.parametrize("epoch", ["x", "-1", "99999999999999999999", ""])
def test_a_planted_epoch_costs_the_second_level_at_most(
    fleet, redis: RedisServer, epoch: str  # noqa: F811
) -> None:
    redis.command("SET", "sg:1:c:epoch", epoch)
    sidecar = fleet()
    assert [result(ask(sidecar)) for _ in range(2)] == ["miss", "hit"]
    redis.command("DEL", "sg:1:c:epoch")
    assert until(lambda: ask(sidecar, {**BASE, "user": str(time.monotonic_ns())}).status == 200
                 and len(entries(redis)) > 0, 20)


STREAMS = [cut, ends_early, fails_late, is_filtered, never_finishes]


def test_nothing_partial_or_erroneous_lies_in_redis(
    fleet, redis: RedisServer, upstream: Upstream  # noqa: F811
) -> None:
    sidecar = fleet(own={"entry_bytes": 20_000})
    for act in STREAMS:
        upstream.behaviours["up-chat"] = act
        ask(sidecar, {**BASE, "stream": True})
    for body in WHOLE.values():
        upstream.behaviours["up-chat"] = lambda exchange, body=body: exchange.answer(body)
        ask(sidecar)
    upstream.behaviours["up-chat"] = lambda exchange: exchange.answer({"error": {}}, 500)
    assert ask(sidecar).status == 500
    # What is good comes behind all of that.
    numbered(upstream, "up-chat")
    ask(sidecar, {**BASE, "seed": 7})
    assert len(stored(redis)) == 1
    assert sidecar.metrics().total("sidegate_cache_stores_total") == 1


@pytest.mark.parametrize("more", [
    {}, {"stream_options": {"include_usage": True}}, {"tools": TOOLS},
    {"tools": TOOLS, "stream_options": {"include_usage": True}},
], ids=str)
def test_what_another_sidecar_replays_is_equal_for_the_sdk(
    fleet, redis: RedisServer, upstream: Upstream, more: dict  # noqa: F811
) -> None:
    upstream.behaviours.clear()  # Answers in several pieces, with usage and tool calls.
    runs, wholes = [], []
    for sidecar in (fleet(), fleet(own={"memory_bytes": 0})):
        with OpenAI(base_url=sidecar.base, api_key="none", max_retries=0, timeout=20) as client:
            def create(client: OpenAI = client, **own: object):
                return client.chat.completions.create(model="chat", messages=MESSAGES, **own)

            runs.append([event.model_dump() for event in create(stream=True, **more)])
            plain = {name: value for name, value in more.items() if name != "stream_options"}
            wholes.append(create(**plain).model_dump())
        stored(redis, 2)
    assert len(upstream.requests) == 2
    assert len(runs[0]) > 3 and runs[0] == runs[1] and wholes[0] == wholes[1]
    if "tools" in more:
        assert wholes[1]["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "f"
        pieces = [event["choices"][0]["delta"]["tool_calls"] for event in runs[1]
                  if event["choices"]]
        assert sum(1 for piece in pieces if piece) >= 4
    if "stream_options" in more:
        assert runs[1][-1]["usage"]["total_tokens"] == 30


# Which requests share.


#: Members of a chat that are forwarded, with values that mean something else each.
FORWARDED = {
    "messages": [MESSAGES, [{"role": "user", "content": "Ho"}], [{"content": "Hi"}],
                 [{"role": "user", "content": "Hi", "name": "n"}],
                 [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}], MESSAGES * 2],
    "temperature": [0, 0.5, 1], "top_p": [0.1, 1.0], "n": [1, 2], "max_tokens": [5, 50],
    "max_completion_tokens": [5, 50], "stop": ["a", ["a"], ["a", "b"], ["b", "a"]],
    "presence_penalty": [0, 1], "frequency_penalty": [0, 1], "logit_bias": [{"1": 1}, {"1": 2}],
    "logprobs": [True, False], "top_logprobs": [1, 2], "user": ["u", "v"], "seed": [1, 2],
    "response_format": [{"type": "text"}, {"type": "json_object"}], "stream": [True, False],
    "stream_options": [{"include_usage": True}, {"include_usage": False}],
    "tools": [TOOLS, TOOLS * 2], "tool_choice": ["auto", "none"],
    "parallel_tool_calls": [True, False], "reasoning_effort": ["low", "high"],
    "guided_regex": ["a", "b"], "top_k": [1, -1], "min_p": [0, 0.1], "made_up": [None, {}, []],
}
#: What the gateway takes for itself.
OWN_MEMBERS = {
    "metadata": [{"trace": 1}, {}], "tags": [["x"], []], "num_retries": [0, 2],
    "timeout": [20, 30], "litellm_call_id": ["1", "2"], "guardrails": [[]],
    "cache": [{"ttl": 50}, {"use-cache": True}, {}],
}
HEADERS = [{}, {"openai-beta": "x"}, {"openai-beta": "y"}, {"x-request-id": "1"}]
TENANTS = {"a": "a", "b": "b", "c": "red", "d": "red"}


def identity(tenant: str, model: str, body: dict, headers: dict) -> object:
    """What docs/cache.md says must be equal, by Python's own idea of JSON."""
    kept = {name: value for name, value in body.items() if name not in OWN_MEMBERS}
    return (TENANTS[tenant], {"fast": "chat"}.get(model, model), meaning(json.dumps(kept)),
            headers.get("openai-beta"), body.get("cache", {}).get("namespace"))


def mutated(body: dict, random: Random) -> dict:
    """The same request, or one that is one step away."""
    new = dict(body)
    step = random.randrange(6)
    if step == 0:
        name = random.choice(list(FORWARDED))
        new[name] = random.choice(FORWARDED[name])
    elif step == 1 and len(new) > 1:
        del new[random.choice([name for name in new if name != "messages"])]
    elif step == 2:
        name = random.choice(list(OWN_MEMBERS))
        new[name] = random.choice(OWN_MEMBERS[name])
    elif step == 3:
        new["cache"] = {"namespace": random.choice(["n", "red", "a"])}
    new.setdefault("messages", MESSAGES)
    return new


@pytest.fixture
def tenants(start, upstream: Upstream) -> Iterator[Sidecar]:
    keys = [{"key": f"os.environ/KEY_{name.upper()}", **({"team": team} if team == "red" else {})}
            for name, team in TENANTS.items()]
    yield start(cached(
        [deployment("chat", upstream.base), deployment("other", upstream.base)],
        router_settings={"model_group_alias": {"fast": "chat"}},
        general_settings={"master_key": "os.environ/GATEWAY_KEY"}, sidegate={"keys": keys}),
        environment={"GATEWAY_KEY": MASTER_KEY,
                     **{f"KEY_{name.upper()}": key for name, key in KEYS.items()}})


@pytest.mark.timeout(180)
def test_random_requests_share_only_with_their_equals(tenants: Sidecar, upstream: Upstream) -> None:
    """Whole requests, each a step away from one before: tenant, model, members, headers, text."""
    upstream.behaviours["up-chat"] = upstream.behaviours["up-other"] = whole_or_stream
    seed = int(os.environ.get("SIDEGATE_TEST_SEED") or time.time_ns())
    random = Random(seed)
    known: dict[object, str] = {}
    bodies = [{"messages": MESSAGES}]
    hits = 0
    for _ in range(1_200):
        body = mutated(random.choice(bodies[-20:]), random)
        bodies.append(body)
        tenant, headers = random.choice("abcd"), random.choice(HEADERS)
        model = random.choice(["chat", "fast", "chat", "other"])
        key = identity(tenant, model, body, headers)
        text = spelt({"model": model, **body}, random)
        response = ask(tenants, text.encode(),
                       {"authorization": f"Bearer {KEYS[tenant]}", **headers})
        assert response.status == 200, (seed, text, response.body)
        assert (result(response) == "hit") == (key in known), (seed, text, known.get(key))
        hits += key in known
        known[key] = text
    assert hits > 100 and len(known) > 300, (seed, hits, len(known))


def whole_or_stream(exchange: Exchange) -> None:
    """Good answers, whatever else was asked for."""
    one = {"index": 0, "finish_reason": "stop"}
    if exchange.json.get("stream"):
        exchange.start_stream()
        exchange.event({"model": "m", "choices": [{**one, "delta": {"content": "x"}}]})
        return exchange.end_stream()
    return exchange.answer({"model": "m", "choices": [
        {**one, "message": {"role": "assistant", "content": "x"}}]})


@pytest.mark.parametrize("path", [CHAT, "/v1/completions", "/v1/embeddings"])
def test_endpoints_do_not_share(tenants: Sidecar, path: str) -> None:
    body = {"model": "chat", "messages": MESSAGES, "prompt": "Hi", "input": "Hi"}
    auth = {"authorization": f"Bearer {KEYS['a']}"}
    found = [result(ask(tenants, body, auth, other))
             for other in (CHAT, "/v1/completions", "/v1/embeddings")]
    assert found == ["miss"] * 3
    assert result(ask(tenants, body, auth, path)) == "hit"
