"""Two hundred clients stream while tables change, while they go wrong, and while the end comes."""

import asyncio
import os
import re
import signal
import socket
import threading
import time
from pathlib import Path

import pytest
from behaviours import delta
from conftest import configuration, deployment
from crowd import DONE, HEAD, CrowdUpstream, ask, event, listen, raise_descriptor_limit
from sidecar import Sidecar, compile_table
from test_errors import CHAT, HI
from test_limits_wire import AMPLE
from test_reload import folder, run  # noqa: F401 - fixtures
from upstream import Exchange, Upstream, compact
from wire import Wire, message

CLIENTS, SWAPS, EVENTS = 200, 100, 4


async def talk(content: str, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD)
    for number in range(EVENTS):
        writer.write(event(number, 200))
        await writer.drain()
        await asyncio.sleep(0.5)
    writer.write(DONE)
    await writer.drain()


def tables(folder: Path, base: str) -> list[Path]:
    """Two folders as the kubelet makes them, with tables of some size that tell themselves apart."""
    made = []
    for name in ("a", "b"):
        others = [deployment(f"{name}-{number}", base) for number in range(300)]
        (folder / name).mkdir()
        made.append(folder / name)
        source = configuration([deployment("chat", base), *others],
                               sidegate={"limits": {"connect_timeout_ms": 60_000}})
        compile_table(source, made[-1] / "routes.sgt")
    return made


def point(folder: Path, target: str) -> None:
    (folder / "..data_tmp").symlink_to(target)
    os.rename(folder / "..data_tmp", folder / "..data")


def digest_of(sidecar: Sidecar) -> str:
    """That of the table in service."""
    page = sidecar.request("GET", "/metrics").body
    return re.search(rb'^sidegate_table_info\{.*digest="(\w+)"', page, re.M)[1].decode()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_hundred_swaps_under_two_hundred_streams(run, folder: Path) -> None:  # noqa: F811
    raise_descriptor_limit()
    asyncio.run(swaps(run, folder))


async def swaps(run, folder: Path) -> None:  # noqa: F811
    async with CrowdUpstream(talk) as upstream:
        await asyncio.to_thread(tables, folder, upstream.base)
        point(folder, "a")
        (folder / "routes.sgt").symlink_to("..data/routes.sgt")
        sidecar: Sidecar = await asyncio.to_thread(run, folder / "routes.sgt")
        is_over = asyncio.Event()
        problems: list[str] = []
        streams = 0

        async def client() -> None:
            nonlocal streams
            while not is_over.is_set():
                listener = await listen(sidecar.address, ask())
                streams += 1
                if listener.problem or listener.next != EVENTS:
                    problems.append(listener.problem or f"{listener.next} events")

        clients = [asyncio.create_task(client()) for _ in range(CLIENTS)]
        mapped: list[int] = []
        for number in range(SWAPS):
            digest = await asyncio.to_thread(digest_of, sidecar)
            point(folder, "ba"[number % 2])
            end = time.monotonic() + AMPLE
            while await asyncio.to_thread(digest_of, sidecar) == digest:
                assert time.monotonic() < end, sidecar.log()
                await asyncio.sleep(0.02)
            assert not problems, problems[:3]
            if number % 10 == 9:
                mapped.append(await asyncio.to_thread(table_maps, sidecar))
        is_over.set()
        await asyncio.gather(*clients)
        assert not problems, problems[:3]
        assert streams >= CLIENTS
        # A table is mapped for as long as a request uses it; then one is left.
        end = time.monotonic() + AMPLE
        while (left := table_maps(sidecar)) > 1:
            assert time.monotonic() < end, f"{left} tables are still mapped, before: {mapped}"
            await asyncio.sleep(0.1)


def table_maps(sidecar: Sidecar) -> int:
    """How many sealed copies of tables are in the process' memory."""
    try:
        maps = Path(f"/proc/{sidecar.process.pid}/maps").read_text()
    except PermissionError:  # What cannot be dumped shows its memory to root alone.
        return 1
    return len(set(re.findall(r" (\d+) +/memfd:", maps)))


SPOILT = {
    "deleted": lambda path: path.unlink(),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "a link to nothing": lambda path: (path.unlink(), path.symlink_to("nowhere")),
    "cut in place": lambda path: os.truncate(path, 100),
    "emptied in place": lambda path: os.truncate(path, 0),
    "overwritten in place": lambda path: path.write_bytes(b"\xff" * path.stat().st_size),
    "grown in place": lambda path: path.write_bytes(path.read_bytes() + b"\0" * 4096),
    "a socket": lambda path: (path.unlink(), socket.socket(socket.AF_UNIX).bind(str(path))),
}


