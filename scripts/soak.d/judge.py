"""What a run must come to: findings from what clients, upstreams and the gateway each say."""

import statistics
from collections import Counter
from dataclasses import dataclass, field

from clients import CUT, ERROR, GOOD, Result
from schedule import Phase, is_well

#: Seconds: what cooled for an upstream's earlier fault may cool this long after it, until one
#: request has tried it; and how late the schedule may be.
KNOWN_WELL, LATE = 2.8, 0.3
#: Seconds: a request that took so much less than its deadline had time left.
MARGIN = 3.0
#: What a process has open besides connections.
OWN_DESCRIPTORS = 40


@dataclass
class Evidence:
    seconds: float
    deadline: float
    results: list[Result]
    #: The upstreams' record.
    attempts: list[dict]
    plans: list[list[Phase]]
    #: The gateway's, by name; those with labels summed up.
    counters: dict[str, float]
    #: Requests by status, as the metrics have them.
    by_status: dict[str, float]
    log_lines: int
    exit_status: int
    #: Second, resident kilobytes, open descriptors.
    samples: list[tuple[float, int, int]] = field(default_factory=list)
    #: Open descriptors when all clients have gone.
    descriptors: int = 0
    #: Connections that upstreams have open then.
    upstream_connections: int = 0


def judge(evidence: Evidence) -> list[str]:
    """One sentence a finding."""
    return [*forms(evidence), *order(evidence), *failures(evidence), *cuts(evidence),
            *sums(evidence), *growth(evidence)]


def some(what: str, results: list[Result]) -> list[str]:
    first = ", ".join(f"{result.call} at {result.end:.2f} s" for result in results[:5])
    return [f"{len(results)} × {what}; the first: {first}"] if results else []


def forms(evidence: Evidence):
    """Each request has exactly one well-formed answer."""
    faults: dict[str, list[Result]] = {}
    for result in evidence.results:
        for fault in result.faults:
            faults.setdefault(fault, []).append(result)
    for fault, results in faults.items():
        yield from some(fault, results)
    counts = Counter(result.call for result in evidence.results)
    yield from some("answered twice",
                    [result for result in evidence.results if counts[result.call] > 1])


def by_call(evidence: Evidence) -> dict[str, list[dict]]:
    calls: dict[str, list[dict]] = {}
    for attempt in evidence.attempts:
        calls.setdefault(attempt["call"], []).append(attempt)
    for attempts in calls.values():
        attempts.sort(key=lambda attempt: attempt["begin"])
    return calls


def order(evidence: Evidence):
    """What the client got is the last attempt's: nothing is sent again once an answer has begun."""
    calls = by_call(evidence)
    again, twice = [], []
    for result in evidence.results:
        attempts = calls.get(result.call, [])
        if result.attempt and attempts and attempts[-1]["name"] != result.attempt:
            again.append(result)
        if sum(attempt["outcome"] == "answered" for attempt in attempts) > 1:
            twice.append(result)
    yield from some("an upstream was asked after the answer had begun", again)
    yield from some("two upstreams answered in full", twice)


def served(evidence: Evidence, result: Result) -> bool:
    """Whether some upstream was well, and could be known to be, during the whole request."""
    begin, end = result.begin - KNOWN_WELL, result.end + LATE
    return any(is_well(phases, begin, end) for phases in evidence.plans)


def failures(evidence: Evidence):
    """No request fails that could be served, but for those that the retry budget gives up."""
    wrong = [result for result in evidence.results
             if result.kind == ERROR and served(evidence, result)
             and result.end - result.begin < evidence.deadline - MARGIN]
    spent = evidence.counters.get("sidegate_retry_budget_exhausted_total", 0)
    if len(wrong) > spent:
        yield from some(f"failed although an upstream was well (the retry budget says {spent:.0f})",
                        wrong)
    late = [result for result in evidence.results
            if result.kind == ERROR and result.end - result.begin > evidence.deadline + MARGIN]
    yield from some("an error that came after the deadline", late)


def cuts(evidence: Evidence):
    """A stream is cut short only where its upstream did it."""
    names = {attempt["name"]: attempt for attempt in evidence.attempts}
    wrong = [result for result in evidence.results if result.kind == CUT
             and names.get(result.attempt, {}).get("outcome") == "answered"]
    yield from some("cut short although its upstream answered in full", wrong)


def sums(evidence: Evidence):
    counters, results = evidence.counters, evidence.results

    def equal(what: str, ours: float, theirs: float):
        if ours != theirs:
            yield f"{what}: the gateway says {theirs:.0f}, the others {ours:.0f}"

    statuses = Counter(str(result.status) for result in results)
    for status in statuses | Counter(evidence.by_status):
        yield from equal(f"requests with status {status}", statuses[status],
                         evidence.by_status.get(status, 0))
    yield from equal("lines of the access log", len(results), evidence.log_lines)
    yield from equal("retries", sum(result.retries for result in results),
                     counters["sidegate_retries_total"])
    yield from equal("fallbacks", sum(result.fallbacks for result in results),
                     counters["sidegate_fallbacks_total"])
    yield from equal("good answers", sum(result.kind == GOOD for result in results),
                     counters["litellm_deployment_success_responses_total"])
    yield from equal("requests that wait at the end", 0, counters["sidegate_queued_requests"])
    yield from equal("requests in flight at the end", 0, counters["litellm_in_flight_requests"])
    yield from equal("clients' connections at the end", 0, counters["sidegate_open_connections"])
    yield from equal("connections to upstreams at the end", evidence.upstream_connections,
                     counters["sidegate_upstream_connections"])
    # A connection that was closed while a request was on its way is replaced without an attempt.
    seen = len(evidence.attempts)
    stale = sum(attempt["reused"] and not attempt["sent"] for attempt in evidence.attempts)
    made = counters["litellm_deployment_total_requests_total"]
    unseen = counters["unseen"]
    if not seen - stale <= made <= seen + unseen:
        yield (f"attempts: the gateway says {made:.0f}, upstreams saw {seen}, of which {stale} "
               f"may be repeats; {unseen:.0f} cannot have been seen")
    if evidence.exit_status != 0:
        yield f"it ended with {evidence.exit_status}"


def growth(evidence: Evidence):
    """Memory is flat after the first third, and every descriptor is somebody's."""
    samples = [sample for sample in evidence.samples if sample[0] > evidence.seconds / 3]
    third = len(samples) // 3
    if third >= 2:
        early = statistics.median(sample[1] for sample in samples[:third])
        late = statistics.median(sample[1] for sample in samples[-third:])
        if late > early * 1.25 + 8192:
            yield f"grew from {early:.0f} to {late:.0f} kB resident"
    if evidence.descriptors > evidence.upstream_connections + OWN_DESCRIPTORS:
        yield (f"{evidence.descriptors} descriptors are open when all clients have gone, for "
               f"{evidence.upstream_connections} connections to upstreams")
