"""Real `redis-server` processes: alone, behind TLS or a unix socket, and as a cluster.

Each is what a test makes of it: killed, stopped, full, without rights, a replica.
"""

import os
import random
import re
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

#: Redis Cluster's number of slots.
SLOTS = 16_384
#: Seconds that a server or a cluster may take, on a busy machine, to be as it was told.
PATIENCE = 60


class Refused(Exception):
    """An error that Redis answered."""


def wait_for(condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.05)


class Connection:
    """RESP2 over one connection."""

    def __init__(self, stream: socket.socket) -> None:
        self.stream = stream
        self.file = stream.makefile("rb")

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.file.close()
        self.stream.close()

    def call(self, *words: object) -> object:
        parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self.stream.sendall(b"*%d\r\n" % len(parts) + b"".join(
            b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
        return self._read()

    def _read(self) -> object:
        line = self.file.readline()
        if not line:
            raise ConnectionError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise Refused(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"+":
            return rest
        if rest == b"-1":
            return None
        if kind == b"*":
            return [self._read() for _ in range(int(rest))]
        return self.file.read(int(rest) + 2)[:-2]


class Redis:
    """A server of a test's own, without persistence unless `options` say otherwise.

    `options` are as on the command line; of two that are the same, the later one counts.
    """

    def __init__(self, directory: Path, *options: object, port: int | None = None) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.port = port or free_port()
        self.options = [str(option) for option in options]
        self.process: subprocess.Popen | None = None
        self.start()

    def start(self) -> None:
        """Starts it, after `kill` again on the same port."""
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                 "--dir", str(self.directory), "--enable-debug-command", "yes", *self.options],
                stdout=log, stderr=log)
        wait_for(self.answers, f"redis-server: {(self.directory / 'log').read_text()[-500:]}")

    def answers(self) -> bool:
        assert self.process and self.process.poll() is None, "redis-server has ended"
        try:
            return self.call("PING") == b"PONG"
        except OSError:
            return False

    def connect(self, seconds: float = 30) -> Connection:
        return Connection(socket.create_connection(("127.0.0.1", self.port), seconds))

    def call(self, *words: object) -> object:
        """One command on a connection of its own, as the user `default`."""
        with self.connect() as connection:
            return connection.call(*words)

    def info(self, section: str, name: str) -> str:
        for line in self.call("INFO", section).decode().splitlines():
            if line.startswith(name + ":"):
                return line.partition(":")[2]
        return ""

    def keys(self, pattern: str = "*") -> list[str]:
        return sorted(key.decode() for key in self.call("KEYS", pattern))

    def kill(self) -> None:
        """As a crash."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def pause(self) -> None:
        """The kernel still takes connections, but nothing is answered."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)


def free_port() -> int:
    """One whose neighbour 10,000 above is free, too, as a cluster's member wants it."""
    for _ in range(200):
        port = random.randrange(10_240, 22_000)
        try:
            with socket.create_server(("127.0.0.1", port)):
                with socket.create_server(("127.0.0.1", port + 10_000)):
                    return port
        except OSError:
            continue
    raise AssertionError("no free port")


class Certificates:
    """An authority, and a server's and a client's certificate of it."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self.directory = directory
        key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        script = [f"openssl req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=test-ca"]
        (directory / "san").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        for name in ("server", "client"):
            script += [
                f"openssl req {key} -keyout {name}.key -out {name}.csr -subj /CN={name}",
                f"openssl x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial "
                f"-days 2 -extfile san -out {name}.pem"]
        subprocess.run(["sh", "-ec", "\n".join(script)], cwd=directory, check=True,
                       capture_output=True)

    def path(self, name: str) -> str:
        return str(self.directory / name)

    @property
    def options(self) -> list[str]:
        """Of a server that wants a client's certificate; its TLS port is to be added."""
        return ["--tls-ca-cert-file", self.path("ca.pem"), "--tls-auth-clients", "yes",
                "--tls-cert-file", self.path("server.pem"),
                "--tls-key-file", self.path("server.key")]

    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.path("ca.pem"))
        context.load_cert_chain(self.path("client.pem"), self.path("client.key"))
        return context


