"""Limits and cache through every kind of Redis: TLS, users with no more than the documented rights,
a unix socket, a cluster that changes under load; and what is told of a server that does not suit.
"""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import configuration, deployment
from herd import until
from real_redis import (
    DOCUMENT, SLOTS, Certificates, Cluster, Redis, Refused, denials, documented_user, free_port,
    slot_of, wait_for)
from sidecar import Sidecar
from steady import SteadyLoad
from test_cache import result
from test_rate_limits import KEY, MASTER, chat, check_refused
from upstream import Upstream

PASSWORD = "redis-canary-90b2"
ENVIRONMENT = {"CACHE_SECRET": "cache-canary-51c8", "REDIS_SECRET": PASSWORD}
#: What a cluster's client needs beside its role's rights, as docs/redis.md says.
OF_A_CLUSTER = ["+cluster|slots", "+asking"]


def source(upstream: Upstream, limits: dict, cache: dict | None = None, *, mode: str = "exact",
           rpm: int = 20, share_routing: bool = True) -> str:
    """`limits` say where limits have their Redis, `cache` where the cache has its own."""
    places = {} if mode == "lease" else {"max_parallel_requests": 1_000}
    return configuration(
        [deployment("chat", upstream.base)],
        general_settings={"master_key": MASTER},
        litellm_settings={"cache": True,
                          "cache_params": {"type": "redis", "ttl": 600, "socket_timeout": 5,
                                           **(cache or {})}},
        router_settings={"num_retries": 0, "cache_kwargs": {"socket_timeout": 5, **limits}},
        sidegate={"keys": [{"key": KEY, "rpm": rpm, "tpm": 100_000_000, **places}],
                  "cache": {"secret": "os.environ/CACHE_SECRET"}, "share_routing": share_routing,
                  "rate_limits": {"mode": mode, "namespace": "test"}})


def check_sharing(sidecars: list[Sidecar]) -> None:
    """Two sidecars share answers, and a limit of 20 requests."""
    first, second = sidecars

    def is_shared() -> bool:
        text = str(time.monotonic_ns())
        assert chat(first, MASTER, user=text).status == 200
        time.sleep(0.1)  # It is stored behind the answer.
        return result(chat(second, MASTER, user=text)) == "hit"

    wait_for(is_shared, "an answer that is another one's")
    found = [chat((first, second)[turn % 2], seed=turn, cache={"no-cache": True}).status
             for turn in range(40)]
    assert 429 in found and 15 <= found.count(200) <= 20, found
    check_refused(chat(first, seed=100), "api_key: [0-9a-f]{64}", "requests", 20)
    assert second.metrics({"authorization": f"Bearer {MASTER}"}).total(
        "sidegate_cache_requests_total", result="hit_shared") >= 1


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path / "certificates")


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Callable[..., Redis]]:
    running: list[Redis] = []

    def start(*options: object) -> Redis:
        running.append(Redis(tmp_path / f"redis-{len(running)}", *options))
        return running[-1]

    yield start
    for server in running:
        server.kill()


def tls_settings(certificates: Certificates, port: int) -> dict:
    return {"host": "localhost", "port": port, "ssl": True,
            "ssl_ca_certs": certificates.path("ca.pem"),
            "ssl_certfile": certificates.path("client.pem"),
            "ssl_keyfile": certificates.path("client.key")}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("mode", ["exact", "lease"])
@pytest.mark.parametrize("users", [
    ("sidegate-limits", "sidegate-cache"), ("sidegate-fleet", "sidegate-cache"), ("sidegate",),
], ids="+".join)
def test_tls_and_no_more_rights_than_are_documented(
    start, servers, certificates: Certificates, upstream: Upstream, users: tuple[str, ...],
    mode: str
) -> None:
    port = free_port()
    server = servers("--tls-port", port, *certificates.options)
    for user in users:
        server.call("ACL", "SETUSER", *documented_user(user, PASSWORD, "test"))
    settings = [{**tls_settings(certificates, port), "username": user,
                 "password": "os.environ/REDIS_SECRET"} for user in users]
    # Nobody but these users is let in.
    control = server.connect(300)
    server.call("CONFIG", "SET", "requirepass", "nobody's")
    text = source(upstream, settings[0], settings[-1], mode=mode,
                  share_routing=users[0] != "sidegate-limits")
    check_sharing([start(text, environment=ENVIRONMENT) for _ in range(2)])
    names = {line.split("user=")[1].split()[0]
             for line in control.call("CLIENT", "LIST").decode().splitlines()}
    assert names == {"default", *users}
    assert denials(control.call("ACL", "LOG")) <= {"config|get"}
    for key in map(bytes.decode, control.call("KEYS", "*")):
        assert key.startswith("sg:1:{sg:test}:") or re.fullmatch(
            "sg:1:c:(epoch|[0-9a-f]{64})", key)
    control.close()


