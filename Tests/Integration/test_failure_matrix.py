"""Each way to fail, streamed or not, alone, among others and with a fallback: what the client gets,
what the upstreams saw, who is left out afterwards, and how long it took.

What is right follows from the facts in failures.py by the rules in `expect`; nothing is said twice.
All cells run at once, on one sidecar a topology; each is a test of its own on what was recorded.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from behaviours import ordinary
from conftest import configuration, deployment, finish
from failures import FAILURES, TIMEOUT, Again, Cools, Failure
from sidecar import Metrics, Sidecar, compile_table
from upstream import CLOSE, Exchange, Upstream, compact
from wire import Response, Wire

pytestmark = pytest.mark.timeout(120)

CHAT = "/v1/chat/completions"
MESSAGES = [{"role": "user", "content": "Hi"}]
ANSWER = "Grüße aus Oslo 🌍"
RETRIES = 2
#: Longer than the whole run: who cools then cools still.
COOLDOWN = 300
#: What a busy machine may add to a cell.
SLACK = 4.0
#: Requests that go well, of which a fifth may be retries in the next ten seconds.
WARM_UP = 600


@dataclass(frozen=True)
class Topology:
    name: str
    #: Candidates that fail, and those that answer; one that fails is always asked first.
    bad: int
    good: int = 0
    #: Whether a fallback model stands behind.
    spare: bool = False

    @property
    def letters(self) -> str:
        return "abc"[: self.bad + self.good]


TOPOLOGIES = [Topology("alone", 1), Topology("one-of-three", 1, good=2),
              Topology("all-of-three", 3), Topology("with-fallback", 1, spare=True)]


@dataclass(frozen=True)
class Cell:
    failure: Failure
    stream: bool
    topology: Topology

    def __str__(self) -> str:
        form = "stream" if self.stream else "whole"
        return f"{self.failure}.{form}.{self.topology.name}"


CELLS = [Cell(failure, stream, topology) for topology in TOPOLOGIES
         for failure in FAILURES for stream in (False, True)]


@dataclass(frozen=True)
class Expected:
    #: answer: a good one; own: the upstream's error; ours: the gateway's; event: one in the stream.
    form: str
    status: int
    #: How often those that fail were asked, and those that answer.
    bad_tries: int
    good_tries: int
    fallbacks: int
    #: How many of the group's candidates are left out afterwards, from the first that failed on.
    cooling: int
    #: Seconds.
    least: float
    most: float

    @property
    def retries(self) -> int:
        return self.bad_tries + self.good_tries - 1


def expect(cell: Cell) -> Expected:
    """docs/routing.md, as far as these cells go."""
    failure, topology = cell.failure, cell.topology
    members = topology.bad + topology.good
    is_out = cell.stream and failure.breaks_stream
    again = not is_out and (failure.again is Again.ALWAYS
                            or failure.again is Again.ELSEWHERE and members > 1)
    if failure.status == 429 and topology.spare:
        again = False  # Who has no room now has none in a moment; another model may.
    bad_tries = 1
    if again and not topology.good:
        # One that took no connection costs no retry as long as another is untried.
        free = topology.bad - 1 if failure.refuses else 0
        bad_tries += RETRIES + free
    good_tries = 1 if again and topology.good else 0
    fallbacks = 1 if topology.spare and not is_out else 0
    if is_out:
        form, status = "event", 200
    elif good_tries or fallbacks:
        form, status = "answer", 200
    else:
        form, status = ("own" if failure.body is not None else "ours"), failure.status
    least, most = waits(failure, bad_tries - topology.bad)
    busy = bad_tries * failure.seconds
    return Expected(form, status, bad_tries, good_tries, fallbacks,
                    cooling(failure, members, min(bad_tries, topology.bad)),
                    least + busy * 0.9, most + busy + SLACK)


def waits(failure: Failure, count: int) -> tuple[float, float]:
    """The least and the most seconds of that many waits before once-failed candidates."""
    steps = [failure.retry_after or 0.5 * 2**step for step in range(count)]
    return sum(steps), sum(step + 0.75 for step in steps)


def cooling(failure: Failure, members: int, failed: int) -> int:
    """How many are left out after so many of the group's members failed once."""
    match failure.cools:
        case Cools.UNLESS_LAST:
            return min(failed, members - 1)
        case Cools.UNLESS_ALONE:
            return failed if members > 1 else 0
    return 0


@dataclass
class Result:
    response: Response
    seconds: float
    #: The upstream's models that were asked, in order.
    asked: list[str]
    #: One more request, without retries, after the upstreams have recovered.
    after: Response
    asked_after: list[str]


