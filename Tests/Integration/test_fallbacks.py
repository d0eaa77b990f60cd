"""Which groups answer when the first has failed for good, and what is seen of it."""

import hashlib
import json

import pytest
import transcript
from conftest import MASTER_KEY, configuration
from failures import error_body
from herd import (CHAT, FIRST, answered_by, ask, asked, attempted, fails, group, timed)
from sidecar import Sidecar
from upstream import Upstream, compact

#: Rules, the model that is asked and fails, and the group that answers; none for its own error.
RULES = {
    "its name": ({"fallbacks": [{"chat": ["spare"]}]}, "chat", "spare"),
    "another's name": ({"fallbacks": [{"other": ["spare"]}]}, "chat", None),
    "any": ({"fallbacks": [{"*": ["spare"]}]}, "chat", "spare"),
    "its name before any": (
        {"fallbacks": [{"*": ["other"]}, {"chat": ["spare"]}]}, "chat", "spare"),
    "by default": ({"default_fallbacks": ["spare"]}, "chat", "spare"),
    "its name before the default": (
        {"fallbacks": [{"chat": ["spare"]}], "default_fallbacks": ["other"]}, "chat", "spare"),
    "without the provider": ({"fallbacks": [{"asked": ["spare"]}]}, "openai/asked", "spare"),
    "with the provider": ({"fallbacks": [{"hosted_vllm/chat": ["spare"]}]}, "chat", "spare"),
    "the next in the list": ({"fallbacks": [{"chat": ["bad", "spare"]}]}, "chat", "spare"),
    "an alias": ({"fallbacks": [{"chat": ["short"]}], "model_group_alias": {"short": "spare"}},
                 "chat", "short"),
    "a wildcard's": ({"fallbacks": [{"chat": ["wild/one"]}]}, "chat", "wild/one"),
}


@pytest.mark.parametrize("section", ["router_settings", "litellm_settings"])
@pytest.mark.parametrize("case", RULES)
def test_rules(start, upstream: Upstream, case: str, section: str) -> None:
    rules, model, answers = RULES[case]
    if section == "litellm_settings" and "model_group_alias" in rules:
        pytest.skip("aliases belong to router_settings")
    wild = {"model_name": "wild/*", "litellm_params": {
        "model": "openai/*", "api_base": upstream.base, "api_key": "none"}}
    entries = [entry for name in ("chat", "openai/asked", "bad", "spare", "other")
               for entry in group(name, upstream)]
    settings = {section: rules, "router_settings": {
        "num_retries": 0, **(rules if section == "router_settings" else {})}}
    sidecar = start(configuration([*entries, wild], **settings))
    for name in ("chat", "openai/asked", "bad"):
        upstream.behaviours[f"{name}.a"] = fails(500, body=error_body(500, name))
    response = ask(sidecar, model)
    if answers is None:
        assert (response.status, response.body) == (500, error_body(500, model))
        assert attempted(response) == (0, 0) and len(upstream.requests) == 1
        return
    assert response.status == 200
    assert response.header("x-litellm-model-group") == answers
    assert attempted(response)[1] == len(upstream.requests) - 1 >= 1


