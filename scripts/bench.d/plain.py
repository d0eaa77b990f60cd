"""Sidegate beside nginx, before an upstream of plain HTTP."""

import json

from proxies import nginx, sidegate
from tools import Bench, Peer, Table

STREAMS, CHUNKS = 1000, 64
#: Name, bytes of the request's body, connections.
BODIES = [("1 KB", 1024, 64), ("100 KB", 100 * 1024, 16), ("1 MB", 1024 * 1024, 8)]


class PlainPart:
    title = "beside nginx"

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.peers = [sidegate(bench.work, bench.port), nginx(bench.work, bench.port)]
        self.table = Table([peer.name for peer in self.peers])

    def round(self) -> None:
        """Both peers, one after the other."""
        for peer in self.peers:
            peer.start(self.bench)
            try:
                self.streams(peer, 100 if self.bench.is_quick else STREAMS)
                self.latency(peer, 500 if self.bench.is_quick else 5000)
                self.bodies(peer)
            finally:
                peer.stop()

    def streams(self, peer: Peer, count: int) -> None:
        """Streams of 64 chunks, 100 ms apart."""
        self.bench.load(peer, "closed", "-c", "16", "-n", "500", "-t", "8")
        cpu, seen = self.bench.streams(peer, count, CHUNKS, 100_000)
        self.table.note(peer.name, f"{count} streams: CPU, µs/chunk", cpu)
        for rank in ("p50", "p99"):
            self.table.note(peer.name, f"{count} streams: chunk delay µs, {rank}",
                            seen["transit_us"][rank])

    def latency(self, peer: Peer, count: int) -> None:
        result = json.loads(self.bench.load(peer, "closed", "-n", str(count), "-t", "10").stdout)
        for rank in ("p50", "p99"):
            self.table.note(peer.name, f"one at a time: µs, {rank}", result["lat_us"][rank])

    def bodies(self, peer: Peer) -> None:
        for name, size, connections in BODIES:
            body = self.bench.body(size)
            self.bench.throughput(peer, body, connections, 0.5)
            for _ in range(self.bench.slices):
                rate, cpu = self.bench.slice(peer, body, connections)
                self.table.note(peer.name, f"{name}: requests/s", rate)
                self.table.note(peer.name, f"{name}: CPU, µs/request", cpu)

    def report(self) -> None:
        self.table.report("plain HTTP")
