"""A steady load on sidecars: so many requests a second, each with its answer on record."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from upstream import compact
from wire import Wire

CHAT = "/v1/chat/completions"


@dataclass(frozen=True)
class Answer:
    """What became of one request; `status` is 0 where its client got no answer."""

    sidecar: int
    asked: float
    seconds: float
    status: int
    cache: str | None
    fault: str = ""


class SteadyLoad:
    """Clients that ask the sidecars in turn until `stop`, `rate` requests a second together.

    Half of the requests were never asked before, and half are of a few that come again and again;
    or with `all_new` all were not. A client that falls behind asks at once, and no more than it has
    to.
    """

    def __init__(
        self, addresses: Sequence[tuple[str, int]], key: str, rate: float = 40, clients: int = 4,
        all_new: bool = False,
    ) -> None:
        self.all_new = all_new
        self.addresses, self.key, self.clients = list(addresses), key, clients
        self.pause = clients / rate
        self.answers: list[Answer] = []
        self.name = time.monotonic_ns()
        self.ends = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(number,), daemon=True)
                        for number in range(clients)]
        for thread in self.threads:
            thread.start()

    def __enter__(self) -> "SteadyLoad":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> list[Answer]:
        self.ends.set()
        for thread in self.threads:
            thread.join(60)
        return sorted(self.answers, key=lambda answer: answer.asked)

    def statuses(self) -> dict[int, set[int]]:
        """By sidecar."""
        found: dict[int, set[int]] = {}
        for answer in list(self.answers):
            found.setdefault(answer.sidecar, set()).add(answer.status)
        return found

    def lost(self) -> list[Answer]:
        return [answer for answer in list(self.answers) if answer.status == 0]

    def counts(self) -> Counter:
        return Counter((answer.sidecar, answer.status) for answer in list(self.answers))

    def _run(self, number: int) -> None:
        wires: dict[int, Wire] = {}
        turn, due = 0, time.monotonic() + self.pause * number / self.clients
        head = {"authorization": f"Bearer {self.key}"}
        while not self.ends.wait(max(0.0, due - time.monotonic())):
            due = max(due + self.pause, time.monotonic() - self.pause)
            turn += 1
            sidecar = (turn + number) % len(self.addresses)
            is_new = self.all_new or turn // len(self.addresses) % 2 == 0
            text = f"{self.name}.{number}.{turn}" if is_new else f"again {turn % 7}"
            body = compact({"model": "chat", "max_tokens": 5,
                            "messages": [{"role": "user", "content": text}]})
            asked = time.monotonic()
            try:
                wire = wires.get(sidecar) or Wire(self.addresses[sidecar], timeout=60)
                wires[sidecar] = wire
                response = wire.request("POST", CHAT, body, head)
                answer = Answer(sidecar, asked, time.monotonic() - asked, response.status,
                                response.header("x-sidegate-cache"))
            except (OSError, EOFError) as error:
                wires.pop(sidecar, None)
                answer = Answer(sidecar, asked, time.monotonic() - asked, 0, None, repr(error))
            self.answers.append(answer)
        for wire in wires.values():
            wire.close()
