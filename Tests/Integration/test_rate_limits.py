"""Limits of keys, users, teams, models and deployments, as clients and upstreams see them."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest
from behaviours import delta, ordinary
from conftest import configuration, deployment
from herd import CHAT, answered_by, ask, group, until
from sidecar import Sidecar
from upstream import Exchange, Upstream, compact
from wire import Response, Wire, message

KEY = "sk-limits-key-with-some-length"
OTHER = "sk-limits-other-with-some-length"
MASTER = "sk-limits-master-with-length"


def keyed(start, upstream: Upstream, keys: list[dict], *, models: list[dict] | None = None,
          sidegate: dict | None = None, general: dict | None = None, **sections: object) -> Sidecar:
    """A sidecar whose first key is `KEY`, the second `OTHER`."""
    entries = [{"key": key, **own} for key, own in zip((KEY, OTHER), keys, strict=False)]
    return start(configuration(
        models or [deployment("chat", upstream.base), deployment("other", upstream.base)],
        general_settings={"master_key": MASTER, **(general or {})},
        sidegate={"keys": entries, **(sidegate or {})},
        **{"router_settings": {"num_retries": 0}, **sections}))


def chat(sidecar: Sidecar, key: str = KEY, model: str = "chat", **members: object) -> Response:
    body = {"model": model, "messages": [{"role": "user", "content": "Hi"}], **members}
    return sidecar.request("POST", CHAT, body, {"authorization": f"Bearer {key}"})


def statuses(sidecar: Sidecar, count: int, *arguments: object, **members: object) -> list[int]:
    return [chat(sidecar, *arguments, **members).status for _ in range(count)]


def check_refused(response: Response, who: str, kind: str, limit: int) -> None:
    assert response.status == 429
    error = response.json["error"]
    assert error["type"] == "throttling_error" and error["code"] == "429"
    assert re.fullmatch(
        rf"Rate limit exceeded for {who}\. Limit type: {kind}\. Current limit: {limit}, "
        r"Remaining: \d+\. Limit resets at: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", error["message"])
    assert response.header("rate_limit_type") == kind
    assert response.header("reset_at") in error["message"]
    assert 1 <= int(response.header("retry-after")) <= 61
    assert response.header("x-sidegate-error-class") == "RateLimitError"


def test_a_keys_requests(start, upstream: Upstream) -> None:
    sidecar = keyed(start, upstream, [{"rpm": 3}, {}])
    first = chat(sidecar)
    assert first.header("x-ratelimit-api_key-limit-requests") == "3"
    assert first.header("x-ratelimit-api_key-remaining-requests") == "2"
    assert first.header("x-litellm-key-rpm-limit") == "3"
    assert first.header("x-litellm-key-tpm-limit") is None
    assert statuses(sidecar, 2) == [200, 200]
    for _ in range(5):
        response = chat(sidecar)
        check_refused(response, "api_key: [0-9a-f]{64}", "requests", 3)
        assert KEY not in response.json["error"]["message"]
        assert int(response.header("retry-after")) >= 55
    assert len(upstream.requests) == 3
    other = chat(sidecar, OTHER)
    assert other.status == 200 and not other.header("x-ratelimit-api_key-limit-requests")
    assert statuses(sidecar, 5, MASTER) == [200] * 5
    metrics = sidecar.metrics()
    assert metrics.total("sidegate_rate_limited_requests_total", limit="api_key",
                         type="requests") == 5


def test_users_and_teams_are_limited_together(start, upstream: Upstream) -> None:
    keys = [{"user": "ada", "team": "search"}, {"user": "bob", "team": "search"}]
    sidecar = keyed(start, upstream, keys, sidegate={
        "users": {"ada": {"rpm": 2}}, "teams": {"search": {"rpm_limit": 4}}})
    first = chat(sidecar)
    assert first.header("x-ratelimit-user-remaining-requests") == "1"
    assert first.header("x-ratelimit-team-remaining-requests") == "3"
    assert chat(sidecar).status == 200
    check_refused(chat(sidecar), "user: ada", "requests", 2)
    assert statuses(sidecar, 2, OTHER) == [200, 200], "what was refused has cost the team nothing"
    check_refused(chat(sidecar, OTHER), "team: search", "requests", 4)


def test_a_key_at_one_model(start, upstream: Upstream) -> None:
    models = [deployment("chat", upstream.base),
              deployment("other", upstream.base, default_api_key_rpm_limit=1)]
    sidecar = keyed(start, upstream, [{"model_rpm_limit": {"chat": 2}}, {}], models=models,
                    router_settings={"num_retries": 0, "model_group_alias": {"alias": "chat"}})
    first = chat(sidecar)
    assert first.header("x-ratelimit-model_per_key-limit-requests") == "2"
    assert first.header("x-litellm-key-remaining-requests-chat") == "1"
    assert chat(sidecar, model="alias").status == 200
    check_refused(chat(sidecar, model="alias"), "model_per_key: [0-9a-f]{64}:chat", "requests", 2)
    for key in (KEY, OTHER):
        assert statuses(sidecar, 2, key, "other") == [200, 429]
    assert statuses(sidecar, 3, OTHER) == [200] * 3


def test_an_upstreams_limits_do_not_pass_for_ours(start, upstream: Upstream) -> None:
    theirs = [("x-ratelimit-api_key-limit-requests", "7"), ("x-ratelimit-limit-requests", "9")]
    upstream.behaviour("up-chat")(lambda exchange: exchange.answer({"ok": 1}, headers=theirs))
    sidecar = keyed(start, upstream, [{"rpm": 3}])
    for key, ours in ((KEY, ["3"]), (MASTER, ["7"])):
        response = chat(sidecar, key)
        assert [value for name, value in response.headers
                if name == "x-ratelimit-api_key-limit-requests"] == ours
        assert response.header("x-ratelimit-limit-requests") == "9"


def test_the_sdk_raises_its_own_error(start, upstream: Upstream) -> None:
    sidecar = keyed(start, upstream, [{"rpm": 1}])
    client = openai.OpenAI(base_url=sidecar.base, api_key=KEY, max_retries=0)
    ask_it = lambda: client.chat.completions.create(  # noqa: E731
        model="chat", messages=[{"role": "user", "content": "Hi"}])
    ask_it()
    with pytest.raises(openai.RateLimitError, match="Limit type: requests. Current limit: 1"):
        ask_it()


# Tokens.


def using(prompt: int, completion: int):
    """An upstream's behaviour that claims so much usage."""
    usage = {"prompt_tokens": prompt, "completion_tokens": completion,
             "total_tokens": prompt + completion}

    def answer(exchange: Exchange) -> None:
        if exchange.json.get("stream"):
            exchange.start_stream()
            exchange.event(delta(exchange, {"content": "Hi"}))
            if exchange.json.get("stream_options", {}).get("include_usage"):
                exchange.event({**delta(exchange, {}), "choices": [], "usage": usage})
            exchange.end_stream()
        else:
            exchange.answer({
                "id": "x", "object": "chat.completion", "model": exchange.model, "usage": usage,
                "choices": [{"index": 0, "finish_reason": "stop",
                             "message": {"role": "assistant", "content": "Hi"}}]})

    return answer


