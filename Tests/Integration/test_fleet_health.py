"""Health checks that several sidecars share in Redis: who asks, what is told, what stays one's own."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import configuration
from fleet_redis import cluster_of_one, node
from herd import CheckedServer, group, until
from limit_redis import RedisClient, RedisServer
from sidecar import Sidecar
from upstream import Exchange

#: Seconds between two checks of an endpoint.
INTERVAL = 2.0
#: What a busy machine may take for what takes a second or two.
SOON = 30
#: How long a check is another's beyond its own deadline.
LEASE_SLACK = 3
PREFIX = "sg:1:{sg:default}:"


class Server(CheckedServer):
    """One that knows what pod asks it."""

    def askers(self, since: float = 0) -> Counter:
        return Counter(check.header("x-pod") for check in self.checks(since))


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    servers = [Server(), Server()]
    yield servers
    for server in servers:
        server.stop()


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    redis = RedisServer()
    yield redis
    redis.stop()


Fleet = Callable[..., list[Sidecar]]


@pytest.fixture
def fleet(start, servers: list[Server], redis: RedisServer) -> Fleet:
    """Sidecars of the pods `pod-0` and so on, with one endpoint at each server."""

    def begin(pods: list[int], info: dict | None = None, key: str = "UPSTREAM", *,
              keys: dict[int, str] | None = None, count: int = 2,
              interval: float = INTERVAL) -> list[Sidecar]:
        source = configuration(
            group("chat", servers[0], count, info, api_key=f"os.environ/{key}",
                  api_base=[server.base for server in servers],
                  extra_headers={"x-pod": "os.environ/POD_NAME"}),
            general_settings={"background_health_checks": True, "health_check_interval": interval},
            router_settings={"num_retries": 0, "redis_host": "127.0.0.1",
                             "redis_port": redis.port})
        return [start(source, environment={
            "POD_NAME": f"pod-{pod}", key: (keys or {}).get(pod, "sk-good")}) for pod in pods]

    return begin


def state(sidecar: Sidecar, name: str = "chat.a") -> tuple[str, str]:
    """Healthy or not, and why not."""
    found = next((one for one in sidecar.request("GET", "/routing/state").json["endpoints"]
                  if one["deployment"] == name), {})
    return found.get("health", "unknown"), found.get("health_reason", "")


def all_are(sidecars: list[Sidecar], health: str, name: str = "chat.a") -> bool:
    return until(lambda: all(state(one, name)[0] == health for one in sidecars), SOON)


def test_an_endpoint_is_asked_once_a_round_in_the_fleet(
    fleet: Fleet, servers: list[Server]
) -> None:
    sidecars = fleet([0, 1, 2])
    for name in ("chat.a", "chat.b"):
        assert all_are(sidecars, "healthy", name)
    began = time.monotonic()
    time.sleep(5 * INTERVAL)
    for server in servers:
        times = sorted(check.arrived_at for check in server.checks(began))
        assert len(times) <= (time.monotonic() - began) / (0.95 * INTERVAL) + 1
        assert len(times) >= 3
    # Believed for two intervals only, so all have heard of later checks.
    for name in ("chat.a", "chat.b"):
        assert all_are(sidecars, "healthy", name)


def test_who_comes_late_is_told_what_was_found(fleet: Fleet, servers: list[Server]) -> None:
    # Beyond its first round none would ask in this test.
    sidecars = fleet([0, 1], interval=600)
    assert all_are(sidecars, "healthy")
    servers[0].becomes(503)
    late, = fleet([2], interval=600)
    assert all_are([late], "healthy"), "found before, and good enough"
    assert len(servers[0].checks()) == 1 and len(servers[1].checks()) == 1


def test_what_one_finds_the_others_hear(fleet: Fleet, servers: list[Server]) -> None:
    # Beyond their first round these two do not ask in this test.
    quiet = fleet([0, 1], interval=600)
    assert all_are(quiet, "healthy")
    busy, = fleet([2])
    assert all_are([busy], "healthy")
    servers[0].becomes(503)
    assert all_are(quiet, "unhealthy")
    reason = "the health check was answered 503, found by pod pod-2"
    assert [state(one) for one in quiet] == [("unhealthy", reason)] * 2
    servers[0].becomes(200)
    assert all_are(quiet, "healthy")


def test_a_dead_endpoint_is_dead_for_all_and_comes_back(
    fleet: Fleet, servers: list[Server]
) -> None:
    sidecars = fleet([0, 1, 2])
    assert all_are(sidecars, "healthy")
    servers[0].becomes(503)
    assert all_are(sidecars, "unhealthy")
    reasons = [state(sidecar)[1] for sidecar in sidecars]
    assert all(reason.startswith("the health check was answered 503") for reason in reasons)
    assert until(lambda: any("found by pod pod-" in state(one)[1] for one in sidecars), SOON)
    finder = next(one for one in sidecars if "found by pod" in state(one)[1])
    errors = [one["error"] for one in finder.request("GET", "/health").json["unhealthy_endpoints"]]
    assert len(errors) == 1 and "503, found by pod pod-" in errors[0]
    assert [state(one, "chat.b")[0] for one in sidecars] == ["healthy"] * 3
    servers[0].becomes(200)
    assert all_are(sidecars, "healthy")


@pytest.mark.parametrize("status", [404, 429])
def test_what_says_nothing_is_shared_too(
    fleet: Fleet, servers: list[Server], redis: RedisServer, status: int
) -> None:
    """Else each would ask an upstream that has no such path, or no room."""
    servers[0].becomes(status)
    sidecars = fleet([0, 1, 2])
    assert all_are(sidecars, "healthy", "chat.b")
    began = time.monotonic()
    time.sleep(4 * INTERVAL)
    assert len(servers[0].checks(began)) <= (time.monotonic() - began) / (0.95 * INTERVAL) + 1
    assert {state(one)[0] for one in sidecars} == {"unknown"}


def test_another_takes_over_from_one_that_dies(fleet: Fleet, servers: list[Server]) -> None:
    servers[0].act = lambda exchange: exchange.wait_closed(60)
    info = {"health_check_timeout": 4}
    first, = fleet([0], info, interval=600)
    assert until(lambda: servers[0].checks(), SOON)
    second, = fleet([1], info, interval=600)
    assert until(lambda: state(second, "chat.b")[0] == "healthy", SOON)
    assert servers[0].askers() == {"pod-0": 1}, "somebody asks already"
    first.process.kill()
    servers[0].becomes(200)
    assert until(lambda: state(second)[0] == "healthy", SOON)
    assert servers[0].askers() == {"pod-0": 1, "pod-1": 1}
    before, after = (check.arrived_at for check in servers[0].checks())
    assert after - before > 4, "not before its time was over"


def test_own_trouble_stays_ones_own(
    fleet: Fleet, servers: list[Server], redis: RedisServer
) -> None:
    def by_key(exchange: Exchange) -> None:
        is_bad = exchange.header("authorization") == "Bearer sk-bad"
        exchange.answer(b"", 401 if is_bad else 200)

    servers[0].act = by_key
    bad, *good = fleet([0, 1, 2], keys={0: "sk-bad"})
    assert all_are(good, "healthy") and all_are([bad], "unhealthy")
    began = time.monotonic()
    time.sleep(4 * INTERVAL)
    for _ in range(10):
        assert [state(one)[0] for one in good] == ["healthy"] * 2
        assert state(bad) == ("unhealthy", "the health check was answered 401")
        time.sleep(0.2)
    assert servers[0].askers(began)["pod-0"] >= 2, "it asks for itself as long as it has trouble"
    with RedisClient(redis.port) as client:
        kept = [text.decode() for text in client.call("HVALS", PREFIX + "f:health")]
    assert {text[0] for text in kept} == {"h"}
    servers[0].becomes(200)
    assert all_are([bad], "healthy")


def test_where_none_comes_through_each_finds_it_itself(
    fleet: Fleet, servers: list[Server]
) -> None:
    servers[0].stop()
    sidecars = fleet([0, 1, 2, 3, 4], interval=600)
    assert all_are(sidecars, "unhealthy")
    assert {state(one)[1] for one in sidecars} == {"no connection"}
    assert all_are(sidecars, "healthy", "chat.b")
    assert len(servers[1].checks()) == 1


def test_another_question_is_asked_by_itself(fleet: Fleet, servers: list[Server]) -> None:
    """With another credential the answer may be another one."""
    one, = fleet([0], interval=600)
    other, = fleet([1], key="OTHER", interval=600)
    same, = fleet([2], interval=600)
    assert all_are([one, other, same], "healthy")
    assert sum(servers[0].askers().values()) == 2
    assert servers[0].askers()["pod-1"] == 1


def test_without_redis_everyone_asks_and_with_it_one(
    fleet: Fleet, servers: list[Server], redis: RedisServer
) -> None:
    sidecars = fleet([0, 1, 2])
    assert all_are(sidecars, "healthy")
    redis.stop()
    began = time.monotonic()
    assert until(lambda: set(servers[0].askers(began)) == {"pod-0", "pod-1", "pod-2"}
                 and min(servers[0].askers(began).values()) >= 2, SOON)
    took = time.monotonic() - began
    assert len(servers[0].checks(began)) > took / (0.95 * INTERVAL) + 1, "more than one a round"
    servers[0].becomes(503)
    assert all_are(sidecars, "unhealthy")
    assert not any("found by" in state(one)[1] for one in sidecars)
    redis.start()
    with RedisClient(redis.port) as client:
        assert until(lambda: client.call("HLEN", PREFIX + "f:health") == 2, SOON)
    assert until(lambda: any("found by" in state(one)[1] for one in sidecars), SOON)


def test_a_cluster_will_do(start, servers: list[Server], tmp_path: Path) -> None:
    """All that one check touches is in one slot."""
    with cluster_of_one(tmp_path) as cluster:
        source = configuration(
            group("chat", servers[0], 2, api_base=[server.base for server in servers],
                  extra_headers={"x-pod": "os.environ/POD_NAME"}),
            general_settings={"background_health_checks": True, "health_check_interval": 600,
                              "coordination_redis": node(cluster)},
            router_settings={"num_retries": 0})
        servers[0].becomes(503)
        first = start(source, environment={"POD_NAME": "pod-0"})
        assert all_are([first], "unhealthy")
        second = start(source, environment={"POD_NAME": "pod-1"})
        assert all_are([second], "unhealthy") and all_are([second], "healthy", "chat.b")
        assert [server.askers() for server in servers] == [Counter({"pod-0": 1})] * 2
