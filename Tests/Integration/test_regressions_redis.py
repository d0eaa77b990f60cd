"""What went wrong once around limits, the cache and Redis: each case failed before its mending."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from conftest import configuration, deployment
from herd import until
from limit_redis import RedisClient, RedisServer
from sidecar import compile_table
from test_cache import BASE, cached, numbered, result
from test_cache import ask as ask_cached
from test_errors import CHAT, HI
from test_rate_limits import KEY, MASTER, OTHER, chat, check_refused, keyed, left, statuses, using
from test_shared_limits import held
from upstream import Upstream, compact
from wire import Wire, message


@pytest.mark.parametrize("value", ["=", "==", ",=", "=no-cache"])
def test_a_directive_without_a_name_harms_nobody(start, upstream: Upstream, value: str) -> None:
    """One such header ended the process."""
    sidecar = start(configuration([deployment("chat", upstream.base)]))
    assert sidecar.request("POST", CHAT, HI, {"cache-control": value}).status == 200
    assert sidecar.process.poll() is None


@pytest.mark.parametrize(("body", "output"), [
    ({"max_tokens": 5000.0}, 5000), ({"max_tokens": "5000"}, 5000),
    ({"max_tokens": 100, "n": "8"}, 800), ({"max_tokens": 100, "n": 8.0}, 800),
    # What the endpoint's upstreams do not heed.
    ({"max_output_tokens": 1}, 1024), ({"max_tokens": 5000, "max_completion_tokens": 1}, 5000),
    ({"max_completion_tokens": 0}, 1024), ({"max_tokens": -1}, 1024), ({"max_tokens": None}, 1024),
    ({"max_tokens": 100.2}, 101)])
def test_a_reservation_is_not_talked_down(
    start, upstream: Upstream, body: dict, output: int
) -> None:
    """A stream that its client leaves costs what was reserved."""
    sidecar = keyed(start, upstream, [{"tpm": 100_000}])
    prompt = 100_000 - left(chat(sidecar, max_tokens=1)) - 1
    sidecar = keyed(start, upstream, [{"tpm": 100_000}])
    assert 100_000 - left(chat(sidecar, **body)) == prompt + output


def test_an_alias_is_no_way_around_its_groups_limit(start, upstream: Upstream) -> None:
    """A limit of the alias' own took the place of all that the group had."""
    sidecar = keyed(
        start, upstream,
        [{"model_rpm_limit": {"best": 100, "gold": 4}, "model_tpm_limit": {"gold": 10_000}}],
        models=[deployment("gold", upstream.base, default_api_key_rpm_limit=1)],
        router_settings={"num_retries": 0, "model_group_alias": {"best": "gold"}})
    first = chat(sidecar, model="best", max_tokens=100)
    name = "x-ratelimit-model_per_key-remaining-requests"
    assert [value for field, value in first.headers if field == name] == ["99"]
    assert 9_000 < left(first, "model_per_key") < 10_000
    assert statuses(sidecar, 2, model="best", max_tokens=100) == [200] * 2
    check_refused(chat(sidecar, model="best", max_tokens=9_990),
                  "model_per_key: [0-9a-f]{64}:gold", "tokens", 10_000)
    assert statuses(sidecar, 2, model="gold", max_tokens=100) == [200, 429]
    check_refused(chat(sidecar, model="best", max_tokens=100),
                  "model_per_key: [0-9a-f]{64}:gold", "requests", 4)


def test_the_standard_limit_is_of_keys_that_have_none(start, upstream: Upstream) -> None:
    sidecar = keyed(
        start, upstream, [{"model_rpm_limit": {"best": 2}}, {}],
        models=[deployment("gold", upstream.base, default_api_key_rpm_limit=1)],
        router_settings={"num_retries": 0, "model_group_alias": {"best": "gold"}})
    assert statuses(sidecar, 3, model="best") == [200, 200, 429]
    assert statuses(sidecar, 2, OTHER, "best") == [200, 429]


