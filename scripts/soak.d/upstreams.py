"""The upstreams, in a process of their own: servers that follow a schedule and keep a record.

Reads one line of JSON (seed, seconds, upstreams), writes one with the ports, and reads one with the
time of the start. Each further line asks how many connections are open. It ends with its standard
input, and writes the record of all attempts to the file that it is told.
"""

import asyncio
import hashlib
import json
import random
import socket
import struct
import sys
import time

from schedule import WELL, Phase, plan

#: Seconds after an answer's end in which a reset may still overtake it.
IN_FLIGHT = 0.2
LINGER = struct.pack("ii", 1, 0)
REASONS = {200: "OK", 429: "Too Many Requests", 500: "Internal Server Error",
           503: "Service Unavailable"}
WORDS = ("alpha", "beta", "gamma", "delta", "Grüße", "🌍", "zeta", "eta")


def bound(port: int = 0) -> socket.socket:
    """A socket that has the port; several may, so that it is never anybody else's."""
    own = socket.socket()
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    own.bind(("127.0.0.1", port))
    return own


def answer_text(prompt: str, attempt: str) -> str:
    """What proves that this prompt was read and this attempt answers: the client checks it."""
    digest = hashlib.sha256(prompt.encode()).hexdigest()
    body = f"{attempt} {digest} " + " ".join(WORDS[int(digit, 16) % 8] for digit in digest[:24])
    return f"{body} {hashlib.sha256(body.encode()).hexdigest()[:16]}"


