"""What Bedrock's errors become: statuses, the SDK's exceptions, retries, fallbacks, cooldowns."""

import json

import event_stream
import openai
import pytest
from bedrock import Bedrock, Call, answers, fails
from bedrock_answers import WORDS, events, ordinary, reply
from bedrock_models import BY_REFERENCE, HAIKU, OTHER_HAIKU, model, references
from conftest import configuration, deployment
from herd import FIRST, answered_by, attempted, until
from openai import OpenAI
from sidecar import Sidecar
from upstream import Upstream, compact
from wire import Response

CHAT = "/v1/chat/completions"
HI = [{"role": "user", "content": "Hi"}]


@pytest.fixture
def client(bedrock_gateway: Sidecar):
    with OpenAI(base_url=bedrock_gateway.base, api_key="none", max_retries=0, timeout=20) as client:
        yield client


def ask(sidecar: Sidecar, name: str = "claude", **more: object) -> Response:
    return sidecar.request("POST", CHAT, {"model": name, "messages": HI, **more})


#: AWS's name and text: the SDK's exception, then the status, the type and the code.
MAPPING = {
    ("ThrottlingException", "Too many requests, please wait before trying again."):
        (openai.RateLimitError, 429, "rate_limit_error", "rate_limit_exceeded"),
    ("ThrottlingException", "Too many tokens, please wait before trying again."):
        (openai.RateLimitError, 429, "rate_limit_error", "rate_limit_exceeded"),
    ("ModelNotReadyException", "Model is not ready for inference."):
        (openai.InternalServerError, 503, "server_error", "model_not_ready"),
    ("ServiceQuotaExceededException", "You have exceeded your quota."):
        (openai.RateLimitError, 429, "insufficient_quota", "insufficient_quota"),
    ("ValidationException", "The provided request is not valid"):
        (openai.BadRequestError, 400, "invalid_request_error", "invalid_request_error"),
    ("ValidationException", "Input is too long for requested model."):
        (openai.BadRequestError, 400, "invalid_request_error", "context_length_exceeded"),
    ("ValidationException", "prompt is too long: 210000 tokens > 200000 maximum"):
        (openai.BadRequestError, 400, "invalid_request_error", "context_length_exceeded"),
    ("ValidationException", "Invocation of model ID x with on-demand throughput isn\u2019t "
                            "supported."):
        (openai.BadRequestError, 400, "invalid_request_error", "model_not_available"),
    ("AccessDeniedException", "You don't have access to the model with the specified model ID."):
        (openai.PermissionDeniedError, 403, "permission_error", "access_denied"),
    ("ResourceNotFoundException", "Could not resolve the foundation model from its identifier."):
        (openai.NotFoundError, 404, "not_found_error", "model_not_found"),
    ("FTUFormNotFilled", "Model use case details have not been submitted for this account."):
        (openai.NotFoundError, 404, "not_found_error", "model_not_found"),
    ("UnknownOperationException", "what?"):
        (openai.InternalServerError, 502, "server_error", "upstream_invalid_response"),
    ("ModelTimeoutException", "The model took too long."):
        (openai.APIStatusError, 408, "timeout_error", "model_timeout"),
    ("ModelErrorException", "The model erred."):
        (openai.InternalServerError, 502, "server_error", "model_error"),
    ("InternalServerException", "Something broke."):
        (openai.InternalServerError, 500, "server_error", "internal_error"),
    ("ServiceUnavailableException", "Bedrock is unable to process your request."):
        (openai.InternalServerError, 503, "server_error", "service_unavailable"),
}


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("failure", MAPPING, ids=lambda failure: f"{failure[0]}: {failure[1][:25]}")
def test_every_row(client: OpenAI, bedrock: Bedrock, failure, streamed: bool) -> None:
    kind, status, error_type, code = MAPPING[failure]
    name, text = failure
    bedrock.behaviours[HAIKU] = fails(name, text)
    with pytest.raises(kind) as caught:
        client.chat.completions.create(model="claude", messages=HI, stream=streamed)
    error = caught.value
    assert (error.status_code, error.type, error.code) == (status, error_type, code)
    assert error.body["param"] is None
    assert name in error.body["message"] and text in error.body["message"]
    assert error.response.headers["x-amzn-requestid"] == bedrock.calls[0].request_id
    assert len(bedrock.calls) == 1