@pytest.fixture(params=[False, True], ids=["local", "shared"])
def router(request: pytest.FixtureRequest) -> Iterator[dict]:
    """`router_settings` without and with a Redis."""
    if not request.param:
        yield {"num_retries": 0}
        return
    server = RedisServer()
    yield {"num_retries": 0, "redis_host": "127.0.0.1", "redis_port": server.port}
    server.stop()


def test_fallbacks_are_no_way_around_a_models_limit(
    start, upstream: Upstream, router: dict
) -> None:
    """Whoever named a model that fails had no limit at the fallbacks that it named, too."""
    upstream.behaviour("up-bad")(lambda exchange: exchange.answer({"error": {}}, 500))
    sidecar = keyed(
        start, upstream, [{"rpm": 100, "model_rpm_limit": {"gold": 3, "bad": 50}}],
        models=[deployment(name, upstream.base) for name in ("bad", "gold", "spare")],
        router_settings={**router, "disable_cooldowns": True})
    assert statuses(sidecar, 1, model="gold") == [200]
    # Refused for one model it goes on to the next; with none left the first failure is told.
    assert statuses(sidecar, 4, model="bad", fallbacks=["gold"]) == [200, 200, 500, 500]
    response = chat(sidecar, model="bad", fallbacks=["gold", "spare"])
    assert response.status == 200 and response.header("x-litellm-model-group") == "spare"
    assert response.header("x-ratelimit-api_key-remaining-requests") == "94"
    assert statuses(sidecar, 1, model="gold") == [429]
    assert sum(exchange.model == "up-gold" for exchange in upstream.requests) == 3


def test_a_fallbacks_tokens_are_settled(start, upstream: Upstream, router: dict) -> None:
    upstream.behaviour("up-bad")(lambda exchange: exchange.answer({"error": {}}, 500))
    upstream.behaviour("up-worse")(lambda exchange: exchange.answer({"error": {}}, 500))
    upstream.behaviour("up-gold")(using(30, 10))
    limits = {"bad": 1000, "worse": 1000, "gold": 1000}
    sidecar = keyed(
        start, upstream, [{"model_tpm_limit": limits}],
        models=[deployment(name, upstream.base) for name in limits],
        router_settings={**router, "disable_cooldowns": True})
    for _ in range(3):
        asked = chat(sidecar, model="bad", max_tokens=800, fallbacks=["worse", "gold"])
        assert asked.status == 200
    assert until(
        lambda: left(chat(sidecar, model="gold", max_tokens=1), "model_per_key") < 1000 - 120)
    assert chat(sidecar, model="worse", max_tokens=950).status == 500


def sharing(upstream: Upstream, server: RedisServer, key: dict, *, mode: str = "exact",
            closed: bool = False) -> str:
    return configuration(
        [deployment("chat", upstream.base)],
        general_settings={"fail_closed_rate_limit_enforcement": closed},
        # On a busy machine Redis may be late, and then the sidecar decides alone.
        router_settings={"num_retries": 0, "redis_host": "127.0.0.1", "redis_port": server.port,
                         "cache_kwargs": {"socket_timeout": 5}},
        sidegate={"keys": [{"key": KEY, **key}], "rate_limits": {"mode": mode}})


def test_places_outlive_a_reload(start, upstream: Upstream, server: RedisServer) -> None:
    """The leases of requests that began under another table's settings were not renewed."""
    opened = held(upstream)
    key = {"max_parallel_requests": 1}
    sidecar = start(sharing(upstream, server, key))
    with Wire(sidecar.address) as wire, RedisClient(server.port) as client:
        wire.send(message("POST", CHAT, compact(HI), {"authorization": f"Bearer {KEY}"}))
        upstream.next_request()
        compile_table(sharing(upstream, server, key, closed=True), sidecar.table)
        sidecar.wait_log("now in service|in service|reloaded|new table", 10)
        name = next(iter(client.call("KEYS", "*:p:api_key:*")))
        member = client.call("ZRANGE", name, 0, -1)[0]
        # Two renewals, of which one may be under way.
        for _ in range(2):
            ends = int(client.call("ZSCORE", name, member))
            assert until(lambda: int(client.call("ZSCORE", name, member) or 0) > ends, 20)
        assert chat(sidecar).status == 429
        opened.set()
        assert wire.response().status == 200
        assert until(lambda: client.call("ZCARD", name) == 0, 10)


