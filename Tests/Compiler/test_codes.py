"""Every code has a text, and its example has it; the documentation is what the program prints."""

import pathlib
import re

import pytest
from test_sidegatec import run, write

ROOT = pathlib.Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/codes.md").read_text(encoding="utf-8")
SECTIONS = {part[:6]: part for part in DOCUMENT.split("\n## ")[1:]}
DECLARED = re.findall(
    r"case \w+ = (\d+)", (ROOT / "compiler/RouteConfig/DiagnosticCode.swift").read_text())


def test_the_document_is_what_the_program_prints():
    """After a change: sidegatec explain-code --all > docs/codes.md"""
    assert run("explain-code", "--all").stdout == DOCUMENT


def test_every_code_has_a_text():
    assert sorted(SECTIONS) == sorted(f"SG{int(number):04}" for number in DECLARED)
    for code, section in SECTIONS.items():
        shown = run("explain-code", code)
        assert shown.returncode == 0
        for heading in ("Why: ", "What to do: ", "Example:"):
            assert heading in shown.stdout, code
        assert len(section) > 100


@pytest.mark.parametrize("code", SECTIONS)
def test_an_example_has_its_code(tmp_path, code):
    found = re.search(r"```yaml\n(.*?)\n```", SECTIONS[code], re.S)
    if found is None:
        assert "Example: " in SECTIONS[code]
        return
    result = run("check", write(tmp_path, found[1] + "\n"))
    weights = re.findall(rf": (error|warning): .*\[{code}\]", result.stderr)
    assert weights, result.stderr
    assert weights[0] in re.search(r"\*\* \(([a-z ]+)\)\.", SECTIONS[code])[1]


@pytest.mark.parametrize("arguments, status", [
    (["SG0020"], 0), (["sg0020"], 0), (["20", "SG0021"], 0), (["SG9999"], 2), (["x"], 2),
    ([], 2), (["--all"], 0), (["--all", "SG0020"], 2)])
def test_exit_status(arguments, status):
    assert run("explain-code", *arguments).returncode == status


def test_what_the_program_reports_can_be_explained(tmp_path):
    result = run("check", write(tmp_path, "router_settings: {num_retrys: 3}\n"))
    code = re.search(r"\[(SG\d{4})\]", result.stderr)[1]
    assert run("explain-code", code).stdout.startswith(code + ": ")
