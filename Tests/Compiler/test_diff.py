"""What differs between two tables or configurations, as a reviewer and as a pipeline reads it."""

import json

import pytest
from test_sidegatec import CONFIGS, MINIMAL, run, write

SECRET = "sk-proj-0123456789abcdefghijklmnop"
BEFORE = """
model_list:
- model_name: llama
  litellm_params:
    {model: hosted_vllm/llama, api_base: "http://vllm:8000/v1", rpm: 600, api_key: os.environ/ONE}
- {model_name: llama, litellm_params: {model: azure/llama, api_base: os.environ/AZURE},
   model_info: {id: eu}}
- {model_name: old, litellm_params: {model: openai/gpt-4o, input_cost_per_token: 0.000002},
   model_info: {id: four}}
router_settings:
  num_retries: 2
  fallbacks: [{llama: [old]}]
  model_group_alias: {best: llama, gone: old}
general_settings: {master_key: os.environ/MASTER}
sidegate:
  keys:
  - {hash: os.environ/A, alias: team-a, models: [llama], rpm: 100, expires: 2027-01-31}
  - {hash: os.environ/B, alias: team-b, blocked: true}
  teams: {search: {rpm: 5}}
"""


def changed(*pairs):
    text = BEFORE
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


def diff(tmp_path, after, *flags, before=BEFORE):
    return run("diff", write(tmp_path, before, "old.yaml"), write(tmp_path, after, "new.yaml"),
               *flags)


def lines(tmp_path, *pairs):
    result = diff(tmp_path, changed(*pairs))
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout.splitlines()


VLLM = "deployment hosted_vllm/llama at http://vllm:8000/v1 of model llama"


@pytest.mark.parametrize("old, new, expected", [
    ("num_retries: 2", "num_retries: 3", ["~ settings: num_retries: 2 -> 3"]),
    ("num_retries: 2", "num_retries: os.environ/N",
     ["~ settings: num_retries: 2 -> os.environ/N"]),
    ("  num_retries: 2\n", "", ["~ settings: num_retries: 2 is removed"]),
    ("- {model_name: old", "- {model_name: new, litellm_params: {model: openai/x}}\n"
     "- {model_name: old",
     ["+ model new: added, 1 deployment",
      "+ deployment openai/x of model new: added, is openai/x"]),
    ("{id: eu}", "{id: us}", ["~ deployment us of model llama: id: eu -> us"]),
    ("os.environ/AZURE", "https://azure.test",
     ["~ deployment eu of model llama: api_base: os.environ/AZURE -> \"https://azure.test\""
      .replace('"', "")]),
    ("0.000002", "0.000003",
     ["~ deployment four of model old: input_cost_per_token: 2.0e-06 -> 3.0e-06 (price-changed)"]),
    ("fallbacks: [{llama: [old]}]", "fallbacks: [{llama: [old, eu]}]",
     ["~ fallbacks of model llama: targets: old -> old, eu"]),
    ("  fallbacks: [{llama: [old]}]\n", "", ["- fallbacks of model llama: removed: old"]),
    ("fallbacks: [", "context_window_fallbacks: [{old: [llama]}]\n  fallbacks: [",
     ["+ context window fallbacks of model old: added: llama"]),
    ("best: llama", "best: [llama, old]", ["~ alias best: targets: llama -> llama, old"]),
    (", gone: old", "", ["- alias gone: removed, was for old"]),
    ("gone: old", "gone: {model: old, hidden: true}", ["~ alias gone: hidden: false -> true"]),
    ("rpm: 100", "rpm: 99", ["~ key team-a: rpm: 100 -> 99 (limit-lowered)"]),
    ("rpm: 100", "rpm: 101", ["~ key team-a: rpm: 100 -> 101 (limit-raised)"]),
    (", rpm: 100", "", ["~ key team-a: rpm: 100 is removed (limit-raised)"]),
    ("rpm: 100", "rpm: 100, tpm: 5", ["~ key team-a: tpm: 5 is added (limit-lowered)"]),
    ("rpm: 100", "rpm: os.environ/RPM",
     ["~ key team-a: rpm: 100 -> os.environ/RPM (limit-changed)"]),
    ("{rpm: 5}", "{rpm: 4, tpm: 9}",
     ["~ settings: teams.search.rpm: 5 -> 4 (limit-lowered)",
      "~ settings: teams.search.tpm: 9 is added (limit-lowered)"]),
    ("models: [llama]", "models: [llama, old]",
     ["~ key team-a: models: [llama] -> [llama, old] (access-widened)"]),
    ("models: [llama]", "models: [old]",
     ["~ key team-a: models: [llama] -> [old] (access-widened, access-narrowed)"]),
    ("models: [llama], ", "", ["~ key team-a: models: [llama] is removed (access-widened)"]),
    ("models: [llama]", "models: []", ["~ key team-a: models: [llama] -> [] (access-widened)"]),
    ("2027-01-31", "2028-01-31",
     ["~ key team-a: expires: 2027-01-31T00:00:00Z -> 2028-01-31T00:00:00Z (access-widened)"]),
    ("2027-01-31", "2026-12-31",
     ["~ key team-a: expires: 2027-01-31T00:00:00Z -> 2026-12-31T00:00:00Z (access-narrowed)"]),
    (", blocked: true", "", ["~ key team-b: blocked: true is removed (access-widened)"]),
    ("hash: os.environ/A", "hash: os.environ/A2",
     ["~ key team-a: another key has this alias now",
      "~ key team-a: hash: os.environ/A -> os.environ/A2 (credential-changed)"]),
    ("  - {hash: os.environ/B, alias: team-b, blocked: true}\n", "",
     ["- key team-b: removed (access-narrowed)"]),
    ("  teams:", "  - {hash: os.environ/C, alias: team-c}\n  teams:",
     ["+ key team-c: added (access-widened)"]),
    ("general_settings: {master_key: os.environ/MASTER}\n", "",
     ["~ settings: master_key: os.environ/MASTER is removed (access-narrowed)"]),
    ("os.environ/MASTER}", "sk-0123456789abcdef01}",
     ["~ settings: master_key: os.environ/MASTER -> *** (key-changed)"]),
    ("router_settings:", "credential_list:\n- {credential_name: eu, credential_values: {}}\n"
     "router_settings:", ["+ credential eu: added"]),
    ("router_settings:", "environment_variables: {A_KEY: b}\nrouter_settings:",
     ["+ environment variable A_KEY: added".replace("+", "~")]),
])
def test_one_change_is_one_line(tmp_path, old, new, expected):
    assert lines(tmp_path, (old, new)) == expected


