"""Every limit on both sides: just within it all is well, just beyond it the client is told."""

import threading
import time

import pytest
from behaviours import delta
from conftest import configuration, deployment
from names import PrivateHosts
from test_errors import CHAT, HI, check_ours
from upstream import Exchange, Upstream, compact
from wire import Wire, message


#: Longer than any machine needs; the limits that are not set would take minutes.
AMPLE = 30.0


def limited(upstream: Upstream, **limits: int) -> str:
    return configuration([deployment("chat", upstream.base)], sidegate={"limits": limits},
                         router_settings={"num_retries": 0})


def body_of(size: int) -> bytes:
    """A request of exactly that many bytes."""
    frame = compact({"model": "chat", "messages": [{"role": "user", "content": ""}]})
    text = b"a" * (size - len(frame))
    return compact({"model": "chat", "messages": [{"role": "user", "content": text.decode()}]})


@pytest.mark.parametrize("chunked", [False, True])
def test_a_requests_body(start, upstream: Upstream, chunked: bool) -> None:
    sidecar = start(limited(upstream, request_body_bytes=5000))
    for size, status in ((5000, 200), (5001, 413)):
        body = body_of(size)
        assert len(body) == size
        headers = {}
        if chunked:
            headers = {"transfer-encoding": "chunked"}
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (size, body)
        response = sidecar.request("POST", CHAT, body, headers)
        assert response.status == status
    check_ours(response, 413)
    assert len(upstream.requests) == 1


def test_a_requests_head(start, upstream: Upstream) -> None:
    sidecar = start(limited(upstream, header_bytes=4096))
    within = sidecar.request("GET", "/v1/models", headers={"x-long": "a" * 3500})
    assert within.status == 200
    with Wire(sidecar.address) as wire:
        wire.send(message("GET", "/v1/models", headers={"x-long": "a" * 4500}))
        check_ours(wire.response(), 431)
        assert wire.at_end()


