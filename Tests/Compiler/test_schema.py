"""The table of known keys as a document and as a JSON Schema, which accepts what the compiler does.

CONFIGURATIONS names a folder of more configurations to compare on, such as those of a cluster."""

import datetime
import functools
import json
import os
import pathlib
import re

import jsonschema
import pytest
import yaml
from test_sidegatec import CONFIGS, run, write

ROOT = pathlib.Path(__file__).parents[2]
FOLDER = os.environ.get("CONFIGURATIONS")
MORE = sorted(pathlib.Path(FOLDER).glob("*.y*ml")) if FOLDER else []
OWN_KEYS = {"model_list", "litellm_settings", "router_settings", "general_settings",
            "credential_list", "sidegate", "include"}
PATHS = sorted(CONFIGS.glob("**/*.yaml")) + MORE
MODELS = "model_list:\n- {model_name: a, litellm_params: {model: openai/a}}\n"


@functools.cache
def validator(*options):
    schema = json.loads(run("schema", *options).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def plain(value):
    """As JSON has it: names are texts, and so are dates."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, (datetime.date, datetime.datetime)) else value


def configurations(node):
    """The configurations in a document: itself, or what a manifest or Helm values embed."""
    if isinstance(node, dict) and OWN_KEYS & set(node):
        yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "proxy_config" and isinstance(value, dict):
                yield value
            else:
                yield from configurations(value)
    elif isinstance(node, list):
        for item in node:
            yield from configurations(item)
    elif isinstance(node, str) and "model_list:" in node:
        for inner in yaml.safe_load_all(node):
            yield from configurations(inner) if isinstance(inner, dict) else []


def read(path):
    documents = yaml.safe_load_all(pathlib.Path(path).read_text(encoding="utf-8-sig"))
    return [plain(found) for document in documents for found in configurations(document)]


def mistakes(path, *options):
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"
            for found in read(path) for error in validator(*options).iter_errors(found)]


def test_the_document_is_what_the_program_prints():
    """After a change: sidegatec schema --document > docs/configuration.md"""
    document = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    assert run("schema", "--document").stdout == document


def test_the_document_has_every_key_of_the_schema():
    document = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    schema = validator().schema
    sections = [schema, *schema["$defs"].values()]
    names = [name for section in sections for name in section.get("properties", {})]
    assert len(names) > 500
    for name in names:
        assert f"`{name}`" in document, name


def test_links_of_the_document_lead_somewhere():
    document = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
               for heading in re.findall(r"^#+ (.*)$", document, re.M)}
    links = re.findall(r"\]\(#([^)]*)\)", document)
    assert links and set(links) <= anchors


def test_every_key_says_what_it_is():
    schema = validator().schema
    for section in [schema, *schema["$defs"].values()]:
        for name, key in section.get("properties", {}).items():
            assert key["title"] == name
            assert len(key["description"]) > 8, name


def test_keys_without_effect_are_deprecated():
    general = validator().schema["$defs"]["generalSettings"]["properties"]
    assert general["database_url"]["deprecated"] and general["custom_auth"]["deprecated"]
    assert "deprecated" not in general["master_key"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_schema_accepts_what_the_compiler_accepts(path):
    accepted = run("check", path).returncode == 0
    if not accepted:
        pytest.skip("the compiler does not accept it")
    assert mistakes(path) == []


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_strict_schema_accepts_what_strict_accepts(path):
    if run("check", path, "--strict").returncode != 0:
        pytest.skip("there are warnings")
    assert mistakes(path, "--strict") == []


def test_what_litellm_refuses_the_schema_refuses():
    found = mistakes(CONFIGS / "13-refused.yaml")
    for place in ["router_settings.routing_strategy", "router_settings.health_check_interval",
                  *(f"router_settings.fallbacks.{number}" for number in range(3))]:
        assert any(error.startswith(place) for error in found), (place, found)


# A member of the file, whether the compiler takes it, and whether it does so with --strict.
CASES = [
    ("litellm_settings: {num_retries: 3}", True, True),
    ("litellm_settings: {num_retries: '3'}", True, True),
    ("litellm_settings: {num_retries: os.environ/RETRIES}", True, True),
    ("litellm_settings: {num_retries: many}", True, False),
    ("litellm_settings: {num_retries: -1}", True, False),
    ("litellm_settings: {drop_params: yes}", True, True),
    ("litellm_settings: {drop_params: 'off'}", True, True),
    ("litellm_settings: {drop_params: perhaps}", True, False),
    ("litellm_settings: [a]", False, False),
    ("litellm_settings:", True, True),
    ("litellm_settings: {set_verbose: true}", True, False),
    ("litellm_settings: {set_verbose: false}", True, True),
    ("litellm_settings: {cache_params: 5}", False, False),
    ("litellm_settings: {fallbacks: [{a: [a]}, {a: b, c: d}]}", False, False),
    ("litellm_settings: {context_window_fallbacks: [a]}", True, False),
    ("litellm_settings: {fallbacks: a}", False, False),
    ("router_settings: {routing_strategy: least-busy}", True, True),
    ("router_settings: {routing_strategy: least-cost}", True, False),
    ("router_settings: {routing_strategy: round-robin}", False, False),
    ("router_settings: {routing_strategy: os.environ/STRATEGY}", True, True),
    ("router_settings: {model_group_alias: {b: a, c: {model: a, hidden: true}}}", True, True),
    ("router_settings: {model_group_alias: {b: {model: a, hiden: true}}}", True, False),
    ("router_settings: {model_group_alias: [a]}", False, False),
    ("router_settings: {retry_policy: {TimeoutErrorRetries: 2}}", True, True),
    ("router_settings: {retry_policy: {TimeoutRetries: 2}}", True, False),
    ("router_settings: {routing_groups: [{group_name: g, models: [a]}]}", False, False),
    ("router_settings: {health_check_interval: 60}", False, False),
    ("router_settings: {num_retrys: 3}", True, False),
    ("general_settings: {token_rate_limit_type: output}", True, True),
    ("general_settings: {token_rate_limit_type: both}", True, False),
    ("general_settings: {master_key: [a]}", False, False),
    ("sidegate: {limits: {connections: 5}}", True, True),
    ("sidegate: {limits: {connections: '5'}}", False, False),
    ("sidegate: {limits: {conections: 5}}", False, False),
    ("sidegate: {limits: {json_depth: 513}}", False, False),
    ("sidegate: {keys: [{hash: os.environ/KEY, rpm: 5, models: [a]}]}", True, True),
    ("sidegate: {keys: [{alias: a}]}", False, False),
    ("sidegate: {keys: [{hash: os.environ/KEY, rpm: 0}]}", False, False),
    ("sidegate: {keys: [{hash: os.environ/KEY, models: {a: 1}}]}", False, False),
    ("sidegate: {keys: [{hash: os.environ/KEY, blocked: maybe}]}", False, False),
    ("sidegate: {media_hosts: [images.example.com]}", True, True),
    ("sidegate: {media_hosts: {a: 1}}", False, False),
    ("sidegate: {master_key_hash: abc}", False, False),
    ("sidegate: {cache: {scope: team}}", True, True),
    ("sidegate: {cache: {scope: everybody}}", True, False),
    ("x-anchors: {a: 1}", True, True),
    ("nonsense: 1", True, False),
]


@pytest.mark.parametrize("text, accepted, strictly", CASES, ids=[case[0] for case in CASES])
def test_the_schema_and_the_compiler_agree(tmp_path, text, accepted, strictly):
    path = write(tmp_path, MODELS + text + "\n")
    for options, expected in [((), accepted), (("--strict",), strictly)]:
        result = run("check", path, *options)
        assert (result.returncode == 0) == expected, result.stderr
        assert (mistakes(path, *options) == []) == expected, (options, mistakes(path, *options))


@pytest.mark.parametrize("text, accepted", [
    ("model_list: {a: 1}", False), ("model_list: [a]", False), ("model_list: []", True),
    ("model_list: [{model_name: a}]", False), ("model_list: [{litellm_params: {model: x}}]", False),
    ("model_list: [{model_name: 5, litellm_params: {model: openai/a}}]", False),
    ("model_list: [{model_name: a, litellm_params: {}}]", False),
    ("model_list: [{model_name: a, litellm_params: {model: openai/a, temperature: 1}}]", True),
    ("model_list: [{model_name: a, litellm_params: {model: openai/a, rpm: x}}]", True),
    ("model_list: [{model_name: a, litellm_params: {model: openai/a}, model_info: 5}]", True),
    ("model_list: [{model_name: a, litellm_params: {model: openai/a}, model_info: {b: 5}}]", True),
    ("credential_list: [{credential_values: {}}]", False),
    ("credential_list: [{credential_name: a, credential_values: {api_kye: b}}]", True)])
def test_models_are_checked(tmp_path, text, accepted):
    path = write(tmp_path, text + "\n")
    result = run("check", path)
    assert (result.returncode == 0) == accepted, result.stderr
    assert (mistakes(path) == []) == accepted, mistakes(path)


@pytest.mark.parametrize("arguments, status", [
    ([], 0), (["--strict"], 0), (["--document"], 0), (["--strict", "--document"], 2), (["x"], 2)])
def test_exit_status(arguments, status):
    assert run("schema", *arguments).returncode == status
