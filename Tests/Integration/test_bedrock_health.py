"""Background checks of deployments on Bedrock: what is sent, and what follows from the answer."""

from collections.abc import Callable

import pytest
from bedrock import Bedrock, fails
from bedrock_models import BY_REFERENCE, EMBEDDINGS, HAIKU, NOVA, OTHER_HAIKU, model, references
from conftest import MASTER_KEY, configuration
from herd import FIRST, answered_by
from herd import until as comes_true
from sidecar import Sidecar

AUTH = {"authorization": f"Bearer {MASTER_KEY}"}
HI = {"model": "claude", "messages": [{"role": "user", "content": "Hello"}]}
#: Seconds between two checks.
INTERVAL = 0.5


@pytest.fixture
def checked(start, bedrock: Bedrock):
    """Two deployments of `claude`; the first is drawn before the other, and is checked by NOVA."""

    def begin(identity: dict | None = None, environment: dict[str, str] | None = None,
              **info: object) -> Sidecar:
        own = BY_REFERENCE if identity is None else identity
        about = {"id": "first", "health_check_model": f"bedrock/{NOVA}",
                 "health_check_timeout": 5, **info}
        entries = [model("claude", HAIKU, bedrock.base, about, weight=FIRST, **own),
                   model("claude", OTHER_HAIKU, bedrock.base, {"id": "second"}, weight=1, **own)]
        source = configuration(
            entries, router_settings={"num_retries": 0},
            general_settings={"background_health_checks": True, "health_check_interval": INTERVAL,
                              "master_key": "os.environ/GATEWAY_KEY"})
        more = references(bedrock.keys.issue()) if environment is None else environment
        return start(source, environment={"GATEWAY_KEY": MASTER_KEY, **more})

    return begin


def until(condition: Callable[[], object], seconds: float = 20.0) -> bool:
    return comes_true(condition, seconds)


def who(sidecar: Sidecar) -> str | None:
    return answered_by(sidecar.request("POST", "/v1/chat/completions", HI, headers=AUTH))


def unhealthy(sidecar: Sidecar) -> list[dict]:
    return sidecar.request("GET", "/health", headers=AUTH).json["unhealthy_endpoints"]


def test_one_token_of_the_model_that_is_named(checked, bedrock: Bedrock) -> None:
    checked()
    assert until(lambda: len(bedrock.calls_of(NOVA)) >= 2)
    call = bedrock.calls_of(NOVA)[0]
    assert call.operation == "Converse" and call.key is not None
    assert call.texts == ["hi"] and call.body["inferenceConfig"] == {"maxTokens": 1}
    assert {call.model for call in bedrock.calls} == {NOVA}, "one that no model is named for"


def test_one_vector(checked, bedrock: Bedrock) -> None:
    titan = EMBEDDINGS["titan-2"]
    checked(health_check_model=titan, mode="embedding")
    assert until(lambda: bedrock.calls_of(titan))
    call = bedrock.calls_of(titan)[0]
    assert call.operation == "InvokeModel" and call.body == {"inputText": "hi"}


def test_a_bearer_token(checked, bedrock: Bedrock) -> None:
    token = bedrock.keys.issue_bearer()
    checked({"api_key": "os.environ/TOKEN"}, {"TOKEN": token})
    assert until(lambda: bedrock.calls_of(NOVA))
    assert bedrock.calls_of(NOVA)[0].exchange.header("authorization") == f"Bearer {token}"


#: What the check is answered, and whether the deployment is out of use then.
CHECKS = [("InternalServerException", True), ("AccessDeniedException", True),
          ("ResourceNotFoundException", True), ("ValidationException", True),
          ("ThrottlingException", False), ("ServiceQuotaExceededException", False),
          ("ModelTimeoutException", False)]


@pytest.mark.parametrize(("name", "is_dead"), CHECKS)
def test_what_a_check_finds(checked, bedrock: Bedrock, name: str, is_dead: bool) -> None:
    bedrock.behaviours[NOVA] = fails(name)
    sidecar = checked()
    assert until(lambda: len(bedrock.calls_of(NOVA)) >= 2)
    if is_dead:
        assert until(lambda: unhealthy(sidecar))
        assert name in unhealthy(sidecar)[0]["error"]
    assert who(sidecar) == ("second" if is_dead else "first")


def test_a_dead_one_comes_back(checked, bedrock: Bedrock) -> None:
    bedrock.behaviours[NOVA] = fails("ServiceUnavailableException")
    sidecar = checked()
    assert until(lambda: who(sidecar) == "second")
    del bedrock.behaviours[NOVA]
    assert until(lambda: who(sidecar) == "first")


def test_a_clock_that_is_off_is_corrected(checked, bedrock: Bedrock) -> None:
    bedrock.keys.clock_offset = 3600.0
    sidecar = checked()
    assert until(lambda: bedrock.calls_of(NOVA))
    assert unhealthy(sidecar) == []
    assert set(bedrock.take_refusals()) == {"InvalidSignatureException"}


def test_checks_that_are_off(checked, bedrock: Bedrock) -> None:
    sidecar = checked(disable_background_health_check=True)
    assert who(sidecar) == "first"
    assert not until(lambda: bedrock.calls_of(NOVA), 2 * INTERVAL)
