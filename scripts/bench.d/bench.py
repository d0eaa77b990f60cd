"""Sidegate beside nginx as a raw proxy, in interleaved rounds on one core.

Core 0 runs the peer; core 1 the mock upstream and the load. CPU is what the peer's processes used
during a slice, by /proc; a cell is the median over all slices of all rounds.
"""

import argparse
import json
import os
import shlex
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bedrock
import compiler_cost
import redis_cost

HERE = Path(__file__).parent
TICK = os.sysconf("SC_CLK_TCK")
PEER_CORE, LOAD_CORE = "0", "1"
KEY = "sk-bench-5d41402abc4b"
PATH = "/v1/chat/completions"
STREAMS, CHUNKS = 1000, 64
#: Name, bytes of the request's body, connections.
BODIES = [("1 KB", 1024, 64), ("100 KB", 100 * 1024, 16), ("1 MB", 1024 * 1024, 8)]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def pinned(core: str, command: list[str]) -> list[str]:
    return ["taskset", "-c", core, *command]


def processes(session: int) -> list[int]:
    """The process that leads the session and its children."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def cpu_seconds(pids: list[int]) -> float:
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICK


def memory_kilobytes(pids: list[int]) -> int:
    """Proportional set size of all the processes."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total


class Peer:
    """A proxy under test, started afresh in each round."""

    def __init__(self, name: str, command: list[str], port: int, log: Path) -> None:
        self.name, self.command, self.port, self.log = name, command, port, log

    def start(self, bench: "Bench") -> None:
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                pinned(PEER_CORE, self.command), start_new_session=True,
                stdout=subprocess.DEVNULL, stderr=log, env={**os.environ, "BENCH_KEY": KEY, "BENCH_TOKEN": bedrock.TOKEN})
        probe = bench.load(self, "probe", "-t", "10", check=False)
        if probe.returncode:
            self.stop()
            sys.exit(f"{self.name} did not answer: {self.log.read_text()}")

    def pids(self) -> list[int]:
        return processes(self.process.pid)

    def stop(self) -> None:
        for pid in self.pids():
            os.kill(pid, signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            for pid in self.pids():
                os.kill(pid, signal.SIGKILL)
            self.process.wait()


class Bench:
    """The mock upstream, the tools and what was measured."""

    def __init__(self, work: Path, seconds: float) -> None:
        self.work, self.seconds = work, seconds
        self.port = free_port()
        self.cells: dict[tuple[str, str], list[float]] = {}
        command = [str(work / "mock_upstream"), "-p", str(self.port)]
        self.mock = subprocess.Popen(pinned(LOAD_CORE, command))
        time.sleep(0.2)

    def control(self, **settings: int) -> None:
        """Sets chunks (n), microseconds between them (d) and before the first (l)."""
        query = "&".join(f"{name}={value}" for name, value in settings.items())
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(f"GET /_ctl?{query} HTTP/1.1\r\nHost: m\r\n\r\n".encode())
            connection.recv(4096)

    def cpu(self, peer: Peer) -> float:
        return cpu_seconds(peer.pids())

    def load(self, peer: Peer | None, *arguments: str, check: bool = True):
        port = peer.port if peer else 0
        tool = [str(self.work / "loadgen"), arguments[0], "-p", str(port), "-k", KEY]
        return subprocess.run(pinned(LOAD_CORE, tool + list(arguments[1:])), capture_output=True,
                              text=True, check=check)

    def note(self, peer: Peer, what: str, value: float) -> None:
        self.cells.setdefault((what, peer.name), []).append(value)

    def bodies(self, peer: Peer, slices: int) -> None:
        for name, size, connections in BODIES:
            body = self.work / f"body-{size}.json"
            body.write_text(self.load(peer, "body", "-b", str(size)).stdout)
            self.throughput(peer, body, connections, 0.5)
            for _ in range(slices):
                before = cpu_seconds(peer.pids())
                result = self.throughput(peer, body, connections, self.seconds)
                used = cpu_seconds(peer.pids()) - before
                if result["errors"] or not result["requests"]:
                    sys.exit(f"{peer.name}, {name}: {result}; {peer.log.read_text()[-500:]}")
                self.note(peer, f"{name}: requests/s", result["rps"])
                self.note(peer, f"{name}: CPU µs/request", used * 1e6 / result["requests"])

    def throughput(self, peer: Peer, body: Path, connections: int, seconds: float, *,
                   key: str = KEY, **settings: str) -> dict:
        command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--latency",
                   "--timeout", "30s", "-s", str(HERE / "post.lua"),
                   f"http://127.0.0.1:{peer.port}{PATH}"]
        environment = {**os.environ, "BODY_FILE": str(body), "API_KEY": key, **settings}
        output = subprocess.run(pinned(LOAD_CORE, command), env=environment, text=True,
                                capture_output=True, check=True).stdout
        return json.loads(output.split("JSON ", 1)[1].splitlines()[0])

    def streams(self, peer: Peer, count: int) -> None:
        """`count` streams of 64 chunks, 100 ms apart; memory is read while all are open."""
        self.load(peer, "closed", "-c", "16", "-n", "500", "-t", "8")
        idle = memory_kilobytes(peer.pids())
        before = cpu_seconds(peer.pids())
        self.control(n=CHUNKS, d=100_000)
        tool = [str(self.work / "loadgen"), "stream", "-p", str(peer.port), "-k", KEY,
                "-c", str(count), "-n", str(count), "-w", "1000", "-t", "20"]
        load = subprocess.Popen(pinned(LOAD_CORE, tool), stdout=subprocess.PIPE, text=True)
        time.sleep(3.5)
        open_streams = memory_kilobytes(peer.pids())
        result = json.loads(load.communicate()[0])
        self.control(n=CHUNKS, d=0)
        if result["errors"] or result["ok"] != count:
            sys.exit(f"{peer.name}, streams: {result}; {peer.log.read_text()[-500:]}")
        used = cpu_seconds(peer.pids()) - before
        self.note(peer, "idle: memory KB", idle)
        self.note(peer, f"{count} streams: memory KB/stream", (open_streams - idle) / count)
        self.note(peer, f"{count} streams: CPU µs/chunk", used * 1e6 / (count * CHUNKS))
        self.note(peer, f"{count} streams: chunk delay µs, p50", result["transit_us"]["p50"])
        self.note(peer, f"{count} streams: chunk delay µs, p99", result["transit_us"]["p99"])

    def latency(self, peer: Peer, count: int) -> None:
        result = json.loads(self.load(peer, "closed", "-n", str(count), "-t", "10").stdout)
        self.note(peer, "one at a time: µs, p50", result["lat_us"]["p50"])
        self.note(peer, "one at a time: µs, p99", result["lat_us"]["p99"])

    def report(self, peers: list[Peer]) -> None:
        """Medians, and the ratio of the first peer to the second."""
        first, second = (peer.name for peer in peers[:2])
        print(f"\n| | {first} | {second} | {first} / {second} |\n|---|---:|---:|---:|")
        for what in dict.fromkeys(what for what, _ in self.cells):
            one, two = (statistics.median(self.cells[what, name]) for name in (first, second))
            ratio = f"{one / two:.2f}" if two > 0 else "-"
            print(f"| {what} | {one:,.1f} | {two:,.1f} | {ratio} |")


