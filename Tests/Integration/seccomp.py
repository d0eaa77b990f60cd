"""A container runtime's filter of system calls before a sidecar."""

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Where scripts/test puts a runtime's profile, and where its package does.
PROFILES = (ROOT / ".build" / "seccomp.json", Path("/usr/share/containers/seccomp.json"))
LAUNCHER = Path(__file__).with_name("seccomp_filter.py")
#: The system's own: that of the tests' environment is its user's alone.
PYTHON = "/usr/bin/python3"


def profile() -> Path | None:
    return next((path for path in PROFILES if path.exists()), None)


def filtered(folder: Path) -> list[str]:
    """What a command is put behind; `folder` gets what its user must be able to read."""
    launcher, rules = folder / LAUNCHER.name, folder / "seccomp.json"
    shutil.copyfile(LAUNCHER, launcher)
    shutil.copyfile(profile(), rules)
    return [PYTHON, str(launcher), str(rules)]


def wanted() -> list[str]:
    """The same for every sidecar of the tests, where `SIDEGATE_TEST_SECCOMP` is set."""
    if not os.environ.get("SIDEGATE_TEST_SECCOMP"):
        return []
    return [PYTHON, str(LAUNCHER), str(profile())]
