"""The sidecar as a container runtime runs it: behind the default filter of system calls, as nobody,
on a read-only root, without capabilities."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import seccomp
from conftest import configuration, deployment
from fronts import Authority, SecureFront
from sidecar import SIDEGATE, Sidecar
from test_errors import CHAT, HI
from test_process import ConfinedSidecar, confined, open_folder  # noqa: F401
from upstream import Upstream


@pytest.fixture
def prefix(open_folder: Path) -> list[str]:  # noqa: F811
    if not seccomp.profile() or not os.path.exists(seccomp.PYTHON):
        pytest.skip("no profile of a container runtime; scripts/test fetches one")
    return [*confined(), *seccomp.filtered(open_folder)]


def test_the_filter_filters(prefix: list[str]) -> None:
    """What Docker denies is denied, and what a program of threads needs is not."""
    threads = "import threading; t = threading.Thread(target=int); t.start(); t.join()"
    for command, ends_well in (("unshare --user true", False),
                               ("grep -q '^Seccomp:.2$' /proc/self/status", True),
                               (f"{seccomp.PYTHON} -c '{threads}'", True)):
        result = subprocess.run([*prefix, "sh", "-c", command], capture_output=True, text=True)
        assert (result.returncode == 0) == ends_well, (command, result.stderr)


def test_everything_works_behind_it(
    prefix: list[str], table, upstream: Upstream, open_folder: Path, tmp_path: Path  # noqa: F811
) -> None:
    """Requests, streams, TLS, names, workers, reloads by rename and signal, metrics, the end."""
    authority = Authority(tmp_path)
    shutil.copyfile(authority.file, open_folder / "ca.pem")
    with SecureFront(authority.server("DNS:localhost"), ("127.0.0.1", upstream.port)) as front:
        named = f"http://localhost:{upstream.port}/v1"
        models = [deployment("chat", upstream.base), deployment("named", named),
                  deployment("tls", f"https://localhost:{front.port}/v1")]
        routes = shutil.copy(table(configuration(models)), open_folder / "routes.sgt")
        binary = shutil.copy(SIDEGATE, open_folder / "sidegate")
        running = ConfinedSidecar(
            Path(routes), str(binary), prefix, "--workers", "2",
            environment={"SSL_CERT_FILE": str(open_folder / "ca.pem")}, admin=True)
        try:
            running.wait_ready(30)
            check_confinement(running)
            for model in ("chat", "named", "tls") * 5:
                ask(running, model)
            os.replace(table(configuration([*models, deployment("new", upstream.base)])),
                       open_folder / "new.sgt")
            os.replace(open_folder / "new.sgt", routes)
            running.wait_log("table", 20)
            wait_reloads(running, 1)
            ask(running, "new")
            running.signal(1)
            wait_reloads(running, 2)
            assert running.admin("/metrics").status == 200
            assert running.admin("/health").status == 200
            probe = subprocess.run([*prefix, str(binary), "--probe", "--admin-listen",
                                    f"127.0.0.1:{running.admin_port}"], capture_output=True)
            assert probe.returncode == 0, probe
            assert running.stop() == 0, running.log()
        finally:
            running.process.kill()


def check_confinement(running: Sidecar) -> None:
    status = Path(f"/proc/{running.process.pid}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines())
    assert fields["Seccomp"] == "2" and fields["NoNewPrivs"] == "1"
    assert int(fields["CapEff"], 16) == int(fields["CapBnd"], 16) == 0
    assert "0" not in fields["Uid"].split()


def ask(running: Sidecar, model: str) -> None:
    assert running.request("POST", CHAT, {**HI, "model": model}).status == 200, running.log()
    body = running.request("POST", CHAT, {**HI, "model": model, "stream": True}).body
    assert body.endswith(b"[DONE]\n\n"), body


def wait_reloads(running: Sidecar, count: int) -> None:
    end = time.monotonic() + 20
    while running.metrics().total("sidegate_reloads_total", result="success") < count:
        assert time.monotonic() < end, running.log()
        time.sleep(0.05)
