"""Runs Redis, its faults, the sidecars and the load, and says what came of it."""

import argparse
import json
import multiprocessing
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from judge import FIRST_SECOND, Window, judge, line, selftest

sys.path.insert(0, str(Path(__file__).parents[2] / "Tests/Integration"))

from behaviours import ordinary
from real_redis import Cluster, Redis, slot_of, wait_for
from sidecar import Sidecar, compile_table
from steady import Answer, SteadyLoad
from upstream import Upstream

KEY = "sk-faults-key-with-some-length"
#: The last one has no Redis: what its requests lose is the machine's doing.
MODES = ("exact", "lease", "none")
#: Seconds of each window but the first second, and of what is not measured.
BEFORE, AFTER, WARM = 3.0, 2.0, 1.5


@dataclass(frozen=True)
class Fault:
    name: str
    begin: Callable
    end: Callable = lambda _: None
    #: Seconds between them; None: as long as is asked for.
    seconds: float | None = 2.0
    #: Milliseconds by which the p99 may be up for as long as it lasts.
    rest: float = 0



def restart(server: Redis) -> None:
    server.kill()
    server.start()


def slow(server: Redis) -> None:
    """Answers each command, but 40 ms late."""
    def run() -> None:
        with server.connect() as connection:
            end = time.monotonic() + 2
            while time.monotonic() < end:
                connection.call("DEBUG", "SLEEP", 0.04)
    threading.Thread(target=run, daemon=True).start()


def limits_master(cluster: Cluster) -> Redis:
    return cluster.master_of(slot_of("sg:1:{sg:exact}:live"))


def crash(cluster: Cluster) -> None:
    cluster.killed = limits_master(cluster)
    cluster.killed.kill()


def take_over(cluster: Cluster) -> None:
    cluster.replica_of(limits_master(cluster)).call("CLUSTER", "FAILOVER")


FAULTS = (
    Fault("kill -9", Redis.kill, Redis.start),
    Fault("SIGSTOP", Redis.pause, Redis.resume, None),
    # In time now and then, so that it is tried again, and given up again.
    Fault("40 ms late", slow, rest=FIRST_SECOND),
    Fault("memory full", lambda server: server.call("CONFIG", "SET", "maxmemory", 1),
          lambda server: server.call("CONFIG", "SET", "maxmemory", 0)),
    Fault("scripts flushed", lambda server: server.call("SCRIPT", "FLUSH"), seconds=1.0),
    Fault("restarted empty", restart, seconds=1.0),
)
CLUSTER_FAULTS = (
    Fault("cluster: fail-over", take_over, seconds=3.0),
    Fault("cluster: kill -9", crash, lambda cluster: cluster.killed.start(), 5.0),
)


class Bench:
    """The upstream, the sidecars and one Redis or cluster, for as long as it is entered."""

    def __init__(self, folder: Path, is_cluster: bool) -> None:
        self.folder, self.is_cluster = folder, is_cluster

    def __enter__(self) -> "Bench":
        # A process of its own: what it does must not be in the clients' way.
        here, there = multiprocessing.Pipe()
        self.upstream = multiprocessing.Process(target=serve, args=(there,), daemon=True)
        self.upstream.start()
        base = here.recv()
        self.folder.mkdir()
        self.redis = Cluster(self.folder / "cluster") if self.is_cluster else Redis(
            self.folder / "redis")
        first = self.redis.servers[0] if self.is_cluster else self.redis
        where = {"startup_nodes": [{"host": "127.0.0.1", "port": first.port}]} if (
            self.is_cluster) else {"host": "127.0.0.1", "port": first.port}
        self.sidecars = []
        for mode in MODES:
            table = self.folder / f"{mode}.sgt"
            compile_table(configuration(base, where, mode), table)
            self.sidecars.append(Sidecar(table, "--access-log", "off", environment={
                "CACHE_SECRET": "only-for-this-run"}).wait_ready(30))
        return self

    def __exit__(self, *_: object) -> None:
        for sidecar in self.sidecars:
            sidecar.stop()
        if not self.is_cluster:
            self.redis.resume() if self.redis.process.poll() is None else None
        self.redis.kill()
        self.upstream.kill()
        self.upstream.join()

    def run(self, fault: Fault, rate: float, hang: float) -> list[list[Window]]:
        """The four windows of each mode."""
        addresses = [sidecar.address for sidecar in self.sidecars]
        with SteadyLoad(addresses, KEY, rate * len(MODES), 36, all_new=True) as load:
            time.sleep(WARM)
            began = time.monotonic()
            time.sleep(BEFORE)
            at = time.monotonic()
            fault.begin(self.redis)
            time.sleep(max(1.0, hang if fault.seconds is None else fault.seconds))
            over = time.monotonic()
            fault.end(self.redis)
            time.sleep(AFTER)
            answers = load.stop()
        if self.is_cluster:
            wait_for(self.redis.is_whole, "a whole cluster")
        # A fault of a second has no rest, even if it took a moment longer.
        rest = over if over - at > 1.5 else at + 1
        bounds = [(began, at), (at, at + 1), (at + 1, rest), (over, over + AFTER)]
        return [[window(answers, mode, *bound) for bound in bounds] for mode in range(len(MODES))]


