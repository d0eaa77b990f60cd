"""The cache's level in Redis: shared by sidecars, sealed, and not missed when it is gone."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import MASTER_KEY, configuration, deployment
from herd import until
from redis_server import PASSWORD, RedisServer
from sidecar import Sidecar
from test_cache import BASE, ask, cached, numbered, result
from test_cache_herd import Crowd
from upstream import Upstream

ENVIRONMENT = {"REDIS_SECRET": PASSWORD, "CACHE_SECRET": "cache-canary-51c8"}
OWN = {"secret": "os.environ/CACHE_SECRET"}


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    directory = tmp_path / "redis"
    directory.mkdir()
    server = RedisServer(directory)
    yield server
    server.stop()


@pytest.fixture
def fleet(start, redis: RedisServer, upstream: Upstream) -> Callable[..., Sidecar]:
    """Starts one more sidecar of the fleet."""
    numbered(upstream, "up-chat")

    def begin(environment: dict | None = None, own: dict | None = None, **params: object) -> Sidecar:
        # A machine that is very busy may take longer than 25 ms for a round trip.
        source = cached([deployment("chat", upstream.base)],
                        {**redis.params, "socket_timeout": 5, **params}, {**OWN, **(own or {})})
        return start(source, environment={**ENVIRONMENT, **(environment or {})})

    return begin


def entries(redis: RedisServer) -> list[str]:
    return [key for key in redis.keys() if key.startswith("sg:1:c:") and key != "sg:1:c:epoch"]


def stored(redis: RedisServer, count: int = 1) -> list[str]:
    """The names of the entries; they are written behind the answer."""
    assert until(lambda: len(entries(redis)) == count), redis.keys()
    return entries(redis)


def test_one_sidecars_answers_are_everybodys(
    fleet, redis: RedisServer, upstream: Upstream
) -> None:
    first, second = fleet(), fleet()
    for more in ({}, {"stream": True}):
        answer = ask(first, {**BASE, **more})
        assert result(answer) == "miss"
        stored(redis, 2 if more else 1)
        again = [ask(second, {**BASE, **more}) for _ in range(2)]
        assert [result(other) for other in again] == ["hit", "hit"]
        assert {other.body for other in again} == {answer.body}
        assert again[0].header("content-type") == answer.header("content-type")
    assert len(upstream.requests) == 2
    metrics = second.metrics()
    assert metrics.total("sidegate_cache_requests_total", result="hit_shared") == 2
    assert metrics.total("sidegate_cache_requests_total", result="hit_memory") == 2
    assert metrics.total("litellm_cached_tokens_metric_total") == 2 * 11 + 2 * 30
    assert second.metrics().total("sidegate_cache_rejected_total") == 0


def test_what_lies_in_redis(fleet, redis: RedisServer) -> None:
    sidecar = fleet(ttl=30)
    ask(sidecar, {**BASE, "cache": {"ttl": 1000}})
    name = stored(redis)[0]
    assert name.startswith("sg:1:c:") and len(name) == 7 + 64
    assert 900_000 < redis.command("PTTL", name) <= 1_000_000
    ask(sidecar, {**BASE, "seed": 1})
    other = next(key for key in stored(redis, 2) if key != name)
    assert 20_000 < redis.command("PTTL", other) <= 30_000
    assert ask(sidecar, {**BASE, "seed": 1}).header("x-litellm-cache-key") == other[7:]


def test_an_altered_entry_is_no_entry(fleet, redis: RedisServer, upstream: Upstream) -> None:
    ask(fleet(), BASE)
    name = stored(redis)[0]
    good = redis.command("GET", name)
    for number, bad in enumerate([
        good[:-1] + bytes([good[-1] ^ 1]), good[:40] + b"X" + good[41:], good[:-1], good + b"x",
        b"x" * 65_536, b"x" * 70_000, b"x", b'{"timestamp":1,"response":"{}"}', b"\x01" * 10_000,
    ], 2):
        redis.command("SET", name, bad)
        sidecar = fleet()
        assert result(ask(sidecar)) == "miss"
        assert sidecar.metrics().total("sidegate_cache_rejected_total") == 1
        assert len(upstream.requests) == number
        # The fresh answer takes its place.
        assert until(lambda: redis.command("GET", name) not in (bad, None))


def test_a_planted_entry_is_no_entry(fleet, redis: RedisServer) -> None:
    sidecar = fleet()
    ask(sidecar, BASE)
    ask(sidecar, {**BASE, "seed": 1})
    names = stored(redis, 2)
    values = [redis.command("GET", name) for name in names]
    for name, value in zip(names, reversed(values)):
        redis.command("SET", name, value)
    other = fleet()
    assert [result(ask(other, body)) for body in (BASE, {**BASE, "seed": 1})] == ["miss"] * 2
    assert other.metrics().total("sidegate_cache_rejected_total") == 2
    stranger = fleet(environment={"CACHE_SECRET": "another"})
    assert result(ask(stranger)) == "miss"
    assert stranger.metrics().total("sidegate_cache_rejected_total") == 1


def test_without_a_secret_nothing_goes_to_redis(start, redis: RedisServer, upstream) -> None:
    models = [deployment("chat", upstream.base)]
    for environment, own in ((ENVIRONMENT, {}), ({"REDIS_SECRET": PASSWORD}, OWN)):
        sidecar = start(cached(models, redis.params, own), environment=environment)
        assert [result(ask(sidecar)) for _ in range(2)] == ["miss", "hit"]
        assert sidecar.request("GET", "/cache/ping").json["cache_type"] == "local"
    keyed = start(cached(models, redis.params, {},
                         general_settings={"master_key": "os.environ/GATEWAY_KEY"}),
                  environment={**ENVIRONMENT, "GATEWAY_KEY": MASTER_KEY})
    auth = {"authorization": f"Bearer {MASTER_KEY}"}
    assert keyed.request("GET", "/cache/ping", headers=auth).json["cache_type"] == "redis"
    assert redis.keys() == []


def test_redis_may_be_named_by_variables_or_by_the_router(start, redis, upstream) -> None:
    models = [deployment("chat", upstream.base)]
    own = {"sidegate": {"cache": OWN}, "litellm_settings": {"cache": True}}
    url = f"redis://sidegate-cache:{PASSWORD}@127.0.0.1:{redis.port}/0"
    router = {"redis_host": "127.0.0.1", "redis_port": redis.port,
              "cache_kwargs": {"username": "sidegate-cache"},
              "redis_password": "os.environ/REDIS_SECRET"}
    for source, environment in (
        (configuration(models, **own), {"REDIS_URL": url}),
        (configuration(models, **own), {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(redis.port),
                                        "REDIS_USERNAME": "sidegate-cache",
                                        "REDIS_PASSWORD": PASSWORD}),
        (configuration(models, router_settings=router, **own), {}),
    ):
        sidecar = start(source, environment={**ENVIRONMENT, **environment})
        assert until(lambda: sidecar.request("GET", "/cache/ping").json.get(
            "cache_type") == "redis"), sidecar.log()


def test_a_flush_reaches_the_fleet_and_nothing_else(
    fleet, redis: RedisServer, upstream: Upstream
) -> None:
    redis.command("SET", "limits", "5")
    first, second = fleet(), fleet()
    ask(first)
    stored(redis)
    assert result(ask(second)) == "hit"
    assert first.request("POST", "/cache/flushall").json == {"status": "success"}
    assert redis.command("GET", "limits") == b"5"
    assert result(ask(first)) == "miss"
    # The other one learns of it within a second of its requests.
    numbers = set()

    def number() -> int:
        text = ask(second).json["choices"][0]["message"]["content"]
        numbers.add(text)
        return int(text.removeprefix("answer "))

    assert until(lambda: number() == 2, 20), numbers
    assert len(upstream.requests) == 2
    assert result(ask(fleet())) == "hit"


def test_a_deleted_answer_is_gone_from_redis(fleet, redis: RedisServer) -> None:
    sidecar = fleet()
    ask(sidecar)
    name = stored(redis)[0]
    gone = sidecar.request("POST", "/cache/delete", {"keys": [name[7:]]})
    assert gone.json == {"status": "success"}
    assert until(lambda: entries(redis) == [])
    assert result(ask(sidecar)) == "miss"


def test_redis_gone_is_a_smaller_cache(fleet, redis: RedisServer, upstream: Upstream) -> None:
    sidecar = fleet()
    ask(sidecar)
    stored(redis)
    redis.process.kill()
    redis.process.wait()
    assert result(ask(sidecar)) == "hit"
    for seed in range(20):
        body = {**BASE, "seed": seed}
        assert [result(ask(sidecar, body)) for _ in range(2)] == ["miss", "hit"]
    assert sidecar.request("GET", "/health/readiness").status == 200
    assert until(lambda: sidecar.request("GET", "/cache/ping").status == 503)
    assert sidecar.request("POST", "/cache/flushall").status == 503
    redis.start()
    assert until(lambda: sidecar.request("GET", "/cache/ping").status == 200, 60)
    # That Redis has forgotten all is noticed within a second, and a request.
    assert until(lambda: ask(sidecar, {**BASE, "seed": time.monotonic()}).status == 200
                 and "sg:1:c:epoch" in redis.keys())
    before = len(entries(redis))
    ask(sidecar, {**BASE, "seed": 100})
    assert until(lambda: len(entries(redis)) > before)
    assert result(ask(fleet(), {**BASE, "seed": 100})) == "hit"
    assert sidecar.wait_log("Redis is down")
    assert sidecar.wait_log("Redis is up")


def test_a_redis_that_hangs_costs_next_to_nothing(fleet, redis: RedisServer) -> None:
    sidecar = fleet(socket_timeout=0.05)
    ask(sidecar)
    redis.pause()
    try:
        began = time.monotonic()
        for seed in range(60):
            assert ask(sidecar, {**BASE, "seed": seed}).status == 200
        # Each alone may wait 50 ms; all of them together would have waited for three seconds.
        assert time.monotonic() - began < 30
    finally:
        redis.resume()
    assert until(lambda: sidecar.request("GET", "/cache/ping").status == 200, 60)


def test_a_redis_that_is_not_there_at_the_start(fleet, redis: RedisServer) -> None:
    redis.process.kill()
    redis.process.wait()
    sidecar = fleet()
    assert [result(ask(sidecar)) for _ in range(2)] == ["miss", "hit"]
    redis.start()
    assert until(lambda: sidecar.request("GET", "/cache/ping").status == 200, 60)
    assert until(lambda: ask(sidecar, {**BASE, "seed": 1}).status == 200 and entries(redis))


def test_a_reload_may_bring_redis_and_take_it_away(table, start, redis, upstream) -> None:
    models = [deployment("chat", upstream.base)]
    sidecar = start(cached(models), environment=ENVIRONMENT)
    ask(sidecar)
    for params, kind in ((redis.params, "redis"), ({}, "local")):
        table(cached(models, params, OWN)).rename(sidecar.table)
        assert until(lambda: sidecar.request(
            "GET", "/cache/ping").json.get("cache_type") == kind), kind
        assert ask(sidecar, {**BASE, "user": kind}).status == 200
    assert len(stored(redis)) == 1


def test_a_thousand_misses_ask_redis_once(fleet, redis: RedisServer, upstream: Upstream) -> None:
    ask(fleet())
    stored(redis)
    sidecar = fleet()
    before = commands(redis)
    answers = Crowd(sidecar, 200).answers()
    assert {answer.status for answer in answers} == {200}
    assert {result(answer) for answer in answers} == {"hit"}
    assert len(upstream.requests) == 1
    # One for the answer, and those that ask how often all was dropped, before anybody knows.
    assert commands(redis) - before <= 201


def commands(redis: RedisServer) -> int:
    text = redis.command("INFO", "commandstats").decode()
    calls = re.search(r"cmdstat_get:calls=(\d+)", text)
    return int(calls[1]) if calls else 0
