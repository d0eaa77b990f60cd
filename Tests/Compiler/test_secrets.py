"""Canaries in every place of a configuration: nothing that sidegatec prints may hold one."""

import os
import subprocess

import pytest

SIDEGATEC = os.environ.get("SIDEGATEC", ".build/debug/sidegatec")
CANARY = "c4n4ry9f3e7a1d"

CONFIG = """
# the old key was sk-@@-comment, and Bearer @@-bearer
x-anchors:
  upstream: &upstream @@-anchor
  folded: &folded >-
    @@-folded
include:
- part.yaml
model_list:
- model_name: plain
  litellm_params:
    model: openai/gpt
    api_key: @@-api-key
    api_keyy: @@-misspelt
    tags: [*upstream]
    user: *upstream
    reasoning_note: *upstream
- model_name: block
  litellm_params:
    model: openai/gpt
    api_key: |
      @@-block
      @@-block-second
    base_url: https://host.example/v1?sig=@@-query&api-version=2#@@-fragment
    extra_headers:
      X-Anything: @@-header
      Authorization: Bearer @@-authorization
    extra_body:
      password: @@-body
      nested: {deeper: [{access_token: "@@-deeper"}]}
      metadata:
        callback: https://bot:@@-callback@hooks.example/services/@@-path
- model_name: cloud
  litellm_params: {model: bedrock/x, aws_access_key_id: @@-aws-id, aws_secret_access_key: "@@-aws",
    aws_session_token: '@@-session', temperature: 1}
- model_name: late
  litellm_params:
    model: openai/gpt
    api_key: *upstream
    organization: *upstream
    headers: {X-Flow: @@-flow-header, "X-Other": "@@-flow
      @@-flow-second"}
- {"model_name": "json", "litellm_params": {"model": "openai/gpt", "api_key":
  "@@-next-line"}}
- {model_name: folded, litellm_params: {model: openai/gpt, api_key: *folded, user: *folded}}
- model_name: named
  litellm_params: {model: openai/gpt, litellm_credential_name: shared}
credential_list:
- credential_name: shared
  credential_values: {api_key: @@-shared, vertex_credentials: '{"private_key": "@@-vertex"}'}
  credential_info: {token: @@-info}
environment_variables:
  SOME_NAME: @@-environment
  OTHER_NAME: "two words @@-quoted"
  THIRD_NAME: |
    @@-environment-block
litellm_settings:
  slack_webhook: https://hooks.slack.com/services/T0/B0/@@-slack
  cache: true
  cache_params:
    type: redis
    url: redis://:@@-cache@redis.example:6379/0?password=@@-cache-query
    password: @@-cache-password
router_settings:
  redis_url: redis://someone:@@-redis@redis.example/0
  redis_password: @@-redis-password
  cache_kwargs: {ssl_password: @@-kwargs}
general_settings:
  master_key: @@-master-long-enough
  database_url: postgresql://user:@@-database@db.example/x
  alerting_args: {webhook: @@-alerting}
  pass_through_endpoints:
  - path: /rerank
    target: https://user:@@-target@api.example/v1?key=@@-target-query
    headers:
      Cookie: @@-pass-header
sidegate:
  keys:
  - key: @@-virtual
    metadata: {secret: @@-key-metadata}
unknown_section:
  auth: @@-unknown-auth
  url: https://user:@@-unknown-url@host.example/
  word: @@-unknown-word
""".replace("@@", CANARY)

PART = f"""
model_list:
- model_name: included
  litellm_params: {{model: openai/gpt, api_key: {CANARY}-included}}
environment_list:
- NAME={CANARY}-list
"""

# What breaks a line or its neighbour, so that a diagnostic quotes it.
BREAKS = [
    lambda line: line + " : : :",
    lambda line: line + "\t\x01",
    lambda line: line + " }",
    lambda line: line + ' "',
    lambda line: line.replace(": ", " ", 1),
    lambda line: line + "\n  @broken: x",
    lambda line: line + "\nbroken: [x",
    lambda line: line + "\n- x: *undefined",
    lambda line: line.replace(": ", ": *undefined ", 1),
    lambda line: line.replace(": ", ": !unknown ", 1),
]


