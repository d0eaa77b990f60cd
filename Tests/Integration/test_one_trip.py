"""Limits and cache in one Redis: one round trip for both, and nothing taken by who needs nothing."""

import base64
import threading
import time
from collections.abc import Callable, Iterator
from random import Random

import pytest
from behaviours import ordinary
from conftest import configuration, deployment
from herd import answered_by, group, until
from limit_redis import RedisClient, RedisServer
from redis_relay import RedisRelay
from sidecar import Sidecar
from test_cache import result
from test_cache_herd import followers
from test_rate_limits import KEY, MASTER, chat, check_refused
from upstream import Exchange, Upstream, compact
from wire import Wire, message

CHAT = "/v1/chat/completions"
HEAD = {"authorization": f"Bearer {KEY}"}


@pytest.fixture
def relay(server: RedisServer) -> Iterator[RedisRelay]:
    relay = RedisRelay(server.port)
    yield relay
    relay.stop()


Begin = Callable[..., Sidecar]


@pytest.fixture
def begin(start, upstream: Upstream, relay: RedisRelay) -> Begin:
    """Starts a sidecar with limits and cache in Redis, which knows all that it asks but once."""

    def make(key: dict, *, mode: str = "exact", models: list[dict] | None = None,
             router: dict | None = None, general: dict | None = None, timeout: float = 20,
             memory: int = 1 << 20) -> Sidecar:
        redis = {"host": "127.0.0.1", "port": relay.port, "socket_timeout": timeout}
        sidecar = start(configuration(
            models or [deployment("chat", upstream.base)],
            general_settings={"master_key": MASTER, **(general or {})},
            router_settings={"num_retries": 0, "disable_cooldowns": True, **(router or {})},
            litellm_settings={"cache": True, "cache_params": {"type": "redis", "ttl": 600, **redis}},
            sidegate={"keys": [{"key": KEY, **key}],
                      "rate_limits": {"mode": mode, "namespace": "test"},
                      "cache": {"secret": "os.environ/CACHE_SECRET", "memory_bytes": memory}}),
            environment={"CACHE_SECRET": "cache-canary-51c8"})
        # Its scripts are loaded, and it knows how often the cache was flushed.
        assert chat(sidecar, seed=-1).status == 200
        settles = mode == "exact" and key.keys() & {"tpm", "max_parallel_requests"}
        assert until(lambda: {"SET", *(["settle"] if settles else [])} <= set(relay.commands))
        relay.writes.clear()
        upstream.forget()
        return sidecar

    return make


class Use:
    """What counts in Redis of the key's limits."""

    def __init__(self, server: RedisServer) -> None:
        self.client = RedisClient(server.port)

    def __call__(self, letter: str) -> int:
        keys = self.client.call("KEYS", f"sg:1:{{sg:test}}:{letter}:api_key:*")
        if not keys:
            return 0
        if letter == "p":
            return self.client.call("ZCARD", keys[0])
        return int(self.client.call("HGET", keys[0], "s") or 0)

    def all(self) -> dict[str, int]:
        return {letter: self(letter) for letter in "rtp"}


@pytest.fixture
def use(server: RedisServer) -> Iterator[Use]:
    use = Use(server)
    yield use
    use.client.close()


ALL = {"rpm": 1000, "tpm": 100_000, "max_parallel_requests": 50}


def before_upstream(relay: RedisRelay, upstream: Upstream) -> list[list[str]]:
    """The writes of a request until the upstream was asked."""
    asked = upstream.requests[-1].arrived_at
    return [write.commands for write in list(relay.writes) if write.at < asked and write.commands]


def test_a_miss_makes_one_trip(begin: Begin, relay: RedisRelay, upstream: Upstream) -> None:
    sidecar = begin(ALL)
    relay.delay = 0.02
    began = time.monotonic()
    assert result(chat(sidecar)) == "miss"
    assert time.monotonic() - began >= 0.02
    assert before_upstream(relay, upstream) == [["GET", "admit"]]
    # Nobody waits for what comes after the answer.
    assert until(lambda: sorted(relay.commands) == ["GET", "SET", "admit", "settle"])


