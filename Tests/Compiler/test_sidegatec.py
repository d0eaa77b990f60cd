"""The compiler as a program: exit status, files, determinism, whole configurations."""

import json
import os
import pathlib
import subprocess

import pytest

SIDEGATEC = os.environ.get("SIDEGATEC", ".build/debug/sidegatec")
CONFIGS = pathlib.Path(__file__).parent / "configs"
MINIMAL = "model_list:\n- {model_name: a, litellm_params: {model: openai/a}}\n"


def run(*arguments, cwd=None):
    return subprocess.run(
        [os.path.abspath(SIDEGATEC), *map(str, arguments)], capture_output=True, text=True,
        timeout=60, cwd=cwd, env=dict(os.environ, SWIFT_BACKTRACE="enable=no"))


def write(tmp_path, text, name="gateway.yaml"):
    path = tmp_path / name
    path.write_text(text)
    return path


def inspect(table):
    shown = run("inspect", table, "--json")
    assert shown.returncode == 0, shown.stderr
    return json.loads(shown.stdout)


@pytest.mark.parametrize("arguments, status", [
    (["--version"], 0), (["--help"], 0), (["compile", "--help"], 0),
    ([], 0), (["nonsense"], 2), (["compile"], 2), (["compile", "x.yaml"], 2),
    (["compile", "missing.yaml", "-o", "out"], 2), (["check", "missing.yaml"], 2),
    (["inspect"], 2), (["inspect", "missing"], 2), (["check", "--generation", "x", "a"], 2),
    (["check", "--diagnostics", "xml", "a"], 2)])
def test_exit_status(tmp_path, arguments, status):
    result = run(*arguments, cwd=tmp_path)
    assert result.returncode == status, result.stderr
    assert list(tmp_path.iterdir()) == []


def test_compile_writes_and_says_what(tmp_path):
    out = tmp_path / "routes.sgt"
    result = run("compile", write(tmp_path, MINIMAL), "-o", out, "--generation", "42")
    assert result.returncode == 0
    assert f"1 model, 1 deployment, {out.stat().st_size} bytes, 0 warnings" in result.stderr
    assert result.stdout == ""
    assert inspect(out)["generation"] == 42
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gateway.yaml", "routes.sgt"]


def test_an_error_leaves_the_output_alone(tmp_path):
    out = tmp_path / "routes.sgt"
    out.write_bytes(b"before")
    result = run("compile", write(tmp_path, "router_settings: {routing_strategy: x}"), "-o", out)
    assert result.returncode == 1
    assert out.read_bytes() == b"before"
    assert "gateway.yaml:1:37: error:" in result.stderr


def test_strict_makes_errors_of_warnings(tmp_path):
    path = write(tmp_path, MINIMAL + "unknown: 1\n")
    assert run("check", path).returncode == 0
    assert run("check", path, "--strict").returncode == 1


def test_an_output_that_cannot_be_written_is_status_2(tmp_path):
    result = run("compile", write(tmp_path, MINIMAL), "-o", tmp_path / "no" / "out")
    assert result.returncode == 2
    assert "No such file" in result.stderr


def test_diagnostics_as_json(tmp_path):
    path = write(tmp_path, "model_lst: []\nrouter_settings: {routing_strategy: x}\n")
    result = run("check", path, "--diagnostics", "json")
    found = json.loads(result.stdout)
    assert [(item["severity"], item["code"], item["line"]) for item in found] == [
        ("warning", "SG0020", 1), ("error", "SG0050", 2)]
    assert all(item["file"] == str(path) for item in found)
    assert found[0]["hint"] == "did you mean model_list?"


def warned(result):
    """The codes of what was reported, in order."""
    return [line.rsplit("[", 1)[1].rstrip("]") for line in result.stderr.splitlines()
            if ": warning: " in line or ": error: " in line]


