"""Who makes which health check, on a real Redis with a clock of the test's."""

from collections.abc import Iterator

import pytest
from fleet_redis import ScriptedFleet, server
from limit_redis import RedisServer

FRESH, HOLD, KEEP, QUORUM, MOST = 60_000, 8_000, 3_600_000, 3, 10_000
KEYS = ["f:health", "f:health:at", "f:health:asks"]
EVERYBODYS, SOMEBODYS, OPEN = 0, -1, -2


class Fleet(ScriptedFleet):
    def claim(self, *names: str, most: int = 1, fresh: int = FRESH) -> list[int | str]:
        now, *claims = self.scripts.run("claim", KEYS, fresh, HOLD, most, QUORUM, *names)
        assert now == self.now
        return [one.decode() if isinstance(one, bytes) else one for one in claims]

    def publish(self, name: str, lease: int, kind: str, rest: str = "me pod-a ", *,
                keep: int = KEEP, most: int = MOST) -> int:
        return self.scripts.run("publish", KEYS, name, lease, kind, rest, keep, FRESH, most)

    def trouble(self, name: str) -> None:
        lease, = self.claim(name)
        assert lease > self.now
        assert self.publish(name, lease, "x", "") == 1

    def news(self, since: int, most: int = 500) -> tuple[int, dict[str, str]]:
        until, *pairs = self.scripts.run("news", KEYS[:2], since, most)
        words = [word.decode() for word in pairs]
        return until, dict(zip(words[::2], words[1::2], strict=True))


@pytest.fixture
def fleet(server: RedisServer) -> Iterator[Fleet]:
    fleet = Fleet(server.port)
    yield fleet
    fleet.client.close()


def test_each_check_is_claimed_by_one(fleet: Fleet) -> None:
    lease = fleet.now + HOLD
    assert fleet.claim("a", "b", "c") == [lease, OPEN, OPEN]
    assert fleet.claim("a", "b", "c") == [SOMEBODYS, lease, OPEN]
    assert fleet.claim("a", "b", "c", most=5) == [SOMEBODYS, SOMEBODYS, lease]
    assert fleet.claim("a", "b", "c") == [SOMEBODYS] * 3


def test_what_was_found_will_do_for_a_while(fleet: Fleet) -> None:
    lease, = fleet.claim("a")
    fleet.passes(20)
    assert fleet.publish("a", lease, "u", "me pod-a the health check was answered 503") == 1
    text = f"u {fleet.now} me pod-a the health check was answered 503"
    assert fleet.claim("a") == [text]
    fleet.passes(FRESH - 1)
    assert fleet.claim("a") == [text]
    assert fleet.claim("a", fresh=1_000) == [fleet.now + HOLD], "whoever wants to know it sooner"
    fleet.passes(1)
    assert fleet.claim("a") == [SOMEBODYS]


def test_a_prober_that_dies_loses_its_claim(fleet: Fleet) -> None:
    first, = fleet.claim("a")
    fleet.passes(HOLD - 1)
    assert fleet.claim("a") == [SOMEBODYS]
    fleet.passes(1)
    second, = fleet.claim("a")
    assert second == fleet.now + HOLD
    # One that was only stopped has nothing to say any more, and takes nothing from the other.
    assert fleet.publish("a", first, "h") == 0
    assert fleet.publish("a", first, "x", "") == 0
    assert fleet.claim("a") == [SOMEBODYS]
    assert fleet.publish("a", second, "h") == 1
    assert fleet.claim("a") == [f"h {fleet.now} me pod-a "]


def test_a_claim_that_is_over_says_nothing_though_nobody_has_it(fleet: Fleet) -> None:
    lease, = fleet.claim("a")
    fleet.passes(HOLD)
    assert fleet.publish("a", lease, "h") == 0
    assert fleet.client.call("EXISTS", "f:health") == 0


def test_own_trouble_lets_another_ask_at_once(fleet: Fleet) -> None:
    fleet.trouble("a")
    lease, = fleet.claim("a")
    assert lease == fleet.now + HOLD
    assert fleet.publish("a", lease, "h") == 1
    assert fleet.claim("a") == [f"h {fleet.now} me pod-a "]