class Cluster:
    """Three masters that share all slots, and a replica of each."""

    def __init__(self, directory: Path) -> None:
        options = ("--cluster-enabled", "yes", "--cluster-node-timeout", 2000,
                   "--cluster-require-full-coverage", "no", "--repl-diskless-sync-delay", 0)
        self.servers = [Redis(directory / str(number), *options) for number in range(6)]
        self.ids = [server.call("CLUSTER", "MYID").decode() for server in self.servers]
        bounds = [0, 5_461, 10_923, SLOTS]
        for number, server in enumerate(self.servers[:3]):
            server.call("CLUSTER", "ADDSLOTSRANGE", bounds[number], bounds[number + 1] - 1)
            server.call("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for server in self.servers[1:]:
            self.servers[0].call("CLUSTER", "MEET", "127.0.0.1", server.port)
        wait_for(lambda: all(self.sees(server, 6) for server in self.servers), "a cluster")
        for number, server in enumerate(self.servers[3:]):
            server.call("CLUSTER", "REPLICATE", self.ids[number])
        wait_for(self.is_whole, "replicas")

    @staticmethod
    def sees(server: Redis, count: int) -> bool:
        info = server.call("CLUSTER", "INFO").decode()
        return all(line in info for line in (
            "cluster_state:ok", f"cluster_known_nodes:{count}", "cluster_slots_ok:16384"))

    def is_whole(self) -> bool:
        """Whether three masters have a linked replica each, and all who live know of it."""
        living = [server for server in self.servers if server.process.poll() is None]
        masters = [server for server in living if self.is_master(server)]
        linked = [server for server in living if not self.is_master(server)
                  and server.info("replication", "master_link_status") == "up"]
        return len(masters) == 3 and len(linked) == 3 and all(
            self.sees(server, 6) and server.call("CLUSTER", "NODES").count(b" slave ")
            + server.call("CLUSTER", "NODES").count(b"myself,slave") == 3 for server in living)

    @staticmethod
    def is_master(server: Redis) -> bool:
        return server.call("ROLE")[0] == b"master"

    def master_of(self, slot: int) -> Redis:
        for server in self.servers:
            if server.process.poll() is None and self.is_master(server):
                for first, last, owner, *_ in server.call("CLUSTER", "SLOTS"):
                    if first <= slot <= last:
                        return next(other for other in self.servers if other.port == owner[1])
        raise AssertionError(f"nobody has slot {slot}")

    def replica_of(self, master: Redis) -> Redis:
        identifier = self.ids[self.servers.index(master)].encode()
        for line in master.call("CLUSTER", "NODES").splitlines():
            words = line.split()
            if words[3] == identifier:
                return self.servers[self.ids.index(words[0].decode())]
        raise AssertionError("no replica")

    def move(self, slot: int, to: Redis) -> None:
        """Moves a slot with its keys as `redis-cli --cluster reshard` does."""
        source = self.master_of(slot)
        if source is to:
            return
        names = [self.ids[self.servers.index(server)] for server in (source, to)]
        to.call("CLUSTER", "SETSLOT", slot, "IMPORTING", names[0])
        source.call("CLUSTER", "SETSLOT", slot, "MIGRATING", names[1])
        while keys := source.call("CLUSTER", "GETKEYSINSLOT", slot, 100):
            source.call("MIGRATE", "127.0.0.1", to.port, "", 0, 5000, "KEYS", *keys)
        for server in (to, source, *self.servers):
            if server.process.poll() is None and self.is_master(server):
                server.call("CLUSTER", "SETSLOT", slot, "NODE", names[1])

    def keys(self, pattern: str = "*") -> list[str]:
        return sorted(key for server in self.servers if server.process.poll() is None
                      and self.is_master(server) for key in server.keys(pattern))

    def each(self, *words: object) -> None:
        for server in self.servers:
            server.call(*words)

    def kill(self) -> None:
        for server in self.servers:
            server.kill()


DOCUMENT = Path(__file__).parents[2] / "docs/operations.md"


def documented_user(name: str, password: str, namespace: str = "default") -> list[str]:
    """The words of a user's line in docs/operations.md, behind `ACL SETUSER`."""
    text = DOCUMENT.read_text(encoding="utf-8")
    found = re.search(rf"^    ACL SETUSER ({name} .*?)\n\n", text, re.S | re.M)
    assert found, f"docs/operations.md has no line for {name}"
    line = found[1].replace(">PASSWORD", ">" + password).replace("NAMESPACE", namespace)
    return line.split()


def denials(log: list) -> set[str]:
    """The commands, keys or users in what `ACL LOG` answers."""
    return {entry[entry.index(b"object") + 1].decode() for entry in log}


def slot_of(key: str) -> int:
    """CRC-16/XMODEM of the key or its hash tag."""
    start = key.find("{")
    end = key.find("}", start + 1)
    hashed = key[start + 1:end] if 0 <= start < end - 1 else key
    crc = 0
    for byte in hashed.encode():
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc % SLOTS
