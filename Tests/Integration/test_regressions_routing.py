"""What went wrong once in routing: each case failed before its mending."""

import hashlib
import signal

import pytest
import transcript
from behaviours import ordinary
from conftest import MASTER_KEY, configuration
from failures import error_body
from herd import (FIRST, SLACK, answered_by, ask, asked, fails, group, slow, timed, together,
                  until)
from sidecar import compile_table
from upstream import Exchange, Upstream, head


@pytest.mark.parametrize("own", [
    {"fallbacks": ["chat", "spare"]},
    {"fallbacks": ["chat.a", "chat", "spare"]},
    {"context_window_fallbacks": [{"chat": ["spare"]}]},
    {"context_window_fallbacks": [{"*": ["spare"]}]},
])
def test_no_way_around_the_clients_key(start, upstream: Upstream, own: dict) -> None:
    upstream.behaviours["chat.a"] = transcript.load("47-err-too-long").replay
    sidecar = start(configuration(
        group("chat", upstream) + group("spare", upstream),
        router_settings={"num_retries": 0},
        general_settings={"master_key": "os.environ/GATEWAY_KEY"}, sidegate={"keys": [{
            "hash": hashlib.sha256(b"sk-one").hexdigest(), "models": ["chat", "chat.a"]}]}),
        environment={"GATEWAY_KEY": MASTER_KEY})
    response = ask(sidecar, "chat", {"authorization": "Bearer sk-one"}, **own)
    assert response.status == 400
    assert "spare.a" not in asked(upstream)
    master = {"authorization": f"Bearer {MASTER_KEY}"}
    assert answered_by(ask(sidecar, "chat", master, **own)) == "spare.a"


def test_those_with_a_place_and_those_with_one_of_the_process(start, upstream: Upstream) -> None:
    """One waits to try again where another has the place, who waits for one of the process."""
    sidecar = start(configuration(
        group("chat", upstream, max_parallel_requests=1),
        router_settings={"num_retries": 1, "retry_after": 1},
        general_settings={"global_max_parallel_requests": 1},
        sidegate={"limits": {"queue_timeout_ms": 5_000}}))
    upstream.behaviours["chat.a"] = fails(500, times=1)
    answers, seconds = timed(lambda: together(
        lambda: ask(sidecar, "chat"),
        lambda: until(lambda: upstream.requests) and ask(sidecar, "chat")))
    assert [answer.status for answer in answers] == [200, 200]
    assert seconds < 1.75 + SLACK


def test_a_full_queue_of_the_process_answers_at_once(start, upstream: Upstream) -> None:
    sidecar = start(configuration(
        group("chat", upstream, 2),
        general_settings={"global_max_parallel_requests": 1},
        sidegate={"limits": {"queued_requests": 1}}))
    for letter in "ab":
        upstream.behaviours[f"chat.{letter}"] = slow(1.5)

    def third():
        assert until(lambda: sidecar.metrics().total("sidegate_queued_requests") == 1)
        return timed(lambda: ask(sidecar, "chat"))

    *served, (refused, seconds) = together(*[lambda: ask(sidecar, "chat")] * 2, third)
    assert [answer.status for answer in served] == [200, 200]
    assert refused.status == 429 and seconds < 0.4


def test_who_waits_for_room_takes_what_comes_out_of_a_cooldown(start, upstream: Upstream) -> None:
    sidecar = start(configuration(
        group("chat", upstream, 2, max_parallel_requests=1, weight=[FIRST, 1]),
        router_settings={"num_retries": 1, "cooldown_time": 1}))
    upstream.behaviours |= {"chat.a": fails(429, times=1), "chat.b": slow(6)}

    def later():
        assert until(lambda: "chat.b" in asked(upstream))
        return timed(lambda: ask(sidecar, "chat"))

    first, (second, seconds) = together(lambda: ask(sidecar, "chat"), later)
    assert answered_by(first) == "chat.b" and answered_by(second) == "chat.a"
    assert seconds < 1 + SLACK


def test_a_clients_own_key_cools_nobody(start, upstream: Upstream) -> None:
    def act(exchange: Exchange) -> None:
        if exchange.header("authorization") == "Bearer sk-wrong":
            exchange.answer(error_body(401), 401)
        else:
            ordinary(exchange)

    upstream.behaviours |= {"chat.a": act, "chat.b": act}
    sidecar = start(configuration(
        group("chat", upstream, 2, weight=[FIRST, 1]),
        general_settings={"allow_client_side_credentials": True}))
    assert ask(sidecar, "chat", api_key="sk-wrong").status == 401
    assert answered_by(ask(sidecar, "chat")) == "chat.a"


@pytest.mark.parametrize("kind", ["text/plain", "application/json"])
@pytest.mark.parametrize("status", [200, 500])
def test_a_streams_time_runs_until_its_first_byte(
    start, upstream: Upstream, status: int, kind: str
) -> None:
    if (status, kind) == (200, "text/plain"):
        pytest.skip("it goes to the client as it comes")

    @upstream.behaviour("chat.a")
    def trickles(exchange: Exchange) -> None:
        exchange.send(head(status, [("content-type", kind), ("content-length", "30")]))
        for _ in range(30):
            exchange.send(b" ")
            if exchange.wait_closed(0.2):
                return

    sidecar = start(configuration(group("chat", upstream), router_settings={"num_retries": 0}))
    response, seconds = timed(lambda: ask(sidecar, "chat", stream=True, timeout=1))
    assert response.status == (500 if status == 500 else 408)
    assert seconds < 1 + SLACK


def test_no_error_is_held_that_is_huge(start, upstream: Upstream) -> None:
    upstream.behaviours["chat.a"] = fails(400, body=b"x" * 5_000_000)
    sidecar = start(configuration(group("chat", upstream)))
    response = ask(sidecar, "chat")
    assert response.status == 400 and len(response.body) < 1000


def test_a_place_of_a_deployment_that_has_moved(start, upstream: Upstream) -> None:
    """Who waits under its new model's name gets the place of a request under its old one's."""
    sidecar = start(configuration(group("chat", upstream, max_parallel_requests=1)))
    upstream.behaviours["chat.a"] = slow(1.5)
    moved = group("chat", upstream, max_parallel_requests=1)
    moved[0]["model_name"] = "moved"

    def later():
        assert until(lambda: upstream.requests)
        compile_table(configuration(moved), sidecar.table)
        sidecar.process.send_signal(signal.SIGHUP)
        assert until(lambda: b"moved" in sidecar.request("GET", "/v1/models").body)
        return timed(lambda: ask(sidecar, "moved"))

    first, (second, seconds) = together(lambda: ask(sidecar, "chat"), later)
    assert (first.status, second.status) == (200, 200)
    assert seconds < 3 + SLACK