#: Settings, how the first model fails, and the group that answers.
KINDS = {
    "a prompt too long": (
        {"context_window_fallbacks": [{"chat": ["long"]}], "fallbacks": [{"chat": ["spare"]}]},
        "47-err-too-long", "long"),
    "too long, and no rule for it": (
        {"context_window_fallbacks": [{"other": ["long"]}], "fallbacks": [{"chat": ["spare"]}]},
        "47-err-too-long", None),
    "too long, and no such rules": (
        {"fallbacks": [{"chat": ["spare"]}]}, "47-err-too-long", "spare"),
    "not too long": (
        {"context_window_fallbacks": [{"chat": ["long"]}], "fallbacks": [{"chat": ["spare"]}]},
        "45-err-bad-param", "spare"),
    "not too long, and no other rule": (
        {"context_window_fallbacks": [{"chat": ["long"]}]}, "45-err-bad-param", None),
    "against the policy": (
        {"content_policy_fallbacks": [{"chat": ["mild"]}], "fallbacks": [{"chat": ["spare"]}],
         "context_window_fallbacks": [{"chat": ["long"]}]}, "policy", "mild"),
    "against the policy, and no rule for it": (
        {"content_policy_fallbacks": [{"other": ["mild"]}], "fallbacks": [{"chat": ["spare"]}]},
        "policy", None),
    "against the policy, and no such rules": (
        {"fallbacks": [{"chat": ["spare"]}]}, "policy", "spare"),
}
#: What Azure says.
POLICY = compact({"error": {
    "message": "The response was filtered due to the prompt triggering Azure OpenAI's content "
    "management policy.", "type": None, "param": "prompt", "code": "content_filter",
    "status": 400}})


@pytest.mark.parametrize("case", KINDS)
def test_rules_for_a_kind_of_failure(start, upstream: Upstream, case: str) -> None:
    settings, failure, answers = KINDS[case]
    entries = [entry for name in ("chat", "long", "mild", "spare", "other")
               for entry in group(name, upstream)]
    sidecar = start(configuration(entries, litellm_settings=settings))
    if failure == "policy":
        upstream.behaviours["chat.a"] = fails(400, body=POLICY)
    else:
        upstream.behaviours["chat.a"] = transcript.load(failure).replay
    response = ask(sidecar, "chat")
    own = POLICY if failure == "policy" else None if answers else transcript.load(failure).body
    if answers is None:
        assert (response.status, response.body) == (400, own)
        assert len(upstream.requests) == 1
    else:
        assert response.status == 200 and answered_by(response) == f"{answers}.a"
        assert asked(upstream) == ["chat.a", f"{answers}.a"]


@pytest.fixture
def failing(start, upstream: Upstream) -> Sidecar:
    """`chat` fails, and `usual` stands behind it by the table's rule."""
    entries = [entry for name in ("chat", "usual", "spare", "other", "bad")
               for entry in group(name, upstream)]
    for name in ("chat", "bad"):
        upstream.behaviours[f"{name}.a"] = fails(503, body=error_body(503, name))
    keys = [{"hash": hashlib.sha256(key.encode()).hexdigest(), "models": models}
            for key, models in (("sk-both", ["chat", "spare"]), ("sk-one", ["chat"]))]
    return start(configuration(
        entries, sidegate={"keys": keys},
        router_settings={"num_retries": 0, "fallbacks": [{"chat": ["usual"]}]},
        general_settings={"master_key": "os.environ/GATEWAY_KEY"}),
        environment={"GATEWAY_KEY": MASTER_KEY})


def test_the_requests_own_go_first(failing: Sidecar, upstream: Upstream, auth) -> None:
    assert answered_by(ask(failing, "chat", auth)) == "usual.a"
    response = ask(failing, "chat", auth, fallbacks=["bad", "spare"], temperature=0.5)
    assert response.status == 200 and answered_by(response) == "spare.a"
    assert attempted(response) == (0, 2)
    assert asked(upstream)[2:] == ["chat.a", "bad.a", "spare.a"]
    assert upstream.requests[-1].json["temperature"] == 0.5
    for exchange in upstream.requests:
        assert "fallbacks" not in exchange.json


def test_the_requests_own_may_say_more(failing: Sidecar, upstream: Upstream, auth) -> None:
    other = [{"role": "user", "content": "Be brief: Grüße? \"\\"}]
    response = ask(failing, "chat", auth, temperature=0.5, top_p=0.25, fallbacks=[
        {"model": "spare", "temperature": 0.1, "messages": other, "max_tokens": 7}])
    assert response.status == 200
    first, second = (exchange.json for exchange in upstream.requests)
    assert first["temperature"] == 0.5 and "max_tokens" not in first
    assert second == {**first, "model": "spare.a", "temperature": 0.1, "messages": other,
                      "max_tokens": 7}


