"""Many who ask the same at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from behaviours import ordinary, stream_words
from conftest import deployment
from herd import until
from sidecar import Sidecar
from test_cache import BASE, CHAT, ask, cached, result
from upstream import Exchange, Upstream, compact
from wire import Response, Wire, message


class Crowd:
    """Clients that have all sent the same request, each on a connection of its own."""

    def __init__(self, sidecar: Sidecar, count: int, body: dict = BASE) -> None:
        self.wires = [Wire(sidecar.address, timeout=60) for _ in range(count)]
        for wire in self.wires:
            wire.send(message("POST", CHAT, compact(body)))

    def answers(self) -> list[Response]:
        answers = [wire.response("POST") for wire in self.wires]
        for wire in self.wires:
            wire.close()
        return answers


def followers(sidecar: Sidecar) -> float:
    return sidecar.metrics().total("sidegate_cache_followers_total")


@pytest.fixture
def gate(upstream: Upstream) -> threading.Event:
    """The upstream answers once it is set."""
    opened = threading.Event()

    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        assert opened.wait(60)
        ordinary(exchange)

    return opened


@pytest.fixture
def sidecar(start, upstream: Upstream) -> Sidecar:
    return start(cached([deployment("chat", upstream.base)], own={"entry_bytes": 10_000},
                        router_settings={"disable_cooldowns": True}), "--workers", "2")


@pytest.mark.parametrize("stream", [False, True])
def test_a_thousand_make_one_call(
    sidecar: Sidecar, upstream: Upstream, gate: threading.Event, stream: bool
) -> None:
    crowd = Crowd(sidecar, 1_000, {**BASE, "stream": stream})
    assert until(lambda: followers(sidecar) == 999, 60)
    gate.set()
    answers = crowd.answers()
    assert len(upstream.requests) == 1
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    assert sorted(result(answer) for answer in answers) == ["hit"] * 999 + ["miss"]


def test_failures_are_tried_by_ever_more(sidecar: Sidecar, upstream: Upstream) -> None:
    opened = threading.Event()

    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        assert opened.wait(60)
        if len(upstream.requests) <= 3:
            return exchange.answer({"error": {"message": "no"}}, 500)
        return ordinary(exchange)

    crowd = Crowd(sidecar, 40)
    assert until(lambda: followers(sidecar) == 39, 60)
    opened.set()
    answers = crowd.answers()
    failed = [answer for answer in answers if answer.status != 200]
    assert len(failed) == 3
    assert 4 <= len(upstream.requests) <= 7
    assert sum(result(answer) == "hit" for answer in answers) == 40 - len(upstream.requests)


def test_all_have_their_error_when_it_fails_for_good(
    sidecar: Sidecar, upstream: Upstream
) -> None:
    upstream.behaviours["up-chat"] = lambda exchange: exchange.answer({"error": {}}, 500)
    answers = Crowd(sidecar, 40).answers()
    assert {answer.status for answer in answers} == {500}
    assert len(upstream.requests) == 40


def test_what_cannot_be_stored_is_asked_for_by_each(
    sidecar: Sidecar, upstream: Upstream
) -> None:
    opened = threading.Event()

    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        assert opened.wait(60)
        exchange.answer({"model": "m", "choices": [], "padding": "x" * 20_000})

    crowd = Crowd(sidecar, 20)
    assert until(lambda: followers(sidecar) == 19, 60)
    opened.set()
    assert {answer.status for answer in crowd.answers()} == {200}
    assert len(upstream.requests) == 20


@pytest.mark.parametrize("stream", [False, True])
def test_a_leader_that_leaves_takes_nobody_with_it(
    sidecar: Sidecar, upstream: Upstream, stream: bool
) -> None:
    opened = threading.Event()

    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        if len(upstream.requests) == 1:
            if stream:
                exchange.start_stream()
                exchange.event({"choices": []})
            assert exchange.wait_closed(60)
        elif stream:
            stream_words(exchange, ["well"])
        else:
            ordinary(exchange)

    body = {**BASE, "stream": stream}
    leader = Crowd(sidecar, 1, body)
    upstream.next_request(20)
    crowd = Crowd(sidecar, 10, body)
    assert until(lambda: followers(sidecar) == 10, 60)
    leader.wires[0].close()
    answers = crowd.answers()
    assert {answer.status for answer in answers} == {200}
    assert len(upstream.requests) == 2
    assert sum(result(answer) == "hit" for answer in answers) == 9
    assert not opened.is_set()


def test_followers_may_leave(
    sidecar: Sidecar, upstream: Upstream, gate: threading.Event
) -> None:
    # The first one leads: on a busy machine another worker may be quicker with later ones.
    crowd = Crowd(sidecar, 1)
    upstream.next_request(20)
    crowd.wires += Crowd(sidecar, 9).wires
    assert until(lambda: followers(sidecar) == 9, 60)
    for wire in crowd.wires[5:]:
        wire.close()
    crowd.wires = crowd.wires[:5]
    assert until(lambda: sidecar.metrics().total("litellm_in_flight_requests") <= 6, 20)
    gate.set()
    assert {answer.status for answer in crowd.answers()} == {200}
    assert len(upstream.requests) == 1


def test_a_follower_waits_no_longer_than_it_may(
    sidecar: Sidecar, upstream: Upstream, gate: threading.Event
) -> None:
    leader = Crowd(sidecar, 1)
    upstream.next_request(20)
    late = ask(sidecar, {**BASE, "timeout": 0.3})
    assert late.status == 408
    gate.set()
    assert leader.answers()[0].status == 200


def test_those_who_want_a_fresh_answer_wait_for_nobody(
    sidecar: Sidecar, upstream: Upstream
) -> None:
    opened = threading.Event()

    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        if len(upstream.requests) == 1:
            assert opened.wait(60)
        ordinary(exchange)

    leader = Crowd(sidecar, 1)
    upstream.next_request(20)
    for cache in ({"no-cache": True}, {"no-store": True, "s-maxage": 0}):
        assert result(ask(sidecar, {**BASE, "cache": cache})) == "miss"
    opened.set()
    assert leader.answers()[0].status == 200
    assert followers(sidecar) == 0


def test_a_drain_leaves_no_follower_behind(
    sidecar: Sidecar, upstream: Upstream, gate: threading.Event
) -> None:
    crowd = Crowd(sidecar, 20)
    assert until(lambda: followers(sidecar) == 19, 60)
    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(sidecar.stop, 40)
        gate.set()
        assert {answer.status for answer in crowd.answers()} == {200}
        assert ended.result() == 0
