"""A Redis of a test's own, and a client that says to it what no sidecar would."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from real_redis import documented_user

PASSWORD = "redis-canary-77d1"


class RedisServer:
    """Listens on a free loopback port until `stop`; its user `sidegate-cache` has only the
    rights that are documented."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--dir", str(self.directory),
             "--user", *documented_user("sidegate-cache", PASSWORD)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while True:
            try:
                assert self.command("PING") == b"PONG"
                return
            except OSError:
                assert time.monotonic() < end, "redis-server does not answer"
                time.sleep(0.02)

    @property
    def params(self) -> dict:
        return {"type": "redis", "host": "127.0.0.1", "port": self.port,
                "username": "sidegate-cache", "password": "os.environ/REDIS_SECRET"}

    def command(self, *words: str | bytes) -> bytes | int | list | None:
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            data = [word.encode() if isinstance(word, str) else word for word in words]
            connection.sendall(b"*%d\r\n" % len(data) + b"".join(
                b"$%d\r\n%s\r\n" % (len(word), word) for word in data))
            return self._read(connection.makefile("rb"))

    def _read(self, stream) -> bytes | int | list | None:
        line = stream.readline()[:-2]
        kind, rest = line[:1], line[1:]
        if kind == b"-":
            raise AssertionError(rest.decode())
        if kind == b"+":
            return rest
        if kind == b":":
            return int(rest)
        if int(rest) < 0:
            return None
        if kind == b"*":
            return [self._read(stream) for _ in range(int(rest))]
        return stream.read(int(rest) + 2)[:-2]

    def keys(self) -> list[str]:
        return sorted(key.decode() for key in self.command("KEYS", "*"))

    def pause(self) -> None:
        os.kill(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)

    def stop(self) -> None:
        self.resume()
        self.process.kill()
        self.process.wait()
