"""What is known only when the sidecar loads a table: references, catch-alls, clients' own keys."""

import hashlib
import time
from pathlib import Path

import pytest
from conftest import MASTER_KEY, UPSTREAM_KEY, configuration, deployment
from sidecar import Sidecar, compile_table
from upstream import Upstream

CHAT = "/v1/chat/completions"
HI = {"model": "chat", "messages": [{"role": "user", "content": "Hi"}]}
OWN_KEY = "sk-clients-own"


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def test_virtual_keys_by_reference(start, upstream: Upstream) -> None:
    digest = hashlib.sha256(b"sk-by-digest").hexdigest()
    sidecar = start(
        configuration([deployment("chat", upstream.base)], sidegate={"keys": [
            {"key": "os.environ/TEAM_KEY", "alias": "team"},
            {"key": "os.environ/NOWHERE"},
            {"hash": "os.environ/TEAM_DIGEST", "models": ["other"]}]}),
        environment={"TEAM_KEY": "sk-by-value", "TEAM_DIGEST": digest})
    assert sidecar.request("POST", CHAT, HI, bearer("sk-by-value")).status == 200
    assert sidecar.request("POST", CHAT, HI, bearer("sk-by-digest")).status == 403
    for wrong in ("os.environ/NOWHERE", "os.environ/TEAM_KEY", digest, "sk-else"):
        assert sidecar.request("POST", CHAT, HI, bearer(wrong)).status == 401
    assert sidecar.request("POST", CHAT, HI).status == 401
    missing = sidecar.request("GET", "/health/readiness").json["missing_credentials"]
    assert missing == ["os.environ/NOWHERE"]
    total = "litellm_proxy_total_requests_metric_total"
    assert sidecar.metrics().total(
        total, hashed_api_key=hashlib.sha256(b"sk-by-value").hexdigest()) == 1


def test_a_timeout_by_reference_is_in_seconds(start, upstream: Upstream) -> None:
    upstream.behaviour("up-chat")(lambda exchange: exchange.wait_closed(10))
    sidecar = start(
        configuration([deployment("chat", upstream.base, timeout="os.environ/LIMIT")],
                      router_settings={"num_retries": 0}),
        environment={"LIMIT": "0.3"})
    start_time = time.monotonic()
    assert sidecar.request("POST", CHAT, HI).status == 408
    assert 0.25 < time.monotonic() - start_time < 3


def test_a_value_that_is_no_number_disables_its_deployment(start, upstream: Upstream) -> None:
    sidecar = start(
        configuration([deployment("chat", upstream.base, rpm="os.environ/RPM"),
                       deployment("other", upstream.base)]),
        environment={"RPM": "plenty"})
    assert sidecar.request("POST", CHAT, HI).status >= 400
    assert sidecar.request("POST", CHAT, {**HI, "model": "other"}).status == 200
    assert "os.environ/RPM" in sidecar.log()
    assert "plenty" not in sidecar.log()


def test_a_catch_all_goes_where_the_name_says(start, upstream: Upstream) -> None:
    sidecar = start(
        configuration([{"model_name": "*", "litellm_params": {"model": "*"}}]),
        environment={"OPENAI_API_KEY": UPSTREAM_KEY, "OPENAI_BASE_URL": upstream.base,
                     "OPENAI_API_BASE": upstream.base})
    response = sidecar.request("POST", CHAT, {**HI, "model": "openai/up-chat"})
    assert response.status == 200
    assert response.header("x-litellm-model-name") == "openai/up-chat"
    sent = upstream.next_request()
    assert sent.model == "up-chat"
    assert sent.header("authorization") == f"Bearer {UPSTREAM_KEY}"
    unknown = sidecar.request("POST", CHAT, {**HI, "model": "nobody/up-chat"})
    assert unknown.status == 400
    assert unknown.json["error"]["param"] == "model"


@pytest.mark.parametrize("allow", ["everywhere", "here"])
def test_a_clients_own_key_where_it_is_allowed(start, upstream: Upstream, allow: str) -> None:
    entry = deployment("chat", upstream.base)
    sections: dict = {"general_settings": {"allow_client_side_credentials": True}}
    if allow == "here":
        entry["litellm_params"]["configurable_clientside_auth_params"] = ["api_key"]
        sections = {}
    sidecar = start(configuration([entry], **sections))
    assert sidecar.request("POST", CHAT, {**HI, "api_key": OWN_KEY}).status == 200
    sent = upstream.next_request()
    assert sent.header("authorization") == f"Bearer {OWN_KEY}"
    assert UPSTREAM_KEY.encode() not in sent.head
    assert b"api_key" not in sent.body
    # The next one without a key of its own is the table's again.
    assert sidecar.request("POST", CHAT, HI).status == 200
    assert upstream.next_request().header("authorization") == f"Bearer {UPSTREAM_KEY}"


def test_a_clients_own_base_gets_nothing_of_the_tables(
    start, upstream: Upstream, second_upstream: Upstream
) -> None:
    entry = deployment("chat", upstream.base, extra_headers={"x-team": "secret-header"})
    entry["litellm_params"]["configurable_clientside_auth_params"] = ["api_base"]
    sidecar = start(configuration([entry]))
    body = {**HI, "api_base": second_upstream.base, "api_key": OWN_KEY}
    response = sidecar.request("POST", CHAT, body)
    assert response.status == 200
    assert response.header("x-litellm-model-api-base") is None
    sent = second_upstream.next_request()
    assert sent.header("authorization") is None
    assert b"secret-header" not in sent.head
    assert UPSTREAM_KEY.encode() not in sent.head + sent.body
    assert upstream.requests == []
    bad = sidecar.request("POST", CHAT, {**HI, "api_base": "file:///etc/passwd"})
    assert (bad.status, bad.json["error"]["param"]) == (400, "api_base")


def reloads(sidecar: Sidecar) -> float:
    return sidecar.metrics().total("sidegate_reloads_total", result="success")


def test_what_one_table_adds_to_the_environment_ends_with_it(
    start, upstream: Upstream, tmp_path: Path
) -> None:
    def source(key: str) -> str:
        return configuration(
            [deployment("chat", upstream.base, api_key="os.environ/TABLE_KEY")],
            environment_variables={"TABLE_KEY": key},
            general_settings={"master_key": MASTER_KEY})

    sidecar = start(source("sk-first"))
    assert sidecar.request("POST", CHAT, HI, bearer(MASTER_KEY)).status == 200
    assert upstream.next_request().header("authorization") == "Bearer sk-first"
    compile_table(source("sk-second"), tmp_path / "routes-0.sgt")
    end = time.monotonic() + 5
    while reloads(sidecar) < 1 and time.monotonic() < end:
        time.sleep(0.05)
    assert sidecar.request("POST", CHAT, HI, bearer(MASTER_KEY)).status == 200
    assert upstream.next_request().header("authorization") == "Bearer sk-second"
