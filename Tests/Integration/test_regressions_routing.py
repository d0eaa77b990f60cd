"""What went wrong once in routing: each case failed before its mending."""

import hashlib

import pytest
import transcript
from conftest import MASTER_KEY, configuration
from herd import SLACK, answered_by, ask, asked, fails, group, slow, timed, together, until
from upstream import Upstream


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
