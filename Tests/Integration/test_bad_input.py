"""Bad input and bad surroundings: each gets a clear error, and nobody beside it notices."""

import os
import re
import resource
import socket
import ssl
import subprocess
import threading
import time
from pathlib import Path

import pytest
from behaviours import delta
from conftest import configuration, deployment
from fronts import Authority, SecureFront
from sidecar import SIDEGATE, Sidecar, clean_environment, free_port
from test_errors import CHAT, HI, check_ours
from test_limits_wire import AMPLE, nested
from upstream import Exchange, Upstream, compact
from wire import Wire, message


class Neighbour:
    """A stream of numbered events beside the trouble; it must lose none."""

    def __init__(self, sidecar: Sidecar, upstream: Upstream) -> None:
        self.enough = threading.Event()
        self.sent = 0

        @upstream.behaviour("up-neighbour")
        def _(exchange: Exchange) -> None:
            exchange.start_stream()
            while not self.enough.wait(0.02):
                exchange.event(delta(exchange, {"content": f"<{self.sent}>"}))
                self.sent += 1
            exchange.end_stream()

        self.wire = Wire(sidecar.address, timeout=AMPLE)
        body = {**HI, "model": "neighbour", "stream": True}
        self.wire.send(message("POST", CHAT, compact(body)))
        assert self.wire.read_head()[0] == 200

    def finish(self) -> None:
        self.enough.set()
        body = b""
        while piece := self.wire.read_chunk():
            body += piece
        self.wire.close()
        assert [int(number) for number in re.findall(rb"<(\d+)>", body)] == list(range(self.sent))
        assert body.endswith(b"data: [DONE]\n\n")


@pytest.fixture
def sidecar(start, upstream: Upstream):
    """A sidecar with a stream open, which must end well, and must hold no more than before."""
    running = start(
        configuration([deployment(name, upstream.base) for name in ("chat", "neighbour")],
                      router_settings={"num_retries": 0}), admin=True)
    neighbour = Neighbour(running, upstream)
    yield running
    neighbour.finish()
    end = time.monotonic() + AMPLE
    while open_connections(running) > 0:
        assert time.monotonic() < end, "connections are left behind"
        time.sleep(0.05)
    assert running.request("POST", CHAT, HI).status == 200


def open_connections(sidecar: Sidecar) -> int:
    """But the one that asks."""
    page = sidecar.admin("/metrics").body.decode()
    return int(re.search(r"^sidegate_open_connections (\d+)", page, re.M).group(1)) - 1


def said(sidecar: Sidecar, data: bytes) -> bytes:
    """All that comes back, until the sidecar closes."""
    received = b""
    with socket.create_connection(sidecar.address, timeout=AMPLE) as connection:
        connection.sendall(data)
        try:
            while piece := connection.recv(65536):
                received += piece
        except ConnectionError:
            pass
    return received


# Bytes.


def test_a_hundred_megabytes(sidecar: Sidecar) -> None:
    """A client that sends all of it before it looks still finds its answer."""
    before = sidecar.resident_kilobytes()
    piece = b" " * (1 << 20)
    for headers, cover in (({"content-length": str(100 << 20)}, b"%s"),
                           ({"transfer-encoding": "chunked"}, b"100000\r\n%s\r\n")):
        with Wire(sidecar.address, timeout=AMPLE) as wire:
            wire.send(message("POST", CHAT, b"", headers))
            for _ in range(100):
                wire.send(cover.replace(b"%s", piece))
            error = check_ours(wire.response(), 413)
            assert "67108864 bytes" in error["message"]
    # One body up to its limit, in a buffer that doubles, and what the allocator keeps.
    assert sidecar.resident_kilobytes() - before < 200_000


@pytest.mark.parametrize("depth", [513, 10_000, 1_000_000])
def test_levels_of_nesting(sidecar: Sidecar, depth: int) -> None:
    error = check_ours(sidecar.request("POST", CHAT, nested(depth)), 400)
    assert "nested too deeply" in error["message"]
    assert sidecar.request("POST", CHAT, nested(512)).status == 200


WRONG_BODIES = {
    "no JSON": b"hello", "cut": b'{"model":"chat","messages":[', "empty": b"", "array": b'["model"]',
    "string": b'"chat"', "number": b"1", "two documents": compact(HI) * 2,
    "not UTF-8": b'{"model":"chat","messages":["\xff\xfe"]}',
    "cut UTF-8": b'{"model":"chat","messages":["\xe2\x82"]}',
    "surrogate in UTF-8": b'{"model":"chat","messages":["\xed\xa0\x80"]}',
    "overlong UTF-8": b'{"model":"chat","messages":["\xc0\xaf"]}',
    "not UTF-8 in the model": b'{"model":"ch\xffat","messages":[]}',
    "UTF-16": '{"model":"chat"}'.encode("utf-16"), "byte order mark": b"\xef\xbb\xbf" + compact(HI),
    "NUL": b'{"model":"chat",\x00"messages":[]}', "line break": b'{"model":"ch\nat"}',
    "no model": b'{"messages":[]}', "null": b'{"model":null}', "a number": b'{"model":1}',
    "a list": b'{"model":["chat"]}', "an object": b'{"model":{"a":1}}', "true": b'{"model":true}',
    "no name": b'{"model":""}', "twice": b'{"model":"chat","model":"chat"}',
    "twice, once escaped": b'{"model":"chat","\\u006dodel":"other"}',
    "half a surrogate": b'{"model":"\\ud800"}', "an unknown escape": b'{"model":"\\x41"}',
}


