"""Each strategy end to end: enough to see that it is this one which decides."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from behaviours import USAGE, delta, ordinary
from conftest import configuration
from herd import answered_by, ask, asked, group, in_one_minute, slow, together, until
from sidecar import Sidecar
from upstream import Exchange, Upstream


def strategic(
    start, upstream: Upstream, strategy: str, count: int = 2, arguments: dict | None = None,
    router: dict | None = None, **params: object
) -> Sidecar:
    settings = {"routing_strategy": strategy, **(router or {})}
    if arguments:
        settings["routing_strategy_args"] = arguments
    return start(configuration(
        group("chat", upstream, count, **params), router_settings=settings))


def draws(sidecar: Sidecar, count: int, **body: object) -> Counter:
    answers = [ask(sidecar, "chat", **body) for _ in range(count)]
    assert {answer.status for answer in answers} == {200}
    return Counter(answered_by(answer) for answer in answers)


@pytest.mark.parametrize("measure", ["weight", "rpm", "tpm"])
def test_simple_shuffle(start, upstream: Upstream, measure: str) -> None:
    sidecar = strategic(start, upstream, "simple-shuffle", **{measure: [300, 100]})
    share = draws(sidecar, 200)["chat.a"] / 200
    # Six standard deviations of a fair draw.
    assert 0.75 - 0.184 < share < 0.75 + 0.184


def test_simple_shuffle_takes_weight_before_rpm(start, upstream: Upstream) -> None:
    sidecar = strategic(start, upstream, "simple-shuffle", weight=[1, 0], rpm=[1, 1_000_000])
    assert draws(sidecar, 20) == {"chat.a": 20}


@pytest.mark.parametrize("strategy", ["least-busy", "power-of-two"])
def test_the_less_loaded(start, upstream: Upstream, strategy: str) -> None:
    upstream.behaviours["chat.a"] = slow(1.5)
    sidecar = strategic(start, upstream, strategy, router={"num_retries": 0})
    with ThreadPoolExecutor(8) as pool:
        # Until one is held there; whatever comes afterwards finds the other idle.
        held = []
        while not asked(upstream).count("chat.a"):
            held.append(pool.submit(ask, sidecar, "chat"))
            time.sleep(0.05)
        assert draws(sidecar, 10) == {"chat.b": 10}
        assert {answer.result().status for answer in held} == {200}


def test_least_busy_spreads(start, upstream: Upstream) -> None:
    for letter in "abc":
        upstream.behaviours[f"chat.{letter}"] = slow(0.5)
    sidecar = strategic(start, upstream, "least-busy", 3)
    together(*[lambda: ask(sidecar, "chat")] * 9)
    assert Counter(asked(upstream)) == {"chat.a": 3, "chat.b": 3, "chat.c": 3}


def tokens(count: int):
    usage = {**USAGE, "prompt_tokens": 1, "completion_tokens": count - 1, "total_tokens": count}

    def act(exchange: Exchange) -> None:
        exchange.answer({"id": "x", "object": "chat.completion", "model": exchange.model,
                         "choices": [], "usage": usage})

    return act


@pytest.mark.parametrize("name", ["usage-based-routing", "usage-based-routing-v2", "usage-based"])
def test_the_fewest_tokens_in_this_minute(start, upstream: Upstream, name: str) -> None:
    upstream.behaviours |= {"chat.a": tokens(1000), "chat.b": tokens(100)}
    sidecar = strategic(start, upstream, name)
    in_one_minute(3)
    counts = draws(sidecar, 12)
    # After at most one at the expensive one, ten fit before its use is reached.
    assert counts["chat.a"] <= 2 and counts["chat.b"] >= 10


@pytest.mark.parametrize("name", ["latency-based-routing", "latency-based"])
@pytest.mark.parametrize("stream", [False, True])
def test_the_fastest(start, upstream: Upstream, name: str, stream: bool) -> None:
    upstream.behaviours |= {"chat.a": slow(0.25), "chat.b": slow(0.01), "chat.c": slow(0.25)}
    sidecar = strategic(start, upstream, name, 3)
    # Each one that was not measured is tried first.
    assert set(draws(sidecar, 3, stream=stream)) == {"chat.a", "chat.b", "chat.c"}
    assert draws(sidecar, 10, stream=stream) == {"chat.b": 10}


def test_nearly_as_fast_is_as_good(start, upstream: Upstream) -> None:
    upstream.behaviours |= {"chat.a": slow(0.06), "chat.b": slow(0.05), "chat.c": slow(0.5)}
    sidecar = strategic(start, upstream, "latency-based-routing", 3,
                        arguments={"lowest_latency_buffer": 2})
    draws(sidecar, 3)
    counts = draws(sidecar, 30)
    assert counts["chat.a"] and counts["chat.b"] and not counts["chat.c"]


def test_a_stream_is_as_fast_as_its_first_word(start, upstream: Upstream) -> None:
    @upstream.behaviour("chat.a")
    def _(exchange: Exchange) -> None:
        """Fast to begin and slow to end."""
        exchange.start_stream()
        exchange.event(delta(exchange, {"content": "first"}))
        exchange.wait_closed(0.4)
        exchange.end_stream()

    upstream.behaviours["chat.b"] = slow(0.2)
    sidecar = strategic(start, upstream, "latency-based-routing")
    draws(sidecar, 2, stream=True)
    assert draws(sidecar, 4, stream=True) == {"chat.a": 4}


@pytest.mark.parametrize("name", ["cost-based-routing", "least-cost"])
def test_the_cheapest(start, upstream: Upstream, name: str) -> None:
    sidecar = strategic(start, upstream, name, 3, input_cost_per_token=[2e-6, 1e-6, 4e-6],
                        output_cost_per_token=[2e-6, 2.5e-6, 1e-6])
    assert draws(sidecar, 12) == {"chat.b": 12}


def prompt(beginning: str, tail: str) -> list[dict]:
    return [{"role": "user", "content": beginning.ljust(1500, ".") + tail}]


def test_prompts_that_begin_alike_stay_together(start, upstream: Upstream) -> None:
    sidecar = strategic(start, upstream, "prefix-affinity", 3)
    homes = {}
    for beginning in "ABCDEFGHIJKL":
        counts = Counter(
            answered_by(ask(sidecar, "chat", messages=prompt(beginning, str(number))))
            for number in range(6))
        assert len(counts) == 1, "prompts that begin alike went apart"
        homes[beginning] = counts.popitem()[0]
    # All twelve in one place would be a chance of one in 177,147.
    assert len(set(homes.values())) > 1
    again = {beginning: answered_by(ask(sidecar, "chat", messages=prompt(beginning, "again")))
             for beginning in homes}
    assert again == homes


def test_a_place_is_the_same_for_every_process(start, upstream: Upstream) -> None:
    first, second = (strategic(start, upstream, "prefix-affinity", 3) for _ in range(2))
    for beginning in "ABCDEFGH":
        answers = {answered_by(ask(sidecar, "chat", messages=prompt(beginning, "")))
                   for sidecar in (first, second)}
        assert len(answers) == 1


def test_one_that_is_left_out_moves_its_own_prompts_only(start, upstream: Upstream) -> None:
    sidecar = strategic(start, upstream, "prefix-affinity", 3, router={"cooldown_time": 60})
    home = lambda letter: answered_by(ask(sidecar, "chat", messages=prompt(letter, "")))
    before = {letter: home(letter) for letter in "ABCDEFGHIJKL"}
    gone = before["A"]
    upstream.behaviours[gone] = lambda exchange: exchange.answer({"error": {}}, 429)
    after = {letter: home(letter) for letter in before}
    for letter, place in before.items():
        assert after[letter] == place if place != gone else after[letter] != gone


def test_too_many_alike_are_spread(start, upstream: Upstream) -> None:
    for letter in "abc":
        upstream.behaviours[f"chat.{letter}"] = slow(0.5)
    sidecar = strategic(start, upstream, "prefix-affinity", 3)
    together(*[lambda: ask(sidecar, "chat", messages=prompt("A", ""))] * 12)
    counts = Counter(asked(upstream))
    assert len(counts) == 3
    # A quarter more than its share, and what was counted a moment too late.
    assert max(counts.values()) <= 12 / 3 * 1.25 + 1


def test_how_much_of_a_beginning_counts(start, upstream: Upstream) -> None:
    sidecar = strategic(start, upstream, "prefix-affinity", 3, arguments={"prefix_bytes": 2000})
    homes = {answered_by(ask(sidecar, "chat", messages=prompt("A", str(number))))
             for number in range(40)}
    assert len(homes) == 3, "the tails are within the beginning"


def test_a_group_of_groups_has_its_own(start, upstream: Upstream) -> None:
    costs = {"input_cost_per_token": [1e-6, 9e-6], "output_cost_per_token": [1e-6, 9e-6]}
    sidecar = start(configuration(
        group("chat", upstream, 2, **costs) + group("other", upstream, 2, **costs),
        router_settings={"routing_groups": [
            {"group_name": "cheap", "models": ["chat"],
             "routing_strategy": "cost-based-routing"}]}))
    assert draws(sidecar, 12) == {"chat.a": 12}
    others = {answered_by(ask(sidecar, "other")) for _ in range(30)}
    assert others == {"other.a", "other.b"}


def test_rates_are_limits_only_when_told_so(start, upstream: Upstream) -> None:
    in_one_minute(5)
    free = strategic(start, upstream, "simple-shuffle", 1, rpm=2)
    assert draws(free, 5) == {"chat.a": 5}
    upstream.forget()
    bound = strategic(start, upstream, "simple-shuffle", rpm=[2, 3], router={
        "optional_pre_call_checks": ["enforce_model_rate_limits"], "num_retries": 0})
    assert draws(bound, 5) == {"chat.a": 2, "chat.b": 3}
    response = ask(bound, "chat")
    assert response.status == 429 and response.json["error"]["code"] == "429"
    assert 1 <= int(response.header("retry-after")) <= 61
    assert len(upstream.requests) == 5


def test_prompts_go_where_they_fit(start, upstream: Upstream) -> None:
    entries = group("chat", upstream, 2)
    entries[0]["model_info"]["max_input_tokens"] = 100
    entries[1]["model_info"]["max_input_tokens"] = 100_000
    sidecar = start(configuration(
        entries, router_settings={"enable_pre_call_checks": True, "num_retries": 0}))
    long = [{"role": "user", "content": "weather " * 2000}]
    assert draws(sidecar, 20, messages=long) == {"chat.b": 20}
    assert set(draws(sidecar, 40)) == {"chat.a", "chat.b"}
    longest = [{"role": "user", "content": "weather " * 400_000}]
    response = ask(sidecar, "chat", messages=longest)
    assert response.status == 400
    assert response.header("x-sidegate-error-class") == "ContextWindowExceededError"


def test_load_is_forgotten_when_it_is_gone(start, upstream: Upstream) -> None:
    """Whatever way requests end, none is counted as in flight for ever."""
    acts = {"fails": lambda exchange: exchange.answer({"error": {}}, 500),
            "breaks": lambda exchange: exchange.reset(), "good": ordinary}
    upstream.behaviours["chat.a"] = lambda exchange: acts[exchange.json["user"]](exchange)
    sidecar = strategic(start, upstream, "least-busy",
                        router={"num_retries": 0, "disable_cooldowns": True})
    for user in ("fails", "breaks", "good") * 10:
        ask(sidecar, "chat", user=user)
    upstream.requests.clear()
    assert set(draws(sidecar, 40, user="good")) == {"chat.a", "chat.b"}
    assert until(lambda: sidecar.metrics().total("litellm_in_flight_requests") <= 1)
