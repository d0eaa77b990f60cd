"""Each endpoint that needs no upstream, and the forms in which a model is named by the path."""

import pytest
from conftest import UPSTREAM_KEY, configuration, deployment
from sidecar import Sidecar
from upstream import Upstream

HI = {"model": "chat", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/v1/models", "/models"])
def test_the_model_list(gateway: Sidecar, auth, method: str, path: str) -> None:
    response = gateway.request(method, path, headers=auth)
    assert response.status == 200
    assert response.json["object"] == "list"
    models = {model["id"]: model for model in response.json["data"]}
    expected = {"id": "chat", "object": "model", "created": 1677610602, "owned_by": "openai"}
    assert {key: models["chat"][key] for key in expected} == expected


def test_model_info_shows_deployments_without_secrets(gateway: Sidecar, auth) -> None:
    for path in ("/v1/model/info", "/model/info"):
        response = gateway.request("GET", path, headers=auth)
        assert response.status == 200
        entry = next(e for e in response.json["data"] if e["model_name"] == "chat")
        assert entry["litellm_params"]["model"] == "hosted_vllm/up-chat"
        assert entry["model_info"]["id"]
        assert UPSTREAM_KEY.encode() not in response.body


def test_an_unknown_model_has_fastapis_body(gateway: Sidecar, auth) -> None:
    response = gateway.request("GET", "/v1/models/nothing", headers=auth)
    assert response.status == 404
    assert "`nothing`" in response.json["detail"]


@pytest.mark.parametrize("path", ["/health/liveliness", "/health/liveness"])
def test_liveness(gateway: Sidecar, path: str) -> None:
    response = gateway.request("GET", path)
    assert (response.status, response.body) == (200, b'"I\'m alive!"')


def test_readiness(gateway: Sidecar) -> None:
    response = gateway.request("GET", "/health/readiness")
    assert response.status == 200
    assert response.json["status"] == "healthy"


def test_health_without_a_key_harms_nobody(start, upstream: Upstream) -> None:
    sidecar = start(configuration([deployment("chat", upstream.base)]))
    response = sidecar.request("GET", "/health")
    assert response.status == 200
    assert UPSTREAM_KEY.encode() not in response.body


def test_the_admin_listener_serves_probes_and_metrics(start, upstream: Upstream) -> None:
    sidecar = start(configuration([deployment("chat", upstream.base)]), admin=True)
    assert sidecar.admin("/health/readiness").status == 200
    assert sidecar.admin("/health/liveliness").status == 200
    assert b"sidegate_build_info" in sidecar.admin("/metrics").body
    assert sidecar.admin("/v1/models").status == 404
    assert sidecar.admin("/v1/chat/completions", "POST").status == 404


@pytest.mark.parametrize("path", [
    "/v1/chat/completions", "/chat/completions",
    "/engines/chat/chat/completions", "/openai/deployments/chat/chat/completions",
    "/openai/deployments/chat/chat/completions?api-version=2024-10-21"])
def test_forms_of_the_chat_path(gateway: Sidecar, upstream: Upstream, auth, path: str) -> None:
    body = dict(HI)
    if "/chat/chat/" in path:
        del body["model"]
    response = gateway.request("POST", path, body, auth)
    assert response.status == 200, response.body
    sent = upstream.next_request()
    assert sent.path == "/v1/chat/completions"
    assert sent.json["model"] == "up-chat"


def test_the_paths_model_wins(gateway: Sidecar, upstream: Upstream, auth) -> None:
    body = {**HI, "model": "other"}
    gateway.request("POST", "/engines/chat/chat/completions", body, auth)
    assert upstream.next_request().json["model"] == "up-chat"


def test_a_name_with_slashes_in_the_path(gateway: Sidecar, upstream: Upstream, auth) -> None:
    name = "meta-llama/Llama-3.2-1B-Instruct"
    for form in (name, name.replace("/", "%2F")):
        response = gateway.request("POST", f"/openai/deployments/{form}/chat/completions",
                                   {"messages": HI["messages"]}, auth)
        assert response.status == 200, response.body
        assert upstream.next_request().json["model"] == name


@pytest.mark.parametrize("path", [
    "completions", "embeddings", "responses", "messages", "rerank", "score", "moderations",
    "audio/speech", "images/generations", "messages/count_tokens"])
def test_every_json_endpoint_is_forwarded(
    gateway: Sidecar, upstream: Upstream, auth, path: str
) -> None:
    body = {"model": "chat", "input": "Hi", "prompt": "Hi"}
    response = gateway.request("POST", f"/v1/{path}", body, auth)
    assert response.status == 200, response.body
    sent = upstream.next_request()
    assert sent.path == f"/v1/{path}"
    assert sent.json == {**body, "model": "up-chat"}


@pytest.mark.parametrize("path", ["/tokenize", "/detokenize"])
def test_what_vllm_serves_beside_v1(gateway: Sidecar, upstream: Upstream, auth, path) -> None:
    response = gateway.request("POST", path, {"model": "chat", "prompt": "Hi"}, auth)
    assert response.status == 200, response.body
    assert upstream.next_request().path == path


def test_only_the_model_part_of_a_form_changes(
    gateway: Sidecar, upstream: Upstream, auth
) -> None:
    edge = "----edge7"
    sound = bytes(range(256)) + b"\r\n--not the edge\r\nname=\"model\"\r\n\r\nchat\r\n"
    part = "Content-Disposition: form-data; name="
    form = (f'--{edge}\r\n{part}"file"; filename="chat.wav"\r\nContent-Type: audio/wav\r\n\r\n'
            .encode() + sound +
            f'\r\n--{edge}\r\n{part}"model"\r\n\r\nchat\r\n--{edge}\r\n{part}"language"\r\n\r\n'
            f'chat\r\n--{edge}--\r\n'.encode())
    kind = {"content-type": f"multipart/form-data; boundary={edge}"}
    response = gateway.request("POST", "/v1/audio/transcriptions", form, {**auth, **kind})
    assert response.status == 200, response.body
    sent = upstream.next_request()
    wanted = form.replace(b'"model"\r\n\r\nchat\r\n--' + edge.encode(),
                          b'"model"\r\n\r\nup-chat\r\n--' + edge.encode())
    assert sent.body == wanted
    assert sent.header("content-type") == kind["content-type"]
