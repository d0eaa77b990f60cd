"""`--prices`: what deployments take from a price list, and what is said of one that is none."""

import json
import pathlib

import pytest
from test_sidegatec import inspect, run, warned, write

MAP = pathlib.Path(__file__).parent / "prices/map.json"
CLAUDE = "anthropic.claude-3-5-sonnet-20240620-v1:0"
PROFILE = f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.{CLAUDE}"


def config(*deployments, router="{}"):
    """Deployments of one model, each its litellm_params and its model_info."""
    return json.dumps({
        "model_list": [{"model_name": "m", "litellm_params": params, "model_info": info}
                       for params, info in deployments],
        "router_settings": json.loads(router)})


def compiled(tmp_path, text, *flags):
    out = tmp_path / "out.sgt"
    result = run("compile", write(tmp_path, text), "-o", out, *flags)
    assert result.returncode == 0, result.stderr
    return [deployment["parameters"] for model in inspect(out)["models"]
            for deployment in model["deployments"]], result


def taken(tmp_path, params, info=None, prices=MAP):
    """What one deployment has, in pico-dollars and tokens; texts of model_info left out."""
    found, _ = compiled(tmp_path, config((params, info or {})), "--prices", prices)
    return {name: value for name, value in found[0].items() if name != "modelInfo"}


def price(tmp_path, params, info=None):
    return taken(tmp_path, params, info).get("inputPrice")


def test_every_field_is_taken(tmp_path):
    assert taken(tmp_path, {"model": "openai/gpt-4o"}) == {
        "inputPrice": 2_500_000, "outputPrice": 10_000_000, "cacheReadPrice": 1_250_000,
        "mode": "chat", "maxTokens": 16384, "maxInputTokens": 128000, "maxOutputTokens": 16384}
    assert taken(tmp_path, {"model": f"bedrock/{CLAUDE}", "aws_region_name": "us-east-1"}) == {
        "inputPrice": 3_000_000, "outputPrice": 15_000_000, "cacheReadPrice": 300_000,
        "cacheWritePrice": 3_750_000, "mode": "chat", "maxInputTokens": 200000,
        "maxOutputTokens": 4096}
    assert taken(tmp_path, {"model": "openrouter/some/model"}) == {
        "inputPrice": 130, "outputPrice": 135_000_000_000, "mode": "chat"}
    assert taken(tmp_path, {"model": "openai/text-embedding-3-small"})["mode"] == "embedding"


def test_without_a_list_nothing_is_taken(tmp_path):
    found, _ = compiled(tmp_path, config(({"model": "openai/gpt-4o"}, {})))
    assert found == [{}]


BEDROCK = {"aws_region_name": "us-east-1"}


@pytest.mark.parametrize("params, info, expected", [
    # The provider's own name, then the bare one.
    ({"model": "gpt-4o"}, {}, 2_500_000),
    ({"model": "GPT-4o", "custom_llm_provider": "openai"}, {}, 2_500_000),
    ({"model": "azure/gpt-4o", "api_base": "https://x"}, {}, 2_600_000),
    ({"model": "azure_ai/gpt-4o", "api_base": "https://x"}, {}, 2_500_000),
    ({"model": "groq/llama-3.1-8b-instant"}, {}, 50_000),
    ({"model": "github/gpt-4o"}, {}, 2_500_000),
    # Not an entry of another provider.
    ({"model": "hosted_vllm/meta-llama/Llama-3.1-8B-Instruct", "api_base": "http://v/v1"}, {},
     None),
    ({"model": "deepinfra/meta-llama/Llama-3.1-8B-Instruct"}, {}, 30_000),
    ({"model": "openrouter/gpt-4o"}, {}, None),
    # Versions and tunings.
    ({"model": "gemini/gemini-1.5-flash-001"}, {}, 75_000),
    ({"model": "openai/ft:gpt-4o:org:name:id"}, {}, 3_750_000),
    # The base model.
    ({"model": "azure/my-deployment", "api_base": "https://x"}, {}, None),
    ({"model": "azure/my-deployment", "api_base": "https://x"}, {"base_model": "azure/gpt-4o"},
     2_600_000),
    ({"model": "azure/my-deployment", "api_base": "https://x", "base_model": "eu/gpt-4o"}, {},
     2_750_000),
    ({"model": "azure/gpt-4o", "api_base": "https://x"}, {"base_model": "azure/eu/gpt-4o"},
     2_750_000),
    ({"model": "azure/gpt-4o", "api_base": "https://x"}, {"base_model": "unknown"}, 2_600_000),
    ({"model": "hosted_vllm/x", "api_base": "http://v/v1"}, {"base_model": "openai/gpt-4o"},
     2_500_000),
    ({"model": "openai/*"}, {"base_model": "gpt-4o"}, 2_500_000),
    ({"model": "openai/*"}, {}, None),
    ({"model": "os.environ/MODEL"}, {}, None),
    # Bedrock.
    ({"model": f"bedrock/us.{CLAUDE}", **BEDROCK}, {}, 3_300_000),
    ({"model": f"bedrock/converse/us.{CLAUDE}", **BEDROCK}, {}, 3_300_000),
    ({"model": f"bedrock/eu.{CLAUDE}", "aws_region_name": "eu-west-1"}, {}, 3_000_000),
    ({"model": f"bedrock/{CLAUDE}:51k", **BEDROCK}, {}, 3_000_000),
    ({"model": f"bedrock/{CLAUDE}", "aws_region_name": "eu-central-1"}, {}, 3_600_000),
    ({"model": f"bedrock/eu-central-1/{CLAUDE}"}, {}, 3_600_000),
    ({"model": f"bedrock/us-east-1/{CLAUDE}"}, {}, 3_000_000),
    ({"model": f"bedrock/{PROFILE}"}, {}, 3_300_000),
    ({"model": "bedrock/arn:aws:bedrock:us-east-1:1:application-inference-profile/abc"},
     {"base_model": f"anthropic.{CLAUDE[10:]}"}, 3_000_000),
    ({"model": "bedrock/amazon.titan-embed-text-v2:0", **BEDROCK}, {}, 20_000),
])
def test_which_entry_a_deployment_takes(tmp_path, params, info, expected):
    assert price(tmp_path, params, info) == expected


