"""What must hold of a fault: nobody is lost, and time is lost in the first second only."""

from dataclasses import dataclass, field

#: Milliseconds by which the p99 of the first second may be above that before it.
FIRST_SECOND = 30


@dataclass
class Window:
    """Requests that were asked within some time."""

    seconds: list[float] = field(default_factory=list)
    lost: int = 0

    def add(self, other: "Window") -> None:
        self.seconds += other.seconds
        self.lost += other.lost

    def quantile(self, share: float) -> float:
        """In milliseconds; of few requests the slowest."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1_000


def judge(
    name: str, windows: list[Window], control: list[Window], slack: float, rest: float = 0
) -> list[str]:
    """`windows`: before the fault, its first second, the rest of it, and when it is over; `control`:
    the same of a sidecar without Redis, of whose loss of time the others are free; `rest`: by how
    much the p99 of the rest may be up.
    """
    before, *others = windows
    findings = []
    lost = sum(window.lost for window in windows)
    if lost:
        findings.append(f"{name}: {lost} requests were not answered well")
    for window, calm, what, bound in zip(
        others, control[1:], ("in the first second", "in the rest", "when it is over"),
        (FIRST_SECOND, rest, 0), strict=True,
    ):
        if not window.seconds:
            continue
        more = window.quantile(0.99) - before.quantile(0.99)
        if calm.seconds:
            more -= max(0.0, calm.quantile(0.99) - control[0].quantile(0.99))
        if more > bound + slack:
            findings.append(f"{name}: p99 is up by {more:.1f} ms {what}; at most {bound}")
    return findings


def line(name: str, mode: str, windows: list[Window]) -> str:
    before, *others = windows
    cells = [f"{before.quantile(0.5):.1f}, {before.quantile(0.99):.1f}"]
    for window in others:
        if window.seconds:
            high = window.quantile(0.99)
            cells.append(f"{high:.1f} ({high - before.quantile(0.99):+.1f})")
        else:
            cells.append("")
    count = sum(len(window.seconds) for window in windows)
    return f"| {name} | {mode} | {count} | {sum(window.lost for window in windows)} | " + (
        " | ".join(cells)) + " |"


def selftest() -> int:
    """Shows for each check that it can fail."""

    def windows(*highs: float, lost: int = 0) -> list[Window]:
        return [Window([0.002] * 97 + [high / 1_000] * 3, lost) for high in highs]

    still = windows(5, 5, 5, 5)
    cases = [
        (windows(5, 30, 5, 5), still, 0), (windows(5, 35, 5, 5), still, 0),
        (windows(5, 45, 5, 5), still, 1), (windows(5, 5, 15, 5), still, 1),
        (windows(5, 5, 5, 15), still, 1), (windows(5, 5, 5, 5, lost=1), still, 1),
        (windows(5, 50, 15, 15, lost=1), still, 4),
        ([*windows(5, 5), Window(), *windows(5)], still, 0),
        (windows(5, 5, 15, 5), [*windows(5, 5), Window(), *windows(5)], 1),
        # What the machine does is nobody's fault.
        (windows(5, 95, 60, 5), windows(5, 55, 55, 5), 1),
        (windows(5, 80, 60, 5), windows(5, 55, 55, 5), 0),
    ]
    wrong = [(number, wanted, found) for number, (given, calm, wanted) in enumerate(cases)
             if len(found := judge("x", given, calm, 5)) != wanted]
    for case in wrong:
        print(f"case {case[0]}: {case[1]} findings wanted, got {case[2]}")
    print("faults: self-test " + ("failed" if wrong else "ok"))
    return 1 if wrong else 0
