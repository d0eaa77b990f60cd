"""`sidegate --trusted-key`: only tables that a trusted key has signed come into service."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from conftest import configuration, deployment
from sidecar import SIDEGATE, SIDEGATEC, Sidecar, clean_environment, compile_table
from test_reload import ask, wait_until
from upstream import Upstream


def compiler(*arguments: object) -> None:
    command = [SIDEGATEC, *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert result.returncode == 0, result.stderr


def sidegate(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SIDEGATE, *map(str, arguments)], capture_output=True, text=True,
                          timeout=30, env=clean_environment(environment))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two keys, `a` and `b`, and a place where tables are replaced."""
    path = tmp_path / "tables"
    path.mkdir()
    for name in ("a", "b"):
        compiler("keygen", "-o", path / name)
    return path


def table(path: Path, upstream: Upstream, *names: str, keys: str = "") -> Path:
    """A table of these models, signed with these keys."""
    compile_table(configuration([deployment(name, upstream.base) for name in names]), path)
    for key in keys:
        compiler("sign", path, "--key", path.parent / key)
    return path


def flags(folder: Path, keys: str) -> list[str]:
    return [flag for key in keys for flag in ("--trusted-key", str(folder / f"{key}.pub"))]


@pytest.fixture
def run():
    running: list[Sidecar] = []

    def begin(path: Path, *more: str, **options) -> Sidecar:
        running.append(Sidecar(path, *more, **options))
        return running[-1].wait_ready()

    yield begin
    for sidecar in running:
        assert sidecar.stop() == 0, sidecar.log()


@pytest.mark.parametrize("signed, trusted, starts, says", [
    ("a", "a", True, ""), ("a", "b", False, "no trusted key"), ("", "a", False, "not signed"),
    ("a", "ba", True, ""), ("ab", "b", True, ""), ("a", "", True, ""), ("", "", True, "")])
def test_a_table_is_good_when_a_trusted_key_signed_it(
    folder: Path, upstream: Upstream, signed: str, trusted: str, starts: bool, says: str
) -> None:
    path = table(folder / "routes.sgt", upstream, "chat", keys=signed)
    result = sidegate("--table", path, "--test", *flags(folder, trusted))
    assert result.returncode == (0 if starts else 1), result.stderr
    assert says in result.stderr
    if not starts:
        # Serving is refused as testing is, with one line that names the table.
        served = sidegate("--table", path, "--listen", "127.0.0.1:0", *flags(folder, trusted))
        assert served.returncode == 1
        assert len(served.stderr.splitlines()) == 1
        assert str(path) in served.stderr and says in served.stderr


def test_keys_come_from_a_variable_and_from_one_file(folder: Path, upstream: Upstream) -> None:
    path = table(folder / "routes.sgt", upstream, "chat", keys="b")
    both = folder / "both"
    both.write_text((folder / "a.pub").read_text() + (folder / "b.pub").read_text())
    assert sidegate("--table", path, "--test", "--trusted-key", both).returncode == 0
    for value, status in ((f"{folder}/a.pub,{folder}/b.pub", 0), (f"{folder}/a.pub", 1)):
        assert sidegate("--table", path, "--test", SIDEGATE_TRUSTED_KEY=value).returncode == status


@pytest.mark.parametrize("bad", ["missing", "a", "routes.sgt", "empty"])
def test_without_readable_public_keys_nothing_starts(
    folder: Path, upstream: Upstream, bad: str
) -> None:
    path = table(folder / "routes.sgt", upstream, "chat", keys="a")
    (folder / "empty").touch()
    result = sidegate("--table", path, "--test", *flags(folder, "a"),
                      "--trusted-key", folder / bad)
    assert result.returncode == 1
    assert str(folder / bad) in result.stderr


def test_a_mapped_file_cannot_be_trusted(folder: Path, upstream: Upstream) -> None:
    path = table(folder / "routes.sgt", upstream, "chat", keys="a")
    result = sidegate("--table", path, "--test", "--map-direct", *flags(folder, "a"))
    assert (result.returncode, "--map-direct" in result.stderr) == (2, True)


@pytest.mark.parametrize("keys", ["", "b"])
def test_a_reload_keeps_out_what_is_not_trusted(
    run, folder: Path, upstream: Upstream, keys: str
) -> None:
    sidecar = run(table(folder / "routes.sgt", upstream, "chat", keys="a"), *flags(folder, "a"))
    assert ask(sidecar) == 200
    table(folder / "next.sgt", upstream, "chat", "new", keys=keys).rename(folder / "routes.sgt")
    assert wait_until(
        lambda: sidecar.metrics().total("sidegate_untrusted_reloads_total") == 1, 20)
    assert sidecar.metrics().total("sidegate_reloads_total", result="failure") == 1
    assert (ask(sidecar), ask(sidecar, "new")) == (200, 400)
    refusals = [line for line in sidecar.log().splitlines() if "refused" in line]
    assert len(refusals) == 1 and "signed" in refusals[0]
    readiness = json.loads(sidecar.request("GET", "/health/readiness").body)
    assert "signed" in readiness["table"]["last_reload_error"]
    # The next one that is trusted is taken up all the same.
    table(folder / "next.sgt", upstream, "chat", "new", keys="a").rename(folder / "routes.sgt")
    assert wait_until(lambda: ask(sidecar, "new") == 200, 20), sidecar.log()


def test_keys_are_rotated_without_a_restart(run, folder: Path, upstream: Upstream) -> None:
    trusted = folder / "trusted.pub"
    trusted.write_text((folder / "a.pub").read_text())
    sidecar = run(table(folder / "routes.sgt", upstream, "chat", keys="a"),
                  "--trusted-key", str(trusted))
    # First both are trusted, then the new one signs, then the old one goes.
    (folder / "next").write_text((folder / "a.pub").read_text() + (folder / "b.pub").read_text())
    os.rename(folder / "next", trusted)
    table(folder / "next.sgt", upstream, "chat", "new", keys="b").rename(folder / "routes.sgt")
    assert wait_until(lambda: ask(sidecar, "new") == 200, 20), sidecar.log()
    (folder / "next").write_text((folder / "b.pub").read_text())
    os.rename(folder / "next", trusted)
    loads = sidecar.metrics().total("sidegate_reloads_total", result="success")
    assert wait_until(lambda: sidecar.metrics().total(
        "sidegate_reloads_total", result="success") > loads or loads >= 2, 20)
    table(folder / "next.sgt", upstream, "chat", keys="a").rename(folder / "routes.sgt")
    assert wait_until(
        lambda: sidecar.metrics().total("sidegate_untrusted_reloads_total") >= 1, 20)
    assert ask(sidecar, "new") == 200
