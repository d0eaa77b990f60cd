"""The tests' Bedrock against AWS's own client: what the other tests rest on."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import event_stream
import pytest
from aws_keys import REGION, Key
from bedrock import Bedrock, Call, answers, fails
from bedrock_answers import ARGUMENTS, WORDS, reply
from botocore.config import Config
from botocore.eventstream import ChecksumMismatch, EventStreamBuffer
from botocore.exceptions import ClientError, EventStreamError
from botocore.loaders import Loader
from botocore.session import Session
from wire import Wire

CLAUDE = "us.anthropic.claude-3-5-haiku-20241022-v1:0"
PROFILE = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6"
HI = [{"role": "user", "content": [{"text": "Hi"}]}]
TOOL = {"toolSpec": {"name": "get_weather", "inputSchema": {"json": {
    "type": "object", "properties": {"city": {"type": "string"}}}}}}
#: Shared, since it keeps the service models that it has read.
LOADER = Loader(extra_search_paths=[str(Path(boto3.__file__).parent / "data")])
PIXEL = b"\x89PNG\r\n\x1a\n" + bytes(32)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable or file of the developer's is a credential here."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
                 "AWS_BEARER_TOKEN_BEDROCK", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
                 "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def fake() -> Iterator[Bedrock]:
    fake = Bedrock()
    yield fake
    fake.stop()


def client(
    fake: Bedrock, key: Key | None = None, region: str = REGION, token: str | None = None,
    kind: str = "bedrock-runtime",
):
    """AWS's client with this key; without one, with what its chain finds."""
    named = {} if key is None else {
        "aws_access_key_id": key.identifier, "aws_secret_access_key": key.secret,
        "aws_session_token": token or key.token}
    session = Session()
    session.register_component("data_loader", LOADER)
    session.set_config_variable("metadata_service_num_attempts", 2)
    base = fake.base if kind == "bedrock-runtime" else fake.identity.base
    return boto3.Session(botocore_session=session).client(
        kind, endpoint_url=base, region_name=region, config=Config(retries={"total_max_attempts": 1}),
        **named)


@pytest.fixture
def aws(fake: Bedrock):
    return client(fake, fake.keys.issue())