def test_the_requests_own_for_a_kind_of_failure(
    failing: Sidecar, upstream: Upstream, auth
) -> None:
    upstream.behaviours["chat.a"] = transcript.load("47-err-too-long").replay
    assert answered_by(ask(failing, "chat", auth, fallbacks=["spare"])) == "spare.a"


@pytest.mark.parametrize("own", [["nothing-of-this-name"], []])
def test_the_requests_own_that_lead_nowhere(
    failing: Sidecar, upstream: Upstream, auth, own: list
) -> None:
    response = ask(failing, "chat", auth, fallbacks=own)
    if own:
        assert (response.status, response.body) == (503, error_body(503, "chat"))
    assert "spare.a" not in asked(upstream)


@pytest.mark.parametrize("own", [["spare"], [{"model": "spare", "temperature": 0}]])
def test_the_clients_key_must_allow_them(failing: Sidecar, upstream: Upstream, own: list) -> None:
    both, one = ({"authorization": f"Bearer {key}"} for key in ("sk-both", "sk-one"))
    assert answered_by(ask(failing, "chat", both, fallbacks=own)) == "spare.a"
    upstream.forget()
    upstream.behaviours["chat.a"] = fails(503)
    response = ask(failing, "chat", one, fallbacks=own)
    assert response.status in (401, 403, 503)
    assert "spare.a" not in asked(upstream)


@pytest.mark.parametrize("body", [{}, {"fallbacks": ["spare"]}])
def test_none_for_who_wants_none(failing: Sidecar, upstream: Upstream, auth, body: dict) -> None:
    response = ask(failing, "chat", auth, disable_fallbacks=True, **body)
    assert (response.status, response.body) == (503, error_body(503, "chat"))
    assert asked(upstream) == ["chat.a"]
    assert "disable_fallbacks" not in upstream.requests[0].json
    assert answered_by(ask(failing, "chat", auth, disable_fallbacks=False)) == "usual.a"


def chained(start, upstream: Upstream, links: dict[str, list[str]], **settings: object):
    """A sidecar whose models a to f fail, each with an error of its own, but g."""
    names = "abcdefg"
    for name in names[:-1]:
        status = 500 + names.index(name)
        upstream.behaviours[f"{name}.a"] = fails(status, body=error_body(status, name))
    rules = [{name: nexts} for name, nexts in links.items()]
    return start(configuration(
        [entry for name in names for entry in group(name, upstream)],
        router_settings={"num_retries": 0, "fallbacks": rules, **settings}))


def test_a_fallback_may_fall_back(start, upstream: Upstream) -> None:
    sidecar = chained(start, upstream, {"a": ["b"], "b": ["c"], "c": ["g"]})
    response = ask(sidecar, "a")
    assert response.status == 200 and response.header("x-litellm-model-group") == "g"
    assert attempted(response) == (0, 3)
    assert asked(upstream) == ["a.a", "b.a", "c.a", "g.a"]


@pytest.mark.parametrize("links", [
    {"a": ["b"], "b": ["a"]}, {"a": ["a", "b"], "b": ["b", "a"]},
    {"a": ["b", "c"], "b": ["c", "a"], "c": ["b", "a"]}])
def test_no_group_is_entered_twice(start, upstream: Upstream, links: dict) -> None:
    sidecar = chained(start, upstream, links)
    response = ask(sidecar, "a")
    # The first error is the answer.
    assert (response.status, response.body) == (500, error_body(500, "a"))
    assert sorted(asked(upstream)) == sorted(f"{name}.a" for name in links)
    assert response.header("x-should-retry") == "false"


