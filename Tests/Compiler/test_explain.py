"""`sidegatec explain` as a program: what it prints for good input, what it says of bad input."""

import hashlib
import json
import os
import subprocess

import pytest

from test_sidegatec import SIDEGATEC, run, write

KEY = hashlib.sha256(b"sk-secret-one").hexdigest()
CONFIG = f"""
model_list:
- model_name: llama
  litellm_params: {{model: hosted_vllm/meta/llama, api_base: http://vllm:8000/v1}}
  model_info: {{id: vllm}}
- model_name: llama
  litellm_params: {{model: azure/llama, api_base: os.environ/BASE, api_key: os.environ/AZURE_KEY}}
  model_info: {{id: azure}}
- {{model_name: long, litellm_params: {{model: openai/long, api_key: sk-hunter-two}}}}
- {{model_name: "gpt-*", litellm_params: {{model: "openai/gpt-*", api_key: os.environ/OPENAI}}}}
router_settings:
  routing_strategy: prefix-affinity
  model_group_alias: {{short: llama}}
  fallbacks: [{{llama: [gpt-4]}}]
  context_window_fallbacks: [{{llama: [long]}}]
sidegate:
  keys: [{{hash: {KEY}, alias: team-a, models: [llama]}}]
"""
STATE = {
    "time": "2026-11-23T10:00:00Z", "minute": 29923800,
    "endpoints": [
        {"deployment": "vllm", "model": "llama", "endpoint": "10.0.0.1:8000", "in_flight": 1},
        {"deployment": "vllm", "model": "llama", "endpoint": "10.0.0.2:8000", "cooldown_ms": 3100},
        {"deployment": "azure", "model": "llama", "endpoint": "", "half_open": True,
         "probing": True},
    ],
    "retry_budget": {"requests": 70, "retries": 14, "is_spent": True},
}


@pytest.fixture
def table(tmp_path):
    out = tmp_path / "routes.sgt"
    result = run("compile", write(tmp_path, CONFIG), "-o", out)
    assert result.returncode == 0, result.stderr
    return out


def explain(table, model, *arguments):
    result = run("explain", model, "--table", table, *arguments, "--json")
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return json.loads(result.stdout)


def test_text_for_people(table):
    result = run("explain", "short", "--table", table, "--key", "team-a")
    assert result.returncode == 0, result.stderr
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert lines[0] == "short: an alias of llama"
    assert "key team-a: may not use it: its models do not include it" in lines
    assert "strategy: prefix-affinity, prefix_bytes 512, load_factor 1.25" in lines
    assert any("needs BASE, AZURE_KEY" in line for line in lines)
    assert "worst case: at most 6 attempts in 2 groups, 600 s" in lines
    assert "after any failure: gpt-4" in lines
    assert "after a prompt that was too long: long" in lines


def test_the_same_every_time(table):
    texts = {run("explain", "llama", "--table", table).stdout for _ in range(3)}
    assert len(texts) == 1


@pytest.mark.parametrize("model, kind, group", [
    ("llama", {"kind": "model"}, "llama"),
    ("short", {"kind": "alias", "targets": ["llama"]}, "llama"),
    ("azure", {"kind": "deployment", "model": "llama"}, "llama"),
    ("gpt-4o", {"kind": "pattern", "pattern": "gpt-*", "captures": ["4o"]}, "gpt-*")])
def test_names(table, model, kind, group):
    found = explain(table, model)
    assert found["resolution"] == kind
    assert [each["model"] for each in found["groups"]] == [group]


def test_a_prompt_decides(table, tmp_path):
    shares = [each["first_share"] for each in explain(table, "llama")["groups"][0]["candidates"]]
    assert sum(shares) == pytest.approx(1, abs=0.01) and min(shares) > 0.4
    first = set()
    for word in "abcdefgh":
        body = write(tmp_path, json.dumps({"messages": [{"content": word}]}), "body.json")
        found = explain(table, "llama", "--prompt-file", body)["groups"][0]["candidates"]
        assert found[0]["first_share"] == 1
        first.add(found[0]["deployment"])
    assert first == {"vllm", "azure"}


def test_the_state_through_a_pipe(table, tmp_path):
    path = write(tmp_path, json.dumps(STATE), "state.json")
    arguments = ["explain", "llama", "--table", str(table), "--json", "--state", "-"]
    result = subprocess.run([os.path.abspath(SIDEGATEC), *arguments], input=json.dumps(STATE),
                            capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == explain(table, "llama", "--state", path)


def test_the_state_of_a_sidecar(table, tmp_path):
    path = write(tmp_path, json.dumps(STATE), "state.json")
    found = explain(table, "llama", "--state", path, "--stream")
    assert found["retry_budget"] == {"requests": 70, "retries": 14, "is_spent": True}
    group = found["groups"][0]
    assert [(each["deployment"], each["endpoint"]) for each in group["candidates"]] == [
        ("vllm", "10.0.0.1:8000")]
    assert {each["endpoint"]: each["reason"] for each in group["left_out"]} == {
        "10.0.0.2:8000": "it cools for 3.1 s", "": "half open: its one request is under way"}


def test_keys_by_alias_and_digest(table):
    for key in ("team-a", KEY):
        assert explain(table, "llama", "--key", key)["key"]["allowed"] is True
        assert explain(table, "long", "--key", key)["key"]["allowed"] is False


def test_no_secret_is_printed(table):
    for arguments in ((), ("--json",)):
        result = run("explain", "long", "--table", table, *arguments)
        assert result.returncode == 0
        assert "hunter" not in result.stdout


@pytest.mark.parametrize("arguments, status, message", [
    ([], 2, "Missing expected argument"),
    (["llama"], 2, "Missing expected argument '--table"),
    (["llama", "--table", "missing.sgt"], 2, "missing.sgt"),
    (["llama", "--table", "state.json"], 1, "state.json: "),
    (["lama", "--table", "routes.sgt"], 1, "near it: llama"),
    (["nothing-like-it", "--table", "routes.sgt"], 1, "no model, alias or identifier"),
    (["llama", "--table", "routes.sgt", "--key", "sk-secret-one"], 1, "no virtual key"),
    (["llama", "--table", "routes.sgt", "--state", "missing.json"], 2, "missing.json"),
    (["llama", "--table", "routes.sgt", "--state", "broken.json"], 1,
     "broken.json: not JSON: the document ends too early"),
    (["llama", "--table", "routes.sgt", "--state", "wrong.json"], 1,
     "wrong.json: endpoints[0].in_flight must be a whole number"),
    (["llama", "--table", "routes.sgt", "--prompt-file", "text.txt"], 1,
     "the prompt's file is no request's body"),
    (["llama", "--table", "routes.sgt", "--prompt-file", "missing.txt"], 2, "missing.txt"),
    (["llama", "--table", "routes.sgt", "--input-tokens", "-5"], 2, "input-tokens")])
def test_bad_input(table, tmp_path, arguments, status, message):
    write(tmp_path, json.dumps(STATE), "state.json")
    write(tmp_path, '{"minute": 5', "broken.json")
    write(tmp_path, '{"minute": 5, "endpoints": [{"deployment": "a", "in_flight": -1}]}',
          "wrong.json")
    write(tmp_path, "Hello", "text.txt")
    result = run("explain", *arguments, cwd=tmp_path)
    assert result.returncode == status, result.stderr
    assert message in result.stderr
    assert result.stdout == ""
    assert "sk-secret-one" not in result.stderr