@pytest.mark.parametrize("how", ["__type", "code", "capital", "lower"])
def test_where_a_name_and_a_text_may_stand(client: OpenAI, bedrock: Bedrock, how: str) -> None:
    bodies = {"__type": {"__type": "com.amazon#ThrottlingException", "message": "slow"},
              "code": {"code": "ThrottlingException", "message": "slow"},
              "capital": {"__type": "ThrottlingException", "Message": "slow"},
              "lower": {"__type": "throttlingException", "message": "slow"}}
    bedrock.behaviours[HAIKU] = lambda call: call.answer(bodies[how], 400)
    with pytest.raises(openai.RateLimitError, match="slow"):
        client.chat.completions.create(model="claude", messages=HI)


@pytest.mark.parametrize(("text", "status"), [("<html>Bad Gateway</html>", 502), ("", 503),
                                              ("<html>" + "x" * 100_000, 504)])
def test_a_load_balancers_page(client: OpenAI, bedrock: Bedrock, text: str, status: int) -> None:
    bedrock.behaviours[HAIKU] = answers(text, status, "text/html")
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(model="claude", messages=HI)
    assert caught.value.status_code == status
    assert len(caught.value.response.content) < 5000
    assert len(bedrock.calls) == 1


@pytest.mark.parametrize("body", [
    b'{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}',
    b"{}", b"", b"[]", b"not json", b'{"output":{"message":{"role":"assistant"}'])
def test_a_200_that_is_no_answer(client: OpenAI, bedrock: Bedrock, body: bytes) -> None:
    bedrock.behaviours[HAIKU] = answers(body, 200, "application/json")
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(model="claude", messages=HI)
    assert (caught.value.status_code, caught.value.code) == (502, "upstream_invalid_response")


def test_retry_after_is_passed_on(bedrock_gateway: Sidecar, bedrock: Bedrock) -> None:
    bedrock.behaviours[HAIKU] = fails("ThrottlingException", headers=[("Retry-After", "7")])
    response = ask(bedrock_gateway)
    assert (response.status, response.header("retry-after")) == (429, "7")


# Another deployment

@pytest.fixture
def pair(start, bedrock: Bedrock):
    """A sidecar with two deployments of `claude`, of which the first is drawn first."""

    def begin(more: list[dict] | None = None, **router: object) -> Sidecar:
        entries = [model("claude", HAIKU, bedrock.base, {"id": "first"}, weight=FIRST,
                         **BY_REFERENCE),
                   model("claude", OTHER_HAIKU, bedrock.base, {"id": "second"}, weight=1,
                         **BY_REFERENCE)]
        key = bedrock.keys.issue()
        settings = {"num_retries": 2, "cooldown_time": 60, **router}
        return start(configuration([*entries, *(more or [])], router_settings=settings),
                     environment=references(key))

    return begin


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", ["ThrottlingException", "ModelNotReadyException",
                                  "ModelErrorException", "InternalServerException",
                                  "ServiceUnavailableException", "AccessDeniedException",
                                  "ResourceNotFoundException", "FTUFormNotFilled"])
def test_another_deployment_is_asked(pair, bedrock: Bedrock, name: str, streamed: bool) -> None:
    sidecar = pair()
    bedrock.behaviours[HAIKU] = fails(name)
    response = ask(sidecar, stream=streamed)
    assert response.status == 200
    assert answered_by(response) == "second" and attempted(response) == (1, 0)
    assert [call.model for call in bedrock.calls] == [HAIKU, OTHER_HAIKU]


def test_another_deployment_may_have_a_profile(pair, bedrock: Bedrock) -> None:
    bedrock.behaviours[HAIKU] = fails(
        "ValidationException", "Invocation of model ID x with on-demand throughput isn’t supported.")
    response = ask(pair())
    assert response.status == 200 and answered_by(response) == "second"


def test_a_model_that_takes_too_long_is_tried_once_more(pair, bedrock: Bedrock) -> None:
    for identifier in (HAIKU, OTHER_HAIKU):
        bedrock.behaviours[identifier] = fails("ModelTimeoutException")
    sidecar = pair(num_retries=3, retry_after=0)
    assert ask(sidecar).status == 408
    assert len(bedrock.calls) == 2


@pytest.mark.parametrize("name", ["ResourceNotFoundException", "AccessDeniedException"])
def test_what_no_deployment_has_is_asked_for_once_each(pair, bedrock: Bedrock, name: str) -> None:
    for identifier in (HAIKU, OTHER_HAIKU):
        bedrock.behaviours[identifier] = fails(name)
    assert ask(pair()).status in (403, 404)
    assert [call.model for call in bedrock.calls] == [HAIKU, OTHER_HAIKU]


@pytest.mark.parametrize("name", ["ValidationException", "SerializationException"])
def test_a_wrong_request_is_asked_once(pair, bedrock: Bedrock, name: str) -> None:
    bedrock.behaviours[HAIKU] = fails(name)
    response = ask(pair())
    assert response.status == 400
    assert len(bedrock.calls) == 1