def left(response: Response, who: str = "api_key") -> int:
    return int(response.header(f"x-ratelimit-{who}-remaining-tokens"))


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("kind", "each"), [("total", 40), ("input", 30), ("output", 10)])
def test_tokens_are_settled_by_the_usage(
    start, upstream: Upstream, kind: str, each: int, stream: bool
) -> None:
    upstream.behaviour("up-chat")(using(30, 10))
    sidecar = keyed(start, upstream, [{"tpm": 1000}], general={"token_rate_limit_type": kind})
    first = left(chat(sidecar, max_tokens=100, stream=stream))
    second = left(chat(sidecar, max_tokens=100, stream=stream))
    assert first - second == each


def test_tokens_are_reserved_before_a_request_goes_out(start, upstream: Upstream) -> None:
    upstream.behaviour("up-chat")(using(5, 5))
    sidecar = keyed(start, upstream, [{"tpm": 1000}])
    assert 400 < left(chat(sidecar, max_completion_tokens=500)) < 500
    assert left(chat(sidecar)) < 1000 - 10 - 250, "a quarter of a small limit for nothing said"
    assert left(chat(sidecar, max_tokens=100, n=3)) < 1000 - 20 - 300
    refused = chat(sidecar, max_tokens=980)
    check_refused(refused, "api_key: [0-9a-f]{64}", "tokens", 1000)
    assert len(upstream.requests) == 3


