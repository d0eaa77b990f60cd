"""The private host names themselves; runs without binaries."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from names import PrivateHosts

pytestmark = pytest.mark.skipif(
    not PrivateHosts.available(), reason="no mount namespaces here (unshare --mount)")

#: Answers each name on its input with its addresses, by the C library's `getaddrinfo`.
LOOK_UP = """
import json, socket, sys
for line in sys.stdin:
    try:
        found = socket.getaddrinfo(line.strip(), 80, type=socket.SOCK_STREAM)
        print(json.dumps(sorted({entry[4][0] for entry in found})), flush=True)
    except socket.gaierror:
        print(json.dumps([]), flush=True)
"""


@pytest.fixture
def hosts() -> Iterator[PrivateHosts]:
    with PrivateHosts() as hosts:
        yield hosts


class Resolver:
    """One long-lived process that looks names up."""

    def __init__(self, hosts: PrivateHosts) -> None:
        self.process = subprocess.Popen(
            [*hosts.prefix, sys.executable, "-c", LOOK_UP],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> "Resolver":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        # The signal reached the command itself, not a shell around it.
        assert self.process.wait(10) == -signal.SIGTERM

    def __call__(self, name: str) -> list[str]:
        self.process.stdin.write(name + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def test_a_name_changes_for_a_process_that_runs(hosts: PrivateHosts) -> None:
    hosts.set("vllm.test", ["127.0.0.2", "127.0.0.3"])
    with Resolver(hosts) as look_up:
        assert look_up("vllm.test") == ["127.0.0.2", "127.0.0.3"]
        for last in range(2, 8):
            addresses = [f"127.0.0.{number}" for number in range(2, last + 1)]
            hosts.set("vllm.test", addresses)
            assert look_up("vllm.test") == addresses
        hosts.set("vllm.test", ["127.0.0.7"])
        assert look_up("vllm.test") == ["127.0.0.7"]


def test_a_name_without_addresses_is_unknown(hosts: PrivateHosts) -> None:
    hosts.set("vllm.test", ["127.0.0.2"])
    hosts.set("other.test", ["127.0.0.4", "::1"])
    with Resolver(hosts) as look_up:
        hosts.set("vllm.test", [])
        assert look_up("vllm.test") == []
        assert look_up("other.test") == ["127.0.0.4", "::1"]
        assert look_up("localhost") == ["127.0.0.1"]


def test_only_processes_behind_the_prefix_see_the_names(hosts: PrivateHosts) -> None:
    before = Path("/etc/hosts").read_bytes()
    hosts.set("vllm.test", ["127.0.0.2"])
    with PrivateHosts() as others, Resolver(hosts) as mine, Resolver(others) as theirs:
        assert mine("vllm.test") == ["127.0.0.2"]
        assert theirs("vllm.test") == []
    assert Path("/etc/hosts").read_bytes() == before
    with socket.socket() as free:
        # The addresses can be listened on, each with the port that all of them share.
        free.bind(("127.0.0.2", 0))
        with socket.socket() as second:
            second.bind(("127.0.0.3", free.getsockname()[1]))
