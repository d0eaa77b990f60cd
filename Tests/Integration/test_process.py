"""The sidecar as a process: how it is linked, what it needs, and what it lets others see."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import CANARIES, MASTER_KEY, UPSTREAM_KEY, configuration, deployment
from sidecar import SIDEGATE, SIDEGATEC, Sidecar
from test_errors import CHAT, HI
from upstream import Upstream

#: Nobody's number, as in the manifests.
NOBODY = 65532


@pytest.mark.parametrize("binary", [SIDEGATE, SIDEGATEC], ids=["sidegate", "sidegatec"])
def test_the_binary_is_position_independent_with_full_relro(binary: str) -> None:
    if not shutil.which("readelf"):
        pytest.skip("no readelf (binutils)")
    said = subprocess.run(["readelf", "-hldW", binary], capture_output=True, text=True,
                          check=True).stdout
    assert re.search(r"Type:\s+DYN", said) and re.search(r"Flags:.*\bPIE\b", said)
    assert "GNU_RELRO" in said and re.search(r"BIND_NOW|Flags:.*\bNOW\b", said)
    stack = re.search(r"GNU_STACK.*", said)[0]
    assert "RWE" not in stack, "the stack can be executed"
    loads = re.findall(r"LOAD\s.*", said)
    assert loads and not [load for load in loads if "RWE" in load], "memory to write and execute"
    assert "TEXTREL" not in said


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may read, with the binaries: pytest's own are its user's alone."""
    with tempfile.TemporaryDirectory(prefix="sidegate-process-") as name:
        os.chmod(name, 0o755)
        yield Path(name)


#: A root of read-only mounts, no capability, no way to any, and no user's name.
CONFINED = """
mount -o remount,bind,ro / &&
for folder in /tmp /var /dev/shm /run; do
    [ ! -d "$folder" ] || mount --rbind "$folder" "$folder" && mount -o remount,bind,ro "$folder"
done || exit 125
exec setpriv --reuid "$1" --regid "$1" --clear-groups --bounding-set=-all --inh-caps=-all \
    --no-new-privs "${@:2}"
"""


def confined() -> list[str]:
    """What a command is put behind to run as in the manifests; skips where that is not allowed."""
    prefix = ["unshare", "--mount", "--propagation", "private", "bash", "-c", CONFINED, "bash",
              str(NOBODY)]
    if os.geteuid() != 0:
        pytest.skip("only root may make a root read-only and become nobody")
    if not (shutil.which("unshare") and shutil.which("setpriv")):
        pytest.skip("no unshare or setpriv (util-linux)")
    probe = subprocess.run([*prefix, "sh", "-c", "! touch /tmp/x 2>/dev/null && id -u"],
                           capture_output=True, text=True)
    if probe.stdout.strip() != str(NOBODY):
        pytest.skip(f"no mount namespaces here: {probe.stderr.strip()}")
    return prefix


def test_it_runs_as_the_manifests_say(table, upstream: Upstream, open_folder: Path) -> None:
    """Nobody's user, a read-only root, no capabilities, no new privileges."""
    prefix = confined()
    binary = shutil.copy(SIDEGATE, open_folder / "sidegate")
    routes = shutil.copy(table(configuration([deployment("chat", upstream.base)])),
                         open_folder / "routes.sgt")
    running = ConfinedSidecar(Path(routes), str(binary), prefix)
    try:
        running.wait_ready()
        status = Path(f"/proc/{running.process.pid}/status").read_text()
        fields = dict(line.split(":\t", 1) for line in status.splitlines())
        assert set(fields["Uid"].split()) == set(fields["Gid"].split()) == {str(NOBODY)}
        for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert int(fields[kind], 16) == 0, kind
        assert fields["NoNewPrivs"] == "1"
        mounts = Path(f"/proc/{running.process.pid}/mounts").read_text().splitlines()
        root = next(line.split() for line in reversed(mounts) if line.split()[1] == "/")
        assert "ro" in root[3].split(",")
        assert running.request("POST", CHAT, HI).status == 200
        assert running.request("POST", CHAT, {**HI, "stream": True}).body.endswith(b"[DONE]\n\n")
        assert running.stop() == 0, running.log()
    finally:
        running.process.kill()


class ConfinedSidecar(Sidecar):
    """Of a binary that was copied to where its user may read it."""

    def __init__(
        self, table: Path, binary: str, prefix: list[str], *flags: str, **options: object
    ) -> None:
        import sidecar

        before = sidecar.SIDEGATE
        sidecar.SIDEGATE = binary
        try:
            super().__init__(table, *flags, prefix=prefix, **options)
        finally:
            sidecar.SIDEGATE = before