def refused(call, **arguments: object) -> tuple[str, int, str]:
    """Name, status and text of the error that a call ends with."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    error = response["Error"]
    return error["Code"], response["ResponseMetadata"]["HTTPStatusCode"], error["Message"]


# Calls

@pytest.mark.parametrize("model", [CLAUDE, PROFILE, "amazon.nova-lite-v1:0", "openai.gpt-oss-20b-1:0"])
def test_converse(fake: Bedrock, aws, model: str) -> None:
    answer = aws.converse(modelId=model, messages=HI, inferenceConfig={"maxTokens": 9})
    assert answer["output"]["message"] == {"role": "assistant", "content": [{"text": WORDS}]}
    assert answer["stopReason"] == "end_turn"
    assert answer["usage"]["inputTokens"] == 18
    (call,) = fake.calls
    assert (call.operation, call.model) == ("Converse", model)
    assert call.body == {"messages": HI, "inferenceConfig": {"maxTokens": 9}}
    assert answer["ResponseMetadata"]["RequestId"] == call.request_id


@pytest.mark.parametrize("piece", [0, 1, 7])
def test_converse_stream(fake: Bedrock, aws, piece: int) -> None:
    @fake.behaviour(CLAUDE)
    def _(call: Call) -> None:
        call.piece = piece
        reply(call, {"reasoningContent": {"reasoningText": {"text": "Thinking", "signature": "s="}}},
              {"text": WORDS}, {"toolUse": {"toolUseId": "t1", "name": "f", "input": ARGUMENTS}},
              {"toolUse": {"toolUseId": "t2", "name": "g", "input": {}}}, stop="tool_use")

    stream = list(aws.converse_stream(modelId=CLAUDE, messages=HI)["stream"])
    kinds = [next(iter(event)) for event in stream]
    assert kinds[0] == "messageStart" and kinds[-2:] == ["messageStop", "metadata"]
    deltas = [(event["contentBlockDelta"]["contentBlockIndex"], event["contentBlockDelta"]["delta"])
              for event in stream if "contentBlockDelta" in event]
    text = "".join(delta["text"] for _, delta in deltas if "text" in delta)
    assert text == WORDS
    thought = [delta["reasoningContent"] for _, delta in deltas if "reasoningContent" in delta]
    assert "".join(part.get("text", "") for part in thought) == "Thinking"
    assert thought[-1] == {"signature": "s="}
    arguments = "".join(delta["toolUse"]["input"] for place, delta in deltas if place == 2)
    assert json.loads(arguments) == ARGUMENTS
    assert [delta for place, delta in deltas if place == 3] == [{"toolUse": {"input": ""}}]
    starts = [event["contentBlockStart"] for event in stream if "contentBlockStart" in event]
    assert [start["contentBlockIndex"] for start in starts] == [2, 3]


def test_a_blob_arrives_as_bytes(fake: Bedrock, aws) -> None:
    image = {"image": {"format": "png", "source": {"bytes": PIXEL}}}
    aws.converse(modelId=CLAUDE, messages=[{"role": "user", "content": [image, {"text": "?"}]}])
    (call,) = fake.calls
    assert call.parameters["messages"][0]["content"][0] == image


def test_tools_are_called_and_answered(fake: Bedrock, aws) -> None:
    configuration = {"tools": [TOOL], "toolChoice": {"any": {}}}
    first = aws.converse(modelId=CLAUDE, messages=HI, toolConfig=configuration)
    assert first["stopReason"] == "tool_use"
    turn = first["output"]["message"]
    use = turn["content"][0]["toolUse"]
    result = {"toolResult": {"toolUseId": use["toolUseId"], "content": [{"json": {"c": 7}}]}}
    history = [*HI, turn, {"role": "user", "content": [result]}]
    second = aws.converse(modelId=CLAUDE, messages=history, toolConfig=configuration)
    assert second["output"]["message"]["content"] == [{"text": WORDS}]


def invoke(aws, model: str, body: dict) -> dict:
    return json.loads(aws.invoke_model(modelId=model, body=json.dumps(body))["body"].read())


@pytest.mark.parametrize(("model", "body", "size"), [
    ("amazon.titan-embed-text-v1", {}, 1536),
    ("amazon.titan-embed-text-v2:0", {}, 1024),
    ("amazon.titan-embed-text-v2:0", {"dimensions": 256, "normalize": False}, 256)])
def test_titan(aws, model: str, body: dict, size: int) -> None:
    answer = invoke(aws, model, {"inputText": "one two three", **body})
    assert len(answer["embedding"]) == size
    assert answer["inputTextTokenCount"] == 3


@pytest.mark.parametrize(("model", "body", "size"), [
    ("cohere.embed-english-v3", {}, 1024),
    ("cohere.embed-v4:0", {"output_dimension": 512}, 512)])
def test_cohere(aws, model: str, body: dict, size: int) -> None:
    asked = {"texts": ["one two", "three"], "input_type": "search_query", **body}
    assert [len(found) for found in invoke(aws, model, asked)["embeddings"]] == [size, size]
    typed = invoke(aws, model, {**asked, "embedding_types": ["float"]})
    assert [len(found) for found in typed["embeddings"]["float"]] == [size, size]
    response = aws.invoke_model(modelId=model, body=json.dumps(asked))
    headers = response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amzn-bedrock-input-token-count"] == "3"


@pytest.mark.parametrize(("model", "body"), [
    ("amazon.titan-embed-text-v1", {"inputText": "a", "dimensions": 256}),
    ("amazon.titan-embed-text-v2:0", {"inputText": "a", "dimensions": 257}),
    ("amazon.titan-embed-text-v2:0", {"inputText": ""}),
    ("amazon.titan-embed-text-v2:0", {"inputText": ["a"]}),
    ("cohere.embed-english-v3", {"texts": ["a"]}),
    ("cohere.embed-english-v3", {"texts": ["a"], "input_type": "query"}),
    ("cohere.embed-english-v3", {"texts": ["a"] * 97, "input_type": "search_query"}),
    ("cohere.embed-english-v3", {"texts": ["a"], "input_type": "search_query",
                                 "output_dimension": 512}),
    ("anthropic.claude-v2", {"prompt": "a"})])
def test_a_wrong_native_body(aws, model: str, body: dict) -> None:
    name, status, _ = refused(aws.invoke_model, modelId=model, body=json.dumps(body))
    assert (name, status) == ("ValidationException", 400)


# Signatures and credentials

def converse(aws):
    return aws.converse(modelId=CLAUDE, messages=HI)


def refusal(aws) -> tuple[str, int]:
    return refused(aws.converse, modelId=CLAUDE, messages=HI)[:2]


def test_another_secret(fake: Bedrock) -> None:
    key = fake.keys.issue()
    forged = Key(key.identifier, key.secret + "x", None, None, "")
    assert refusal(client(fake, forged)) == ("InvalidSignatureException", 403)
    assert fake.calls == [] and fake.take_refusals() == ["InvalidSignatureException"]


def test_unknown_keys_and_tokens(fake: Bedrock) -> None:
    key = fake.keys.issue(lifetime=60)
    assert converse(client(fake, key))
    unknown = ("UnrecognizedClientException", 403)
    assert refusal(client(fake, key, token="another")) == unknown
    assert refusal(client(fake, Key(key.identifier, key.secret, None, None, ""))) == unknown
    assert refusal(client(fake, Key("AKIANOBODY", "s", None, None, ""))) == unknown
    fake.keys.revoke(key)
    assert refusal(client(fake, key)) == unknown


def test_an_expired_key(fake: Bedrock) -> None:
    key = fake.keys.issue(lifetime=60)
    fake.keys.clock_offset = 58
    assert converse(client(fake, key))
    fake.keys.clock_offset = 61
    assert refusal(client(fake, key)) == ("ExpiredTokenException", 403)


@pytest.mark.parametrize(("offset", "text"), [
    (290, None), (-290, None), (310, "Signature expired"), (-310, "Signature not yet current")])
def test_the_clock(fake: Bedrock, aws, offset: float, text: str | None) -> None:
    fake.keys.clock_offset = offset
    if text is None:
        assert converse(aws)
        return
    name, status, message = refused(aws.converse, modelId=CLAUDE, messages=HI)
    assert (name, status) == ("InvalidSignatureException", 403)
    assert message.startswith(text)


def test_another_region(fake: Bedrock) -> None:
    aws = client(fake, fake.keys.issue(), region="eu-west-1")
    assert refusal(aws) == ("InvalidSignatureException", 403)


def signed(fake: Bedrock) -> tuple[str, dict[str, str], bytes]:
    """A request as AWS's client sent it, for changing what is signed."""
    converse(client(fake, fake.keys.issue(lifetime=60)))
    exchange = fake.calls[-1].exchange
    return exchange.target, dict(exchange.headers), exchange.body