def test_each_attempt_is_signed_anew(start, bedrock: Bedrock) -> None:
    bedrock.behaviours[HAIKU] = fails("InternalServerException", times=2)
    sidecar = start(configuration([model("claude", HAIKU, bedrock.base, **BY_REFERENCE)],
                                  router_settings={"num_retries": 2}),
                    environment=references(bedrock.keys.issue()))
    assert ask(sidecar).status == 200
    stamps = [call.exchange.header("x-amz-date") for call in bedrock.calls]
    assert len(stamps) == 3 and stamps[0] < stamps[2], stamps


def test_a_throttled_one_cools(pair, bedrock: Bedrock) -> None:
    sidecar = pair()
    bedrock.behaviours[HAIKU] = fails("ThrottlingException", times=1)
    assert {answered_by(ask(sidecar)) for _ in range(5)} == {"second"}
    assert len(bedrock.calls_of(HAIKU)) == 1


@pytest.mark.parametrize("name", ["ValidationException", "AccessDeniedException"])
def test_one_with_another_failure_does_not(pair, bedrock: Bedrock, name: str) -> None:
    sidecar = pair()
    bedrock.behaviours[HAIKU] = fails(name, times=1)
    ask(sidecar)
    assert answered_by(ask(sidecar)) == "first"


def test_falling_back_to_another_provider(pair, bedrock: Bedrock, upstream: Upstream) -> None:
    sidecar = pair([deployment("local", upstream.base)], fallbacks=[{"claude": ["local"]}])
    for identifier in (HAIKU, OTHER_HAIKU):
        bedrock.behaviours[identifier] = fails("ThrottlingException")
    response = ask(sidecar)
    assert response.status == 200 and response.json["model"] == "claude"
    assert response.header("x-litellm-model-group") == "local"
    assert {call.model for call in bedrock.calls} == {HAIKU, OTHER_HAIKU}
    assert upstream.next_request().json["messages"] == HI


def test_falling_back_to_bedrock(start, bedrock: Bedrock, upstream: Upstream) -> None:
    """The client's request is translated for the one that answers."""
    upstream.behaviours["up-local"] = lambda exchange: exchange.answer({"error": {}}, 503)
    sidecar = start(configuration(
        [deployment("local", upstream.base), model("claude", HAIKU, bedrock.base, **BY_REFERENCE)],
        router_settings={"num_retries": 0, "fallbacks": [{"local": ["claude"]}]}),
        environment=references(bedrock.keys.issue()))
    response = ask(sidecar, "local", max_tokens=9)
    assert response.json["choices"][0]["message"]["content"] == WORDS
    assert response.json["model"] == "local"
    assert bedrock.calls[0].body["inferenceConfig"] == {"maxTokens": 9}


def test_a_context_that_is_too_long_has_fallbacks_of_its_own(
    pair, bedrock: Bedrock, upstream: Upstream
) -> None:
    sidecar = pair([deployment("long", upstream.base)],
                   context_window_fallbacks=[{"claude": ["long"]}])
    bedrock.behaviours[HAIKU] = fails("ValidationException", "Input is too long for this model.")
    response = ask(sidecar)
    assert response.status == 200 and response.header("x-litellm-model-group") == "long"


# Streams

def broken(ending) -> object:
    """A behaviour: some of an answer, and then `ending`."""

    def act(call: Call) -> None:
        call.start_stream()
        for kind, payload in list(events(({"text": WORDS},), "end_turn"))[:3]:
            call.event(kind, payload)
        ending(call)

    return act


def stop_quietly(call: Call) -> None:
    call.end_stream()


def flip(call: Call) -> None:
    frame = bytearray(event_stream.event("contentBlockDelta", compact(
        {"contentBlockIndex": 0, "delta": {"text": "no"}})))
    frame[-1] ^= 1
    call.send(bytes(frame))
    call.end_stream()


def half(call: Call) -> None:
    call.send(event_stream.event("messageStop", b'{"stopReason":"end_turn"}')[:-9])
    call.end_stream()


def error_frame(call: Call) -> None:
    call.send(event_stream.error("InternalError", "an internal error"))
    call.end_stream()


#: How a stream ends badly after its first words, and the code of the error event.
ENDINGS = {
    "throttled": (lambda call: call.exception("ThrottlingException"), "rate_limit_exceeded"),
    "the model": (lambda call: call.exception("ModelStreamErrorException"), "model_stream_error"),
    "the service": (lambda call: call.exception("InternalServerException"), "internal_error"),
    "unavailable": (lambda call: call.exception("ServiceUnavailableException"),
                    "service_unavailable"),
    "an error frame": (error_frame, None),
    "the end": (stop_quietly, "upstream_stream_truncated"),
    "a flipped bit": (flip, "upstream_stream_truncated"),
    "half a frame": (half, "upstream_stream_truncated"),
    "a reset": (lambda call: call.exchange.reset(), "upstream_stream_truncated"),
}


