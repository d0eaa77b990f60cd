"""A Bedrock of the tests' own, on AWS's service model.

    POST /model/{modelId}/converse, /converse-stream, /invoke

Each request must be signed as botocore's signer would sign it, with a credential that is known and
not expired, or bear a known token; its body must hold to the model's shape and to the rules that
the service adds. What is not let in is kept in `refusals`. What is let in is handed to the function
that a test registered for the model's identifier, or else answered plainly.
"""

import re
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.utils import formatdate
from urllib.parse import unquote

import event_stream
from aws_identity import Identity
from aws_keys import REGION, Key, Keyring, Refused
from bedrock_answers import ordinary
from bedrock_rules import broken
from bedrock_shapes import RUNTIME, Malformed, converted, parse, violations
from upstream import Exchange, Upstream, chunk, compact

PATH = re.compile(r"(?:/[^/?]+)*?/model/([^/?]+)/([a-z-]+)")
OPERATIONS = {"converse": "Converse", "converse-stream": "ConverseStream", "invoke": "InvokeModel"}
#: Statuses of the exceptions that are not in the service's model.
STATUSES = {"UnrecognizedClientException": 403, "ExpiredTokenException": 403,
            "InvalidSignatureException": 403, "MissingAuthenticationTokenException": 403,
            "IncompleteSignatureException": 400, "SerializationException": 400,
            "UnknownOperationException": 404, "InternalFailure": 500, "FTUFormNotFilled": 404}
CORAL = "http://internal.amazon.com/coral/com.amazon.bedrock/"


def status_of(name: str) -> int:
    if name in STATUSES:
        return STATUSES[name]
    return RUNTIME.shape_for(name).metadata["error"]["httpStatusCode"]


@dataclass
class Call:
    """One request that was let in, and the means to answer it."""

    exchange: Exchange
    operation: str
    #: As in the path, decoded.
    model: str
    #: As it came, and as botocore's parameters: without base64.
    body: dict
    parameters: dict
    #: What it was signed with; None for one with a bearer token.
    key: Key | None
    #: The service's clock, in seconds since 1970.
    now: float
    #: The size in bytes of the pieces that a stream is cut into, wherever frames end; 0: none.
    piece: int = 0
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def streamed(self) -> bool:
        return self.operation == "ConverseStream"

    @property
    def texts(self) -> list[str]:
        """All texts of the conversation, in their order."""
        return [block["text"] for message in self.body.get("messages", [])
                for block in message["content"] if "text" in block]

    # Answers

    def head(self, status: int, headers: Iterable[tuple[str, str]]) -> bytes:
        fixed = [("Date", formatdate(self.now, usegmt=True)), ("x-amzn-RequestId", self.request_id)]
        lines = [f"HTTP/1.1 {status} Status", *[f"{n}: {v}" for n, v in [*fixed, *headers]]]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def answer(
        self, body: object, status: int = 200, headers: Iterable[tuple[str, str]] = ()
    ) -> None:
        data = body if isinstance(body, bytes) else compact(body)
        own = [("Content-Type", "application/json"), ("Content-Length", str(len(data)))]
        names = {name.lower() for name, _ in headers}
        kept = [pair for pair in own if pair[0].lower() not in names]
        self.exchange.send(self.head(status, [*kept, *headers]) + data)

    def fail(
        self, name: str, message: str = "it went wrong", status: int | None = None,
        headers: Iterable[tuple[str, str]] = (), **more: object,
    ) -> None:
        """An error in AWS's shape, with the status that the model says unless told otherwise."""
        kind = ("x-amzn-ErrorType", f"{name}:{CORAL}")
        self.answer({"message": message, **more}, status or status_of(name), [kind, *headers])

    def start_stream(self) -> None:
        self.exchange.send(self.head(200, [("Content-Type", "application/vnd.amazon.eventstream"),
                                           ("Transfer-Encoding", "chunked")]))

    def send(self, data: bytes) -> None:
        """Bytes of a stream's body, in pieces if so told; each piece is a chunk of its own."""
        size = self.piece or len(data)
        for start in range(0, len(data), size):
            self.exchange.send(chunk(data[start : start + size]))

    def event(self, kind: str, payload: dict) -> None:
        """A frame; its padding is such as the service's."""
        self.send(event_stream.event(kind, compact({**payload, "p": "abcdefghijk"})))

    def exception(self, name: str, message: str = "it went wrong") -> None:
        """An exception's frame; nothing follows it."""
        kind = name[0].lower() + name[1:]
        self.send(event_stream.exception(kind, compact({"message": message})))
        self.end_stream()

    def end_stream(self) -> None:
        self.exchange.send(b"0\r\n\r\n")


Behaviour = Callable[[Call], None]