@pytest.mark.parametrize(
    "user", ["sidegate-limits", "sidegate-fleet", "sidegate-cache", "sidegate"])
def test_a_users_rights_end_where_its_work_does(servers, user: str) -> None:
    server = servers()
    server.call("ACL", "SETUSER", *documented_user(user, PASSWORD, "test"))
    server.call("SET", "others", "1")
    limit, answer = "sg:1:{sg:test}:r:api_key:1", "sg:1:c:" + "0" * 64
    with server.connect() as connection:
        connection.call("AUTH", user, PASSWORD)

        def may(*words: object) -> bool:
            try:
                connection.call(*words)
            except Refused as refused:
                assert re.search("NOPERM|user executing the script can't", str(refused)), refused
                return False
            return True

        for words in (
            ["KEYS", "*"], ["SCAN", 0], ["FLUSHALL"], ["FLUSHDB"], ["DEL", "others"],
            ["GET", "others"], ["SET", "others", 1], ["CONFIG", "GET", "requirepass"],
            ["CONFIG", "SET", "maxmemory", 1], ["ACL", "LIST"], ["ACL", "SETUSER", "x"],
            ["CLIENT", "LIST"], ["CLIENT", "KILL", "TYPE", "normal"], ["SCRIPT", "FLUSH"],
            ["DEBUG", "SLEEP", 0], ["SHUTDOWN"], ["SUBSCRIBE", "x"], ["PUBLISH", "x", "y"],
            ["MONITOR"], ["REPLICAOF", "NO", "ONE"], ["RANDOMKEY"], ["GET", limit],
            ["SET", answer[:5] + "d", 1], ["HGETALL", limit],
            ["SET", "sg:1:{sg:other}:r:api_key:1", 1],
            ["EVAL", "return redis.call('GET', 'others')", 0],
            ["EVAL", "return redis.call('KEYS', '*')", 0],
        ):
            assert not may(*words), words
        for_limits, for_cache = user != "sidegate-cache", user in ("sidegate-cache", "sidegate")
        assert may("EVAL", "return redis.call('HGET', KEYS[1], 'n')", 1, limit) == for_limits
        assert may("EVAL", "return redis.call('HGET', KEYS[1], 'n')", 1, answer) is False
        assert may("SET", answer, "x") == for_cache and may("GET", answer) == for_cache
        assert may("INCR", "sg:1:c:epoch") == for_cache


@pytest.mark.parametrize("user", ["sidegate-fleet", "sidegate"])
def test_a_user_may_call_what_scripts_call(user: str) -> None:
    words = documented_user(user, PASSWORD, "test")
    may = {word.strip("()+") for word in words if "+" in word}
    called = {name.lower() for module in ("RateLimits", "Fleet")
              for path in (DOCUMENT.parents[1] / "sidecar" / module).rglob("*.swift")
              for name in re.findall(r"redis\.call\(\s*'(\w+)'", path.read_text("utf-8"))}
    assert {"hincrby", "zadd", "time"} <= called
    assert called <= may, f"docs/operations.md lacks {sorted(called - may)} for {user}"


def test_every_key_is_documented(start, servers, upstream: Upstream) -> None:
    server = servers()
    where = {"host": "127.0.0.1", "port": server.port}
    sidecar = start(source(upstream, where, where), environment=ENVIRONMENT)
    assert chat(sidecar).status == 200
    master = {"authorization": f"Bearer {MASTER}"}
    assert sidecar.request("POST", "/cache/flushall", headers=master).status == 200
    rows = re.findall(r"^\| `(sg:1:\S+)` \| (\w+) \| (.*?) \|", DOCUMENT.read_text("utf-8"), re.M)
    # Names without a variable part first.
    rows.sort(key=lambda row: sum(map(str.isupper, row[0])))
    patterns = {row: re.compile(re.sub(r"[A-Z]+", "[^:]+", re.escape(row[0])) + "$")
                for row in rows}
    assert len(rows) >= 7
    assert until(lambda: any(len(key) == 7 + 64 for key in server.keys("sg:1:c:*")), 20)
    met = set()
    for key in server.keys():
        row = next((row for row, pattern in patterns.items() if pattern.match(key)), None)
        assert row, f"{key} is in no row of docs/operations.md"
        met.add(row[0])
        assert server.call("TYPE", key).decode() == row[1], key
        left = server.call("PTTL", key)
        seconds = re.match(r"(\d+) s ", row[2])
        if row[2] == "never":
            assert left == -1, key
        else:
            assert 0 < left <= (int(seconds[1]) if seconds else 3_600) * 1_000, key
    assert {name.split(":")[-1] for name in met} >= {"live", "epoch", "NAME", "INSTANCE", "ID"}


