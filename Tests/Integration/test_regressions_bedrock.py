"""What went wrong once in front of Bedrock, by what an upstream or a client did."""

import json
from collections.abc import Iterator

import event_stream
import pytest
from bedrock import Bedrock, Call, fails
from bedrock_answers import USAGE, reply
from bedrock_models import BY_REFERENCE, HAIKU, model, references
from conftest import configuration
from sidecar import Sidecar
from upstream import Exchange, Upstream, compact
from wire import Response, Wire, message

CHAT = "/v1/chat/completions"
HI = [{"role": "user", "content": "Hi"}]


def ask(sidecar: Sidecar, seconds: float = 20, **more: object) -> Response:
    body = json.dumps({"model": "claude", "messages": HI, **more}).encode()
    with Wire(sidecar.address, timeout=seconds) as wire:
        wire.send(message("POST", CHAT, body))
        return wire.response("POST")


# Fields of the request

INJECTED = "abc\r\nx-injected: yes\r\n\r\nGET /smuggled HTTP/1.1"


@pytest.fixture
def plain() -> Iterator[Upstream]:
    """An upstream that lets everything in and answers as Converse does."""
    answer = {"output": {"message": {"role": "assistant", "content": [{"text": "x"}]}},
              "stopReason": "end_turn"}
    upstream = Upstream(lambda exchange: exchange.answer(answer))
    yield upstream
    upstream.stop()


def sent(upstream: Upstream) -> Exchange:
    exchange = upstream.next_request()
    assert exchange.path.endswith("/converse")
    return exchange


def test_a_clients_key_cannot_add_fields(start, plain: Upstream) -> None:
    entry = model("claude", HAIKU, plain.base, configurable_clientside_auth_params=["api_key"],
                  api_key="sk-own")
    sidecar = start(configuration([entry], router_settings={"num_retries": 0}))
    assert ask(sidecar, api_key=INJECTED).status == 200
    exchange = sent(plain)
    assert exchange.header("x-injected") is None
    assert exchange.header("authorization") == "Bearer " + INJECTED.replace("\r", " ").replace(
        "\n", " ")


def test_a_sessions_token_cannot_add_fields(start, plain: Upstream) -> None:
    token = {"aws_session_token": "os.environ/TEAM_SESSION"}
    entry = model("claude", HAIKU, plain.base, **BY_REFERENCE, **token)
    sidecar = start(configuration([entry], router_settings={"num_retries": 0}), environment={
        "TEAM_KEY_ID": "AKIDEXAMPLE", "TEAM_SECRET_KEY": "secret", "TEAM_SESSION": INJECTED})
    assert ask(sidecar).status == 200
    exchange = sent(plain)
    assert exchange.header("x-injected") is None
    assert "x-injected" in (exchange.header("x-amz-security-token") or "")
