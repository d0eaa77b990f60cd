"""Who is left alone after which failures, for how long, and how it comes back.

The first deployment of each group is drawn before the others as long as it may be asked at all.
"""

import signal
import time
from collections import Counter
from collections.abc import Callable

import pytest
from behaviours import ordinary
from conftest import configuration
from failures import UNKNOWN_MODEL, UNKNOWN_PATH, error_body
from herd import (CHAT, FIRST, MESSAGES, SLACK, answered_by, ask, asked, fails, group, in_one_minute,
                  slow, timed, together, until)
from sidecar import Sidecar
from upstream import Exchange, Upstream, compact
from wire import Wire, message

#: Longer than any test.
LONG = 60
#: Tells without retries who is asked next.
PROBE = {"num_retries": 0}


def pair(start, upstream: Upstream, count: int = 2, params: dict | None = None,
         info: dict | None = None, **router: object) -> Sidecar:
    return start(configuration(
        group("chat", upstream, count, weight=[FIRST, 1, 1][:count], info=info, **(params or {})),
        router_settings={"cooldown_time": LONG, **router}))


def fail_once(sidecar: Sidecar, upstream: Upstream, status: int, **facts: object) -> None:
    """One failed attempt at the first, which is well again afterwards."""
    upstream.behaviours["chat.a"] = fails(status, **facts)
    ask(sidecar, "chat", **PROBE)
    del upstream.behaviours["chat.a"]


def is_cooling(sidecar: Sidecar) -> bool:
    answer = answered_by(ask(sidecar, "chat", **PROBE))
    assert answer in ("chat.a", "chat.b", "chat.c")
    return answer != "chat.a"


#: What one failure does to the first of two; to a lone one it does nothing.
AT_ONCE = {"400": (400, None, False), "401": (401, None, True), "402": (402, None, True),
           "403": (403, None, False), "404 of a path": (404, UNKNOWN_PATH, False),
           "404 of the model": (404, UNKNOWN_MODEL, True), "408": (408, None, False),
           "409": (409, None, False), "413": (413, None, False), "418": (418, None, False),
           "422": (422, None, False), "429": (429, None, True), "500": (500, None, False),
           "503": (503, None, False)}


@pytest.mark.parametrize("case", AT_ONCE)
def test_after_one_failure(start, upstream: Upstream, case: str) -> None:
    status, body, cools = AT_ONCE[case]
    sidecar = start(configuration(
        group("chat", upstream, 2, weight=[FIRST, 1]) + group("lone", upstream),
        router_settings={"cooldown_time": LONG}))
    fail_once(sidecar, upstream, status, body=body)
    assert is_cooling(sidecar) == cools
    upstream.behaviours["lone.a"] = fails(status, body=body)
    ask(sidecar, "lone", **PROBE)
    del upstream.behaviours["lone.a"]
    assert ask(sidecar, "lone", **PROBE).status == 200


@pytest.mark.parametrize("status", [400, 403, 409, 422])
def test_the_clients_mistakes_never_cool(start, upstream: Upstream, status: int) -> None:
    sidecar = pair(start, upstream)
    upstream.behaviours["chat.a"] = fails(status)
    for _ in range(12):
        ask(sidecar, "chat", **PROBE)
    assert asked(upstream) == ["chat.a"] * 12


#: Outcomes at the first of two, + and -, and after how many of them it cools.
RATES = {"-----": 5, "++---": 5, "+++---": None, "+++----": 7, "----": None, "-+-+-": 5,
         "+++++----": None, "++++-----": 9}


@pytest.mark.parametrize("outcomes", RATES)
def test_more_than_half_of_five(start, upstream: Upstream, outcomes: str) -> None:
    sidecar = pair(start, upstream)
    in_one_minute(3)
    for place, outcome in enumerate(outcomes, 1):
        if outcome == "-":
            fail_once(sidecar, upstream, 503)
        else:
            assert answered_by(ask(sidecar, "chat", **PROBE)) == "chat.a", "cooled too early"
        assert asked(upstream) == ["chat.a"] * place, "cooled too early"
    assert is_cooling(sidecar) == (RATES[outcomes] is not None)


def test_no_connection_counts_as_well(start, upstream: Upstream) -> None:
    silent = Upstream(ordinary, refuses=True)
    sidecar = pair(start, upstream, params={"api_base": [silent.base, upstream.base]})
    in_one_minute(3)
    for _ in range(5):
        assert answered_by(ask(sidecar, "chat")) == "chat.b"
    silent.listen()
    assert is_cooling(sidecar)
    silent.stop()


def test_a_lone_one_is_not_taken_out_by_its_rate(start, upstream: Upstream) -> None:
    sidecar = start(configuration(group("chat", upstream), router_settings=PROBE))
    upstream.behaviours["chat.a"] = fails(503)
    for _ in range(30):
        assert ask(sidecar, "chat").body == error_body(503)
    assert len(upstream.requests) == 30


