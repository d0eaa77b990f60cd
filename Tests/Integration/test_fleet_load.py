"""Requests in flight and latencies that sidecars tell each other, and what follows from it."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from behaviours import ordinary
from conftest import configuration
from fleet_redis import cluster_of_one, node
from herd import CHAT, MESSAGES, answered_by, ask, group, slow, until
from limit_redis import RedisClient, RedisServer
from real_redis import denials
from sidecar import Sidecar
from test_fleet_cooldowns import acl
from upstream import Exchange, Upstream, compact
from wire import Wire, message

#: What a busy machine may take for what takes some beats.
SOON = 30
PREFIX = "sg:1:{sg:default}:"


Fleet = Callable[..., list[Sidecar]]


@pytest.fixture
def fleet(start, upstream: Upstream, server: RedisServer) -> Fleet:
    """Sidecars that know their endpoints and each other."""

    def begin(count: int, strategy: str, deployments: int = 2, *, url: str = "",
              general: dict | None = None, **sidegate: object) -> list[Sidecar]:
        source = configuration(
            group("chat", upstream, deployments), sidegate=sidegate, general_settings=general or {},
            router_settings={"num_retries": 0, "routing_strategy": strategy,
                             "redis_url": url or f"redis://127.0.0.1:{server.port}",
                             "disable_cooldowns": True})
        sidecars = [start(source) for _ in range(count)]
        for sidecar in sidecars:
            assert until(lambda: sidecar.metrics().total("sidegate_fleet_sidecars") == count, SOON)
            assert ask(sidecar, "chat").status == 200
        return sidecars

    return begin


def endpoint(sidecar: Sidecar, name: str) -> dict:
    states = sidecar.request("GET", "/routing/state").json["endpoints"]
    return next(one for one in states if one["deployment"] == name)


def others(sidecar: Sidecar, name: str = "chat.a") -> int:
    return endpoint(sidecar, name).get("others_in_flight", 0)


def hears(sidecar: Sidecar, count: int, name: str = "chat.a") -> bool:
    """Whether it has heard of so many of the others, and that they begin no more."""
    return until(lambda: others(sidecar, name) == count
                 and "others_pace" not in endpoint(sidecar, name), SOON)


@contextmanager
def held(upstream: Upstream, sidecar: Sidecar, count: int, name: str = "chat.a") -> Iterator[None]:
    """Requests of a sidecar that an endpoint does not answer for now; it answers all others."""
    released = threading.Event()
    before = len(upstream.requests)
    mark = f"held-{before}"

    @upstream.behaviour(name)
    def _(exchange: Exchange) -> None:
        end = time.monotonic() + 120 * (exchange.json.get("user", "").startswith("held"))
        while not released.is_set() and time.monotonic() < end:
            if exchange.wait_closed(0.05):
                return
        ordinary(exchange)

    # By its id a deployment is asked for alone.
    body = compact({"model": name, "messages": MESSAGES, "user": mark})
    wires = [Wire(sidecar.address) for _ in range(count)]
    try:
        for wire in wires:
            wire.send(message("POST", CHAT, body))
        assert until(lambda: sum(one.method == "POST" and one.json.get("user") == mark
                                 for one in upstream.requests[before:]) == count, SOON)
        yield
    finally:
        released.set()
        for wire in wires:
            wire.close()
        upstream.behaviours.pop(name, None)


def chosen(sidecar: Sidecar, count: int, **more: object) -> set[str | None]:
    return {answered_by(ask(sidecar, "chat", **more)) for _ in range(count)}


# In flight.


def test_requests_of_one_steer_the_other(fleet: Fleet, upstream: Upstream) -> None:
    first, second = fleet(2, "least-busy")
    with held(upstream, first, 4):
        assert hears(second, 4)
        assert endpoint(second, "chat.a")["in_flight"] == 0
        assert chosen(second, 20) == {"chat.b"}
        assert others(first) == 0, "its own are not the others'"
    assert hears(second, 0)
    assert until(lambda: chosen(second, 5) == {"chat.a", "chat.b"}, SOON)


def test_what_two_say_is_added_up(fleet: Fleet, upstream: Upstream) -> None:
    first, second, third = fleet(3, "least-busy")
    with held(upstream, first, 2):
        assert hears(second, 2)
        with held(upstream, second, 3, "chat.a"):
            assert hears(third, 5)
            assert chosen(third, 20) == {"chat.b"}
            assert hears(first, 3) and others(second) == 2
    assert hears(third, 0) and hears(second, 0)


def test_a_sidecar_that_dies_leaves_nothing_behind(
    fleet: Fleet, upstream: Upstream, server: RedisServer
) -> None:
    first, second = fleet(2, "least-busy")
    with held(upstream, first, 5):
        assert hears(second, 5)
        first.process.kill()
        assert hears(second, 0)
        assert until(lambda: chosen(second, 5) == {"chat.a", "chat.b"}, SOON)
    with RedisClient(server.port) as client:
        assert until(lambda: client.call("EXISTS", PREFIX + "f:load") == 0, SOON)
        assert client.call("ZCARD", PREFIX + "f:load:live") == 1


def test_a_sidecar_that_stops_and_comes_back_is_counted_again(
    fleet: Fleet, upstream: Upstream
) -> None:
    first, second = fleet(2, "least-busy")
    with held(upstream, first, 3), held(upstream, second, 2, "chat.b"):
        assert hears(second, 3) and hears(first, 2, "chat.b")
        first.signal(signal.SIGSTOP)
        try:
            assert hears(second, 0)
        finally:
            first.signal(signal.SIGCONT)
        assert hears(second, 3) and hears(first, 2, "chat.b")


def test_redis_that_goes_and_comes_back_empty(
    fleet: Fleet, upstream: Upstream, server: RedisServer
) -> None:
    first, second = fleet(2, "least-busy")
    with held(upstream, first, 4):
        assert hears(second, 4)
        server.stop()
        # Each by itself: what was told is not believed for ever.
        assert hears(second, 0)
        assert until(lambda: chosen(second, 5) == {"chat.a", "chat.b"}, SOON)
        server.start()
        assert hears(second, 4)
        with RedisClient(server.port) as client:
            client.call("FLUSHALL")
            client.call("SCRIPT", "FLUSH")
        time.sleep(3)
        assert hears(second, 4)
        assert chosen(second, 10) == {"chat.b"}


@pytest.mark.parametrize("case", ["simple-shuffle", "share_routing: false"])
def test_nothing_is_told_that_nobody_needs(
    fleet: Fleet, upstream: Upstream, server: RedisServer, case: str
) -> None:
    shares = case == "simple-shuffle"
    first, second = fleet(
        2, case if shares else "least-busy", share_routing=shares,
        rate_limits={"namespace": "default"})
    with held(upstream, first, 2):
        time.sleep(3)
        assert others(second) == 0
    with RedisClient(server.port) as client:
        assert client.call("KEYS", PREFIX + "f:l*") == []


# Latencies.


@pytest.mark.parametrize("is_stream", [False, True])
def test_what_one_has_measured_steers_the_other(
    fleet: Fleet, upstream: Upstream, is_stream: bool
) -> None:
    names = ["chat.a", "chat.b", "chat.c", "chat.d"]
    for name in names[:3]:
        upstream.behaviours[name] = slow(0.5)
    more = {"stream": True} if is_stream else {}
    mean = "fleet_first_token_ms" if is_stream else "fleet_token_ms"
    first, second = fleet(2, "latency-based-routing", 4)
    # It has measured one or none of this kind, and would try the others first.
    assert until(lambda: chosen(first, 1, **more) and all(
        mean in endpoint(second, name) for name in names), SOON)
    assert chosen(second, 20, **more) == {"chat.d"}
    assert endpoint(second, "chat.a")[mean] > endpoint(second, "chat.d")[mean]


def test_each_goes_by_what_it_measured_itself_without_redis(
    fleet: Fleet, upstream: Upstream, server: RedisServer
) -> None:
    first, second = fleet(2, "latency-based-routing")
    upstream.behaviours["chat.a"] = slow(0.5)
    assert until(lambda: chosen(first, 1) and all(
        "fleet_token_ms" in endpoint(second, name) for name in ("chat.a", "chat.b")), SOON)
    server.stop()
    assert until(lambda: not any("fleet_token_ms" in endpoint(second, name)
                                 for name in ("chat.a", "chat.b")), SOON)
    # The one that it has not measured is tried, then the quick one is taken.
    assert until(lambda: chosen(second, 10) == {"chat.b"}, SOON)
    server.start()
    assert until(lambda: chosen(first, 1) and "fleet_token_ms" in endpoint(second, "chat.b"), SOON)


def test_a_time_out_is_nobody_elses(fleet: Fleet, upstream: Upstream) -> None:
    first, second = fleet(2, "latency-based-routing")
    for sidecar in (first, second):
        assert until(lambda: chosen(sidecar, 1) and all(
            "fleet_token_ms" in endpoint(sidecar, name) for name in ("chat.a", "chat.b")), SOON)
    upstream.behaviours["chat.a"] = slow(20)
    assert ask(first, "chat.a", timeout=0.3).status == 408
    del upstream.behaviours["chat.a"]
    assert endpoint(first, "chat.a")["token_timed_out"] is True
    assert chosen(first, 10) == {"chat.b"}
    time.sleep(3)
    assert endpoint(second, "chat.a")["fleet_token_ms"] < 10_000
    assert "token_timed_out" not in endpoint(second, "chat.a")


# Rights.


@pytest.mark.parametrize("strategy", ["least-busy", "latency-based-routing"])
def test_the_documented_rights_are_enough(
    fleet: Fleet, upstream: Upstream, server: RedisServer, strategy: str
) -> None:
    checks = {"background_health_checks": True, "health_check_interval": 1}
    with RedisClient(server.port) as client:
        first, second = fleet(2, strategy, url=acl(client, server), general=checks)
        with held(upstream, first, 2):
            kept = "f:load" if strategy == "least-busy" else "f:latency"
            assert until(lambda: chosen(first, 1) and client.call("HLEN", PREFIX + kept), SOON)
            assert until(lambda: client.call("HLEN", PREFIX + "f:health") == 2, SOON)
            assert strategy != "least-busy" or hears(second, 2)
        time.sleep(2)
        assert denials(client.call("ACL", "LOG")) <= {"config|get"}
        for key in client.call("KEYS", "*"):
            assert key.startswith(PREFIX.encode()) and client.call("PTTL", key) > 0


def test_a_cluster_will_do(start, upstream: Upstream, tmp_path: Path) -> None:
    """All that one beat touches is in one slot."""
    with cluster_of_one(tmp_path) as cluster:
        for strategy, seen in (("least-busy", "f:load"), ("latency-based-routing", "f:latency")):
            source = configuration(
                group("chat", upstream, 2), general_settings={"coordination_redis": node(cluster)},
                router_settings={"num_retries": 0, "routing_strategy": strategy})
            first, second = start(source), start(source)
            for sidecar in (first, second):
                assert ask(sidecar, "chat").status == 200
            with RedisClient(cluster.port) as client:
                if strategy == "least-busy":
                    with held(upstream, first, 3):
                        assert hears(second, 3)
                        assert client.call("EXISTS", PREFIX + seen) == 1
                else:
                    assert until(lambda: client.call("EXISTS", PREFIX + seen) == 1, SOON)
            assert "refuses" not in first.log() + second.log()