class Bedrock:
    """Listens on a free loopback port until `stop`; `identity` hands out its credentials."""

    def __init__(self, region: str = REGION) -> None:
        self.keys = Keyring(region)
        self.identity = Identity(self.keys)
        self.lock = threading.Lock()
        self.server = Upstream(self._serve)
        self.forget()

    def forget(self) -> None:
        """Drops what was recorded and registered; credentials stay known."""
        self.behaviours: dict[str, Behaviour] = {}
        self.calls: list[Call] = []
        self.refusals: list[Refused] = []
        self.keys.clock_offset = 0.0
        self.identity.forget()
        self.server.forget()

    def stop(self) -> None:
        self.server.stop()
        self.identity.stop()

    @property
    def base(self) -> str:
        return f"http://{self.server.host}:{self.server.port}"

    def behaviour(self, model: str) -> Callable[[Behaviour], Behaviour]:
        """Registers the decorated function for calls of this model."""

        def register(function: Behaviour) -> Behaviour:
            self.behaviours[model] = function
            return function

        return register

    def calls_of(self, model: str) -> list[Call]:
        with self.lock:
            return [call for call in self.calls if call.model == model]

    def take_refusals(self) -> list[str]:
        """The names of what was refused so far; a test that expects some takes them."""
        with self.lock:
            taken, self.refusals = self.refusals, []
        return [refused.name for refused in taken]

    def wait_calls(self, count: int, seconds: float = 5.0) -> list[Call]:
        end = time.monotonic() + seconds
        while len(self.calls) < count:
            assert time.monotonic() < end, f"{len(self.calls)} of {count} calls"
            time.sleep(0.01)
        return list(self.calls)

    # Letting in

    def _serve(self, exchange: Exchange) -> None:
        call = Call(exchange, "", "", {}, {}, None, self.keys.now())
        try:
            call.key = self._authenticate(exchange)
            self._read(call)
        except Refused as refused:
            with self.lock:
                self.refusals.append(refused)
            if refused.name == "AccessDeniedException":  # What a wrong bearer token gets.
                kind = ("x-amzn-ErrorType", refused.name)
                return call.answer({"Message": refused.message}, 403, [kind])
            return call.fail(refused.name, refused.message, refused.status)
        with self.lock:
            self.calls.append(call)
            act = self.behaviours.get(call.model, ordinary)
        act(call)

    def _authenticate(self, exchange: Exchange) -> Key | None:
        kind, _, token = (exchange.header("authorization") or "").partition(" ")
        if kind.lower() != "bearer":
            return self.keys.verify(exchange, "bedrock")
        if token not in self.keys.bearers:
            raise Refused("AccessDeniedException",
                          "Authentication failed: Please make sure your API Key is valid.")
        if exchange.header("x-amz-date") or exchange.header("x-amz-security-token"):
            raise Refused("IncompleteSignatureException", "a bearer token beside a signature", 400)
        return None

    def _read(self, call: Call) -> None:
        exchange = call.exchange
        match = PATH.fullmatch(exchange.target)
        if exchange.method != "POST" or match is None or match[2] not in OPERATIONS:
            raise Refused("UnknownOperationException", exchange.request_line, 404)
        call.operation, call.model = OPERATIONS[match[2]], unquote(match[1])
        kind = exchange.header("content-type")
        if kind != "application/json" and (kind or call.operation != "InvokeModel"):
            raise Refused("SerializationException", "content-type is not application/json", 400)
        shape = RUNTIME.operation_model(call.operation).input_shape
        try:
            call.body = parse(exchange.body)
            stated = {"modelId": call.model}
            if call.operation == "InvokeModel":
                call.parameters = {**stated, "body": exchange.body}
            else:
                call.parameters = {**converted(call.body, shape), **stated}
        except Malformed as error:
            raise Refused("SerializationException", str(error), 400) from None
        wrong = violations(call.parameters, shape)
        if "modelId" in call.body:
            wrong.append("modelId stands in the path")
        if not wrong and call.operation != "InvokeModel":
            wrong = [rule for rule in [broken(call.model, call.parameters)] if rule]
        if wrong:
            raise Refused("ValidationException", "; ".join(wrong), 400)


def fails(
    name: str, message: str = "it went wrong", times: int | None = None,
    headers: Iterable[tuple[str, str]] = (), **more: object,
) -> Behaviour:
    """Answers an error; after so many times, if that is said, it is well again."""
    left = [times]

    def act(call: Call) -> None:
        if left[0] == 0:
            return ordinary(call)
        if left[0] is not None:
            left[0] -= 1
        call.fail(name, message, headers=list(headers), **more)

    return act


def answers(text: str | bytes, status: int, kind: str) -> Behaviour:
    """Answers what no service of AWS would: a proxy's page, a body of another shape."""
    data = text if isinstance(text, bytes) else text.encode()
    return lambda call: call.answer(data, status, [("Content-Type", kind)])
