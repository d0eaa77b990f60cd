"""The real binaries as processes: compiling a table, and a running sidecar."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import seccomp
from wire import Response, Wire

SIDEGATE = os.environ.get("SIDEGATE", "")
SIDEGATEC = os.environ.get("SIDEGATEC", "")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def compile_table(source: str, output: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """Compiles YAML text; a failure is the test's, with what the compiler said."""
    gateway = output.with_suffix(".yaml")
    gateway.write_text(source, encoding="utf-8")
    command = [SIDEGATEC, "compile", str(gateway), "-o", str(output), *flags]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert result.returncode == 0, result.stderr + result.stdout
    return result


def clean_environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """Only what a process needs, so that a variable of the developer's shell changes no test."""
    kept = ("PATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR", "LANG")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    return {**environment, "SWIFT_BACKTRACE": "enable=no", **(extra or {})}


class Sidecar:
    """A running `sidegate`; its output is read as it comes."""

    def __init__(
        self,
        table: Path,
        *flags: str,
        environment: dict[str, str] | None = None,
        admin: bool = False,
        prefix: Sequence[str] = (),
    ) -> None:
        """`prefix` is what the command stands behind, such as `PrivateHosts.prefix`."""
        self.table = table
        self.port = free_port()
        self.admin_port = free_port() if admin else None
        self.base = f"http://127.0.0.1:{self.port}/v1"
        self.address = ("127.0.0.1", self.port)
        command = [SIDEGATE, "--table", str(table), "--listen", f"127.0.0.1:{self.port}"]
        if self.admin_port:
            command += ["--admin-listen", f"127.0.0.1:{self.admin_port}"]
        self.process = subprocess.Popen(
            [*prefix, *seccomp.wanted(), *command, *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=clean_environment(environment))
        self.stdout: list[str] = []
        self.stderr: list[str] = []
        self.readers = [
            threading.Thread(target=self._read, args=(stream, lines), daemon=True)
            for stream, lines in (
                (self.process.stdout, self.stdout), (self.process.stderr, self.stderr))]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def _read(stream, lines: list[str]) -> None:
        for line in stream:
            lines.append(line.decode("utf-8", "replace"))

    def wait_ready(self, seconds: float = 10.0) -> "Sidecar":
        """Until it accepts connections."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                time.sleep(0.1)
                raise AssertionError(f"ended with {self.process.returncode}: {self.log()}")
            try:
                with Wire(self.address, timeout=2) as wire:
                    if wire.request("GET", "/health/liveliness").status == 200:
                        return self
            except OSError:
                time.sleep(0.01)
        raise AssertionError(f"not ready within {seconds} s: {self.log()}")

    def log(self) -> str:
        return "".join(self.stderr)

    def wait_log(self, pattern: str, seconds: float = 5.0) -> str:
        """The first diagnostics line that matches, waiting for it."""
        end = time.monotonic() + seconds
        while True:
            for line in list(self.stderr):
                if re.search(pattern, line, re.I):
                    return line
            assert time.monotonic() < end, f"no line like {pattern!r} in: {self.log()}"
            time.sleep(0.02)

    def access_log(self, count: int, seconds: float = 5.0) -> list[dict]:
        """The access log once it has `count` lines; buffered lines are waited for."""
        end = time.monotonic() + seconds
        while len(self.stdout) < count and time.monotonic() < end:
            time.sleep(0.02)
        return [json.loads(line) for line in list(self.stdout)]

    def request(
        self, method: str, path: str, body: object = b"", headers: dict[str, str] | None = None
    ) -> Response:
        """One request on a connection of its own; a dict becomes JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        with Wire(self.address) as wire:
            return wire.request(method, path, data, headers)

    def admin(self, path: str, method: str = "GET") -> Response:
        with Wire(("127.0.0.1", self.admin_port)) as wire:
            return wire.request(method, path)

    def metrics(self, headers: dict[str, str] | None = None) -> "Metrics":
        response = self.request("GET", "/metrics", headers=headers)
        if response.status in (301, 307, 308):
            response = self.request("GET", "/metrics/", headers=headers)
        assert response.status == 200, response
        return Metrics(response.body.decode())

    def resident_kilobytes(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def stop(self, seconds: float = 10.0) -> int:
        """Ends it as Kubernetes would and gives its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            raise AssertionError(f"did not end within {seconds} s: {self.log()}") from None
        for reader in self.readers:
            reader.join(2)
        return status


class Metrics:
    """Samples of a Prometheus page."""

    LINE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$")
    LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

    def __init__(self, text: str) -> None:
        self.text = text
        self.samples: list[tuple[str, dict[str, str], float]] = []
        for line in text.splitlines():
            if line and not line.startswith("#"):
                match = self.LINE.match(line)
                assert match, f"not a sample: {line!r}"
                name, labels, value = match.groups()
                self.samples.append((name, dict(self.LABEL.findall(labels or "")), float(value)))

    def total(self, name: str, **labels: str) -> float:
        """The sum of the samples of that name whose labels agree."""
        return sum(
            value for sample, has, value in self.samples
            if sample == name and all(has.get(key) == want for key, want in labels.items()))

    def names(self) -> set[str]:
        return {name for name, _, _ in self.samples}