def send(fake: Bedrock, target: str, headers: dict[str, str], body: bytes):
    with Wire((fake.server.host, fake.server.port)) as wire:
        return wire.request("POST", target, body, headers)


def test_what_is_signed_cannot_be_changed(fake: Bedrock) -> None:
    target, headers, body = signed(fake)
    assert send(fake, target, headers, body).status == 200
    changed = [(target.replace("%3A", "%253A"), headers, body), (target + "-stream", headers, body),
               (target, headers, body.replace(b"Hi", b"Ho")),
               (target, {**headers, "content-type": "text/plain"}, body),
               (target, {**headers, "host": "localhost:1"}, body)]
    for request in changed:
        response = send(fake, *request)
        assert response.status == 403, request
        assert (response.header("x-amzn-errortype") or "").startswith("InvalidSignatureException:")
        assert "Canonical String" in response.json["message"]


def test_what_need_not_be_signed_may_change(fake: Bedrock) -> None:
    target, headers, body = signed(fake)
    assert send(fake, target, {**headers, "user-agent": "x", "x-other": "y"}, body).status == 200


@pytest.mark.parametrize(("authorization", "name", "status"), [
    (None, "MissingAuthenticationTokenException", 403),
    ("AWS4-HMAC-SHA256 nonsense", "IncompleteSignatureException", 400),
    ("Basic eDp5", "IncompleteSignatureException", 400)])