def test_all_buffered_bodies_together(start, upstream: Upstream) -> None:
    upstream.behaviour("up-chat")(lambda exchange: (time.sleep(1), exchange.answer({"ok": 1})))
    sidecar = start(limited(upstream, buffered_body_bytes=100_000))
    statuses: list[int] = []
    askers = [threading.Thread(target=lambda: statuses.append(
        sidecar.request("POST", CHAT, body_of(40_000)).status)) for _ in range(6)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(10)
    assert set(statuses) == {200, 503}
    assert sidecar.request("POST", CHAT, body_of(40_000)).status == 200, "room came back"


def test_requests_in_flight(start, upstream: Upstream) -> None:
    go_on = threading.Event()

    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        go_on.wait(5)
        exchange.answer({"ok": 1})

    sidecar = start(limited(upstream, in_flight_requests=1))
    with Wire(sidecar.address) as wire:
        wire.send(message("POST", CHAT, compact(HI)))
        upstream.next_request()
        response = sidecar.request("POST", CHAT, HI)
        check_ours(response, 503)
        assert response.header("retry-after")
        assert sidecar.request("GET", "/health/liveliness").status == 200
        go_on.set()
        assert wire.response().status == 200
    assert sidecar.request("POST", CHAT, HI).status == 200


@pytest.mark.parametrize("stream", [False, True])
def test_the_time_to_the_first_byte(start, upstream: Upstream, stream: bool) -> None:
    pauses = iter([0.1, 2.0])
    upstream.behaviour("up-chat")(
        lambda exchange: exchange.wait_closed(next(pauses)) or exchange.answer({"ok": 1}))
    sidecar = start(limited(upstream, first_byte_timeout_ms=500))
    assert sidecar.request("POST", CHAT, {**HI, "stream": stream}).status == 200
    began = time.monotonic()
    check_ours(sidecar.request("POST", CHAT, {**HI, "stream": stream}), 408)
    assert 0.4 < time.monotonic() - began < AMPLE


def test_the_time_between_pieces_of_a_stream(start, upstream: Upstream) -> None:
    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        exchange.start_stream()
        for pause in (0.2, 0.2, 0.2, 5):  # Together longer than the limit, none alone but one.
            exchange.event(delta(exchange, {"content": f"pause {pause}"}))
            if exchange.wait_closed(pause):
                return

    sidecar = start(limited(upstream, stream_idle_timeout_ms=500))
    body = sidecar.request("POST", CHAT, {**HI, "stream": True}).body
    assert body.count(b"pause") == 4
    assert b'"error"' in body.split(b"\n\n")[-2] and b"[DONE]" not in body


def test_the_time_of_a_whole_exchange(start, upstream: Upstream) -> None:
    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        exchange.start(200, [("content-type", "application/json"), ("content-length", "100")])
        for _ in range(20):
            exchange.send(b"     ")
            if exchange.wait_closed(0.1):
                return

    sidecar = start(limited(upstream, total_timeout_ms=500))
    began = time.monotonic()
    with Wire(sidecar.address) as wire:
        try:
            assert wire.request("POST", CHAT, compact(HI)).status == 408
        except (EOFError, ConnectionError):
            pass  # The head had gone out; then the framing says that it is incomplete.
    assert 0.4 < time.monotonic() - began < AMPLE


def test_the_time_to_connect(start) -> None:
    import socket

    # A listener whose queue is full neither accepts nor refuses.
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        queued = [socket.socket() for _ in range(3)]
        for client in queued:
            client.setblocking(False)
            client.connect_ex(address)
        sidecar = start(configuration(
            [deployment("chat", f"http://127.0.0.1:{address[1]}/v1")],
            sidegate={"limits": {"connect_timeout_ms": 300}},
            router_settings={"num_retries": 0}))
        began = time.monotonic()
        response = sidecar.request("POST", CHAT, HI)
        assert response.status in (408, 500)
        assert time.monotonic() - began < AMPLE
        for client in queued:
            client.close()


def test_the_age_of_a_resolved_name(start, upstream: Upstream) -> None:
    if not PrivateHosts.available():
        pytest.skip("no mount namespaces here (unshare --mount)")
    with PrivateHosts() as hosts:
        # Nobody listens there.
        hosts.set("vllm.test", ["127.0.0.7"])
        sidecar = start(
            configuration([deployment("chat", f"http://vllm.test:{upstream.port}/v1")],
                          sidegate={"limits": {"dns_refresh_ms": 200}},
                          router_settings={"num_retries": 0, "disable_cooldowns": True}),
            prefix=hosts.prefix)
        assert sidecar.request("POST", CHAT, HI).status >= 400
        hosts.set("vllm.test", ["127.0.0.1"])
        end = time.monotonic() + 5
        while sidecar.request("POST", CHAT, HI).status != 200:
            assert time.monotonic() < end, "the name's new address was not used"
            time.sleep(0.05)
        exchange = upstream.next_request()
        assert exchange.header("host") == f"vllm.test:{upstream.port}"


def upstream_connections(sidecar, upstream: Upstream, count: int, pause: float = 0) -> list[int]:
    """Which of the upstream's connections each of some requests came on, from 0."""
    numbers = []
    for _ in range(count):
        assert sidecar.request("POST", CHAT, HI).status == 200
        numbers.append(upstream.next_request().connection_number)
        time.sleep(pause)
    return [number - numbers[0] for number in numbers]


def test_requests_on_an_upstreams_connection(start, upstream: Upstream) -> None:
    sidecar = start(limited(upstream, upstream_connection_requests=2))
    assert upstream_connections(sidecar, upstream, 5) == [0, 0, 1, 1, 2]


def test_the_age_of_an_upstreams_connection(start, upstream: Upstream) -> None:
    young = start(limited(upstream, upstream_connection_age_ms=100))
    assert upstream_connections(young, upstream, 3, pause=0.2) == [0, 1, 2]
    old = start(limited(upstream, upstream_connection_age_ms=60_000))
    assert upstream_connections(old, upstream, 3, pause=0.2) == [0, 0, 0]


def test_an_idle_connection(start, upstream: Upstream) -> None:
    sidecar = start(limited(upstream, keepalive_idle_ms=300))
    with Wire(sidecar.address) as wire:
        assert wire.request("GET", "/health/liveliness").status == 200
        began = time.monotonic()
        assert wire.at_end(3)
        assert 0.2 < time.monotonic() - began < AMPLE
