"""What the compiler says of whole configurations, each of it looked at by a person.

After a change: sidegatec check NAME.yaml 2> ../snapshots/NAME.diagnostics in configs, and read the
difference before it is committed: each line must be right, and worth its reader's time."""

import pytest
from test_sidegatec import CONFIGS, run

NAMES = sorted(path.stem for path in CONFIGS.glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_the_diagnostics_are_those_that_were_reviewed(name):
    snapshot = CONFIGS.parent / "snapshots" / f"{name}.diagnostics"
    result = run("check", f"{name}.yaml", cwd=CONFIGS)
    assert result.stderr == snapshot.read_text(encoding="utf-8")


def test_every_snapshot_has_its_configuration():
    assert sorted(path.stem for path in (CONFIGS.parent / "snapshots").iterdir()) == NAMES


def test_one_diagnostic_for_each_line_that_litellm_refuses():
    text = (CONFIGS / "13-refused.yaml").read_text(encoding="utf-8").split("\n")
    marked = [number for number, line in enumerate(text, 1) if "  #" in line]
    result = run("check", "13-refused.yaml", cwd=CONFIGS)
    found = [int(line.split(":")[1]) for line in result.stderr.splitlines() if ": error: " in line]
    assert found == marked
    assert ": warning: " not in result.stderr
