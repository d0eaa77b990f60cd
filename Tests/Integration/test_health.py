"""Background checks: what is asked, what follows from it, and what they show."""

import signal
import time

import pytest
from conftest import CANARIES, MASTER_KEY, UPSTREAM_KEY, configuration, deployment
from herd import FIRST, SLACK, CheckedServer, answered_by, ask, group, until
from sidecar import Sidecar
from upstream import Exchange

AUTH = {"authorization": f"Bearer {MASTER_KEY}"}
#: Seconds between two checks.
INTERVAL = 0.5


class Server(CheckedServer):
    """One that tells checks from what costs tokens."""

    def completions(self) -> list[Exchange]:
        return [exchange for exchange in list(self.requests) if exchange.method == "POST"]


@pytest.fixture
def servers():
    servers = [Server(), Server()]
    yield servers
    for server in servers:
        server.stop()


def checked(start, servers: list[Server], info: dict | None = None, model: str | None = None,
            count: int = 2, params: dict | None = None, **general: object) -> Sidecar:
    """A sidecar that checks one group over these servers; the first is drawn before the others."""
    entries = group("chat", servers[0], count, info, weight=[FIRST, 1][:count],
                    api_base=[server.base for server in servers][:count], **(params or {}))
    for entry in entries:
        if model:
            entry["litellm_params"]["model"] = model
    return start(configuration(
        entries, router_settings={"num_retries": 0},
        general_settings={"background_health_checks": True, "health_check_interval": INTERVAL,
                          "master_key": "os.environ/GATEWAY_KEY", **general}),
        environment={"GATEWAY_KEY": MASTER_KEY})


def who(sidecar: Sidecar) -> str | None:
    response = ask(sidecar, "chat", AUTH)
    assert response.status == 200, response
    return answered_by(response)


def shown(sidecar: Sidecar) -> dict:
    return sidecar.request("GET", "/health", headers=AUTH).json


def test_vllm_is_asked_for_its_health(start, servers: list[Server]) -> None:
    checked(start, servers)
    assert until(lambda: len(servers[0].checks()) >= 3 and len(servers[1].checks()) >= 3)
    for server in servers:
        assert {check.target for check in server.checks()} == {"/health"}
        assert server.completions() == [], "a check cost tokens"
    times = [check.arrived_at for check in servers[0].checks()]
    assert times[2] - times[0] >= INTERVAL, "more often than it was told to"


def test_others_are_asked_for_their_models(start, servers: list[Server]) -> None:
    checked(start, servers, model="openai/any")
    assert until(lambda: servers[0].checks() and servers[1].checks())
    check = servers[0].checks()[0]
    assert check.target == "/v1/models"
    assert check.header("authorization") == f"Bearer {UPSTREAM_KEY}"
    assert servers[0].completions() == []


def test_a_model_to_pay_for(start, servers: list[Server]) -> None:
    checked(start, servers, info={"health_check_model": "hosted_vllm/tiny"})
    assert until(lambda: servers[0].completions())
    sent = servers[0].completions()[0]
    assert sent.path == "/v1/chat/completions" and sent.json["model"] == "tiny"
    assert sent.json["max_tokens"] <= 16
    assert servers[0].checks() == []


#: What the first one's check comes to, and whether it is out of use then.
CHECKS = {"503": (lambda exchange: exchange.answer(b"", 503), True),
          "500": (lambda exchange: exchange.answer(b"", 500), True),
          "401": (lambda exchange: exchange.answer(b"", 401), True),
          "a reset": (lambda exchange: exchange.reset(), True),
          "silence": (lambda exchange: exchange.wait_closed(5), True),
          "429": (lambda exchange: exchange.answer(b"", 429), False),
          "408": (lambda exchange: exchange.answer(b"", 408), False),
          "200": (lambda exchange: exchange.answer(b""), False)}


@pytest.mark.parametrize("case", CHECKS)
def test_what_a_check_finds(start, servers: list[Server], case: str) -> None:
    servers[0].act, is_dead = CHECKS[case]
    sidecar = checked(start, servers, info={"health_check_timeout": 0.3})
    assert until(lambda: len(servers[0].checks()) >= 2)
    time.sleep(0.4)
    assert who(sidecar) == ("chat.b" if is_dead else "chat.a")
    report = shown(sidecar)
    assert report["unhealthy_count"] == (1 if is_dead else 0)
    if is_dead:
        entry = report["unhealthy_endpoints"][0]
        assert entry["model_id"] == "chat.a" and entry["error"]


