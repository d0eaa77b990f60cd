"""How often a failed attempt is tried again, where, and after which wait."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import pytest
from behaviours import ordinary
from conftest import configuration
from failures import error_body
from herd import (CHAT, FIRST, MESSAGES, SLACK, answered_by, ask, asked, attempted, fails, gaps,
                  group, timed, together)
from upstream import Exchange, Upstream, compact
from wire import Wire, message

#: What is configured, what the request says, how all candidates fail, and how many are asked.
#: With more candidates than attempts nothing waits.
HOW_OFTEN = {
    "two by default": ({}, {}, {}, 500, 3),
    "litellm_settings": ({"litellm_settings": {"num_retries": 1}}, {}, {}, 500, 2),
    "router_settings goes first": (
        {"litellm_settings": {"num_retries": 1}, "router_settings": {"num_retries": 3}},
        {}, {}, 500, 4),
    "none": ({"router_settings": {"num_retries": 0}}, {}, {}, 500, 1),
    "the deployment goes first": (
        {"router_settings": {"num_retries": 3}}, {"num_retries": 1}, {}, 500, 2),
    "the policy goes first": (
        {"router_settings": {"retry_policy": {"InternalServerErrorRetries": 0}}},
        {"num_retries": 3}, {}, 500, 1),
    "the policy's other kinds": (
        {"router_settings": {"retry_policy": {"RateLimitErrorRetries": 0}}}, {}, {}, 500, 3),
    "a limit, by the policy": (
        {"router_settings": {"retry_policy": {"RateLimitErrorRetries": 4}}}, {}, {}, 429, 5),
    "a time-out, by the policy": (
        {"router_settings": {"retry_policy": {"TimeoutErrorRetries": 0}}}, {}, {}, 408, 1),
    "a wrong key, by the policy": (
        {"router_settings": {"retry_policy": {"AuthenticationErrorRetries": 1}}}, {}, {}, 401, 2),
    "a client's mistake": ({"router_settings": {"num_retries": 4}}, {}, {}, 400, 1),
    "a client's mistake, by the policy": (
        {"router_settings": {"retry_policy": {"BadRequestErrorRetries": 1}}}, {}, {}, 400, 2),
    "the group's policy goes first": (
        {"router_settings": {"retry_policy": {"InternalServerErrorRetries": 4},
                             "model_group_retry_policy": {
                                 "chat": {"InternalServerErrorRetries": 1}}}}, {}, {}, 500, 2),
    "another group's policy": (
        {"router_settings": {"retry_policy": {"InternalServerErrorRetries": 1},
                             "model_group_retry_policy": {
                                 "other": {"InternalServerErrorRetries": 4}}}}, {}, {}, 500, 2),
    "the request goes first": (
        {"router_settings": {"retry_policy": {"InternalServerErrorRetries": 4}}}, {},
        {"num_retries": 1}, 500, 2),
    "the request wants none": ({}, {}, {"num_retries": 0}, 500, 1),
    "the request's header": ({}, {}, {"x-litellm-num-retries": "3"}, 500, 4),
    "the header goes first": (
        {}, {}, {"x-litellm-num-retries": "1", "num_retries": 4}, 500, 2),
}


@pytest.mark.parametrize("case", HOW_OFTEN)
def test_how_often(start, upstream: Upstream, case: str) -> None:
    sections, params, request, status, attempts = HOW_OFTEN[case]
    entries = group("chat", upstream, 6, **params) + group("other", upstream)
    sidecar = start(configuration(entries, **sections))
    for entry in entries[:6]:
        upstream.behaviours[entry["model_info"]["id"]] = fails(status)
    headers = {name: value for name, value in request.items() if name.startswith("x-")}
    body = {name: value for name, value in request.items() if name not in headers}
    response, seconds = timed(lambda: ask(sidecar, "chat", headers, **body))
    assert response.status == status and response.body == error_body(status)
    assert len(asked(upstream)) == attempts
    assert len(set(asked(upstream))) == attempts, "one was asked again although others were left"
    assert attempted(response) == (attempts - 1, 0)
    assert seconds < SLACK
    assert "num_retries" not in upstream.requests[0].json


#: Between attempts at a lone candidate: what it answers, what the request says, the least of each
#: wait. Chance adds up to 0.75 s.
WAITS = {
    "doubled": (lambda: [], 2, [0.5, 1.0]),
    "seconds": (lambda: [("retry-after", "1")], 2, [1.0, 1.0]),
    "date": (lambda: [("retry-after", formatdate(time.time() + 2, usegmt=True))], 1, [0.9]),
    "long": (lambda: [("retry-after", "61")], 1, [0.5]),
    "nonsense": (lambda: [("retry-after", "soon")], 1, [0.5]),
}


def test_the_wait_before_a_lone_candidate_is_asked_again(start, upstream: Upstream) -> None:
    sidecar = start(configuration(
        [entry for name in WAITS for entry in group(name, upstream)]))
    for name, (headers, _, _) in WAITS.items():
        upstream.behaviours[f"{name}.a"] = lambda exchange, headers=headers: exchange.answer(
            error_body(503), 503, headers())
    together(*[lambda name=name: ask(sidecar, name, num_retries=WAITS[name][1]) for name in WAITS])
    for name, (_, _, least) in WAITS.items():
        waited = gaps(upstream, f"{name}.a")
        assert len(waited) == len(least), name
        for wait, lowest in zip(waited, least):
            # A date's second may have begun.
            most = lowest + 0.75 + SLACK + (1.1 if name == "date" else 0)
            assert lowest - 0.02 <= wait <= most, (name, waited)


def test_the_least_wait_that_is_configured(start, upstream: Upstream) -> None:
    sidecar = start(configuration(group("chat", upstream), router_settings={"retry_after": 1.5}))
    upstream.behaviours["chat.a"] = fails(503, times=1)
    assert ask(sidecar, "chat").status == 200
    assert 1.48 <= gaps(upstream, "chat.a")[0] <= 2.25 + SLACK


def test_what_sent_nothing_costs_no_retry(start, upstream: Upstream) -> None:
    nobody = [Upstream(ordinary, refuses=True) for _ in range(2)]
    bases = [silent.base for silent in nobody]
    sidecar = start(configuration(
        group("chat", upstream, 3, api_base=[*bases, upstream.base], weight=[FIRST, FIRST, 1])))
    response, seconds = timed(lambda: ask(sidecar, "chat", num_retries=0))
    assert response.status == 200 and answered_by(response) == "chat.c"
    assert seconds < SLACK


def test_a_lone_candidate_without_a_connection_is_tried_again(start) -> None:
    late = Upstream(ordinary, refuses=True)
    sidecar = start(configuration(group("chat", late)))
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(ask, sidecar, "chat", num_retries=1)
        time.sleep(0.3)
        late.listen()
        response = pending.result()
    assert response.status == 200 and attempted(response) == (1, 0)
    late.stop()


def test_a_retry_is_seen_everywhere(start, upstream: Upstream) -> None:
    sidecar = start(configuration(group("chat", upstream, 2, weight=[FIRST, 1])))
    upstream.behaviours["chat.a"] = fails(503)
    response = ask(sidecar, "chat")
    assert attempted(response) == (1, 0) and answered_by(response) == "chat.b"
    assert response.header("x-should-retry") is None

    line = next(line for line in sidecar.access_log(1) if line["path"] == CHAT)
    assert (line["status"], line["retries"], line["deployment"]) == (200, 1, "chat.b")
    assert len(line["attempts"]) == 1
    assert "chat.a" in json.dumps(line["attempts"]) and "503" in json.dumps(line["attempts"])

    metrics = sidecar.metrics()
    assert metrics.total("sidegate_retries_total") == 1
    assert metrics.total("litellm_proxy_total_requests_metric_total", status_code="200",
                         requested_model="chat") == 1
    assert metrics.total("litellm_deployment_failure_responses_total", model_id="chat.a",
                         exception_status="503") == 1
    assert metrics.total("litellm_deployment_success_responses_total", model_id="chat.b") == 1


def test_the_request_is_sent_again_as_it_was(start, upstream: Upstream) -> None:
    sidecar = start(configuration(group("chat", upstream, 2, weight=[FIRST, 1])))
    upstream.behaviours["chat.a"] = fails(500)
    text = "Grüße 🌍 " * 20_000  # Longer than any socket takes at once.
    assert ask(sidecar, "chat", messages=[{"role": "user", "content": text}]).status == 200
    first, second = (exchange.json for exchange in upstream.requests)
    assert (first.pop("model"), second.pop("model")) == ("chat.a", "chat.b")
    assert first == second and first["messages"][0]["content"] == text


FORM = "".join(f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
               for name, value in (("model", "chat"), ("response_format", "text"))) + "--x--\r\n"


@pytest.mark.parametrize("path, body, sent, kind", [
    ("/v1/audio/speech", {"model": "chat", "input": "Hi"}, "application/json", "audio/mpeg"),
    ("/v1/audio/transcriptions", FORM.encode(), "multipart/form-data; boundary=x", "text/plain")])
def test_what_is_no_json_by_right_is_an_answer(
    start, upstream: Upstream, path: str, body: object, sent: str, kind: str
) -> None:
    upstream.behaviours["chat.a"] = lambda exchange: exchange.answer(
        b"\xff\xfb nothing to parse", 200, [("content-type", kind)])
    sidecar = start(configuration(group("chat", upstream)))
    response = sidecar.request("POST", path, body, {"content-type": sent})
    assert (response.status, response.body) == (200, b"\xff\xfb nothing to parse")
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("path, body", [
    ("/v1/completions", {"prompt": "Hi"}), ("/v1/embeddings", {"input": "Hi"}),
    ("/v1/responses", {"input": "Hi"})])
def test_a_body_that_is_not_the_endpoints_is_tried_again(
    start, upstream: Upstream, path: str, body: dict
) -> None:
    sidecar = start(configuration(group("chat", upstream, 2, weight=[FIRST, 1])))
    upstream.behaviours["chat.a"] = lambda exchange: exchange.answer(b'{"id": "x", ', 200)
    response = sidecar.request("POST", path, {"model": "chat", **body})
    assert response.status == 200 and attempted(response) == (1, 0)
    assert asked(upstream) == ["chat.a", "chat.b"]


def test_retries_stay_within_their_budget(start, upstream: Upstream) -> None:
    """A storm: every attempt fails, and fifty clients do not stop asking."""
    sidecar = start(configuration(
        group("chat", upstream, 3), router_settings={"disable_cooldowns": True}))
    upstream.fallback, before = lambda exchange: exchange.answer(
        error_body(503), 503), upstream.fallback
    try:
        began = time.monotonic()
        with ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(lambda _: ask(sidecar, "chat"), range(600)))
        seconds = time.monotonic() - began
    finally:
        upstream.fallback = before
    assert {(answer.status, answer.body) for answer in answers} == {(503, error_body(503))}
    retries = len(upstream.requests) - len(answers)
    windows = 1 + int(seconds / 10)
    assert retries <= 0.2 * len(answers) + windows * 100, "more than the budget"
    assert retries >= 90, "ten a second were not allowed"
    metrics = sidecar.metrics()
    assert metrics.total("sidegate_retry_budget_exhausted_total") > 0
    assert metrics.total("sidegate_retries_total") == retries
    assert sum(attempted(answer)[0] for answer in answers) == retries


def test_a_good_answer_needs_no_budget(start, upstream: Upstream) -> None:
    """What is spent by one model's storm is not held against requests that go well."""
    sidecar = start(configuration(
        group("bad", upstream, 3) + group("good", upstream),
        router_settings={"disable_cooldowns": True}))
    for letter in "abc":
        upstream.behaviours[f"bad.{letter}"] = fails(503)
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: ask(sidecar, "bad"), range(200)))
        good = list(pool.map(lambda _: ask(sidecar, "good"), range(50)))
    assert {answer.status for answer in good} == {200}


def test_a_client_that_leaves_ends_the_waiting(start, upstream: Upstream) -> None:
    sidecar = start(configuration(group("chat", upstream)))
    upstream.behaviours["chat.a"] = fails(503)
    with Wire(sidecar.address) as wire:
        wire.send(message("POST", CHAT, compact({"model": "chat", "messages": MESSAGES})))
        upstream.next_request()
        time.sleep(0.1)
    time.sleep(1.5)
    assert len(upstream.requests) == 1, "nobody waits for the second attempt"
    assert sidecar.metrics().total("litellm_in_flight_requests") <= 1


def test_another_attempt_has_its_own_time(start, upstream: Upstream) -> None:
    pauses = iter([0.9, 0.9, 0.0])

    @upstream.behaviour("chat.a")
    def _(exchange: Exchange) -> None:
        if not exchange.wait_closed(next(pauses)):
            fails(500)(exchange)

    sidecar = start(configuration(group("chat", upstream), router_settings={"timeout": 1.2}))
    response, seconds = timed(lambda: ask(sidecar, "chat"))
    # All three together take longer than one may.
    assert response.status == 500 and len(upstream.requests) == 3
    assert seconds > 1.8 + 1.5
