"""What went wrong once: each case failed before its mending."""

import os
import signal
import socket
import threading
import time
from pathlib import Path

from behaviours import delta
from conftest import configuration, deployment
from fronts import Authority, SecureFront
from sidecar import compile_table, free_port
from test_errors import CHAT, HI, check_ours
from upstream import Exchange, Upstream, compact, head
from wire import Wire, message


def plain(upstream: Upstream, **sections: object) -> str:
    return configuration([deployment("chat", upstream.base)], **sections)


def test_announced_bodies_do_not_keep_others_out(start, upstream: Upstream) -> None:
    sidecar = start(plain(upstream, sidegate={"limits": {"buffered_body_bytes": 1 << 20}}))
    wires = [Wire(sidecar.address) for _ in range(3)]
    for wire in wires:
        fields = {"content-length": str(1_000_000), "content-type": "application/json"}
        wire.send(message("POST", CHAT, headers=fields) + b"{")
    time.sleep(0.2)
    assert sidecar.request("POST", CHAT, HI).status == 200
    for wire in wires:
        wire.close()


def test_no_framing_behind_204(start, upstream: Upstream) -> None:
    @upstream.behaviour("up-chat")
    def empty(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 204 No Content\r\nx-kept: yes\r\n\r\n")

    sidecar = start(plain(upstream))
    with Wire(sidecar.address) as wire:
        wire.send(message("POST", CHAT, compact(HI)))
        status, fields = wire.read_head()
        names = [name for name, _ in fields]
        assert status == 204 and "x-kept" in names
        assert "transfer-encoding" not in names and "content-length" not in names
        # Nothing stands between that answer and the next one.
        wire.send(message("GET", "/health/liveliness"))
        assert wire.response().status == 200


def test_an_upload_goes_on_behind_an_early_head(start) -> None:
    """An upstream that answers its head first, and reads the request after that."""
    server = socket.create_server(("127.0.0.1", free_port()))
    text = b"a" * 8_000_000
    body = b'{"model":"chat","messages":[{"role":"user","content":"' + text + b'"}]}'
    received: list[int] = []

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(100)
            connection.sendall(head(200, [("content-type", "text/plain"),
                                          ("transfer-encoding", "chunked")]))
            count = 100
            while count < len(body):
                count += len(connection.recv(1 << 20))
            received.append(count)
            connection.sendall(b"8\r\n{\"ok\":1}\r\n0\r\n\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
    sidecar = start(configuration([deployment("chat", base)]))
    response = sidecar.request("POST", CHAT, body)
    thread.join(10)
    server.close()
    assert (response.status, response.body) == (200, b'{"ok":1}')
    assert received[0] > 8_000_000


def test_a_pipe_in_the_tables_place_stops_neither_reload_nor_end(
    start, upstream: Upstream, tmp_path
) -> None:
    sidecar = start(plain(upstream))
    path = sidecar.table
    good = path.read_bytes()
    path.unlink()
    os.mkfifo(path)
    sidecar.wait_log("refused")
    path.unlink()
    fresh = tmp_path / "fresh.sgt"
    fresh.write_bytes(good)
    os.rename(fresh, path)
    sidecar.wait_log("table reloaded")
    assert sidecar.request("POST", CHAT, HI).status == 200


def test_of_two_tables_in_a_row_the_second_is_served(start, upstream: Upstream, tmp_path) -> None:
    sidecar = start(plain(upstream))
    for number in range(1, 9):
        for generation in (10 * number, 10 * number + 1):
            fresh = tmp_path / "fresh.sgt"
            made = compile_table(plain(upstream), fresh, "--generation", str(generation))
            assert made.returncode == 0, made.stderr
            os.rename(fresh, sidecar.table)
            time.sleep(0.1)
        end = time.monotonic() + 5
        while sidecar.metrics().total("sidegate_table_generation") != generation:
            assert time.monotonic() < end, f"generation {generation} is not served"
            time.sleep(0.05)


def test_a_fast_stream_leaves_others_their_turn(start, upstream: Upstream) -> None:
    @upstream.behaviour("up-chat")
    def flood(exchange: Exchange) -> None:
        exchange.start_stream()
        end = time.monotonic() + 3
        event = delta(exchange, {"content": "x" * 2000})
        while time.monotonic() < end:
            exchange.event(event)
        exchange.end_stream()

    sidecar = start(plain(upstream))

    def read() -> None:
        with Wire(sidecar.address, timeout=20) as wire:
            wire.send(message("POST", CHAT, compact({**HI, "stream": True})))
            while wire.socket.recv(1 << 20):
                pass

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    time.sleep(0.3)
    slowest = 0.0
    for _ in range(20):
        begin = time.monotonic()
        assert sidecar.request("GET", "/health/liveliness").status == 200
        slowest = max(slowest, time.monotonic() - begin)
        time.sleep(0.05)
    assert slowest < 2.0


def test_an_answer_that_breaks_before_its_first_byte_is_an_error(
    start, upstream: Upstream
) -> None:
    @upstream.behaviour("up-chat")
    def breaks(exchange: Exchange) -> None:
        exchange.send(head(200, [("content-type", "audio/mpeg"), ("content-length", "100")]))
        exchange.reset()

    sidecar = start(plain(upstream))
    response = sidecar.request("POST", CHAT, HI)
    check_ours(response, 500)
    lines = [line for line in sidecar.access_log(2) if line["path"] == CHAT]
    assert [line["status"] for line in lines] == [500]


def test_an_encoded_stream_is_passed_on_unseen(start, upstream: Upstream) -> None:
    payload = bytes(range(256)) * 4

    @upstream.behaviour("up-chat")
    def encoded(exchange: Exchange) -> None:
        fields = [("content-type", "text/event-stream"), ("content-encoding", "gzip"),
                  ("content-length", str(len(payload)))]
        exchange.send(head(200, fields) + payload)

    sidecar = start(plain(upstream))
    response = sidecar.request("POST", CHAT, {**HI, "stream": True})
    assert response.status == 200 and response.body == payload


def test_a_client_that_leaves_before_its_request_is_sent_over_tls(
    start, upstream: Upstream, tmp_path: Path
) -> None:
    """It ended the process: an exchange through libcurl could not be sent once it was cancelled."""
    authority = Authority(tmp_path)
    with SecureFront(authority.server("DNS:localhost"), ("127.0.0.1", upstream.port)) as front:
        sidecar = start(configuration([deployment("chat", f"https://localhost:{front.port}/v1")]),
                        environment={"SSL_CERT_FILE": str(authority.file)})
        assert sidecar.request("POST", CHAT, HI).status == 200
        wires = [Wire(sidecar.address) for _ in range(20)]
        for wire in wires:
            assert wire.request("GET", "/health/liveliness").status == 200
        # It finds the request and the end of its connection at the same time.
        sidecar.signal(signal.SIGSTOP)
        for wire in wires:
            wire.send(message("POST", CHAT, compact(HI)))
            wire.close()
        sidecar.signal(signal.SIGCONT)
        assert sidecar.request("POST", CHAT, HI).status == 200
        end = time.monotonic() + 20
        while sidecar.metrics().total("litellm_in_flight_requests") > 1:
            assert time.monotonic() < end, "something is left behind"
            time.sleep(0.05)