def test_a_hit_makes_one_trip_and_takes_nothing(
    begin: Begin, relay: RedisRelay, upstream: Upstream, use: Use
) -> None:
    sidecar = begin(ALL, memory=0)
    chat(sidecar)
    assert until(lambda: use("p") == 0)
    relay.writes.clear()
    relay.delay = 0.02
    before = use.all()
    answer = chat(sidecar)
    assert result(answer) == "hit" and len(upstream.requests) == 1
    assert relay.writes[0].commands == ["GET", "admit"]
    assert not answer.header("x-ratelimit-api_key-remaining-requests")
    # What was taken beside the look-up comes back without anybody's waiting.
    assert until(lambda: relay.commands == ["GET", "admit", "settle"])
    assert until(lambda: use.all() == before)


def test_a_hit_does_not_wait_for_the_limits(
    begin: Begin, relay: RedisRelay, server: RedisServer, use: Use
) -> None:
    """What the limits' script says comes behind the entry; then it is given back all the same."""
    sidecar = begin(ALL, memory=0)
    chat(sidecar)
    assert until(lambda: use("p") == 0)
    before = use.all()
    for _ in range(20):
        assert result(chat(sidecar)) == "hit"
    assert until(lambda: use.all() == before)


def test_a_hit_in_memory_asks_nobody(begin: Begin, relay: RedisRelay) -> None:
    sidecar = begin(ALL)
    chat(sidecar)
    assert until(lambda: "settle" in relay.commands)
    relay.writes.clear()
    relay.hold()
    assert result(chat(sidecar)) == "hit"
    assert relay.commands == []
    relay.release()


@pytest.mark.parametrize("mode", ["lease", "local"])
def test_without_exact_limits_only_the_cache_is_asked(
    begin: Begin, relay: RedisRelay, upstream: Upstream, mode: str
) -> None:
    sidecar = begin({"rpm": 1_000_000, "tpm": 1_000_000_000}, mode=mode)
    for seed in range(20):
        # The first ones take permits in advance.
        chat(sidecar, seed=seed)
    relay.writes.clear()
    assert result(chat(sidecar, seed=100)) == "miss"
    trips = before_upstream(relay, upstream)
    # Permits may be taken in advance, beside it, and earlier answers be stored.
    assert [name for write in trips for name in write if name in ("GET", "admit")] == ["GET"]


def test_lease_without_a_cache_makes_no_trip(
    start, relay: RedisRelay, upstream: Upstream
) -> None:
    sidecar = start(configuration(
        [deployment("chat", upstream.base)], general_settings={"master_key": MASTER},
        router_settings={"redis_host": "127.0.0.1", "redis_port": relay.port,
                         "cache_kwargs": {"socket_timeout": 20}},
        sidegate={"keys": [{"key": KEY, "rpm": 1_000_000}], "rate_limits": {"mode": "lease"}}))
    for _ in range(30):
        assert chat(sidecar).status == 200
    relay.hold()
    # Answers are held, and nobody waits for one.
    for _ in range(5):
        assert chat(sidecar).status == 200
    relay.release()


def test_refused_and_missed_is_refused(begin: Begin, upstream: Upstream) -> None:
    sidecar = begin({"rpm": 2})
    assert chat(sidecar, seed=1).status == 200
    check_refused(chat(sidecar, seed=2), "api_key: [0-9a-f]{64}", "requests", 2)
    assert len(upstream.requests) == 1


def test_refused_and_found_is_a_hit(begin: Begin, relay: RedisRelay) -> None:
    sidecar = begin({"rpm": 2}, memory=0)
    assert chat(sidecar, seed=1).status == 200
    assert until(lambda: "SET" in relay.commands)
    # Not remembered from before: Redis itself refuses it.
    time.sleep(0.3)
    relay.writes.clear()
    assert result(chat(sidecar, seed=1)) == "hit"
    assert relay.commands == ["GET", "admit"]
    check_refused(chat(sidecar, seed=3), "api_key: [0-9a-f]{64}", "requests", 2)


