"""Who may ask: every form in which SDKs send a key, and what happens without one."""

import hashlib
import subprocess

import pytest
from conftest import MASTER_KEY, configuration, deployment
from sidecar import SIDEGATE, Sidecar, clean_environment, free_port
from upstream import Upstream

CHAT = "/v1/chat/completions"
HI = {"model": "chat", "messages": [{"role": "user", "content": "Hi"}]}

FORMS = {
    "x-litellm-api-key": {"x-litellm-api-key": MASTER_KEY},
    "x-litellm-api-key with Bearer": {"x-litellm-api-key": f"Bearer {MASTER_KEY}"},
    "Authorization": {"authorization": f"Bearer {MASTER_KEY}"},
    "lower-case bearer": {"authorization": f"bearer {MASTER_KEY}"},
    "Azure": {"api-key": MASTER_KEY},
    "Anthropic": {"x-api-key": MASTER_KEY},
    "Google": {"x-goog-api-key": MASTER_KEY},
    "API management": {"ocp-apim-subscription-key": MASTER_KEY},
}


@pytest.mark.parametrize("form", FORMS)
def test_a_key_in_each_form(gateway: Sidecar, form: str) -> None:
    assert gateway.request("POST", CHAT, HI, FORMS[form]).status == 200


@pytest.mark.parametrize("form", FORMS)
def test_a_wrong_key_in_each_form(gateway: Sidecar, upstream: Upstream, form: str) -> None:
    wrong = {name: value.replace(MASTER_KEY, MASTER_KEY[:-1] + "x")
             for name, value in FORMS[form].items()}
    response = gateway.request("POST", CHAT, HI, wrong)
    assert response.status == 401
    assert response.json["error"]["code"] == "401"
    assert MASTER_KEY[:-1].encode() not in response.body
    assert upstream.requests == []


def test_no_key(gateway: Sidecar) -> None:
    response = gateway.request("POST", CHAT, HI)
    assert response.status == 401
    assert "No api key passed in" in response.json["error"]["message"]


def test_the_first_form_counts(gateway: Sidecar) -> None:
    good, bad = MASTER_KEY, "sk-wrong"
    both = {"x-litellm-api-key": good, "authorization": f"Bearer {bad}"}
    assert gateway.request("POST", CHAT, HI, both).status == 200
    both = {"x-litellm-api-key": bad, "authorization": f"Bearer {good}"}
    assert gateway.request("POST", CHAT, HI, both).status == 401


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/chat", "/model/info"])
def test_lists_are_guarded_too(gateway: Sidecar, auth, path: str) -> None:
    assert gateway.request("GET", path).status == 401
    assert gateway.request("GET", path, headers=auth).status == 200


def test_a_header_of_the_tables_own(start, upstream: Upstream) -> None:
    sidecar = start(
        configuration([deployment("chat", upstream.base)],
                      general_settings={"master_key": "os.environ/GATEWAY_KEY",
                                        "litellm_key_header_name": "X-Own-Key"}),
        environment={"GATEWAY_KEY": MASTER_KEY})
    assert sidecar.request("POST", CHAT, HI, {"x-own-key": f"Bearer {MASTER_KEY}"}).status == 200
    assert sidecar.request("POST", CHAT, HI, {"x-own-key": "Bearer sk-wrong"}).status == 401


def test_a_literal_master_key_is_only_a_digest_in_the_table(start, table, upstream) -> None:
    source = configuration([deployment("chat", upstream.base)],
                           general_settings={"master_key": MASTER_KEY})
    data = table(source).read_bytes()
    assert MASTER_KEY.encode() not in data
    assert hashlib.sha256(MASTER_KEY.encode()).digest() in data
    sidecar = start(source)
    assert sidecar.request("POST", CHAT, HI).status == 401
    key = {"authorization": f"Bearer {MASTER_KEY}"}
    assert sidecar.request("POST", CHAT, HI, key).status == 200


def virtual(key: str, **settings: object) -> dict:
    return {"hash": hashlib.sha256(key.encode()).hexdigest(), **settings}


@pytest.fixture
def keyed(start, upstream: Upstream) -> Sidecar:
    entries = [deployment("chat", upstream.base), deployment("other", upstream.base)]
    keys = [virtual("sk-any-model"), virtual("sk-chat-only", models=["chat"]),
            virtual("sk-of-the-past", expires="2020-01-31"), virtual("sk-blocked", blocked=True)]
    return start(configuration(entries, sidegate={"keys": keys},
                               general_settings={"master_key": "os.environ/GATEWAY_KEY"}),
                 environment={"GATEWAY_KEY": MASTER_KEY})


@pytest.mark.parametrize("key, model, status", [
    ("sk-any-model", "chat", 200), ("sk-any-model", "other", 200),
    ("sk-chat-only", "chat", 200), ("sk-chat-only", "other", 403),
    ("sk-of-the-past", "chat", 401), ("sk-blocked", "chat", 401),
    ("sk-nobodys", "chat", 401), (MASTER_KEY, "other", 200)])
def test_virtual_keys(
    keyed: Sidecar, upstream: Upstream, key: str, model: str, status: int
) -> None:
    response = keyed.request("POST", CHAT, {**HI, "model": model},
                             {"authorization": f"Bearer {key}"})
    assert response.status == status
    assert len(upstream.requests) == (1 if status == 200 else 0)
    assert key.encode() not in response.body


def test_a_virtual_key_sees_its_models_alone(keyed: Sidecar) -> None:
    key = {"authorization": "Bearer sk-chat-only"}
    listed = {m["id"] for m in keyed.request("GET", "/v1/models", headers=key).json["data"]}
    assert listed == {"chat"}


def test_without_any_key_all_is_open_with_one_warning(start, upstream: Upstream) -> None:
    sidecar = start(configuration([deployment("chat", upstream.base)]))
    assert sidecar.request("POST", CHAT, HI).status == 200
    assert sidecar.request("POST", CHAT, HI, {"authorization": "Bearer any"}).status == 200
    warning = sidecar.wait_log(r"warn.*key")
    assert sidecar.log().count(warning) == 1


def test_a_missing_master_key_refuses_to_start(table, upstream: Upstream) -> None:
    path = table(configuration([deployment("chat", upstream.base)],
                               general_settings={"master_key": "os.environ/GATEWAY_KEY"}))
    result = subprocess.run(
        [SIDEGATE, "--table", str(path), "--listen", f"127.0.0.1:{free_port()}"],
        capture_output=True, text=True, timeout=10, env=clean_environment())
    assert result.returncode != 0
    assert "GATEWAY_KEY" in result.stderr


def test_beyond_loopback_a_key_is_needed(table, start, upstream: Upstream) -> None:
    source = configuration([deployment("chat", upstream.base)])
    command = [SIDEGATE, "--table", str(table(source)), "--listen", f"0.0.0.0:{free_port()}"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=10,
                            env=clean_environment())
    assert result.returncode != 0
    assert "--allow-open" in result.stderr
    sidecar = start(source, "--listen", f"0.0.0.0:{free_port()}", "--allow-open")
    assert sidecar.request("POST", CHAT, HI).status == 200
