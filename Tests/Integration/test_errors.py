"""Errors of ours have LiteLLM's envelope and status; an upstream's go through as they are."""

import json
import socket

import pytest
from conftest import UPSTREAM_KEY, configuration, deployment
from sidecar import Sidecar, free_port
from upstream import Exchange, Upstream
from wire import Response, Wire, message

CHAT = "/v1/chat/completions"
HI = {"model": "chat", "messages": [{"role": "user", "content": "Hi"}]}


def check_ours(response: Response, status: int, kind: str | None = None) -> dict:
    """The envelope of LiteLLM §4.2: four members, the code a string."""
    assert response.status == status, response
    error = response.json["error"]
    assert {"message", "type", "param", "code"} <= set(error)
    assert error["code"] == str(status)
    assert error["message"]
    if kind:
        assert error["type"] == kind
    assert (response.header("content-type") or "").startswith("application/json")
    if status != 431:  # A head that could not be read has no call.
        assert response.header("x-litellm-call-id")
    return error


@pytest.mark.parametrize("body", [b"{", b"not json", b'{"model":"chat",}', b'{"model":"chat"}}',
                                  b'{"model":"chat","a":"\xff"}', b'{"model":"chat" "a":1}'])
def test_malformed_json(gateway: Sidecar, upstream: Upstream, auth, body: bytes) -> None:
    error = check_ours(gateway.request("POST", CHAT, body, auth), 400, "invalid_request_error")
    assert error["param"] == "request_body"
    assert "Invalid JSON payload" in error["message"]
    assert upstream.requests == []


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'"chat"', b'{"model":null}', b'{"model":7}'])
def test_a_body_without_a_model(gateway: Sidecar, upstream: Upstream, auth, body: bytes) -> None:
    check_ours(gateway.request("POST", CHAT, body, auth), 400, "invalid_request_error")
    assert upstream.requests == []


def test_an_unknown_model(gateway: Sidecar, upstream: Upstream, auth) -> None:
    response = gateway.request("POST", CHAT, {**HI, "model": "nothing"}, auth)
    error = check_ours(response, 400, "invalid_request_error")
    assert "model=nothing" in error["message"]
    assert "no healthy deployments" in error["message"]


def test_a_hostile_model_name_is_quoted_well(gateway: Sidecar, auth) -> None:
    name = 'a"b\\c\n\x00<script>' + "x" * 100_000
    response = gateway.request("POST", CHAT, {**HI, "model": name}, auth)
    check_ours(response, 400)
    assert len(response.body) < 10_000


def test_a_model_named_twice(gateway: Sidecar, upstream: Upstream, auth) -> None:
    """The upstream might take the one that was not checked."""
    body = b'{"model":"chat","messages":[],"mod\\u0065l":"other"}'
    assert check_ours(gateway.request("POST", CHAT, body, auth), 400)["param"] == "model"
    assert upstream.requests == []


@pytest.mark.parametrize("field", ["mock_testing_fallbacks", "mock_testing_rate_limit_error"])
def test_pretended_failures_are_refused(
    gateway: Sidecar, upstream: Upstream, auth, field: str
) -> None:
    check_ours(gateway.request("POST", CHAT, {**HI, field: True}, auth), 400)
    assert upstream.requests == []


def test_anthropics_envelope_for_anthropics_endpoint(gateway: Sidecar, auth) -> None:
    response = gateway.request("POST", "/v1/messages", {**HI, "model": "nothing"}, auth)
    assert response.status == 400
    assert response.json["type"] == "error"
    assert response.json["error"]["type"] == "invalid_request_error"
    assert "nothing" in response.json["error"]["message"]


def test_unknown_paths_and_methods(gateway: Sidecar, auth) -> None:
    response = gateway.request("GET", "/v1/nothing", headers=auth)
    assert (response.status, response.json) == (404, {"detail": "Not Found"})
    response = gateway.request("GET", CHAT, headers=auth)
    assert (response.status, response.json) == (405, {"detail": "Method Not Allowed"})
    assert "POST" in (response.header("allow") or "")


@pytest.mark.parametrize("path", ["/v1/files", "/v1/batches", "/v1/responses/resp_1"])
def test_what_needs_state_is_not_implemented(
    gateway: Sidecar, upstream: Upstream, auth, path: str
) -> None:
    check_ours(gateway.request("GET", path, headers=auth), 501)
    assert upstream.requests == []


UPSTREAM_ERRORS = [
    (400, b'{"error":{"message":"bad","type":"BadRequestError","param":"n","code":400}}'),
    (401, b'{"error":"Unauthorized"}'),
    (403, b'{"error":{"message":"no","type":"x","param":null,"code":403}}'),
    (404, b'{"detail":"Not Found"}'),
    (422, b'{"error":{"message":"\xc3\xa4"}}'),
    (429, b'{"error":{"message":"slow down"}}'),
    (500, b"<html>oops</html>"),
    (503, b""),
]