def sidegate(work: Path, upstream: int) -> Peer:
    """With all that it does in earnest: a key to check, metrics, an access log."""
    gateway = {"general_settings": {"master_key": "os.environ/BENCH_KEY"},
               "model_list": [{"model_name": "mock-model", "litellm_params": {
                   "model": "hosted_vllm/mock-model", "api_key": "sk-upstream-bench",
                   "api_base": f"http://127.0.0.1:{upstream}/v1"}}, bedrock.model(upstream)]}
    return sidegate_of(work, "sidegate", gateway)


def sidegate_of(work: Path, name: str, gateway: dict) -> Peer:
    """One of a configuration."""
    (work / f"{name}.yaml").write_text(json.dumps(gateway))
    compiler = [os.environ["SIDEGATEC"], "compile", str(work / f"{name}.yaml")]
    subprocess.run([*compiler, "-o", str(work / f"{name}.sgt")], check=True)
    port = free_port()
    command = [os.environ["SIDEGATE"], "--table", str(work / f"{name}.sgt"),
               "--listen", f"127.0.0.1:{port}", "--access-log", str(work / f"{name}.access")]
    return Peer(name, command, port, work / f"{name}.log")


def nginx(work: Path, upstream: int) -> Peer:
    port = free_port()
    text = (HERE / "nginx.conf").read_text()
    for mark, value in (("@WORK@", work), ("@PORT@", port), ("@UPSTREAM@", upstream)):
        text = text.replace(mark, str(value))
    (work / "nginx.conf").write_text(text)
    return Peer("nginx", ["nginx", "-c", str(work / "nginx.conf")], port, work / "nginx.log")


