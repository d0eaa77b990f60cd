"""How long an attempt, a stream and a request may take, and who says so."""

import time

import pytest
from behaviours import delta, ordinary
from conftest import configuration
from herd import (CHAT, FIRST, SLACK, ask, asked, attempted, fails, gaps, group, slow, timed)
from test_errors import check_ours
from upstream import Exchange, Upstream, compact
from wire import Wire, message

NEVER = 8.0
#: What is configured for the deployment and in which sections, what the request says, and after
#: how many seconds a silent upstream is given up: an answer's, and a stream's.
LIMITS = {
    "the router's": ({}, {"router_settings": {"timeout": 0.4}}, {}, 0.4, 0.4),
    "the router's for streams": (
        {}, {"router_settings": {"timeout": 0.9, "stream_timeout": 0.4}}, {}, 0.9, 0.4),
    "the deployment's": (
        {"timeout": 0.4}, {"router_settings": {"timeout": NEVER}}, {}, 0.4, 0.4),
    "the deployment's for streams": (
        {"timeout": 0.9, "stream_timeout": 0.4}, {"router_settings": {"timeout": NEVER}}, {},
        0.9, 0.4),
    "litellm_settings": ({}, {"litellm_settings": {"request_timeout": 0.4}}, {}, 0.4, 0.4),
    "the request's": ({"timeout": NEVER}, {}, {"timeout": 0.4}, 0.4, 0.4),
    "the request's for streams": (
        {"timeout": 0.9}, {}, {"stream_timeout": 0.4}, 0.9, 0.4),
    "the request's header": (
        {"timeout": NEVER}, {}, {"x-litellm-timeout": "0.4"}, 0.4, 0.4),
    "the request's header for streams": (
        {"timeout": 0.9}, {}, {"x-litellm-stream-timeout": "0.4"}, 0.9, 0.4),
    "the header goes first": ({}, {}, {"x-litellm-timeout": "0.4", "timeout": NEVER}, 0.4, 0.4),
}


@pytest.mark.parametrize("case", LIMITS)
def test_who_says_how_long(start, upstream: Upstream, case: str) -> None:
    params, sections, request, whole, streamed = LIMITS[case]
    upstream.behaviours["chat.a"] = slow(NEVER)
    sidecar = start(configuration(group("chat", upstream, **params), **sections))
    headers = {name: value for name, value in request.items() if name.startswith("x-")}
    body = {name: value for name, value in request.items() if name not in headers}
    for stream, limit in ((False, whole), (True, streamed)):
        response, seconds = timed(
            lambda: ask(sidecar, "chat", headers, stream=stream, num_retries=0, **body))
        error = check_ours(response, 408)
        assert "timed out" in error["message"].lower()
        assert float(response.header("x-litellm-timeout")) == pytest.approx(limit)
        assert limit - 0.02 <= seconds <= limit + SLACK
        exchange = upstream.next_request()
        assert exchange.finished.wait(2), "the upstream was left running"
        assert not {"timeout", "stream_timeout"} & set(exchange.json)


@pytest.mark.parametrize("wrong", ["0", "-1", "soon", "", "nan", "1e400"])
def test_a_header_that_is_no_time_is_not_heeded(start, upstream: Upstream, wrong: str) -> None:
    sidecar = start(configuration(group("chat", upstream)))
    assert ask(sidecar, "chat", {"x-litellm-timeout": wrong}).status in (200, 400)


@pytest.mark.parametrize("headers, body, sections", [
    ({"x-litellm-timeout": "1"}, {}, {}), ({}, {"timeout": 1}, {}),
    ({}, {}, {"litellm_settings": {"request_timeout": 1},
              "router_settings": {"timeout": 0.4}})])
def test_one_deadline_for_all_attempts(
    start, upstream: Upstream, headers: dict, body: dict, sections: dict
) -> None:
    """Attempts of 0.4 s each, of which a request of 1 s has room for two and a part."""
    upstream.behaviours |= {f"chat.{letter}": fails(500, after=0.4) for letter in "abcdef"}
    sidecar = start(configuration(group("chat", upstream, 6), **sections))
    response, seconds = timed(lambda: ask(sidecar, "chat", headers, num_retries=5, **body))
    assert response.status in (408, 500)
    assert seconds <= 1 + SLACK / 2
    assert 2 <= len(upstream.requests) <= 3


def test_fallbacks_are_within_the_deadline(start, upstream: Upstream) -> None:
    names = ["chat", "one", "two", "three"]
    for name in names:
        upstream.behaviours[f"{name}.a"] = fails(500, after=0.4)
    sidecar = start(configuration(
        [entry for name in names for entry in group(name, upstream)],
        router_settings={"num_retries": 0, "fallbacks": [{"chat": names[1:]}]}))
    response, seconds = timed(lambda: ask(sidecar, "chat", {"x-litellm-timeout": "1"}))
    assert response.status in (408, 500)
    assert seconds <= 1 + SLACK / 2 and len(upstream.requests) <= 3


@pytest.mark.parametrize("after", ["3", "50"])
def test_a_wait_that_would_pass_the_deadline_is_not_begun(
    start, upstream: Upstream, after: str
) -> None:
    upstream.behaviours["chat.a"] = fails(429, headers=[("retry-after", after)])
    sidecar = start(configuration(group("chat", upstream)))
    response, seconds = timed(lambda: ask(sidecar, "chat", {"x-litellm-timeout": "2"}))
    assert response.status == 429 and response.header("retry-after") == after
    assert seconds < SLACK and len(upstream.requests) == 1
    assert attempted(response)[0] == 0


