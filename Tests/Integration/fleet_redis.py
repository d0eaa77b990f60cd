"""The fleet's scripts as the sidecar has them, on a connection of a test's own; and the Redis that
tests of the fleet meet at."""

import re
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from limit_redis import FAKE_CLOCK, RedisClient, RedisServer

FOLDER = Path(__file__).parents[2] / "sidecar/Fleet"

#: `"""` begins and ends a text in Swift; one script may stand behind a text of the same file.
TEXT = r'"""\n(.*?)\n *"""'
SHARED = re.compile(r"static let (\w+) = " + TEXT, re.S)
SCRIPT = re.compile(r'FleetScript\(\s*"(\w+)",\s*(?:(\w+)\s*\+\s*)?' + TEXT, re.S)


def scripts() -> dict[str, str]:
    """The scripts by name."""
    found: dict[str, str] = {}
    clock = ""
    # The one that all begin with stands in the file that comes before the others.
    for file in sorted(FOLDER.rglob("FleetScript*.swift"), key=lambda file: len(file.name)):
        text = file.read_text(encoding="utf-8")
        shared = {name: textwrap.dedent(body) + "\n" for name, body in SHARED.findall(text)}
        clock = clock or shared["clock"]
        for name, before, body in SCRIPT.findall(text):
            assert name not in found
            found[name] = clock + shared.get(before, "") + textwrap.dedent(body)
        assert text.count('"""') == 2 * (len(shared) + len(SCRIPT.findall(text))), (
            f"{file.name} is laid out in another way")
    return found


class FleetScripts:
    """Runs scripts; with `clock`, on a clock that the test sets."""

    def __init__(self, port: int, *, clock: bool = False) -> None:
        self.client = RedisClient(port)
        prologue = FAKE_CLOCK if clock else ""
        self.sources = {name: prologue + source for name, source in scripts().items()}

    def set_clock(self, ms: int) -> None:
        self.client.call("SET", "clock", ms)

    def run(self, name: str, keys: list[str], *arguments: object) -> object:
        return self.client.call("EVAL", self.sources[name], len(keys), *keys, *arguments)


#: When the clock of the scripts begins, in milliseconds.
NOW = 1_800_000_000_000


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    """One Redis for all tests of a module's scripts."""
    server = RedisServer()
    yield server
    server.stop()


class ScriptedFleet:
    """Sidecars that call the scripts, on a Redis that is empty and a clock that the test sets."""

    def __init__(self, port: int) -> None:
        self.scripts = FleetScripts(port, clock=True)
        self.client = self.scripts.client
        self.client.call("FLUSHALL")
        self.now = NOW
        self.scripts.set_clock(NOW)

    def passes(self, ms: int) -> None:
        self.now += ms
        self.scripts.set_clock(self.now)


@contextmanager
def cluster_of_one(folder: Path) -> Iterator[RedisServer]:
    """A Redis Cluster that is one master with all slots: it refuses what touches several."""
    cluster = RedisServer("--cluster-enabled", "yes", "--dir", str(folder))
    try:
        with RedisClient(cluster.port) as client:
            client.call("CLUSTER", "ADDSLOTSRANGE", 0, 16_383)
            end = time.monotonic() + 20
            while b"cluster_state:ok" not in client.call("CLUSTER", "INFO"):
                assert time.monotonic() < end, "no cluster"
                time.sleep(0.05)
        yield cluster
    finally:
        cluster.stop()


def node(cluster: RedisServer) -> dict:
    """Settings that name a cluster by one member."""
    return {"startup_nodes": [{"host": "127.0.0.1", "port": cluster.port}]}