@pytest.mark.timeout(120)
def test_a_unix_socket(start, servers, upstream: Upstream, tmp_path: Path) -> None:
    path = tmp_path / "redis.sock"
    server = servers("--unixsocket", path)
    server.call("ACL", "SETUSER", *documented_user("sidegate", PASSWORD, "test"))
    url = f"unix://sidegate:{PASSWORD}@{path}"
    text = source(upstream, {"url": url}, {"url": url})
    sidecars = [start(text, environment=ENVIRONMENT) for _ in range(2)]
    check_sharing(sidecars)
    server.kill()
    for sidecar in sidecars:
        sidecar.wait_log(f"Redis is down: unix:{path}", 20)
    server.start()
    server.call("ACL", "SETUSER", *documented_user("sidegate", PASSWORD, "test"))
    assert until(lambda: server.keys("sg:1:{sg:test}:live") != [], 30)


# A cluster.


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    cluster.each("ACL", "SETUSER", *documented_user("sidegate", PASSWORD, "test"), *OF_A_CLUSTER)
    yield cluster
    cluster.kill()


@pytest.fixture
def clustered(start, cluster: Cluster, upstream: Upstream) -> list[Sidecar]:
    """Two sidecars that know one member each."""
    wait_for(cluster.is_whole, "three masters with replicas")
    for server in cluster.servers:
        if cluster.is_master(server):
            server.call("FLUSHALL")
            server.call("ACL", "LOG", "RESET")
    sidecars = []
    for member in cluster.servers[1:3]:
        where = {"startup_nodes": [{"host": "127.0.0.1", "port": member.port}],
                 "username": "sidegate", "password": "os.environ/REDIS_SECRET"}
        text = source(upstream, where, where, rpm=1_000_000)
        sidecars.append(start(text, environment=ENVIRONMENT))
    return sidecars


def load(sidecars: list[Sidecar]) -> SteadyLoad:
    return SteadyLoad([sidecar.address for sidecar in sidecars], KEY, 40, 6)


def limit_slot() -> int:
    return slot_of("sg:1:{sg:test}:live")


def check_all_well(steady: SteadyLoad, cluster: Cluster) -> None:
    """Redis is used again by both, and nobody has lost an answer."""
    before = len(steady.answers)
    wait_for(lambda: len(steady.answers) > before + 20, "a load that goes on")
    wait_for(lambda: used_grows(cluster), "requests counted in Redis")
    wait_for(lambda: answers_grow(cluster), "answers stored in Redis")
    steady.stop()
    assert steady.lost() == []
    assert {answer.status for answer in steady.answers} == {200}


def used_grows(cluster: Cluster) -> bool:
    def used() -> int:
        server = cluster.master_of(limit_slot())
        for key in server.keys("sg:1:{sg:test}:r:api_key:*"):
            return int(server.call("HGET", key, "s") or 0)
        return 0

    try:
        before = used()
        return until(lambda: used() > before, 2)
    except OSError:
        return False


def answers_grow(cluster: Cluster) -> bool:
    before = len(cluster.keys("sg:1:c:*"))
    return until(lambda: len(cluster.keys("sg:1:c:*")) > before, 2)


@pytest.mark.timeout(180)
def test_a_clusters_slots_move_under_load(clustered: list[Sidecar], cluster: Cluster) -> None:
    with load(clustered) as steady:
        wait_for(lambda: len(cluster.keys("sg:1:c:*")) > 40, "answers in Redis")
        masters = [server for server in cluster.servers if cluster.is_master(server)]
        # Limits are in one slot of one master, answers in those of all.
        limits = {slot_of(key) for key in cluster.keys("sg:1:{*")}
        assert limits == {limit_slot()}
        assert all(server.keys("sg:1:c:*") for server in masters)
        assert len({slot_of(key) for key in cluster.keys("sg:1:c:*")}) > 30
        for turn in range(6):
            cluster.move(limit_slot(), masters[turn % 3])
            for key in cluster.keys("sg:1:c:*")[:10]:
                cluster.move(slot_of(key), masters[(turn + slot_of(key)) % 3])
            assert used_grows(cluster)
        check_all_well(steady, cluster)
    for sidecar in clustered:
        assert "Redis is down" not in sidecar.log() and "refuses" not in sidecar.log()
    for server in cluster.servers:
        assert denials(server.call("ACL", "LOG")) <= {"config|get"}
    auth = {"authorization": f"Bearer {MASTER}"}
    assert clustered[0].request("POST", "/cache/flushall", headers=auth).status == 200