def test_a_back_off_that_would_pass_the_deadline_is_not_begun(start, upstream: Upstream) -> None:
    upstream.behaviours["chat.a"] = fails(503)
    sidecar = start(configuration(group("chat", upstream)))
    response, seconds = timed(lambda: ask(sidecar, "chat", {"x-litellm-timeout": "0.45"}))
    assert response.status == 503 and seconds < 0.45
    assert len(upstream.requests) == 1


def test_an_attempt_that_times_out_is_followed_by_another(start, upstream: Upstream) -> None:
    upstream.behaviours["chat.a"] = slow(NEVER)
    sidecar = start(configuration(
        group("chat", upstream, 2, weight=[FIRST, 1]),
        router_settings={"timeout": 0.4, "stream_timeout": 0.4}))
    for stream in (False, True):
        response, seconds = timed(lambda: ask(sidecar, "chat", stream=stream))
        assert response.status == 200 and attempted(response) == (1, 0)
        assert 0.38 <= seconds <= 0.4 + SLACK
    assert asked(upstream) == ["chat.a", "chat.b"] * 2


def trickle(seconds: float, pieces: int):
    """A stream that pauses between its pieces."""

    def act(exchange: Exchange) -> None:
        exchange.start_stream()
        for _ in range(pieces):
            exchange.event(delta(exchange, {"content": "piece"}))
            if exchange.wait_closed(seconds):
                return
        exchange.end_stream()

    return act


def test_a_stream_may_last_as_long_as_it_goes_on(start, upstream: Upstream) -> None:
    """Neither an attempt's time nor the request's bounds a stream that has begun."""
    upstream.behaviours["chat.a"] = trickle(0.3, 6)
    sidecar = start(configuration(
        group("chat", upstream, timeout=1),
        litellm_settings={"request_timeout": 1}, router_settings={"stream_timeout": 0.8}))
    response, seconds = timed(
        lambda: ask(sidecar, "chat", {"x-litellm-timeout": "1"}, stream=True))
    assert response.body.endswith(b"data: [DONE]\n\n")
    assert response.body.count(b"piece") == 6 and seconds >= 1.8


@pytest.mark.parametrize("params, headers, body", [
    ({"stream_timeout": 0.4}, {}, {}), ({}, {"x-litellm-stream-timeout": "0.4"}, {}),
    ({}, {}, {"stream_timeout": 0.4})])
def test_a_pause_in_a_stream(
    start, upstream: Upstream, params: dict, headers: dict, body: dict
) -> None:
    upstream.behaviours["chat.a"] = trickle(NEVER, 1)
    sidecar = start(configuration(group("chat", upstream, **params)))
    response, seconds = timed(lambda: ask(sidecar, "chat", headers, stream=True, **body))
    assert response.status == 200 and response.body.count(b"piece") == 1
    assert b'"error"' in response.body.split(b"\n\n")[-2] and b"[DONE]" not in response.body
    assert 0.38 <= seconds <= 0.4 + SLACK and len(upstream.requests) == 1


def test_an_answer_that_trickles_is_bounded_too(start, upstream: Upstream) -> None:
    @upstream.behaviour("chat.a")
    def _(exchange: Exchange) -> None:
        kind = ("content-type", "application/json")
        exchange.start(200, [kind, ("content-length", "1000")])
        while not exchange.wait_closed(0.1):
            exchange.send(b" ")

    sidecar = start(configuration(group("chat", upstream, timeout=0.5)))
    response, seconds = timed(lambda: ask(sidecar, "chat", num_retries=1))
    check_ours(response, 408)
    # Two attempts and the wait between them.
    assert 1.5 - 0.05 <= seconds <= 1.5 + 0.75 + SLACK
    assert len(upstream.requests) == 2 and gaps(upstream, "chat.a")[0] >= 0.98


def test_a_slow_upload_is_not_the_upstreams_time(start, upstream: Upstream) -> None:
    sidecar = start(configuration(group("chat", upstream, timeout=0.6)))
    body = compact({"model": "chat", "messages": [{"role": "user", "content": "Hi" * 50}]})
    with Wire(sidecar.address) as wire:
        sent = message("POST", CHAT, body)
        wire.send(sent[:-40])
        time.sleep(0.8)
        wire.send(sent[-40:])
        assert wire.response().status == 200


def test_a_request_may_take_as_long_as_its_attempts_need(start, upstream: Upstream) -> None:
    """Without a deadline of its own a request ends with its attempts, not before."""
    upstream.behaviours["chat.a"] = slow(NEVER)
    sidecar = start(configuration(
        group("chat", upstream, 3), router_settings={"timeout": 0.4, "disable_cooldowns": True}))
    for letter in "bc":
        upstream.behaviours[f"chat.{letter}"] = slow(NEVER)
    response, seconds = timed(lambda: ask(sidecar, "chat"))
    check_ours(response, 408)
    assert len(upstream.requests) == 3 and 1.18 <= seconds <= 1.2 + SLACK
    for letter in "abc":
        upstream.behaviours[f"chat.{letter}"] = ordinary
    assert ask(sidecar, "chat").status == 200
