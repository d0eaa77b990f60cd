"""A host name with several addresses, as a headless service has: each address is an endpoint."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from behaviours import ordinary
from conftest import configuration
from herd import CHAT, SLACK, ask, fails, group, slow, together, until
from names import PrivateHosts
from sidecar import Sidecar
from upstream import Exchange, Upstream
from wire import Response

pytestmark = pytest.mark.skipif(
    not PrivateHosts.available(), reason="no mount namespaces here (unshare --mount)")

NAME = "workers.test"
#: Seconds within which a change of the name is to have had its effect.
SOON = 10.0


class Fleet:
    """Servers at one port of several addresses, and the name that some of them have."""

    def __init__(self, hosts: PrivateHosts) -> None:
        self.hosts = hosts
        self.servers: dict[str, Upstream] = {}
        self.act: Callable[[Exchange], None] = ordinary

    def scale(self, numbers: range) -> list[str]:
        """The name has the addresses of these numbers from now on; gives the addresses."""
        addresses = [f"127.0.0.{number}" for number in numbers]
        for address in addresses:
            if address not in self.servers:
                port = next((server.port for server in self.servers.values()), 0)
                self.servers[address] = Upstream(
                    lambda exchange: self.act(exchange), port, host=address)
        self.hosts.set(NAME, addresses)
        return addresses

    @property
    def base(self) -> str:
        return f"http://{NAME}:{next(iter(self.servers.values())).port}/v1"

    def counts(self) -> Counter:
        """Requests by address."""
        return Counter({address: len(server.requests)
                        for address, server in self.servers.items()})

    def shares(self, seconds: float = 0.7) -> dict[str, float]:
        """The part of the requests that each address gets in a while."""
        before = self.counts()
        time.sleep(seconds)
        new = self.counts() - before
        total = max(1, new.total())
        return {address: new[address] / total for address in self.servers}

    def stop(self) -> None:
        for server in self.servers.values():
            server.stop()


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    with PrivateHosts() as hosts:
        fleet = Fleet(hosts)
        yield fleet
        fleet.stop()


def serve(start, fleet: Fleet, params: dict | None = None, **router: object) -> Sidecar:
    entries = group("chat", next(iter(fleet.servers.values())), api_base=fleet.base,
                    **(params or {}))
    return start(
        configuration(entries, router_settings=router,
                      sidegate={"limits": {"dns_refresh_ms": 300}}),
        prefix=fleet.hosts.prefix)


class Load:
    """Clients that ask without a pause until the block ends; keeps every answer."""

    def __init__(self, sidecar: Sidecar, clients: int = 8) -> None:
        self.answers: list[Response] = []
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(sidecar, number))
                        for number in range(clients)]

    def run(self, sidecar: Sidecar, number: int) -> None:
        while not self.ended.is_set():
            self.answers.append(ask(sidecar, "chat", stream=number % 2 == 1))

    def __enter__(self) -> "Load":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        for thread in self.threads:
            thread.join(10)


def is_fair(fleet: Fleet, addresses: list[str]) -> bool:
    """Whether each of them gets at least half of its share, and no other anything."""
    shares = fleet.shares()
    return (all(shares[address] >= 0.5 / len(addresses) for address in addresses)
            and all(share == 0 for address, share in shares.items() if address not in addresses))


def statuses(load: Load) -> Counter:
    return Counter((answer.status, b'"error"' in answer.body) for answer in load.answers)


def test_scaling_under_load(start, fleet: Fleet) -> None:
    fleet.act = slow(0.02)
    addresses = fleet.scale(range(2, 4))
    sidecar = serve(start, fleet)
    with Load(sidecar) as load:
        assert until(lambda: is_fair(fleet, addresses), SOON), fleet.shares()
        addresses = fleet.scale(range(2, 8))
        assert until(lambda: is_fair(fleet, addresses), SOON), fleet.shares()
        addresses = fleet.scale(range(5, 8))
        assert until(lambda: is_fair(fleet, addresses), SOON), fleet.shares()
    assert set(statuses(load)) == {(200, False)}


def test_servers_that_die_before_the_name_knows(start, fleet: Fleet) -> None:
    fleet.act = slow(0.02)
    fleet.scale(range(2, 6))
    sidecar = serve(start, fleet)
    with Load(sidecar, clients=6) as load:
        assert until(lambda: len(load.answers) > 50)
        for address in ("127.0.0.2", "127.0.0.3"):
            fleet.servers[address].listener.close()  # It finishes what it has, and takes no more.
        time.sleep(0.5)
        addresses = fleet.scale(range(4, 6))
        assert until(lambda: is_fair(fleet, addresses), SOON), fleet.shares()
    assert set(statuses(load)) == {(200, False)}


STRATEGIES = {
    "simple-shuffle": {}, "least-busy": {}, "power-of-two": {}, "prefix-affinity": {},
    "usage-based-routing-v2": {}, "cost-based-routing": {},
    "latency-based-routing": {"lowest_latency_buffer": 1000},
}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_each_strategy_is_over_addresses(start, fleet: Fleet, strategy: str) -> None:
    fleet.act = slow(0.01)
    addresses = fleet.scale(range(2, 5))
    router = {"routing_strategy": strategy}
    if STRATEGIES[strategy]:
        router["routing_strategy_args"] = STRATEGIES[strategy]
    sidecar = serve(start, fleet, **router)
    assert until(lambda: ask(sidecar, "chat").header("x-sidegate-endpoint"))
    time.sleep(0.5)
    before = fleet.counts()
    for _ in range(15):
        together(*[lambda number=number: ask(
            sidecar, "chat", messages=[{"role": "user", "content": f"{number} {time.time()}"}])
            for number in range(6)])
    new = fleet.counts() - before
    assert all(new[address] >= 15 for address in addresses), new


def test_an_endpoint_is_seen(start, fleet: Fleet) -> None:
    addresses = fleet.scale(range(2, 5))
    sidecar = serve(start, fleet)
    assert until(lambda: ask(sidecar, "chat").header("x-sidegate-endpoint"))
    port = fleet.servers[addresses[0]].port
    answers = [ask(sidecar, "chat") for _ in range(30)]
    seen = Counter(answer.header("x-sidegate-endpoint") for answer in answers)
    assert set(seen) == {f"{address}:{port}" for address in addresses}
    assert {answer.header("x-litellm-model-id") for answer in answers} == {"chat.a"}
    calls = {answer.header("x-litellm-call-id"): answer.header("x-sidegate-endpoint")
             for answer in answers}
    lines = [line for line in sidecar.access_log(31) if line.get("call_id") in calls]
    assert all(line["endpoint"] == calls[line["call_id"]] for line in lines) and lines
    exchange = fleet.servers[addresses[0]].requests[-1]
    assert exchange.header("host") == f"{NAME}:{port}", "the upstream is asked by its name"


def test_one_endpoint_cools_alone(start, fleet: Fleet) -> None:
    addresses = fleet.scale(range(2, 5))
    sidecar = serve(start, fleet, cooldown_time=30)
    assert until(lambda: all(fleet.counts()[address] for address in addresses) or ask(
        sidecar, "chat") is None)
    fleet.servers[addresses[0]].fallback = fails(429)
    answers = [ask(sidecar, "chat") for _ in range(40)]
    assert {answer.status for answer in answers} == {200}
    before = fleet.counts()
    for _ in range(30):
        ask(sidecar, "chat")
    new = fleet.counts() - before
    assert new[addresses[0]] == 0 and new[addresses[1]] > 3 and new[addresses[2]] > 3
    log = [line for line in sidecar.access_log(1) if line["path"] == CHAT]
    assert any(addresses[0] in json.dumps(line.get("attempts", "")) for line in log)


def test_an_address_without_a_server_costs_nothing(start, fleet: Fleet) -> None:
    fleet.scale(range(2, 4))
    fleet.hosts.set(NAME, ["127.0.0.2", "127.0.0.3", "127.0.0.99"])
    sidecar = serve(start, fleet, num_retries=1)
    began = time.monotonic()
    answers = [ask(sidecar, "chat") for _ in range(30)]
    assert {answer.status for answer in answers} == {200}
    assert time.monotonic() - began < 2 * SLACK


def test_each_endpoint_has_its_room(start, fleet: Fleet) -> None:
    inside: Counter = Counter()
    most: Counter = Counter()
    lock = threading.Lock()

    def act(exchange: Exchange) -> None:
        address = exchange.connection.getsockname()[0]
        with lock:
            inside[address] += 1
            most[address] = max(most[address], inside[address])
        time.sleep(0.05)
        with lock:
            inside[address] -= 1
        ordinary(exchange)

    addresses = fleet.scale(range(2, 5))
    sidecar = serve(start, fleet, {"max_parallel_requests": 2})
    assert until(lambda: ask(sidecar, "chat").header("x-sidegate-endpoint"))
    fleet.act = act
    answers = together(*[lambda: ask(sidecar, "chat")] * 24)
    assert {answer.status for answer in answers} == {200}
    assert most == {address: 2 for address in addresses}


def test_a_name_that_is_lost_for_a_while(start, fleet: Fleet) -> None:
    """What was known is used as long as nothing newer is."""
    fleet.scale(range(2, 4))
    sidecar = serve(start, fleet)
    assert until(lambda: ask(sidecar, "chat").header("x-sidegate-endpoint"))
    fleet.hosts.set(NAME, [])
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        assert ask(sidecar, "chat").status == 200
        time.sleep(0.05)


def test_beginnings_stay_at_their_address(start, fleet: Fleet) -> None:
    fleet.scale(range(2, 5))
    sidecar = serve(start, fleet, routing_strategy="prefix-affinity")
    assert until(lambda: ask(sidecar, "chat").header("x-sidegate-endpoint"))

    def homes() -> list[str]:
        answers = [ask(sidecar, "chat", messages=[
            {"role": "user", "content": f"{number} ".ljust(1000, ".")}]) for number in range(24)]
        assert {answer.status for answer in answers} == {200}, answers
        return [answer.header("x-sidegate-endpoint") for answer in answers]

    before = homes()
    assert homes() == before and len(set(before)) == 3
    addresses = fleet.scale(range(2, 6))
    # Past its warming, the new one has its own, and nobody else's prompts have moved.
    assert until(lambda: any(home.startswith(addresses[-1] + ":") for home in homes()), SOON)
    end = time.monotonic() + 5
    while time.monotonic() < end:
        homes()  # A name that nobody asks for is forgotten.
    moved = [(old, new) for old, new in zip(before, homes()) if old != new]
    assert moved and all(new.startswith(addresses[-1] + ":") for _, new in moved)
