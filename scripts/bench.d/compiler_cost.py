"""How long sidegatec takes for many deployments and what it needs, beside how long PyYAML's loader
in C takes to parse the same file and do nothing else; one after the other, in rounds."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import deployments

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


def run(work: Path, rounds: int, is_quick: bool) -> None:
    """All rounds, and the table."""
    python = os.environ.get("BENCH_PYTHON", sys.executable)
    rows = ROWS[:1] if is_quick else ROWS
    cells: dict[tuple, list[tuple[float, float, float]]] = {}
    sizes: dict[tuple, float] = {}
    for row in rows:
        with (work / f"{row}.yaml").open("w", encoding="utf-8") as out:
            deployments.write(*row, out)
    for number in range(rounds):
        print(f"compiler, round {number + 1} of {rounds}", file=sys.stderr)
        for row in rows:
            source, table = work / f"{row}.yaml", work / f"{row}.sgt"
            compiler = [os.environ["SIDEGATEC"], "compile", str(source), "-o", str(table)]
            cells.setdefault((row, "ours"), []).append(measured(compiler))
            sizes[row] = table.stat().st_size / row[0]
            parser = [python, "-c", PARSE, str(source)]
            cells.setdefault((row, "PyYAML"), []).append(measured(parser))
    print("\n| deployments | file, MB | sidegatec, s | CPU, s | memory, MB | "
          "table, bytes a deployment | PyYAML parses, s | CPU, s |\n"
          "|---|---:|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        ours = [statistics.median(column) for column in zip(*cells[row, "ours"])]
        theirs = [statistics.median(column) for column in zip(*cells[row, "PyYAML"])]
        megabytes = (work / f"{row}.yaml").stat().st_size / 1e6
        print(f"| {name(*row)} | {megabytes:.1f} | {ours[0]:.2f} | {ours[1]:.2f} | "
              f"{ours[2]:.0f} | {sizes[row]:.0f} | {theirs[0]:.2f} | {theirs[1]:.2f} |")
