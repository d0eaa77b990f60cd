"""Streams by the hundred on one thread, where a thread each would measure Python."""

import asyncio
import hashlib
import json
import re
import resource
import socket
import ssl
from collections.abc import Awaitable, Callable

from wire import message

CHAT = "/v1/chat/completions"


def raise_descriptor_limit() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def ask(model: str = "chat", stream: bool = True, content: str = "Hi") -> bytes:
    body = {"model": model, "stream": stream, "messages": [{"role": "user", "content": content}]}
    return message("POST", CHAT, json.dumps(body).encode())


def event(number: int, size: int = 0) -> bytes:
    """A numbered event with a checksum, and as much beside them as is wanted."""
    pad = "x" * size
    digest = hashlib.sha256(f"{number}{pad}".encode()).hexdigest()[:16]
    body = {"object": "chat.completion.chunk", "model": "up-chat", "choices": [
        {"index": 0, "delta": {"content": f"{number}:{digest}:{pad}"}}]}
    data = b"data: " + json.dumps(body, separators=(",", ":")).encode() + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(data), data)


HEAD = (b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
DONE = b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"
Talk = Callable[[str, asyncio.StreamWriter], Awaitable[None]]


class CrowdUpstream:
    """An upstream whose every answer is `talk(content, writer)`."""

    def __init__(self, talk: Talk, secure: ssl.SSLContext | None = None) -> None:
        """`secure` is the server's side of TLS, where it speaks that."""
        self.talk = talk
        self.secure = secure
        self.server: asyncio.Server | None = None
        self.open = 0

    async def __aenter__(self) -> "CrowdUpstream":
        listener = socket.socket()
        # What waits on the way shall wait in the sidecar, not here.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
        listener.bind(("127.0.0.1", 0))
        self.server = await asyncio.start_server(
            self._serve, sock=listener, backlog=4096, ssl=self.secure,
            ssl_handshake_timeout=120 if self.secure else None)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()

    @property
    def base(self) -> str:
        scheme = "https" if self.secure else "http"
        return f"{scheme}://127.0.0.1:{self.server.sockets[0].getsockname()[1]}/v1"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # With 0, writing over TLS pauses and goes on by turns, whatever is left to write.
        writer.transport.set_write_buffer_limits(high=1)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(re.search(rb"content-length: (\d+)", head.lower())[1])
                body = json.loads(await reader.readexactly(length))
                self.open += 1
                try:
                    await self.talk(body["messages"][0]["content"], writer)
                finally:
                    self.open -= 1
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


class Listener:
    """Reads one stream and checks that its events come whole and in order."""

    def __init__(self) -> None:
        self.next = 0
        self.is_done = False
        self.problem = ""

    async def read(self, reader: asyncio.StreamReader) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            self.problem = repr(head[:200])
            return
        text = b""
        while True:
            size = int((await reader.readuntil(b"\r\n")).strip(), 16)
            text += (await reader.readexactly(size + 2))[:-2]
            if size == 0:
                break
            *whole, text = text.split(b"\n\n")
            for data in whole:
                self._take(data)
        if text or not self.is_done:
            self.problem = self.problem or f"cut after {self.next} events"

    def _take(self, data: bytes) -> None:
        if data == b"data: [DONE]":
            self.is_done = True
            return
        try:
            content = json.loads(data[6:])["choices"][0]["delta"]["content"]
            number, digest, pad = content.split(":", 2)
        except (ValueError, KeyError, IndexError):
            self.problem = repr(data[:200])
            return
        expected = hashlib.sha256(f"{number}{pad}".encode()).hexdigest()[:16]
        if int(number) != self.next or digest != expected:
            self.problem = f"{number} where {self.next} should be"
        self.next += 1


async def listen(address: tuple[str, int], request: bytes) -> Listener:
    """One whole stream over a connection of its own."""
    listener = Listener()
    reader, writer = await asyncio.open_connection(*address)
    try:
        writer.write(request)
        await listener.read(reader)
    except (OSError, asyncio.IncompleteReadError) as error:
        listener.problem = repr(error)
    finally:
        writer.close()
    return listener