def test_it_leaves_no_core_and_lets_nobody_look(
    table, upstream: Upstream, open_folder: Path
) -> None:
    """What cannot be dumped belongs to root in /proc, whoever runs it."""
    binary = shutil.copy(SIDEGATE, open_folder / "sidegate")
    routes = shutil.copy(table(configuration([deployment("chat", upstream.base)])),
                         open_folder / "routes.sgt")
    prefix = []
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("no setpriv (util-linux)")
        prefix = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
    running = ConfinedSidecar(Path(routes), str(binary), prefix)
    try:
        running.wait_ready()
        proc = Path(f"/proc/{running.process.pid}")
        assert (proc / "environ").stat().st_uid == 0
        if prefix:  # The same user may neither read its memory nor its environment.
            for name in ("environ", "mem", "maps"):
                looked = subprocess.run([*prefix, "head", "-c", "1", proc / name],
                                        capture_output=True)
                assert looked.returncode != 0, name
        assert running.stop() == 0
    finally:
        running.process.kill()


# Secrets.


SECRETS = [*CANARIES, "sk-canary-environment-31c9", "sk-canary-file-77aa", "canary-password",
           "sk-canary-of-a-client", "sk-canary-virtual-55"]


@pytest.fixture
def loaded(start, upstream: Upstream, tmp_path: Path) -> Sidecar:
    """A sidecar with a secret in each place where one can be, told to log all it can."""
    (tmp_path / "credential").write_text("sk-canary-file-77aa")
    upstream.behaviour("up-broken")(lambda exchange: exchange.reset())
    upstream.behaviour("up-refusing")(
        lambda exchange: exchange.answer({"error": {"message": "Incorrect API key"}}, 401))
    return start(configuration(
        [deployment("chat", upstream.base, api_key="os.environ/KEY"),
         deployment("file", upstream.base, api_key=f"file:{tmp_path / 'credential'}"),
         deployment("broken", upstream.base), deployment("refusing", upstream.base),
         deployment("missing", upstream.base, api_key="os.environ/NOT_THERE"),
         deployment("nowhere", "os.environ/BASE"),
         deployment("tls", f"https://127.0.0.1:{upstream.port}/v1"),
         deployment("headers", upstream.base, headers={"x-secret": UPSTREAM_KEY})],
        general_settings={"master_key": "os.environ/MASTER"},
        sidegate={"keys": [{"key": "os.environ/VIRTUAL", "models": ["chat"]}]},
        router_settings={"num_retries": 0}),
        "--log-level", "trace", admin=True,
        environment={"KEY": "sk-canary-environment-31c9", "MASTER": MASTER_KEY,
                     "BASE": "http://canary-user:canary-password@127.0.0.1:1/v1",
                     "VIRTUAL": "sk-canary-virtual-55"})


def test_no_secret_leaves_by_any_door(loaded: Sidecar, upstream: Upstream) -> None:
    """Whatever goes wrong with them: logs, metrics, errors, health and states name none."""
    auth = {"authorization": f"Bearer {MASTER_KEY}"}
    virtual = {"authorization": "Bearer sk-canary-virtual-55"}
    client = "sk-canary-of-a-client"
    seen: list[str] = []

    def look(method: str, path: str, body: object = b"", headers: dict | None = None) -> None:
        response = loaded.request(method, path, body, headers)
        seen.append(f"{response.headers}\n{response.body.decode('utf-8', 'replace')}")

    for model in ("chat", "file", "broken", "refusing", "missing", "nowhere", "tls", "headers"):
        look("POST", CHAT, {**HI, "model": model}, auth)
        look("POST", CHAT, {**HI, "model": model, "stream": True}, auth)
    for key in (client, f"Bearer {client}", ""):
        look("POST", CHAT, HI, {"authorization": key})
    look("POST", CHAT, HI, virtual)
    look("POST", CHAT, {**HI, "model": "file"}, virtual)
    look("POST", CHAT, {**HI, "model": "broken", "api_key": client,
                        "api_base": "http://127.0.0.1:1"}, auth)
    look("POST", f"{CHAT}?api_key={client}", HI, auth)
    look("POST", CHAT, b'{"model":"chat","api_key":"%s"' % client.encode(), auth)
    for path in ("/health", "/health/readiness", "/health/liveliness", "/metrics", "/v1/models",
                 "/model/info", "/routing/state", "/nothing"):
        look("GET", path)
        look("GET", path, headers=auth)
        response = loaded.admin(path)
        seen.append(f"{response.headers}\n{response.body.decode('utf-8', 'replace')}")
    assert loaded.stop() == 0  # All that is to be logged is then.
    everything = "\n".join([*seen, *loaded.stdout, loaded.log()])
    for secret in SECRETS:
        assert secret not in everything, secret
    assert len(loaded.stdout) >= 24
    # They were there to be leaked.
    sent = "\n".join(exchange.head.decode() for exchange in upstream.requests)
    assert "sk-canary-environment-31c9" in sent and "sk-canary-file-77aa" in sent


def test_a_crash_prints_no_memory() -> None:
    """The image keeps Swift's crash handler from printing frames and registers, and names a user."""
    folder = Path(__file__).resolve().parents[2]
    image = (folder / "manifests" / "Containerfile").read_text()
    assert "SWIFT_BACKTRACE=enable=no" in image
    assert re.search(r"^USER \d+:\d+$", image, re.M)