def told(response: Response) -> list[dict]:
    lines = [line for line in response.body.split(b"\n") if line]
    assert all(line.startswith(b"data: ") for line in lines), response.body
    assert b"[DONE]" not in response.body
    return [json.loads(line[6:]) for line in lines]


@pytest.mark.parametrize("how", ENDINGS)
def test_in_mid_stream(pair, bedrock: Bedrock, how: str) -> None:
    """An error event ends it: no `[DONE]`, no finish reason, no other attempt."""
    ending, code = ENDINGS[how]
    bedrock.behaviours[HAIKU] = broken(ending)
    response = ask(pair(), stream=True)
    assert response.status == 200
    *chunks, last = told(response)
    text = "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks)
    assert text and WORDS.startswith(text)
    assert all(chunk["choices"][0]["finish_reason"] is None for chunk in chunks)
    assert {"message", "type", "code"} <= set(last["error"])
    if code:
        assert last["error"]["code"] == code
    assert len(bedrock.calls) == 1


def test_the_sdk_raises_in_mid_stream(client: OpenAI, bedrock: Bedrock) -> None:
    bedrock.behaviours[HAIKU] = broken(lambda call: call.exception("ThrottlingException", "enough"))
    words = []
    with pytest.raises(openai.APIError, match="enough"):
        for event in client.chat.completions.create(model="claude", messages=HI, stream=True):
            words.append(event.choices[0].delta.content or "")
    assert WORDS.startswith("".join(words)) and "".join(words)


@pytest.mark.parametrize("name", ["ThrottlingException", "ModelStreamErrorException",
                                  "InternalServerException"])
def test_an_exception_as_the_first_frame_is_tried_again(pair, bedrock: Bedrock, name: str) -> None:
    @bedrock.behaviour(HAIKU)
    def _(call: Call) -> None:
        call.start_stream()
        call.exception(name)

    response = ask(pair(), stream=True)
    assert response.status == 200 and answered_by(response) == "second"
    assert response.body.rstrip().endswith(b"data: [DONE]")


def test_an_exception_as_the_first_frame_is_a_status(client: OpenAI, bedrock: Bedrock) -> None:
    @bedrock.behaviour(HAIKU)
    def _(call: Call) -> None:
        call.start_stream()
        call.exception("ThrottlingException", "enough")

    with pytest.raises(openai.RateLimitError, match="enough"):
        client.chat.completions.create(model="claude", messages=HI, stream=True)


def test_a_client_that_leaves_ends_the_call(client: OpenAI, bedrock: Bedrock) -> None:
    closed = []

    @bedrock.behaviour(HAIKU)
    def _(call: Call) -> None:
        call.start_stream()
        for kind, payload in list(events(({"text": WORDS},), "end_turn"))[:2]:
            call.event(kind, payload)
        closed.append(call.exchange.wait_closed(5))
        call.exchange.hang_up()

    stream = client.chat.completions.create(model="claude", messages=HI, stream=True)
    next(iter(stream))
    stream.close()
    (call,) = bedrock.wait_calls(1)
    assert call.exchange.finished.wait(6) and closed == [True]


def test_failures_are_counted(pair, bedrock: Bedrock) -> None:
    sidecar = pair()
    bedrock.behaviours[HAIKU] = fails("ThrottlingException", times=1)
    bedrock.behaviours[OTHER_HAIKU] = ordinary
    ask(sidecar)
    metrics = sidecar.metrics()
    assert metrics.total("litellm_deployment_failure_responses_total") == 1
    assert metrics.total("litellm_deployment_success_responses_total") == 1


def test_a_turn_that_is_not_usable(client: OpenAI, bedrock: Bedrock) -> None:
    bedrock.behaviours[HAIKU] = lambda call: reply(call, stop="malformed_model_output")
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(model="claude", messages=HI)
    assert caught.value.status_code == 502


def test_a_member_that_nobody_knows_is_named_once(start, bedrock: Bedrock) -> None:
    sidecar = start(configuration([model("claude", HAIKU, bedrock.base, **BY_REFERENCE)]),
                    "--workers", "1", environment=references(bedrock.keys.issue()))
    for _ in range(3):
        assert ask(sidecar, mystery_setting=1, user="somebody").status == 200
    assert all("mystery_setting" not in str(call.body) for call in bedrock.calls)
    assert until(lambda: "mystery_setting" in sidecar.log())
    assert sidecar.log().count("mystery_setting") == 1
