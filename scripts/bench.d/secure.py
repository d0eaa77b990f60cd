"""Sidegate, which asks through libcurl, beside nginx, before an upstream that speaks TLS."""

import subprocess
import time

from proxies import configured, deployment, nginx, sidegate_of
from tools import LOAD_CORE, Bench, Peer, Table, free_port, pinned

STREAMS, CHUNKS = 1000, 64


class SecurePart:
    """The TLS is an nginx of its own before the mock, on the load's core."""

    title = "https beside nginx"

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        port = self.make_front()
        gateway = {"general_settings": {"master_key": "os.environ/BENCH_KEY"},
                   "model_list": [deployment(f"https://localhost:{port}/v1")]}
        trust = {"SSL_CERT_FILE": str(bench.work / "server.pem")}
        self.peers = [sidegate_of(bench.work, "sidegate-tls", gateway, environment=trust),
                      nginx(bench.work, port, is_secure=True)]
        self.table = Table([peer.name for peer in self.peers])

    def make_front(self) -> int:
        """The configuration of the TLS before the mock."""
        work, port = self.bench.work, free_port()
        subprocess.run(
            ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-keyout", "server.key", "-out", "server.pem", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
            cwd=work, check=True, capture_output=True)
        self.front = configured(work, "tls-front.conf", {"PORT": port, "UPSTREAM": self.bench.port})
        return port

    def round(self) -> None:
        front = subprocess.Popen(pinned(LOAD_CORE, ["nginx", "-c", str(self.front)]))
        time.sleep(0.3)
        try:
            for peer in self.peers:
                peer.start(self.bench)
                try:
                    self.measure(peer)
                finally:
                    peer.stop()
        finally:
            front.terminate()
            front.wait()

    def measure(self, peer: Peer) -> None:
        count = 100 if self.bench.is_quick else STREAMS
        self.bench.load(peer, "closed", "-c", "16", "-n", "500", "-t", "8")
        cpu, _ = self.bench.streams(peer, count, CHUNKS, 100_000)
        self.table.note(peer.name, f"{count} streams: CPU, µs/chunk", cpu)
        for name, size, connections in (("1 KB", 1024, 64), ("100 KB", 100 * 1024, 16)):
            body = self.bench.body(size)
            self.bench.throughput(peer, body, connections, 0.5)
            for _ in range(self.bench.slices):
                rate, cpu = self.bench.slice(peer, body, connections)
                self.table.note(peer.name, f"{name}: requests/s", rate)
                self.table.note(peer.name, f"{name}: CPU, µs/request", cpu)

    def report(self) -> None:
        self.table.report("https upstream")