def test_a_deployment_is_known_by_what_it_calls_when_its_identifier_is_derived(tmp_path):
    found = lines(tmp_path, ("rpm: 600", "rpm: 60"), ("os.environ/ONE", "os.environ/TWO"))
    assert found[0].startswith(f"~ {VLLM}: id: ")
    assert found[1:] == [
        f"~ {VLLM}: weight: 600 -> 60",
        f"~ {VLLM}: rpm: 600 -> 60 (limit-lowered)",
        f"~ {VLLM}: api_key: os.environ/ONE -> os.environ/TWO (credential-changed)"]


def test_a_deployment_moves_by_its_identifier(tmp_path):
    found = lines(tmp_path, ("model_name: old", "model_name: new"), ("[old]", "[new]"),
                  (", gone: old", ""))
    assert found == [
        "+ model new: added, 1 deployment", "- model old: removed, 1 deployment",
        "~ deployment four of model new: moved here from model old",
        "- alias gone: removed, was for old", "~ fallbacks of model llama: targets: old -> new"]


def test_the_order_of_a_models_deployments_is_told(tmp_path):
    entry = "- {model_name: a, litellm_params: {model: openai/%s}, model_info: {id: %s}}\n"
    one, two = entry % ("x", "x"), entry % ("y", "y")
    result = diff(tmp_path, f"model_list:\n{two}{one}", before=f"model_list:\n{one}{two}")
    assert result.stdout == "~ model a: its deployments stand in another order\n"


def test_opening_a_gateway_is_told(tmp_path):
    keyed = MINIMAL + "general_settings: {master_key: os.environ/M}\n"
    opened = diff(tmp_path, MINIMAL, "--fail-on", "access-widened", before=keyed)
    assert opened.returncode == 1
    assert "everybody may call (access-widened)" in opened.stdout
    closed = diff(tmp_path, keyed, before=MINIMAL)
    assert "a key is needed now (access-narrowed)" in closed.stdout


def test_secrets_are_never_shown(tmp_path):
    other = SECRET[::-1]
    text = (MINIMAL.replace("openai/a", "openai/a, api_key: %s, extra_headers: {x-team: %s}, "
                            "user_tag: %s") + "general_settings: {master_key: %s}\n"
            "litellm_settings: {cache_params: {password: %s, type: redis}}\n"
            "environment_variables: {SOME_TOKEN: %s}\n")
    before, after = text.replace("%s", SECRET), text.replace("%s", other)
    for flags in ([], ["--json"]):
        result = diff(tmp_path, after, *flags, before=before)
        assert SECRET not in result.stdout + result.stderr
        assert other not in result.stdout + result.stderr
        for field in ("api_key: changed", "extra_headers.x-team: changed",
                      "master_key: changed", "cache_params.password: changed"):
            assert field in result.stdout, field
    # A secret of one side that the other has where nobody would look for it.
    result = diff(tmp_path, MINIMAL.replace("openai/a", f"openai/{SECRET}"), before=before)
    assert SECRET not in result.stdout + result.stderr


def test_tables_and_configurations_compare_alike(tmp_path):
    after = changed(("num_retries: 2", "num_retries: 3"))
    paths = {}
    for name, text in (("old", BEFORE), ("new", after)):
        config = write(tmp_path, text, f"{name}.yaml")
        table = tmp_path / f"{name}.sgt"
        assert run("compile", config, "-o", table, "--generation", "9").returncode == 0
        paths[name] = (config, table)
    run("keygen", "-o", tmp_path / "key")
    run("sign", paths["new"][1], "--key", tmp_path / "key")
    for old in paths["old"]:
        for new in paths["new"]:
            assert run("diff", old, new).stdout == "~ settings: num_retries: 2 -> 3\n"
        for same in paths["old"]:
            equal = run("diff", old, same, "--fail-on", "any")
            assert (equal.returncode, equal.stdout, equal.stderr) == (0, "no difference\n", "")