def test_a_request_larger_than_the_limit_is_not_refused_for_ever(
    start, upstream: Upstream
) -> None:
    upstream.behaviour("up-chat")(using(50, 60))
    sidecar = keyed(start, upstream, [{"tpm": 100}])
    assert chat(sidecar, max_tokens=100_000).status == 200
    check_refused(chat(sidecar, max_tokens=1), "api_key: [0-9a-f]{64}", "tokens", 100)


def test_an_errors_tokens_are_given_back_and_its_request_counts(
    start, upstream: Upstream
) -> None:
    upstream.behaviour("up-chat")(lambda exchange: exchange.answer({"error": {}}, 400))
    sidecar = keyed(start, upstream, [{"tpm": 1000, "rpm": 3}])
    for requests in (2, 1, 0):
        response = chat(sidecar, max_tokens=900)
        assert response.status == 400
        assert response.header("x-ratelimit-api_key-remaining-requests") == str(requests)
    check_refused(chat(sidecar, max_tokens=900), "api_key: [0-9a-f]{64}", "requests", 3)


def test_what_no_deployment_takes_costs_nothing(start, upstream: Upstream) -> None:
    models = [deployment("chat", upstream.base),
              {"model_name": "dark", "litellm_params": {
                  "model": "openai/x", "api_key": "os.environ/NOT_THERE"}}]
    sidecar = keyed(start, upstream, [{"rpm": 1}], models=models)
    assert chat(sidecar, model="dark").status == 503
    assert statuses(sidecar, 2) == [200, 429]


def test_a_client_that_left_keeps_its_estimate(start, upstream: Upstream) -> None:
    upstream.behaviour("up-chat")(lambda exchange: exchange.wait_closed(20))
    upstream.behaviour("up-other")(using(5, 5))
    sidecar = keyed(start, upstream, [{"tpm": 1000, "max_parallel_requests": 1}])
    body = compact({"model": "chat", "messages": [], "max_tokens": 600})
    with Wire(sidecar.address) as wire:
        wire.send(message("POST", CHAT, body, {"authorization": f"Bearer {KEY}"}))
        upstream.next_request()
        check_refused(chat(sidecar, model="other", max_tokens=5), "api_key: [0-9a-f]{64}",
                      "max_parallel_requests", 1)
    assert until(lambda: chat(sidecar, model="other", max_tokens=5).status == 200)
    assert left(chat(sidecar, model="other", max_tokens=5)) < 400


# Places.


def test_places_come_back_whatever_way_requests_end(start, upstream: Upstream) -> None:
    acts = {"good": ordinary, "fails": lambda exchange: exchange.answer({"error": {}}, 500),
            "breaks": lambda exchange: exchange.reset()}
    upstream.behaviours["up-chat"] = lambda exchange: acts[exchange.json["user"]](exchange)
    sidecar = keyed(start, upstream, [{"max_parallel_requests": 2}])
    for act in ("good", "fails", "breaks") * 3:
        for stream in (False, True):
            response = chat(sidecar, user=act, stream=stream)
            assert response.status != 429
            assert response.header("x-ratelimit-api_key-remaining-max_parallel_requests") == "1"


def test_requests_at_once(start, upstream: Upstream) -> None:
    opened = threading.Event()

    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        opened.wait(20)
        ordinary(exchange)

    sidecar = keyed(start, upstream, [{"max_parallel_requests": 3}])
    with ThreadPoolExecutor(10) as pool:
        answers = [pool.submit(chat, sidecar) for _ in range(10)]
        assert until(lambda: sum(answer.done() for answer in answers) == 7)
        opened.set()
        found = [answer.result() for answer in answers]
    assert sorted(response.status for response in found) == [200] * 3 + [429] * 7
    refused = next(response for response in found if response.status == 429)
    check_refused(refused, "api_key: [0-9a-f]{64}", "max_parallel_requests", 3)
    assert refused.header("retry-after") == "1"
    assert chat(sidecar).status == 200


@pytest.mark.parametrize("workers", [1, 2])
def test_a_storm_is_never_over(start, upstream: Upstream, workers: int) -> None:
    source = configuration(
        [deployment("chat", upstream.base)], general_settings={"master_key": MASTER},
        sidegate={"keys": [{"key": KEY, "rpm": 50, "tpm": 1_000_000}]})
    sidecar = start(source, "--workers", str(workers))
    began = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: chat(sidecar).status, range(300)))
    assert time.monotonic() - began < 55, "too slow a machine to tell"
    assert found.count(200) == 50 and found.count(429) == 250
    assert len(upstream.requests) == 50


