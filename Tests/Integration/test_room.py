"""How many requests an upstream gets at once, and how the rest wait."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from behaviours import ordinary
from conftest import configuration
from failures import FAILURES
from herd import (CHAT, MESSAGES, SLACK, answered_by, ask, asked, group, slow, timed, together,
                  until)
from sidecar import Sidecar
from upstream import Exchange, Upstream, compact
from wire import Response, Wire, message


class Door:
    """An upstream's behaviour: each request is held until it is let through; counts who is in."""

    def __init__(self, seconds: float | None = None) -> None:
        self.seconds = seconds
        self.opened = threading.Semaphore(0)
        self.lock = threading.Lock()
        self.inside = 0
        self.most = 0

    def __call__(self, exchange: Exchange) -> None:
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        try:
            if self.seconds is None:
                self.opened.acquire(timeout=5)
            else:
                time.sleep(self.seconds)
        finally:
            with self.lock:
                self.inside -= 1
        ordinary(exchange)

    def let(self, count: int = 1) -> None:
        self.opened.release(count)


def queued(sidecar: Sidecar) -> float:
    return sidecar.metrics().total("sidegate_queued_requests")


@pytest.fixture
def pool():
    with ThreadPoolExecutor(32) as pool:
        yield pool


@pytest.fixture
def busy(start, upstream: Upstream, pool):
    """A sidecar whose only place is taken, the door before it, and requests that wait."""
    door = Door()

    def begin(waiting: int = 0, params: dict | None = None, **sections: object):
        upstream.behaviours["chat.a"] = door
        sidecar = start(configuration(
            group("chat", upstream, max_parallel_requests=1, **(params or {}))
            + group("spare", upstream), **sections))
        pending: list[Future[Response]] = [pool.submit(ask, sidecar, "chat", user="first")]
        assert until(lambda: door.inside == 1)
        for number in range(waiting):
            pending.append(pool.submit(ask, sidecar, "chat", user=f"waits {number}"))
            assert until(lambda: queued(sidecar) == number + 1)
        return sidecar, door, pending

    yield begin
    door.let(100)


def check_full(response: Response) -> None:
    assert response.status == 429, response
    assert response.json["error"]["code"] == "429"
    assert int(response.header("retry-after")) >= 1


