"""Cooldowns that several sidecars share in Redis, and the one try when they end.

The first deployment of each group is drawn before the others as long as it may be asked at all.
"""

import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from bedrock import Bedrock, answers
from bedrock import fails as bedrock_fails
from bedrock_models import BY_REFERENCE, HAIKU, NOVA, OTHER_HAIKU, model, references
from behaviours import ordinary
from conftest import configuration
from failures import UNKNOWN_MODEL
from fleet_redis import cluster_of_one, node
from herd import FIRST, answered_by, ask, asked, fails, group, in_one_minute, slow, until
from limit_redis import RedisClient, RedisServer
from real_redis import denials, documented_user
from sidecar import Sidecar
from upstream import Exchange, Upstream

#: Longer than any test; seconds.
LONG = 300
#: What a busy machine may take for what takes a beat or two.
SOON = 20
#: Some beats: what has not come by then does not come.
BEATS = 3.5
PREFIX = "sg:1:{sg:default}:"


def source(server: RedisServer, models: list[dict], *, sidegate: dict | None = None,
           general: dict | None = None, **router: object) -> str:
    return configuration(
        models, general_settings=general or {}, sidegate=sidegate or {},
        router_settings={"num_retries": 0, "cooldown_time": LONG, "redis_host": "127.0.0.1",
                         "redis_port": server.port, **router})


def pair(upstream: Upstream, name: str = "chat", **params: object) -> list[dict]:
    return group(name, upstream, 2, weight=[FIRST, 1], **params)


def met(sidecars: list[Sidecar], count: int) -> bool:
    """Whether each has heard of all."""
    return until(lambda: all(one.metrics().total("sidegate_fleet_sidecars") == count
                             for one in sidecars), SOON)


Fleet = Callable[..., list[Sidecar]]


@pytest.fixture
def fleet(start, upstream: Upstream, server: RedisServer) -> Fleet:
    def begin(count: int, models: list[dict] | None = None, **settings: object) -> list[Sidecar]:
        text = source(server, models or pair(upstream), **settings)
        sidecars = [start(text) for _ in range(count)]
        assert met(sidecars, count)
        return sidecars

    return begin


def endpoint(sidecar: Sidecar, name: str = "chat.a") -> dict:
    """What a sidecar says of an endpoint; nothing before it was asked."""
    return next((one for one in sidecar.request("GET", "/routing/state").json["endpoints"]
                 if one["deployment"] == name), {"cooldown_ms": 0, "half_open": False})


def is_cooling(sidecar: Sidecar, name: str = "chat.a") -> bool:
    return endpoint(sidecar, name)["cooldown_ms"] > 0


def is_fleets(sidecar: Sidecar, name: str = "chat.a") -> bool:
    return endpoint(sidecar, name).get("fleet_cooldown", False)


def warm(sidecars: list[Sidecar], model: str = "chat") -> None:
    """A sidecar shows the endpoints of groups that it was asked for, or told of."""
    for sidecar in sidecars:
        assert ask(sidecar, model).status == 200


def cool(sidecars: list[Sidecar], upstream: Upstream, status: int = 429) -> None:
    """Each is refused by the first deployment once; it is well again afterwards."""
    upstream.behaviours["chat.a"] = fails(status)
    for sidecar in sidecars:
        assert ask(sidecar, "chat").status == status
    del upstream.behaviours["chat.a"]


@contextmanager
def traffic(sidecars: list[Sidecar], model: str = "chat") -> Iterator[list[int]]:
    """Requests to each, one after the other; the statuses of those that have ended."""
    statuses: list[int] = []
    over = threading.Event()

    def run(sidecar: Sidecar) -> None:
        while not over.is_set():
            try:
                statuses.append(ask(sidecar, model).status)
            except (OSError, EOFError):
                # One that is killed on purpose.
                if until(lambda: sidecar.process.poll() is not None, 2):
                    return
                raise
            time.sleep(0.02)

    threads = [threading.Thread(target=run, args=(sidecar,)) for sidecar in sidecars]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        over.set()
        for thread in threads:
            thread.join(30)


# What is shared.


