"""Embeddings on Bedrock: InvokeModel with the bodies of Titan and Cohere."""

import base64
import json
import struct

import openai
import pytest
from bedrock import Bedrock, Call, fails
from bedrock_answers import embed, vector
from bedrock_models import EMBEDDINGS
from openai import OpenAI
from sidecar import Sidecar

SIZES = {"titan-1": 1536, "titan-2": 1024, "cohere-3": 1024, "cohere-4": 1536}
#: The models that take a list in one call.
BATCHED = ("cohere-3", "cohere-4")


@pytest.fixture
def client(bedrock_gateway: Sidecar):
    with OpenAI(base_url=bedrock_gateway.base, api_key="none", max_retries=0, timeout=20) as client:
        yield client


@pytest.mark.parametrize("name", EMBEDDINGS)
def test_one_text(client: OpenAI, bedrock: Bedrock, name: str) -> None:
    answer = client.embeddings.create(model=name, input="one two", encoding_format="float")
    assert answer.object == "list" and answer.model == name
    (found,) = answer.data
    assert (found.object, found.index) == ("embedding", 0)
    assert found.embedding == vector("one two", SIZES[name])
    assert (answer.usage.prompt_tokens, answer.usage.total_tokens) == (2, 2)
    (call,) = bedrock.calls
    assert (call.operation, call.model) == ("InvokeModel", EMBEDDINGS[name])


@pytest.mark.parametrize("name", EMBEDDINGS)
def test_a_list_keeps_its_order_and_adds_its_tokens(
    client: OpenAI, bedrock: Bedrock, name: str
) -> None:
    texts = [f"text number {place}" for place in range(20)]

    answer = client.embeddings.create(model=name, input=texts, encoding_format="float")
    assert [found.index for found in answer.data] == list(range(20))
    assert [found.embedding for found in answer.data] == [vector(t, SIZES[name]) for t in texts]
    assert answer.usage.prompt_tokens == 60
    assert len(bedrock.calls) == (1 if name in BATCHED else 20)


def test_titan_is_asked_for_one_text_after_another(client: OpenAI, bedrock: Bedrock) -> None:
    texts = ["a", "b", "c"]
    client.embeddings.create(model="titan-2", input=texts)
    assert [call.body["inputText"] for call in bedrock.calls] == texts


@pytest.mark.parametrize(("count", "calls"), [(96, [96]), (97, [1, 96]), (200, [8, 96, 96])])
def test_cohere_takes_96_at_once(
    client: OpenAI, bedrock: Bedrock, count: int, calls: list[int]
) -> None:
    texts = [f"n{place}" for place in range(count)]
    answer = client.embeddings.create(model="cohere-3", input=texts, encoding_format="float")
    assert sorted(len(call.body["texts"]) for call in bedrock.calls) == calls
    assert [found.embedding for found in answer.data] == [vector(text, 1024) for text in texts]
    assert [found.index for found in answer.data] == list(range(count))
    assert answer.usage.prompt_tokens == count


def test_base64_is_32_bit_floats(bedrock_gateway: Sidecar) -> None:
    response = bedrock_gateway.request("POST", "/v1/embeddings", {
        "model": "titan-2", "input": "Grüße", "dimensions": 256, "encoding_format": "base64"})
    found = base64.b64decode(response.json["data"][0]["embedding"], validate=True)
    assert list(struct.unpack("<256f", found)) == vector("Grüße", 256)


@pytest.mark.parametrize("name", EMBEDDINGS)
def test_the_sdks_own_choice_of_encoding(client: OpenAI, bedrock: Bedrock, name: str) -> None:
    """It asks for base64 and decodes it; Bedrock is asked for floats."""
    answer = client.embeddings.create(model=name, input=["one"])
    assert answer.data[0].embedding == vector("one", SIZES[name])
    assert bedrock.calls[0].body.get("embeddingTypes", ["float"]) == ["float"]
    assert bedrock.calls[0].body.get("embedding_types", ["float"]) == ["float"]


@pytest.mark.parametrize(("name", "member"), [("titan-2", "dimensions"),
                                              ("cohere-4", "output_dimension")])
