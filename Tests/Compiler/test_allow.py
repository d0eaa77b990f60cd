"""What must not be left out in silence, and the comment that says that it is meant."""

import pytest
from test_sidegatec import MINIMAL, run, warned, write

GUARDED = [
    "general_settings: {custom_auth: auth.check}", "general_settings: {enable_jwt_auth: true}",
    "general_settings: {enable_oauth2_auth: true}", "general_settings: {allowed_ips: [10.0.0.1]}",
    "general_settings: {allowed_routes: [/v1/models]}", "guardrails: [{guardrail_name: a}]",
    "litellm_settings: {guardrails: [{a: {callbacks: [b]}}]}", "policies: {a: {}, b: {}}",
    "router_settings: {guardrail_list: [a]}", "litellm_settings: {callbacks: [presidio]}",
    "litellm_settings: {banned_keywords_list: [a]}", "litellm_settings: {max_budget: 5}",
    "litellm_settings: {max_end_user_budget: 5}", "sidegate: {keys: [{hash: os.environ/K, max_budget: 5}]}",
    "router_settings: {provider_budget_config: {openai: {budget_limit: 5, time_period: 1d}}}",
    "model_list: [{model_name: b, litellm_params: {model: openai/b, max_budget: 5}}]",
    "model_list: [{model_name: b, litellm_params: {model: openai/b}, model_info: {team_id: t}}]"]


def file(tmp_path, text):
    return write(tmp_path, text + "\n" if text.startswith("model_list") else MINIMAL + text + "\n")


@pytest.mark.parametrize("text", GUARDED)
def test_what_guards_something_is_an_error(tmp_path, text):
    result = run("check", file(tmp_path, text))
    assert (result.returncode, warned(result)) == (1, ["SG0028"]), result.stderr
    assert "sidegate: allow(SG0028)" in result.stderr


@pytest.mark.parametrize("options", [[], ["--strict"]])
@pytest.mark.parametrize("text", GUARDED)
def test_it_is_left_out_where_its_line_allows_it(tmp_path, text, options):
    result = run("check", file(tmp_path, text + "  # sidegate: allow(SG0028)"), *options)
    assert (result.returncode, warned(result)) == (0, []), result.stderr


@pytest.mark.parametrize("text", [
    "general_settings: {custom_auth: null, allowed_ips: [], enable_jwt_auth: false}",
    "guardrails: []", "litellm_settings: {callbacks: [prometheus], max_budget: null}"])
def test_what_is_switched_off_guards_nothing(tmp_path, text):
    assert warned(run("check", file(tmp_path, text))) == []


@pytest.mark.parametrize("comment, codes", [
    ("# sidegate: allow(SG0020)", []), ("# sidegate:allow(sg0020)", []),
    ("# for B. # sidegate: allow(SG0020) since it is read there", []),
    ("# sidegate: allow(SG0021, SG0020)", ["SG0029"]), ("# sidegate: allow(SG0021)", ["SG0020", "SG0029"]),
    ("# sidegate: allow(SG9999, SG0020)", ["SG0029"]), ("# sidegate: allow", ["SG0020"]),
    ("# allow(SG0020)", ["SG0020"])])
def test_a_comment_silences_the_codes_that_it_names(tmp_path, comment, codes):
    result = run("check", file(tmp_path, f"other: 1  {comment}"))
    assert sorted(warned(result)) == codes, result.stderr


def test_a_comment_holds_for_its_line_only(tmp_path):
    text = "# sidegate: allow(SG0020)\nother: 1\nanother: 1  # sidegate: allow(SG0020)"
    result = run("check", file(tmp_path, text))
    assert warned(result) == ["SG0029", "SG0020"]


def test_what_is_wrong_cannot_be_allowed(tmp_path):
    text = "router_settings: {routing_strategy: odd}  # sidegate: allow(SG0050)"
    assert run("check", file(tmp_path, text)).returncode == 1


def test_a_comment_counts_in_what_a_manifest_embeds(tmp_path):
    path = write(tmp_path, """
apiVersion: v1
kind: ConfigMap
data:
  config.yaml: |
    model_list: []  # sidegate: allow(SG0013)
    general_settings:
      custom_auth: auth.check  # sidegate: allow(SG0028)
""")
    result = run("check", path)
    assert (result.returncode, warned(result)) == (0, []), result.stderr


def test_a_comment_of_a_template_counts_where_the_template_has_it(tmp_path):
    values = write(tmp_path, "name: check\n", "values.yaml")
    text = "general_settings: {custom_auth: auth.{{name}}}  # sidegate: allow(SG0028)"
    path = file(tmp_path, text)
    result = run("check", path, "--values", values)
    assert (result.returncode, warned(result)) == (0, []), result.stderr