def run(*arguments, cwd=None):
    return subprocess.run(
        [os.path.abspath(SIDEGATEC), *map(str, arguments)], capture_output=True, text=True,
        timeout=60, cwd=cwd, env=dict(os.environ, SWIFT_BACKTRACE="enable=no"))


def write(folder, text, part=PART):
    (folder / "part.yaml").write_text(part)
    (folder / "gateway.yaml").write_text(text)
    return folder / "gateway.yaml"


def leaks(*results):
    return [line for result in results
            for line in (result.stdout + result.stderr).splitlines() if CANARY in line]


def test_a_whole_configuration_shows_no_secret(tmp_path):
    path, out = write(tmp_path, CONFIG), tmp_path / "out"
    result = run("compile", path, "-o", out)
    assert result.returncode == 0, result.stderr
    shown = [result, run("check", path), run("check", path, "--strict"),
             run("check", path, "--diagnostics", "json"), run("inspect", out),
             run("inspect", out, "--json")]
    assert leaks(*shown) == []
    # The test means something only while the table holds the secrets and the output is whole.
    assert CANARY.encode() in out.read_bytes()
    assert "redis.example" in shown[4].stdout and "X-Anything" in shown[4].stdout
    assert "SOME_NAME" in shown[5].stdout and "host.example" in shown[5].stdout


@pytest.mark.parametrize("broken", range(len(BREAKS)))
def test_a_broken_line_shows_no_secret(tmp_path, broken):
    found, quoted = [], 0
    for source in [CONFIG, PART]:
        lines = source.split("\n")
        for number, line in enumerate(lines):
            changed = "\n".join(lines[:number] + [BREAKS[broken](line)] + lines[number + 1:])
            path = write(tmp_path, *([changed] if source is CONFIG else [CONFIG, changed]))
            result = run("check", path)
            quoted += result.stderr.count("***")
            shown = [result]
            # Messages alone are less likely to hold a secret, and each run costs its time.
            if number % 8 == broken % 8:
                shown.append(run("check", path, "--diagnostics", "json"))
            found += [f"{number + 1}: {leak}" for leak in leaks(*shown)]
    assert found == []
    assert quoted > 0


@pytest.mark.parametrize("key", [
    "unknown", "model", "model_name", "timeout", "rpm", "weight", "order", "tags", "mode",
    "api_version", "api_key", "litellm_params", "extra_headers", "extra_body"])
def test_a_value_of_the_wrong_type_beside_secrets(tmp_path, key):
    line = f"{key}: {{a: 1}}, password: {CANARY}, environment_variables: {{A: {CANARY}}}"
    for text in [f"model_list:\n- {{model_name: a, litellm_params: {{model: openai/a, {line}}}}}\n",
                 f"model_list:\n- {{model_name: a, {line}}}\n",
                 f"general_settings: {{{line}}}\n", f"router_settings: {{{line}}}\n",
                 f"{{{line}}}\n", f"environment_variables: [{{{line}}}, A={CANARY}]\n"]:
        path = write(tmp_path, text)
        assert leaks(run("check", path), run("check", path, "--diagnostics", "json")) == []


@pytest.mark.parametrize("place", [
    "model_list: [{model_name: a, litellm_params: {model: openai/a, api_base: 'URL'}}]",
    "model_list: [{model_name: a, litellm_params: {model: openai/a, base_url: 'URL'}}]",
    "credential_list: [{credential_name: a, credential_values: {api_base: 'URL'}}]"])
@pytest.mark.parametrize("user", ["user:password1@", "user@", ":password1@", "u:pass/word1@"])
def test_a_base_url_with_a_password_is_refused(tmp_path, place, user):
    out = tmp_path / "out"
    path = write(tmp_path, place.replace("URL", f"http://{user}host:8000/v1"))
    result = run("compile", path, "-o", out)
    assert result.returncode == 1
    assert "user name and password in a URL are not sent" in result.stderr
    assert "use api_key or extra_headers" in result.stderr
    assert "host:8000" in result.stderr
    assert "word1" not in result.stderr and "user@" not in result.stderr
    assert not out.exists()
    path = write(tmp_path, place.replace("URL", "http://host:8000/v1/@user"))
    assert run("check", path).returncode == 0