class Run:
    """One topology's sidecar and upstreams, and its cells' requests."""

    def __init__(self, topology: Topology, cells: list[Cell], folder) -> None:
        self.cells = cells
        self.upstream = Upstream(answer_and_close)
        self.refusing = {cell: Upstream(answer_and_close, refuses=True)
                         for cell in cells if cell.failure.refuses}
        models = [entry for cell in cells for entry in self.deployments(cell)]
        models.append({"model_name": "good", "litellm_params": {
            "model": "openai/good", "mock_response": "well"}})
        fallbacks = [{str(cell): [f"{cell}.spare"]} for cell in cells if topology.spare]
        path = folder / f"{topology.name}.sgt"
        compile_table(configuration(
            models, litellm_settings={"request_timeout": 60}, router_settings={
                "num_retries": RETRIES, "timeout": TIMEOUT, "stream_timeout": TIMEOUT,
                "retry_after": 0, "cooldown_time": COOLDOWN, "fallbacks": fallbacks}), path)
        self.sidecar = Sidecar(path).wait_ready()
        self.pending: dict[Cell, Future[Result]] = {}
        self.lines: dict[str, dict] = {}
        self.metrics: Metrics | None = None

    def deployments(self, cell: Cell) -> Iterator[dict]:
        refusing = self.refusing.get(cell)
        for place, letter in enumerate(cell.topology.letters):
            is_bad = place < cell.topology.bad
            base = refusing.base if refusing and is_bad else self.upstream.base
            # The weights decide who is first: the second is drawn once in a million times.
            entry = deployment(str(cell), base, f"{cell}.{letter}",
                               weight=1_000_000 if place == 0 else 1)
            yield {**entry, "model_info": {"id": f"{cell}.{letter}"}}
            if is_bad:
                self.upstream.behaviours[f"{cell}.{letter}"] = cell.failure.act
        if cell.topology.spare:
            yield deployment(f"{cell}.spare", self.upstream.base, f"{cell}.spare")

    def warm_up(self) -> None:
        body = compact({"model": "good", "messages": MESSAGES})
        with Wire(self.sidecar.address) as wire:
            for _ in range(WARM_UP):
                assert wire.request("POST", CHAT, body).status == 200

    def ask(self, cell: Cell, **more: object) -> Response:
        body = {"model": str(cell), "messages": MESSAGES, **more}
        return self.sidecar.request("POST", CHAT, body)

    def asked(self, cell: Cell) -> list[str]:
        upstreams = {self.upstream, self.refusing.get(cell, self.upstream)}
        calls = [exchange for upstream in upstreams for exchange in list(upstream.requests)
                 if exchange.model.startswith(f"{cell}.")]
        return [call.model for call in sorted(calls, key=lambda call: call.arrived_at)]

    def heal(self, cell: Cell) -> None:
        for letter in cell.topology.letters:
            self.upstream.behaviours.pop(f"{cell}.{letter}", None)
        if cell in self.refusing:
            self.refusing[cell].listen()

    def run(self, cell: Cell) -> Result:
        began = time.monotonic()
        response = self.ask(cell, stream=cell.stream)
        seconds = time.monotonic() - began
        asked = self.asked(cell)
        self.heal(cell)
        after = self.ask(cell, num_retries=0)
        return Result(response, seconds, asked, after, self.asked(cell)[len(asked):])

    def finish(self) -> None:
        self.metrics = self.sidecar.metrics()
        self.lines = {line["call_id"]: line
                      for line in self.sidecar.access_log(2 * len(self.cells) + WARM_UP)
                      if "call_id" in line}
        finish(self.sidecar)
        for upstream in (self.upstream, *self.refusing.values()):
            upstream.stop()


def answer_and_close(exchange: Exchange) -> None:
    """A good answer on a connection of its own: each attempt is then exactly one request."""
    start, answer = exchange.start_stream, exchange.answer
    exchange.start_stream = lambda headers=(): start([*headers, CLOSE])
    exchange.answer = lambda body, status=200, headers=(): answer(body, status, [*headers, CLOSE])
    ordinary(exchange)


