"""Credentials that end under load: nothing is signed with an expired one, and nobody waits."""

import json
import threading
import time
from pathlib import Path

import pytest
from bedrock import Bedrock, Call
from bedrock_answers import reply
from bedrock_models import HAIKU, model
from conftest import configuration
from sidecar import Sidecar
from wire import Wire

CHAT = "/v1/chat/completions"
BODY = json.dumps({"model": "claude", "messages": [{"role": "user", "content": "Hi"}]}).encode()
WEB = "AssumeRoleWithWebIdentity"
REQUESTS = 10_000
EXPIRIES = 5
LIFETIME = 8
#: No request may take longer, in seconds; a busy machine has its moments, but waiting for
#: credentials that do not come takes 5.
PAUSE = 4.0


class Load:
    """Clients that ask again and again, each on a connection of its own."""

    def __init__(self, sidecar: Sidecar, clients: int, rate: float) -> None:
        self.sidecar = sidecar
        #: Seconds between two requests of one client.
        self.interval = clients / rate
        self.lock = threading.Lock()
        self.statuses: dict[int, int] = {}
        self.slowest = 0.0
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(n,)) for n in range(clients)]
        for thread in self.threads:
            thread.start()

    @property
    def count(self) -> int:
        with self.lock:
            return sum(self.statuses.values())

    def _run(self, number: int) -> None:
        due = time.monotonic() + self.interval * number / len(self.threads)
        with Wire(self.sidecar.address, timeout=30) as wire:
            while not self.stopped.is_set():
                time.sleep(max(0.0, due - time.monotonic()))
                due = max(due + self.interval, time.monotonic())
                began = time.monotonic()
                status = wire.request("POST", CHAT, BODY).status
                taken = time.monotonic() - began
                with self.lock:
                    self.statuses[status] = self.statuses.get(status, 0) + 1
                    self.slowest = max(self.slowest, taken)

    def stop(self) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_ten_thousand_requests_across_five_expiries_and_a_failing_refresh(
    start, bedrock: Bedrock, tmp_path: Path
) -> None:
    """The tests' AWS refuses what is signed with an expired key; here it has nothing to refuse."""
    (tmp_path / "token").write_text("web-1")
    bedrock.identity.lifetime = LIFETIME
    used: dict[str, int] = {}
    lock = threading.Lock()

    @bedrock.behaviour(HAIKU)
    def act(call: Call) -> None:
        assert call.key and call.key.expires_at and call.now < call.key.expires_at
        with lock:
            used[call.key.identifier] = used.get(call.key.identifier, 0) + 1
        bedrock.calls.clear()  # Ten thousand are too many to keep.
        reply(call, {"text": "Hi"})

    sidecar = start(
        configuration([model("claude", HAIKU, bedrock.base)], router_settings={"num_retries": 0}),
        "--workers", "2", "--access-log", "off",
        environment={"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true",
                     "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/pod",
                     "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
                     "AWS_ENDPOINT_URL_STS": bedrock.identity.base})
    while sidecar.metrics().total("sidegate_credential_refreshes_total") == 0:
        time.sleep(0.05)
    load = Load(sidecar, clients=16, rate=250)
    try:
        while expired(bedrock) < 2:
            time.sleep(0.1)
        bedrock.identity.fail(WEB)
        while load.count < REQUESTS or expired(bedrock) < EXPIRIES:
            assert not any(thread.ident and not thread.is_alive() for thread in load.threads)
            time.sleep(0.1)
    finally:
        load.stop()

    assert load.statuses == {200: load.count} and load.count >= REQUESTS
    assert sum(used.values()) == load.count
    assert len(used) > EXPIRIES, "each expiry was survived by requests"
    assert bedrock.identity.failed[WEB] == 1
    metrics = sidecar.metrics()
    assert metrics.total("sidegate_credential_refreshes_total", result="failure") == 1
    assert metrics.total("sidegate_credential_waits_total") == 0
    assert load.slowest < PAUSE
    sidecar.wait_log("AWS credentials are fetched again")
    print(f"{load.count} requests, {len(used)} credentials, slowest {load.slowest:.3f} s")


def expired(bedrock: Bedrock) -> int:
    """How many of those that were handed out have ended."""
    with bedrock.identity.lock:
        return sum(bedrock.keys.now() >= (grant.key.expires_at or 0)
                   for grant in bedrock.identity.grants)
