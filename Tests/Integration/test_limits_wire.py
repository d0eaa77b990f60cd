"""The limits of what passes over a connection, each on both sides."""

import threading
import time

import pytest
from behaviours import delta
from test_errors import CHAT, HI, check_ours
from test_limits import AMPLE, limited
from upstream import Exchange, Upstream, compact
from wire import Wire, message


def nested(depth: int) -> bytes:
    """A request whose containers are nested so deep, the outermost object included."""
    inner = b"[" * (depth - 1) + b"]" * (depth - 1)
    return b'{"model":"chat","messages":[],"deep":%s}' % (inner or b"0")


# What a request may be.


def test_a_requests_fields(start, upstream: Upstream) -> None:
    sidecar = start(limited(upstream, header_count=10))
    for count, status in ((10, 200), (11, 431)):
        more = {f"x-{number}": "1" for number in range(count - 1)}  # `message` adds the host.
        with Wire(sidecar.address) as wire:
            response = wire.request("GET", "/v1/models", headers=more)
            assert response.status == status
            if status == 431:
                assert "10 header fields" in check_ours(response, 431)["message"]
                assert wire.at_end()


def test_a_requests_url(start, upstream: Upstream) -> None:
    sidecar = start(limited(upstream, url_bytes=100))
    for count, status in ((100, 200), (101, 414)):
        target = "/v1/models?a="
        target += "b" * (count - len(target))
        with Wire(sidecar.address) as wire:
            response = wire.request("GET", target)
            assert response.status == status
            if status == 414:
                assert "100 bytes" in response.json["error"]["message"]
                assert wire.at_end()


@pytest.mark.parametrize("depth, status", [(20, 200), (21, 400)])
def test_a_bodys_depth(start, upstream: Upstream, depth: int, status: int) -> None:
    sidecar = start(limited(upstream, json_depth=20))
    response = sidecar.request("POST", CHAT, nested(depth))
    assert response.status == status
    if status == 400:
        assert "nested too deeply" in check_ours(response, 400)["message"]
        assert upstream.requests == []


def test_requests_in_a_row(start, upstream: Upstream) -> None:
    """Those behind the last one that is answered were not begun: a client may send them again."""
    sidecar = start(limited(upstream, pipelined_requests=3))
    for count, answered in ((4, 4), (9, 4)):
        with Wire(sidecar.address) as wire:
            wire.send(message("POST", CHAT, compact(HI)) * count)
            responses = [wire.response() for _ in range(answered)]
            assert {response.status for response in responses} == {200}
            last = responses[-1].header("connection")
            assert (last == "close") == (count > answered) or count == answered
            if count > answered:
                assert last == "close"
                assert wire.at_end(AMPLE)
    # The first of a connection came behind nothing.
    assert len(upstream.requests) == 8
    with Wire(sidecar.address) as wire:
        for _ in range(9):  # One after the other they are no row.
            assert wire.request("POST", CHAT, compact(HI)).status == 200


def test_open_connections(start, upstream: Upstream) -> None:
    sidecar = start(limited(upstream, connections=2), admin=True)
    held: list[Wire] = []
    try:
        end = time.monotonic() + AMPLE
        while len(held) < 2:  # The readiness check's own connection may still be open.
            assert time.monotonic() < end
            wire = Wire(sidecar.address)
            try:
                assert wire.request("GET", "/health/liveliness").status == 200
                held.append(wire)
            except (OSError, EOFError):
                wire.close()
        with Wire(sidecar.address) as third:
            assert third.at_end(AMPLE), "a connection too many was taken"
        assert sidecar.admin("/health/liveliness").status == 200, "probes get through"
        held.pop().close()
        end = time.monotonic() + AMPLE
        while True:
            try:
                assert sidecar.request("GET", "/health/liveliness").status == 200
                break
            except (OSError, EOFError):
                assert time.monotonic() < end, "the place did not come back"
    finally:
        for wire in held:
            wire.close()


# How slow a client may be.


def test_a_slow_head(start, upstream: Upstream) -> None:
    whole = message("POST", CHAT, compact(HI))
    slow = start(limited(upstream, header_timeout_ms=300))
    with Wire(slow.address, timeout=AMPLE) as wire:
        wire.send(whole[:30])
        check_timeout(wire)
    patient = start(limited(upstream, header_timeout_ms=60_000))
    with Wire(patient.address, timeout=AMPLE) as wire:
        wire.send(whole[:30])
        time.sleep(0.6)
        wire.send(whole[30:])
        assert wire.response().status == 200


