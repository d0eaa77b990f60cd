"""Runs the upstreams, the gateway and the clients, and says what came of it."""

import argparse
import asyncio
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path

import selftest
from clients import CUT, ERROR, GOOD, Clients
from judge import Evidence, judge, served
from schedule import plan

HERE = Path(__file__).parent
UPSTREAMS = 6
#: Seconds: an attempt's time, the whole request's, a cooldown.
ATTEMPT, DEADLINE, COOLDOWN = 3, 25, 1
#: Seconds between two loads of the table, which must not be noticed.
RELOAD = 7
STRATEGIES = ("simple-shuffle", "least-busy", "latency-based-routing", "power-of-two",
              "prefix-affinity")


def configuration(ports: list[int], strategy: str) -> str:
    def entry(name: str, number: int) -> dict:
        return {"model_name": name, "model_info": {"id": f"{name}-{number}"}, "litellm_params": {
            "model": f"hosted_vllm/up-{number}", "api_key": "none", "max_parallel_requests": 60,
            "api_base": f"http://127.0.0.1:{ports[number]}/v1"}}

    models = [entry("chat", number) for number in range(len(ports))]
    models += [entry("pair", number) for number in range(2)]
    return json.dumps({
        "model_list": models,
        "litellm_settings": {"request_timeout": DEADLINE},
        "router_settings": {
            "routing_strategy": strategy, "num_retries": 2 * len(ports), "timeout": ATTEMPT,
            "stream_timeout": ATTEMPT, "cooldown_time": COOLDOWN, "allowed_fails": 1,
            "fallbacks": [{"pair": ["chat"]}]}})


class Unusable(Exception):
    """The gateway does not begin."""