def test_no_signature(fake: Bedrock, authorization, name: str, status: int) -> None:
    target, headers, body = signed(fake)
    del headers["authorization"]
    if authorization:
        headers["authorization"] = authorization
    response = send(fake, target, headers, body)
    assert response.status == status
    assert (response.header("x-amzn-errortype") or "").startswith(name + ":")


def test_an_amazon_header_that_is_not_signed(fake: Bedrock) -> None:
    target, headers, body = signed(fake)
    response = send(fake, target, {**headers, "x-amz-extra": "y"}, body)
    assert response.status == 403


def test_bearer_tokens(fake: Bedrock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", fake.keys.issue_bearer())
    assert converse(client(fake))
    assert fake.calls[0].key is None
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "ABSKnobody")
    name, status, message = refused(client(fake).converse, modelId=CLAUDE, messages=HI)
    assert (name, status) == ("AccessDeniedException", 403)
    assert "valid" in message


# Bodies

IMAGE = {"image": {"format": "png", "source": {"bytes": PIXEL}}}
USE = {"toolUse": {"toolUseId": "t1", "name": "get_weather", "input": {}}}
RESULT = {"toolResult": {"toolUseId": "t1", "content": [{"text": "7"}]}}
POINT = {"cachePoint": {"type": "default"}}
NOVA = "amazon.nova-lite-v1:0"
TOOLS = {"tools": [TOOL]}


def user(*content: dict) -> dict:
    return {"role": "user", "content": list(content)}


def assistant(*content: dict) -> dict:
    return {"role": "assistant", "content": list(content)}