def test_dimensions(client: OpenAI, bedrock: Bedrock, name: str, member: str) -> None:
    answer = client.embeddings.create(model=name, input="a", dimensions=512)
    assert len(answer.data[0].embedding) == 512
    assert bedrock.calls[0].body[member] == 512


@pytest.mark.parametrize("name", ["titan-1", "cohere-3"])
def test_dimensions_of_a_model_that_has_but_one(
    client: OpenAI, bedrock: Bedrock, name: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.embeddings.create(model=name, input="a", dimensions=256)
    assert caught.value.param == "dimensions"
    assert bedrock.calls == []


def test_dimensions_may_be_dropped(client: OpenAI, bedrock: Bedrock) -> None:
    answer = client.embeddings.create(model="dropping-titan", input="a", dimensions=256)
    assert len(answer.data[0].embedding) == 1536
    assert bedrock.calls[0].body == {"inputText": "a"}


def test_the_only_size_of_a_model_may_be_asked_for(client: OpenAI) -> None:
    answer = client.embeddings.create(model="titan-1", input="a", dimensions=1536)
    assert len(answer.data[0].embedding) == 1536


def test_coheres_kind_of_input(client: OpenAI, bedrock: Bedrock) -> None:
    client.embeddings.create(model="cohere-3", input="a")
    client.embeddings.create(model="cohere-3", input="a", extra_body={"input_type": "search_query"})
    kinds = [call.body["input_type"] for call in bedrock.calls]
    assert kinds == ["search_document", "search_query"]


def test_both_shapes_of_coheres_answer(client: OpenAI, bedrock: Bedrock) -> None:
    bodies = [{"embeddings": [[0.5]], "response_type": "embeddings_floats"},
              {"embeddings": {"float": [[0.5]]}, "response_type": "embeddings_by_type"}]

    @bedrock.behaviour(EMBEDDINGS["cohere-3"])
    def _(call: Call) -> None:
        call.answer(bodies.pop(0), headers=[("X-Amzn-Bedrock-Input-Token-Count", "7")])

    for _ in range(2):
        answer = client.embeddings.create(model="cohere-3", input="a")
        assert answer.data[0].embedding == [0.5]
        assert answer.usage.prompt_tokens == 7


def test_user_is_for_nobody(client: OpenAI, bedrock: Bedrock) -> None:
    client.embeddings.create(model="titan-2", input="a", user="someone")
    assert "user" not in bedrock.calls[0].body


@pytest.mark.parametrize("name", ["titan-2", "cohere-3"])
@pytest.mark.parametrize("given", [[1, 2, 3], [[1, 2], [3]], [], None, 7, [""], ""])
def test_what_is_no_text(client: OpenAI, bedrock: Bedrock, name: str, given: object) -> None:
    with pytest.raises(openai.BadRequestError):
        client.embeddings.create(model=name, input=given)
    assert bedrock.calls == []


def test_one_failure_fails_the_request(client: OpenAI, bedrock: Bedrock) -> None:
    @bedrock.behaviour(EMBEDDINGS["titan-2"])
    def _(call: Call) -> None:
        if call.body["inputText"] == "bad":
            return call.fail("ThrottlingException", "Too many requests")
        return embed(call)

    with pytest.raises(openai.RateLimitError, match="ThrottlingException"):
        client.embeddings.create(model="titan-2", input=["a", "bad", "c"])


def test_a_text_that_is_too_long(client: OpenAI, bedrock: Bedrock) -> None:
    bedrock.behaviours[EMBEDDINGS["titan-2"]] = fails(
        "ValidationException", "400 Bad Request: Too many input tokens. Max input tokens: 8192")
    with pytest.raises(openai.BadRequestError) as caught:
        client.embeddings.create(model="titan-2", input="a")
    assert caught.value.code == "context_length_exceeded"


def test_a_chat_model_embeds_nothing(client: OpenAI, bedrock: Bedrock) -> None:
    with pytest.raises(openai.BadRequestError):
        client.embeddings.create(model="claude", input="a")
    assert bedrock.calls == []


def test_the_answer_has_no_more_than_openais(bedrock_gateway: Sidecar) -> None:
    response = bedrock_gateway.request("POST", "/v1/embeddings", {"model": "titan-2", "input": "a"})
    body = json.loads(response.body)
    assert set(body) == {"object", "model", "data", "usage"}
    assert b"amazon" not in response.body