def run_peers(bench: Bench, peers: list[Peer], is_quick: bool) -> None:
    """One round of both peers, one after the other."""
    for peer in peers:
        peer.start(bench)
        try:
            bench.streams(peer, 100 if is_quick else STREAMS)
            bench.latency(peer, 500 if is_quick else 5000)
            bench.bodies(peer, 1 if is_quick else 3)
        finally:
            peer.stop()


def run_bedrock(part: bedrock.BedrockPart, peer: Peer, is_quick: bool) -> None:
    """One round of both forms, by turns."""
    peer.start(part.bench)
    try:
        if not bedrock.is_answering(part.bench, peer):
            sys.exit(f"the Bedrock model did not answer: {peer.log.read_text()}")
        part.round(peer, 1 if is_quick else 3)
    finally:
        peer.stop()


def run_redis(bench: Bench, rounds: int, slices: int) -> None:
    """All rounds of sidegates with and without limits and cache in Redis."""
    part = redis_cost.RedisPart(
        bench, lambda name, gateway: sidegate_of(bench.work, name, gateway), free_port)
    part.start(pinned, LOAD_CORE)
    try:
        for number in range(rounds):
            print(f"Redis, round {number + 1} of {rounds}", file=sys.stderr)
            part.round(slices)
    finally:
        part.stop()
    part.report()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round: does it run at all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="length of a slice")
    parts = ["all", "proxy", "bedrock", "redis", "compiler"]
    parser.add_argument("--part", choices=parts, default="all",
                        help="beside nginx, Bedrock beside passing on, limits and cache in Redis "
                             "beside none, the compiler beside a parser, or all")
    options = parser.parse_args()
    rounds = 1 if options.quick else options.rounds
    compiler = shlex.split(os.environ.get("CC", "clang"))
    with tempfile.TemporaryDirectory(prefix="sidegate-bench-") as folder:
        work = Path(folder)
        if options.part in ("all", "compiler"):
            compiler_cost.run(work, rounds, options.quick)
        if options.part == "compiler":
            return
        for tool in ("mock_upstream", "loadgen"):
            source = str(HERE / f"{tool}.c")
            subprocess.run([*compiler, "-O2", "-o", str(work / tool), source], check=True)
        bench = Bench(work, 1 if options.quick else options.seconds)
        try:
            peers = [sidegate(work, bench.port), nginx(work, bench.port)]
            part = bedrock.BedrockPart(bench, options.quick)
            for number in range(rounds if options.part != "redis" else 0):
                print(f"round {number + 1} of {rounds}", file=sys.stderr)
                if options.part in ("all", "proxy"):
                    run_peers(bench, peers, options.quick)
                if options.part in ("all", "bedrock"):
                    run_bedrock(part, peers[0], options.quick)
            if options.part in ("all", "proxy"):
                bench.report(peers)
            if options.part in ("all", "bedrock"):
                part.report()
            if options.part in ("all", "redis"):
                run_redis(bench, rounds, 1 if options.quick else 3)
        finally:
            bench.mock.kill()
            bench.mock.wait()


if __name__ == "__main__":
    main()
