"""What sidecars have in flight, and what they measured, added up on a real Redis.

The clock is the test's; the scripts are those that the sidecar loads.
"""

import random
from collections import Counter, deque
from collections.abc import Iterator

import pytest
from fleet_redis import ScriptedFleet, server
from limit_redis import RedisServer

HOLD = 5_000
TOTALS, SAID, LIVE = "f:load", "f:load:said", "f:load:live"
MEANS, ENDS = "f:latency", "f:latency:ends"
NAMES = ["e:a@10.0.0.1:80", "e:b b@", "g:llama", "e:ü@x@"]


class Fleet(ScriptedFleet):
    """Sidecars that call the scripts."""

    def load(self, who: str, says: dict[str, int], names: list[str] | None = None) -> dict[str, int]:
        """The totals that are not 0."""
        names = NAMES if names is None else names
        lines = "".join(f"{count} {name}\n" for name, count in sorted(says.items()) if count)
        answer = self.scripts.run("load", [TOTALS, SAID, LIVE], who, HOLD, lines, *names)
        return {names[place - 1]: total
                for place, total in zip(answer[::2], answer[1::2], strict=True)}

    def latency(self, says: list[tuple] = (), names: list[str] | None = None) -> dict[str, int]:
        """`says`: (name, hold, samples at most, sum, count)."""
        names = NAMES if names is None else names
        answer = self.scripts.run(
            "latency", [MEANS, ENDS], len(says), *(part for one in says for part in one), *names)
        return {names[place - 1]: mean
                for place, mean in zip(answer[::2], answer[1::2], strict=True)}

    def keys(self) -> set[str]:
        return {key.decode() for key in self.client.call("KEYS", "f:*")}


@pytest.fixture
def fleet(server: RedisServer) -> Iterator[Fleet]:
    fleet = Fleet(server.port)
    yield fleet
    fleet.client.close()


# In flight.


def test_totals_are_what_all_say(fleet: Fleet) -> None:
    assert fleet.load("one", {}) == {}
    assert fleet.load("one", {NAMES[0]: 3, NAMES[1]: 1}) == {NAMES[0]: 3, NAMES[1]: 1}
    assert fleet.load("two", {NAMES[0]: 2, NAMES[3]: 7}) == {
        NAMES[0]: 5, NAMES[1]: 1, NAMES[3]: 7}
    assert fleet.load("one", {NAMES[0]: 1}) == {NAMES[0]: 3, NAMES[3]: 7}
    assert fleet.load("two", {}) == {NAMES[0]: 1}
    assert fleet.load("one", {}) == {}
    assert fleet.client.call("EXISTS", TOTALS, SAID) == 0, "nothing is kept of what is nothing"


def test_who_asks_for_nothing_or_for_much_is_answered(fleet: Fleet) -> None:
    many = [f"e:{number}@" for number in range(2_500)]
    assert fleet.load("one", {name: 2 for name in many}, []) == {}
    assert fleet.load("two", {many[0]: 1}, many) == {
        name: 3 if name == many[0] else 2 for name in many}


def test_who_is_gone_is_taken_out_once_by_whoever_comes(fleet: Fleet) -> None:
    fleet.load("one", {NAMES[0]: 3})
    fleet.load("two", {NAMES[0]: 2})
    fleet.passes(HOLD - 1)
    fleet.load("two", {NAMES[0]: 2})
    assert fleet.load("three", {}) == {NAMES[0]: 5}
    fleet.passes(1)
    assert fleet.load("three", {}) == {NAMES[0]: 2}
    assert fleet.load("two", {NAMES[0]: 2}) == {NAMES[0]: 2}
    assert fleet.client.call("ZCARD", LIVE) == 2


def test_one_that_was_stopped_and_comes_back_is_counted_again(fleet: Fleet) -> None:
    fleet.load("one", {NAMES[0]: 3})
    fleet.passes(HOLD)
    assert fleet.load("two", {NAMES[0]: 1}) == {NAMES[0]: 1}
    # Neither of the two says anything new.
    assert fleet.load("one", {NAMES[0]: 3}) == {NAMES[0]: 4}
    assert fleet.load("two", {NAMES[0]: 1}) == {NAMES[0]: 4}