#: What bounds the requests in flight, and to how many at two deployments together.
BOUNDS = {
    "each deployment's": (lambda upstream: configuration(
        group("chat", upstream, 2, max_parallel_requests=2)), 4),
    "one of two has one": (lambda upstream: configuration(
        group("chat", upstream, 2, max_parallel_requests=[2, 1])), 3),
    "the router's default": (lambda upstream: configuration(
        group("chat", upstream, 2), router_settings={"default_max_parallel_requests": 1}), 2),
    "the process'": (lambda upstream: configuration(
        group("chat", upstream, 2),
        general_settings={"global_max_parallel_requests": 3}), 3),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("case", BOUNDS)
def test_no_more_than_there_is_room_for(
    start, upstream: Upstream, case: str, stream: bool
) -> None:
    source, most = BOUNDS[case]
    door = Door(seconds=0.1)
    upstream.behaviours |= {"chat.a": door, "chat.b": door}
    sidecar = start(source(upstream))
    answers, seconds = timed(lambda: together(
        *[lambda: ask(sidecar, "chat", stream=stream)] * 12))
    assert {answer.status for answer in answers} == {200}
    # All the room is used, and no more.
    assert door.most == most and len(upstream.requests) == 12
    assert 0.1 * 12 / most <= seconds + 0.02


def test_each_deployment_has_its_own_room(start, upstream: Upstream) -> None:
    doors = {f"chat.{letter}": Door(seconds=0.1) for letter in "abc"}
    upstream.behaviours |= doors
    sidecar = start(configuration(group("chat", upstream, 3, max_parallel_requests=1)))
    together(*[lambda: ask(sidecar, "chat")] * 9)
    assert {door.most for door in doors.values()} == {1}


def test_first_come_first_served(busy, upstream: Upstream) -> None:
    sidecar, door, pending = busy(20)
    door.let(30)
    assert [answer.result().status for answer in pending] == [200] * 21
    served = [exchange.json["user"] for exchange in upstream.requests]
    assert served == ["first", *(f"waits {number}" for number in range(20))]
    assert queued(sidecar) == 0


def test_the_wait_is_in_the_log(busy) -> None:
    sidecar, door, pending = busy(1)
    time.sleep(0.3)
    door.let(2)
    calls = [answer.result().header("x-litellm-call-id") for answer in pending]
    lines = {line["call_id"]: line for line in sidecar.access_log(4) if "call_id" in line}
    assert not lines[calls[0]].get("queue_ms")
    assert 250 <= lines[calls[1]]["queue_ms"] <= 300 + 1000 * SLACK


@pytest.mark.parametrize("sections", [
    {"sidegate": {"limits": {"queued_requests": 2}}},
    {"general_settings": {"max_queued_requests_per_worker": 2}}])
def test_a_full_queue(busy, upstream: Upstream, sections: dict) -> None:
    sidecar, door, pending = busy(2, **sections)
    response, seconds = timed(lambda: ask(sidecar, "chat"))
    check_full(response)
    assert seconds < SLACK and len(upstream.requests) == 1
    assert ask(sidecar, "spare").status == 200, "another model has room"
    door.let(10)
    assert [answer.result().status for answer in pending] == [200] * 3
    assert ask(sidecar, "chat").status == 200


def test_a_wait_in_vain(busy, upstream: Upstream) -> None:
    sidecar, door, pending = busy(sidegate={"limits": {"queue_timeout_ms": 400}})
    response, seconds = timed(lambda: ask(sidecar, "chat"))
    check_full(response)
    assert 0.38 <= seconds <= 0.4 + SLACK and len(upstream.requests) == 1
    assert queued(sidecar) == 0


@pytest.mark.parametrize("headers, body", [
    ({"x-litellm-timeout": "0.4"}, {}), ({}, {"timeout": 0.4})])
def test_nobody_waits_beyond_its_own_deadline(
    busy, upstream: Upstream, headers: dict, body: dict
) -> None:
    sidecar, door, pending = busy()
    response, seconds = timed(lambda: ask(sidecar, "chat", headers, **body))
    check_full(response)
    assert 0.38 <= seconds <= 0.4 + SLACK and len(upstream.requests) == 1
    assert queued(sidecar) == 0


def test_a_client_that_leaves_the_queue(busy, upstream: Upstream) -> None:
    sidecar, door, pending = busy(1)
    with Wire(sidecar.address) as wire:
        body = {"model": "chat", "messages": MESSAGES, "user": "gone"}
        wire.send(message("POST", CHAT, compact(body)))
        assert until(lambda: queued(sidecar) == 2)
    assert until(lambda: queued(sidecar) == 1)
    last = threading.Thread(target=ask, args=(sidecar, "chat"))
    last.start()
    assert until(lambda: queued(sidecar) == 2)
    door.let(10)
    last.join()
    assert [answer.result().status for answer in pending] == [200] * 2
    assert [exchange.json.get("user") for exchange in upstream.requests] == [
        "first", "waits 0", None]


def test_a_client_that_leaves_makes_room(start, upstream: Upstream) -> None:
    @upstream.behaviour("chat.a")
    def _(exchange: Exchange) -> None:
        if exchange.json.get("user") == "gone":
            exchange.wait_closed(10)
        else:
            ordinary(exchange)

    sidecar = start(configuration(group("chat", upstream, max_parallel_requests=1)))
    with Wire(sidecar.address) as wire:
        body = {"model": "chat", "messages": MESSAGES, "user": "gone"}
        wire.send(message("POST", CHAT, compact(body)))
        assert upstream.next_request()
    response, seconds = timed(lambda: ask(sidecar, "chat"))
    assert response.status == 200 and seconds < SLACK


def test_failures_give_their_room_back(start, upstream: Upstream) -> None:
    """Whatever becomes of a request, its place is free afterwards."""
    sidecar = start(configuration(
        group("chat", upstream, max_parallel_requests=1),
        router_settings={"num_retries": 0, "timeout": 0.3, "stream_timeout": 0.3}))
    for failure in FAILURES:
        if not failure.refuses:
            for stream in (False, True):
                upstream.behaviours["chat.a"] = failure.act
                assert ask(sidecar, "chat", stream=stream).status in (200, failure.status)
    del upstream.behaviours["chat.a"]
    response, seconds = timed(lambda: ask(sidecar, "chat"))
    assert response.status == 200 and seconds < SLACK


def test_a_full_queue_falls_back(busy) -> None:
    sidecar, door, pending = busy(
        1, sidegate={"limits": {"queued_requests": 1}},
        router_settings={"fallbacks": [{"chat": ["spare"]}]})
    response, seconds = timed(lambda: ask(sidecar, "chat"))
    assert response.status == 200 and answered_by(response) == "spare.a"
    assert seconds < SLACK


def test_one_with_room_is_taken_before_one_without(start, upstream: Upstream, pool) -> None:
    door = Door()
    upstream.behaviours["chat.a"] = door
    sidecar = start(configuration(
        group("chat", upstream, 2, max_parallel_requests=[1, 100], weight=[1_000_000, 1])))
    first = pool.submit(ask, sidecar, "chat")
    assert until(lambda: door.inside == 1)
    assert {answered_by(ask(sidecar, "chat")) for _ in range(10)} == {"chat.b"}
    door.let(1)
    assert first.result().status == 200
    assert asked(upstream).count("chat.a") == 1


def test_workers_share_the_room(start, upstream: Upstream) -> None:
    door = Door(seconds=0.1)
    upstream.behaviours["chat.a"] = door
    sidecar = start(configuration(group("chat", upstream, max_parallel_requests=2)),
                    "--workers", "2")
    calls: list[Callable[[], Response]] = [lambda: ask(sidecar, "chat")] * 16
    assert {answer.status for answer in together(*calls)} == {200}
    assert door.most == 2


def test_who_waits_is_counted_as_in_flight_once(busy) -> None:
    sidecar, door, pending = busy(2)
    metrics = sidecar.metrics()
    assert metrics.total("litellm_in_flight_requests") <= 4
    assert metrics.total("sidegate_queued_requests") == 2
    door.let(10)
    assert [answer.result().status for answer in pending] == [200] * 3
    total = sidecar.metrics().total("litellm_proxy_total_requests_metric_total", model_id="chat.a")
    assert total == 3


def test_a_stopping_sidecar_serves_its_queue(busy) -> None:
    sidecar, door, pending = busy(2)
    sidecar.process.terminate()
    time.sleep(0.2)
    door.let(10)
    assert [answer.result().status for answer in pending] == [200] * 3
    assert sidecar.stop() == 0


def test_a_wait_is_part_of_the_deadline(start, upstream: Upstream) -> None:
    """Half a second in the queue leaves half a second for the answer."""
    upstream.behaviours["chat.a"] = slow(0.7)
    sidecar = start(configuration(
        group("chat", upstream, max_parallel_requests=1), router_settings={"num_retries": 0}))
    first = threading.Thread(target=ask, args=(sidecar, "chat"))
    first.start()
    assert upstream.next_request()
    response, seconds = timed(lambda: ask(sidecar, "chat", {"x-litellm-timeout": "1"}))
    first.join()
    assert response.status == 408
    assert 0.95 <= seconds <= 1 + SLACK