def test_json_is_for_pipelines(tmp_path):
    result = diff(tmp_path, changed(("rpm: 100", "rpm: 99"), ("models: [llama], ", "")), "--json")
    found = json.loads(result.stdout)
    assert sorted(found) == ["changes", "counts", "equal", "new", "old"]
    assert sorted(found["old"]) == ["digest", "generation", "path"]
    assert found["equal"] is False
    assert found["counts"] == {"key-changed": 2, "limit-lowered": 1, "access-widened": 1}
    assert found["changes"][0] == {
        "kinds": ["key-changed", "limit-lowered"], "subject": "key team-a", "field": "rpm",
        "before": "100", "after": "99", "text": "rpm: 100 -> 99"}
    equal = json.loads(diff(tmp_path, BEFORE, "--json").stdout)
    assert (equal["equal"], equal["changes"], equal["counts"]) == (True, [], {})


@pytest.mark.parametrize("kinds, status", [
    ("", 0), ("any", 1), ("limit-lowered", 1), ("limit-raised", 0), ("access-widened", 0),
    ("access-widened,limit-lowered", 1), ("model-removed,key-changed", 1),
    ("nonsense", 2), ("any,nonsense", 2)])
def test_fail_on(tmp_path, kinds, status):
    result = diff(tmp_path, changed(("rpm: 100", "rpm: 99")), "--fail-on", kinds)
    assert result.returncode == status
    assert ("limit-lowered" in result.stdout) == (status != 2)


def test_what_cannot_be_compared_is_status_2(tmp_path):
    good = write(tmp_path, MINIMAL, "good.yaml")
    broken = write(tmp_path, "router_settings: {routing_strategy: x}", "broken.yaml")
    damaged = tmp_path / "damaged.sgt"
    run("compile", good, "-o", damaged)
    damaged.write_bytes(damaged.read_bytes()[:-1])
    for other in (broken, damaged, tmp_path / "missing"):
        for sides in ((good, other), (other, good)):
            result = run("diff", *sides, "--fail-on", "any")
            assert (result.returncode, result.stdout) == (2, "")
            assert result.stderr


@pytest.mark.parametrize("name", ["03-multi-provider.yaml", "07-production-gateway.yaml",
                                  "11-agent-gateway.yaml", "12-odd-but-accepted.yaml"])
def test_a_whole_configuration_comes_and_goes(tmp_path, name):
    """Of everything that a table holds, something is said, and no secret in it."""
    empty = write(tmp_path, "model_list: []\n", "empty.yaml")
    for sides in ((empty, CONFIGS / name), (CONFIGS / name, empty)):
        result = run("diff", *sides, "--json")
        assert result.returncode == 0, result.stderr
        assert "sk-1234" not in result.stdout
        assert len(json.loads(result.stdout)["changes"]) >= 10
    assert run("diff", CONFIGS / name, CONFIGS / name).stdout == "no difference\n"


TEMPLATE = "model_list:\n{{#each names}}\n- {model_name: {{this}}, litellm_params: " \
    "{model: openai/x}}\n{{/each}}\n"


def test_templates_take_their_values(tmp_path):
    old, new = write(tmp_path, TEMPLATE, "old.hbs"), write(tmp_path, TEMPLATE, "new.hbs")
    values = write(tmp_path, "names: [a, b]\n", "values.yaml")
    before = write(tmp_path, "names: [a]\n", "before.yaml")
    assert run("diff", old, new, "--values", values).stdout == "no difference\n"
    added = "+ model b: added, 1 deployment\n" \
        "+ deployment openai/x of model b: added, is openai/x\n"
    assert run("diff", old, new, "--values", values, "--old-values", before).stdout == added
    assert run("diff", old, new, "--values", values, "--old-set", "names=[a]").stdout == added
    gone = run("diff", old, new, "--values", values, "--set", "names=[a]",
               "--old-set", "names=[a, b]")
    assert gone.stdout.startswith("- model b: removed")
    # A table is what it is, whatever values there are.
    table = tmp_path / "old.sgt"
    assert run("compile", old, "--values", before, "-o", table).returncode == 0
    assert run("diff", table, new, "--values", values).stdout == added


def test_what_is_wrong_with_values_keeps_from_comparing(tmp_path):
    old, new = write(tmp_path, MINIMAL, "old.yaml"), write(tmp_path, TEMPLATE, "new.hbs")
    result = run("diff", old, new, "--values", write(tmp_path, "other: 1\n", "values.yaml"))
    assert result.returncode == 2
    assert "new.hbs:2:9: error: there is no value names" in result.stderr
    assert "new.hbs cannot be compiled" in result.stderr
    broken = write(tmp_path, "names: [\n", "broken.yaml")
    assert run("diff", old, new, "--values", broken).returncode == 2
    assert run("diff", old, new, "--values", tmp_path / "none").returncode == 2