def test_one_that_comes_back_before_anybody_noticed(fleet: Fleet) -> None:
    fleet.load("one", {NAMES[0]: 3})
    fleet.passes(2 * HOLD)
    assert fleet.load("one", {NAMES[0]: 4}) == {NAMES[0]: 4}


def test_many_that_died_together_are_taken_out_in_some_beats(fleet: Fleet) -> None:
    for number in range(100):
        fleet.load(f"dead-{number}", {NAMES[0]: 1, NAMES[2]: 2})
    fleet.passes(HOLD)
    for _ in range(4):
        left = fleet.load("one", {NAMES[0]: 5})
    assert left == {NAMES[0]: 5}


@pytest.mark.parametrize("lost", [[TOTALS], [SAID], [LIVE], [TOTALS, SAID], [TOTALS, LIVE],
                                  [SAID, LIVE], [TOTALS, SAID, LIVE]])
def test_what_redis_lost_is_right_again_when_each_has_beaten(fleet: Fleet, lost: list[str]) -> None:
    says = {"one": {NAMES[0]: 3}, "two": {NAMES[0]: 2, NAMES[1]: 1}, "three": {}}
    for who, said in says.items():
        fleet.load(who, said)
    fleet.client.call("DEL", *lost)
    for who, said in says.items():
        last = fleet.load(who, said)
    assert last == {NAMES[0]: 5, NAMES[1]: 1}
    # And nobody is forgotten, or counted for ever.
    fleet.passes(HOLD)
    assert fleet.load("four", {NAMES[1]: 1}) == {NAMES[1]: 1}


def test_a_clock_that_is_set_back_or_forward(fleet: Fleet) -> None:
    fleet.load("one", {NAMES[0]: 3})
    fleet.load("two", {NAMES[0]: 2})
    for jump in (-3_600_000, 7_200_000):
        fleet.passes(jump)
        fleet.load("two", {NAMES[0]: 2})
        assert fleet.load("one", {NAMES[0]: 3}) == {NAMES[0]: 5}
    fleet.passes(-3_600_000)
    for _ in range(2):
        assert fleet.load("two", {NAMES[0]: 2}) == {NAMES[0]: 2}, "who died before that is gone"


def test_without_memory_nothing_is_changed_by_half(fleet: Fleet) -> None:
    fleet.load("one", {NAMES[0]: 3})
    fleet.load("two", {NAMES[0]: 2})
    fleet.passes(HOLD - 1)
    fleet.load("two", {NAMES[0]: 2})
    fleet.passes(1)
    try:
        fleet.client.call("CONFIG", "SET", "maxmemory", "1")
        with pytest.raises(RuntimeError, match="OOM"):
            fleet.load("two", {NAMES[0]: 9})
    finally:
        fleet.client.call("CONFIG", "SET", "maxmemory", "0")
    assert fleet.client.call("HGET", TOTALS, NAMES[0]) == b"5"
    assert fleet.load("two", {NAMES[0]: 2}) == {NAMES[0]: 2}


def test_all_of_it_goes_when_nobody_beats(fleet: Fleet) -> None:
    fleet.load("one", {NAMES[0]: 3})
    for key in (TOTALS, SAID, LIVE):
        assert 0 < fleet.client.call("PTTL", key) <= 4 * HOLD


@pytest.mark.parametrize("seed", range(6))
def test_random_fleets_add_up(fleet: Fleet, seed: int) -> None:
    chance = random.Random(seed)
    says: dict[str, dict[str, int]] = {}
    spoke: dict[str, int] = {}
    for _ in range(600):
        fleet.passes(chance.choice([1, 100, 400, 3_000 * (seed % 2)]))
        who = f"sidecar-{chance.randrange(8)}"
        says[who] = {name: chance.choice([0, 0, 1, 2, 50]) for name in NAMES}
        spoke[who] = fleet.now
        totals = Counter()
        for other, said in says.items():
            if spoke[other] + HOLD > fleet.now:
                totals.update(said)
        assert fleet.load(who, says[who]) == {name: count for name, count in totals.items() if count}


# Latencies.


