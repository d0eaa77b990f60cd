"""Everything that can happen to a Redis, under a steady load: nobody loses an answer, limits and
cache do what docs/limits.md and docs/cache.md say, and all comes back by itself.

Each fault meets three sidecars at once: one whose limits are decided in Redis, one that takes
permits, one that lets nothing limited pass without Redis.
"""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest
from conftest import configuration, deployment
from herd import until
from real_redis import Redis, Refused, wait_for
from sidecar import Sidecar
from steady import SteadyLoad
from test_cache import result
from test_errors import CHAT
from test_shared_limits import held
from test_rate_limits import KEY, MASTER, chat
from upstream import Upstream, compact
from wire import Wire, message

SMALL = "sk-small-limit-key-with-some-length"
MODES = ("exact", "lease", "closed")
#: Of the small key, and what one of two sidecars has of it alone.
LIMIT, SHARE = 10, 5
#: Seconds of a hang; 30 where there is time.
HANG = 30 if "SIDEGATE_TEST_FLEET" in os.environ else 4
DOWN, UP = "Redis is down: ", "Redis is up"
REFUSES = "Redis refuses what limits need: "


@dataclass
class Scene:
    """A Redis, the three sidecars, and who asks them all the time."""

    server: Redis
    sidecars: dict[str, Sidecar]
    load: SteadyLoad
    marks: dict[str, int] = field(default_factory=dict)
    keeper: object = None

    def mark(self) -> None:
        self.marks = {mode: len(sidecar.stderr) for mode, sidecar in self.sidecars.items()}

    def said(self, mode: str) -> list[str]:
        """What it has said of Redis since `mark`."""
        lines = map(json.loads, self.sidecars[mode].stderr[self.marks.get(mode, 0):])
        return [line["message"] for line in lines if "Redis" in line["message"]]

    def is_shared(self, mode: str) -> bool:
        """Whether the load's requests are counted in Redis."""
        def used() -> int:
            name = f"sg:1:{{sg:{mode}}}:r:api_key:{sha256(KEY.encode()).hexdigest()}"
            return int(self.server.call("HGET", name, "s") or 0)
        before = used()
        return until(lambda: used() > before, 2)

    def shares_answers(self) -> bool:
        """Whether what one sidecar was answered is another one's hit."""
        for _ in range(3):
            text = unique()
            assert chat(self.sidecars["exact"], user=text).status == 200
            time.sleep(0.1)  # It is stored behind the answer.
            if result(chat(self.sidecars["lease"], user=text)) == "hit":
                return True
        return False


def unique() -> str:
    return f"never asked before {time.monotonic_ns()}"


@dataclass(frozen=True)
class Fault:
    name: str
    begin: Callable[[Scene], object]
    end: Callable[[Scene], object]
    #: How the line begins by which every sidecar tells of it; none where limits go on in Redis.
    says: str = ""


def sleep_long(scene: Scene) -> None:
    scene.keeper = threading.Thread(target=scene.server.call, args=("DEBUG", "SLEEP", HANG + 2))
    scene.keeper.start()


def take_all_connections(scene: Scene) -> None:
    time.sleep(1.2)  # When one is lost that stood for a second, a quick attempt tells why.
    scene.keeper = scene.server.connect(300)
    scene.keeper.call("CONFIG", "SET", "maxclients", 1)
    scene.keeper.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


def give_connections_back(scene: Scene) -> None:
    scene.keeper.call("CONFIG", "SET", "maxclients", 1_000)
    scene.keeper.close()


def configure(name: str, value: object) -> Callable[[Scene], object]:
    return lambda scene: scene.server.call("CONFIG", "SET", name, value)


def call(*words: object) -> Callable[[Scene], object]:
    return lambda scene: scene.server.call(*words)


def again_and_again(
    *words: object, pause: float = 0.05, times: int = 20
) -> Callable[[Scene], object]:
    def run(scene: Scene) -> None:
        with scene.server.connect() as connection:
            for _ in range(times):
                time.sleep(pause)
                connection.call(*words)
    return run


def restart(scene: Scene) -> None:
    scene.server.kill()
    scene.server.start()


def fill(scene: Scene) -> None:
    """Full of what expires later than limits do: they are the first to go."""
    used = int(scene.server.info("memory", "used_memory"))
    scene.server.call("CONFIG", "SET", "maxmemory-policy", "volatile-ttl")
    scene.server.call("CONFIG", "SET", "maxmemory", used + 300_000)
    with scene.server.connect() as connection:
        for number in range(3_000):
            connection.call("SET", f"filler {number}", "x" * 500, "EX", 3_600)
    assert int(scene.server.info("stats", "evicted_keys")) > 0


def nothing(_: Scene) -> None:
    pass


