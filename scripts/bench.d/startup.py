"""How long it takes from exec until a sidegate with 1,000 deployments is ready."""

import os
import socket
import subprocess
import sys
import time

from proxies import compiled, deployment
from tools import KEY, LOAD_CORE, PEER_CORE, Bench, Table, free_port

DEPLOYMENTS = 1000
ASK = b"GET /health/readiness HTTP/1.1\r\nhost: localhost\r\n\r\n"


class StartupPart:
    """The first start of each round, whose files may not be in the page cache, does not count."""

    title = "start"

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.starts = 3 if bench.is_quick else 20
        self.table = Table(["sidegate"])
        gateway = {"general_settings": {"master_key": "os.environ/BENCH_KEY"}, "model_list": [
            deployment("http://127.0.0.1:1/v1", f"model-{number}")
            for number in range(DEPLOYMENTS)]}
        self.routes = compiled(bench.work, "startup", gateway)

    def round(self) -> None:
        self.start()
        for _ in range(self.starts):
            self.table.note("sidegate", f"exec to ready, {DEPLOYMENTS:,} deployments: ms",
                            self.start() * 1000)

    def start(self) -> float:
        """Seconds from before the new process to its answer that it is ready."""
        port = free_port()
        command = [os.environ["SIDEGATE"], "--table", str(self.routes), "--listen",
                   f"127.0.0.1:{port}", "--access-log", "off"]
        mine = os.sched_getaffinity(0)
        # The child inherits its core; another program before it to pin it would be measured.
        os.sched_setaffinity(0, {int(PEER_CORE)})
        begun = time.perf_counter()
        process = subprocess.Popen(command, env={**os.environ, "BENCH_KEY": KEY},
                                   stderr=subprocess.DEVNULL)
        os.sched_setaffinity(0, {int(LOAD_CORE)})
        try:
            while not is_ready(port):
                if process.poll() is not None or time.perf_counter() - begun > 10:
                    sys.exit("sidegate did not start")
            return time.perf_counter() - begun
        finally:
            process.terminate()
            process.wait()
            os.sched_setaffinity(0, mine)

    def report(self) -> None:
        self.table.report("start")


def is_ready(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.sendall(ASK)
            return connection.recv(4096).startswith(b"HTTP/1.1 200 ")
    except OSError:
        return False
