"""What `GET /routing/state` says, and who may ask."""

import json
import subprocess

from conftest import MASTER_KEY, configuration, deployment
from sidecar import SIDEGATEC
from upstream import Upstream

CHAT = "/v1/chat/completions"
HI = {"model": "chat", "messages": [{"role": "user", "content": "Hi"}]}


def test_the_state_of_every_endpoint_that_was_used(start, upstream: Upstream, tmp_path) -> None:
    sidecar = start(configuration(
        [deployment("chat", upstream.base, "up-one", weight=1000, tags=["a"]),
         deployment("chat", upstream.base, "up-two", weight=1)],
        router_settings={"cooldown_time": 60, "num_retries": 2}))
    upstream.behaviour("up-one")(lambda exchange: exchange.answer(
        {"error": {"message": "slow down"}}, 429))
    assert sidecar.request("POST", CHAT, HI).status == 200
    response = sidecar.request("GET", "/routing/state")
    assert response.status == 200
    state = response.json
    assert set(state) == {"time", "minute", "endpoints", "retry_budget"}
    assert state["retry_budget"] == {"requests": 1, "retries": 1, "is_spent": False}
    one, two = sorted(state["endpoints"], key=lambda endpoint: -endpoint["cooldown_ms"])
    assert 50_000 < one["cooldown_ms"] <= 60_000 and two["cooldown_ms"] == 0
    assert (one["failures_this_minute"], two["failures_this_minute"]) == (1, 0)
    assert one["in_flight"] == two["in_flight"] == 0
    assert {one["model"], two["model"]} == {"chat"}

    # The same code that the sidecar runs says what it would do now.
    path = tmp_path / "state.json"
    path.write_bytes(response.body)
    said = subprocess.run(
        [SIDEGATEC, "explain", "chat", "--table", str(sidecar.table), "--state", str(path)],
        capture_output=True, text=True, check=True).stdout
    assert one["deployment"] in said and "cool" in said


def test_only_the_master_key_may_ask(start, upstream: Upstream, auth) -> None:
    sidecar = start(
        configuration(
            [deployment("chat", upstream.base)],
            general_settings={"master_key": "os.environ/GATEWAY_KEY"},
            sidegate={"keys": [{"key": "os.environ/APP_KEY", "alias": "app"}]}),
        environment={"GATEWAY_KEY": MASTER_KEY, "APP_KEY": "sk-app-1"})
    assert sidecar.request("GET", "/routing/state").status == 401
    app = {"authorization": "Bearer sk-app-1"}
    refused = sidecar.request("GET", "/routing/state", headers=app)
    assert refused.status == 403 and refused.json["error"]["code"] == "403"
    allowed = sidecar.request("GET", "/routing/state", headers=auth)
    assert allowed.status == 200 and allowed.json["endpoints"] == []
    assert sidecar.request("POST", "/routing/state", {}, headers=auth).status == 405


def test_it_is_no_upstreams_path(start, upstream: Upstream) -> None:
    sidecar = start(configuration([deployment("chat", upstream.base)]))
    assert sidecar.request("GET", "/v1/routing/state").status == 404
    assert upstream.requests == []
    assert json.loads(sidecar.request("GET", "/routing/state").body)["endpoints"] == []
