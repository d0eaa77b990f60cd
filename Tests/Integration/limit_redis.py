"""A `redis-server` of a test's own, and the limiter's scripts as it would be asked for them."""

import hashlib
import re
import socket
import subprocess
import textwrap
import time
from pathlib import Path

from sidecar import free_port

SOURCE = Path(__file__).parents[2] / "sidecar/RateLimits/Scripts/LimitScript.swift"


class RedisServer:
    """A Redis without persistence, on a free port."""

    def __init__(self, *options: str) -> None:
        self.port = free_port()
        self.options = options
        self.start()

    def start(self) -> None:
        """Also after `stop`: then it begins empty."""
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", *self.options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while True:
            try:
                with RedisClient(self.port) as client:
                    client.call("PING")
                    return
            except OSError:
                assert time.monotonic() < end and self.process.poll() is None, "no redis-server"
                time.sleep(0.02)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


class RedisClient:
    """RESP2 over one connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.file = self.socket.makefile("rb")

    def __enter__(self) -> "RedisClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.file.close()
        self.socket.close()

    def call(self, *words: object) -> object:
        self.send(*words)
        return self.read()

    def send(self, *words: object) -> None:
        parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(parts)
                            + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))

    def read(self) -> object:
        line = self.file.readline()
        if not line:
            raise ConnectionError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return None if rest == b"-1" else [self.read() for _ in range(int(rest))]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        return rest


def scripts() -> dict[str, str]:
    """The scripts by name, as `LimitScript.swift` has them."""
    text = SOURCE.read_text(encoding="utf-8")
    blocks = [textwrap.dedent(block) for block in re.findall(r'"""\n(.*?)\n *"""', text, re.S)]
    names = re.findall(r'LimitScript\(\s*\d+,\s*"(\w+)"', text)
    assert len(blocks) == len(names) + 1, "LimitScript.swift is laid out in another way"
    return {name: blocks[0] + body for name, body in zip(names, blocks[1:], strict=True)}


#: Stands before a script: its clock is the key `clock`, in milliseconds.
FAKE_CLOCK = """
local real = redis
local redis = {call = function(name, ...)
  if name ~= 'TIME' then return real.call(name, ...) end
  local ms = tonumber(real.call('GET', 'clock'))
  return {math.floor(ms / 1000), ms % 1000 * 1000}
end}
"""


class Limits:
    """The scripts on one connection; with `clock`, on a clock that the test sets."""

    def __init__(self, port: int, *, clock: bool = False) -> None:
        self.client = RedisClient(port)
        prologue = FAKE_CLOCK if clock else ""
        self.sources = {name: prologue + source for name, source in scripts().items()}
        self.digests: dict[str, str] = {}

    def set_clock(self, ms: int) -> None:
        self.client.call("SET", "clock", ms)

    def run(self, name: str, keys: list[str], *arguments: object) -> list[int]:
        source = self.sources[name]
        digest = self.digests.get(name)
        if digest is None:
            digest = self.client.call("SCRIPT", "LOAD", source).decode()
            assert digest == hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()
            self.digests[name] = digest
        return self.client.call("EVALSHA", digest, len(keys), *keys, *arguments)

    def admit(self, own: list[tuple], candidates: list[list[tuple]] = (), *,
              member: str = "m", lease: int = 15_000) -> list[int]:
        """`own` and each candidate: (key, kind, limit, amount)."""
        counters = [*own, *(counter for candidate in candidates for counter in candidate)]
        return self.run(
            "admit", [counter[0] for counter in counters], member, lease, len(own),
            len(candidates), *map(len, candidates),
            *(part for counter in counters for part in counter[1:]))

    def settle(self, step: int, corrections: list[tuple], member: str = "m") -> None:
        """`corrections`: (key, kind, amount)."""
        self.run("settle", [one[0] for one in corrections], member,
                 *(part for _, kind, amount in corrections for part in (kind, step, amount)))