class Upstream:
    def __init__(self, number: int, phases: list[Phase], seed: int) -> None:
        self.number, self.phases = number, phases
        self.chance = random.Random(f"{seed} {number}")
        self.holder = bound()
        self.port = self.holder.getsockname()[1]
        self.mode = WELL
        self.changed = asyncio.Event()
        self.server: asyncio.Server | None = None
        #: Each connection's last attempt.
        self.writers: dict[asyncio.StreamWriter, dict] = {}
        self.record: list[dict] = []

    async def run(self, start: float) -> None:
        self.start = start
        for phase in self.phases:
            await self.become(phase.mode)
            await asyncio.sleep(max(0.0, start + phase.end - time.monotonic()))

    async def become(self, mode: str) -> None:
        self.mode = mode
        # Who hangs since an earlier phase is let go.
        self.changed.set()
        self.changed = asyncio.Event()
        if mode == "refuse":
            if self.server:
                self.server.close()
                self.server = None
            for writer, entry in list(self.writers.items()):
                if "end" in entry and time.monotonic() - self.start - entry["end"] < IN_FLIGHT:
                    entry["outcome"] += ", then reset"
                cut(writer)
        elif self.server is None:
            self.server = await asyncio.start_server(
                self.serve, sock=bound(self.port), limit=4 << 20, backlog=512)

    # One connection.

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers[writer] = {}
        count = 0
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(content_length(head))
                count += 1
                await self.act(json.loads(body), reader, writer, count)
        except (asyncio.IncompleteReadError, ConnectionError, Gone, asyncio.CancelledError):
            pass  # Cancelled is what is left when all ends.
        finally:
            self.writers.pop(writer, None)
            writer.close()

    async def act(
        self, request: dict, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: int
    ) -> None:
        prompt = request["messages"][0]["content"]
        entry = {"call": request["user"], "upstream": self.number, "mode": self.mode,
                 "begin": time.monotonic() - self.start, "reused": count > 1, "sent": 0,
                 "outcome": "left"}
        name = f"{self.number}-{len(self.record)}"
        self.record.append(entry)
        self.writers[writer] = entry
        try:
            await self.answer(request, answer_text(prompt, name), reader, writer, entry)
        except ConnectionError:
            raise Gone from None
        finally:
            entry["end"] = time.monotonic() - self.start

    async def answer(
        self, request: dict, text: str, reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter, entry: dict,
    ) -> None:
        mode = self.mode
        if mode == "reset":
            entry["outcome"] = "reset"
            reset(writer)
        if mode == "stall":
            entry["outcome"] = "stalled"
            await self.hang(reader)
            reset(writer)
        if mode.isdigit():
            entry["outcome"] = mode
            after = b"retry-after: 1\r\n" if mode == "429" and self.chance.random() < 0.5 else b""
            return await send(writer, whole(int(mode), error(int(mode)), after))
        cut = self.chance.randint(1, 4) if mode in ("break", "fade") else None
        pieces = list(self.pieces(request, text))
        for place, (pause, piece) in enumerate(pieces):
            if place == cut:
                await asyncio.sleep(0.1)  # What was sent is on its way before a reset.
                entry["outcome"] = mode
                if mode == "fade":
                    await self.hang(reader)
                reset(writer)
            await asyncio.sleep(pause)
            await send(writer, piece)
            entry["sent"] += 1
        entry["outcome"] = "answered"

    async def hang(self, reader: asyncio.StreamReader) -> None:
        """Until the phase ends or the gateway gives up."""
        waits = [asyncio.ensure_future(self.changed.wait()), asyncio.ensure_future(reader.read(1))]
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                one.exception()
        finally:
            for one in waits:
                one.cancel()

    def pieces(self, request: dict, text: str):
        """Seconds to wait, and bytes; every answer has at least five of them."""
        if request.get("stream"):
            kind = b"content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
            yield self.chance.uniform(0.05, 0.25), b"HTTP/1.1 200 OK\r\n" + kind
            size = len(text) // 6 + 1
            for begin in range(0, len(text), size):
                yield self.chance.uniform(0.02, 0.08), event(text[begin : begin + size])
            yield 0.0, event("", "stop") + chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"
        else:
            data = whole(200, {
                "id": "x", "object": "chat.completion", "created": 1, "model": request["model"],
                "choices": [{"index": 0, "finish_reason": "stop",
                             "message": {"role": "assistant", "content": text}}],
                "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}})
            size = len(data) // 5 + 1
            for begin in range(0, len(data), size):
                pause = self.chance.uniform(0.05, 0.4) if begin == 0 else 0.02
                yield pause, data[begin : begin + size]


class Gone(Exception):
    """The connection has ended."""


async def send(writer: asyncio.StreamWriter, data: bytes) -> None:
    if writer.transport.is_closing():
        raise Gone
    writer.write(data)
    await writer.drain()


def cut(writer: asyncio.StreamWriter) -> None:
    """Resets the connection."""
    own = writer.get_extra_info("socket")
    if own is not None and own.fileno() >= 0:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
    writer.transport.abort()


def reset(writer: asyncio.StreamWriter) -> None:
    cut(writer)
    raise Gone


def content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def whole(status: int, body: dict, fields: bytes = b"") -> bytes:
    data = json.dumps(body, ensure_ascii=False).encode()
    head = f"HTTP/1.1 {status} {REASONS[status]}\r\ncontent-length: {len(data)}\r\n"
    return head.encode() + b"content-type: application/json\r\n" + fields + b"\r\n" + data


def error(status: int) -> dict:
    return {"error": {"message": f"upstream says {status}", "type": "chaos", "param": None,
                      "code": str(status)}}


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def event(text: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    body = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "x",
            "choices": [choice]}
    return chunk(b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\n\n")


async def main(output: str) -> None:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    settings = json.loads(await lines.readline())
    plans = plan(settings["seed"], settings["upstreams"], settings["seconds"])
    upstreams = [Upstream(number, phases, settings["seed"]) for number, phases in enumerate(plans)]
    for upstream in upstreams:
        await upstream.become(WELL)
    print(json.dumps([upstream.port for upstream in upstreams]), flush=True)
    start = json.loads(await lines.readline())
    runs = [loop.create_task(upstream.run(start), name="schedule") for upstream in upstreams]
    while await lines.readline():
        print(json.dumps(sum(len(upstream.writers) for upstream in upstreams)), flush=True)
    for run in runs:
        run.cancel()
    with open(output, "w", encoding="utf-8") as file:
        for upstream in upstreams:
            for entry in upstream.record:
                file.write(json.dumps(entry) + "\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
