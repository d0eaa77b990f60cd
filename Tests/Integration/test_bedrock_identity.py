"""Credentials that are fetched: from where, when again, and what happens when that fails."""

import json
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openai
import pytest
from aws_keys import Key
from bedrock import Bedrock, Call
from bedrock_answers import WORDS, reply
from bedrock_models import HAIKU, OTHER_HAIKU, PROFILE, model
from conftest import configuration
from openai import OpenAI
from sidecar import Sidecar, compile_table
from wire import Response, Wire, message

CHAT = "/v1/chat/completions"
BODY = {"model": "claude", "messages": [{"role": "user", "content": "Hi"}]}
ROLE = "arn:aws:iam::123456789012:role/bedrock-caller"
POD_ROLE = "arn:aws:iam::123456789012:role/pod"
WEB = "AssumeRoleWithWebIdentity"


def irsa(bedrock: Bedrock, tmp_path: Path, token: str = "web-1") -> dict[str, str]:
    """As EKS sets it for a service account with a role."""
    path = tmp_path / "web-token"
    path.write_text(token)
    bedrock.identity.web_tokens = {"web-1"}
    return {"AWS_ROLE_ARN": POD_ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": str(path),
            "AWS_ENDPOINT_URL_STS": bedrock.identity.base}


def pod_identity(bedrock: Bedrock, tmp_path: Path, token: str = "pod-1\n") -> dict[str, str]:
    path = tmp_path / "pod-token"
    path.write_text(token)
    bedrock.identity.pod_tokens = {"pod-1"}
    return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": bedrock.identity.container_uri,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(path)}