@pytest.mark.parametrize("status", [401, 404])
def test_the_last_one_available_stays(start, upstream: Upstream, status: int) -> None:
    """Three times the same mistake takes two of three out."""
    sidecar = pair(start, upstream, 3)
    body = UNKNOWN_MODEL if status == 404 else None
    for letter in "abc":
        upstream.behaviours[f"chat.{letter}"] = fails(status, body=body)
    for _ in range(6):
        assert ask(sidecar, "chat", **PROBE).status == status
    calls = asked(upstream)
    assert len(set(calls[:3])) == 3 and len(set(calls[2:])) == 1


#: Settings that replace the rules, where they stand, what fails, and how many failures cool.
ALLOWED = {
    "allowed_fails": ({"allowed_fails": 1}, {}, 500, 2),
    "none allowed": ({"allowed_fails": 0}, {}, 500, 1),
    "three are the rules themselves": ({"allowed_fails": 3}, {}, 429, 1),
    "a kind": ({"allowed_fails_policy": {"RateLimitErrorAllowedFails": 2}}, {}, 429, 3),
    "a kind of the deployment's": (
        {}, {"allowed_fails_policy": {"InternalServerErrorAllowedFails": 1}}, 500, 2),
    "the deployment's before the table's": (
        {"allowed_fails_policy": {"InternalServerErrorAllowedFails": 4}},
        {"allowed_fails_policy": {"InternalServerErrorAllowedFails": 1}}, 500, 2),
}


@pytest.mark.parametrize("case", ALLOWED)
def test_allowed_failures(start, upstream: Upstream, case: str) -> None:
    router, info, status, count = ALLOWED[case]
    sidecar = pair(start, upstream, info=info, **router)
    for place in range(1, count + 1):
        fail_once(sidecar, upstream, status)
        assert asked(upstream) == ["chat.a"] * place, "cooled too early"
    assert is_cooling(sidecar)


def test_allowed_failures_are_forgotten_after_a_cooldowns_time(start, upstream: Upstream) -> None:
    sidecar = pair(start, upstream, allowed_fails=1, cooldown_time=0.5)
    fail_once(sidecar, upstream, 500)
    time.sleep(0.7)
    fail_once(sidecar, upstream, 500)
    assert not is_cooling(sidecar)


#: Settings of the deployment and the router, the upstream's Retry-After, and for how long.
HOW_LONG = {
    "the router's": ({}, {"cooldown_time": 1}, None, 1),
    "five seconds": ({}, {"cooldown_time": None}, None, 5),
    "the upstream's": ({}, {}, "1", 1),
    "the deployment's": ({"cooldown_time": 1}, {}, "30", 1),
    "the deployment's none": ({"cooldown_time": 0}, {}, "30", 0),
    "the upstream's none": ({}, {}, "0", 0),
    "none at all": ({}, {"disable_cooldowns": True}, "30", 0),
}


@pytest.mark.parametrize("case", HOW_LONG)
def test_for_how_long(start, upstream: Upstream, case: str) -> None:
    params, router, after, seconds = HOW_LONG[case]
    router = {"cooldown_time": LONG, **router}
    if router["cooldown_time"] is None:
        del router["cooldown_time"]
    entries = group("chat", upstream, 2, weight=[FIRST, 1], **params)
    sidecar = start(configuration(entries, router_settings=router))
    headers = [] if after is None else [("retry-after", after)]
    began = time.monotonic()
    fail_once(sidecar, upstream, 429, headers=headers)
    ended = time.monotonic()
    if not seconds:
        assert not is_cooling(sidecar)
        return
    assert is_cooling(sidecar)
    assert until(lambda: not is_cooling(sidecar), seconds + SLACK)
    assert time.monotonic() - began >= seconds - 0.02
    assert time.monotonic() - ended <= seconds + SLACK


def test_a_failure_while_it_cools_extends_nothing(start, upstream: Upstream) -> None:
    sidecar = pair(start, upstream, cooldown_time=1)
    pauses = iter([0.3, 0.9])
    upstream.behaviours["chat.a"] = lambda exchange: fails(429, after=next(pauses))(exchange)
    began = time.monotonic()
    together(*[lambda: ask(sidecar, "chat", **PROBE)] * 2)
    del upstream.behaviours["chat.a"]
    assert asked(upstream) == ["chat.a"] * 2
    assert until(lambda: not is_cooling(sidecar))
    assert time.monotonic() - began < 1.3 + 0.45, "it began again at the second failure"


