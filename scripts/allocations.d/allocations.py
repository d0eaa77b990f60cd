"""Counts what a release build allocates for a request, and compares that with committed numbers.

One client asks one sidegate, one request after the other, so a count hangs on the code alone, not
on the machine or its load. What is not a request's (timers, the log) is spread over many.
"""

import argparse
import json
import os
import shlex
import statistics
import struct
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "bench.d"))

from proxies import bedrock_deployment, deployment, sidegate_of  # noqa: E402
from tools import Bench, Peer  # noqa: E402

COMMITTED = HERE / "allocations.json"
#: Requests before anything is counted, which fill pools and caches, and requests that count.
WARM, COUNTED = 300, 1000
#: Streams that count, and their chunks: the difference between long and short ones is the chunks'.
STREAMS, LONG, SHORT = 40, 64, 4
#: Microseconds between two chunks, so that each comes by itself.
PAUSE = 2_000
REPEATS = 3
#: How much a count may differ before it is another one: what timers do between two requests.
TOLERANCE = 0.3


class Counted:
    """A sidegate whose allocations are counted in a file."""

    def __init__(self, bench: Bench, name: str, gateway: dict) -> None:
        self.bench = bench
        self.file = bench.work / f"{name}.count"
        self.file.write_bytes(bytes(4096))
        self.peer: Peer = sidegate_of(bench.work, name, gateway, environment={
            "LD_PRELOAD": str(bench.work / "counter.so"), "ALLOCATIONS_FILE": str(self.file)})

    def __enter__(self) -> "Counted":
        self.peer.start(self.bench)
        return self

    def __exit__(self, *_: object) -> None:
        self.peer.stop()

    def count(self) -> int:
        return struct.unpack("<Q", self.file.read_bytes()[:8])[0]

    def ask(self, count: int, *flags: str) -> None:
        result = json.loads(self.bench.load(
            self.peer, "closed", "-c", "1", "-n", str(count), "-t", "60", *flags).stdout)
        if result["errors"] or result["ok"] != count:
            sys.exit(f"{self.peer.name}: {result}; {self.peer.log.read_text()[-500:]}")

    def requests(self, *flags: str) -> float:
        """Allocations a request."""
        self.ask(WARM, *flags)
        before = self.count()
        self.ask(COUNTED, *flags)
        return (self.count() - before) / COUNTED

    def hits(self) -> int:
        """Answers from the cache, as the sidegate says."""
        page = f"http://127.0.0.1:{self.peer.port}/metrics"
        with urllib.request.urlopen(page, timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return sum(int(float(line.rsplit(" ", 1)[1])) for line in lines
                   if line.startswith("litellm_cache_hits_metric_total"))

    def chunks(self) -> float:
        """Allocations a chunk of a stream."""
        self.streams(LONG)
        used = []
        for chunks in (LONG, SHORT):
            before = self.count()
            self.streams(chunks)
            used.append((self.count() - before) / STREAMS)
        return (used[0] - used[1]) / (LONG - SHORT)

    def streams(self, chunks: int) -> None:
        self.bench.control(n=chunks, d=PAUSE)
        result = json.loads(self.bench.load(
            self.peer, "stream", "-c", "1", "-n", str(STREAMS), "-t", "60", "-N",
            str(chunks)).stdout)
        if result["errors"] or result["ok"] != STREAMS:
            sys.exit(f"{self.peer.name}: {result}; {self.peer.log.read_text()[-500:]}")


def measure(bench: Bench) -> dict[str, float]:
    """The median of some runs for each kind of request."""
    ways: dict[str, Callable[[Counted], float]] = {
        "request of 1 KB, passed on": lambda own: own.requests(),
        "chunk of a stream, passed on": lambda own: own.chunks(),
        "request of 1 KB, Bedrock": lambda own: own.requests("-m", "mock-claude"),
    }
    base = {"general_settings": {"master_key": "os.environ/BENCH_KEY"}, "model_list": [
        deployment(f"http://127.0.0.1:{bench.port}/v1"), bedrock_deployment(bench.port)]}
    cached = {**base, "litellm_settings": {"cache": True, "cache_params": {"type": "local"}}}
    counts: dict[str, float] = {}
    with Counted(bench, "plain", base) as own:
        for name, way in ways.items():
            counts[name] = statistics.median(way(own) for _ in range(REPEATS))
    with Counted(bench, "cached", cached) as own:
        counts["request of 1 KB, from the cache"] = statistics.median(
            own.requests() for _ in range(REPEATS))
        if own.hits() < REPEATS * COUNTED:
            sys.exit(f"of the requests to the cache only {own.hits()} were hits")
    return {name: round(count, 1) for name, count in counts.items()}


def compare(counts: dict[str, float], committed: dict[str, float]) -> tuple[list[str], list[str]]:
    """What became more, and what became less."""
    more, less = [], []
    for name, count in counts.items():
        before = committed.get(name, 0.0)
        line = f"{name}: {count} allocations, {before} are committed"
        if count > before + TOLERANCE:
            more.append(line)
        elif count < before - TOLERANCE:
            less.append(line)
    return more, less


def self_test() -> None:
    """Both directions are seen, and what is new counts as more."""
    committed = {"a": 10.0, "b": 10.0, "c": 10.0}
    more, less = compare({"a": 10.4, "b": 9.6, "c": 10.2, "d": 1.0}, committed)
    assert [line[0] for line in more] == ["a", "d"] and [line[0] for line in less] == ["b"]
    print("allocations self-test: ok")


def run() -> dict[str, float]:
    compiler = shlex.split(os.environ.get("CC", "clang"))
    with tempfile.TemporaryDirectory(prefix="sidegate-allocations-") as folder:
        work = Path(folder)
        for tool in ("mock_upstream", "loadgen"):
            source = str(HERE.parent / "bench.d" / f"{tool}.c")
            subprocess.run([*compiler, "-O2", "-o", str(work / tool), source], check=True)
        subprocess.run([*compiler, "-O2", "-shared", "-fPIC", "-o", str(work / "counter.so"),
                        str(HERE / "counter.c")], check=True)
        bench = Bench(work, 1, True)
        try:
            return measure(bench)
        finally:
            bench.mock.kill()
            bench.mock.wait()


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/allocations", description=__doc__)
    parser.add_argument("--update", action="store_true", help="write the committed file anew")
    parser.add_argument("--self-test", action="store_true", help="whether the comparison can fail")
    options = parser.parse_args()
    if options.self_test:
        self_test()
        return 0
    counts = run()
    for name, count in counts.items():
        print(f"{count:8.1f}  {name}")
    if options.update:
        COMMITTED.write_text(json.dumps(counts, indent=4) + "\n")
        return 0
    more, less = compare(counts, json.loads(COMMITTED.read_text()))
    for line in more:
        print(f"MORE: {line}")
    for line in less:
        print(f"less: {line}; keep it so with scripts/allocations --update")
    if more:
        print("A request allocates more than it did. If it has to, scripts/allocations --update "
              "writes the numbers down, and the commit's message says why.")
    return 1 if more else 0


if __name__ == "__main__":
    sys.exit(main())