FAULTS = [
    Fault("killed", lambda scene: scene.server.kill(), lambda scene: scene.server.start(), DOWN),
    Fault("stopped", lambda scene: scene.server.pause(), lambda scene: scene.server.resume(),
          DOWN + r".* no answer within"),
    Fault("slow", sleep_long, lambda scene: scene.keeper.join(), DOWN + ".* no answer within"),
    Fault("a replica", call("REPLICAOF", "127.0.0.1", 1), call("REPLICAOF", "NO", "ONE"),
          DOWN + ".* it is a replica"),
    Fault("full of connections", take_all_connections, give_connections_back,
          DOWN + ".* max number of clients"),
    Fault("full", configure("maxmemory", 1), configure("maxmemory", 0), REFUSES + "OOM"),
    Fault("without rights", call("ACL", "SETUSER", "default", "-evalsha", "-eval", "-get", "-set"),
          call("ACL", "SETUSER", "default", "+@all"), REFUSES + "NOPERM"),
    Fault("without replicas", configure("min-replicas-to-write", 1),
          configure("min-replicas-to-write", 0), REFUSES + "NOREPLICAS"),
    Fault("full and evicting", fill, configure("maxmemory", 0)),
    Fault("flushed scripts", again_and_again("SCRIPT", "FLUSH"), nothing),
    Fault("flushed", again_and_again("FLUSHALL"), nothing),
    Fault("lost connections", again_and_again(
        "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes", pause=1.5, times=3), nothing),
    Fault("restarted empty", restart, nothing),
]


class Other:
    """Another sidecar of each fleet that only says that it is there: alone, each has half."""

    def __init__(self, server: Redis) -> None:
        self.server = server
        self.ends = threading.Event()
        self.say()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def say(self) -> None:
        for mode in MODES:
            until_ms = int((time.time() + 14) * 1_000)
            self.server.call("ZADD", f"sg:1:{{sg:{mode}}}:live", until_ms, "other")

    def run(self) -> None:
        while not self.ends.wait(1):
            try:
                self.say()
            except (OSError, Refused):
                continue

    def stop(self) -> None:
        self.ends.set()
        self.thread.join()


@pytest.fixture
def scene(start, upstream: Upstream, tmp_path: Path) -> Iterator[Scene]:
    server = Redis(tmp_path / "redis")
    sidecars = {}
    other = Other(server)
    for mode in MODES:
        sidecars[mode] = start(source(server, upstream, mode),
                               environment={"CACHE_SECRET": "cache-canary-51c8"})
    with SteadyLoad([each.address for each in sidecars.values()], KEY, 40, 12) as load:
        scene = Scene(server, sidecars, load)
        for mode in MODES:
            assert until(lambda mode=mode: server.call(
                "ZCARD", f"sg:1:{{sg:{mode}}}:live") == 2, 20)
            wait_for(lambda mode=mode: scene.is_shared(mode), "requests counted in Redis")
        yield scene
    if server.process.poll() is None:
        server.resume()
    other.stop()
    server.kill()


def source(server: Redis, upstream: Upstream, mode: str) -> str:
    # Only one whose limits all can be taken in advance takes permits.
    places = {} if mode == "lease" else {"max_parallel_requests": 1_000}
    return configuration(
        [deployment("chat", upstream.base)],
        general_settings={"master_key": MASTER,
                          "fail_closed_rate_limit_enforcement": mode == "closed"},
        litellm_settings={"cache": True, "cache_params": {"type": "redis", "ttl": 600}},
        # On a busy machine Redis is late at times, which is another test's business.
        router_settings={"num_retries": 0, "redis_host": "127.0.0.1", "redis_port": server.port,
                         "cache_kwargs": {"socket_timeout": 1}},
        sidegate={"keys": [{"key": KEY, "rpm": 1_000_000, "tpm": 100_000_000, **places},
                           {"key": SMALL, "rpm": LIMIT}],
                  "cache": {"secret": "os.environ/CACHE_SECRET"},
                  "rate_limits": {"mode": "lease" if mode == "lease" else "exact",
                                  "namespace": mode}})


def check_outage(scene: Scene) -> None:
    """What docs/limits.md says under "Without Redis", and docs/cache.md of a Redis that is gone."""
    for mode, sidecar in scene.sidecars.items():
        found = [chat(sidecar, SMALL, user=unique()).status for _ in range(SHARE + 3)]
        if mode == "closed":
            assert found == [503] * len(found), (mode, found)
        else:
            assert found == [200] * SHARE + [429] * 3, (mode, found)
        assert sidecar.request("GET", "/health/readiness").status == 200
        assert chat(sidecar, MASTER, user=unique()).status == 200, "nobody limits the master key"
    assert not scene.shares_answers()
    text = unique()
    assert [result(chat(scene.sidecars["exact"], user=text)) for _ in range(2)] == ["miss", "hit"]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_of_redis(scene: Scene, fault: Fault) -> None:
    assert scene.shares_answers()
    scene.mark()
    fault.begin(scene)
    if fault.says:
        for sidecar in scene.sidecars.values():
            sidecar.wait_log(fault.says, 30)
        check_outage(scene)
        if fault.name == "stopped":
            time.sleep(HANG)
    fault.end(scene)
    for mode in MODES:
        wait_for(lambda mode=mode: scene.is_shared(mode), f"{mode}: limits decided in Redis again")
    wait_for(scene.shares_answers, "answers shared again")
    time.sleep(0.5)
    scene.load.stop()
    check_load(scene, fault)
    check_log(scene, fault)


