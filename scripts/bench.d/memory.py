"""What sidegate takes when nothing happens, and for each stream that is open and silent."""

import subprocess
import time

from proxies import nginx, sidegate
from tools import Bench, Peer, Table, memory_kilobytes

STREAMS = 1000


class MemoryPart:
    """Proportional set sizes, which count shared pages by their share."""

    title = "memory beside nginx"

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.count = 100 if bench.is_quick else STREAMS
        self.peers = [sidegate(bench.work, bench.port, "sidegate"), nginx(bench.work, bench.port)]
        self.table = Table([peer.name for peer in self.peers])

    def round(self) -> None:
        for peer in self.peers:
            peer.start(self.bench)
            try:
                self.measure(peer)
            finally:
                peer.stop()

    def measure(self, peer: Peer) -> None:
        self.note(peer, "idle, just started: KB", memory_kilobytes(peer.pids()))
        self.bench.load(peer, "closed", "-c", "64", "-n", "2000", "-t", "8")
        time.sleep(0.5)
        idle = memory_kilobytes(peer.pids())
        self.note(peer, "idle, after 2,000 requests: KB", idle)
        # One chunk, and then nothing for longer than this takes.
        self.bench.control(n=2, d=60_000_000)
        load = subprocess.Popen(
            self.bench.tool(peer, "stream", "-c", str(self.count), "-n", str(self.count), "-w",
                            "1000", "-t", "30"), stdout=subprocess.DEVNULL)
        try:
            time.sleep(3)
            held = memory_kilobytes(peer.pids())
        finally:
            load.kill()
            load.wait()
            self.bench.control(n=64, d=0)
        self.note(peer, f"each of {self.count:,} open, silent streams: KB",
                  (held - idle) / self.count)

    def note(self, peer: Peer, row: str, value: float) -> None:
        self.table.note(peer.name, row, value)

    def report(self) -> None:
        self.table.report("memory (PSS)")
