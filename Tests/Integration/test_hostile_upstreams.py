"""Upstreams that misbehave, and the ways to them that are not straight."""

import contextlib
import gzip
import socket
import threading
from pathlib import Path

import pytest
from behaviours import ordinary
from conftest import UPSTREAM_KEY, configuration, deployment
from fronts import Authority, ForwardProxy, SecureFront
from sidecar import Sidecar
from test_errors import CHAT, HI, check_ours
from test_limits_wire import AMPLE
from upstream import CLOSE, Exchange, Upstream, compact, head
from wire import Wire, message


def plain(upstream: Upstream, **params: object) -> str:
    return configuration([deployment("chat", upstream.base, **params)],
                         router_settings={"num_retries": 0})


def ask(sidecar: Sidecar, **more: object):
    return sidecar.request("POST", CHAT, {**HI, **more})


ENDLESS = {
    "fields": (b"HTTP/1.1 200 OK\r\n", b"x-more: and more\r\n"),
    "one field": (b"HTTP/1.1 200 OK\r\nx: ", b"a" * 4000),
    "interim answers": (b"", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"),
    "status line": (b"HTTP/1.1 200 ", b"O" * 4000),
    "empty lines": (b"", b"\r\n"),
    "continuations": (b"HTTP/1.1 200 OK\r\nx: a\r\n", b" b\r\n"),
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_a_head_without_end(start, upstream: Upstream, kind: str) -> None:
    first, more = ENDLESS[kind]

    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        exchange.send(first)
        while True:  # Until the sidecar closes.
            exchange.send(more * 100)

    sidecar = start(plain(upstream))
    check_ours(ask(sidecar), 502)
    assert upstream.next_request().finished.wait(AMPLE), "the upstream was left writing"


def test_interim_answers_are_passed_over(start, upstream: Upstream) -> None:
    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        for status in (100, 102, 103, 103):
            exchange.send(b"HTTP/1.1 %d Interim\r\nlink: </a>\r\n\r\n" % status)
        ordinary(exchange)

    response = ask(start(plain(upstream)))
    assert response.status == 200 and response.header("link") is None
    assert response.json["model"] == "chat"


WRONG_HEADS = {
    "a switch of protocols": b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
    "length and chunked": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n"
                          b"\r\n2\r\n{}\r\n0\r\n\r\n",
    "a length below nothing": b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}",
    "an unknown coding": b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n",
    "CR in a value": b"HTTP/1.1 200 OK\r\nx: a\rset-cookie: b\r\ncontent-length: 2\r\n\r\n{}",
    "NUL in a value": b"HTTP/1.1 200 OK\r\nx: a\x00b\r\ncontent-length: 2\r\n\r\n{}",
    "bare line feeds": b"HTTP/1.1 200 OK\ncontent-length: 2\n\n{}",
    "no status": b"HTTP/1.1 OK\r\n\r\n", "HTTP/2": b"\x00\x00\x06\x04\x00\x00\x00\x00\x00",
    "HTTP/0.9": b"<html>hello</html>\r\n\r\n", "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
}


def test_heads_that_are_wrong(start, upstream: Upstream) -> None:
    sidecar = start(plain(upstream))
    for name, data in WRONG_HEADS.items():
        @upstream.behaviour("up-chat")
        def _(exchange: Exchange, data: bytes = data) -> None:
            exchange.send(data)
            exchange.hang_up()

        response = ask(sidecar)
        assert response.status in (500, 502), (name, response)
        assert response.json["error"]["message"], name
        assert response.header("set-cookie") is None


def test_more_than_was_announced_goes_to_nobody(start, upstream: Upstream) -> None:
    """What follows an answer must not be taken for the answer to the next request."""
    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        body = compact({"model": "up-chat", "number": exchange.request_number})
        smuggled = head(200, [("content-length", "2"), ("x-smuggled", "1")]) + b"{}"
        exchange.send(head(200, [("content-type", "application/json"),
                                 ("content-length", str(len(body)))]) + body + smuggled)

    sidecar = start(plain(upstream))
    for _ in range(3):
        response = ask(sidecar)
        assert response.json == {"model": "chat", "number": 1}
        assert response.header("x-smuggled") is None


def test_an_encoding_nobody_asked_for(start, upstream: Upstream) -> None:
    body = gzip.compress(compact({"model": "up-chat"}))
    upstream.behaviour("up-chat")(
        lambda exchange: exchange.answer(body, headers=[("content-encoding", "gzip")]))
    response = ask(start(plain(upstream)))
    assert response.body == body and response.header("content-encoding") == "gzip"
    assert upstream.next_request().header("accept-encoding") == "identity"


def test_a_connection_that_closes_behind_each_answer(start, upstream: Upstream) -> None:
    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        exchange.answer({"model": "up-chat"}, headers=[CLOSE])
        exchange.hang_up()

    sidecar = start(plain(upstream))
    assert {ask(sidecar).status for _ in range(10)} == {200}
    assert len({exchange.connection_number for exchange in upstream.requests}) == 10


def test_an_answer_before_the_request_was_read(start) -> None:
    """What does not fit into the sockets on the way is still to be sent when the answer comes."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(head(413, [("content-length", "2"), CLOSE]) + b"{}")
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(AMPLE)
            with contextlib.suppress(OSError):
                while connection.recv(1 << 20):
                    pass

    threading.Thread(target=serve, daemon=True).start()
    sidecar = start(configuration(
        [deployment("chat", f"http://127.0.0.1:{server.getsockname()[1]}/v1")],
        router_settings={"num_retries": 0}))
    response = ask(sidecar, pad="x" * (20 << 20))
    assert (response.status, response.body) == (413, b"{}")
    server.close()


def test_fields_that_a_connection_names_cost_no_time(start, upstream: Upstream) -> None:
    """Each field of an answer is looked for among the names that `Connection` lists."""
    names = ",".join(f"a{number}" for number in range(8000))

    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        fields = [(f"x{number}", "1") for number in range(240)]
        exchange.answer({"model": "up-chat"}, headers=[("connection", names), ("a7", "no"), *fields])

    sidecar = start(plain(upstream))
    response = ask(sidecar)
    assert response.status == 200
    assert response.header("x7") == "1" and response.header("a7") is None


def test_header_injection_from_an_upstream_and_a_table(start, upstream: Upstream) -> None:
    upstream.behaviour("up-chat")(lambda exchange: exchange.answer(
        {"model": "up-chat"}, headers=[
            ("x-litellm-call-id", "forged"), ("x-sidegate-endpoint", "forged"),
            ("connection", "x-hop"), ("x-hop", "1"), ("keep-alive", "timeout=5"),
            ("proxy-authenticate", "Basic"), ("trailer", "x"), ("upgrade", "h2c"), ("x-kept", "1")]))
    sidecar = start(plain(upstream, headers={"x-two": "a\r\nx-injected: b", "x\r\ny": "c"}))
    with Wire(sidecar.address) as wire:
        wire.send(message("POST", CHAT, compact(HI), {"x-litellm-call-id": "mine"}))
        response = wire.response()
    names = [name for name, _ in response.headers]
    assert response.header("x-kept") == "1" and response.header("x-litellm-call-id") == "mine"
    assert len(names) == len(set(names)), names
    assert not {"x-hop", "keep-alive", "proxy-authenticate", "trailer", "upgrade",
                "x-sidegate-endpoint"} & set(names)
    sent = upstream.next_request()
    assert sent.header("x-two") == "a  x-injected: b"
    assert sent.header("x-injected") is None and sent.header("y") is None


@pytest.mark.parametrize("forwards", [False, True])
def test_what_a_clients_headers_cannot_do(start, upstream: Upstream, forwards: bool) -> None:
    """Nothing hop-by-hop, nothing that steers a gateway or names a key, goes on to an upstream."""
    stays = {
        "connection": "keep-alive, x-mine, traceparent", "x-mine": "1", "traceparent": "00-1-2-01",
        "keep-alive": "1", "te": "trailers", "trailer": "x", "upgrade": "h2c", "cookie": "a=b",
        "proxy-authorization": "Basic x", "proxy-connection": "close", "x-api-key": "sk-mine",
        "x-litellm-api-key": "sk-mine", "x-litellm-tags": "a", "x-litellm-timeout": "20",
        "x-litellm-model-group": "other", "x-sidegate-endpoint": "other", "x-goog-api-key": "a",
        "authorization": "Bearer sk-mine", "api-key": "sk-mine", "forwarded": "for=1.2.3.4"}
    goes = {"x-request-id": "7"} | ({"x-other": "1"} if forwards else {})
    sidecar = start(configuration(
        [deployment("chat", upstream.base)],
        general_settings={"forward_client_headers_to_llm_api": forwards}))
    response = sidecar.request("POST", CHAT, HI, {**stays, **goes, "x-other": "1"})
    assert response.status == 200
    sent = upstream.next_request()
    names = [name for name, _ in sent.headers]
    assert sent.header("authorization") == f"Bearer {UPSTREAM_KEY}"
    assert not (set(stays) - {"authorization"}) & set(names)
    assert set(goes) <= set(names) and ("x-other" in names) == forwards
    assert len(names) == len(set(names))


# Ways to an upstream.


def test_an_address_of_ipv6(start) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 on the loopback interface")

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            seen.append(connection.recv(65536))
            connection.sendall(head(200, [("content-type", "application/json"),
                                          ("content-length", "2")]) + b"{}")
            connection.recv(1)

    seen: list[bytes] = []
    threading.Thread(target=serve, daemon=True).start()
    port = listener.getsockname()[1]
    sidecar = start(configuration([deployment("chat", f"http://[::1]:{port}/v1")]))
    assert ask(sidecar).status == 200
    assert f"host: [::1]:{port}\r\n".encode() in seen[0]
    listener.close()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def secured(port: int, host: str = "localhost") -> str:
    return configuration([deployment("chat", f"https://{host}:{port}/v1")],
                         router_settings={"num_retries": 0})


def test_tls_is_verified_by_a_private_authority(
    start, upstream: Upstream, authority: Authority
) -> None:
    with SecureFront(authority.server("DNS:localhost"), ("127.0.0.1", upstream.port)) as front:
        trusting = start(secured(front.port), environment={"SSL_CERT_FILE": str(authority.file)})
        assert ask(trusting).json["model"] == "chat"
        # Without the authority, and with a name that is not the certificate's.
        for host, environment in (("localhost", {}),
                                  ("127.0.0.1", {"SSL_CERT_FILE": str(authority.file)})):
            other = start(secured(front.port, host), environment=environment)
            before = len(upstream.requests)
            check_ours(ask(other), 500)
            other.wait_log("tls: ", AMPLE)
            assert len(upstream.requests) == before, "something was sent to who is not trusted"
        source = configuration([deployment("chat", f"https://127.0.0.1:{front.port}/v1")],
                               litellm_settings={"ssl_verify": False})
        careless = start(source)
        assert ask(careless).status == 200
        careless.wait_log("certificates are not verified", AMPLE)


@pytest.mark.parametrize("kind", ["endless", "too many fields", "interim"])
def test_heads_over_tls_have_the_same_limits(
    start, upstream: Upstream, authority: Authority, kind: str
) -> None:
    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        more = {"endless": b"x: " + b"a" * 4000 + b"\r\n", "too many fields": b"x: 1\r\n" * 300,
                "interim": b"\r\nHTTP/1.1 103 E\r\nlink: </a>\r\n"}[kind]
        exchange.send(b"HTTP/1.1 %d X\r\n" % (103 if kind == "interim" else 200))
        while True:
            exchange.send(more)

    with SecureFront(authority.server("DNS:localhost"), ("127.0.0.1", upstream.port)) as front:
        sidecar = start(secured(front.port), environment={"SSL_CERT_FILE": str(authority.file)})
        check_ours(ask(sidecar), 502)
        assert upstream.next_request().finished.wait(AMPLE)


def test_a_corporate_proxy(start, upstream: Upstream, authority: Authority) -> None:
    address = ("127.0.0.1", upstream.port)
    with (SecureFront(authority.server("DNS:gpu.test,DNS:localhost"), address) as front,
          ForwardProxy(("127.0.0.1", front.port)) as proxy,
          ForwardProxy(address) as plain_proxy):
        source = configuration(
            [deployment("chat", "https://gpu.test/v1"), deployment("plain", "http://vllm.test/v1"),
             deployment("near", f"https://localhost:{front.port}/v1")],
            router_settings={"num_retries": 0})
        sidecar = start(source, environment={
            "SSL_CERT_FILE": str(authority.file), "NO_PROXY": "localhost,127.0.0.1",
            "HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}",
            "http_proxy": f"http://127.0.0.1:{plain_proxy.port}"})
        assert ask(sidecar).json["model"] == "chat"
        assert proxy.heads[0].startswith("CONNECT gpu.test:443 HTTP/1.1\r\n")
        assert UPSTREAM_KEY not in "".join(proxy.heads), "the key goes through the tunnel alone"
        assert ask(sidecar, model="plain").status == 200
        assert plain_proxy.heads[0].startswith(f"POST http://vllm.test{CHAT} HTTP/1.1\r\n")
        count = proxy.count
        assert ask(sidecar, model="near").status == 200
        assert proxy.count == count, "NO_PROXY names it"


def test_a_proxy_that_refuses(start, authority: Authority) -> None:
    with ForwardProxy(("127.0.0.1", 1), b"407 Proxy Authentication Required") as proxy:
        sidecar = start(secured(443, "gpu.test"),
                        environment={"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"})
        check_ours(ask(sidecar), 500)


def test_a_pooled_connection_that_has_gone_stale(start, upstream: Upstream) -> None:
    """Its request was not answered by a byte, so it is sent once more; what began is not."""
    calls: list[int] = []

    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        calls.append(exchange.request_number)
        if exchange.request_number == 2:
            exchange.reset()
        exchange.answer({"model": "up-chat"})

    sidecar = start(plain(upstream))
    assert ask(sidecar).status == 200
    assert ask(sidecar).status == 200
    assert calls == [1, 2, 1], "sent once more, on a new connection"

    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        calls.append(exchange.request_number)
        if exchange.request_number > 1:
            exchange.send(b"HTTP/1.1 200")
        exchange.reset()

    calls.clear()
    check_ours(ask(sidecar), 500)
    assert len(calls) in (1, 2)