def test_one_request_tries_what_has_cooled(start, upstream: Upstream) -> None:
    sidecar = pair(start, upstream, cooldown_time=1)
    upstream.behaviours["chat.a"] = fails(429, after=0.5)
    assert ask(sidecar, "chat").status == 200
    time.sleep(1.1)
    upstream.forget()
    upstream.behaviours["chat.a"] = fails(429, after=0.5)
    answers = together(*[lambda: ask(sidecar, "chat")] * 20)
    assert {answer.status for answer in answers} == {200}
    assert Counter(asked(upstream)) == {"chat.a": 1, "chat.b": 20}
    # It failed: all of it begins again.
    assert is_cooling(sidecar)
    time.sleep(1.1)
    upstream.behaviours["chat.a"] = slow(0.5)
    upstream.requests.clear()
    answers = together(*[lambda: ask(sidecar, "chat")] * 20)
    assert Counter(asked(upstream)) == {"chat.a": 1, "chat.b": 19}
    # It went well: all may.
    del upstream.behaviours["chat.a"]
    assert {answered_by(ask(sidecar, "chat")) for _ in range(10)} == {"chat.a"}


def test_a_client_that_leaves_does_not_keep_the_only_try(start, upstream: Upstream) -> None:
    sidecar = pair(start, upstream, cooldown_time=0.5)
    fail_once(sidecar, upstream, 429)
    time.sleep(0.6)
    while not upstream.arrived.empty():
        upstream.next_request()

    @upstream.behaviour("chat.a")
    def _(exchange: Exchange) -> None:
        exchange.wait_closed(5)

    with Wire(sidecar.address) as wire:
        wire.send(message("POST", CHAT, compact({"model": "chat", "messages": MESSAGES})))
        assert upstream.next_request().model == "chat.a"
    del upstream.behaviours["chat.a"]
    assert until(lambda: not is_cooling(sidecar)), "it waits for an outcome that never comes"


def both_cool(start, upstream: Upstream, seconds: float) -> Sidecar:
    sidecar = pair(start, upstream, cooldown_time=seconds)
    for letter in "ab":
        upstream.behaviours[f"chat.{letter}"] = fails(429)
    assert ask(sidecar, "chat", num_retries=1).status == 429
    upstream.forget()
    return sidecar


def test_a_request_waits_for_the_first_to_come_back(start, upstream: Upstream) -> None:
    sidecar = both_cool(start, upstream, 1)
    response, seconds = timed(lambda: ask(sidecar, "chat"))
    assert response.status == 200 and len(upstream.requests) == 1
    assert 0.5 < seconds < 1 + SLACK


@pytest.mark.parametrize("headers, body", [
    ({"x-litellm-timeout": "0.5"}, {}), ({}, {"timeout": 0.5}), ({}, {"num_retries": 0})])
def test_a_request_does_not_wait_in_vain(
    start, upstream: Upstream, headers: dict, body: dict
) -> None:
    sidecar = both_cool(start, upstream, 20)
    response, seconds = timed(lambda: ask(sidecar, "chat", headers, **body))
    assert response.status == 429 and response.json["error"]["code"] == "429"
    assert "No deployments available" in response.json["error"]["message"]
    assert 1 <= int(response.header("retry-after")) <= 20
    assert upstream.requests == [] and seconds < 0.4


def test_beyond_a_minute_nobody_waits(start, upstream: Upstream) -> None:
    sidecar = both_cool(start, upstream, 90)
    response, seconds = timed(lambda: ask(sidecar, "chat"))
    assert response.status == 429 and seconds < SLACK
    assert 60 < int(response.header("retry-after")) <= 90


def state(sidecar: Sidecar, identifier: str) -> float:
    return sidecar.metrics().total("litellm_deployment_state", model_id=identifier)


def test_a_cooldown_is_seen(start, upstream: Upstream) -> None:
    sidecar = pair(start, upstream, cooldown_time=1)
    assert (ask(sidecar, "chat").status, state(sidecar, "chat.a")) == (200, 0)
    fail_once(sidecar, upstream, 429)
    cooled: Callable[[], float] = lambda: sidecar.metrics().total(
        "litellm_deployment_cooled_down_total", model_id="chat.a", exception_status="429")
    assert cooled() == 1
    # 2 is an outage; what failed in this minute is 1.
    assert (state(sidecar, "chat.a"), state(sidecar, "chat.b")) == (2, 0)
    assert until(lambda: not is_cooling(sidecar))
    assert state(sidecar, "chat.a") < 2 and cooled() == 1


def test_a_reload_keeps_who_cools(start, upstream: Upstream) -> None:
    sidecar = pair(start, upstream)
    fail_once(sidecar, upstream, 429)
    assert is_cooling(sidecar)
    count = sidecar.metrics().total("sidegate_reloads_total", result="success")
    sidecar.signal(signal.SIGHUP)
    assert until(lambda: sidecar.metrics().total(
        "sidegate_reloads_total", result="success") > count)
    assert is_cooling(sidecar)