@pytest.mark.parametrize("status, body", UPSTREAM_ERRORS)
@pytest.mark.parametrize("stream", [False, True])
def test_an_upstreams_error_goes_through(
    gateway: Sidecar, upstream: Upstream, auth, status: int, body: bytes, stream: bool
) -> None:
    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        exchange.answer(body, status, [("retry-after", "7"), ("x-upstream", "1")])

    # Retries are asked off for this request, so that one answer is the last.
    response = gateway.request("POST", CHAT, {**HI, "stream": stream, "num_retries": 0}, auth)
    assert (response.status, response.body) == (status, body)
    assert response.header("retry-after") == "7"
    assert response.header("x-upstream") == "1"
    assert response.header("x-sidegate-error-class")
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("status, name", [
    (400, "BadRequestError"), (401, "AuthenticationError"), (403, "PermissionDeniedError"),
    (404, "NotFoundError"), (429, "RateLimitError"), (500, "InternalServerError"),
    (503, "ServiceUnavailableError")])
def test_the_error_class_is_named(
    gateway: Sidecar, upstream: Upstream, auth, status: int, name: str
) -> None:
    upstream.behaviour("up-chat")(lambda exchange: exchange.answer({"error": {}}, status))
    response = gateway.request("POST", CHAT, {**HI, "num_retries": 0}, auth)
    assert response.header("x-sidegate-error-class") == name


def test_a_context_window_error_is_named(gateway: Sidecar, upstream: Upstream, auth) -> None:
    import transcript

    upstream.behaviour("up-chat")(transcript.load("47-err-too-long").replay)
    response = gateway.request("POST", CHAT, HI, auth)
    assert response.status == 400
    assert response.header("x-sidegate-error-class") == "ContextWindowExceededError"


def test_nothing_listens_upstream(start) -> None:
    sidecar = start(configuration([deployment("chat", f"http://127.0.0.1:{free_port()}/v1")],
                                  router_settings={"num_retries": 0}))
    response = sidecar.request("POST", CHAT, HI)
    check_ours(response, 500)
    assert response.header("x-sidegate-error-class")
    assert UPSTREAM_KEY.encode() not in response.body


def test_a_name_that_does_not_resolve(start) -> None:
    sidecar = start(configuration([deployment("chat", "http://no-such-host.invalid/v1")],
                                  router_settings={"num_retries": 0}))
    check_ours(sidecar.request("POST", CHAT, HI), 500)


def test_an_upstream_that_says_nothing_times_out(start, upstream: Upstream) -> None:
    upstream.behaviour("up-chat")(lambda exchange: exchange.wait_closed(10))
    entry = deployment("chat", upstream.base, timeout=0.5)
    sidecar = start(configuration([entry], router_settings={"num_retries": 0}))
    check_ours(sidecar.request("POST", CHAT, HI), 408)
    assert upstream.next_request().finished.wait(2), "the upstream was left running"


def reset_at_once(exchange: Exchange) -> None:
    exchange.reset()


def hang_up_in_the_head(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\ncontent-len")
    exchange.hang_up()


def speak_nonsense(exchange: Exchange) -> None:
    exchange.send(b"\x00\x01\x02 nonsense\r\n\r\n")
    exchange.hang_up()


def contradict(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}")
    exchange.hang_up()


@pytest.mark.parametrize("act", [reset_at_once, hang_up_in_the_head, speak_nonsense, contradict])
def test_an_upstream_that_breaks_before_its_answer(
    gateway: Sidecar, upstream: Upstream, auth, act
) -> None:
    upstream.behaviour("up-chat")(act)
    response = gateway.request("POST", CHAT, {**HI, "num_retries": 0}, auth)
    assert response.status in (500, 502)
    check_ours(response, response.status)


def test_an_answer_cut_short_is_not_passed_off_as_whole(
    gateway: Sidecar, upstream: Upstream, auth
) -> None:
    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        exchange.start(200, [("content-type", "application/json"), ("content-length", "1000")])
        exchange.send(b'{"model":"up-chat"')
        exchange.hang_up()

    with Wire(gateway.address) as wire:
        try:
            response = wire.request("POST", CHAT, json.dumps(HI).encode(), auth)
        except (EOFError, ConnectionError):
            return  # Framing says it is incomplete.
        assert response.status >= 500


def test_a_body_too_large(start, upstream: Upstream) -> None:
    sidecar = start(configuration([deployment("chat", upstream.base)]))
    with Wire(sidecar.address) as wire:
        wire.send(message("POST", CHAT, b"", {"content-length": str(65 * 1024 * 1024 + 1),
                                              "content-type": "application/json"}))
        response = wire.response()
    check_ours(response, 413)
    assert upstream.requests == []


def test_a_chunked_body_too_large_is_not_kept(start, upstream: Upstream) -> None:
    sidecar = start(configuration([deployment("chat", upstream.base)],
                                  general_settings={"max_request_size_mb": 1}))
    with Wire(sidecar.address) as wire:
        wire.send(message("POST", CHAT, b"", {"transfer-encoding": "chunked",
                                              "content-type": "application/json"}))
        piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        try:
            for _ in range(40):
                wire.send(piece)
        except (ConnectionError, socket.timeout):
            pass
        try:
            check_ours(wire.response(), 413)
        except (EOFError, ConnectionError):
            pass  # The reset overtook the answer, which TCP allows.
    assert upstream.requests == []
    assert sidecar.resident_kilobytes() < 200_000