ROUTED = """
model_list:
- {model_name: llama, litellm_params: {model: openai/llama, num_retries: 0}}
- {model_name: llama, litellm_params: {model: openai/llama-b, num_retries: os.environ/RETRIES}}
- {model_name: qwen, litellm_params: {model: openai/qwen, timeout: 900}}
- {model_name: "openai/*", litellm_params: {model: "openai/*"}}
router_settings:
  fallbacks: [{llama: [qwen]}]
  routing_groups:
  - {group_name: local, models: [llama, qwen], routing_strategy: prefix-affinity,
     routing_strategy_args: {prefix_bytes: 1024}}
  - {group_name: chain, models: [llama, qwen], routing_strategy: priority,
     model_priorities: {llama: 2, qwen: 1}}
litellm_settings: {num_retries: 1}
"""


def test_check_says_what_a_request_can_cost(tmp_path):
    path = write(tmp_path, ROUTED)
    result = run("check", path)
    assert result.returncode == 0
    assert result.stdout.splitlines() == [
        "llama: at most 4? attempts in 2 groups, 900 s",
        # The rule for llama is also that of openai/llama, which the pattern matches.
        "openai/*: at most 4 attempts in 2 groups, 900 s",
        "qwen: at most 2 attempts in 1 group, 900 s"]
    assert warned(result) == []
    # Diagnostics as JSON have standard output for themselves; compile says nothing there.
    assert json.loads(run("check", path, "--diagnostics", "json").stdout) == []
    assert run("compile", path, "-o", tmp_path / "out").stdout == ""


def test_check_prints_the_worst_fifty_models(tmp_path):
    entry = "- {{model_name: m{0}, litellm_params: {{model: openai/m, num_retries: {0}}}}}\n"
    text = "model_list:\n" + "".join(entry.format(number) for number in range(53))
    lines = run("check", write(tmp_path, text)).stdout.splitlines()
    assert lines[0] == "m52: at most 53 attempts in 1 group, 600 s"
    assert lines[49] == "m3: at most 4 attempts in 1 group, 600 s"
    assert lines[50:] == ["… and 3 more"]


def test_routing_groups_reach_the_table(tmp_path):
    out = tmp_path / "out"
    assert run("compile", write(tmp_path, ROUTED), "-o", out).returncode == 0
    table = inspect(out)
    models = {model["name"]: model for model in table["models"]}
    for name in ["llama", "qwen"]:
        assert models[name]["parameters"] == {
            "strategy": "prefix-affinity", "strategyArguments": {"prefix_bytes": 1024}}
    assert models["openai/*"]["parameters"] == {}
    assert table["aliases"] == [{"name": "chain", "targets": ["qwen", "llama"], "hidden": False}]
    assert models["llama"]["worst_case"] == {
        "attempts": 4, "attempts_known": False, "groups": ["llama", "qwen"],
        "seconds": 900, "seconds_known": True}
    assert "    at most 4? attempts in 2 groups, 900 s: llama, qwen\n" in run("inspect", out).stdout


@pytest.mark.parametrize("router, codes", [
    ("enable_pre_call_checks: true", ["SG0076"]), ("enable_pre_call_check: true", ["SG0020"]),
    ("routing_strategy: least-cost", ["SG0051"]), ("routing_strategy: power-of-two", []),
    ("num_retries: 1000", ["SG0074"]), ("fallbacks: [{a: [a]}]", ["SG0062"]),
    ("routing_strategy_args: {ttl: 5}", ["SG0021"]),
    ("routing_groups: [{group_name: g, models: [b], routing_strategy: least-busy}]", ["SG0061"]),
    ("routing_groups: [{group_name: g, models: [a], routing_strategy: odd}]", ["SG0050"])])
def test_routing_is_checked(tmp_path, router, codes):
    result = run("check", write(tmp_path, MINIMAL + f"router_settings: {{{router}}}\n"))
    assert warned(result) == codes
    assert result.returncode == (1 if codes == ["SG0050"] else 0)


