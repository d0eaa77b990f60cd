"""What went wrong once around limits, the cache and Redis: each case failed before its mending."""

import pytest
from conftest import configuration, deployment
from test_errors import CHAT, HI
from upstream import Upstream


@pytest.mark.parametrize("value", ["=", "==", ",=", "=no-cache"])
def test_a_directive_without_a_name_harms_nobody(start, upstream: Upstream, value: str) -> None:
    """One such header ended the process."""
    sidecar = start(configuration([deployment("chat", upstream.base)]))
    assert sidecar.request("POST", CHAT, HI, {"cache-control": value}).status == 200
    assert sidecar.process.poll() is None
