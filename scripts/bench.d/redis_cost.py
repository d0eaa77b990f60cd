"""What limits and cache in Redis add to a request: sidegates that differ in nothing else, asked by
turns. Redis runs on the load's core; each sidegate has one worker."""

import statistics
import subprocess
import sys
import time

from proxies import sidegate_of
from tools import LOAD_CORE, free_port, pinned

KEY = "sk-bench-virtual-key"
LIMITS = {"rpm": 1_000_000_000, "tpm": 1_000_000_000_000}
#: Connections of the load.
CLIENTS = 64
#: Rows: the name, the sidegate that is asked, and whether each request is a new one.
ROWS = [
    ("neither", "plain", True),
    ("limits, exact", "exact", True),
    ("limits, lease", "lease", True),
    ("cache, misses", "cache", True),
    ("limits and cache, misses", "both", True),
    ("limits and cache, hits in Redis", "shared", False),
    ("limits and cache, hits in memory", "both", False),
]


class RedisPart:
    """Measures its own sidegates; `Bench` has the tools."""

    title = "limits and cache in Redis"

    def __init__(self, bench) -> None:
        self.bench = bench
        self.cells: dict[str, list[float]] = {}
        self.port = free_port()
        self.peers = {name: sidegate_of(bench.work, f"redis-{name}", self.gateway(name))
                      for name in dict.fromkeys(row[1] for row in ROWS)}
        self.body = bench.work / "redis-body.json"

    def gateway(self, name: str) -> dict:
        """The configuration of one sidegate."""
        gateway = {
            "general_settings": {"master_key": "os.environ/BENCH_KEY"},
            "model_list": [{"model_name": "mock-model", "litellm_params": {
                "model": "hosted_vllm/mock-model", "api_key": "os.environ/BENCH_KEY",
                "api_base": f"http://127.0.0.1:{self.bench.port}/v1"}}],
            "sidegate": {"keys": [{"key": KEY}]}}
        own = gateway["sidegate"]
        redis = {"host": "127.0.0.1", "port": self.port}
        if name in ("exact", "lease", "both", "shared"):
            own["keys"] = [{"key": KEY, **LIMITS}]
            own["rate_limits"] = {"mode": "lease" if name == "lease" else "exact"}
            gateway["router_settings"] = {f"redis_{key}": value for key, value in redis.items()}
        if name in ("cache", "both", "shared"):
            # What is stored must not fill the machine while it runs.
            lifetime = 600 if name == "shared" else 5
            gateway["litellm_settings"] = {"cache": True, "cache_params": {
                "type": "redis", "ttl": lifetime, "namespace": name, **redis}}
            own["cache"] = {"secret": "os.environ/BENCH_KEY",
                            "memory_bytes": 0 if name == "shared" else 64 << 20}
        return gateway

    def round(self) -> None:
        self.start()
        try:
            for _ in range(self.bench.slices):
                for name, peer, is_new in ROWS:
                    self.slice(name, self.peers[peer], is_new)
        finally:
            self.stop()

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                   "--appendonly", "no", "--dir", str(self.bench.work)]
        self.server = subprocess.Popen(pinned(LOAD_CORE, command), stdout=subprocess.DEVNULL)
        time.sleep(0.5)
        self.body.write_text(self.bench.load(None, "body", "-b", "1024").stdout)
        for peer in self.peers.values():
            peer.start(self.bench)
        # Sidecars of lease mode have heard of each other.
        time.sleep(1)

    def stop(self) -> None:
        for peer in self.peers.values():
            peer.stop()
        self.server.kill()
        self.server.wait()

    def slice(self, name: str, peer, is_new: bool) -> None:
        """The first one of each peer fills caches and is not counted."""
        if not is_new:
            self.ask(peer, is_new, 0.5)
        before = self.bench.cpu(peer)
        result = self.ask(peer, is_new, self.bench.seconds)
        used = self.bench.cpu(peer) - before
        if result["errors"] or not result["requests"]:
            sys.exit(f"{name}: {result}; {peer.log.read_text()[-500:]}")
        self.cells.setdefault(name, []).append(used * 1e6 / result["requests"])

    def ask(self, peer, is_new: bool, seconds: float) -> dict:
        return self.bench.throughput(peer, self.body, CLIENTS, seconds, key=KEY,
                                     UNIQUE="yes" if is_new else "no")

    def report(self) -> None:
        """Medians, and what each row costs more than the first: the median of the differences
        within a slice."""
        base = self.cells[ROWS[0][0]]
        print("\n| 1 KB, one worker | CPU, µs/request | more |\n|---|---:|---:|")
        for name, _, _ in ROWS:
            own = self.cells[name]
            more = statistics.median(one - other for one, other in zip(own, base, strict=True))
            print(f"| {name} | {statistics.median(own):,.1f} | {more:,.1f} |")
