"""The scripts that complete command lines, in the shells that are installed."""

import shutil
import subprocess

import pytest
from test_sidegatec import run

SHELLS = ["bash", "zsh", "fish"]
COMMANDS = ["compile", "check", "inspect", "explain", "diff", "render", "discover", "schema",
            "explain-code", "keygen", "sign", "verify"]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_knows_every_command(shell):
    script = run("--generate-completion-script", shell)
    assert script.returncode == 0
    for word in [*COMMANDS, "trusted-key", "fail-on", "reveal-secrets", "limit-lowered", "SG0020"]:
        assert word in script.stdout, word
    assert "debug-yaml" not in script.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_is_one_that_its_shell_reads(tmp_path, shell):
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    script = tmp_path / "script"
    script.write_text(run("--generate-completion-script", shell).stdout)
    result = subprocess.run([program, "-n", script], capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stderr) == (0, "")


def test_bash_completes_commands_and_options(tmp_path):
    program = shutil.which("bash")
    if program is None:
        pytest.skip("bash is not installed")
    script = tmp_path / "script"
    script.write_text(run("--generate-completion-script", "bash").stdout)

    def complete(*words):
        line = " ".join(words)
        quoted = " ".join(f"'{word}'" for word in words)
        text = (f"source {script}; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; "
                f"COMP_LINE='{line}'; COMP_POINT={len(line)}; "
                f"_sidegatec sidegatec '{words[-1]}' '{words[-2]}'; "
                'printf "%s\\n" "${COMPREPLY[@]}"')
        result = subprocess.run([program, "--norc", "-c", text], capture_output=True, text=True,
                                timeout=60)
        return [word.strip() for word in result.stdout.split("\n") if word.strip()]

    assert complete("sidegatec", "ins") == ["inspect"]
    assert "--trusted-key" in complete("sidegatec", "verify", "--tru")
    assert complete("sidegatec", "explain-code", "SG007") == [
        f"SG{number:04}" for number in (70, 71, 72, 73, 74, 75, 76, 77, 78, 79)]