def test_whatever_becomes_of_the_file(run, folder: Path, upstream: Upstream) -> None:  # noqa: F811
    """The last good table serves, whether the sidecar is told to look or not; a good one mends it."""
    path = folder / "routes.sgt"
    good = folder / "good"
    compile_table(configuration([deployment("chat", upstream.base)]), good)
    path.write_bytes(good.read_bytes())
    sidecar = run(path)
    for name, spoil in SPOILT.items():
        before = sidecar.metrics()
        spoil(path)
        sidecar.signal(signal.SIGHUP)
        end = time.monotonic() + AMPLE
        while sidecar.metrics().total("sidegate_reloads_total", result="failure") <= before.total(
                "sidegate_reloads_total", result="failure"):
            assert time.monotonic() < end, (name, sidecar.log())
            time.sleep(0.02)
        assert sidecar.request("POST", CHAT, HI).status == 200, name
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        (folder / "next").write_bytes(good.read_bytes())
        os.rename(folder / "next", path)
        end = time.monotonic() + AMPLE
        while sidecar.metrics().total("sidegate_reloads_total", result="success") <= before.total(
                "sidegate_reloads_total", result="success"):
            assert time.monotonic() < end, (name, sidecar.log())
            time.sleep(0.02)
        assert sidecar.request("POST", CHAT, HI).status == 200, name


QUICK, SLOW = 90, 10


class Load:
    """Requests that are all at the upstream before the end begins; some outlast it."""

    def __init__(self, start, upstream: Upstream) -> None:
        self.go_on = threading.Event()
        upstream.behaviour("up-quick")(lambda exchange: self._answer(exchange, is_slow=False))
        upstream.behaviour("up-slow")(lambda exchange: self._answer(exchange, is_slow=True))
        self.sidecar: Sidecar = start(configuration(
            [deployment("quick", upstream.base), deployment("slow", upstream.base)]),
            "--grace", "4", admin=True)
        self.wires = []
        for number in range(QUICK + SLOW):
            wire = Wire(self.sidecar.address, timeout=AMPLE)
            model = "quick" if number < QUICK else "slow"
            body = {**HI, "model": model, "stream": number % 2 == 0}
            wire.send(message("POST", CHAT, compact(body)))
            self.wires.append(wire)
        for _ in self.wires:
            upstream.next_request(AMPLE)

    def _answer(self, exchange: Exchange, is_slow: bool) -> None:
        is_stream = exchange.json["stream"]
        if is_stream:
            exchange.start_stream()
            exchange.event(delta(exchange, {"content": "first"}))
        self.go_on.wait(AMPLE)
        if is_slow and exchange.wait_closed(AMPLE):
            return
        if is_stream:
            exchange.event(delta(exchange, {"content": "last"}))
            exchange.end_stream()
        else:
            exchange.answer({"model": exchange.model, "last": True})


def test_the_end_under_load(start, upstream: Upstream) -> None:
    load = Load(start, upstream)
    sidecar = load.sidecar
    idle = Wire(sidecar.address, timeout=AMPLE)
    idle.request("GET", "/health/liveliness")
    sidecar.signal(signal.SIGTERM)
    assert idle.at_end(AMPLE), "who asks nothing is let go"
    assert sidecar.admin("/health/readiness").status == 503
    assert sidecar.admin("/health/liveliness").status == 200
    with pytest.raises(ConnectionRefusedError):
        Wire(sidecar.address)
    load.go_on.set()
    for number, wire in enumerate(load.wires):
        response = wire.response()
        is_stream, is_cut = number % 2 == 0, number >= QUICK
        if is_stream:
            assert response.status == 200
            assert response.body.endswith(b"data: [DONE]\n\n") != is_cut
            assert (b'"error"' in response.body.split(b"\n\n")[-2]) == is_cut
        else:
            assert response.status == (503 if is_cut else 200)
            assert response.header("connection") == "close"
            assert (b"last" in response.body) != is_cut and (b'"error"' in response.body) == is_cut
        assert wire.at_end(AMPLE)
    assert sidecar.process.wait(AMPLE) == 0
    lines = sidecar.access_log(QUICK + SLOW + 1, AMPLE)
    assert len([line for line in lines if line.get("path") == CHAT]) == QUICK + SLOW
