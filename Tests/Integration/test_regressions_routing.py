"""What went wrong once in routing: each case failed before its mending."""

import hashlib

import pytest
import transcript
from conftest import MASTER_KEY, configuration
from herd import answered_by, ask, asked, group
from upstream import Upstream


@pytest.mark.parametrize("own", [
    {"fallbacks": ["chat", "spare"]},
    {"fallbacks": ["chat.a", "chat", "spare"]},
    {"context_window_fallbacks": [{"chat": ["spare"]}]},
    {"context_window_fallbacks": [{"*": ["spare"]}]},
])
def test_no_way_around_the_clients_key(start, upstream: Upstream, own: dict) -> None:
    upstream.behaviours["chat.a"] = transcript.load("47-err-too-long").replay
    sidecar = start(configuration(
        group("chat", upstream) + group("spare", upstream),
        router_settings={"num_retries": 0},
        general_settings={"master_key": "os.environ/GATEWAY_KEY"}, sidegate={"keys": [{
            "hash": hashlib.sha256(b"sk-one").hexdigest(), "models": ["chat", "chat.a"]}]}),
        environment={"GATEWAY_KEY": MASTER_KEY})
    response = ask(sidecar, "chat", {"authorization": "Bearer sk-one"}, **own)
    assert response.status == 400
    assert "spare.a" not in asked(upstream)
    master = {"authorization": f"Bearer {MASTER_KEY}"}
    assert answered_by(ask(sidecar, "chat", master, **own)) == "spare.a"