def test_bodies_that_are_wrong(sidecar: Sidecar, upstream: Upstream) -> None:
    count = len(upstream.requests)
    with Wire(sidecar.address, timeout=AMPLE) as wire:  # Their framing is good: the connection stays.
        for name, body in WRONG_BODIES.items():
            response = wire.request("POST", CHAT, body)
            assert response.status == 400, (name, response)
            assert response.json["error"]["message"], name
    assert len(upstream.requests) == count, "something of it was sent on"


def test_scalars_that_nobody_needs_are_the_upstreams_to_judge(
    sidecar: Sidecar, upstream: Upstream
) -> None:
    body = b'{"model":"chat","messages":[{"role":"user","content":"Hi","n":[00,tru,1e]}]}'
    # To whom it is no JSON, it names no model.
    upstream.behaviour("")(lambda exchange: exchange.answer({"error": {}}, 422))
    assert sidecar.request("POST", CHAT, body).status == 422
    assert upstream.requests[-1].body == body.replace(b'"chat"', b'"up-chat"')


def test_clients_that_leave_early(sidecar: Sidecar, upstream: Upstream) -> None:
    whole = message("POST", CHAT, compact(HI))
    for count in range(0, len(whole), 7):
        with socket.create_connection(sidecar.address, timeout=AMPLE) as connection:
            connection.sendall(whole[:count])
            if count % 2:  # A reset instead of an end.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert sidecar.request("POST", CHAT, HI).status == 200


# Other protocols.


def test_tls_on_the_plain_port(sidecar: Sidecar) -> None:
    context = ssl.create_default_context()
    with socket.create_connection(sidecar.address, timeout=AMPLE) as connection:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            context.wrap_socket(connection, server_hostname="localhost")
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200))
    answer = said(sidecar, hello)
    assert answer.startswith(b"HTTP/1.1 400 ") and b"plain HTTP, not TLS" in answer


def test_http_2_on_the_plain_port(sidecar: Sidecar) -> None:
    answer = said(sidecar, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
    assert answer.startswith(b"HTTP/1.1 505 ") and b"HTTP/1.1 are served" in answer
    result = subprocess.run(
        ["curl", "-sS", "--http2", "-o", "/dev/null", "-w", "%{http_version} %{http_code}",
         f"http://127.0.0.1:{sidecar.port}/health/liveliness"], capture_output=True, text=True)
    assert result.stdout == "1.1 200", "an upgrade that is offered need not be taken"


@pytest.mark.parametrize("data", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x05\x01\x00", b"\x00" * 100,
                                  b"*1\r\n$4\r\nPING\r\n", b"EHLO x\r\n\r\n", b"\xff\xd8\xff\xe0"])
def test_whatever_is_no_http(sidecar: Sidecar, data: bytes) -> None:
    answer = said(sidecar, data + b"\r\n\r\n")
    assert answer.split(b" ")[1] in (b"400", b"505"), answer
    assert b"connection: close" in answer and b'"error"' in answer


def test_http_1_0(sidecar: Sidecar) -> None:
    answer = said(sidecar, b"POST %s HTTP/1.0\r\ncontent-length: %d\r\n\r\n%s" % (
        CHAT.encode(), len(compact(HI)), compact(HI)))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ") and b"connection: close" in head
    assert b"transfer-encoding" not in head and b'"model":"chat"' in body


# Surroundings.


def ends_with_one_line(*arguments: object) -> str:
    result = subprocess.run([SIDEGATE, *map(str, arguments)], capture_output=True, text=True,
                            timeout=AMPLE, env=clean_environment())
    assert result.returncode == 1, result
    assert result.stderr.count("\n") == 1 and result.stdout == ""
    assert result.stderr.startswith("sidegate: ")
    return result.stderr


def test_what_keeps_it_from_starting(start, table, upstream: Upstream, tmp_path: Path) -> None:
    good = table(configuration([deployment("chat", upstream.base)]))
    listen = ("--listen", f"127.0.0.1:{free_port()}")
    assert "none.sgt" in ends_with_one_line("--table", tmp_path / "none.sgt", *listen)
    assert str(tmp_path) in ends_with_one_line("--table", tmp_path, *listen)
    assert "/dev/null" in ends_with_one_line("--table", "/dev/null", *listen)
    newer = bytearray(good.read_bytes())
    newer[8] += 1
    (tmp_path / "newer.sgt").write_bytes(newer)
    told = ends_with_one_line("--table", tmp_path / "newer.sgt", *listen)
    assert "version 2" in told and "newer.sgt" in told
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        told = ends_with_one_line("--table", good, "--listen", address)
        assert address in told and "in use" in told
        told = ends_with_one_line("--table", good, *listen, "--admin-listen", address)
        assert address in told
    told = ends_with_one_line("--table", good, *listen, "--access-log", tmp_path / "none" / "log")
    assert str(tmp_path / "none" / "log") in told
    long = "unix:/" + "a" * 200
    result = subprocess.run([SIDEGATE, "--table", good, "--listen", long], capture_output=True,
                            text=True, timeout=AMPLE, env=clean_environment())
    assert result.returncode == 2 and result.stderr.count("\n") == 1