def test_what_the_deployment_says_wins(tmp_path):
    own = taken(tmp_path, {"model": "openai/gpt-4o", "input_cost_per_token": 1e-06},
                {"max_input_tokens": 1000, "mode": "responses"})
    assert own["inputPrice"] == 1_000_000 and own["outputPrice"] == 10_000_000
    assert own["maxInputTokens"] == 1000 and own["mode"] == "responses"
    free = taken(tmp_path, {"model": "openai/gpt-4o", "output_cost_per_token": 0}, {})
    assert free["outputPrice"] == 0


def test_the_same_list_gives_the_same_table(tmp_path):
    text = config(({"model": "openai/gpt-4o"}, {}))
    out = tmp_path / "out.sgt"
    source = write(tmp_path, text)
    assert run("compile", source, "-o", out, "--prices", MAP).returncode == 0
    before = out.read_bytes()
    assert run("compile", source, "-o", out, "--prices", MAP).returncode == 0
    assert out.read_bytes() == before
    # The order of the entries, and those of others, are nothing to it.
    rows = json.loads(MAP.read_text())
    other = {name: rows[name] for name in reversed(rows) if name != "sample_spec"}
    shuffled = write(tmp_path, json.dumps(other), "other.json")
    assert run("compile", source, "--check", out, "--prices", shuffled).returncode == 0
    assert run("compile", source, "--check", out).returncode == 1
    assert run("diff", out, source, "--prices", MAP).stdout == "no difference\n"
    assert "price-changed" in run("diff", out, source).stdout
    # What inspect prints has the prices in it.
    again = write(tmp_path, run("inspect", out, "--yaml").stdout, "again.yaml")
    assert run("compile", again, "--check", out).returncode == 0


BY_COST = '{"routing_strategy": "cost-based-routing"}'


def test_a_model_that_stays_without_a_price_is_told_of(tmp_path):
    priced = ({"model": "openai/gpt-4o"}, {})
    unpriced = ({"model": "openai/my-own", "api_base": "http://v/v1"}, {})
    path = write(tmp_path, config(priced, unpriced, router=BY_COST))
    result = run("check", path, "--prices", MAP)
    assert warned(result) == ["SG0075"]
    assert "1 of 2 deployments" in result.stderr and "the price list has none" in result.stderr
    result = run("check", path)
    assert "2 of 2 deployments" in result.stderr and "--prices takes" in result.stderr
    path = write(tmp_path, config(priced, priced, router=BY_COST))
    assert warned(run("check", path, "--prices", MAP)) == ["SG0070"]
    checks = '{"enable_pre_call_checks": true}'
    path = write(tmp_path, config(priced, router=checks))
    assert warned(run("check", path)) == ["SG0076"]
    assert warned(run("check", path, "--prices", MAP)) == []


@pytest.mark.parametrize("text, place, words, status", [
    ("[1, 2]", "1:1: error", "no mapping of a price list", 1),
    ("", "1:1: error", "no mapping of a price list", 1),
    ('{"gpt-4o": 1}', "1:12: error", "the entry of gpt-4o is no mapping", 1),
    ('{"gpt-4o": {"mode": "chat"', "2:1: error", "", 1),
    ('{"a": {"input_cost_per_token": -1}}', "1:32: warning", "a number, 0 or more", 0),
    ('{"a": {"input_cost_per_token": "cheap"}}', "1:32: warning", "a number, 0 or more", 0),
    ('{"a": {"max_input_tokens": 1.5}}', "1:28: warning", "a whole number", 0),
    ('{"a": {"mode": ["chat"]}}', "1:16: warning", "mode must be a string", 0),
    ('{"a": {"mode": "os.environ/MODE"}}', "1:16: warning", "not a reference", 0),
    ('{"a": {"mode": "chat"}, "a": {"mode": "embedding", "unknown": [{}]}}', "", "", 0),
    ("# by hand\na: {input_cost_per_token: 1e-06}\n", "", "", 0),
])
def test_a_list_with_a_mistake(tmp_path, text, place, words, status):
    prices = write(tmp_path, text, "prices.json")
    result = run("check", write(tmp_path, config(({"model": "openai/gpt-4o"}, {}))),
                 "--prices", prices)
    assert result.returncode == status, result.stderr
    assert f"{prices}:{place}" in result.stderr if place else warned(result) == []
    assert words in result.stderr


def test_a_list_that_is_not_there_is_status_2(tmp_path):
    path = write(tmp_path, config(({"model": "openai/gpt-4o"}, {})))
    result = run("check", path, "--prices", tmp_path / "none.json")
    assert result.returncode == 2
    assert "none.json: No such file" in result.stderr
