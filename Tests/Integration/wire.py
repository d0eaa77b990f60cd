"""A client that sends exactly the bytes it is told to, and reads responses as they are framed."""

import json
import socket
from dataclasses import dataclass


@dataclass
class Response:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name.lower()), None)

    @property
    def json(self):
        return json.loads(self.body)


class Wire:
    """One connection: to `host:port`, or to a Unix socket when given a path."""

    def __init__(self, address: tuple[str, int] | str, timeout: float = 10.0) -> None:
        if isinstance(address, str):
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.socket.settimeout(timeout)
            self.socket.connect(address)
        else:
            self.socket = socket.create_connection(address, timeout=timeout)
        self.received = b""

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def request(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Response:
        self.send(message(method, path, body, headers))
        return self.response(method)

    def _more(self) -> bool:
        data = self.socket.recv(65536)
        self.received += data
        return bool(data)

    def _until(self, mark: bytes) -> bytes:
        while mark not in self.received:
            if not self._more():
                raise EOFError(f"closed before {mark!r}; got {self.received[-200:]!r}")
        found, _, self.received = self.received.partition(mark)
        return found

    def _exactly(self, count: int) -> bytes:
        while len(self.received) < count:
            if not self._more():
                raise EOFError(f"closed {count - len(self.received)} bytes early")
        found, self.received = self.received[:count], self.received[count:]
        return found

    def read_head(self) -> tuple[int, list[tuple[str, str]]]:
        lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        pairs = [line.partition(":") for line in lines[1:]]
        headers = [(name.lower(), value.strip()) for name, _, value in pairs]
        return int(lines[0].split(" ")[1]), headers

    def read_chunk(self) -> bytes:
        """The next chunk of a chunked body; empty at the end."""
        size = int(self._until(b"\r\n").split(b";")[0], 16)
        data = self._exactly(size)
        self._exactly(2)
        return data

    def response(self, method: str = "GET") -> Response:
        """The next whole response, an interim one included."""
        status, headers = self.read_head()
        fields = dict(headers)
        body = b""
        if method == "HEAD" or status in (204, 304) or status < 200:
            pass
        elif "chunked" in fields.get("transfer-encoding", ""):
            while piece := self.read_chunk():
                body += piece
        elif "content-length" in fields:
            body = self._exactly(int(fields["content-length"]))
        else:
            while self._more():
                pass
            body, self.received = self.received, b""
        return Response(status, headers, body)

    def at_end(self, seconds: float = 5.0) -> bool:
        """Whether the other side has closed, or does within the time."""
        self.socket.settimeout(seconds)
        try:
            return self.received == b"" and self.socket.recv(1) == b""
        except ConnectionError:
            return True
        except TimeoutError:
            return False


def message(
    method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> bytes:
    """A request's bytes; JSON with a length unless the headers say otherwise."""
    fields = {"host": "localhost", **(headers or {})}
    names = {name.lower() for name in fields}
    if (body or method == "POST") and not names & {"content-length", "transfer-encoding"}:
        fields["content-length"] = str(len(body))
    if body and "content-type" not in names:
        fields["content-type"] = "application/json"
    lines = [f"{method} {path} HTTP/1.1", *[f"{n}: {v}" for n, v in fields.items()]]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
