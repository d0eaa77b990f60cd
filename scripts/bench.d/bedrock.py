"""What translating for Bedrock costs beside passing on: the same client's requests for two models
of one sidegate, by turns, to an upstream that answers both forms at about the same size."""

import json
import statistics
import subprocess
from pathlib import Path

from proxies import BEDROCK_MODEL, sidegate

#: The rows' names and the models that they ask for.
FORMS = {"Bedrock": BEDROCK_MODEL, "passed on": "mock-model"}
BODIES = [("1 KB", 1024), ("100 KB", 100 * 1024)]
STREAMS, CHUNKS = 500, 64


class BedrockPart:
    """Measures one sidegate; `Bench` has the tools."""

    title = "Bedrock beside passing on"

    def __init__(self, bench) -> None:
        self.bench = bench
        self.peer = sidegate(bench.work, bench.port, "sidegate-bedrock")
        self.cells: dict[tuple[str, str], list[float]] = {}

    def round(self) -> None:
        """Both forms, by turns."""
        self.peer.start(self.bench)
        try:
            if not is_answering(self.bench, self.peer):
                raise SystemExit(f"the Bedrock model did not answer: {self.peer.log.read_text()}")
            self.measure(self.peer, self.bench.slices)
        finally:
            self.peer.stop()

    def note(self, form: str, what: str, value: float) -> None:
        self.cells.setdefault((what, form), []).append(value)

    def measure(self, peer, slices: int) -> None:
        for name, size in BODIES:
            bodies = {form: self.body(peer, name, size) for form, name in FORMS.items()}
            for body in bodies.values():
                self.bench.throughput(peer, body, 16, 0.5)
            for _ in range(slices):
                for form, body in bodies.items():
                    self.requests(peer, form, name, body)
        count = 50 if self.bench.is_quick else STREAMS
        for _ in range(slices):
            for form in FORMS:
                self.streams(peer, form, "64 chunks, 20 ms apart", count, 20_000)
            for form in FORMS:
                self.streams(peer, form, "64 chunks at once", 4 * count, 0)

    def body(self, peer, name: str, size: int) -> Path:
        file = self.bench.work / f"{name}-{size}.json"
        file.write_text(self.bench.load(peer, "body", "-b", str(size), "-m", name).stdout)
        return file

    def requests(self, peer, form: str, name: str, body: Path) -> None:
        before = self.bench.cpu(peer)
        result = self.bench.throughput(peer, body, 16, self.bench.seconds)
        used = self.bench.cpu(peer) - before
        if result["errors"] or not result["requests"]:
            raise SystemExit(f"{form}, {name}: {result}; {peer.log.read_text()[-500:]}")
        self.note(form, f"{name}: CPU, µs/request", used * 1e6 / result["requests"])

    def streams(self, peer, form: str, name: str, count: int, pause_us: int) -> None:
        """Some streams more or less at a time make no difference to the cost of a chunk."""
        self.bench.control(n=CHUNKS, d=pause_us)
        before = self.bench.cpu(peer)
        load = self.bench.load(peer, "stream", "-c", str(min(count, STREAMS)), "-n", str(count),
                               "-w", "500", "-t", "30", "-m", FORMS[form])
        used = self.bench.cpu(peer) - before
        self.bench.control(n=CHUNKS, d=0)
        result = json.loads(load.stdout)
        if result["errors"] or result["ok"] != count:
            raise SystemExit(f"{form}, streams: {result}; {peer.log.read_text()[-500:]}")
        self.note(form, f"{name}: CPU, µs/chunk", used * 1e6 / (count * CHUNKS))

    def report(self) -> None:
        """Medians, and what Bedrock costs more: the median of the differences within a slice."""
        first, second = FORMS
        print(f"\n| | {first} | {second} | more |\n|---|---:|---:|---:|")
        for what in dict.fromkeys(what for what, _ in self.cells):
            ours, others = self.cells[what, first], self.cells[what, second]
            more = statistics.median(one - other for one, other in zip(ours, others, strict=True))
            one, other = statistics.median(ours), statistics.median(others)
            print(f"| {what} | {one:,.1f} | {other:,.1f} | {more:,.1f} |")


def is_answering(bench, peer) -> bool:
    """Whether the Bedrock model answers as the other one does, before anything is measured."""
    probe: subprocess.CompletedProcess = bench.load(
        peer, "probe", "-t", "10", "-m", FORMS["Bedrock"], check=False)
    return probe.returncode == 0
