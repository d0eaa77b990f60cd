"""The fleet's scripts on a real Redis, with a clock of the test's."""

import random
import re
from collections.abc import Iterator

import pytest
from fleet_redis import NOW, ScriptedFleet, server
from limit_redis import RedisServer

PRESENCE, LEASE, UNTRIED, TRIED, WELL = 15_000, 3_000, 10_000, 60_000, 10_000
LONGEST = 3_600_000
COOL, PROBE, LIVE = "f:cool", "f:probe", "live"
NAME = "dep@10.0.0.1:80"


class Fleet(ScriptedFleet):
    """Sidecars that call the scripts."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        #: What each has heard of how many are there.
        self.heard: dict[str, int] = {}

    def beat(self, who: str, *wishes: str) -> tuple[int, dict[str, tuple[int, int]], list[str]]:
        """How many are there; what cools, with what is left and whether it is ours; who is well."""
        live, count, *rest = self.scripts.run(
            "beat", [LIVE, "i:" + who, COOL, PROBE, "f:well"], who, "{}", PRESENCE, LEASE, UNTRIED,
            TRIED, WELL, LONGEST, *wishes)
        self.heard[who] = live
        names, well = rest[:count * 3], rest[count * 3:]
        cooling = {names[at].decode(): tuple(names[at + 1:at + 3])
                   for at in range(0, len(names), 3)}
        return live, cooling, [name.decode() for name in well]

    def report(self, who: str, ms: int, name: str = NAME, *, quorum: int = 3,
               most: int = 1_000) -> int:
        return self.scripts.run(
            "report", [LIVE, COOL, PROBE, "f:well", "f:c:" + name], who, name, ms, quorum,
            self.heard.get(who, 1), most, TRIED, LONGEST)

    def recover(self, who: str, name: str = NAME) -> int:
        return self.scripts.run(
            "recover", [COOL, PROBE, "f:well", "f:c:" + name], who, name, WELL, 1_000)

    def give_back(self, who: str, name: str = NAME) -> None:
        self.scripts.run("yield", [PROBE], who, name)


@pytest.fixture
def fleet(server: RedisServer) -> Iterator[Fleet]:
    fleet = Fleet(server.port)
    yield fleet
    fleet.client.close()


def together(fleet: Fleet, names: str) -> None:
    """They are there, and know of each other."""
    for _ in range(2):
        for name in names:
            fleet.beat(name)


def test_who_is_there(fleet: Fleet) -> None:
    assert [fleet.beat(name)[0] for name in "aba"] == [1, 2, 2]
    fleet.passes(10_000)
    assert fleet.beat("b")[0] == 2
    fleet.passes(5_001)
    assert fleet.beat("c")[0] == 2, "a was not heard of for as long as it was believed"
    assert fleet.client.call("GET", "i:b") == b"{}"
    assert 0 < fleet.client.call("PTTL", "i:c") <= PRESENCE
    # Where only limits are shared, nothing else is asked.
    assert fleet.scripts.run("beat", [LIVE, "i:d"], "d", "{}", PRESENCE) == [3]


@pytest.mark.parametrize("live", [1, 2, 3, 7])
def test_a_quorum_is_three_or_all(fleet: Fleet, live: int) -> None:
    names = "abcdefg"[:live]
    together(fleet, names)
    needed = min(3, live)
    for place, name in enumerate(names[:needed], 1):
        assert fleet.report(name, 5_000) == (place == needed)
        cooling = fleet.beat("a")[1]
        assert cooling == ({NAME: (5_000, 0)} if place == needed else {})


def test_one_alone_is_no_quorum_however_often_it_says_it(fleet: Fleet) -> None:
    together(fleet, "abc")
    for _ in range(5):
        assert fleet.report("a", 5_000) == 0
    assert fleet.beat("b")[1] == {}


def test_the_end_is_what_a_quorum_agrees_on(fleet: Fleet) -> None:
    together(fleet, "abcd")
    for name, ms in zip("abcd", [60_000, 4_000, 9_000, 5_000], strict=True):
        fleet.report(name, ms)
    assert fleet.beat("a")[1] == {NAME: (5_000, 0)}, "the third of those that end latest"


def test_reports_whose_cooldown_is_over_do_not_count(fleet: Fleet) -> None:
    together(fleet, "abc")
    fleet.report("a", 1_000)
    fleet.report("b", 5_000)
    fleet.passes(1_000)
    assert fleet.report("c", 5_000) == 0
    assert fleet.report("a", 5_000) == 1


def test_a_redis_that_has_begun_anew_does_not_make_one_a_quorum(fleet: Fleet) -> None:
    together(fleet, "abcd")
    fleet.client.call("FLUSHALL")
    fleet.scripts.set_clock(fleet.now)
    assert fleet.report("a", 5_000) == 0
    fleet.beat("a")
    fleet.heard["a"] = 4
    assert fleet.report("a", 5_000) == 0


def test_one_tries_when_the_cooldown_is_over(fleet: Fleet) -> None:
    together(fleet, "abc")
    for name in "abc":
        fleet.report(name, 5_000)
    fleet.passes(4_999)
    assert fleet.beat("a", NAME)[1] == {NAME: (1, 0)}, "not before its end"
    fleet.passes(1)
    assert fleet.beat("b")[1] == {NAME: (0, 0)}, "who does not ask does not try"
    assert fleet.beat("a", NAME)[1] == {NAME: (0, 1)}
    assert fleet.beat("b", NAME)[1] == {NAME: (0, 0)}, "a has the lease"
    # Who goes on asking keeps it; who does not loses it to the next one.
    for _ in range(3):
        fleet.passes(2_000)
        assert fleet.beat("a", NAME)[1][NAME][1] == 1
    fleet.passes(LEASE)
    assert fleet.beat("b", NAME)[1][NAME][1] == 1
    assert fleet.beat("a", NAME)[1][NAME][1] == 0


def tried(fleet: Fleet, who: str = "a") -> None:
    """A cooldown is over, and somebody is about to try the endpoint."""
    together(fleet, "abc")
    for name in "abc":
        fleet.report(name, 5_000)
    fleet.passes(5_000)
    assert fleet.beat(who, NAME)[1] == {NAME: (0, 1)}


def test_a_try_that_goes_well_ends_it_for_all(fleet: Fleet) -> None:
    tried(fleet)
    assert fleet.recover("b") == 0, "b has no lease"
    assert fleet.recover("a") == 1
    for name in "abc":
        assert fleet.beat(name, NAME)[1:] == ({}, [NAME])
    assert fleet.report("b", 5_000) == 0, "what was reported before is forgotten"
    fleet.passes(WELL)
    assert fleet.beat("a")[2] == []


def test_a_try_that_fails_has_it_cool_again_for_all(fleet: Fleet) -> None:
    tried(fleet)
    assert fleet.report("a", 7_000) == 1, "who has the lease speaks for all"
    assert fleet.beat("b", NAME)[1] == {NAME: (7_000, 0)}
    fleet.passes(7_000)
    assert fleet.beat("b", NAME)[1] == {NAME: (0, 1)}


def test_a_try_that_comes_late_is_heard_unless_another_one_tries(fleet: Fleet) -> None:
    tried(fleet)
    fleet.passes(LEASE + 1)
    assert fleet.recover("a") == 1, "its lease is over, but nobody else has it"


def test_a_try_that_nobody_waits_for_changes_nothing(fleet: Fleet) -> None:
    tried(fleet)
    fleet.passes(LEASE + 1)
    assert fleet.beat("b", NAME)[1] == {NAME: (-LEASE - 1, 1)}
    assert fleet.recover("a") == 0
    assert fleet.report("a", 7_000) == 0
    # Meanwhile a quorum has it cool anew.
    fleet.report("b", 7_000)
    assert fleet.recover("b") == 0
    assert fleet.beat("c")[1] == {NAME: (7_000, 0)}


def test_a_lease_that_is_given_back_is_anothers_at_once(fleet: Fleet) -> None:
    tried(fleet)
    fleet.give_back("b")
    assert fleet.beat("b", NAME)[1] == {NAME: (0, 0)}, "b had none to give"
    fleet.give_back("a")
    assert fleet.beat("b", NAME)[1] == {NAME: (0, 1)}


def test_what_nobody_tries_goes(fleet: Fleet) -> None:
    together(fleet, "abc")
    for name in "abc":
        fleet.report(name, 5_000)
    fleet.passes(5_000 + UNTRIED - 1)
    assert fleet.beat("a")[1] == {NAME: (1 - UNTRIED, 0)}
    fleet.passes(1)
    assert fleet.beat("a")[1:] == ({}, []), "and nobody is told that it is well"


def test_a_long_try_is_waited_for_but_not_for_ever(fleet: Fleet) -> None:
    tried(fleet)
    while fleet.now < NOW + 5_000 + TRIED - 2_000:
        fleet.passes(2_000)
        assert fleet.beat("a", NAME)[1][NAME][1] == 1
    fleet.passes(2_000)
    assert fleet.beat("a", NAME)[1] == {}
    assert fleet.client.call("HLEN", PROBE) == 0


def test_no_more_endpoints_than_the_bound(fleet: Fleet) -> None:
    fleet.beat("a")
    for number in range(12):
        assert fleet.report("a", 60_000 + (-1) ** number * number, f"d{number}@", most=10) == 1
    cooling = fleet.beat("a")[1]
    assert len(cooling) == 10 and "d11@" not in cooling, "those that end first made room"


def test_everything_goes_by_itself(fleet: Fleet) -> None:
    tried(fleet)
    fleet.recover("a")
    for name in "abc":
        fleet.report(name, 5_000, "other@")
    fleet.passes(5_000)
    fleet.beat("a", "other@")
    keys = [key.decode() for key in fleet.client.call("KEYS", "*") if key != b"clock"]
    assert set(keys) == {
        LIVE, "i:a", "i:b", "i:c", COOL, PROBE, "f:well", "f:c:other@"}
    for key in keys:
        assert 0 < fleet.client.call("PTTL", key) <= 600_000 + TRIED, key


def test_a_clock_that_is_set_back_leaves_nothing_behind(fleet: Fleet) -> None:
    tried(fleet)
    fleet.client.call("ZADD", "f:well", fleet.now, "other@")
    fleet.passes(-2 * LONGEST)
    assert fleet.beat("a", NAME) == (1, {}, [])
    together(fleet, "abc")
    for name in "abc":
        assert fleet.report(name, 5_000) == (name == "c"), "those of before do not count"
    fleet.passes(5_000)
    assert fleet.beat("b", NAME)[1] == {NAME: (0, 1)}, "nor does the lease of before"


@pytest.mark.parametrize("lease", ["", "x", "12", " a", "-1 a"])
def test_leases_that_nobody_writes_are_none(fleet: Fleet, lease: str) -> None:
    tried(fleet)
    fleet.client.call("HSET", PROBE, NAME, lease)
    assert fleet.beat("b", NAME)[1] == {NAME: (0, 1)}


@pytest.mark.parametrize("seed", range(4))
def test_never_two_try_at_one_time(fleet: Fleet, seed: int) -> None:
    """Sidecars that come and go, beat or not, and try or not."""
    chance = random.Random(seed)
    names = "abcdef"
    together(fleet, names)
    trying: dict[str, int] = {}
    for _ in range(600):
        fleet.passes(chance.choice([50, 200, 900, 2_500]))
        who = chance.choice(names)
        action = chance.random()
        if action < 0.65:
            mine = fleet.beat(who, *[NAME][:chance.randint(0, 1)])[1].get(NAME, (0, 0))[1]
            trying.pop(who, None)
            if mine:
                trying[who] = fleet.now
        elif action < 0.85:
            fleet.report(who, chance.choice([500, 3_000]))
        elif action < 0.95 and who in trying:
            fleet.recover(who)
            trying.pop(who)
        elif who in trying:
            fleet.give_back(who)
            trying.pop(who)
        fresh = [name for name, at in trying.items() if fleet.now - at < LEASE]
        assert len(fresh) <= 1, "a lease is one sidecar's"


def test_scripts_touch_keys_that_they_are_given_only(fleet: Fleet) -> None:
    for source in fleet.scripts.sources.values():
        body = source.split("\nlocal time")[1]
        names = re.findall(r"redis\.call\(\s*'(\w+)',? ?([\w.\[\]]*)", body)
        assert names and {key for command, key in names if command != "TIME"} <= {
            "key", *(f"KEYS[{number}]" for number in range(1, 10))}
