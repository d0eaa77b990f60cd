"""Metrics and the access log after traffic that is known."""

import time

import pytest
from conftest import MASTER_KEY, UPSTREAM_KEY, configuration, deployment
from sidecar import Sidecar
from upstream import Upstream

CHAT = "/v1/chat/completions"
PROMPT = "a prompt that no log may hold"
HI = {"model": "chat", "messages": [{"role": "user", "content": PROMPT}]}
#: What each line of the access log says of a request that an upstream answered.
FIELDS = {"time", "method", "path", "status", "model", "deployment", "duration_ms",
          "prompt_tokens", "completion_tokens", "cached_tokens", "call_id"}


@pytest.fixture
def sidecar(start, upstream: Upstream) -> Sidecar:
    return start(configuration([deployment("chat", upstream.base)],
                               general_settings={"master_key": "os.environ/GATEWAY_KEY"},
                               router_settings={"num_retries": 0}),
                 environment={"GATEWAY_KEY": MASTER_KEY})


def test_counts_follow_the_traffic(sidecar: Sidecar, upstream: Upstream, auth) -> None:
    for _ in range(3):
        assert sidecar.request("POST", CHAT, HI, auth).status == 200
    assert sidecar.request("POST", CHAT, {**HI, "stream": True}, auth).status == 200
    upstream.behaviour("up-chat")(lambda exchange: exchange.answer({"error": {}}, 500))
    assert sidecar.request("POST", CHAT, HI, auth).status == 500
    assert sidecar.request("POST", CHAT, HI, {"authorization": "Bearer sk-no"}).status == 401
    metrics = sidecar.metrics()

    total = "litellm_proxy_total_requests_metric_total"
    assert metrics.total(total, requested_model="chat", status_code="200") == 4
    assert metrics.total(total, requested_model="chat", status_code="500") == 1
    assert metrics.total(total, status_code="401") == 1
    failed = "litellm_proxy_failed_requests_metric_total"
    assert metrics.total(failed, requested_model="chat", exception_status="500") == 1
    assert metrics.total("litellm_deployment_failure_responses_total") == 1
    assert metrics.total("litellm_deployment_success_responses_total") == 4
    assert metrics.total("litellm_input_tokens_metric_total", requested_model="chat") == 4 * 18
    assert metrics.total("litellm_output_tokens_metric_total", requested_model="chat") == 4 * 12
    assert metrics.total("litellm_total_tokens_metric_total", requested_model="chat") == 4 * 30
    assert metrics.total("litellm_request_total_latency_metric_count", model="up-chat") >= 4
    assert metrics.total("litellm_llm_api_time_to_first_token_metric_count") == 1
    assert metrics.total("litellm_in_flight_requests") <= 1


def test_counts_connections_to_upstreams(sidecar: Sidecar, upstream: Upstream, auth) -> None:
    name = "sidegate_upstream_connections"
    assert sidecar.metrics().total(name) == 0
    for _ in range(2):
        assert sidecar.request("POST", CHAT, HI, auth).status == 200
        assert sidecar.metrics().total(name) == 1
    upstream.close_idle()
    end = time.monotonic() + 5
    while sidecar.metrics().total(name) != 0:
        assert time.monotonic() < end, "a closed connection is still counted"
        time.sleep(0.02)


def test_who_runs_what(sidecar: Sidecar) -> None:
    metrics = sidecar.metrics()
    builds = [labels for name, labels, _ in metrics.samples if name == "sidegate_build_info"]
    assert len(builds) == 1 and builds[0]["version"]
    assert "sidegate_table_generation" in metrics.names()
    digests = [labels["digest"] for _, labels, _ in metrics.samples if "digest" in labels]
    assert digests and all(len(digest) == 64 for digest in digests)


def test_labels_are_bounded(sidecar: Sidecar, auth) -> None:
    before = len(sidecar.metrics().samples)
    for number in range(50):
        sidecar.request("POST", CHAT, {**HI, "model": f"unknown-{number}"}, auth)
        sidecar.request("GET", f"/nothing/{number}", headers=auth)
        sidecar.request("POST", CHAT, HI, {**auth, "user-agent": f"agent/{number}"})
    assert len(sidecar.metrics().samples) - before < 200


