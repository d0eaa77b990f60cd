"""What calls to Bedrock are signed with, and where it comes from."""

import time
from collections.abc import Callable
from pathlib import Path

import openai
import pytest
from aws_keys import Key
from bedrock import Bedrock
from bedrock_models import BY_REFERENCE, HAIKU, model, references
from conftest import configuration
from openai import OpenAI
from sidecar import Sidecar
from wire import Response

CHAT = "/v1/chat/completions"
BODY = {"model": "claude", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture
def begin(start, bedrock: Bedrock, tmp_path: Path) -> Callable[..., Sidecar]:
    """A sidecar with one model, `claude`, whose environment holds nothing but what is said."""
    home = tmp_path / "home"
    home.mkdir()

    def make(environment: dict[str, str] | None = None, **own: object) -> Sidecar:
        base = {"HOME": str(home), "AWS_EC2_METADATA_DISABLED": "true"}
        source = configuration([model("claude", HAIKU, bedrock.base, **own)],
                               router_settings={"num_retries": 0})
        return start(source, environment={**base, **(environment or {})})

    return make


def ask(sidecar: Sidecar, **more: object) -> Response:
    return sidecar.request("POST", CHAT, {**BODY, **more})


def signed_with(sidecar: Sidecar, bedrock: Bedrock) -> Key | None:
    response = ask(sidecar)
    assert response.status == 200, (response.body, sidecar.log())
    return bedrock.calls[-1].key


def in_environment(key: Key) -> dict[str, str]:
    token = {"AWS_SESSION_TOKEN": key.token} if key.token else {}
    return {"AWS_ACCESS_KEY_ID": key.identifier, "AWS_SECRET_ACCESS_KEY": key.secret, **token}


def no_credential(sidecar: Sidecar, bedrock: Bedrock, reason: str) -> None:
    """Nothing is sent, the client is told so, and the operator learns why."""
    response = ask(sidecar)
    assert response.status >= 400 and response.status != 501
    assert bedrock.calls == [] and bedrock.refusals == []
    end = time.monotonic() + 5
    while reason not in sidecar.log() and time.monotonic() < end:
        time.sleep(0.05)  # The log has a writer of its own.
    told = sidecar.log() + sidecar.request("GET", "/health/readiness").body.decode()
    assert reason in told, told


# Long-term keys

def test_by_reference(begin, bedrock: Bedrock, tmp_path: Path) -> None:
    key = bedrock.keys.issue()
    secret = tmp_path / "secret"
    secret.write_text(key.secret + "\n")
    sidecar = begin({"TEAM_KEY_ID": key.identifier}, aws_access_key_id="os.environ/TEAM_KEY_ID",
                    aws_secret_access_key=f"file:{secret}")
    assert signed_with(sidecar, bedrock) == key


def test_a_session_token_by_reference(begin, bedrock: Bedrock) -> None:
    key = bedrock.keys.issue(lifetime=600)
    sidecar = begin({**references(key), "TEAM_TOKEN": key.token or ""}, **BY_REFERENCE,
                    aws_session_token="os.environ/TEAM_TOKEN")
    assert signed_with(sidecar, bedrock) == key


@pytest.mark.parametrize("lifetime", [None, 600], ids=["long-term", "temporary"])
def test_from_the_environment(begin, bedrock: Bedrock, lifetime: float | None) -> None:
    key = bedrock.keys.issue(lifetime=lifetime)
    assert signed_with(begin(in_environment(key)), bedrock) == key


def test_an_identifier_without_its_secret(begin, bedrock: Bedrock) -> None:
    key = bedrock.keys.issue()
    no_credential(begin({"AWS_ACCESS_KEY_ID": key.identifier}), bedrock, "AWS_SECRET_ACCESS_KEY")


def test_nothing_at_all(begin, bedrock: Bedrock) -> None:
    no_credential(begin(), bedrock, "credential")


def test_a_key_that_aws_does_not_know(begin, bedrock: Bedrock) -> None:
    key = bedrock.keys.issue()
    sidecar = begin(in_environment(key))
    bedrock.keys.revoke(key)
    with OpenAI(base_url=sidecar.base, api_key="none", max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError) as caught:
            client.chat.completions.create(**BODY)
    assert caught.value.code == "upstream_authentication_failed"
    names = bedrock.take_refusals()
    assert set(names) == {"UnrecognizedClientException"} and len(names) <= 2


# Bearer tokens

def bears(sidecar: Sidecar, bedrock: Bedrock, token: str) -> None:
    assert signed_with(sidecar, bedrock) is None
    assert bedrock.calls[-1].exchange.header("authorization") == f"Bearer {token}"


def test_a_bearer_token_of_the_environment(begin, bedrock: Bedrock) -> None:
    token = bedrock.keys.issue_bearer()
    bears(begin({"AWS_BEARER_TOKEN_BEDROCK": token}), bedrock, token)


def test_a_bearer_token_of_the_deployment(begin, bedrock: Bedrock) -> None:
    token = bedrock.keys.issue_bearer()
    sidecar = begin({"TEAM_TOKEN": token, **in_environment(bedrock.keys.issue())},
                    api_key="os.environ/TEAM_TOKEN")
    bears(sidecar, bedrock, token)


def test_which_one_wins(begin, bedrock: Bedrock) -> None:
    """The api_key, the deployment's keys, the bearer token of the environment, its keys."""
    own, chain = bedrock.keys.issue(), bedrock.keys.issue()
    first, third = bedrock.keys.issue_bearer(), bedrock.keys.issue_bearer()
    environment = {**references(own), **in_environment(chain), "TEAM_TOKEN": first}
    with_bearer = {**environment, "AWS_BEARER_TOKEN_BEDROCK": third}
    bears(begin(with_bearer, api_key="os.environ/TEAM_TOKEN", **BY_REFERENCE), bedrock, first)
    assert signed_with(begin(with_bearer, **BY_REFERENCE), bedrock) == own
    bears(begin(with_bearer), bedrock, third)
    assert signed_with(begin({**environment, "AWS_BEARER_TOKEN_BEDROCK": ""}), bedrock) == chain


def test_a_bearer_token_that_aws_does_not_know(begin, bedrock: Bedrock) -> None:
    sidecar = begin({"AWS_BEARER_TOKEN_BEDROCK": "ABSKcanary-nobody"})
    response = ask(sidecar)
    assert response.status in (401, 403)
    assert "API Key" in response.json["error"]["message"]
    assert "canary-nobody" not in response.body.decode() + sidecar.log()
    assert set(bedrock.take_refusals()) == {"AccessDeniedException"}


# Refusals

def test_a_signature_that_is_wrong_for_another_reason_is_not_tried_for_long(
    begin, bedrock: Bedrock
) -> None:
    key = bedrock.keys.issue()
    environment = {**in_environment(key), "AWS_SECRET_ACCESS_KEY": "another"}
    assert ask(begin(environment)).status == 401
    assert bedrock.take_refusals() in [["InvalidSignatureException"] * n for n in (1, 2)]


# Secrets

def test_secrets_are_told_to_nobody(begin, bedrock: Bedrock) -> None:
    """Logs are looked through after every test; here all else that a sidecar says."""
    key = bedrock.keys.issue(lifetime=600)
    sidecar = begin(in_environment(key))
    assert signed_with(sidecar, bedrock) == key
    bedrock.keys.revoke(key)
    said = [ask(sidecar)]
    said += [sidecar.request("GET", path) for path in (
        "/metrics", "/health", "/health/readiness", "/routing/state", "/v1/models", "/model/info")]
    text = b"".join(response.body for response in said).decode()
    text += "".join(f"{n}: {v}" for response in said for n, v in response.headers)
    assert all(secret not in text + sidecar.log() for secret in bedrock.keys.secrets())
    bedrock.take_refusals()