def test_three_of_four_spare_the_fourth(fleet: Fleet, upstream: Upstream) -> None:
    sidecars = fleet(4)
    cool(sidecars[:2], upstream)
    time.sleep(BEATS)
    assert not any(map(is_fleets, sidecars)), "two are no quorum of four"
    assert not is_cooling(sidecars[3])
    cool(sidecars[2:3], upstream)
    assert until(lambda: all(map(is_fleets, sidecars)), SOON)
    assert asked(upstream) == ["chat.a"] * 3
    # The fourth has never been refused, nor even asked, and goes elsewhere.
    last = sidecars[3]
    assert {answered_by(ask(last, "chat")) for _ in range(20)} == {"chat.b"}
    assert (LONG - SOON) * 1_000 < endpoint(last)["cooldown_ms"] <= LONG * 1_000
    health = last.request("GET", "/health").json
    assert [one["model_id"] for one in health["unhealthy_endpoints"]] == ["chat.a"]
    assert re.fullmatch(r"cooling down for \d+ s, as the fleet says",
                        health["unhealthy_endpoints"][0]["error"])
    for sidecar in sidecars:
        metrics = sidecar.metrics()
        assert metrics.total("sidegate_fleet_cooldowns_total", model_id="chat.a") == 1
    assert metrics.total("litellm_deployment_cooled_down_total") == 0, "it was not its own"
    assert "chat.a" in last.wait_log("the fleet has an endpoint cool")


def test_two_make_a_quorum_where_there_are_two(fleet: Fleet, upstream: Upstream) -> None:
    first, second = fleet(2)
    cool([first], upstream)
    time.sleep(BEATS)
    assert is_cooling(first) and not is_fleets(first)
    cool([second], upstream)
    assert until(lambda: is_fleets(first) and is_fleets(second), SOON)


def cools_for_all(sidecar: Sidecar) -> bool:
    """Has the first deployment of `chat` cool, and says whether the fleet knows of it when it knows
    of that of `other`, which answers 429."""
    in_one_minute(10)
    for _ in range(20):
        ask(sidecar, "chat")
        if is_cooling(sidecar):
            break
    assert is_cooling(sidecar)
    assert ask(sidecar, "other").status == 429
    assert until(lambda: is_fleets(sidecar, "other.a"), SOON)
    return is_fleets(sidecar)


#: What the first deployment does, and whether the others are to know.
SHARED = {"429": (fails(429), True), "500": (fails(500), True), "503": (fails(503), True),
          "401": (fails(401), False), "404 of the model": (fails(404, body=UNKNOWN_MODEL), False),
          "408": (fails(408), False), "a broken answer": (Exchange.reset, False),
          "a time-out": (slow(3), False), "no connection": (None, False)}


@pytest.mark.parametrize("case", SHARED)
def test_only_what_the_upstream_itself_answers_is_shared(
    start, upstream: Upstream, server: RedisServer, case: str
) -> None:
    """In a fleet of one, one is a quorum."""
    act, is_shared = SHARED[case]
    silent = Upstream(ordinary, refuses=True)
    base = [silent.base if act is None else upstream.base, upstream.base]
    sidecar = start(source(server, pair(upstream, api_base=base, timeout=1)
                           + pair(upstream, "other")))
    assert met([sidecar], 1)
    if act:
        upstream.behaviours["chat.a"] = act
    upstream.behaviours["other.a"] = fails(429)
    assert cools_for_all(sidecar) == is_shared
    with RedisClient(server.port) as client:
        assert client.call("EXISTS", PREFIX + "f:c:chat.a@") == is_shared
    silent.stop()


#: What Bedrock does at the first deployment, and whether the others are to know.
BEDROCK = {"throttling": (bedrock_fails("ThrottlingException"), True),
           "no service": (bedrock_fails("ServiceUnavailableException"), True),
           "an answer that is none": (answers("not json", 200, "application/json"), False),
           "an unknown model": (bedrock_fails("ResourceNotFoundException"), False)}