def test_histograms_are_well_formed(sidecar: Sidecar, auth) -> None:
    sidecar.request("POST", CHAT, HI, auth)
    metrics = sidecar.metrics()
    name = "litellm_request_total_latency_metric"
    series: dict[tuple, list[tuple[str, float]]] = {}
    for sample, labels, value in metrics.samples:
        if sample == f"{name}_bucket":
            bound = labels.pop("le")
            series.setdefault(tuple(sorted(labels.items())), []).append((bound, value))
    assert series
    for labels, buckets in series.items():
        values = [value for _, value in buckets]
        assert values == sorted(values)
        assert buckets[-1] == ("+Inf", metrics.total(f"{name}_count", **dict(labels)))


def test_metrics_are_open_unless_the_table_says_not(start, upstream: Upstream, auth) -> None:
    sidecar = start(
        configuration([deployment("chat", upstream.base)],
                      general_settings={"master_key": "os.environ/GATEWAY_KEY"},
                      litellm_settings={"require_auth_for_metrics_endpoint": True}),
        environment={"GATEWAY_KEY": MASTER_KEY})
    assert sidecar.request("GET", "/metrics").status == 401
    assert sidecar.metrics(auth).samples


def test_a_line_for_each_request(sidecar: Sidecar, auth) -> None:
    answered = sidecar.request("POST", CHAT, HI, auth)
    sidecar.request("POST", CHAT, {**HI, "stream": True}, auth)
    sidecar.request("POST", CHAT, {**HI, "model": "nothing"}, auth)
    lines = [line for line in sidecar.access_log(4) if line["path"] == CHAT]
    assert [line["status"] for line in lines] == [200, 200, 400]
    assert FIELDS <= set(lines[0]), FIELDS - set(lines[0])
    for line in lines[:2]:
        tokens = (line["prompt_tokens"], line["completion_tokens"], line["cached_tokens"])
        assert tokens == (18, 12, 7)
        assert line["model"] == "chat"
        assert 0 <= line["duration_ms"] < 5000
    assert lines[0]["call_id"] == answered.header("x-litellm-call-id")


def test_no_line_holds_a_prompt_or_a_secret(sidecar: Sidecar, auth) -> None:
    sidecar.request("POST", CHAT, HI, auth)
    sidecar.request("POST", CHAT + "?key=" + MASTER_KEY, HI, auth)
    sidecar.request("POST", CHAT, HI, {"authorization": "Bearer sk-a-wrong-one"})
    sidecar.access_log(4)
    text = "".join(sidecar.stdout) + sidecar.log()
    for secret in (PROMPT, MASTER_KEY, UPSTREAM_KEY, "sk-a-wrong-one", "Grüße"):
        assert secret not in text


def test_hostile_values_stay_one_line(sidecar: Sidecar, auth) -> None:
    sidecar.request("POST", CHAT, {**HI, "model": 'a\n"}{\u2028' + "x" * 5000},
                    {**auth, "user-agent": 'x"\\', "x-litellm-call-id": "a" * 5000})
    lines = [line for line in sidecar.access_log(2) if line["path"] == CHAT]
    assert lines[0]["status"] == 400
    assert max(len(line) for line in sidecar.stdout) < 8192


def test_the_access_log_can_go_elsewhere(start, upstream: Upstream, tmp_path) -> None:
    import json
    import time

    path = tmp_path / "access.log"
    sidecar = start(configuration([deployment("chat", upstream.base)]), "--access-log", str(path))
    sidecar.request("POST", CHAT, HI)
    end = time.monotonic() + 5
    while time.monotonic() < end and CHAT not in (path.read_text() if path.exists() else ""):
        time.sleep(0.05)
    assert any(json.loads(line)["path"] == CHAT for line in path.read_text().splitlines())
    silent = start(configuration([deployment("chat", upstream.base)]), "--access-log", "off")
    silent.request("POST", CHAT, HI)
    silent.stop()
    assert silent.stdout == []