# Attempts, fallbacks, deployments.


def test_retries_and_fallbacks_count_once(start, upstream: Upstream) -> None:
    upstream.behaviour("up-chat")(lambda exchange: exchange.answer({"error": {}}, 500))
    sidecar = keyed(start, upstream, [{"rpm": 2}], router_settings={
        "num_retries": 2, "fallbacks": [{"chat": ["other"]}], "disable_cooldowns": True})
    for remaining in ("1", "0"):
        response = chat(sidecar)
        assert response.status == 200
        assert response.header("x-ratelimit-api_key-remaining-requests") == remaining
    assert chat(sidecar).status == 429


def test_a_fallback_that_lets_the_model_write_more_takes_more(start, upstream: Upstream) -> None:
    """What it takes beyond the body's estimate goes back when the usage is known."""
    upstream.behaviour("up-chat")(lambda exchange: exchange.answer({"error": {}}, 500))
    upstream.behaviour("up-other")(using(10, 20))
    sidecar = keyed(start, upstream, [{"tpm": 1000, "rpm": 100}, {"tpm": 1000}],
                    router_settings={"num_retries": 0, "disable_cooldowns": True})

    def led(most: int, key: str = KEY) -> Response:
        return chat(sidecar, key, max_tokens=50,
                    fallbacks=[{"model": "other", "max_tokens": most}])

    shortest = 1000 - left(chat(sidecar, OTHER, model="other", max_tokens=1))
    assert led(400).status == 200
    assert left(chat(sidecar, model="other", max_tokens=1)) == 1000 - 30 - shortest
    assert led(400).status == 200
    # What there is no room for is not tried, though the body alone would have had room.
    before = len(upstream.requests)
    assert led(980).status == 500, "its own model's answer"
    assert [call.model for call in upstream.requests[before:]] == ["up-chat"]
    # Nothing of it is left behind: only what was used counts.
    assert left(chat(sidecar, model="other", max_tokens=1)) == 1000 - 3 * 30 - shortest


def enforced(start, upstream: Upstream, count: int = 1, router: dict | None = None,
             **params: list) -> Sidecar:
    models = [*group("chat", upstream, count, **params), *group("spare", upstream, 1)]
    return start(configuration(models, router_settings={
        "num_retries": 0, "optional_pre_call_checks": ["enforce_model_rate_limits"],
        **(router or {})}))


def test_deployments_share_what_each_has(start, upstream: Upstream) -> None:
    sidecar = enforced(start, upstream, 2, rpm=[2, 3])
    found = [answered_by(ask(sidecar, "chat")) for _ in range(5)]
    assert sorted(found) == ["chat.a"] * 2 + ["chat.b"] * 3
    response = ask(sidecar, "chat")
    assert response.status == 429 and response.header("rate_limit_type") == "requests"
    assert 50 <= int(response.header("retry-after")) <= 61
    assert "all deployments of model=chat" in response.json["error"]["message"]
    assert len(upstream.requests) == 5
    assert sidecar.metrics().total("sidegate_rate_limited_requests_total", limit="deployment") >= 1


def test_spent_deployments_fall_back(start, upstream: Upstream) -> None:
    sidecar = enforced(start, upstream, rpm=[1], router={"fallbacks": [{"chat": ["spare"]}]})
    assert [answered_by(ask(sidecar, "chat")) for _ in range(3)] == [
        "chat.a", "spare.a", "spare.a"]


def test_each_attempt_counts_at_its_deployment(start, upstream: Upstream) -> None:
    upstream.behaviours["chat.a"] = lambda exchange: exchange.answer({"error": {}}, 500)
    sidecar = enforced(start, upstream, rpm=[3], router={
        "num_retries": 1, "disable_cooldowns": True, "retry_after": 0})
    assert ask(sidecar, "chat").status == 500
    assert ask(sidecar, "chat").status == 500
    assert ask(sidecar, "chat").status == 429
    assert len(upstream.requests) == 3


def test_a_deployments_tokens_are_settled(start, upstream: Upstream) -> None:
    upstream.behaviours["chat.a"] = using(5, 5)
    sidecar = enforced(start, upstream, tpm=[100])
    statuses = [ask(sidecar, "chat", max_tokens=60).status for _ in range(6)]
    # 10 tokens each are used, about 64 reserved.
    assert statuses == [200] * 4 + [429] * 2