def check_load(scene: Scene, fault: Fault) -> None:
    """Each request had its answer, and the one that is documented."""
    assert scene.load.lost() == []
    closed = MODES.index("closed")
    for place, found in scene.load.statuses().items():
        may = {200, 503} if place == closed else {200}
        if fault.name in ("flushed scripts", "flushed", "full and evicting"):
            may = {200}
        assert found <= may, (MODES[place], scene.load.counts())
    if fault.says:
        assert 503 in scene.load.statuses()[closed]


def check_log(scene: Scene, fault: Fault) -> None:
    """One line a change: of limits and cache where commands are refused, of Redis else."""
    for mode in MODES:
        said = scene.said(mode)
        if fault.says.startswith(DOWN):
            wait_for(lambda mode=mode: UP in scene.said(mode), f"a line of {mode}")
            said = scene.said(mode)
            assert len(said) == 2 and said[1] == UP, (mode, said)
        elif fault.says:
            assert sum(" refuses " in line for line in said) <= 3, (mode, said)
            assert len(said) == len(set(said)), (mode, said)
        elif fault.name == "restarted empty":
            assert said in ([], said[:1] + [UP]), (mode, said)
        else:
            assert said == [], (mode, said)


@pytest.mark.timeout(120)
def test_what_was_refused_is_told_to_be_taken_again(scene: Scene) -> None:
    scene.mark()
    for value, line in ((1, "Redis refuses what"), (0, "Redis takes what")):
        scene.server.call("CONFIG", "SET", "min-replicas-to-write", value)
        for mode, sidecar in scene.sidecars.items():
            sidecar.wait_log(line + " limits need", 60)
            # An answer is stored from time to time, and then is known to be again.
            text = line + " the cache needs"
            wait_for(lambda mode=mode, text=text: is_told(scene, mode, text), text)
    for mode in MODES:
        said = [line for line in scene.said(mode) if "to each other" not in line]
        assert len(said) == 4, said


def is_told(scene: Scene, mode: str, text: str) -> bool:
    assert chat(scene.sidecars[mode], MASTER, user=unique()).status == 200
    return any(text in said for said in scene.said(mode))


@pytest.mark.timeout(120)
def test_workers_tell_of_a_change_together(start, upstream: Upstream, tmp_path: Path) -> None:
    server = Redis(tmp_path / "redis")
    sidecar = start(source(server, upstream, "exact"), "--workers", "4",
                    environment={"CACHE_SECRET": "cache-canary-51c8"})
    clients = [Wire(sidecar.address) for _ in range(12)]
    asked = message("POST", CHAT, compact({"model": "chat", "messages": []}),
                    {"authorization": f"Bearer {KEY}"})

    def lines(text: str) -> int:
        for wire in clients:
            wire.send(asked)
        assert {wire.response("POST").status for wire in clients} == {200}
        return sum(text in line for line in list(sidecar.stderr))

    try:
        for round_number in (1, 2):
            wait_for(lambda count=round_number: lines(UP) == count, "a line")
            server.kill()
            wait_for(lambda count=round_number: lines(DOWN) == count, "a line")
            time.sleep(1)
            assert lines(DOWN) == round_number and lines(UP) == round_number
            server.start()
        assert until(lambda: lines(UP) == 3, 30)
        assert lines("Redis saves nothing") == 1
    finally:
        server.kill()


@pytest.mark.timeout(120)
def test_places_come_back_to_a_redis_that_lost_them_and_go_with_their_sidecar(
    start, upstream: Upstream, tmp_path: Path
) -> None:
    opened = held(upstream)
    server = Redis(tmp_path / "redis")
    sidecar = start(source(server, upstream, "exact"),
                    environment={"CACHE_SECRET": "cache-canary-51c8"})
    key = f"sg:1:{{sg:exact}}:p:api_key:{sha256(KEY.encode()).hexdigest()}"

    def places() -> int:
        try:
            return server.call("ZCARD", key)
        except (OSError, Refused):
            return -1

    wires = [Wire(sidecar.address) for _ in range(5)]
    try:
        for number, wire in enumerate(wires):
            body = compact({"model": "chat", "messages": [], "seed": number})
            wire.send(message("POST", CHAT, body, {"authorization": f"Bearer {KEY}"}))
            upstream.next_request(20)
        assert until(lambda: places() == 5, 10)
        server.kill()
        server.start()
        assert until(lambda: places() == 5, 30), "a beat brings them back"
        sidecar.process.kill()
        assert until(lambda: places() == 0 or server.call("EXISTS", key) == 0, 30), (
            "15 seconds after their sidecar's last beat")
    finally:
        opened.set()
        for wire in wires:
            wire.close()
        server.kill()
