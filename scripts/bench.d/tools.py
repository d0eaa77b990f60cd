"""What the parts of the benchmark share: peers that are measured, the load, and tables of medians.

Core 0 runs the peer; core 1 the mock upstream and the load. CPU is what the peer's processes used
during a slice, by /proc; a cell is the median over all slices of all rounds.
"""

import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
TICK = os.sysconf("SC_CLK_TCK")
PEER_CORE, LOAD_CORE = "0", "1"
KEY = "sk-bench-5d41402abc4b"
PATH = "/v1/chat/completions"


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

    def __init__(self, name: str, command: list[str], port: int, log: Path,
                 environment: dict[str, str] | None = None, cores: str = PEER_CORE) -> None:
        self.name, self.command, self.port, self.log = name, command, port, log
        self.environment, self.cores = environment or {}, cores

    def start(self, bench: "Bench", patience: int = 10) -> None:
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                pinned(self.cores, self.command), start_new_session=True,
                stdout=subprocess.DEVNULL, stderr=log, env={**os.environ, **self.environment})
        probe = bench.load(self, "probe", "-t", str(patience), check=False)
        if probe.returncode:
            self.stop()
            sys.exit(f"{self.name} did not answer: {self.log.read_text()}")

    def pids(self) -> list[int]:
        return processes(self.process.pid)

    def stop(self) -> None:
        self.signal(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            self.process.wait()

    def signal(self, number: int) -> None:
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):  # It ends with its parent.
                os.kill(pid, number)


class Bench:
    """The mock upstream, the load and the folder of a run."""

    def __init__(self, work: Path, seconds: float, is_quick: bool) -> None:
        self.work, self.seconds, self.is_quick = work, seconds, is_quick
        #: Slices of each measurement within a round.
        self.slices = 1 if is_quick else 3
        self.port = free_port()
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

    def tool(self, peer: Peer | None, *arguments: str) -> list[str]:
        """The load generator's command, on its core."""
        port = peer.port if peer else 0
        command = [str(self.work / "loadgen"), arguments[0], "-p", str(port), "-k", KEY]
        return pinned(LOAD_CORE, command + list(arguments[1:]))

    def load(self, peer: Peer | None, *arguments: str, check: bool = True):
        return subprocess.run(self.tool(peer, *arguments), capture_output=True, text=True,
                              check=check)

    def body(self, size: int) -> Path:
        """A request's body of about that many bytes."""
        file = self.work / f"body-{size}.json"
        if not file.exists():
            file.write_text(self.load(None, "body", "-b", str(size)).stdout)
        return file

    def throughput(self, peer: Peer, body: Path, connections: int, seconds: float, *,
                   key: str = KEY, **settings: str) -> dict:
        command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--latency",
                   "--timeout", "30s", "-s", str(HERE / "post.lua"),
                   f"http://127.0.0.1:{peer.port}{PATH}"]
        environment = {**os.environ, "BODY_FILE": str(body), "API_KEY": key, **settings}
        output = subprocess.run(pinned(LOAD_CORE, command), env=environment, text=True,
                                capture_output=True, check=True).stdout
        return json.loads(output.split("JSON ", 1)[1].splitlines()[0])

    def slice(self, peer: Peer, body: Path, connections: int,
              seconds: float | None = None) -> tuple[float, float]:
        """Requests a second and microseconds of CPU a request. A failure ends the run."""
        before = self.cpu(peer)
        result = self.throughput(peer, body, connections, seconds or self.seconds)
        used = self.cpu(peer) - before
        if result["errors"] or not result["requests"]:
            sys.exit(f"{peer.name}: {result}; {peer.log.read_text()[-500:]}")
        return result["rps"], used * 1e6 / result["requests"]

    def streams(self, peer: Peer, count: int, chunks: int, pause_us: int) -> tuple[float, dict]:
        """Microseconds of CPU a chunk, and what the load saw, of streams that are open at once."""
        before = self.cpu(peer)
        self.control(n=chunks, d=pause_us)
        load = self.load(peer, "stream", "-c", str(count), "-n", str(count), "-w", "1000",
                         "-t", "20", "-N", str(chunks))
        self.control(n=chunks, d=0)
        result = json.loads(load.stdout)
        if result["errors"] or result["ok"] != count:
            sys.exit(f"{peer.name}, streams: {result}; {peer.log.read_text()[-500:]}")
        return (self.cpu(peer) - before) * 1e6 / (count * chunks), result


class Table:
    """What was measured: the median of each row and column."""

    def __init__(self, columns: list[str]) -> None:
        self.columns = columns
        self.cells: dict[tuple[str, str], list[float]] = {}

    def note(self, column: str, row: str, value: float) -> None:
        self.cells.setdefault((row, column), []).append(value)

    def report(self, title: str, digits: int = 1) -> None:
        """Medians; of two columns or more, how the first compares to each other one."""
        first, *others = self.columns
        heads = [title, *self.columns, *(f"{first} / {other}" for other in others)]
        print("\n| " + " | ".join(heads) + " |\n|---" + "|---:" * (len(heads) - 1) + "|")
        for row in dict.fromkeys(row for row, _ in self.cells):
            middle = {column: statistics.median(self.cells[row, column])
                      for column in self.columns if (row, column) in self.cells}
            texts = [f"{middle[column]:,.{digits}f}" if column in middle else ""
                     for column in self.columns]
            texts += [ratio(middle.get(first), middle.get(other)) for other in others]
            print(f"| {row} | " + " | ".join(texts) + " |")


def ratio(one: float | None, other: float | None) -> str:
    return "" if one is None or not other else f"{one / other:.2f}"
