"""What a table of 100,000 models costs: opening and verifying it, and a look-up."""

import json
import os
import subprocess

from proxies import compiled, deployment
from tools import HERE, PEER_CORE, Bench, Table, pinned

MODELS = 100_000
ROOT = HERE.parents[1]


class TablesPart:
    """The table is the compiler's own; a program of the tests opens it as the sidecar does."""

    title = "table"

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.table = Table(["sidegate"])
        build = ["swift", "build", "--package-path", str(ROOT), "-c", "release", "--scratch-path",
                 str(ROOT / ".build" / "bench")]
        environment = {**os.environ, "SIDEGATE_BENCH": "1"}
        subprocess.run([*build, "--product", "TableSpeed"], env=environment, check=True,
                       stdout=subprocess.DEVNULL)
        self.program = ROOT / ".build" / "bench" / "release" / "TableSpeed"
        gateway = {"model_list": [
            deployment(f"http://vllm-{number % 100}:8000/v1", f"team-{number % 40}/llama-{number}")
            for number in range(MODELS)]}
        self.routes = compiled(bench.work, "many", gateway)

    def round(self) -> None:
        output = subprocess.run(
            pinned(PEER_CORE, [str(self.program), str(self.routes), str(self.bench.slices)]),
            check=True, capture_output=True, text=True).stdout
        for line in output.splitlines():
            result = json.loads(line)
            self.table.note("sidegate", f"{MODELS:,} models: open and verify, ms",
                            result["open_ns"] / 1e6)
            self.table.note("sidegate", f"{MODELS:,} models: look-up, ns", result["lookup_ns"])

    def report(self) -> None:
        self.table.report("table")
