"""HTTP/1.1 on the client's side, by curl and by hand."""

import json
import re
import socket
import subprocess

import pytest
from conftest import MASTER_KEY, configuration, deployment
from sidecar import Sidecar
from upstream import Upstream
from wire import Wire, message

BODY = b'{"model":"chat","messages":[{"role":"user","content":"Hi"}]}'
PATH = "/v1/chat/completions"


@pytest.fixture
def wire(gateway: Sidecar):
    with Wire(gateway.address) as connection:
        yield connection


def curl(gateway: Sidecar, path: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    root = f"http://127.0.0.1:{gateway.port}"
    key = f"Authorization: Bearer {MASTER_KEY}"
    return subprocess.run(
        ["curl", "-sS", "--max-time", "10", "-H", key, *arguments, root + path],
        capture_output=True, text=True, timeout=20)


JSON_POST = ("-H", "Content-Type: application/json", "-d", BODY.decode())


def test_curl_asks_and_is_answered(gateway: Sidecar) -> None:
    result = curl(gateway, PATH, *JSON_POST)
    assert json.loads(result.stdout)["model"] == "chat", result


def test_curl_keeps_the_connection(gateway: Sidecar) -> None:
    root = f"http://127.0.0.1:{gateway.port}{PATH}"
    result = curl(gateway, PATH, "-w", "%{num_connects}\n", "-o", "/dev/null", "-o", "/dev/null",
                  *JSON_POST, root)
    assert result.stdout.split() == ["1", "0"], result


@pytest.mark.parametrize("flag", ["--http1.0", "--http1.1"])
def test_curl_in_both_versions(gateway: Sidecar, flag: str) -> None:
    result = curl(gateway, PATH, flag, "-i", *JSON_POST)
    head, _, body = result.stdout.partition("\n\n")
    assert " 200 " in head
    assert json.loads(body)["object"] == "chat.completion"


def test_a_stream_over_http_1_0_ends_with_the_connection(gateway: Sidecar) -> None:
    body = BODY.decode().replace('"messages"', '"stream":true,"messages"')
    result = curl(gateway, PATH, "--http1.0", "-i", "-H", "Content-Type: application/json",
                  "-d", body)
    assert "chunked" not in result.stdout.lower()
    assert result.stdout.rstrip().endswith("data: [DONE]")


def test_curl_sends_a_chunked_request(gateway: Sidecar, upstream: Upstream) -> None:
    curl(gateway, PATH, "-H", "Transfer-Encoding: chunked", *JSON_POST)
    sent = upstream.next_request()
    assert sent.json["model"] == "up-chat"
    assert sent.json["messages"] == json.loads(BODY)["messages"]


def test_curl_waits_for_continue(gateway: Sidecar) -> None:
    result = curl(gateway, PATH, "-v", "-H", "Expect: 100-continue", *JSON_POST)
    assert "100 Continue" in result.stderr
    assert json.loads(result.stdout)["model"] == "chat"


def test_continue_is_not_said_to_who_is_refused(gateway: Sidecar, wire: Wire) -> None:
    wire.send(message("POST", PATH, b"", {"content-length": "100", "expect": "100-continue",
                                          "authorization": "Bearer sk-wrong",
                                          "content-type": "application/json"}))
    assert wire.response().status == 401


def test_head_has_the_headers_alone(wire: Wire, auth: dict[str, str]) -> None:
    got = wire.request("GET", "/v1/models", headers=auth)
    head = wire.request("HEAD", "/v1/models", headers=auth)
    assert (head.status, head.body) == (200, b"")
    assert head.header("content-length") == got.header("content-length")
    assert wire.request("GET", "/v1/models", headers=auth).status == 200


def test_options_tells_the_methods_and_lets_no_web_page_in(wire: Wire) -> None:
    """An endpoint on localhost with credentials behind it is no place for other origins."""
    response = wire.request("OPTIONS", PATH, headers={
        "origin": "http://localhost:3000", "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type"})
    assert response.status in (200, 204)
    assert "POST" in (response.header("allow") or "")
    assert response.header("access-control-allow-origin") is None


def test_pipelined_requests_are_answered_in_order(
    wire: Wire, upstream: Upstream, auth: dict[str, str]
) -> None:
    bodies = [BODY.replace(b"Hi", f"number {n}".encode()) for n in range(5)]
    wire.send(b"".join(message("POST", PATH, body, auth) for body in bodies)
              + message("GET", "/health/liveliness"))
    assert [wire.response().json["model"] for _ in bodies] == ["chat"] * 5
    assert b"alive" in wire.response().body
    asked = [exchange.json["messages"][0]["content"] for exchange in upstream.requests]
    assert asked == [f"number {n}" for n in range(5)]


def test_a_request_may_come_a_byte_at_a_time(wire: Wire, auth: dict[str, str]) -> None:
    wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in message("POST", PATH, BODY, auth):
        wire.send(bytes([byte]))
    assert wire.response().status == 200


def test_connection_close_is_honoured(wire: Wire, auth: dict[str, str]) -> None:
    response = wire.request("POST", PATH, BODY, {**auth, "connection": "close"})
    assert response.status == 200
    assert wire.at_end()


def raw(line: str, *headers: str) -> bytes:
    return ("\r\n".join([line, *headers]) + "\r\n\r\n").encode("latin-1")


POST = f"POST {PATH} HTTP/1.1"
HOST = "Host: localhost"
KEY = f"Authorization: Bearer {MASTER_KEY}"
AMBIGUOUS = {
    "two lengths": raw(POST, HOST, KEY, "Content-Length: 2", "Content-Length: 3") + b"{}}",
    "length and chunked": raw(POST, HOST, KEY, "Content-Length: 5", "Transfer-Encoding: chunked")
    + b"0\r\n\r\n",
    "signed length": raw(POST, HOST, KEY, "Content-Length: +2") + b"{}",
    "folded header": raw(POST, HOST, KEY, "X-A: 1", " 2", "Content-Length: 0"),
    "bare LF": raw(POST, HOST, KEY, "X-A: 1\nX-B: 2", "Content-Length: 0"),
    "space before colon": raw(POST, HOST, KEY, "Content-Length : 2") + b"{}",
    "empty name": raw(POST, HOST, KEY, ": 1", "Content-Length: 0"),
    "no host": raw(POST, KEY, "Content-Length: 0"),
    "two hosts": raw(POST, HOST, "Host: other", KEY, "Content-Length: 0"),
    "other coding": raw(POST, HOST, KEY, "Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n",
    "chunked in 1.0": raw(f"POST {PATH} HTTP/1.0", HOST, KEY, "Transfer-Encoding: chunked")
    + b"0\r\n\r\n",
    "bad chunk size": raw(POST, HOST, KEY, "Transfer-Encoding: chunked") + b"zz\r\n\r\n",
    "NUL in a value": raw(POST, HOST, KEY, "X-A: a\x00b", "Content-Length: 0"),
    "HTTP/0.9": b"GET /v1/models\r\n\r\n",
    "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_ambiguous_framing_is_refused(wire: Wire, upstream: Upstream, name: str) -> None:
    wire.send(AMBIGUOUS[name])
    try:
        assert wire.response().status in (400, 501, 505)
        assert wire.at_end(), "the connection was kept"
    except (EOFError, ConnectionError):
        pass  # Closing without a word is a refusal too.
    assert upstream.requests == []


def test_a_long_head_is_refused(wire: Wire) -> None:
    wire.send(raw("GET /v1/models HTTP/1.1", HOST, KEY, "X-Long: " + "a" * 1_000_000)[:-4])
    try:
        assert wire.response().status in (400, 413, 431)
    except (EOFError, ConnectionError):
        pass
    assert wire.at_end()


def test_serves_a_unix_socket(start, upstream: Upstream, tmp_path) -> None:
    path = tmp_path / "sidegate.sock"
    start(configuration([deployment("chat", upstream.base)]), "--listen", f"unix:{path}")
    with Wire(str(path)) as wire:
        assert wire.request("POST", PATH, BODY).json["model"] == "chat"


def test_listens_on_more_than_one_address(start, upstream: Upstream) -> None:
    from sidecar import free_port

    port = free_port()
    start(configuration([deployment("chat", upstream.base)]), "--listen", f"127.0.0.1:{port}")
    with Wire(("127.0.0.1", port)) as wire:
        assert wire.request("POST", PATH, BODY).status == 200


def test_says_when_it_was(wire: Wire, auth: dict[str, str]) -> None:
    response = wire.request("GET", "/v1/models", headers=auth)
    date = r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"
    assert re.fullmatch(date, response.header("date") or "")
