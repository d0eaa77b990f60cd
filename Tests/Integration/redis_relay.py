"""A relay before a Redis that notes what a sidecar asks, and gives answers when the test wants."""

import hashlib
import socket
import threading
import time

from limit_redis import scripts
from sidecar import free_port

#: Scripts by digest.
NAMES = {hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest(): name
         for name, source in scripts().items()}


class Write:
    """What came in one read: as many commands as left in one write."""

    def __init__(self, commands: list[list[bytes]]) -> None:
        self.at = time.monotonic()
        self.commands = [name for name in map(named, commands) if name]


def named(words: list[bytes]) -> str:
    """A command as tests speak of it; empty for those that no request causes."""
    name = words[0].decode().upper()
    if name in ("EVALSHA", "EVAL"):
        digest = words[1].decode() if name == "EVALSHA" else hashlib.sha1(
            words[1], usedforsecurity=False).hexdigest()
        name = NAMES.get(digest, "")
        return name if name in ("admit", "settle", "lease") else ""
    name = "GET" if name == "GETRANGE" else name
    return name if name in ("GET", "SET") and not words[1].endswith(b"epoch") else ""


class RedisRelay:
    """Answers are held back by `delay` seconds, or until `held` is cleared."""

    def __init__(self, target: int) -> None:
        self.target, self.port = target, free_port()
        self.delay = 0.0
        self.held = threading.Event()
        self.writes: list[Write] = []
        self.sockets: list[socket.socket] = []
        self.server = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def commands(self) -> list[str]:
        return [name for write in list(self.writes) for name in write.commands]

    def hold(self) -> None:
        self.held.set()

    def release(self) -> None:
        self.held.clear()

    def cut(self) -> None:
        """Ends all connections."""
        for one in self.sockets:
            one.close()
        self.sockets = []

    def stop(self) -> None:
        self.server.close()
        self.release()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.server.accept()
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                return
            for one in (near, far):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.sockets.append(one)
            threading.Thread(target=self._ask, args=(near, far), daemon=True).start()
            threading.Thread(target=self._answer, args=(far, near), daemon=True).start()

    def _ask(self, near: socket.socket, far: socket.socket) -> None:
        data = b""
        try:
            while piece := near.recv(1 << 20):
                data += piece
                commands, data = parse(data)
                self.writes.append(Write(commands))
                far.sendall(piece)
        except OSError:
            pass
        self._end(near, far)

    def _answer(self, far: socket.socket, near: socket.socket) -> None:
        """In order, and each piece as long after it came; later ones may come meanwhile."""
        queue: list[tuple[float, bytes]] = []
        lock = threading.Condition()

        def give() -> None:
            while True:
                with lock:
                    while not queue:
                        lock.wait()
                    due, piece = queue.pop(0)
                while time.monotonic() < due or self.held.is_set():
                    time.sleep(0.001)
                try:
                    near.sendall(piece)
                except OSError:
                    return
                if not piece:
                    return

        threading.Thread(target=give, daemon=True).start()
        try:
            while piece := far.recv(1 << 20):
                with lock:
                    queue.append((time.monotonic() + self.delay, piece))
                    lock.notify()
        except OSError:
            pass
        self._end(near, far)

    @staticmethod
    def _end(*both: socket.socket) -> None:
        for one in both:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def parse(data: bytes) -> tuple[list[list[bytes]], bytes]:
    """Whole commands, and what is left."""
    commands, start = [], 0
    while True:
        words, at = [], data.find(b"\r\n", start)
        if at < 0:
            return commands, data[start:]
        count, at = int(data[start + 1:at]), at + 2
        for _ in range(count):
            end = data.find(b"\r\n", at)
            size = int(data[at + 1:end]) if end >= 0 else 0
            if end < 0 or len(data) < end + 4 + size:
                return commands, data[start:]
            words.append(data[end + 2:end + 2 + size])
            at = end + 4 + size
        commands.append(words)
        start = at
