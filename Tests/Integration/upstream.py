"""An upstream that can misbehave.

It speaks HTTP/1.1 over plain sockets, one thread a connection, so that a test can decide every byte
and every pause. What it does is chosen by the model that a request names: `behaviour(model)`
registers a function that is handed the exchange. It keeps every request as it came.
"""

import json
import queue
import re
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


@dataclass
class Exchange:
    """One request as it came over the wire, and the means to answer it."""

    connection: socket.socket
    head: bytes
    body: bytes
    #: Which connection, counted from 1, and which request on it.
    connection_number: int
    request_number: int
    #: When it had been read whole, by time.monotonic().
    arrived_at: float = field(default_factory=time.monotonic)
    #: When the client's end of the connection was seen to close, by time.monotonic().
    closed_at: float | None = None
    finished: threading.Event = field(default_factory=threading.Event)

    @property
    def request_line(self) -> str:
        return self.head.split(b"\r\n", 1)[0].decode("latin-1")

    @property
    def method(self) -> str:
        return self.request_line.split(" ")[0]

    @property
    def target(self) -> str:
        return self.request_line.split(" ")[1]

    @property
    def path(self) -> str:
        return self.target.split("?")[0]

    @property
    def headers(self) -> list[tuple[str, str]]:
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        pairs = [line.partition(":") for line in lines if line]
        return [(name.lower(), value.strip()) for name, _, value in pairs]

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name.lower()), None)

    @property
    def json(self) -> dict:
        return json.loads(self.body)

    @property
    def model(self) -> str:
        if "multipart/form-data" in (self.header("content-type") or ""):
            part = rb'name="model"[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n([^\r\n]*)'
            match = re.search(part, self.body)
            return match.group(1).decode() if match else ""
        try:
            return str(self.json.get("model", ""))
        except (ValueError, AttributeError):
            return ""

    # Answers.

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def send_in_pieces(self, data: bytes, size: int, pause: float = 0.0) -> None:
        for start in range(0, len(data), size):
            self.send(data[start : start + size])
            if pause:
                time.sleep(pause)

    def start(self, status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> None:
        self.send(head(status, headers))

    def answer(
        self, body: object, status: int = 200, headers: Iterable[tuple[str, str]] = ()
    ) -> None:
        """A whole response with a length; a dict or list becomes JSON as vLLM writes it."""
        data = body if isinstance(body, bytes) else compact(body)
        fixed = [("content-length", str(len(data))), ("content-type", "application/json")]
        names = {name.lower() for name, _ in headers}
        self.send(head(status, [*[f for f in fixed if f[0] not in names], *headers]) + data)

    def start_stream(self, headers: Iterable[tuple[str, str]] = ()) -> None:
        kind = ("content-type", "text/event-stream; charset=utf-8")
        self.start(200, [kind, ("transfer-encoding", "chunked"), *headers])

    def event(self, body: object) -> None:
        """One SSE event in one HTTP chunk, as vLLM sends them."""
        text = body if isinstance(body, bytes) else compact(body)
        self.send(chunk(b"data: " + text + b"\n\n"))

    def end_stream(self, done: bool = True) -> None:
        self.send((chunk(b"data: [DONE]\n\n") if done else b"") + b"0\r\n\r\n")

    def reset(self) -> None:
        """Closes with a TCP reset instead of an orderly end."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.hang_up()

    def hang_up(self) -> None:
        self.connection.close()
        raise HungUp

    def wait_closed(self, seconds: float) -> bool:
        """Whether the client went away within the time; notes when."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            ready, _, _ = select.select([self.connection], [], [], end - time.monotonic())
            try:
                if ready and self.connection.recv(1, socket.MSG_PEEK) == b"":
                    self.closed_at = time.monotonic()
                    return True
            except OSError:
                self.closed_at = time.monotonic()
                return True
            if ready:  # Bytes of a next request: not closed, and select would spin.
                time.sleep(0.01)
        return False


class HungUp(Exception):
    """The behaviour closed the connection itself."""


def compact(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found",
           429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable"}
#: An upstream that says so gets a connection of its own for each request.
CLOSE = ("connection", "close")


def head(status: int, headers: Iterable[tuple[str, str]]) -> bytes:
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}", "server: uvicorn"]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


Behaviour = Callable[[Exchange], None]


class Upstream:
    """Listens on a free port of a loopback address until `stop`.

    One that `refuses` has its port, but takes no connection before `listen` is called.
    """

    def __init__(
        self, fallback: Behaviour, port: int = 0, refuses: bool = False, host: str = "127.0.0.1"
    ) -> None:
        self.host = host
        self.fallback = fallback
        self.behaviours: dict[str, Behaviour] = {}
        self.requests: list[Exchange] = []
        self.arrived: queue.Queue[Exchange] = queue.Queue()
        self.connections = 0
        self.lock = threading.Lock()
        self.open: set[socket.socket] = set()
        self.listener = socket.socket()
        if not refuses:  # A port that is bound for reuse and silent could be given to another.
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((host, port))
        self.port = self.listener.getsockname()[1]
        if not refuses:
            self.listen()

    def listen(self) -> None:
        self.listener.listen(512)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def base(self) -> str:
        return f"http://{self.host}:{self.port}/v1"

    def behaviour(self, model: str) -> Callable[[Behaviour], Behaviour]:
        """Registers the decorated function for requests that name this model."""

        def register(function: Behaviour) -> Behaviour:
            self.behaviours[model] = function
            return function

        return register

    def next_request(self, seconds: float = 5.0) -> Exchange:
        """The oldest request not yet taken."""
        return self.arrived.get(timeout=seconds)

    def forget(self) -> None:
        """Drops what was recorded and registered; a test starts clean."""
        with self.lock:
            self.requests.clear()
            self.behaviours.clear()
        while not self.arrived.empty():
            self.arrived.get_nowait()

    def close_idle(self) -> None:
        """Closes every open connection, as a server does with idle ones."""
        with self.lock:
            connections = list(self.open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self) -> None:
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.close_idle()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.connections += 1
                number = self.connections
                self.open.add(connection)
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        received = b""
        count = 0
        try:
            while True:
                request, received = read_request(connection, received)
                if request is None:
                    return
                count += 1
                exchange = Exchange(connection, *request, number, count)
                with self.lock:
                    self.requests.append(exchange)
                    act = self.behaviours.get(exchange.model, self.fallback)
                self.arrived.put(exchange)
                try:
                    act(exchange)
                finally:
                    exchange.finished.set()
                if (exchange.header("connection") or "").lower() == "close":
                    return
        except (HungUp, OSError):
            pass
        finally:
            with self.lock:
                self.open.discard(connection)
            connection.close()


def read_request(
    connection: socket.socket, received: bytes
) -> tuple[tuple[bytes, bytes] | None, bytes]:
    """Head (no empty line) and decoded body of the next request, and what came after it."""

    def more() -> bool:
        nonlocal received
        data = connection.recv(65536)
        received += data
        return bool(data)

    while b"\r\n\r\n" not in received:
        if not more():
            return None, b""
    head_bytes, _, received = received.partition(b"\r\n\r\n")
    lowered = head_bytes.lower()
    if b"expect: 100-continue" in lowered:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    if b"transfer-encoding: chunked" in lowered:
        body = b""
        while True:
            while b"\r\n" not in received:
                if not more():
                    return None, b""
            line, _, received = received.partition(b"\r\n")
            size = int(line.split(b";")[0], 16)
            while len(received) < size + 2:
                if not more():
                    return None, b""
            body, received = body + received[:size], received[size + 2 :]
            if size == 0:
                return (head_bytes, body), received
    match = re.search(rb"content-length:\s*(\d+)", lowered)
    length = int(match.group(1)) if match else 0
    pieces, count = [received], len(received)
    while count < length:  # Joined once: of a large body, each sum would be a copy.
        data = connection.recv(min(1 << 20, length - count))
        if not data:
            return None, b""
        pieces.append(data)
        count += len(data)
    received = b"".join(pieces)
    return (head_bytes, received[:length]), received[length:]
