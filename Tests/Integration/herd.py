"""Groups of deployments on one upstream, told apart by the upstream's model, and ways to ask them.

Deployment number n of the group `chat` has the id and the upstream's model `chat.a`, `chat.b`, …;
a test registers what each of them does.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from string import ascii_lowercase

from behaviours import ordinary
from conftest import deployment
from failures import error_body
from sidecar import Sidecar
from upstream import Behaviour, Exchange, Upstream
from wire import Response

CHAT = "/v1/chat/completions"
MESSAGES = [{"role": "user", "content": "Hi"}]
#: What a busy machine may add to any time, in seconds.
SLACK = 1.0
#: A weight that is drawn but once in a million times beside it.
FIRST = 1_000_000


def group(
    name: str, upstream: Upstream, count: int = 1, info: dict | None = None, **params: object
) -> list[dict]:
    """A group's deployments; a parameter that is a list has one value for each of them."""
    entries = []
    for place in range(count):
        own = {key: value[place] if isinstance(value, list) and key != "tags" else value
               for key, value in params.items()}
        base = own.pop("api_base", upstream.base)
        identifier = f"{name}.{ascii_lowercase[place]}"
        entry = deployment(name, base, identifier, **own)
        entries.append({**entry, "model_info": {"id": identifier, **(info or {})}})
    return entries


def ask(
    sidecar: Sidecar, model: str, headers: dict[str, str] | None = None, **more: object
) -> Response:
    body = {"model": model, "messages": MESSAGES, **more}
    return sidecar.request("POST", CHAT, body, headers)


def together(*calls: Callable[[], object]) -> list:
    """Their results, in their order; all are begun at once."""
    with ThreadPoolExecutor(max(1, len(calls))) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def timed(call: Callable[[], object]) -> tuple[object, float]:
    began = time.monotonic()
    return call(), time.monotonic() - began


def asked(upstream: Upstream, name: str = "") -> list[str]:
    """The upstream's models of a group in the order in which they were asked."""
    calls = sorted(list(upstream.requests), key=lambda call: call.arrived_at)
    return [call.model for call in calls if call.model.split(".")[0] == name or not name]


def answered_by(response: Response) -> str | None:
    return response.header("x-litellm-model-id")


def attempted(response: Response) -> tuple[int, int]:
    """Retries and fallbacks, as the response's headers say."""
    return tuple(int(response.header(f"x-litellm-attempted-{what}") or -1)
                 for what in ("retries", "fallbacks"))


def fails(
    status: int, times: int | None = None, body: bytes | None = None,
    headers: list[tuple[str, str]] | None = None, after: float = 0.0,
) -> Behaviour:
    """Answers so that often, or for good, and then well; each failure takes `after` seconds."""
    left = [times]
    lock = threading.Lock()

    def act(exchange: Exchange) -> None:
        with lock:
            is_over = left[0] == 0
            if left[0]:
                left[0] -= 1
        if is_over:
            return ordinary(exchange)
        if after and exchange.wait_closed(after):
            return None
        return exchange.answer(error_body(status) if body is None else body, status, headers or [])

    return act


def slow(seconds: float) -> Behaviour:
    """A good answer after a while, unless the client has gone by then."""

    def act(exchange: Exchange) -> None:
        if not exchange.wait_closed(seconds):
            ordinary(exchange)

    return act


def gaps(upstream: Upstream, model: str) -> list[float]:
    """Seconds between the requests for an upstream's model."""
    times = sorted(call.arrived_at for call in list(upstream.requests) if call.model == model)
    return [later - earlier for earlier, later in zip(times, times[1:])]


def until(condition: Callable[[], object], seconds: float = 5.0) -> bool:
    """Whether it comes true within the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


def in_one_minute(seconds: float) -> None:
    """Waits for the next minute when so much does not fit into this one: use is counted by it."""
    left = 60 - time.time() % 60
    if left < seconds:
        time.sleep(left + 0.1)


class CheckedServer(Upstream):
    """One vLLM server, whose health a test decides."""

    def __init__(self) -> None:
        self.act: Behaviour = lambda exchange: exchange.answer(b"")
        super().__init__(self.serve)

    def serve(self, exchange: Exchange) -> None:
        if exchange.method == "GET":
            self.act(exchange)
        else:
            ordinary(exchange)

    def checks(self, since: float = 0) -> list[Exchange]:
        return [exchange for exchange in list(self.requests)
                if exchange.method == "GET" and exchange.arrived_at >= since]

    def becomes(self, status: int) -> None:
        self.act = lambda exchange: exchange.answer(b"", status)