def test_a_slow_body(start, upstream: Upstream) -> None:
    whole = message("POST", CHAT, compact(HI))
    slow = start(limited(upstream, body_idle_timeout_ms=300))
    with Wire(slow.address, timeout=AMPLE) as wire:
        wire.send(whole[:-5])
        check_timeout(wire)
    patient = start(limited(upstream, body_idle_timeout_ms=60_000))
    with Wire(patient.address, timeout=AMPLE) as wire:
        wire.send(whole[:-5])
        time.sleep(0.6)
        wire.send(whole[-5:])
        assert wire.response().status == 200


def check_timeout(wire: Wire) -> None:
    response = wire.response()
    assert response.status == 408
    assert response.json["error"]["code"] == "408"
    assert wire.at_end(AMPLE)


def flood(upstream: Upstream, megabytes: int) -> threading.Event:
    """More than the sockets on the way can hold; set when all of it was taken."""
    taken = threading.Event()
    piece = {"choices": [{"index": 0, "delta": {"content": "x" * 60_000}}]}

    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        exchange.start_stream()
        for _ in range(megabytes * 16):
            exchange.event(piece)
        exchange.end_stream()
        taken.set()

    return taken


def test_a_client_that_takes_nothing(start, upstream: Upstream) -> None:
    taken = flood(upstream, 32)
    strict = start(limited(upstream, write_stall_timeout_ms=400))
    with Wire(strict.address) as wire:
        wire.send(message("POST", CHAT, compact({**HI, "stream": True})))
        exchange = upstream.next_request()
        assert exchange.finished.wait(AMPLE), "the upstream was left writing"
        assert not taken.is_set()
    assert strict.access_log(1, AMPLE)

    taken = flood(upstream, 32)
    patient = start(limited(upstream, write_stall_timeout_ms=60_000))
    with Wire(patient.address, timeout=AMPLE) as wire:
        wire.send(message("POST", CHAT, compact({**HI, "stream": True})))
        wire.read_head()
        time.sleep(1)
        count = 0
        while piece := wire.read_chunk():
            count += piece.count(b"x" * 60_000)
        assert taken.wait(AMPLE)
        assert piece == b"" and wire.received == b""


# What an upstream may send.


def answer_with(upstream: Upstream, lines: bytes) -> None:
    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                      b"content-length: 2\r\n" + lines + b"\r\n{}")


def test_an_answers_head(start, upstream: Upstream) -> None:
    sidecar = start(limited(upstream, upstream_header_bytes=2000))
    answer_with(upstream, b"x-long: " + b"a" * 1800 + b"\r\n")
    assert sidecar.request("POST", CHAT, HI).header("x-long") == "a" * 1800
    answer_with(upstream, b"x-long: " + b"a" * 2000 + b"\r\n")
    check_ours(sidecar.request("POST", CHAT, HI), 502)
    sidecar.wait_log("header section is over 2000 bytes", AMPLE)


def test_an_answers_fields(start, upstream: Upstream) -> None:
    sidecar = start(limited(upstream, upstream_header_count=12))
    answer_with(upstream, b"".join(b"x-%d: 1\r\n" % number for number in range(10)))
    assert sidecar.request("POST", CHAT, HI).status == 200
    answer_with(upstream, b"".join(b"x-%d: 1\r\n" % number for number in range(11)))
    check_ours(sidecar.request("POST", CHAT, HI), 502)
    sidecar.wait_log("more than 12 header fields", AMPLE)


def test_an_answer_that_is_held(start, upstream: Upstream) -> None:
    """A larger one goes on to the client with the upstream's own name in it."""
    def answer(exchange: Exchange) -> None:
        size = 2000 - len(compact({"model": "up-chat", "pad": ""}))
        pad = "p" * (size + (exchange.json["messages"][0]["content"] == "more"))
        exchange.answer(compact({"model": "up-chat", "pad": pad}))

    upstream.behaviour("up-chat")(answer)
    sidecar = start(limited(upstream, response_body_bytes=2000))
    for content, model in (("enough", "chat"), ("more", "up-chat")):
        body = {**HI, "messages": [{"role": "user", "content": content}]}
        response = sidecar.request("POST", CHAT, body)
        assert response.json["model"] == model


def test_an_event_of_a_stream(start, upstream: Upstream) -> None:
    """One that is held because its end has not come yet; a larger one goes on as it is."""
    limit = 3000

    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        exchange.start_stream()
        for count in (limit // 2, 200_000):  # No read takes as much as that.
            exchange.event(delta(exchange, {"content": "c" * count}))
        exchange.end_stream()

    sidecar = start(limited(upstream, sse_event_bytes=limit))
    body = sidecar.request("POST", CHAT, {**HI, "stream": True}).body
    small, large = [event for event in body.split(b"\n\n") if b"ccc" in event]
    assert b'"chat"' in small and b'"up-chat"' not in small
    assert b'"up-chat"' in large
    assert body.endswith(b"data: [DONE]\n\n")