def test_limits_that_limit_nothing_are_told_once(tmp_path):
    entry = "- {{model_name: m{0}, litellm_params: {{model: openai/m, rpm: {0}}}}}\n"
    text = "model_list:\n" + "".join(entry.format(number) for number in range(1, 30))
    result = run("check", write(tmp_path, text))
    assert warned(result) == ["SG0072"]
    assert "at 29 deployments" in result.stderr
    enforced = "router_settings: {optional_pre_call_checks: [enforce_model_rate_limits]}\n"
    assert warned(run("check", write(tmp_path, text + enforced))) == []


def test_the_same_input_gives_the_same_bytes_anywhere(tmp_path):
    tables = []
    for name in ["one", "two"]:
        folder = tmp_path / name
        folder.mkdir()
        path = write(folder, (CONFIGS / "03-multi-provider.yaml").read_text(), name + ".yaml")
        assert run("compile", path, "-o", folder / "out", cwd=folder).returncode == 0
        tables.append((folder / "out").read_bytes())
    assert tables[0] == tables[1]


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_example_configurations(tmp_path, path):
    out = tmp_path / "out"
    result = run("compile", path, "-o", out)
    if path.stem == "13-refused":
        assert result.returncode == 1
        lines = [line for line in result.stderr.splitlines() if ": error:" in line]
        assert [int(line.split(":")[1]) for line in lines] == [10, 11, 13, 14, 15, 16]
        return
    assert result.returncode == 0, result.stderr
    assert inspect(out)["models"]
    assert run("inspect", out).stdout.startswith("digest ")


def test_the_tutorials_own_example(tmp_path):
    out = tmp_path / "out"
    result = run("compile", CONFIGS / "seed-with-routing.yaml", "-o", out)
    assert result.returncode == 0
    table = inspect(out)
    assert table["settings"] == {"strategy": "cost-based-routing"}
    assert [(alias["name"], alias["targets"]) for alias in table["aliases"]] == [
        ("claude-models", ["claude-3-sonnet", "claude-3.5-haiku"]),
        ("llama-models", ["meta-llama/Llama-3.2-1B-Instruct"])]
    [llama] = [model for model in table["models"] if "Llama" in model["name"]]
    assert llama["deployments"][0]["api_base"] == "http://vllm-llama3-2-1b:8000/v1"


def test_secrets_are_shown_nowhere(tmp_path):
    path = write(tmp_path, """
model_list:
- {model_name: a, litellm_params: {model: openai/a, api_key: sk-live-hunter22, rpm: x}}
general_settings: {master_key: sk-master-hunter22}
sidegate: {keys: [{key: sk-virtual-hunter22}]}
""")
    out = tmp_path / "out"
    result = run("compile", path, "-o", out)
    assert result.returncode == 0
    for shown in [result.stderr, run("inspect", out).stdout, run("inspect", out, "--json").stdout,
                  run("check", path, "--diagnostics", "json").stdout]:
        assert "hunter22" not in shown
    # The upstream's key must be in the table; the other two are there as digests only.
    assert out.read_bytes().count(b"hunter22") == 1


def test_a_damaged_table_is_refused(tmp_path):
    out = tmp_path / "out"
    assert run("compile", write(tmp_path, MINIMAL), "-o", out).returncode == 0
    damaged = bytearray(out.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    out.write_bytes(damaged)
    result = run("inspect", out)
    assert result.returncode == 1
    assert result.stdout == ""


def test_bombs_are_told_not_died_of(tmp_path):
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{n}: &a{n} [{','.join(['*a' + str(n - 1)] * 10)}]\n" for n in range(1, 20))
    for text in [bomb, "[" * 10_000, "a: " + "{b: " * 5_000, "k: " + "9" * 1_000_000]:
        result = run("check", write(tmp_path, text))
        assert result.returncode in (0, 1), result.stderr[:300]
    large = tmp_path / "large.yaml"
    with large.open("wb") as file:
        file.truncate(100 << 20)
    assert run("check", large).returncode in (1, 2)
