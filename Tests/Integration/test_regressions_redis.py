"""What went wrong once around limits, the cache and Redis: each case failed before its mending."""

import pytest
from conftest import configuration, deployment
from test_errors import CHAT, HI
from test_rate_limits import chat, keyed, left
from upstream import Upstream


@pytest.mark.parametrize("value", ["=", "==", ",=", "=no-cache"])
def test_a_directive_without_a_name_harms_nobody(start, upstream: Upstream, value: str) -> None:
    """One such header ended the process."""
    sidecar = start(configuration([deployment("chat", upstream.base)]))
    assert sidecar.request("POST", CHAT, HI, {"cache-control": value}).status == 200
    assert sidecar.process.poll() is None


@pytest.mark.parametrize(("body", "output"), [
    ({"max_tokens": 5000.0}, 5000), ({"max_tokens": "5000"}, 5000),
    ({"max_tokens": 100, "n": "8"}, 800), ({"max_tokens": 100, "n": 8.0}, 800),
    # What the endpoint's upstreams do not heed.
    ({"max_output_tokens": 1}, 1024), ({"max_tokens": 5000, "max_completion_tokens": 1}, 5000),
    ({"max_completion_tokens": 0}, 1024), ({"max_tokens": -1}, 1024), ({"max_tokens": None}, 1024),
    ({"max_tokens": 100.2}, 101)])
def test_a_reservation_is_not_talked_down(
    start, upstream: Upstream, body: dict, output: int
) -> None:
    """A stream that its client leaves costs what was reserved."""
    sidecar = keyed(start, upstream, [{"tpm": 100_000}])
    prompt = 100_000 - left(chat(sidecar, max_tokens=1)) - 1
    sidecar = keyed(start, upstream, [{"tpm": 100_000}])
    assert 100_000 - left(chat(sidecar, **body)) == prompt + output