@pytest.fixture(scope="module")
def runs(request, tmp_path_factory: pytest.TempPathFactory) -> dict[Topology, Run]:
    """All cells that were asked for, at once."""
    folder = tmp_path_factory.mktemp("matrix")
    chosen = {str(cell): cell for cell in CELLS}
    asked = [item.name for item in request.session.items if item.path == request.path]
    wanted = [cell for name, cell in chosen.items() if any(f"[{name}]" in one for one in asked)]
    grouped: dict[Topology, list[Cell]] = {}
    for cell in wanted or CELLS:
        grouped.setdefault(cell.topology, []).append(cell)
    runs = {topology: Run(topology, cells, folder) for topology, cells in grouped.items()}
    with ThreadPoolExecutor(64) as pool:
        list(pool.map(Run.warm_up, runs.values()))
        for run in runs.values():
            run.pending = {cell: pool.submit(run.run, cell) for cell in run.cells}
    for run in runs.values():
        run.finish()
    return runs


def check_form(response: Response, form: str, cell: Cell, stream: bool) -> None:
    if form == "own":
        assert response.body == cell.failure.body
    elif form == "ours":
        error = response.json["error"]
        assert {"message", "type", "param", "code"} <= set(error) and error["message"]
        assert error["code"] == str(response.status)
        assert (response.header("content-type") or "").startswith("application/json")
    elif form == "answer" and not stream:
        assert response.json["choices"][0]["message"]["content"] == ANSWER
    else:
        check_stream(response, is_whole=form == "answer")


def check_stream(response: Response, is_whole: bool) -> None:
    assert (response.header("content-type") or "").startswith("text/event-stream")
    assert response.body.endswith(b"\n\n")
    events = [event.removeprefix(b"data: ") for event in response.body.split(b"\n\n")[:-1]]
    if is_whole:
        assert events.pop() == b"[DONE]"
        pieces = [json.loads(event)["choices"] for event in events]
        assert "".join(p[0]["delta"].get("content") or "" for p in pieces if p) == ANSWER
    else:
        assert b"first" in events[0] and b"[DONE]" not in response.body
        error = json.loads(events[-1])["error"]
        assert error["message"] and error["code"].isdigit()


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_cell(cell: Cell, runs: dict[Topology, Run]) -> None:
    run, expected = runs[cell.topology], expect(cell)
    result = run.pending[cell].result()
    response = result.response
    assert response.status == expected.status, response
    check_form(response, expected.form, cell, cell.stream)

    calls = Counter(result.asked)
    bad = sum(calls[f"{cell}.{letter}"] for letter in cell.topology.letters[: cell.topology.bad])
    good = sum(calls[f"{cell}.{letter}"] for letter in cell.topology.letters[cell.topology.bad:])
    seen = 0 if cell.failure.refuses else expected.bad_tries
    assert (bad, good, calls[f"{cell}.spare"]) == (
        seen, expected.good_tries, expected.fallbacks), calls
    if seen >= len(cell.topology.letters):
        assert len(calls) - expected.fallbacks == len(cell.topology.letters), "one was left out"

    told = [int(response.header(f"x-litellm-attempted-{what}")) for what in
            ("retries", "fallbacks")]
    assert told == [expected.retries, expected.fallbacks]
    line = run.lines[response.header("x-litellm-call-id")]
    assert [line.get("retries", 0), line.get("fallbacks", 0)] == told
    if response.status >= 400 and expected.retries:
        assert response.header("x-should-retry") == "false"
    assert expected.least <= result.seconds <= expected.most


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_who_is_left_out_afterwards(cell: Cell, runs: dict[Topology, Run]) -> None:
    result, count = runs[cell.topology].pending[cell].result(), expect(cell).cooling
    names = [f"{cell}.{letter}" for letter in cell.topology.letters]
    cooling = list(dict.fromkeys(result.asked))[:count]
    if count == len(names):
        check_form(result.after, "ours", cell, False)
        assert result.after.status == 429 and int(result.after.header("retry-after")) > 0
        assert result.asked_after == []
        return
    assert result.after.status == 200, result.after
    answered = result.after.header("x-litellm-model-id")
    # Weights draw the first, unless it is left out.
    assert answered == names[0] if count == 0 else answered not in cooling
    assert result.asked_after == [answered]


def test_the_counters_agree_with_the_cells(runs: dict[Topology, Run]) -> None:
    for run in runs.values():
        metrics = run.metrics
        expected = [expect(cell) for cell in run.cells]
        assert metrics.total("sidegate_retry_budget_exhausted_total") == 0
        assert metrics.total("sidegate_retries_total") == sum(e.retries for e in expected)
        assert metrics.total("sidegate_fallbacks_total") == sum(e.fallbacks for e in expected)
        assert metrics.total("litellm_proxy_total_requests_metric_total", route=CHAT) == (
            2 * len(expected) + WARM_UP)
        assert metrics.total("litellm_in_flight_requests") <= 1
