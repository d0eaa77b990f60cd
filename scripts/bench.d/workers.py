"""What a second worker costs: CPU of a request with one worker and with two."""

from proxies import sidegate
from tools import LOAD_CORE, PEER_CORE, Bench, Table

CONNECTIONS = 64


class WorkersPart:
    """Asked by turns. Two workers share the core of the one, or have the load's core, too."""

    title = "workers"

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        both = f"{PEER_CORE},{LOAD_CORE}"
        two = ("--workers", "2")
        self.peers = [sidegate(bench.work, bench.port, "two on two cores", flags=two, cores=both),
                      sidegate(bench.work, bench.port, "two on one core", flags=two),
                      sidegate(bench.work, bench.port, "one worker")]
        self.table = Table([peer.name for peer in self.peers[:1]] + ["one worker"])
        self.shared = Table([peer.name for peer in self.peers[1:]])

    def round(self) -> None:
        body = self.bench.body(1024)
        for peer in self.peers:
            peer.start(self.bench)
        try:
            for peer in self.peers:
                self.bench.throughput(peer, body, CONNECTIONS, 0.5)
            for _ in range(self.bench.slices):
                for peer in self.peers:
                    _, cpu = self.bench.slice(peer, body, CONNECTIONS)
                    for table in (self.table, self.shared):
                        if peer.name in table.columns:
                            table.note(peer.name, "1 KB: CPU, µs/request", cpu)
        finally:
            for peer in self.peers:
                peer.stop()

    def report(self) -> None:
        self.table.report("two workers")
        self.shared.report("two workers")