@pytest.mark.timeout(240)
def test_a_cluster_fails_over_under_load(clustered: list[Sidecar], cluster: Cluster) -> None:
    with load(clustered) as steady:
        wait_for(lambda: used_grows(cluster), "requests counted in Redis")
        # In order.
        master = cluster.master_of(limit_slot())
        replica = cluster.replica_of(master)
        replica.call("CLUSTER", "FAILOVER")
        wait_for(lambda: cluster.is_master(replica), "a replica that has taken over")
        wait_for(cluster.is_whole, "a whole cluster")
        wait_for(lambda: used_grows(cluster), "requests counted in Redis")
        # By a crash of whoever has the limits.
        replica.kill()
        for sidecar in clustered:
            sidecar.wait_log("Redis is partly up", 30)
            assert sidecar.request("GET", "/health/readiness").status == 200
        wait_for(lambda: cluster.is_master(master), "a replica that has taken over")
        wait_for(lambda: used_grows(cluster), "requests counted in Redis")
        replica.start()
        wait_for(cluster.is_whole, "a whole cluster")
        check_all_well(steady, cluster)
    for sidecar in clustered:
        said = [line for line in sidecar.stderr if "Redis is" in line]
        assert len(said) <= 5 and "Redis is up" in said[-1], said


# What is told of a server that does not suit.


FINDINGS = {
    "maxmemory-policy allkeys-lru lets limits and spend vanish":
        ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"],
    "maxmemory-policy volatile-ttl lets limits vanish":
        ["--maxmemory", "100mb", "--maxmemory-policy", "volatile-ttl"],
    "Redis saves nothing": [],
    "": ["--appendonly", "yes", "--maxmemory", "100mb"],
    " ": ["--save", "3600 1", "--maxmemory-policy", "allkeys-lru"],
}


@pytest.mark.parametrize("line", FINDINGS, ids=lambda line: line or "nothing")
def test_what_is_told_of_a_server(start, servers, upstream: Upstream, line: str) -> None:
    kept = [] if line == "Redis saves nothing" or "--save" in FINDINGS[line] else [
        "--appendonly", "yes"]
    server = servers(*kept, *FINDINGS[line])
    where = {"host": "127.0.0.1", "port": server.port}
    sidecar = start(source(upstream, where, where), environment=ENVIRONMENT)
    sidecar.wait_log("Redis is up", 20)
    if line.strip():
        sidecar.wait_log(line, 5)
    # Made anew, it is looked at again, and what is known is not said again.
    server.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    assert until(lambda: chat(sidecar, user=str(time.monotonic_ns())).status == 200
                 and "sidegate" in server.call("CLIENT", "LIST").decode(), 20)
    said = [text for text in sidecar.stderr if "Redis is " not in text and (
        "Redis" in text or "maxmemory" in text)]
    assert len(said) == (1 if line.strip() else 0), said


@pytest.mark.parametrize("right", ["PING", "CLIENT SETNAME", "INFO"])
def test_a_missing_right_is_told(start, servers, upstream: Upstream, right: str) -> None:
    server = servers("--appendonly", "yes")
    words = documented_user("sidegate", PASSWORD, "test")
    minus = "-" + right.lower().replace(" ", "|")
    server.call("ACL", "SETUSER", *[word for word in words if word != "+" + minus[1:]])
    where = {"host": "127.0.0.1", "port": server.port, "username": "sidegate",
             "password": "os.environ/REDIS_SECRET"}
    sidecar = start(source(upstream, where, where), environment=ENVIRONMENT)
    sidecar.wait_log(f"may not call {right}", 20)
    assert chat(sidecar).status == 200
    assert until(lambda: server.keys("sg:1:{sg:test}:r:*") != [], 20), "it goes on all the same"


def test_a_right_that_limits_need_is_missed_at_once(start, servers, upstream: Upstream) -> None:
    server = servers("--appendonly", "yes")
    words = [word for word in documented_user("sidegate", PASSWORD, "test") if word != "+evalsha"]
    server.call("ACL", "SETUSER", *words)
    where = {"host": "127.0.0.1", "port": server.port, "username": "sidegate",
             "password": "os.environ/REDIS_SECRET"}
    sidecar = start(source(upstream, where, where), environment=ENVIRONMENT)
    # Nobody has asked for anything yet.
    sidecar.wait_log("Redis refuses what sidecars say to each other.*NOPERM .*evalsha", 20)
    assert chat(sidecar).status == 200
