"""Each mistake that a file can have and still be loaded is told, and nothing else is."""

import pytest
from test_sidegatec import run, warned, write

A = "{model_name: a, litellm_params: {model: openai/a}}"
B = "{model_name: b, litellm_params: {model: openai/b}}"
C = "{model_name: c, litellm_params: {model: openai/c}}"


def entry(parameters="", info="", model="openai/a", name="a"):
    return (f"{{model_name: {name}, litellm_params: {{model: {model}{parameters}}}, "
            f"model_info: {{{info}}}}}")


def keyed(base, key="os.environ/KEY"):
    return entry(f", api_base: \"{base}\", api_key: {key}")


def models(*entries):
    return f"model_list: [{', '.join(entries)}]\n"


COST = "router_settings: {routing_strategy: cost-based-routing}\n"
TAGS = "router_settings: {enable_tag_filtering: true}\n"
CASES = {
    "an unknown key": (models(A) + "router_settings: {num_retrys: 3}\n", ["SG0020"]),
    "a fallback to nowhere": (models(A) + "router_settings: {fallbacks: [{a: [x]}]}\n", ["SG0061"]),
    "a fallback of nothing": (models(A) + "router_settings: {fallbacks: [{x: [a]}]}\n", ["SG0061"]),
    "an alias of nothing": (
        models(A) + "router_settings: {model_group_alias: {b: x}}\n", ["SG0061"]),
    "a model for all requests that is not there": (
        models(A) + "general_settings: {completion_model: x}\n", ["SG0061"]),
    "one that is there": (models(A) + "general_settings: {completion_model: a}\n", []),
    "fallbacks in a circle": (
        models(A, B, C) + "router_settings: {fallbacks: [{a: [b]}, {b: [c]}, {c: [a]}]}\n",
        ["SG0062"]),
    "models that back each other": (
        models(A, B) + "router_settings: {fallbacks: [{a: [b]}, {b: [a]}]}\n", []),
    "no tags beside default": (
        models(entry(", tags: [default]"), entry(model="openai/b")) + TAGS, ["SG0078"]),
    "no tags without filtering": (models(entry(", tags: [default]"), entry(model="openai/b")), []),
    "no tags beside others": (models(entry(", tags: [x]"), entry(model="openai/b")) + TAGS, []),
    "no room for a prompt": (
        models(entry(info="max_input_tokens: 0"))
        + "router_settings: {enable_pre_call_checks: true}\n", ["SG0078"]),
    "one identifier twice": (
        models(entry(info="id: x"), entry(info="id: x", model="openai/b")), ["SG0070"]),
    "one deployment twice": (models(A, A), ["SG0070"]),
    "a weight of zero": (
        models(entry(", weight: 1"), entry(", weight: 0", model="openai/b")), ["SG0071"]),
    "no weight beside one": (models(entry(", weight: 1"), entry(model="openai/b")), ["SG0071"]),
    "nothing but weights of zero": (
        models(entry(", weight: 0"), entry(", weight: 0", model="openai/b")), ["SG0071"]),
    "a weight of zero alone": (models(entry(", weight: 0")), ["SG0071"]),
    "weights that nothing looks at": (
        models(entry(", weight: 0")) + "router_settings: {routing_strategy: least-busy}\n", []),
    "a limit of 0": (models(entry(", rpm: 0")), ["SG0073"]),
    "a limit below one request": (models(entry(", rpm: 0.5")), ["SG0073"]),
    "a limit below one request, quoted": (models(entry(", tpm: \"0.5\"")), ["SG0073"]),
    "room for no request": (models(entry(", max_parallel_requests: 0")), ["SG0073"]),
    "a literal key": (models(entry(", api_key: sk-proj-k3jf83hf93hf")), ["SG0030"]),
    "a placeholder": (models(entry(", api_key: dummy")), []),
    "a key over plain HTTP": (models(keyed("http://api.example.com/v1")), ["SG0034"]),
    "a key to a public address": (models(keyed("http://93.184.216.34/v1")), ["SG0034"]),
    "a key to a public IPv6 address": (models(keyed("http://[2606:4700::1]:80/v1")), ["SG0034"]),
    "a literal key over plain HTTP": (
        models(keyed("http://api.example.com/v1", "sk-proj-k3jf83hf93hf")), ["SG0034", "SG0030"]),
    "a placeholder over plain HTTP": (models(keyed("http://api.example.com/v1", "dummy")), []),
    "no key over plain HTTP": (models(entry(", api_base: \"http://api.example.com/v1\"")), []),
    "a key over TLS": (models(keyed("https://api.example.com/v1")), []),
    "a shared credential's key over plain HTTP": (
        models(entry(", api_base: \"http://api.example.com\", litellm_credential_name: c"))
        + "credential_list: [{credential_name: c, credential_values: {api_key: os.environ/K}}]\n",
        ["SG0034"]),
    "a header's key over plain HTTP": (
        models(entry(", api_base: \"http://api.example.com\", "
                     "extra_headers: {Authorization: os.environ/K}")), ["SG0034"]),
    "no price under cost": (
        models(entry(), entry(", input_cost_per_token: 0.1, output_cost_per_token: 0.1",
                              model="openai/b")) + COST, ["SG0075"]),
    "prices under cost": (
        models(*(entry(", input_cost_per_token: 0.1, output_cost_per_token: 0.1",
                       model=f"openai/{name}") for name in "ab")) + COST, []),
    "Bedrock without a region": (models(entry(model="bedrock/amazon.nova-pro-v1:0")), ["SG0046"]),
    "Bedrock with a region": (
        models(entry(", aws_region_name: eu-west-1", model="bedrock/amazon.nova-pro-v1:0")), []),
    "an unknown key of a credential": (
        models(A) + "credential_list: [{credential_name: c, credential_values: {api_kye: x}}]\n",
        ["SG0020"]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_told(tmp_path, name):
    text, codes = CASES[name]
    path = write(tmp_path, text)
    result = run("check", path)
    assert (result.returncode, sorted(warned(result))) == (0, sorted(codes)), result.stderr
    assert run("check", path, "--strict").returncode == (1 if codes else 0)


@pytest.mark.parametrize("host", [
    "localhost", "127.0.0.1:8000", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.0.1",
    "100.64.0.1", "vllm", "vllm:8000", "vllm.default.svc", "vllm.default.svc.cluster.local",
    "host.docker.internal:11434", "[::1]:8000", "[fd00::1]", "gpu.lan", "llm.home.arpa"])
def test_private_hosts_may_be_plain(tmp_path, host):
    assert warned(run("check", write(tmp_path, models(keyed(f"http://{host}/v1"))))) == []


@pytest.mark.parametrize("text, hint", [
    ("router_settings: {num_retrys: 3}", "num_retries"),
    ("litelm_settings: {}", "litellm_settings"),
    ("litellm_settings: {drop_parms: true}", "drop_params"),
    ("general_settings: {mater_key: os.environ/K}", "master_key"),
    ("sidegate: {keys: [{hash: os.environ/K, expire: 2030-01-01}]}", "expires"),
    ("credential_list: [{credential_name: c, credential_value: {}}]", "credential_values"),
    ("model_list: [{model_name: a, litellm_params: {model: openai/a, api_bse: x}}]", "api_base"),
    ("model_list: [{model_nme: b, model_name: a, litellm_params: {model: openai/a}}]",
     "model_name")])
def test_an_unknown_key_has_the_nearest_known_name(tmp_path, text, hint):
    result = run("check", write(tmp_path, text + "\n"))
    assert f"hint: did you mean {hint}?" in result.stderr