@pytest.mark.parametrize("most, last", [(1, "b"), (3, "d"), (None, "f")])
def test_how_deep(start, upstream: Upstream, most: int | None, last: str) -> None:
    links = {name: [after] for name, after in zip("abcdef", "bcdefg")}
    settings = {} if most is None else {"max_fallbacks": most}
    sidecar = chained(start, upstream, links, **settings)
    response = ask(sidecar, "a")
    assert (response.status, response.body) == (500, error_body(500, "a"))
    assert asked(upstream) == [f"{name}.a" for name in "abcdef"[: "abcdef".index(last) + 1]]


def test_a_fallback_has_retries_of_its_own(start, upstream: Upstream) -> None:
    sidecar = start(configuration(
        group("chat", upstream, 3) + group("spare", upstream, 3, weight=[FIRST, FIRST, 1]),
        router_settings={"fallbacks": [{"chat": ["spare"]}]}))
    for letter in "abc":
        upstream.behaviours[f"chat.{letter}"] = fails(500)
    for letter in "ab":
        upstream.behaviours[f"spare.{letter}"] = fails(503)
    response, seconds = timed(lambda: ask(sidecar, "chat"))
    assert response.status == 200 and answered_by(response) == "spare.c"
    assert len(set(asked(upstream, "chat"))) == 3 and len(asked(upstream, "spare")) == 3
    assert attempted(response) == (4, 1)
    assert seconds < 1


def test_the_next_order_is_tried_before_any_fallback(start, upstream: Upstream) -> None:
    sidecar = start(configuration(
        group("chat", upstream, 3, order=[1, 1, 2]) + group("spare", upstream),
        router_settings={"fallbacks": [{"chat": ["spare"]}]}))
    assert {answered_by(ask(sidecar, "chat")) for _ in range(12)} == {"chat.a", "chat.b"}
    upstream.forget()
    for letter in "ab":
        upstream.behaviours[f"chat.{letter}"] = fails(500)
    response = ask(sidecar, "chat")
    assert answered_by(response) == "chat.c" and attempted(response) == (2, 0)
    upstream.behaviours["chat.c"] = fails(500)
    assert answered_by(ask(sidecar, "chat")) == "spare.a"


def test_a_group_that_cools_falls_back_at_once(start, upstream: Upstream) -> None:
    sidecar = start(configuration(
        group("chat", upstream, 2) + group("spare", upstream),
        router_settings={"fallbacks": [{"chat": ["spare"]}], "cooldown_time": 60}))
    for letter in "ab":
        upstream.behaviours[f"chat.{letter}"] = fails(429)
    assert answered_by(ask(sidecar, "chat")) == "spare.a"
    count = len(asked(upstream, "chat"))
    response, seconds = timed(lambda: ask(sidecar, "chat"))
    assert answered_by(response) == "spare.a" and attempted(response)[1] == 1
    assert len(asked(upstream, "chat")) == count and seconds < 1


def test_a_fallback_is_seen_everywhere(failing: Sidecar, auth) -> None:
    assert ask(failing, "chat", auth).status == 200
    assert ask(failing, "chat", auth, fallbacks=["bad"]).status == 503
    lines = [line for line in failing.access_log(2) if line["path"] == CHAT]
    assert [(line["status"], line["fallbacks"]) for line in lines] == [(200, 1), (503, 1)]
    assert "chat.a" in json.dumps(lines[0]["attempts"]) and lines[0]["deployment"] == "usual.a"
    assert [name in json.dumps(lines[1]["attempts"]) for name in ("chat.a", "bad.a")] == [True] * 2
    metrics = failing.metrics(auth)
    assert metrics.total("sidegate_fallbacks_total") == 2
    good = "litellm_deployment_successful_fallbacks_total"
    bad = "litellm_deployment_failed_fallbacks_total"
    assert metrics.total(good, requested_model="chat", fallback_model="usual") == 1
    assert metrics.total(bad, requested_model="chat", fallback_model="bad") == 1
    assert (metrics.total(good), metrics.total(bad)) == (1, 1)
