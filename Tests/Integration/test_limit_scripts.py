"""The limiter's scripts on a real Redis, decision by decision beside a model of what they promise.

Where time has to pass, a prologue gives the scripts a clock of the test's; the scripts themselves
are those that the sidecar loads.
"""

import random
import re
import threading
import time
from collections import defaultdict
from collections.abc import Iterator

import pytest
from limit_redis import Limits, RedisClient, RedisServer

NOW = 1_800_000_000_000


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    server = RedisServer()
    yield server
    server.stop()


@pytest.fixture
def limits(server: RedisServer) -> Iterator[Limits]:
    limits = Limits(server.port, clock=True)
    limits.client.call("FLUSHALL")
    limits.set_clock(NOW)
    yield limits
    limits.client.close()


class Model:
    """What the windows promise: every amount by its step, added up anew each time."""

    def __init__(self) -> None:
        self.windows: dict[str, dict[int, int]] = defaultdict(dict)
        self.places: dict[str, dict[str, int]] = defaultdict(dict)

    def used(self, key: str, now: int) -> int:
        step = now // 250
        return sum(held for at, held in self.windows[key].items() if step - 241 < at <= step)

    def look(self, counter: tuple, now: int) -> tuple[int, int]:
        key, kind, limit, amount = counter
        if kind == "p":
            left = limit - sum(1 for ends in self.places[key].values() if ends > now)
            return (0 if left > 0 else 1000), max(0, left)
        wait = 0
        if self.used(key, now) + amount > limit:
            # The first millisecond of the first step at which it would have room.
            wait = next((at * 250 - now for at in range(now // 250 + 1, now // 250 + 242)
                         if self.used_at(key, at, now) + amount <= limit))
        return wait, max(0, limit - self.used(key, now))

    def used_at(self, key: str, step: int, now: int) -> int:
        return sum(held for at, held in self.windows[key].items()
                   if step - 241 < at <= now // 250)

    def slowest(self, counters: list[tuple], now: int) -> tuple[int, int, int]:
        worst = (0, 0, 0)
        for number, counter in enumerate(counters, 1):
            wait, left = self.look(counter, now)
            if wait > worst[2]:
                worst = (number, left, wait)
        return worst

    def admit(self, own: list, candidates: list, now: int, member: str, lease: int) -> list[int]:
        worst, left, longest = self.slowest(own, now)
        chosen, first, soonest = 0, len(own), None
        for number, candidate in enumerate(candidates, 1):
            slow, has, wait = self.slowest(candidate, now)
            if slow == 0:
                chosen = number
                break
            if soonest is None or wait < soonest[2]:
                soonest = (first + slow, has, wait)
            first += len(candidate)
        if candidates and not chosen:
            if worst == 0:
                worst, left = soonest[:2]
            longest = max(longest, soonest[2])
        if worst:
            return [0, worst, left, longest]
        answer = [1, chosen, now // 250]
        for counter in [*own, *(candidates[chosen - 1] if chosen else [])]:
            key, kind, limit, amount = counter
            if kind == "p":
                self.places[key][member] = now + lease
            else:
                window = self.windows[key]
                window[now // 250] = window.get(now // 250, 0) + amount
            answer.append(self.look((key, kind, limit, 0), now)[1])
        return answer

    def settle(self, step: int, corrections: list, now: int, member: str) -> None:
        for key, kind, amount in corrections:
            if kind == "p":
                self.places[key].pop(member, None)
                continue
            window, at = self.windows[key], step
            if not now // 250 - 241 < step <= now // 250:
                if amount <= 0:
                    continue
                at = now // 250
            window[at] = max(0, window.get(at, 0) + amount)


@pytest.mark.parametrize("seed", range(6))
def test_every_decision_is_the_models(limits: Limits, seed: int) -> None:
    chance = random.Random(seed)
    model, now, open_requests, admitted = Model(), NOW, [], []
    rpm, tpm = chance.choice([(3, 50), (20, 2_000), (200, 30_000)])
    for number in range(1_500):
        now += chance.choice([0, 0, 1, 20, 249, 250, 251, 3_000, 20_000, 61_000 * (seed % 2)])
        limits.set_clock(now)
        tokens = chance.randint(1, max(1, tpm // 5))
        own = [("k:r", "w", rpm, 1), ("k:t", "w", tpm, tokens), ("t:r", "w", rpm * 2, 1),
               ("t:p", "p", 6, 1)][: chance.choice([1, 2, 4])]
        candidates = [[(f"d{place}:r", "w", max(1, rpm // 3), 1), (f"d{place}:t", "w", tpm, tokens)]
                      for place in range(chance.choice([0, 2, 3]))]
        member = f"m{number}"
        answer = limits.admit(own, candidates, member=member)
        assert answer == model.admit(own, candidates, now, member, 15_000), (number, now)
        if answer[0]:
            taken = [*own, *(candidates[answer[1] - 1] if answer[1] else [])]
            open_requests.append((answer[2], member, taken))
            admitted.append(now)
            in_window = [at for at in admitted if at > now - 60_000]
            assert len(in_window) <= rpm, "more in 60 seconds than the limit"
        if open_requests and chance.random() < 0.6:
            step, member, taken = open_requests.pop(chance.randrange(len(open_requests)))
            corrections = [(key, kind, chance.randint(-amount, amount // 2) if key[-1] == "t" else 0)
                           for key, kind, _, amount in taken]
            limits.settle(step, corrections, member)
            model.settle(step, corrections, now, member)


def test_99_percent_of_a_limit_can_be_used(limits: Limits) -> None:
    granted = 0
    minutes = 4
    for now in range(NOW, NOW + minutes * 60_000, 40):
        limits.set_clock(now)
        while limits.admit([("k:r", "w", 300, 1)])[0]:
            granted += 1
    assert granted >= 300 * minutes * 0.99


def test_the_wait_is_honest(limits: Limits) -> None:
    chance = random.Random(7)
    now = NOW
    for _ in range(40):
        limits.set_clock(now)
        wish = [("k:t", "w", 1_000, chance.randint(1, 600))]
        answer = limits.admit(wish)
        if answer[0] == 0:
            limits.set_clock(now + answer[3] - 1)
            assert limits.admit(wish)[0] == 0
            now += answer[3]
            limits.set_clock(now)
            assert limits.admit(wish)[0] == 1
        now += chance.randint(0, 9_000)


def test_a_clock_that_runs_back_stands_still_but_for_a_set_one(limits: Limits) -> None:
    wish = [("k:r", "w", 1, 1)]
    assert limits.admit(wish)[0] == 1
    limits.set_clock(NOW - 50_000)
    assert limits.admit(wish)[0] == 0
    limits.set_clock(NOW - 3_600_000)
    assert limits.admit(wish)[0] == 1, "an hour's step must not close a limit for an hour"


def test_a_window_is_small_and_goes_by_itself(limits: Limits) -> None:
    for now in range(NOW, NOW + 200_000, 250):
        limits.set_clock(now)
        limits.admit([("k:r", "w", 10_000, 1)])
    assert limits.client.call("HLEN", "k:r") == 243
    assert 55 <= limits.client.call("TTL", "k:r") <= 61
    limits.set_clock(NOW + 500_000)
    limits.admit([("k:r", "w", 10_000, 1)])
    assert limits.client.call("HLEN", "k:r") == 3


def test_places_end_with_their_leases_unless_renewed(limits: Limits) -> None:
    place = [("k:p", "p", 2, 1)]
    for member in "ab":
        assert limits.admit(place, member=member)[0] == 1
    assert limits.admit(place, member="c") == [0, 1, 0, 1000]
    limits.set_clock(NOW + 10_000)
    limits.run("renew", ["k:p"], 15_000, 1, "a")
    limits.set_clock(NOW + 15_001)
    assert limits.admit(place, member="c")[0] == 1
    assert limits.admit(place, member="d")[0] == 0
    limits.settle(0, [("k:p", "p", 0)], "a")
    assert limits.admit(place, member="d")[0] == 1
    # What Redis has lost comes back with the next renewal.
    limits.client.call("DEL", "k:p")
    limits.run("renew", ["k:p"], 15_000, 2, "c", "d")
    assert limits.admit(place, member="e")[0] == 0


def test_permits_are_taken_in_batches_all_that_are_needed_or_none(limits: Limits) -> None:
    counters = ["k:r", "k:t"]
    step, *answers = limits.run("lease", counters, 10, 1, 8, 1_000, 300, 500)
    assert step == NOW // 250 and answers == [8, 0, 2, 500, 0, 500]
    assert limits.run("lease", counters, 10, 1, 8, 1_000, 300, 900)[1:] == [2, 0, 0, 500, 0, 0]
    limits.settle(step, [("k:r", "w", -3), ("k:t", "w", -100)])
    # Too few tokens: no requests either.
    assert limits.run("lease", counters, 10, 1, 8, 1_000, 300, 900)[1:] == [0, 0, 3, 0, 60_250, 100]
    assert limits.run("lease", counters, 10, 1, 8, 1_000, 100, 900)[1:] == [3, 0, 0, 100, 0, 0]


def test_many_clients_at_once_are_never_over_and_use_all(server: RedisServer) -> None:
    """On Redis' own clock, 40 connections at once."""
    with RedisClient(server.port) as client:
        client.call("FLUSHALL")
    granted: list[list[int]] = []

    def hammer(number: int) -> None:
        limits = Limits(server.port)
        own = [("k:r", "w", 1_000, 1), ("k:t", "w", 30_000, 40)]
        wins = [answer for turn in range(60)
                if (answer := limits.admit(own, member=f"{number}.{turn}"))[0]]
        granted.append(wins)
        limits.client.close()

    clients = [threading.Thread(target=hammer, args=(number,)) for number in range(40)]
    began = time.monotonic()
    for client in clients:
        client.start()
    for client in clients:
        client.join(120)
    assert len(granted) == 40
    total = sum(map(len, granted))
    # 750 requests of 40 tokens are all that 30,000 tokens allow; more only after a window.
    assert total == 750 or total > 750 and time.monotonic() - began > 60


def test_scripts_write_keys_of_their_own_only(limits: Limits) -> None:
    for source in limits.sources.values():
        names = re.findall(r"redis\.call\('\w+', ([\w.\[\]]+)", source)
        assert names and set(names) <= {
            "key", "window.key", "KEYS[number]", "KEYS[1]", "KEYS[2]"}