def test_a_dead_one_is_avoided_and_comes_back(start, servers: list[Server]) -> None:
    sidecar = checked(start, servers)
    assert who(sidecar) == "chat.a"
    servers[0].becomes(503)
    assert until(lambda: who(sidecar) == "chat.b", INTERVAL + SLACK)
    served = len(servers[0].completions())
    for _ in range(10):
        assert who(sidecar) == "chat.b"
    assert len(servers[0].completions()) == served
    servers[0].becomes(200)
    assert until(lambda: who(sidecar) == "chat.a", INTERVAL + SLACK)


def test_when_all_are_dead_all_are_asked(start, servers: list[Server]) -> None:
    for server in servers:
        server.becomes(503)
    sidecar = checked(start, servers)
    assert until(lambda: shown(sidecar)["unhealthy_count"] == 2)
    assert who(sidecar) == "chat.a"


def test_what_was_found_is_not_believed_for_ever(start, servers: list[Server]) -> None:
    """A check that hangs says nothing new: after two intervals nothing is known."""
    servers[0].becomes(503)
    sidecar = checked(start, servers, info={"health_check_timeout": 30})
    assert until(lambda: who(sidecar) == "chat.b")
    servers[0].act = lambda exchange: exchange.wait_closed(10)
    assert until(lambda: who(sidecar) == "chat.a", 3 * INTERVAL + SLACK)


@pytest.mark.parametrize("setting", ["the deployment's", "the table's"])
def test_checks_that_are_off(start, servers: list[Server], setting: str) -> None:
    if setting == "the table's":
        checked(start, servers, background_health_checks=False)
    else:
        checked(start, servers, info={"disable_background_health_check": True})
    time.sleep(2 * INTERVAL)
    assert servers[0].requests == [] and servers[1].requests == []


def test_seen_but_not_routed_by(start, servers: list[Server]) -> None:
    servers[0].becomes(503)
    sidecar = checked(start, servers, enable_health_check_routing=False)
    assert until(lambda: shown(sidecar)["unhealthy_count"] == 1)
    assert who(sidecar) == "chat.a"


def test_a_cooldown_and_a_check_are_two_things(start, servers: list[Server]) -> None:
    """A good check does not end a cooldown."""
    sidecar = checked(start, servers, params={"cooldown_time": 30})
    servers[0].behaviours["chat.a"] = lambda exchange: exchange.answer({"error": {}}, 429)
    assert ask(sidecar, "chat", AUTH).status == 429
    del servers[0].behaviours["chat.a"]
    count = len(servers[0].checks())
    assert until(lambda: len(servers[0].checks()) >= count + 2)
    assert who(sidecar) == "chat.b"


def test_health_has_litellms_shape_and_no_secrets(start, servers: list[Server]) -> None:
    servers[0].becomes(503)
    sidecar = checked(start, servers)
    assert until(lambda: shown(sidecar)["unhealthy_count"] == 1)
    response = sidecar.request("GET", "/health", headers=AUTH)
    assert set(response.json) >= {
        "healthy_endpoints", "unhealthy_endpoints", "healthy_count", "unhealthy_count"}
    (good,), (bad,) = (response.json[f"{kind}_endpoints"] for kind in ("healthy", "unhealthy"))
    assert (good["model_id"], bad["model_id"]) == ("chat.b", "chat.a")
    assert good["model"] == "hosted_vllm/chat.b"
    assert bad["api_base"].startswith(servers[0].base) and "503" in bad["error"]
    open_to_all = sidecar.request("GET", "/health")
    assert "chat.a" not in open_to_all.body.decode() and open_to_all.json["unhealthy_count"] == 1
    for secret in CANARIES:
        assert secret.encode() not in response.body + open_to_all.body


def test_readiness_says_why_not(start, servers: list[Server]) -> None:
    sidecar = start(configuration(
        [deployment("chat", servers[0].base, api_key="os.environ/NOT_THERE")]))
    report = sidecar.request("GET", "/health/readiness").json
    assert "NOT_THERE" in str(report)


def test_a_reload_keeps_what_was_found(start, servers: list[Server]) -> None:
    servers[0].becomes(503)
    sidecar = checked(start, servers)
    assert until(lambda: who(sidecar) == "chat.b")
    count = sidecar.metrics().total("sidegate_reloads_total", result="success")
    sidecar.signal(signal.SIGHUP)
    assert until(lambda: sidecar.metrics().total(
        "sidegate_reloads_total", result="success") > count)
    assert who(sidecar) == "chat.b"
    servers[0].becomes(200)
    assert until(lambda: who(sidecar) == "chat.a", 2 * INTERVAL + SLACK)


def test_checks_end_with_the_sidecar(start, servers: list[Server]) -> None:
    servers[0].act = lambda exchange: exchange.wait_closed(10)
    sidecar = checked(start, servers)
    assert until(lambda: servers[0].checks())
    began = time.monotonic()
    assert sidecar.stop() == 0
    assert time.monotonic() - began < 2