@pytest.mark.parametrize("case", BEDROCK)
def test_the_same_of_bedrock(start, bedrock: Bedrock, server: RedisServer, case: str) -> None:
    act, is_shared = BEDROCK[case]
    models = [model(name, identifier, bedrock.base, {"id": f"{name}.{place}"}, weight=weight,
                    **BY_REFERENCE)
              for name, pair in (("chat", (HAIKU, OTHER_HAIKU)), ("other", (NOVA, OTHER_HAIKU)))
              for place, identifier, weight in zip("ab", pair, (FIRST, 1), strict=True)]
    sidecar = start(source(server, models), environment=references(bedrock.keys.issue()))
    assert met([sidecar], 1)
    bedrock.behaviours[HAIKU] = act
    bedrock.behaviours[NOVA] = bedrock_fails("ThrottlingException")
    assert cools_for_all(sidecar) == is_shared


def test_who_has_no_other_endpoint_or_no_cooldowns_goes_on(
    fleet: Fleet, start, upstream: Upstream, server: RedisServer
) -> None:
    sidecars = fleet(3)
    lone = start(source(server, pair(upstream)[:1]))
    careless = start(source(server, pair(upstream), disable_cooldowns=True))
    own = start(source(server, pair(upstream, cooldown_time=[0, 5])))
    others = [lone, careless, own]
    warm(others)
    assert met(sidecars + others, 6)
    cool(sidecars, upstream)
    assert until(lambda: all(map(is_fleets, sidecars)), SOON)
    time.sleep(BEATS)
    for sidecar in others:
        assert not is_cooling(sidecar)
        assert answered_by(ask(sidecar, "chat")) == "chat.a"


# The one try.


def learned(fleet: Fleet, upstream: Upstream, count: int = 4, **settings: object) -> list[Sidecar]:
    """All have the endpoint cool, for three seconds."""
    sidecars = fleet(count, cooldown_time=3, **settings)
    warm(sidecars)
    upstream.forget()
    cool(sidecars[:3], upstream)
    assert until(lambda: all(map(is_fleets, sidecars)), SOON)
    upstream.requests.clear()
    return sidecars


def tries(upstream: Upstream) -> list[float]:
    return sorted(call.arrived_at for call in list(upstream.requests) if call.model == "chat.a")


def test_one_request_of_all_sidecars_tries_it_and_its_success_is_everyones(
    fleet: Fleet, upstream: Upstream
) -> None:
    sidecars = learned(fleet, upstream)
    upstream.behaviours["chat.a"] = slow(4)
    with traffic(sidecars) as statuses:
        assert until(lambda: tries(upstream), SOON)
        del upstream.behaviours["chat.a"]
        assert until(lambda: not any(map(is_fleets, sidecars)), SOON)
        assert not any(map(is_cooling, sidecars))
        first, *rest = tries(upstream)
        assert not rest or rest[0] - first >= 4, "somebody else tried it, too"
    assert set(statuses) == {200}
    for sidecar in sidecars:
        assert answered_by(ask(sidecar, "chat")) == "chat.a"
    assert sum("the fleet has found an endpoint well" in one.log() for one in sidecars) >= 3


def test_its_failure_is_everyones(fleet: Fleet, upstream: Upstream) -> None:
    sidecars = learned(fleet, upstream)
    upstream.behaviours["chat.a"] = fails(429, after=0.3)
    with traffic(sidecars) as statuses:
        assert until(lambda: len(tries(upstream)) >= 3, 60)
        found = tries(upstream)
    assert all(later - earlier >= 3 for earlier, later in zip(found, found[1:])), (
        "each try that fails has it cool again for all")
    assert statuses.count(429) <= len(found) and set(statuses) <= {200, 429}


def test_who_fails_by_its_own_trouble_lets_another_one_try(
    fleet: Fleet, upstream: Upstream
) -> None:
    sidecars = learned(fleet, upstream)
    resets = iter([True])

    @upstream.behaviour("chat.a")
    def _(exchange: Exchange) -> None:
        exchange.reset() if next(resets, False) else ordinary(exchange)

    with traffic(sidecars):
        assert until(lambda: len(tries(upstream)) >= 2, SOON)
        assert until(lambda: sum(map(is_cooling, sidecars)) <= 1, SOON)
        first, second = tries(upstream)[:2]
    # Well before the trouble of the first one, a cooldown of three seconds, is over.
    assert second - first < 3