class Upstreams:
    """The process of the upstreams."""

    def __init__(self, folder: Path, seed: int, seconds: float) -> None:
        self.record = folder / "attempts.jsonl"
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "upstreams.py"), str(self.record)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.say({"seed": seed, "seconds": seconds, "upstreams": UPSTREAMS})
        self.ports: list[int] = self.hear()

    def hear(self):
        return json.loads(self.process.stdout.readline())

    def connections(self) -> int:
        """How many are open."""
        self.say("connections")
        return self.hear()

    def say(self, what: object) -> None:
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()

    def stop(self) -> list[dict]:
        """Ends it and gives all attempts with their names, which are in the answers too."""
        self.process.stdin.close()
        self.process.wait(30)
        numbered: Counter = Counter()
        attempts = []
        for line in self.record.read_text(encoding="utf-8").splitlines():
            attempt = json.loads(line)
            number = attempt["upstream"]
            attempts.append({**attempt, "name": f"{number}-{numbered[number]}"})
            numbered[number] += 1
        return attempts

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Gateway:
    def __init__(self, folder: Path, source: str, workers: int) -> None:
        self.log = folder / "access.log"
        self.log.unlink(missing_ok=True)
        self.folder = folder
        (folder / "gateway.yaml").write_text(source, encoding="utf-8")
        table = folder / "routes.sgt"
        compiled = subprocess.run(
            [os.environ["SIDEGATEC"], "compile", str(folder / "gateway.yaml"), "-o", str(table)],
            capture_output=True, text=True)
        if compiled.returncode:
            raise Unusable(compiled.stderr)
        self.port = free_port()
        with (folder / "diagnostics.log").open("w") as diagnostics:
            self.process = subprocess.Popen(
                [os.environ["SIDEGATE"], "--table", str(table), "--listen",
                 f"127.0.0.1:{self.port}", "--access-log", str(self.log),
                 "--workers", str(workers)],
                stdout=subprocess.DEVNULL, stderr=diagnostics)
        end = time.monotonic() + 10
        while not self.get("/health/liveliness"):
            if time.monotonic() > end or self.process.poll() is not None:
                self.kill()
                raise Unusable((folder / "diagnostics.log").read_text())
            time.sleep(0.05)

    def get(self, path: str) -> str:
        try:
            address = f"http://127.0.0.1:{self.port}{path}"
            with urllib.request.urlopen(address, timeout=5) as answer:
                return answer.read().decode()
        except OSError:
            return ""

    def sample(self) -> tuple[int, int]:
        """Resident kilobytes and open descriptors."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        resident = int(re.search(r"VmRSS:\s+(\d+)", status).group(1))
        return resident, len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.kill()
            return -1

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def log_lines(self) -> int:
        lines = (json.loads(line) for line in self.log.read_text().splitlines())
        return sum(line["path"] == "/v1/chat/completions" for line in lines)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def read_metrics(text: str) -> tuple[dict[str, float], dict[str, float]]:
    """Sums by name, and requests by status."""
    sums: Counter = Counter()
    by_status: Counter = Counter()
    for line in text.splitlines():
        match = re.match(r"([a-z_A-Z:]+)(?:\{(.*)\})? (\S+)$", line)
        if not match or line.startswith("#"):
            continue
        name, labels, value = match[1], match[2] or "", float(match[3])
        sums[name] += value
        kind = re.search(r'kind="(\w+)"', labels)
        if name == "sidegate_upstream_errors_total" and kind:
            # Connections that failed before an upstream had read a request.
            if kind[1] in ("connect", "connect_timeout", "reset"):
                sums["unseen"] += value
        route = re.search(r'route="([^"]*)"', labels)
        if name == "litellm_proxy_total_requests_metric_total" and route:
            if route[1] == "/v1/chat/completions":
                by_status[re.search(r'status_code="(\w+)"', labels)[1]] += value
    return dict(sums), dict(by_status)


async def load(gateway: Gateway, clients: Clients, start: float, seconds: float) -> list:
    samples: list[tuple[float, int, int]] = []

    async def watch() -> None:
        reload_at = RELOAD
        while True:
            if clients.now() < seconds:
                samples.append((clients.now(), *gateway.sample()))
            if clients.now() > reload_at:
                reload_at += RELOAD
                gateway.process.send_signal(signal.SIGHUP)
            await asyncio.sleep(max(0.25, seconds / 240))

    clients.start = start
    watcher = asyncio.create_task(watch())
    await clients.run(start, seconds)
    watcher.cancel()
    return samples


def at_rest(gateway: Gateway, upstreams: Upstreams) -> tuple[dict, dict, int]:
    """The gateway's metrics and the upstreams' connections, once they have had time to agree."""
    for _ in range(10):
        time.sleep(0.3)
        counters, by_status = read_metrics(gateway.get("/metrics"))
        # The scrape itself is a request, on a connection, and none of theirs.
        for name in ("litellm_in_flight_requests", "sidegate_open_connections"):
            counters[name] = max(0, counters.get(name, 0) - 1)
        connections = upstreams.connections()
        if counters["sidegate_upstream_connections"] == connections:
            break
    return counters, by_status, connections


def run(arguments: argparse.Namespace, folder: Path) -> bool:
    seed, seconds = arguments.seed, arguments.seconds
    strategy = arguments.strategy or STRATEGIES[seed % len(STRATEGIES)]
    workers = arguments.workers or 1 + seed // len(STRATEGIES) % 2
    print(f"soak: --seed {seed} --seconds {seconds:.0f} --clients {arguments.clients} "
          f"--strategy {strategy} --workers {workers}", flush=True)
    upstreams = Upstreams(folder, seed, seconds)
    gateway = None
    try:
        gateway = Gateway(folder, configuration(upstreams.ports, strategy), workers)
        clients = Clients(gateway.port, arguments.clients, seed)
        start = time.monotonic() + 0.5
        upstreams.say(start)
        samples = asyncio.run(load(gateway, clients, start, seconds))
        counters, by_status, connections = at_rest(gateway, upstreams)
        descriptors = gateway.sample()[1]
        status = gateway.stop()
        return report(Evidence(
            seconds, DEADLINE, clients.results, upstreams.stop(), plan(seed, UPSTREAMS, seconds),
            counters, by_status, gateway.log_lines(), status, samples,
            descriptors, connections))
    except Unusable as error:
        print(error)
        return False
    finally:
        if gateway:
            gateway.kill()
        upstreams.kill()


def report(evidence: Evidence) -> bool:
    results, counters = evidence.results, evidence.counters
    kinds = Counter(result.kind for result in results)
    seconds = sorted(result.end - result.begin for result in results)
    excused = sum(result.kind == ERROR and not served(evidence, result) for result in results)
    print(f"  {len(results)} requests, {len(results) / evidence.seconds:.0f} a second: "
          f"{kinds[GOOD]} good, {kinds[ERROR]} errors ({excused} while nobody was well), "
          f"{kinds[CUT]} streams cut by their upstreams")
    outcomes = Counter(attempt["outcome"] for attempt in evidence.attempts)
    print(f"  {len(evidence.attempts)} attempts seen: "
          + ", ".join(f"{count} {name}" for name, count in outcomes.most_common()))
    print(f"  {counters['sidegate_retries_total']:.0f} retries, "
          f"{counters['sidegate_fallbacks_total']:.0f} fallbacks, "
          f"{counters.get('litellm_deployment_cooled_down_total', 0):.0f} cooldowns, "
          f"{counters.get('sidegate_retry_budget_exhausted_total', 0):.0f} retries over budget")
    if seconds:
        middle, high = seconds[len(seconds) // 2], seconds[len(seconds) * 99 // 100]
        print(f"  seconds: {middle:.2f} median, {high:.2f} of 99 %, {seconds[-1]:.2f} at most")
    if evidence.samples:
        memory = [sample[1] for sample in evidence.samples]
        descriptors = [sample[2] for sample in evidence.samples]
        print(f"  memory {memory[0] / 1024:.0f} to {max(memory) / 1024:.0f} MB, "
              f"at most {max(descriptors)} descriptors")
    findings = judge(evidence)
    for finding in findings:
        print(f"  WRONG: {finding}")
    print("soak: " + (f"{len(findings)} findings" if findings else "ok"))
    return not findings


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/soak")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--strategy", choices=STRATEGIES)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--keep", metavar="FOLDER", help="where logs and records are to stay")
    parser.add_argument("--self-test", action="store_true",
                        help="shows for each check that it can fail")
    arguments = parser.parse_args()
    if arguments.self_test:
        return selftest.run()
    if arguments.keep:
        Path(arguments.keep).mkdir(parents=True, exist_ok=True)
        return 0 if run(arguments, Path(arguments.keep)) else 1
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        return 0 if run(arguments, Path(folder)) else 1


if __name__ == "__main__":
    sys.exit(main())