TEXT = {"text": "a"}
THINK = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
#: What the service says, by what is wrong; botocore's client lets all of it through.
WRONG = {
    "start with a user": {"messages": [assistant(TEXT)]},
    "must alternate": {"messages": [user(TEXT), user(TEXT)]},
    "is empty": {"messages": [user()]},
    "is blank": {"messages": [user({"text": " \n"})]},
    "system.0 is blank": {"messages": HI, "system": [{"text": " "}]},
    "toolConfig field must be defined": {"messages": [*HI, assistant(USE), user(RESULT)]},
    "Expected toolResult": {"messages": [*HI, assistant(USE), user(TEXT)], "toolConfig": TOOLS},
    "exceeds the number": {"messages": [user(RESULT)], "toolConfig": TOOLS},
    "duplicate Ids": {"messages": [*HI, assistant(USE), user(RESULT, RESULT)], "toolConfig": TOOLS},
    "ids must be unique": {"messages": [*HI, assistant(USE, USE), user(RESULT)],
                           "toolConfig": TOOLS},
    "immediately after": {"messages": [*HI, assistant(USE), user(TEXT, RESULT)],
                          "toolConfig": TOOLS},
    "must be one of the following: object": {"messages": HI, "toolConfig": {"tools": [
        {"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "array"}}}}]}},
    "is not defined": {"messages": HI, "toolConfig": {**TOOLS, "toolChoice": {"tool": {
        "name": "g"}}}},
    "conflicts": {"messages": HI, "toolConfig": {**TOOLS, "toolChoice": {"auto": {}}},
                  "additionalModelRequestFields": {"tool_choice": {"type": "auto"}}},
    "does not match the specified image format": {"messages": [user(TEXT, {"image": {
        "format": "jpeg", "source": {"bytes": PIXEL}}})]},
    "for messages of the user": {"messages": [*HI, assistant(IMAGE)]},
    "text block must be included": {"messages": [user({"document": {
        "format": "txt", "name": "a", "source": {"bytes": b"a"}}})]},
    "file name can only": {"messages": [user(TEXT, {"document": {
        "format": "txt", "name": "a.txt", "source": {"bytes": b"a"}}})]},
    "maximum of 4": {"messages": [user(TEXT, *[POINT] * 5)]},
    "greater than `thinking.budget_tokens`": {
        "messages": HI, "inferenceConfig": {"maxTokens": 1024},
        "additionalModelRequestFields": THINK},
    "only be set to 1": {"messages": HI, "inferenceConfig": {"temperature": 0.5},
                         "additionalModelRequestFields": THINK},
    "forces tool use": {"messages": HI, "toolConfig": {**TOOLS, "toolChoice": {"any": {}}},
                        "additionalModelRequestFields": THINK},
    "found `tool_use`": {"messages": [*HI, assistant(USE), user(RESULT)], "toolConfig": TOOLS,
                         "additionalModelRequestFields": THINK},
    "is above 1": {"messages": HI, "inferenceConfig": {"temperature": 1.5}},
    "is none of": {"messages": [{"role": "tool", "content": [TEXT]}]},
    "is not [a-zA-Z0-9_-]+": {"messages": HI, "toolConfig": {"tools": [
        {"toolSpec": {"name": "a.b", "inputSchema": {"json": {"type": "object"}}}}]}},
}


@pytest.mark.parametrize("text", WRONG)
def test_what_the_service_refuses(aws, text: str) -> None:
    name, status, message = refused(aws.converse, modelId=CLAUDE, **WRONG[text])
    assert (name, status) == ("ValidationException", 400)
    assert text in message


def test_other_families_know_other_rules(aws) -> None:
    history = [*HI, assistant(USE), user(TEXT, RESULT)]
    assert aws.converse(modelId=NOVA, messages=history, toolConfig=TOOLS)
    mistral = "mistral.mistral-large-2407-v1:0"
    name, _, message = refused(aws.converse, modelId=mistral, messages=[user(TEXT, POINT)])
    assert name == "ValidationException" and "prompt caching" in message


#: Bodies that botocore's client would not send, and a part of what is said to them.
SHAPES = {
    b"{": "SerializationException", b"[]": "SerializationException",
    b'{"messages":[],"messages":[]}': "SerializationException",
    b'{"messages":[{"role":"user","content":[{"text":"\xff"}]}]}': "SerializationException",
    b'{"messages":[{"role":"user","content":[{"text":"a","image":null}]}]}': "ValidationException",
    b'{"messages":[{"role":"user","content":[{"text":"a","cachePoint":{"type":"default"}}]}]}':
        "ValidationException",
    b'{"messages":[{"role":"user","content":[{}]}]}': "ValidationException",
    b'{"messages":[{"role":"user","content":[{"text":"a"}]}],"n":2}': "ValidationException",
    b'{"messages":[{"role":"user","content":[{"text":"a"}]}],"modelId":"x"}': "ValidationException",
    b'{"messages":[{"role":"user","content":[{"image":{"format":"png","source":'
    b'{"bytes":"a"}}}]}]}': "SerializationException",
}


@pytest.mark.parametrize("body", SHAPES)
def test_a_body_of_another_shape(fake: Bedrock, body: bytes) -> None:
    token = fake.keys.issue_bearer()
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    response = send(fake, f"/model/{CLAUDE}/converse", headers, body)
    assert response.status == 400
    assert (response.header("x-amzn-errortype") or "").split(":")[0] == SHAPES[body]


@pytest.mark.parametrize("target", ["/model/x/converse-more", "/v1/chat/completions",
                                    "/model/a%2Fb/c/converse", "/model/x/converse?a=b"])
def test_a_path_of_no_operation(fake: Bedrock, target: str) -> None:
    headers = {"authorization": f"Bearer {fake.keys.issue_bearer()}"}
    assert send(fake, target, headers, b"{}").status == 404


def test_an_identifier_encoded_twice_is_none(fake: Bedrock) -> None:
    headers = {"authorization": f"Bearer {fake.keys.issue_bearer()}"}
    body = b'{"messages":[{"role":"user","content":[{"text":"a"}]}]}'
    assert send(fake, "/model/a.b-v1%3A0/converse", headers, body).status == 200
    assert send(fake, "/model/a.b-v1%253A0/converse", headers, body).status == 400


# Failures

@pytest.mark.parametrize(("name", "status"), [
    ("ThrottlingException", 429), ("ModelNotReadyException", 429), ("ValidationException", 400),
    ("AccessDeniedException", 403), ("ResourceNotFoundException", 404), ("ModelErrorException", 424),
    ("ModelTimeoutException", 408), ("InternalServerException", 500),
    ("ServiceUnavailableException", 503), ("ServiceQuotaExceededException", 400)])
def test_errors_on_demand(fake: Bedrock, aws, name: str, status: int) -> None:
    fake.behaviours[CLAUDE] = fails(name, "Too many", times=1)
    assert refused(aws.converse, modelId=CLAUDE, messages=HI) == (name, status, "Too many")
    assert converse(aws)


def test_a_page_of_a_proxy(fake: Bedrock, aws) -> None:
    fake.behaviours[CLAUDE] = answers("<html>Bad Gateway</html>", 502, "text/html")
    assert refusal(aws)[1] == 502


@pytest.mark.parametrize("name", ["ThrottlingException", "ModelStreamErrorException",
                                  "InternalServerException"])
def test_an_exception_in_mid_stream(fake: Bedrock, aws, name: str) -> None:
    @fake.behaviour(CLAUDE)
    def _(call: Call) -> None:
        call.start_stream()
        call.event("messageStart", {"role": "assistant"})
        call.exception(name, "no more")

    stream = iter(aws.converse_stream(modelId=CLAUDE, messages=HI)["stream"])
    assert next(stream) == {"messageStart": {"role": "assistant"}}
    with pytest.raises(EventStreamError) as caught:
        next(stream)
    assert caught.value.response["Error"] == {"Code": name[0].lower() + name[1:],
                                              "Message": "no more"}


def test_an_error_frame(fake: Bedrock, aws) -> None:
    @fake.behaviour(CLAUDE)
    def _(call: Call) -> None:
        call.start_stream()
        call.send(event_stream.error("InternalError", "an internal error"))
        call.end_stream()

    with pytest.raises(EventStreamError, match="an internal error"):
        list(aws.converse_stream(modelId=CLAUDE, messages=HI)["stream"])


# Frames

def test_frames_are_what_botocore_reads() -> None:
    headers = {"yes": True, "no": False, "number": -5, "bytes": b"\x00\xff", "text": "Grüße"}
    sent = [(headers, b"payload"), ({}, b""), ({"a": ""}, bytes(1000))]
    stream = b"".join(event_stream.frame(*message) for message in sent)
    buffer = EventStreamBuffer()
    for byte in stream:
        buffer.add_data(bytes([byte]))
    assert [(message.headers, message.payload) for message in buffer] == sent


def test_frames_are_the_vectors(request: pytest.FixtureRequest) -> None:
    fixtures = request.config.rootpath.parent / "AWSTests" / "Fixtures" / "vectors.json"
    vectors = json.loads(fixtures.read_text())["eventstream"]
    known = [vector for vector in vectors if isinstance(vector.get("payload"), str) and all(
        isinstance(value, str) for value in vector["headers"].values())]
    for vector in known:
        made = event_stream.frame(vector["headers"], vector["payload"].encode())
        assert made.hex() == vector["hex"], vector["name"]
    assert len(known) > 5


def test_a_flipped_bit_is_noticed() -> None:
    whole = event_stream.event("messageStart", b'{"role":"assistant"}')
    for place in (0, 5, 9, 20, len(whole) - 6, len(whole) - 1):
        broken = bytearray(whole)
        broken[place] ^= 1
        buffer = EventStreamBuffer()
        buffer.add_data(bytes(broken))
        with pytest.raises(ChecksumMismatch):
            next(buffer)


# Where credentials come from

ROLE = "arn:aws:iam::123456789012:role/bedrock-caller"


def test_assume_role(fake: Bedrock) -> None:
    base = fake.keys.issue(lifetime=600)
    sts = client(fake, base, kind="sts")
    fake.identity.lifetime = 90
    made = sts.assume_role(RoleArn=ROLE, RoleSessionName="gateway", ExternalId="x=1:/y",
                           DurationSeconds=900)["Credentials"]
    (grant,) = fake.identity.grants
    assert (grant.base, grant.key.source, grant.fields["ExternalId"]) == (base, "AssumeRole", "x=1:/y")
    assert 85 < made["Expiration"].timestamp() - time.time() <= 91
    key = Key(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"], None, "")
    assert converse(client(fake, key))
    assert fake.calls[0].key == grant.key


def test_assume_role_is_refused(fake: Bedrock) -> None:
    sts = client(fake, fake.keys.issue(), kind="sts")
    named = {"RoleArn": ROLE, "RoleSessionName": "gateway"}
    forged = client(fake, Key("AKIANOBODY", "s", None, None, ""), kind="sts")
    assert refused(forged.assume_role, **named)[:2] == ("InvalidClientTokenId", 403)
    fake.identity.denied = {ROLE}
    assert refused(sts.assume_role, **named)[:2] == ("AccessDenied", 403)
    fake.identity.denied = set()
    fake.identity.fail("AssumeRole", code="ServiceUnavailable", status=503)
    assert refused(sts.assume_role, **named)[:2] == ("ServiceUnavailable", 503)
    assert refused(sts.assume_role, **{**named, "RoleSessionName": "a b"})[0] == "ValidationError"
    assert sts.assume_role(**named)
    # What is not let in for its signature has been counted, too.
    assert (fake.identity.calls["AssumeRole"], fake.identity.failed["AssumeRole"]) == (5, 1)


def test_web_identity(fake: Bedrock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("web-1")
    fake.identity.web_tokens = {"web-1"}
    for name, value in {"AWS_ROLE_ARN": ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
                        "AWS_ENDPOINT_URL_STS": fake.identity.base, "AWS_ROLE_SESSION_NAME": "pod",
                        "AWS_DEFAULT_REGION": REGION}.items():
        monkeypatch.setenv(name, value)
    assert converse(client(fake))
    assert fake.calls[0].key.source == "AssumeRoleWithWebIdentity"
    assert fake.identity.grants[0].fields["RoleSessionName"] == "pod"
    token.write_text("web-2")
    name, status, _ = refused(client(fake).converse, modelId=CLAUDE, messages=HI)
    assert (name, status) == ("InvalidIdentityToken", 400)


def test_pod_identity(fake: Bedrock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("pod-1")
    fake.identity.pod_tokens = {"pod-1"}
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", fake.identity.container_uri)
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(token))
    fake.identity.fail("container")
    assert converse(client(fake))
    assert fake.calls[0].key.source == "container"
    assert fake.identity.calls["container"] == 2, "the first call failed and was tried again"


def test_ecs(fake: Bedrock, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.utils import ContainerMetadataFetcher

    monkeypatch.setattr(ContainerMetadataFetcher, "IP_ADDRESS",
                        fake.identity.base.removeprefix("http://"))
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/abc")
    assert converse(client(fake))
    assert fake.calls[0].key.source == "container"


def test_instance_metadata(fake: Bedrock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", fake.identity.base)
    assert converse(client(fake))
    assert fake.calls[0].key.source == "imds-credentials"
    assert fake.identity.calls == {"imds-token": 1, "imds-role": 1, "imds-credentials": 1}
    with Wire((fake.identity.server.host, fake.identity.server.port)) as wire:
        assert wire.request("GET", "/latest/meta-data/iam/security-credentials/").status == 401


def test_short_lived_credentials_are_renewed(
    fake: Bedrock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """botocore takes any that end within 10 minutes for due, and asks before each call."""
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", fake.identity.container_uri)
    fake.identity.lifetime = 2
    aws = client(fake)
    converse(aws)
    converse(aws)
    assert len({call.key for call in fake.calls}) == 2
    assert fake.refusals == []