def test_a_sidecar_that_dies_while_it_tries_leaves_it_to_another_one(
    fleet: Fleet, upstream: Upstream
) -> None:
    sidecars = learned(fleet, upstream)
    upstream.behaviours["chat.a"] = slow(60)
    with traffic(sidecars):
        assert until(lambda: tries(upstream), SOON)
        trying = [one for one in sidecars if endpoint(one).get("probing")]
        assert len(trying) == 1
        del upstream.behaviours["chat.a"]
        trying[0].process.kill()
        trying[0].process.wait()
        others = [one for one in sidecars if one not in trying]
        assert until(lambda: not any(map(is_cooling, others)), SOON)


def test_without_traffic_everyone_goes_by_itself(
    fleet: Fleet, upstream: Upstream, server: RedisServer
) -> None:
    sidecars = learned(fleet, upstream)
    with RedisClient(server.port) as client:
        assert until(lambda: client.call("ZCARD", PREFIX + "f:cool") == 0, 10 + SOON)
    assert until(lambda: all(endpoint(one)["half_open"] for one in sidecars), SOON)
    for sidecar in sidecars:
        assert answered_by(ask(sidecar, "chat")) == "chat.a"
    assert not any(map(is_fleets, sidecars))


# Redis comes and goes.


def test_without_redis_each_goes_on_by_itself_until_it_is_back(
    fleet: Fleet, upstream: Upstream, server: RedisServer
) -> None:
    sidecars = learned(fleet, upstream)
    server.stop()
    with traffic(sidecars) as statuses:
        # What the fleet said last runs out.
        assert until(lambda: not any(map(is_cooling, sidecars)), SOON)
        assert set(statuses) == {200}
        # What is found meanwhile is said when it is back.
        upstream.behaviours["chat.a"] = fails(429)
        assert until(lambda: all(map(is_cooling, sidecars)), SOON)
        assert not any(map(is_fleets, sidecars))
        server.start()
        with RedisClient(server.port) as client:
            assert until(lambda: client.call("ZCARD", PREFIX + "live") == 4, SOON)
        assert until(lambda: all(map(is_fleets, sidecars)), SOON)
        del upstream.behaviours["chat.a"]
        assert until(lambda: not any(map(is_cooling, sidecars)), SOON)
    assert set(statuses) <= {200, 429}
    assert {answered_by(ask(one, "chat")) for one in sidecars} == {"chat.a"}


def test_a_hung_redis_delays_nobody(
    fleet: Fleet, upstream: Upstream, server: RedisServer
) -> None:
    sidecars = learned(fleet, upstream)
    server.process.send_signal(signal.SIGSTOP)
    try:
        with traffic(sidecars) as statuses:
            assert until(lambda: not any(map(is_cooling, sidecars)), SOON)
    finally:
        server.process.send_signal(signal.SIGCONT)
    assert set(statuses) == {200}
    assert met(sidecars, 4)


def test_a_reload_turns_it_off_and_on(
    fleet: Fleet, table, upstream: Upstream, server: RedisServer
) -> None:
    sidecars = fleet(3)
    warm(sidecars)
    cool(sidecars, upstream)
    assert until(lambda: all(map(is_fleets, sidecars)), SOON)

    def reload(sidecar: Sidecar, **section: object) -> None:
        table(source(server, pair(upstream), sidegate=section)).replace(sidecar.table)
        sidecar.signal(signal.SIGHUP)

    reload(sidecars[0], share_routing=False)
    assert until(lambda: not is_fleets(sidecars[0]), SOON)
    assert is_cooling(sidecars[0]), "what it has found itself stays"
    assert is_fleets(sidecars[1])
    reload(sidecars[0])
    assert until(lambda: is_fleets(sidecars[0]), SOON)


