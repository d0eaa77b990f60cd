"""Every way in which an upstream fails here, and what docs/routing.md says of each.

A failure is what the upstream does and four facts about it: what the client sees when nothing can
be done, whether it is tried again, whom it cools, and how long it takes. All else follows by rules.
"""

import time
from dataclasses import dataclass
from enum import Enum, auto

from behaviours import delta
from upstream import CLOSE, Behaviour, Exchange, compact

#: Seconds for an attempt and for a pause in a stream, where failures.py's upstreams are behind.
TIMEOUT = 1.0


class Again(Enum):
    """Whether a failed attempt is followed by another (Retries)."""

    ALWAYS = auto()
    ELSEWHERE = auto()  # Where the group has another candidate.
    NEVER = auto()


class Cools(Enum):
    """Whom one failure takes out (Cooldowns)."""

    NOBODY = auto()
    UNLESS_LAST = auto()  # Unless it is the last available one.
    UNLESS_ALONE = auto()  # Unless the group has one only.
    BY_RATE = auto()  # Not before the fifth attempt in a minute.


@dataclass(frozen=True)
class Failure:
    name: str
    act: Behaviour
    #: What the client gets when this is the answer.
    status: int
    again: Again
    cools: Cools
    #: The upstream's own body, where the client gets that; none for an error of the gateway's.
    body: bytes | None = None
    #: How long one attempt takes.
    seconds: float = 0.0
    #: What the upstream's Retry-After says.
    retry_after: int | None = None
    #: In a stream an event is out before it fails: the status is 200, the end an error event.
    breaks_stream: bool = False
    #: Nothing listens: the upstream sees no request.
    refuses: bool = False

    def __str__(self) -> str:
        return self.name


def error_body(status: int, message: str = "it went wrong") -> bytes:
    return compact({"error": {"message": message, "type": "E", "param": None, "code": status}})


#: What vLLM says of a model that it does not serve, and its framework of a path.
UNKNOWN_MODEL = compact({"error": {
    "message": "The model `nope` does not exist.", "type": "NotFoundError", "param": "model",
    "code": 404}})
UNKNOWN_PATH = b'{"detail":"Not Found"}'
PART = b'{"id":"chatcmpl-1","object":"chat.completion","choices":[{"ind'


def answering(status: int, body: bytes, retry_after: int | None = None) -> Behaviour:
    after = [] if retry_after is None else [("retry-after", str(retry_after))]
    return lambda exchange: exchange.answer(body, status, [CLOSE, *after])


def refuse(exchange: Exchange) -> None:
    raise AssertionError("a request came to an upstream that does not listen")


def reset_before_head(exchange: Exchange) -> None:
    exchange.reset()


def begin(exchange: Exchange, pieces: int) -> None:
    """A head, and that many pieces of a body."""
    if exchange.json.get("stream"):
        exchange.start_stream([CLOSE])
        for _ in range(pieces):
            exchange.event(delta(exchange, {"content": "first"}))
    else:
        kind = ("content-type", "application/json")
        exchange.start(200, [kind, ("content-length", "1000"), CLOSE])
        exchange.send(PART * pieces)
    time.sleep(0.1)  # It is on its way before a reset can drop it.


def reset_after_head(exchange: Exchange) -> None:
    begin(exchange, 0)
    exchange.reset()


def reset_in_body(exchange: Exchange) -> None:
    begin(exchange, 1)
    exchange.reset()


def hang(exchange: Exchange) -> None:
    exchange.wait_closed(10)
    exchange.hang_up()


def hang_in_body(exchange: Exchange) -> None:
    begin(exchange, 1)
    exchange.wait_closed(10)
    exchange.hang_up()


def speak_nonsense(exchange: Exchange) -> None:
    exchange.send(b"\x00\x01\x02 nonsense\r\n\r\n")
    exchange.hang_up()


def answer_broken_json(exchange: Exchange) -> None:
    exchange.answer(PART, 200, [CLOSE])


def answer_a_page(exchange: Exchange) -> None:
    kind = ("content-type", "text/html; charset=utf-8")
    exchange.answer(b"<html><body>Welcome to nginx!</body></html>", 200, [kind, CLOSE])


def cut_a_chunk(exchange: Exchange) -> None:
    if exchange.json.get("stream"):
        begin(exchange, 1)
    else:
        kind = ("content-type", "application/json")
        exchange.start(200, [kind, ("transfer-encoding", "chunked"), CLOSE])
    exchange.send(b"100\r\n" + PART)
    time.sleep(0.1)
    exchange.hang_up()


def status(
    code: int, again: Again, cools: Cools, body: bytes | None = None, name: str | None = None,
    retry_after: int | None = None,
) -> Failure:
    """An answer with an error status, which goes through as it is."""
    own = error_body(code) if body is None else body
    return Failure(name or str(code), answering(code, own, retry_after), code, again, cools,
                   body=own, retry_after=retry_after)


def broken(name: str, act: Behaviour, code: int, **facts: object) -> Failure:
    """No good answer: tried again, and cooled by rate."""
    return Failure(name, act, code, Again.ALWAYS, Cools.BY_RATE, **facts)


FAILURES = [
    broken("refused", refuse, 500, refuses=True),
    broken("reset-before-head", reset_before_head, 500),
    broken("reset-after-head", reset_after_head, 500),
    broken("reset-in-body", reset_in_body, 500, breaks_stream=True),
    broken("cut-chunk", cut_a_chunk, 500, breaks_stream=True),
    broken("hang", hang, 408, seconds=TIMEOUT),
    broken("hang-in-body", hang_in_body, 408, seconds=TIMEOUT, breaks_stream=True),
    broken("not-http", speak_nonsense, 502),
    broken("broken-json", answer_broken_json, 502),
    broken("a-page", answer_a_page, 502),
    status(400, Again.NEVER, Cools.NOBODY),
    status(401, Again.ELSEWHERE, Cools.UNLESS_LAST),
    status(402, Again.ELSEWHERE, Cools.UNLESS_LAST),
    status(403, Again.ELSEWHERE, Cools.NOBODY),
    status(404, Again.NEVER, Cools.NOBODY, UNKNOWN_PATH, "404-path"),
    status(404, Again.NEVER, Cools.UNLESS_LAST, UNKNOWN_MODEL, "404-model"),
    status(408, Again.ALWAYS, Cools.BY_RATE),
    status(409, Again.ALWAYS, Cools.NOBODY),
    status(422, Again.NEVER, Cools.NOBODY),
    status(429, Again.ALWAYS, Cools.UNLESS_ALONE),
    status(429, Again.ALWAYS, Cools.UNLESS_ALONE, name="429-later", retry_after=3),
    status(500, Again.ALWAYS, Cools.BY_RATE),
    status(501, Again.ELSEWHERE, Cools.NOBODY),
    status(502, Again.ALWAYS, Cools.BY_RATE),
    status(503, Again.ALWAYS, Cools.BY_RATE),
    status(504, Again.ALWAYS, Cools.BY_RATE),
]