def test_a_credential_that_cannot_be_read(start, upstream: Upstream, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").write_text("")
    files = {"missing": tmp_path / "none", "folder": tmp_path / "folder", "empty": tmp_path / "empty"}
    sidecar = start(configuration(
        [deployment("chat", upstream.base)]
        + [deployment(name, upstream.base, api_key=f"file:{path}") for name, path in files.items()]))
    told = sidecar.request("GET", "/health/readiness").body.decode()
    for name, path in files.items():
        assert str(path) in told
        assert str(path) in sidecar.log()
        response = sidecar.request("POST", CHAT, {**HI, "model": name})
        assert response.status in (400, 429, 500, 503) and response.json["error"]["message"]
    assert sidecar.request("POST", CHAT, HI).status == 200
    assert {exchange.model for exchange in upstream.requests} == {"up-chat"}


def test_a_full_disk_under_the_log(start, upstream: Upstream) -> None:
    sidecar = start(configuration([deployment("chat", upstream.base)]), "--access-log", "/dev/full")
    for _ in range(20):
        assert sidecar.request("POST", CHAT, HI).status == 200
    sidecar.wait_log("access log.*No space left on device", AMPLE)
    end = time.monotonic() + AMPLE
    while sidecar.metrics().total("sidegate_access_log_lines_dropped_total") < 20:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert len(re.findall("No space left", sidecar.log())) == 1, "told once, not for each line"


def descriptors(pid: int) -> set[int]:
    """Those of a process, once they have come to rest."""
    while True:
        seen = {int(name) for name in os.listdir(f"/proc/{pid}/fd")}
        time.sleep(0.3)
        if seen == {int(name) for name in os.listdir(f"/proc/{pid}/fd")}:
            return seen


def leave_one_descriptor(sidecar: Sidecar) -> tuple[int, int]:
    """Takes all but one away, and gives the limits as they were."""
    pid = sidecar.process.pid
    try:
        used = descriptors(pid)
    except PermissionError:
        pytest.skip("whose descriptors are hidden, since it cannot be dumped; root may look")
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    assert before[0] == before[1], "it has raised its own limit as far as it may"
    # The limit is one of numbers: below it, one must be free.
    limit = next(n for n in range(1, 1000) if n - sum(number < n for number in used) == 1)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (limit, before[1]))
    return before


@pytest.mark.parametrize("host", ["http://127.0.0.1", "http://localhost", "https://localhost"])
def test_a_last_descriptor(start, upstream: Upstream, tmp_path: Path, host: str) -> None:
    """It is a client's; then there is none for an upstream, which is not to blame, nor for the next
    client, who waits."""
    authority = Authority(tmp_path)
    with SecureFront(authority.server("DNS:localhost"), ("127.0.0.1", upstream.port)) as front:
        base = f"{host}:{front.port if host.startswith('https') else upstream.port}/v1"
        # Of two, one that fails would cool.
        sidecar = start(
            configuration([deployment("chat", base), deployment("chat", base, "up-other")],
                          router_settings={"allowed_fails": 0, "cooldown_time": 3600}),
            environment={"SSL_CERT_FILE": str(authority.file)})
        before = leave_one_descriptor(sidecar)
        with Wire(sidecar.address, timeout=AMPLE) as first:
            assert first.request("GET", "/health/liveliness").status == 200
            for _ in range(5):
                error = check_ours(first.request("POST", CHAT, compact(HI)), 503)
                assert "files and connections" in error["message"]
            sidecar.wait_log("too many open files", AMPLE)
            with Wire(sidecar.address, timeout=AMPLE) as second:
                second.send(message("GET", "/health/liveliness"))
                assert first.request("GET", "/health/liveliness").status == 200
                first.close()
                assert second.response().status == 200
        resource.prlimit(sidecar.process.pid, resource.RLIMIT_NOFILE, before)
        # A name that could not be looked up is not asked for again at once.
        end = time.monotonic() + AMPLE
        while sidecar.request("POST", CHAT, HI).status == 503:
            assert time.monotonic() < end
            time.sleep(0.1)
        for name in ("litellm_deployment_failure_responses_total",
                     "litellm_deployment_cooled_down_total", "sidegate_upstream_errors_total"):
            assert sidecar.metrics().total(name) == 0, name
        for _ in range(6):
            assert sidecar.request("POST", CHAT, HI).status == 200
        assert {exchange.model for exchange in upstream.requests} == {"up-chat", "up-other"}