def test_who_waits_for_another_takes_nothing(
    begin: Begin, relay: RedisRelay, upstream: Upstream, use: Use
) -> None:
    sidecar = begin(ALL)
    opened = threading.Event()

    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        assert opened.wait(60)
        ordinary(exchange)

    wires = [Wire(sidecar.address, timeout=60) for _ in range(20)]
    body = compact({"model": "chat", "messages": [{"role": "user", "content": "Hi"}]})
    for wire in wires:
        wire.send(message("POST", CHAT, body, HEAD))
    assert until(lambda: followers(sidecar) == 19, 30)
    assert until(lambda: use("p") == 1)
    opened.set()
    assert sorted(result(wire.response("POST")) for wire in wires) == ["hit"] * 19 + ["miss"]
    assert relay.commands.count("admit") == 1
    assert until(lambda: use("p") == 0) and use("r") == 2


def test_the_verdict_names_the_deployment_with_room(
    begin: Begin, relay: RedisRelay, upstream: Upstream
) -> None:
    models = [*group("chat", upstream, 3, rpm=[2, 2, 3])]
    sidecar = begin({"rpm": 1000}, models=models, router={
        "optional_pre_call_checks": ["enforce_model_rate_limits"]})
    found = [answered_by(chat(sidecar, seed=seed)) for seed in range(6)]
    assert None not in found
    assert relay.commands.count("admit") == 6 and relay.commands.count("GET") == 6
    assert chat(sidecar, seed=7).status == 429


def test_a_client_that_leaves_has_taken_nothing(
    begin: Begin, relay: RedisRelay, upstream: Upstream, use: Use
) -> None:
    sidecar = begin(ALL)
    before = use.all()
    relay.hold()
    wire = Wire(sidecar.address)
    wire.send(message("POST", CHAT, compact({"model": "chat", "messages": []}), HEAD))
    assert until(lambda: relay.commands == ["GET", "admit"])
    wire.close()
    assert until(lambda: use.all() != before)
    time.sleep(0.2)
    relay.release()
    assert until(lambda: use.all() == before)
    assert upstream.requests == []
    assert sidecar.access_log(2)[-1]["status"] == 499


def test_what_is_granted_too_late_is_given_back(
    begin: Begin, relay: RedisRelay, upstream: Upstream, use: Use
) -> None:
    sidecar = begin(ALL, timeout=0.2)
    before = use.all()
    relay.hold()
    # Decided by the sidecar's share.
    answer = chat(sidecar)
    assert answer.status == 200 and result(answer) == "miss"
    assert until(lambda: use.all() != before)
    relay.release()
    assert until(lambda: use("p") == 0, 20)
    assert until(lambda: use.all() == before, 20)


def test_a_drain_leaves_nothing_taken(begin: Begin, relay: RedisRelay, use: Use) -> None:
    sidecar = begin(ALL)
    before = use.all()
    relay.hold()
    wire = Wire(sidecar.address)
    wire.send(message("POST", CHAT, compact({"model": "chat", "messages": []}), HEAD))
    assert until(lambda: relay.commands == ["GET", "admit"])
    sidecar.process.terminate()
    time.sleep(0.2)
    relay.release()
    assert wire.response("POST").status == 200
    wire.close()
    assert sidecar.stop() == 0
    assert until(lambda: use("p") == 0)
    assert use("r") == before["r"] + 1


@pytest.mark.parametrize("closed", [False, True])
def test_redis_that_dies_in_between(
    begin: Begin, relay: RedisRelay, server: RedisServer, upstream: Upstream, closed: bool
) -> None:
    sidecar = begin(ALL, general={"fail_closed_rate_limit_enforcement": closed})
    relay.hold()
    wire = Wire(sidecar.address)
    wire.send(message("POST", CHAT, compact({"model": "chat", "messages": []}), HEAD))
    assert until(lambda: relay.commands == ["GET", "admit"])
    server.stop()
    relay.stop()
    response = wire.response("POST")
    wire.close()
    assert response.status == (503 if closed else 200)
    assert len(upstream.requests) == (0 if closed else 1)
    if not closed:
        assert result(response) == "miss"
        assert response.header("x-ratelimit-api_key-remaining-requests") == "998"


