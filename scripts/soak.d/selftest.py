"""Shows for each check of the judge that it can fail: evidence that is well, and one fault each."""

import copy
import sys
from collections.abc import Callable

from clients import CUT, ERROR, GOOD, Result
from judge import Evidence, judge
from schedule import BAD, LEAD, TAIL, WELL, Phase, is_well, plan


def attempt(call: str, name: str, begin: float, outcome: str = "answered") -> dict:
    return {"call": call, "name": name, "upstream": int(name[0]), "mode": WELL, "begin": begin,
            "reused": False, "sent": 1 if outcome == "answered" else 0, "outcome": outcome}


def well() -> Evidence:
    """A good answer after a retry, one that was cut, and an error while nobody was well."""
    results = [
        Result("a", False, 10.0, 10.5, 200, GOOD, "1-0", retries=1),
        Result("b", True, 11.0, 12.0, 200, CUT, "0-1"),
        Result("c", False, 30.0, 31.0, 503, ERROR, retries=1)]
    attempts = [attempt("a", "0-0", 10.0, "500"), attempt("a", "1-0", 10.1),
                attempt("b", "0-1", 11.0, "break"), attempt("c", "0-2", 30.0, "503"),
                attempt("c", "1-1", 30.1, "503")]
    plans = [[Phase(0, 25, WELL), Phase(25, 40, "503"), Phase(40, 99, WELL)]] * 2
    counters = {
        "sidegate_retries_total": 2, "sidegate_fallbacks_total": 0, "sidegate_queued_requests": 0,
        "litellm_in_flight_requests": 0, "litellm_deployment_success_responses_total": 1,
        "litellm_deployment_total_requests_total": 5, "unseen": 0,
        "sidegate_upstream_connections": 4, "sidegate_open_connections": 0}
    samples = [(float(second), 20_000, 100) for second in range(60)]
    return Evidence(60, 25, results, attempts, plans, counters, {"200": 2, "503": 1}, 3, 0,
                    samples, 20, 4)


def a_failure_that_could_be_served(evidence: Evidence) -> None:
    evidence.results[2].begin, evidence.results[2].end = 15.0, 16.0


def answered_twice(evidence: Evidence) -> None:
    evidence.results.append(copy.copy(evidence.results[0]))


def asked_after_an_answer(evidence: Evidence) -> None:
    evidence.attempts.append(attempt("b", "1-2", 11.9, "503"))


def two_answers(evidence: Evidence) -> None:
    evidence.attempts.append(attempt("a", "0-3", 9.9))


def cut_without_cause(evidence: Evidence) -> None:
    evidence.attempts[2]["outcome"] = "answered"


def late(evidence: Evidence) -> None:
    evidence.results[2].end = 60.0


def a_fault(evidence: Evidence) -> None:
    evidence.results[0].faults.append("the answer is not whole")


def memory(evidence: Evidence) -> None:
    evidence.samples = [(second, kilobytes + 2000 * second, count)
                        for second, kilobytes, count in evidence.samples]


def counter(name: str, by: float) -> Callable[[Evidence], None]:
    def change(evidence: Evidence) -> None:
        evidence.counters[name] += by

    return change


FAULTS: dict[str, Callable[[Evidence], None]] = {
    "although an upstream was well": a_failure_that_could_be_served,
    "answered twice": answered_twice,
    "after the answer had begun": asked_after_an_answer,
    "two upstreams answered": two_answers,
    "cut short although": cut_without_cause,
    "after the deadline": late,
    "not whole": a_fault,
    "status 200": lambda evidence: evidence.by_status.update({"200": 3}),
    "status 500": lambda evidence: evidence.by_status.update({"500": 1}),
    "access log": lambda evidence: setattr(evidence, "log_lines", 4),
    "ended with": lambda evidence: setattr(evidence, "exit_status", 1),
    "kB resident": memory,
    "descriptors": lambda evidence: setattr(evidence, "descriptors", 99),
    "connections to upstreams": lambda evidence: setattr(evidence, "upstream_connections", 5),
    "clients' connections": counter("sidegate_open_connections", 1),
    "retries": counter("sidegate_retries_total", 1),
    "fallbacks": counter("sidegate_fallbacks_total", 1),
    "good answers": counter("litellm_deployment_success_responses_total", -1),
    "wait at the end": counter("sidegate_queued_requests", 1),
    "in flight": counter("litellm_in_flight_requests", 1),
    "attempts": counter("litellm_deployment_total_requests_total", 1),
}


def run() -> int:
    wrong = [f"good evidence gives: {finding}" for finding in judge(well())]
    for words, change in FAULTS.items():
        evidence = well()
        change(evidence)
        if not any(words in finding for finding in judge(evidence)):
            wrong.append(f"nothing is found of: {words}; but {judge(evidence)}")
    for seed in range(50):
        plans = plan(seed, 6, 30)
        if plans != plan(seed, 6, 30):
            wrong.append(f"seed {seed} gives two plans")
        moments = [tenth / 10 for tenth in range(1, 300)]
        if not all(any(is_well(phases, at - LEAD * 0.9, at + TAIL * 0.9) for phases in plans)
                   for at in moments):
            wrong.append(f"seed {seed} leaves nobody well for a while")
        if not {phase.mode for phases in plans for phase in phases} & set(BAD):
            wrong.append(f"seed {seed} has nothing go wrong")
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"soak: {len(wrong)} faults of its own" if wrong else "soak: each check can fail")
    return 1 if wrong else 0
