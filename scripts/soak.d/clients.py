"""The clients: loops that ask, read every byte of the answer and say what it was."""

import asyncio
import hashlib
import json
import random
import time
from dataclasses import dataclass, field

#: What becomes of a request: a good answer; an error before any of it; an error event in a stream.
GOOD, ERROR, CUT = "good", "error", "cut"
#: Seconds after which a client gives up: longer than any deadline of the gateway's.
PATIENCE = 60.0
MODELS = ("chat", "chat", "chat", "pair")


@dataclass
class Result:
    call: str
    stream: bool
    begin: float
    end: float = 0.0
    status: int = 0
    kind: str = ""
    #: Of a good answer: which attempt it says it is.
    attempt: str = ""
    retries: int = 0
    fallbacks: int = 0
    #: What is wrong with the answer's form.
    faults: list[str] = field(default_factory=list)


class Broken(Exception):
    """The connection ended within an answer."""


class Connection:
    """One connection to the gateway, used as long as it lasts."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(
                "127.0.0.1", self.port, limit=4 << 20)
        head = (f"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n"
                f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n")
        try:
            self.writer.write(head.encode() + body)
            await self.writer.drain()
            return await self.read()
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            self.close()
            raise Broken(repr(error)) from None

    async def read(self) -> tuple[int, dict[str, str], bytes]:
        assert self.reader
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in head[1:] if line)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        if "chunked" in headers.get("transfer-encoding", ""):
            body = b""
            while size := int(await self.reader.readuntil(b"\r\n"), 16):
                body += (await self.reader.readexactly(size + 2))[:-2]
            await self.reader.readexactly(2)
        else:
            body = await self.reader.readexactly(int(headers["content-length"]))
        if headers.get("connection", "").lower() == "close":
            self.close()
        return int(head[0].split(" ")[1]), headers, body

    def close(self) -> None:
        if self.writer:
            self.writer.close()
        self.reader = self.writer = None


class Clients:
    """Loops until the time is over; `results` has one entry a request."""

    def __init__(self, port: int, count: int, seed: int) -> None:
        self.port, self.count, self.seed = port, count, seed
        self.results: list[Result] = []
        self.waiting = 0

    async def run(self, start: float, seconds: float) -> None:
        self.start = start
        await asyncio.gather(*[self.loop(number, seconds) for number in range(self.count)])

    def now(self) -> float:
        return time.monotonic() - self.start

    async def loop(self, number: int, seconds: float) -> None:
        chance = random.Random(f"{self.seed} client {number}")
        connection = Connection(self.port)
        await asyncio.sleep(chance.random())
        count = 0
        while self.now() < seconds:
            count += 1
            await self.ask(connection, chance, f"{number}-{count}")
            if chance.random() < 0.02:
                connection.close()
            if chance.random() < 0.1:
                await asyncio.sleep(chance.random())
        connection.close()

    async def ask(self, connection: Connection, chance: random.Random, call: str) -> None:
        size = chance.choice([10, 200, 2_000, 20_000])
        prompt = f"{call} Grüße {chance.random()} " + "x" * size
        stream = chance.random() < 0.5
        body = {"model": chance.choice(MODELS), "stream": stream, "user": call,
                "messages": [{"role": "user", "content": prompt}]}
        result = Result(call, stream, self.now())
        self.waiting += 1
        try:
            async with asyncio.timeout(PATIENCE):
                status, headers, data = await connection.ask(json.dumps(body).encode())
            read_answer(result, status, headers, data, prompt)
        except Broken as error:
            result.faults.append(f"the connection broke: {error}")
            connection.close()
        except TimeoutError:
            result.faults.append(f"no whole answer within {PATIENCE:.0f} s")
            connection.close()
        except (ValueError, KeyError, IndexError, TypeError) as error:
            result.faults.append(f"the answer is malformed: {error!r}")
            connection.close()
        finally:
            self.waiting -= 1
        result.end = self.now()
        self.results.append(result)


def read_answer(
    result: Result, status: int, headers: dict[str, str], data: bytes, prompt: str
) -> None:
    """What an answer is, and what is wrong with it."""
    result.status = status
    result.retries = int(headers.get("x-litellm-attempted-retries", 0))
    result.fallbacks = int(headers.get("x-litellm-attempted-fallbacks", 0))
    is_stream = headers.get("content-type", "").startswith("text/event-stream")
    if status >= 400:
        result.kind = ERROR
        check_error(result, json.loads(data)["error"], status)
    elif is_stream != result.stream:
        result.faults.append("a stream was asked for and not given, or the other way round")
    elif is_stream:
        read_stream(result, data, prompt)
    else:
        result.kind = GOOD
        check_text(result, json.loads(data)["choices"][0]["message"]["content"], prompt)


def read_stream(result: Result, data: bytes, prompt: str) -> None:
    events = data.decode().split("\n\n")
    if events.pop():
        result.faults.append("the stream ends within an event")
    pieces = [event.removeprefix("data: ") for event in events]
    if pieces[-1] == "[DONE]":
        result.kind = GOOD
        chunks = [json.loads(piece) for piece in pieces[:-1]]
        text = "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks)
        check_text(result, text, prompt)
    else:
        result.kind = CUT
        check_error(result, json.loads(pieces[-1])["error"], None)
        if "[DONE]" in pieces:
            result.faults.append("something follows the stream's end")
        first = json.loads(pieces[0])
        if "choices" in first:
            # An attempt's name is the first word of its answer.
            texts = [json.loads(piece)["choices"][0]["delta"]["content"] for piece in pieces[:-1]]
            result.attempt = "".join(texts).split(" ")[0]


def check_error(result: Result, error: dict, status: int | None) -> None:
    if not error["message"] or not isinstance(error["code"], str):
        result.faults.append(f"not an error's envelope: {error}")
    if status is not None and error["code"] != str(status):
        result.faults.append(f"status {status} with the code {error['code']}")


def check_text(result: Result, text: str, prompt: str) -> None:
    """Every answer begins with its attempt and its prompt's digest, and ends with its own."""
    body, _, check = text.rpartition(" ")
    result.attempt, digest = body.split(" ")[:2]
    if digest != hashlib.sha256(prompt.encode()).hexdigest():
        result.faults.append("this answers another prompt")
    if check != hashlib.sha256(body.encode()).hexdigest()[:16]:
        result.faults.append("the answer is not whole")