def test_permits_are_given_back_at_a_reload(
    start, upstream: Upstream, server: RedisServer
) -> None:
    """What a sidecar had taken in advance was lost for a minute."""
    sidecar = start(sharing(upstream, server, {"rpm": 4000}, mode="lease"))
    with RedisClient(server.port) as client:
        assert until(lambda: bool(client.call("KEYS", "*:live")), 10)
        assert statuses(sidecar, 30) == [200] * 30
        compile_table(sharing(upstream, server, {"rpm": 4000}), sidecar.table)
        sidecar.wait_log("in service|reloaded|new table", 10)
        name = next(iter(client.call("KEYS", "*:r:api_key:*")))
        assert until(lambda: client.call("HGET", name, "s") == b"30", 10), client.call("HGETALL", name)


class FalseRedis:
    """Says what a Redis would to all but scripts, and to these `answer`."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.scripts = 0
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            while line := stream.readline():
                words = []
                for _ in range(int(line[1:])):
                    size = int(stream.readline()[1:])
                    words.append(stream.read(size + 2)[:-2])
                connection.sendall(self._answer(words))

    def _answer(self, words: list[bytes]) -> bytes:
        match words[0].upper():
            case b"EVALSHA" | b"EVAL":
                self.scripts += 1
                return self.answer
            case b"INFO":
                return b"$20\r\nredis_version:7.0.15\r\n"
            case b"CONFIG":
                return b"*2\r\n$4\r\nsave\r\n$0\r\n\r\n"
            case b"PING":
                return b"+PONG\r\n"
        return b"+OK\r\n"


HUGE = 9223372036854775807


def numbers(*values: int) -> bytes:
    return b"*%d\r\n" % len(values) + b"".join(b":%d\r\n" % value for value in values)


@pytest.mark.parametrize("mode", ["exact", "lease"])
@pytest.mark.parametrize("answer", [
    b":%d\r\n" % HUGE, b":%d\r\n" % -HUGE, b"*0\r\n", b"*-1\r\n", b"$-1\r\n", b"+OK\r\n",
    numbers(0, 1, 0, HUGE), numbers(0, HUGE, 0, 1), numbers(0, -HUGE, 0, 1),
    numbers(HUGE, HUGE, HUGE, HUGE), numbers(1, 0, HUGE, HUGE), numbers(1, 5, 1),
    b"*4\r\n:1\r\n:0\r\n*1\r\n:1\r\n$1\r\n1\r\n"])
def test_answers_that_no_script_gives(start, upstream: Upstream, answer: bytes, mode: str) -> None:
    """Numbers at the end of 64 bits ended the process when they were added to."""
    server = FalseRedis(answer)
    try:
        sidecar = start(sharing(upstream, server, {"rpm": 1000}, mode=mode))
        assert until(lambda: server.scripts > 0, 10)
        for _ in range(3):
            response = chat(sidecar)
            assert response.status == 200
            assert 0 <= int(response.header("x-ratelimit-api_key-remaining-requests")) < 1000
        assert server.scripts > 1
    finally:
        server.server.close()


def caching(upstream: Upstream, server: RedisServer, own: dict | None = None,
            **params: object) -> str:
    numbered(upstream, "up-chat")
    return cached(
        [deployment("chat", upstream.base)],
        {"type": "redis", "host": "127.0.0.1", "port": server.port, "socket_timeout": 5, **params},
        {"secret": "a-secret-of-this-test", **(own or {})})


def entries(client: RedisClient) -> list[bytes]:
    return client.call("KEYS", "sg:1:c:" + "?" * 64)


def test_deleting_says_what_came_of_it(start, upstream: Upstream, server: RedisServer) -> None:
    """More keys than may wait for Redis, or none that it took, were a success all the same."""
    sidecar = start(caching(upstream, server))
    with RedisClient(server.port) as client:
        keys = [f"{number:064x}" for number in range(10_000)]
        for key in keys:
            client.send("SET", "sg:1:c:" + key, "x")
        assert {client.read() for _ in keys} == {b"OK"}
        answer = sidecar.request("POST", "/cache/delete", {"keys": keys})
        assert answer.status == 200 and answer.json == {"status": "success"}
        assert entries(client) == []
    server.stop()
    sidecar.wait_log("Redis is down", 20)
    assert sidecar.request("POST", "/cache/delete", {"keys": keys[:1]}).status == 503


def test_larger_entries_after_a_reload(start, upstream: Upstream, server: RedisServer) -> None:
    """Where only `entry_bytes` grew, what was larger than before counted as planted."""
    upstream.behaviour("up-big")(lambda exchange: exchange.answer({
        "model": "up-big", "usage": {}, "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"content": "x" * 3_000}}]}))
    small, large = (caching(upstream, server, {"entry_bytes": size, "memory_bytes": 0}).replace(
        "up-chat", "up-big") for size in (1_000, 10_000))
    sidecar = start(small)
    assert result(ask_cached(sidecar)) == "miss"
    compile_table(large, sidecar.table)
    sidecar.wait_log("in service|reloaded|new table", 10)
    assert until(lambda: result(ask_cached(sidecar)) == "hit", 10)
    assert sidecar.metrics().total("sidegate_cache_rejected_total") == 0


def test_a_flush_is_not_undone_when_redis_forgets_it(
    start, upstream: Upstream, server: RedisServer
) -> None:
    """A full Redis, or a fail-over, lost the number that a flush raises, and with it the flush."""
    source = caching(upstream, server, {"memory_bytes": 0})
    first, second = start(source), start(source)
    with RedisClient(server.port) as client:
        old = ask_cached(first).body
        assert until(lambda: len(entries(client)) == 1)
        assert ask_cached(second).body == old
        assert first.request("POST", "/cache/flushall").status == 200
        client.call("DEL", "sg:1:c:epoch")
        third = start(source)
        end = time.monotonic() + 3
        while time.monotonic() < end:
            assert old not in [ask_cached(first).body, ask_cached(third).body]
            # This one was not told of the flush; it asks each second, beside a request.
            ask_cached(second)
        assert old not in [ask_cached(sidecar).body for sidecar in (first, second, third)]
        assert result(ask_cached(second)) == "hit"


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("router", [
    {"redis_url": "os.environ/MISSING"}, {"redis_host": "h", "redis_password": "os.environ/MISSING"},
    {"redis_host": "h", "redis_port": "os.environ/WORD"}, {"redis_url": "os.environ/WORD"}])
def test_settings_that_cannot_be_read_close_what_is_to_be_closed(
    start, upstream: Upstream, router: dict, closed: bool
) -> None:
    """A secret that was not there gave the whole limit to each sidecar, and closed nothing."""
    sidecar = start(
        configuration(
            [deployment("chat", upstream.base)],
            general_settings={"master_key": MASTER, "fail_closed_rate_limit_enforcement": closed},
            router_settings={"num_retries": 0, **router},
            sidegate={"keys": [{"key": KEY, "rpm": 2}, {"key": OTHER}]}),
        environment={"WORD": "word"})
    assert statuses(sidecar, 3) == ([503] * 3 if closed else [200, 200, 429])
    assert statuses(sidecar, 3, OTHER) == [200] * 3
    assert statuses(sidecar, 3, MASTER) == [200] * 3
    words = "nothing that is limited passes" if closed else "limits hold in this process only"
    assert sidecar.wait_log(words)
