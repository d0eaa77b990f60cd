#!/usr/bin/env python3
"""Prints how many tests passed and failed, from the closing lines of swift test and pytest."""
import re
import sys


def count(text: str) -> tuple[int, int]:
    """Counts of passed and failed tests in the output of one run.

    >>> count("✔ Test run with 12 tests in 3 suites passed after 0.1 seconds.")
    (12, 0)
    >>> count("✘ Test run with 12 tests in 3 suites failed after 0.1 seconds with 2 issues.")
    (10, 2)
    >>> count("== 1 failed, 41 passed, 2 skipped in 3.2s ==")
    (41, 1)
    """
    passed = failed = 0
    swift = r"Test run with (\d+) tests?.* (passed|failed) after .*?(?:with (\d+) issues?.*)?$"
    for total, result, issues in re.findall(swift, text, re.M):
        bad = min(int(total), int(issues or 1)) if result == "failed" else 0
        passed, failed = passed + int(total) - bad, failed + bad
    for line in re.findall(r"^[= ]*((?:\d+ \w+, )*\d+ \w+) in [\d.]+s", text, re.M):
        counts = {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", line)}
        passed += counts.get("passed", 0)
        failed += counts.get("failed", 0) + counts.get("errors", 0) + counts.get("error", 0)
    return passed, failed


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        import doctest

        sys.exit(1 if doctest.testmod().failed else 0)
    with open(sys.argv[1], encoding="utf-8", errors="replace") as log:
        print(*count(log.read()))
