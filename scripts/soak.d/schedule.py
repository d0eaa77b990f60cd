"""When each upstream behaves how: a pure function of the seed.

At each moment at least one upstream, the guardian, is well, was so for a while before and stays so
for a while after: whoever asks then can be served.
"""

import random
from dataclasses import dataclass

#: What an upstream does: serves; takes no connection; resets one; says nothing; answers an error;
#: breaks off within the answer; falls silent within it.
BAD = ("refuse", "reset", "stall", "429", "500", "503", "break", "fade")
WELL = "well"
#: Seconds that a guardian is well before and after its turn.
LEAD, TAIL = 3.5, 3.5


@dataclass(frozen=True)
class Phase:
    """Seconds after the start."""

    begin: float
    end: float
    mode: str


def plan(seed: int, upstreams: int, seconds: float) -> list[list[Phase]]:
    """Each upstream's phases, without gaps, from the start to beyond the end."""
    chance = random.Random(seed)
    end = seconds + 120
    guarded: list[list[tuple[float, float]]] = [[] for _ in range(upstreams)]
    at, last = 0.0, -1
    while at < end:
        turn = chance.uniform(4, 8)
        last = chance.choice([number for number in range(upstreams) if number != last])
        guarded[last].append((at - LEAD, at + turn + TAIL))
        at += turn
    return [phases(chance, merged(spans), seconds, end) for spans in guarded]


def merged(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    result: list[tuple[float, float]] = []
    for begin, end in sorted(spans):
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((begin, end))
    return result


def phases(
    chance: random.Random, spans: list[tuple[float, float]], seconds: float, end: float
) -> list[Phase]:
    """The spans in which it is well, and whatever chance says between them."""
    result: list[Phase] = []
    at = 0.0
    for begin, stop in [*spans, (end, end)]:
        while at < begin:
            # Nothing new goes wrong once the clients have ended.
            is_bad = at < seconds and chance.random() < 0.8
            mode = chance.choice(BAD) if is_bad else WELL
            until = min(begin, at + chance.uniform(2, 5))
            result.append(Phase(at, until, mode))
            at = until
        if stop > at:
            result.append(Phase(at, stop, WELL))
            at = stop
    return result


def is_well(phases: list[Phase], begin: float, end: float) -> bool:
    """Whether it is well during the whole of a time."""
    return all(phase.mode == WELL for phase in phases if phase.begin < end and phase.end > begin)