def test_what_only_the_fleet_has_said_ends_when_it_is_turned_off(
    fleet: Fleet, table, upstream: Upstream, server: RedisServer
) -> None:
    sidecars = fleet(4)
    warm(sidecars)
    cool(sidecars[:3], upstream)
    last = sidecars[3]
    assert until(lambda: is_fleets(last), SOON)
    table(source(server, pair(upstream), sidegate={"share_routing": False})).replace(last.table)
    last.signal(signal.SIGHUP)
    assert until(lambda: endpoint(last)["half_open"], SOON)
    assert answered_by(ask(last, "chat")) == "chat.a"


# Where it is shared.


def acl(client: RedisClient, server: RedisServer) -> str:
    """The URL of a user with the rights that docs/operations.md gives."""
    client.call("ACL", "SETUSER", *documented_user("sidegate-fleet", "fleet-secret"))
    return f"redis://sidegate-fleet:fleet-secret@127.0.0.1:{server.port}/0"


def test_the_documented_rights_are_enough(
    fleet: Fleet, upstream: Upstream, server: RedisServer
) -> None:
    with RedisClient(server.port) as client:
        url = acl(client, server)
        sidecars = learned(fleet, upstream, redis_host=None, redis_port=None, redis_url=url)
        with traffic(sidecars):
            assert until(lambda: not any(map(is_cooling, sidecars)), SOON)
        assert denials(client.call("ACL", "LOG")) <= {"config|get"}
        for key in client.call("KEYS", "*"):
            assert key.startswith(PREFIX.encode()) and client.call("PTTL", key) > 0


def test_a_redis_that_refuses_is_told_of_once(
    start, upstream: Upstream, server: RedisServer
) -> None:
    with RedisClient(server.port) as client:
        client.call("ACL", "SETUSER", "poor", "on", ">poor-secret", "-@all", "+ping", "+info",
                    "+client|setname")
        sidecar = start(source(
            server, pair(upstream), redis_host=None, redis_port=None,
            redis_url=f"redis://poor:poor-secret@127.0.0.1:{server.port}"))
        sidecar.wait_log("Redis refuses what sidecars say to each other", SOON)
        cool([sidecar], upstream)
        assert answered_by(ask(sidecar, "chat")) == "chat.b"
        client.call("ACL", "SETUSER", "poor", "+@all", "~*")
        sidecar.wait_log("Redis takes again what sidecars say to each other", 15 + SOON)
        assert sidecar.log().count("Redis refuses") == 1


@pytest.mark.parametrize("place", ["general_settings", "the top level"])
def test_sidecars_meet_at_a_redis_of_their_own(
    start, upstream: Upstream, server: RedisServer, place: str
) -> None:
    other = RedisServer()
    try:
        section = {"coordination_redis": {"host": "127.0.0.1", "port": other.port}}
        sections: dict = {"router_settings": {"redis_host": "127.0.0.1",
                                              "redis_port": server.port}}
        sections.update({"general_settings": section} if place == "general_settings" else section)
        start(configuration(pair(upstream), **sections))
        with RedisClient(other.port) as client:
            assert until(lambda: client.call("ZCARD", PREFIX + "live") == 1, SOON)
        with RedisClient(server.port) as client:
            assert client.call("KEYS", "*") == []
    finally:
        other.stop()


def test_nothing_happens_without_a_redis(start, upstream: Upstream) -> None:
    sidecar = start(configuration(pair(upstream), router_settings={"num_retries": 0}))
    cool([sidecar], upstream)
    time.sleep(BEATS)
    assert is_cooling(sidecar) and not is_fleets(sidecar)
    assert "Redis" not in sidecar.log() and "fleet" not in sidecar.log()


def test_a_cluster_will_do(start, upstream: Upstream, tmp_path: Path) -> None:
    with cluster_of_one(tmp_path) as cluster, RedisClient(cluster.port) as client:
        sidecar = start(configuration(
            pair(upstream), general_settings={"coordination_redis": node(cluster)},
            router_settings={"num_retries": 0, "cooldown_time": LONG}))
        assert until(lambda: client.call("ZCARD", PREFIX + "live") == 1, SOON)
        cool([sidecar], upstream)
        assert until(lambda: is_fleets(sidecar), SOON)
