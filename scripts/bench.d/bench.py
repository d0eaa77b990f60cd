"""All measurements, in interleaved rounds: each part once, then each part again."""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from bedrock import BedrockPart
from compiler_cost import CompilerPart
from memory import MemoryPart
from others import OthersPart
from plain import PlainPart
from redis_cost import RedisPart
from secure import SecurePart
from startup import StartupPart
from tables import TablesPart
from tools import HERE, Bench
from workers import WorkersPart

PARTS = {"proxy": PlainPart, "https": SecurePart, "memory": MemoryPart, "workers": WorkersPart,
         "start": StartupPart, "table": TablesPart, "bedrock": BedrockPart, "redis": RedisPart,
         "compiler": CompilerPart}


def run(bench: Bench, names: list[str], rounds: int) -> None:
    parts = [{**PARTS, "peers": OthersPart}[name](bench) for name in names]
    for number in range(rounds):
        for part in parts:
            print(f"round {number + 1} of {rounds}: {part.title}", file=sys.stderr)
            part.round()
    for part in parts:
        part.report()


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round: does it run at all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="length of a slice")
    parser.add_argument("--part", action="append", choices=list(PARTS),
                        help="one of the tables, all by default; may be given more than once")
    parser.add_argument("--peers", action="store_true",
                        help="other gateways, too, or alone; installs them")
    options = parser.parse_args()
    names = options.part or ([] if options.peers else list(PARTS))
    compiler = shlex.split(os.environ.get("CC", "clang"))
    with tempfile.TemporaryDirectory(prefix="sidegate-bench-") as folder:
        work = Path(folder)
        for tool in ("mock_upstream", "loadgen"):
            source = str(HERE / f"{tool}.c")
            subprocess.run([*compiler, "-O2", "-o", str(work / tool), source], check=True)
        bench = Bench(work, 1 if options.quick else options.seconds, options.quick)
        try:
            run(bench, names + ["peers"] * options.peers, 1 if options.quick else options.rounds)
        finally:
            bench.mock.kill()
            bench.mock.wait()


if __name__ == "__main__":
    main()
