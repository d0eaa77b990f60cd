"""How long sidegatec takes for many deployments and what it needs, beside how long PyYAML's loader
in C takes to parse the same file and do nothing else; one after the other, in rounds."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import deployments
from tools import Bench

#: Rows: deployments, and whether all of them stand on one line.
ROWS = [(10_000, False), (100_000, False), (10_000, True), (100_000, True)]
PARSE = """
import sys, yaml
with open(sys.argv[1], encoding="utf-8") as file:
    yaml.load(file, Loader=yaml.CSafeLoader)
"""


def measured(command: list[str]) -> tuple[float, float, float]:
    """Seconds by the clock, seconds of CPU, and the most memory in megabytes."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    shown = process.stderr.read() if process.stderr else b""
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[0]} failed: {shown.decode(errors='replace')[-1000:]}")
    return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def name(count: int, is_flow: bool) -> str:
    return f"{count:,}{', on one line' if is_flow else ''}"


class CompilerPart:
    """Rows of deployments; both read the same file, one after the other."""

    title = "compiler"

    def __init__(self, bench: Bench) -> None:
        self.work = bench.work
        self.rows = ROWS[:1] if bench.is_quick else ROWS
        self.cells: dict[tuple, list[tuple[float, float, float]]] = {}
        self.sizes: dict[tuple, float] = {}
        for row in self.rows:
            with self.source(row).open("w", encoding="utf-8") as out:
                deployments.write(*row, out)

    def source(self, row: tuple) -> Path:
        return self.work / f"{row}.yaml"

    def round(self) -> None:
        python = os.environ.get("BENCH_PYTHON", sys.executable)
        for row in self.rows:
            source, table = str(self.source(row)), self.work / f"{row}.sgt"
            compiler = [os.environ["SIDEGATEC"], "compile", source, "-o", str(table)]
            self.cells.setdefault((row, "ours"), []).append(measured(compiler))
            self.sizes[row] = table.stat().st_size / row[0]
            parser = [python, "-c", PARSE, source]
            self.cells.setdefault((row, "PyYAML"), []).append(measured(parser))

    def report(self) -> None:
        print("\n| deployments | file, MB | sidegatec, s | CPU, s | memory, MB | "
              "table, bytes a deployment | PyYAML parses, s |\n|---|---:|---:|---:|---:|---:|---:|")
        for row in self.rows:
            ours = [statistics.median(column) for column in zip(*self.cells[row, "ours"])]
            theirs = statistics.median(cell[0] for cell in self.cells[row, "PyYAML"])
            megabytes = self.source(row).stat().st_size / 1e6
            print(f"| {name(*row)} | {megabytes:.1f} | {ours[0]:.2f} | {ours[1]:.2f} | "
                  f"{ours[2]:.0f} | {self.sizes[row]:.0f} | {theirs:.2f} |")