def test_flushed_scripts_are_loaded_again_beside_a_look_up(
    begin: Begin, relay: RedisRelay, server: RedisServer
) -> None:
    sidecar = begin({"rpm": 5})
    with RedisClient(server.port) as client:
        for seed in range(4):
            client.call("SCRIPT", "FLUSH")
            assert chat(sidecar, seed=seed).status == 200
        check_refused(chat(sidecar, seed=9), "api_key: [0-9a-f]{64}", "requests", 5)


def test_in_the_steady_state_nothing_else_is_waited_for(
    begin: Begin, relay: RedisRelay, upstream: Upstream
) -> None:
    """How often the cache was flushed is asked for again, beside requests."""
    sidecar = begin(ALL)
    for seed in range(3):
        time.sleep(1.2)
        relay.writes.clear()
        assert result(chat(sidecar, seed=seed)) == "miss"
        assert before_upstream(relay, upstream) == [["GET", "admit"]]


def test_another_group_asks_anew(begin: Begin, relay: RedisRelay, upstream: Upstream) -> None:
    models = [deployment("broken", upstream.base, rpm=5), deployment("chat", upstream.base, rpm=50)]
    sidecar = begin({"rpm": 100}, models=models, router={
        "fallbacks": [{"broken": ["chat"]}],
        "optional_pre_call_checks": ["enforce_model_rate_limits"]})

    @upstream.behaviour("up-broken")
    def _(exchange: Exchange) -> None:
        exchange.answer({"error": {"message": "no"}}, 500)

    assert chat(sidecar, model="broken").status == 200
    assert [call.model for call in upstream.requests] == ["up-broken", "up-chat"]
    # The key's limits and those of the first group's deployment, then those of the second one's.
    assert relay.commands.count("admit") == 2


def test_large_entries_take_a_way_of_their_own(
    begin: Begin, relay: RedisRelay, upstream: Upstream, use: Use
) -> None:
    sidecar = begin(ALL, memory=0)
    sizes = (40_000, 90_000, 400_000)

    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        # Hardly to be compressed.
        text = base64.b64encode(Random(size := exchange.json["seed"]).randbytes(size)).decode()
        exchange.answer({"id": "a", "model": exchange.model, "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text},
             "finish_reason": "stop"}]})

    first = {size: chat(sidecar, seed=size) for size in sizes}
    assert until(lambda: relay.commands.count("SET") == len(sizes)), relay.commands
    assert until(lambda: use("p") == 0)
    before = use.all()
    for size in sizes:
        # A large one is not there as long as its connection is made.
        assert until(lambda: result(chat(sidecar, seed=size)) == "hit")
        relay.writes.clear()
        again = chat(sidecar, seed=size)
        assert result(again) == "hit" and again.body == first[size].body
        assert until(lambda: "settle" in relay.commands)
        assert relay.commands.count("GET") == (1 if size < 45_000 else 2)
    assert until(lambda: use("r") >= before["r"] and use("p") == 0)
    assert sidecar.metrics().total("sidegate_redis_connections_total") == 2


def test_what_is_asked_of_redis_is_counted(
    begin: Begin, relay: RedisRelay, server: RedisServer, upstream: Upstream
) -> None:
    sidecar = begin(ALL, timeout=0.2)

    def count(name: str, **labels: str) -> float:
        return sidecar.metrics().total(f"sidegate_redis_{name}_total", **labels)

    before = {name: count(name) for name in ("sent_bytes", "received_bytes")}
    answered = count("commands", result="answered")
    assert [result(chat(sidecar, seed=seed)) for seed in range(3)] == ["miss"] * 3
    # Of each a look-up, a decision, what it used and its answer.
    assert until(lambda: count("commands", result="answered") >= answered + 12)
    assert count("sent_bytes") > before["sent_bytes"] + 3 * 500
    assert count("received_bytes") > before["received_bytes"]
    assert count("connections") == 1
    assert count("commands", result="timed_out") == count("commands", result="lost") == 0
    relay.hold()
    for seed in range(10, 13):
        assert chat(sidecar, seed=seed).status == 200
    assert until(lambda: count("breaker_openings") == 1)
    assert count("commands", result="timed_out") >= 3
    assert chat(sidecar, seed=20).status == 200
    assert count("commands", result="refused") >= 1
    server.stop()
    relay.stop()
    assert until(lambda: count("commands", result="lost") >= 1)