def test_a_mean_is_that_of_all_who_measured(fleet: Fleet) -> None:
    assert fleet.latency() == {}
    assert fleet.latency([(NAMES[0], 60_000, 10, 4_000, 2)]) == {NAMES[0]: 2_000}
    assert fleet.latency([(NAMES[0], 60_000, 10, 8_000, 1), (NAMES[1], 60_000, 10, 7, 1)]) == {
        NAMES[0]: 4_000, NAMES[1]: 7}
    assert fleet.latency() == {NAMES[0]: 4_000, NAMES[1]: 7}


def test_a_mean_is_of_about_the_last_few(fleet: Fleet) -> None:
    fleet.latency([(NAMES[0], 60_000, 10, 100 * 50, 50)])
    # One of ten has another value, then two of ten.
    assert fleet.latency([(NAMES[0], 60_000, 10, 1_100, 1)]) == {NAMES[0]: 200}
    assert fleet.latency([(NAMES[0], 60_000, 10, 200, 1)]) == {NAMES[0]: 200}
    assert fleet.latency([(NAMES[0], 60_000, 10, 50, 10)]) == {NAMES[0]: 5}
    # A smaller window after a reload.
    assert fleet.latency([(NAMES[0], 60_000, 2, 15, 1)]) == {NAMES[0]: 10}
    assert fleet.latency([(NAMES[0], 60_000, 1, 3, 1)]) == {NAMES[0]: 3}


def test_it_follows_what_is_measured(fleet: Fleet) -> None:
    """Beside a window of exactly the last ten: as near as a tenth of a step's height each."""
    window: deque[int] = deque(maxlen=10)
    chance = random.Random(5)
    for step in range(200):
        level = 1_000_000 if step // 50 % 2 else 100_000
        samples = [chance.randint(level * 9 // 10, level * 11 // 10)
                   for _ in range(chance.randint(1, 4))]
        window.extend(samples)
        found = fleet.latency([(NAMES[0], 60_000, 10, sum(samples), len(samples))])[NAMES[0]]
        mean = sum(window) / len(window)
        if step % 50 > 20:
            assert abs(found - mean) < 0.15 * mean, step
    assert fleet.client.call("HLEN", MEANS) == 1


def test_one_that_nobody_measures_any_more_is_forgotten(fleet: Fleet) -> None:
    fleet.latency([(NAMES[0], 1_000, 10, 100, 5), (NAMES[1], 9_000, 10, 100, 1)])
    fleet.passes(999)
    assert fleet.latency() == {NAMES[0]: 20, NAMES[1]: 100}
    fleet.passes(1)
    assert fleet.latency() == {NAMES[1]: 100}
    # What comes after that begins anew, and what is gone is cleared away.
    assert fleet.latency([(NAMES[0], 1_000, 10, 7, 1)]) == {NAMES[0]: 7, NAMES[1]: 100}
    fleet.passes(1_000)
    fleet.latency([(NAMES[2], 500, 10, 7, 1)])
    assert fleet.client.call("HKEYS", MEANS) == [NAMES[1].encode(), NAMES[2].encode()]
    assert fleet.client.call("ZCARD", ENDS) == 2
    assert 6_000 < fleet.client.call("PTTL", MEANS) <= 7_000
    assert fleet.client.call("PTTL", ENDS) <= 7_000


def test_what_is_no_mean_counts_for_none(fleet: Fleet) -> None:
    fleet.client.call("HSET", MEANS, NAMES[0], "much", NAMES[1], "-5 1 9999999999999")
    assert fleet.latency() == {}
    assert fleet.latency([(NAMES[0], 1_000, 10, 7, 1)]) == {NAMES[0]: 7}


def test_the_number_of_means_is_bounded(fleet: Fleet) -> None:
    for first in range(0, 20_400, 100):
        fleet.latency([(f"t:{number}@", 60_000 + number, 10, 5, 1)
                       for number in range(first, first + 100)], [])
    assert 20_000 <= fleet.client.call("ZCARD", ENDS) <= 20_100
    assert fleet.client.call("HLEN", MEANS) == fleet.client.call("ZCARD", ENDS)
    assert fleet.latency(names=["t:0@", "t:20399@"]) == {"t:20399@": 5}