def instance(bedrock: Bedrock, _: Path) -> dict[str, str]:
    return {"AWS_EC2_METADATA_DISABLED": "false", "AWS_METADATA_SERVICE_TIMEOUT": "10",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": bedrock.identity.base}


def in_environment(key: Key) -> dict[str, str]:
    token = {"AWS_SESSION_TOKEN": key.token} if key.token else {}
    return {"AWS_ACCESS_KEY_ID": key.identifier, "AWS_SECRET_ACCESS_KEY": key.secret, **token}


Begin = Callable[..., Sidecar]


@pytest.fixture
def begin(start, bedrock: Bedrock, tmp_path: Path) -> Begin:
    """A sidecar with the model `claude`, whose environment holds nothing but what is said."""

    def make(environment: dict[str, str], *flags: str, **own: object) -> Sidecar:
        base = {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}
        source = configuration([model("claude", HAIKU, bedrock.base, **own)],
                               router_settings={"num_retries": 0})
        return start(source, *flags, environment={**base, **environment})

    return make


def ask(sidecar: Sidecar, **more: object) -> Response:
    return sidecar.request("POST", CHAT, {**BODY, **more})


def chat(sidecar: Sidecar) -> str:
    with OpenAI(base_url=sidecar.base, api_key="none", max_retries=0) as client:
        return client.chat.completions.create(**BODY).choices[0].message.content or ""


def signed_with(sidecar: Sidecar, bedrock: Bedrock) -> Key:
    assert chat(sidecar) == WORDS
    return bedrock.calls[-1].key


def refreshes(sidecar: Sidecar, **labels: str) -> float:
    return sidecar.metrics().total("sidegate_credential_refreshes_total", **labels)


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it has not come about"
        time.sleep(0.02)


def fetched(sidecar: Sidecar, count: int = 1) -> None:
    until(lambda: refreshes(sidecar, result="success") >= count)


# Where from

SOURCES = [(irsa, WEB, "web_identity"), (pod_identity, "container", "container"),
           (instance, "imds-credentials", "instance")]
NAMES = [label for _, _, label in SOURCES]


@pytest.mark.parametrize(("source", "kind", "label"), SOURCES, ids=NAMES)
def test_a_source_from_end_to_end(
    begin: Begin, bedrock: Bedrock, tmp_path: Path, source: Callable, kind: str, label: str
) -> None:
    """Fetched before anybody asks, once, and shown in the metrics."""
    sidecar = begin(source(bedrock, tmp_path))
    until(lambda: bedrock.identity.calls[kind] == 1)
    fetched(sidecar)
    keys = [signed_with(sidecar, bedrock) for _ in range(5)]
    (grant,) = bedrock.identity.grants
    assert {key.identifier for key in keys} == {grant.key.identifier}
    assert grant.kind == kind
    assert refreshes(sidecar, source=label, result="success") == 1
    assert sidecar.metrics().total("sidegate_credential_waits_total") == 0


def test_a_stream_and_an_embedding_are_signed_with_it(
    start, bedrock: Bedrock, tmp_path: Path
) -> None:
    environment = {**irsa(bedrock, tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}
    source = configuration([model("claude", HAIKU, bedrock.base),
                            model("titan", "amazon.titan-embed-text-v2:0", bedrock.base)])
    sidecar = start(source, environment={**environment, "HOME": str(tmp_path)})
    with OpenAI(base_url=sidecar.base, api_key="none", max_retries=0) as client:
        chunks = list(client.chat.completions.create(**BODY, stream=True))
        assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == WORDS
        client.embeddings.create(model="titan", input=["a", "b"])
    assert {call.key.source for call in bedrock.calls} == {WEB}
    assert bedrock.identity.calls[WEB] == 1


def test_a_role_on_top_of_a_web_identity(begin: Begin, bedrock: Bedrock, tmp_path: Path) -> None:
    sidecar = begin(irsa(bedrock, tmp_path), aws_role_name=ROLE, aws_session_name="team-a",
                    aws_external_id="x=1:/y")
    assert signed_with(sidecar, bedrock).source == "AssumeRole"
    first, second = bedrock.identity.grants
    assert (first.kind, second.kind) == (WEB, "AssumeRole")
    assert second.base == first.key
    assert second.fields["RoleSessionName"] == "team-a"
    assert second.fields["ExternalId"] == "x=1:/y"


def test_a_role_on_top_of_keys(begin: Begin, bedrock: Bedrock) -> None:
    key = bedrock.keys.issue()
    sidecar = begin({**in_environment(key), "AWS_ENDPOINT_URL_STS": bedrock.identity.base},
                    aws_role_name=ROLE)
    assert signed_with(sidecar, bedrock).source == "AssumeRole"
    assert bedrock.identity.grants[0].base == key


def profile(path: Path, key: Key) -> None:
    lines = ["[team]", f"aws_access_key_id = {key.identifier}",
             f"aws_secret_access_key = {key.secret}"]
    path.write_text("\n".join([*lines, ""]))


def test_a_profile_is_read_again_when_its_keys_are_refused(
    begin: Begin, bedrock: Bedrock, tmp_path: Path
) -> None:
    old, new = bedrock.keys.issue(), bedrock.keys.issue()
    files = tmp_path / "credentials"
    profile(files, old)
    sidecar = begin({"AWS_SHARED_CREDENTIALS_FILE": str(files)}, aws_profile_name="team")
    assert signed_with(sidecar, bedrock) == old
    profile(files, new)
    bedrock.keys.revoke(old)
    assert signed_with(sidecar, bedrock) == new
    assert bedrock.take_refusals() == ["UnrecognizedClientException"]


# When again

@pytest.mark.slow
def test_they_are_renewed_before_their_end_though_nobody_asks(
    begin: Begin, bedrock: Bedrock, tmp_path: Path
) -> None:
    bedrock.identity.lifetime = 4
    sidecar = begin(irsa(bedrock, tmp_path))
    until(lambda: bedrock.identity.calls[WEB] >= 3)
    assert refreshes(sidecar, result="failure") == 0
    expires_at = [grant.key.expires_at for grant in bedrock.identity.grants]
    assert expires_at == sorted(set(expires_at))
    assert signed_with(sidecar, bedrock) in [g.key for g in bedrock.identity.grants[-2:]]


@pytest.mark.slow
@pytest.mark.parametrize(("source", "kind", "name"), [
    (irsa, WEB, "web-token"), (pod_identity, "container", "pod-token")],
    ids=["web_identity", "container"])
def test_a_token_that_was_replaced_is_read_again(
    begin: Begin, bedrock: Bedrock, tmp_path: Path, source: Callable, kind: str, name: str
) -> None:
    bedrock.identity.lifetime = 4
    sidecar = begin(source(bedrock, tmp_path))
    fetched(sidecar)
    (tmp_path / name).write_text("second\n")
    bedrock.identity.web_tokens = bedrock.identity.pod_tokens = {"second"}
    count = len(bedrock.identity.grants)
    until(lambda: len(bedrock.identity.grants) > count)
    field = "WebIdentityToken" if kind == WEB else "authorization"
    assert bedrock.identity.grants[-1].fields[field] == "second"
    assert signed_with(sidecar, bedrock).source == kind


@pytest.mark.parametrize(("source", "kind", "label"), SOURCES, ids=NAMES)
def test_credentials_that_aws_calls_expired_are_replaced_within_the_request(
    begin: Begin, bedrock: Bedrock, tmp_path: Path, source: Callable, kind: str, label: str
) -> None:
    sidecar = begin(source(bedrock, tmp_path))
    first = signed_with(sidecar, bedrock)
    bedrock.keys.revoke(first)
    second = signed_with(sidecar, bedrock)
    assert second != first
    assert bedrock.take_refusals() == ["UnrecognizedClientException"]
    assert bedrock.identity.calls[kind] == 2


def test_an_answer_of_expired_is_mended_once_and_then_told(
    begin: Begin, bedrock: Bedrock, tmp_path: Path
) -> None:
    sidecar = begin(pod_identity(bedrock, tmp_path))
    fetched(sidecar)
    refused: list[Key] = []

    def always(call: Call) -> None:
        refused.append(call.key)
        call.fail("ExpiredTokenException", "The security token included in the request is expired")

    bedrock.behaviour(HAIKU)(always)
    with OpenAI(base_url=sidecar.base, api_key="none", max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError) as caught:
            client.chat.completions.create(**BODY)
    assert caught.value.code == "upstream_authentication_failed"
    assert len(refused) == 2 and refused[0] != refused[1]
    # Where AWS refuses whatever it hands out, it is not asked for more at each request.
    for _ in range(5):
        assert ask(sidecar).status == 401
    assert bedrock.identity.calls["container"] == 2


def test_requests_that_are_refused_together_share_one_fetch(
    begin: Begin, bedrock: Bedrock, tmp_path: Path
) -> None:
    sidecar = begin(irsa(bedrock, tmp_path), "--workers", "2")
    bedrock.keys.revoke(signed_with(sidecar, bedrock))
    with ThreadPoolExecutor(50) as pool:
        statuses = list(pool.map(lambda _: ask(sidecar).status, range(50)))
    assert statuses == [200] * 50
    assert set(bedrock.take_refusals()) == {"UnrecognizedClientException"}
    assert bedrock.identity.calls[WEB] == 2


@pytest.mark.slow
def test_two_hundred_requests_on_two_workers_wait_for_one_fetch(
    start, bedrock: Bedrock, tmp_path: Path
) -> None:
    """Also of several deployments, as long as their source is the same."""
    bedrock.identity.fail(WEB, status=503, code="ServiceUnavailable", delay=1.0)
    entries = [model("claude", name, bedrock.base, info={"id": name})
               for name in (HAIKU, OTHER_HAIKU)]
    sidecar = start(
        configuration(entries, router_settings={"num_retries": 0}), "--workers", "2",
        environment={**irsa(bedrock, tmp_path), "AWS_EC2_METADATA_DISABLED": "true",
                     "HOME": str(tmp_path)})
    with ThreadPoolExecutor(200) as pool:
        statuses = list(pool.map(lambda _: ask(sidecar).status, range(200)))
    assert statuses == [200] * 200
    assert bedrock.identity.calls[WEB] == 2, "one failed, one came to something"
    assert {call.key.identifier for call in bedrock.calls} == {
        grant.key.identifier for grant in bedrock.identity.grants}
    assert sidecar.metrics().total("sidegate_credential_waits_total") > 0


def test_a_reload_keeps_what_was_fetched(
    begin: Begin, bedrock: Bedrock, tmp_path: Path
) -> None:
    sidecar = begin(irsa(bedrock, tmp_path))
    first = signed_with(sidecar, bedrock)
    compile_table(configuration([model("claude", HAIKU, bedrock.base, timeout=50),
                                 model("other", OTHER_HAIKU, bedrock.base)]), sidecar.table)
    sidecar.signal(signal.SIGHUP)
    until(lambda: sidecar.metrics().total("sidegate_deployments") == 2)
    assert signed_with(sidecar, bedrock) == first
    assert ask(sidecar, model="other").status == 200
    assert bedrock.calls[-1].key == first
    assert bedrock.identity.calls[WEB] == 1


def test_a_source_that_a_reload_brings_is_fetched_at_once(
    begin: Begin, bedrock: Bedrock, tmp_path: Path
) -> None:
    sidecar = begin({**in_environment(bedrock.keys.issue()),
                     "AWS_ENDPOINT_URL_STS": bedrock.identity.base})
    assert signed_with(sidecar, bedrock).source == "static"
    compile_table(configuration([model("claude", HAIKU, bedrock.base, aws_role_name=ROLE)]),
                  sidecar.table)
    until(lambda: len(bedrock.identity.grants) == 1)
    fetched(sidecar)
    assert signed_with(sidecar, bedrock).source == "AssumeRole"
    assert sidecar.metrics().total("sidegate_credential_waits_total") == 0


# When it fails

def unavailable(sidecar: Sidecar, reason: str) -> None:
    """The client gets a 503 that names no roles or paths, and the operator the cause wherever one
    looks."""
    with OpenAI(base_url=sidecar.base, api_key="none", max_retries=0) as client:
        with pytest.raises(openai.InternalServerError) as caught:
            client.chat.completions.create(**BODY)
    assert caught.value.status_code == 503
    assert caught.value.code == "upstream_auth_error"
    assert reason not in caught.value.message and "/health" in caught.value.message
    line = sidecar.wait_log("AWS credentials cannot be fetched")
    assert reason in line
    assert reason in sidecar.request("GET", "/health/readiness").json["failing_credentials"][0]
    health = sidecar.request("GET", "/health").json
    assert reason in health["unhealthy_endpoints"][0]["error"]


def test_a_role_that_nobody_may_assume(begin: Begin, bedrock: Bedrock, tmp_path: Path) -> None:
    bedrock.identity.denied = {ROLE}
    sidecar = begin(irsa(bedrock, tmp_path), aws_role_name=ROLE)
    unavailable(sidecar, "AccessDenied")
    assert ROLE in sidecar.wait_log("cannot be fetched")
    assert bedrock.calls == []
    bedrock.identity.denied = set()
    sidecar.wait_log("AWS credentials are fetched again", 40)
    assert signed_with(sidecar, bedrock).source == "AssumeRole"
    assert sidecar.request("GET", "/health/readiness").json["failing_credentials"] == []
    assert sidecar.request("GET", "/health").json["unhealthy_count"] == 0


@pytest.mark.slow
@pytest.mark.parametrize(("source", "reason"), [
    (irsa, "InvalidIdentityToken"), (pod_identity, "401")], ids=["web_identity", "container"])
def test_a_wrong_token(
    begin: Begin, bedrock: Bedrock, tmp_path: Path, source: Callable, reason: str
) -> None:
    sidecar = begin(source(bedrock, tmp_path, token="canary-wrong-token"))
    unavailable(sidecar, reason)
    said = sidecar.log() + sidecar.request("GET", "/health/readiness").body.decode()
    assert "canary-wrong-token" not in said


@pytest.mark.slow
def test_a_token_that_is_not_there(begin: Begin, bedrock: Bedrock, tmp_path: Path) -> None:
    environment = irsa(bedrock, tmp_path)
    path = Path(environment["AWS_WEB_IDENTITY_TOKEN_FILE"])
    path.rename(tmp_path / "elsewhere")
    sidecar = begin(environment)
    unavailable(sidecar, str(path))
    (tmp_path / "elsewhere").rename(path)
    sidecar.wait_log("AWS credentials are fetched again", 40)
    assert signed_with(sidecar, bedrock).source == WEB


@pytest.mark.slow
def test_a_failure_is_logged_once_and_hurts_nobody_before_the_end(
    begin: Begin, bedrock: Bedrock, tmp_path: Path
) -> None:
    bedrock.identity.lifetime = 20
    sidecar = begin(irsa(bedrock, tmp_path))
    fetched(sidecar)
    bedrock.identity.fail(WEB, times=2)
    until(lambda: bedrock.identity.failed[WEB] == 1)
    assert signed_with(sidecar, bedrock) == bedrock.identity.grants[0].key
    sidecar.wait_log("AWS credentials are fetched again", 30)
    assert signed_with(sidecar, bedrock) == bedrock.identity.grants[-1].key
    assert sidecar.log().count("AWS credentials cannot be fetched") == 1
    assert refreshes(sidecar, result="failure") == 2
    assert sidecar.metrics().total("sidegate_credential_waits_total") == 0


def test_another_deployment_answers_for_one_without_credentials(
    start, bedrock: Bedrock, tmp_path: Path
) -> None:
    bedrock.identity.denied = {ROLE}
    key = bedrock.keys.issue()
    entries = [model("claude", HAIKU, bedrock.base, info={"id": "first"}, aws_role_name=ROLE,
                     weight=1_000_000),
               model("claude", OTHER_HAIKU, bedrock.base, info={"id": "second"}, weight=1)]
    sidecar = start(configuration(entries), environment={
        **in_environment(key), "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL_STS": bedrock.identity.base})
    assert signed_with(sidecar, bedrock) == key
    assert bedrock.calls[-1].model == OTHER_HAIKU


@pytest.mark.slow
def test_an_instance_whose_metadata_service_is_out_goes_on(
    begin: Begin, bedrock: Bedrock, tmp_path: Path
) -> None:
    """AWS honours such credentials past their end; so does this gateway, until AWS refuses."""
    bedrock.identity.lifetime = 3
    sidecar = begin(instance(bedrock, tmp_path))
    fetched(sidecar)
    bedrock.identity.fail("imds-token", times=1_000)
    last = bedrock.identity.grants[-1].key
    until(lambda: bedrock.keys.now() > last.expires_at + 1)
    assert ask(sidecar).status in (401, 503)
    assert set(bedrock.take_refusals()) == {"ExpiredTokenException"}


def test_nobody_waits_longer_than_its_own_time(
    begin: Begin, bedrock: Bedrock, tmp_path: Path
) -> None:
    bedrock.identity.fail(WEB, status=503, code="ServiceUnavailable", delay=3.0)
    sidecar = begin(irsa(bedrock, tmp_path))
    until(lambda: bedrock.identity.calls[WEB] == 1)
    response = sidecar.request("POST", CHAT, BODY, {"x-litellm-timeout": "0.3"})
    assert response.status == 408
    assert bedrock.identity.failed[WEB] == 1 and len(bedrock.identity.grants) == 0


def test_a_client_that_leaves_while_it_waits_is_forgotten(
    begin: Begin, bedrock: Bedrock, tmp_path: Path
) -> None:
    bedrock.identity.fail(WEB, status=503, code="ServiceUnavailable", delay=1.5)
    sidecar = begin(irsa(bedrock, tmp_path))
    with Wire(sidecar.address) as wire:
        wire.send(message("POST", CHAT, json.dumps(BODY).encode(), None))
        until(lambda: sidecar.metrics().total("sidegate_credential_waits_total") == 1)
    until(lambda: sidecar.metrics().total("litellm_in_flight_requests") == 1)  # This one.
    fetched(sidecar)
    assert bedrock.calls == []


# The clock

@pytest.mark.parametrize("offset", [900.0, -900.0], ids=["behind", "ahead"])
def test_a_wrong_clock_costs_one_refusal(begin: Begin, bedrock: Bedrock, offset: float) -> None:
    key = bedrock.keys.issue()
    bedrock.keys.clock_offset = offset
    sidecar = begin(in_environment(key))
    for _ in range(5):
        assert signed_with(sidecar, bedrock) == key
    assert bedrock.take_refusals() == ["InvalidSignatureException"]
    told = int(json.loads(sidecar.wait_log("clock is off"))["offset_seconds"])
    assert abs(told - offset) < 60


@pytest.mark.slow
@pytest.mark.parametrize("offset", [900.0, -900.0], ids=["behind", "ahead"])
def test_a_wrong_clock_and_a_role(
    begin: Begin, bedrock: Bedrock, tmp_path: Path, offset: float
) -> None:
    """STS and Bedrock refuse once each; when the credentials end, their issuer's date tells."""
    bedrock.keys.clock_offset = offset
    bedrock.identity.lifetime = 12
    sidecar = begin(irsa(bedrock, tmp_path), aws_role_name=ROLE)
    for _ in range(3):
        assert signed_with(sidecar, bedrock).source == "AssumeRole"
    assert bedrock.take_refusals() == ["InvalidSignatureException"]
    count = bedrock.identity.calls["AssumeRole"]
    assert count >= 2, "the first one was refused for its date"
    until(lambda: len(bedrock.identity.grants) >= 4)
    for _ in range(3):
        assert signed_with(sidecar, bedrock).source == "AssumeRole"
    granted = sum(grant.kind == "AssumeRole" for grant in bedrock.identity.grants)
    assert bedrock.identity.calls["AssumeRole"] - granted == 1


def test_a_clock_that_is_set_while_the_sidecar_runs(begin: Begin, bedrock: Bedrock) -> None:
    sidecar = begin(in_environment(bedrock.keys.issue()))
    for offset in (0.0, 900.0, 0.0):
        bedrock.keys.clock_offset = offset
        assert [ask(sidecar).status for _ in range(3)] == [200] * 3
    assert bedrock.take_refusals() == ["InvalidSignatureException"] * 2


# The call path

def test_the_clients_trace_is_passed_on_unsigned(
    begin: Begin, bedrock: Bedrock, tmp_path: Path
) -> None:
    trace = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
             "tracestate": "vendor=1", "x-request-id": "abc-1", "x-other": "no"}
    sidecar = begin(irsa(bedrock, tmp_path))
    assert sidecar.request("POST", CHAT, BODY, trace).status == 200
    exchange = bedrock.calls[-1].exchange
    assert {name: exchange.header(name) for name in trace} == {**trace, "x-other": None}
    signed = (exchange.header("authorization") or "").split("SignedHeaders=")[1].split(",")[0]
    assert not {"traceparent", "tracestate", "x-request-id"} & set(signed.split(";"))


@pytest.mark.parametrize("streamed", [False, True])
def test_an_unknown_stop_reason_is_logged_once(
    begin: Begin, bedrock: Bedrock, tmp_path: Path, streamed: bool
) -> None:
    sidecar = begin(irsa(bedrock, tmp_path))
    bedrock.behaviour(HAIKU)(lambda call: reply(call, {"text": "Hi"}, stop="model_was_tired"))
    for _ in range(3):
        assert ask(sidecar, stream=streamed).status == 200
    line = sidecar.wait_log("model_was_tired")
    assert HAIKU in line
    assert ask(sidecar, stream=streamed).status == 200
    assert sidecar.log().count("model_was_tired") == 1


def test_a_pattern_takes_the_region_from_the_arn_that_is_asked_for(
    start, bedrock: Bedrock, tmp_path: Path
) -> None:
    """Nothing else says a region here, and the tests' AWS takes but one."""
    entry = {"model_name": "bedrock/*", "litellm_params": {
        "model": "bedrock/*", "aws_bedrock_runtime_endpoint": bedrock.base}}
    sidecar = start(
        configuration([entry], router_settings={"num_retries": 0}),
        environment={**in_environment(bedrock.keys.issue()), "HOME": str(tmp_path)})
    assert ask(sidecar, model=f"bedrock/{PROFILE}").status == 200
    assert bedrock.calls[-1].model == PROFILE
    assert ask(sidecar, model=f"bedrock/{HAIKU}").status >= 400
    assert len(bedrock.calls) == 1
