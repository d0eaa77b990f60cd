"""Streams that go wrong: cut, stalled, left by the client, or not read by it."""

import json
import threading
import time

import pytest
from behaviours import delta
from conftest import configuration, deployment
from sidecar import Sidecar
from upstream import Exchange, Upstream, compact
from wire import Wire, message

CHAT = "/v1/chat/completions"
STREAM = compact({"model": "chat", "stream": True, "messages": [{"role": "user", "content": "Hi"}]})
BODIES = {
    CHAT: STREAM,
    "/v1/completions": compact({"model": "chat", "stream": True, "prompt": "Hi"}),
    "/v1/responses": compact({"model": "chat", "stream": True, "input": "Hi"}),
    "/v1/messages": compact({"model": "chat", "stream": True, "max_tokens": 5,
                             "messages": [{"role": "user", "content": "Hi"}]}),
}


def cut_with_reset(exchange: Exchange) -> None:
    exchange.reset()


def cut_between_chunks(exchange: Exchange) -> None:
    exchange.hang_up()


def cut_inside_a_chunk(exchange: Exchange) -> None:
    exchange.send(b"100\r\ndata: {\"choi")
    exchange.hang_up()


def cut_inside_an_event(exchange: Exchange) -> None:
    exchange.send(b"e\r\ndata: {\"choice\r\n")
    exchange.hang_up()


def cut_with_nonsense(exchange: Exchange) -> None:
    exchange.send(b"nonsense\r\n")
    exchange.hang_up()


@pytest.mark.parametrize("cut", [cut_with_reset, cut_between_chunks, cut_inside_a_chunk,
                                 cut_inside_an_event, cut_with_nonsense])
def test_an_upstream_that_dies_gives_an_error_event(
    gateway: Sidecar, upstream: Upstream, auth, cut
) -> None:
    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        exchange.start_stream()
        exchange.event(delta(exchange, {"content": "first"}))
        time.sleep(0.1)  # The first event is on its way before a reset can drop it.
        cut(exchange)

    response = gateway.request("POST", CHAT, STREAM, auth)
    assert response.status == 200
    assert response.body.endswith(b"\n\n")
    events = [event for event in response.body.split(b"\n\n") if event]
    assert b"first" in events[0]
    assert b"[DONE]" not in response.body
    last = events[-1]
    assert last.startswith(b"data: ")
    error = json.loads(last[len(b"data: "):])["error"]
    assert error["message"] and error["code"] == "500"


def test_a_clean_end_without_done_invents_nothing(
    gateway: Sidecar, upstream: Upstream, auth
) -> None:
    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        exchange.start_stream()
        exchange.event(delta(exchange, {"content": "first"}))
        exchange.end_stream(done=False)

    body = gateway.request("POST", CHAT, STREAM, auth).body
    assert b"first" in body
    assert b'"error"' in body.split(b"\n\n")[-2], "the end was silent"
    assert b"[DONE]" not in body
    assert b"finish_reason\":\"stop" not in body


def test_an_error_event_of_the_upstream_goes_through(
    gateway: Sidecar, upstream: Upstream, auth
) -> None:
    sent = b'data: {"error": {"message": "engine died", "code": 500}}\n\ndata: [DONE]\n\n'

    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        from upstream import chunk

        exchange.start_stream()
        exchange.send(chunk(sent) + b"0\r\n\r\n")

    assert gateway.request("POST", CHAT, STREAM, auth).body == sent


def test_a_stream_that_stalls_is_ended(start, upstream: Upstream) -> None:
    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        exchange.start_stream()
        exchange.event(delta(exchange, {"content": "first"}))
        exchange.wait_closed(10)

    entry = deployment("chat", upstream.base, stream_timeout=0.5)
    sidecar = start(configuration([entry], router_settings={"num_retries": 0}))
    began = time.monotonic()
    body = sidecar.request("POST", CHAT, STREAM).body
    assert 0.4 < time.monotonic() - began < 5
    assert b'"error"' in body and b"[DONE]" not in body
    assert upstream.next_request().finished.wait(2)


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("streaming", [True, False])
def test_a_client_that_leaves_cancels_upstream(
    gateway: Sidecar, upstream: Upstream, auth, path: str, streaming: bool
) -> None:
    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        if streaming:
            exchange.start_stream()
            exchange.event({"model": "up-chat", "choices": []})
        exchange.wait_closed(5)

    body = BODIES[path]
    if not streaming:
        body = body.replace(b'"stream":true,', b"")
    wire = Wire(gateway.address)
    wire.send(message("POST", path, body, auth))
    exchange = upstream.next_request()
    if streaming:
        wire.read_head()
    else:
        time.sleep(0.1)
    left = time.monotonic()
    wire.close()
    assert exchange.finished.wait(6)
    assert exchange.closed_at, "the upstream was left running"
    assert exchange.closed_at - left < 0.5


@pytest.mark.slow
def test_a_client_that_does_not_read_holds_the_upstream_back(start, upstream: Upstream) -> None:
    sent = [0]
    piece = compact({"choices": [{"index": 0, "delta": {"content": "x" * 60_000}}]})
    most = 256 * 1024 * 1024

    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        exchange.start_stream()
        while sent[0] < most:
            exchange.event(piece)
            sent[0] += len(piece)
        exchange.end_stream()

    sidecar = start(configuration([deployment("chat", upstream.base)]))
    before = sidecar.resident_kilobytes()
    with Wire(sidecar.address) as wire:
        wire.send(message("POST", CHAT, STREAM))
        wire.read_head()
        last = -1
        while last != sent[0]:  # Until a second passes without progress.
            last = sent[0]
            time.sleep(1)
        assert 0 < sent[0] < most / 4, "the upstream was never held back"
        assert sidecar.resident_kilobytes() - before < 32 * 1024
        # The rest still comes once the client reads again.
        reader = threading.Thread(target=lambda: [wire.read_chunk() for _ in range(300)])
        reader.start()
        reader.join(20)
        assert sent[0] > last


@pytest.mark.slow
def test_an_upstream_that_does_not_read_holds_the_client_back(start, upstream: Upstream) -> None:
    """A body within the limit is buffered; what counts is that memory stays within it too."""
    upstream.behaviour("up-chat")(lambda exchange: exchange.answer({"ok": True}))
    sidecar = start(configuration([deployment("chat", upstream.base)]))
    before = sidecar.resident_kilobytes()
    text = "a" * (20 * 1024 * 1024)
    body = compact({"model": "chat", "messages": [{"role": "user", "content": text}]})
    for _ in range(4):
        assert sidecar.request("POST", CHAT, body).status == 200
    assert sidecar.resident_kilobytes() - before < 160 * 1024


def test_a_dead_pooled_connection_is_not_the_clients_trouble(
    gateway: Sidecar, upstream: Upstream, auth
) -> None:
    """vLLM closes idle connections after five seconds; the next request must not notice."""
    body = STREAM.replace(b'"stream":true,', b"")
    assert gateway.request("POST", CHAT, body, auth).status == 200
    upstream.close_idle()
    for _ in range(3):
        assert gateway.request("POST", CHAT, body, auth).status == 200
        upstream.close_idle()
        time.sleep(0.05)