def test_where_three_had_trouble_each_asks_for_itself(fleet: Fleet) -> None:
    for _ in range(QUORUM):
        fleet.trouble("a")
        fleet.passes(1_000)
    assert fleet.claim("a", "a") == [EVERYBODYS] * 2
    # Whom the upstream answers speaks for all; who asks for itself has no lease.
    assert fleet.publish("a", 0, "h") == 1
    assert fleet.claim("a") == [f"h {fleet.now} me pod-a "]


def test_trouble_is_of_one_round(fleet: Fleet) -> None:
    for _ in range(QUORUM):
        fleet.trouble("a")
    fleet.passes(FRESH)
    fleet.trouble("a")
    assert fleet.claim("a")[0] > fleet.now, "one had trouble in this round"


def test_trouble_takes_no_verdict_away(fleet: Fleet) -> None:
    lease, = fleet.claim("a")
    # Somebody had no need of a lease, and was quicker.
    assert fleet.publish("a", 0, "h") == 1
    assert fleet.publish("a", lease, "x", "") == 0
    assert fleet.claim("a") == [f"h {fleet.now} me pod-a "]


def test_news_is_what_was_found_since(fleet: Fleet) -> None:
    since, nothing = fleet.news(0)
    assert (since, nothing) == (fleet.now, {})
    fleet.publish("old", 0, "h")
    fleet.passes(10)
    since, found = fleet.news(since)
    assert found == {"old": f"h {fleet.now - 10} me pod-a "}
    fleet.passes(10)
    for name in "ab":
        fleet.publish(name, 0, "u", f"me pod-a {name}")
    fleet.trouble("c")
    until, found = fleet.news(since)
    assert until == fleet.now
    assert found == {"a": f"u {fleet.now} me pod-a a", "b": f"u {fleet.now} me pod-a b",
                     "c": f"x {fleet.now} 1"}
    fleet.passes(1)
    assert fleet.news(until + 1) == (fleet.now, {})


def test_news_in_pieces_is_whole(fleet: Fleet) -> None:
    since, _ = fleet.news(0)
    for number in range(25):
        fleet.publish(f"c{number}", 0, "h")
        fleet.passes(number % 2)
    heard: dict[str, str] = {}
    for _ in range(25):
        since, found = fleet.news(since, 4)
        heard |= found
    assert set(heard) == {f"c{number}" for number in range(25)}
    assert since == fleet.now


def test_a_clock_that_is_set_back(fleet: Fleet) -> None:
    lease, = fleet.claim("a")
    fleet.publish("b", 0, "h")
    since, _ = fleet.news(0)
    fleet.passes(-7_200_000)
    assert fleet.claim("a")[0] == fleet.now + HOLD, "no lease is for hours"
    assert fleet.claim("b")[0] == fleet.now + HOLD, "nothing was found in two hours from now"
    assert fleet.publish("a", fleet.now + HOLD, "h") == 1
    assert fleet.news(since)[1]["a"] == f"h {fleet.now} me pod-a "
    assert lease > 0


def test_all_of_it_expires_and_is_bounded(fleet: Fleet) -> None:
    fleet.claim("z")
    for number in range(12):
        fleet.publish(f"c{number}", 0, "h", most=10)
        fleet.passes(1)
    assert fleet.client.call("HLEN", "f:health") == fleet.client.call("ZCARD", "f:health:at") == 10
    assert set(fleet.client.call("HKEYS", "f:health")) == {b"c%d" % n for n in range(2, 12)}
    for key in KEYS:
        assert 0 < fleet.client.call("PTTL", key) <= KEEP
    fleet.passes(KEEP)
    fleet.publish("new", 0, "h")
    assert fleet.client.call("HKEYS", "f:health") == [b"new"]
    assert fleet.client.call("ZRANGE", "f:health:at", 0, -1) == [b"new"]
    assert fleet.client.call("EXISTS", "f:health:asks") == 0


def test_without_memory_nothing_is_claimed(fleet: Fleet) -> None:
    try:
        fleet.client.call("CONFIG", "SET", "maxmemory", "1")
        with pytest.raises(RuntimeError, match="OOM"):
            fleet.claim("a")
    finally:
        fleet.client.call("CONFIG", "SET", "maxmemory", "0")
    assert fleet.claim("a") == [fleet.now + HOLD]