def serve(pipe) -> None:
    pipe.send(Upstream(ordinary).base)
    threading.Event().wait()


def configuration(base: str, where: dict, mode: str) -> str:
    places = {} if mode == "lease" else {"max_parallel_requests": 10_000}
    cache = {"type": "redis", **where}
    if mode == "none":
        where, cache = {}, {"type": "local"}
    return json.dumps({
        "model_list": [{"model_name": "chat", "litellm_params": {
            "model": "hosted_vllm/up", "api_base": base, "api_key": "none"}}],
        "litellm_settings": {"cache": True, "cache_params": cache},
        "router_settings": {"num_retries": 0, "cache_kwargs": where},
        "general_settings": {"master_key": "sk-faults-master-with-some-length"},
        "sidegate": {
            "keys": [{"key": KEY, "rpm": 10_000_000, "tpm": 1_000_000_000, **places}],
            "cache": {"secret": "os.environ/CACHE_SECRET"},
            "rate_limits": {"mode": "local" if mode == "none" else mode, "namespace": mode}}})


def window(answers: list[Answer], mode: int, first: float, end: float) -> Window:
    found = Window()
    for answer in answers:
        if answer.sidecar == mode and first <= answer.asked < end:
            found.seconds.append(answer.seconds)
            found.lost += answer.status != 200
    return found


def measure(arguments: argparse.Namespace, folder: Path) -> list[str]:
    findings = []
    print("| fault | limits | requests | not 200 | before: p50, p99 ms | first second: p99 "
          "| then: p99 | back: p99 |\n|---|---|---:|---:|---:|---:|---:|---:|")
    for is_cluster, faults in ((False, FAULTS), (True, CLUSTER_FAULTS)):
        faults = [fault for fault in faults if (arguments.only or "") in fault.name]
        if not faults:
            continue
        with Bench(folder / f"{is_cluster}", is_cluster) as bench:
            for fault in faults:
                rows = [[Window() for _ in range(4)] for _ in MODES]
                for _ in range(arguments.rounds):
                    for row, windows in zip(
                        rows, bench.run(fault, arguments.rate, arguments.hang), strict=True
                    ):
                        for whole, part in zip(row, windows, strict=True):
                            whole.add(part)
                for mode, row in zip(MODES, rows, strict=True):
                    print(line(fault.name, mode, row), flush=True)
                    findings += judge(f"{fault.name}, {mode}", row, rows[-1],
                                      arguments.slack, fault.rest)
    return findings


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/faults")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--hang", type=float, default=3, help="seconds of the SIGSTOP")
    parser.add_argument("--rate", type=float, default=75, help="requests a second of each sidecar")
    parser.add_argument("--slack", type=float, default=5,
                        help="ms by which a p99 may differ although nothing is wrong")
    parser.add_argument("--only", metavar="TEXT", help="faults that have it in their names")
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    if arguments.self_test:
        return selftest()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        findings = measure(arguments, Path(folder))
    for finding in findings:
        print(f"WRONG: {finding}")
    print("faults: " + (f"{len(findings)} findings" if findings else "ok"))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
