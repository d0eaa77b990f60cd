"""Clients that stop reading delay nobody else, and cost what they may cost."""

import asyncio
import os
import socket
from pathlib import Path

import pytest
from conftest import configuration, deployment
from crowd import (DONE, HEAD, CrowdUpstream, Listener, ask, event, listen,
                   raise_descriptor_limit)
from fronts import Authority
from sidecar import Sidecar

#: How many, and for how many seconds they do not read: a thousand for a minute where asked for.
READERS, PAUSE = (1000, 60) if os.environ.get("SIDEGATE_TEST_LONG") else (300, 3)
EVENTS, EVENT_BYTES = 400, 4_000
#: What may wait in the sidecar for one of them, and how much the allocator may round that up.
WAITING_BYTES, ROUNDING_BYTES = 65_536, 6_144


class Flood:
    """An upstream's streams; those that nobody takes stand still."""

    def __init__(self) -> None:
        self.may_flow = asyncio.Event()
        self.begun = 0
        self.sent = 0
        self.events = [event(number, EVENT_BYTES) for number in range(EVENTS)]

    async def talk(self, content: str, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD)
        if content == "live":  # Small and often, as a model writes.
            for number in range(50):
                writer.write(event(number))
                await writer.drain()
                await asyncio.sleep(0.02)
        else:
            self.begun += 1
            await self.may_flow.wait()
            for data in self.events:
                writer.write(data)
                await writer.drain()
                self.sent += 1
        writer.write(DONE)
        await writer.drain()


async def connect(address: tuple[str, int]) -> socket.socket:
    """A client that asks, and whose system takes as little for it as it can."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, address)
    await loop.sock_sendall(client, ask())
    return client


async def standstill(flood: Flood) -> None:
    """Until something has been sent, and nothing more for a while."""
    quiet, last = 0, -1
    while quiet < 10 or flood.sent == 0:
        quiet = quiet + 1 if flood.sent == last else 0
        last = flood.sent
        await asyncio.sleep(0.1)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_stopped_readers(start, tmp_path: Path, scheme: str) -> None:
    raise_descriptor_limit()
    authority = Authority(tmp_path) if scheme == "https" else None
    asyncio.run(stopped_readers(start, authority))


async def stopped_readers(start, authority: Authority | None) -> None:
    flood = Flood()
    context = authority.server("IP:127.0.0.1") if authority else None
    trust = {"SSL_CERT_FILE": str(authority.file)} if authority else {}
    async with CrowdUpstream(flood.talk, context) as upstream:
        sidecar: Sidecar = await asyncio.to_thread(
            start, configuration([deployment("chat", upstream.base)],
                                 sidegate={"limits": {"connect_timeout_ms": 60_000}}),
            environment=trust)
        clients = [await connect(sidecar.address) for _ in range(READERS)]
        while flood.begun < READERS:
            await asyncio.sleep(0.1)
        # What open streams take is there before it is measured what waits for their readers.
        before = sidecar.resident_kilobytes()
        flood.may_flow.set()
        await standstill(flood)
        assert in_flight(sidecar) >= READERS, sidecar.log()
        assert flood.sent < READERS * EVENTS * 0.9, "nobody was held back"
        each = (sidecar.resident_kilobytes() - before) * 1024 // READERS
        print(f"{each} bytes for each of {READERS} readers, {flood.sent} events taken")
        assert each <= WAITING_BYTES + ROUNDING_BYTES, f"{each} bytes a reader"

        # Meanwhile others are served, whole and in order.
        end = asyncio.get_running_loop().time() + PAUSE
        while asyncio.get_running_loop().time() < end:
            live = await asyncio.gather(*(listen(sidecar.address, ask(content="live"))
                                          for _ in range(10)))
            assert [(listener.next, listener.problem) for listener in live] == [(50, "")] * 10
        assert in_flight(sidecar) >= READERS, "somebody was given up"
        assert (sidecar.resident_kilobytes() - before) * 1024 // READERS <= (
            WAITING_BYTES + ROUNDING_BYTES)

        # Some read on, and find everything; the others leave.
        for client in clients[50:]:
            client.close()
        resumed = await asyncio.gather(*(resume(client) for client in clients[:50]))
        assert [(listener.next, listener.problem) for listener in resumed] == [(EVENTS, "")] * 50
        while in_flight(sidecar) > 1:
            await asyncio.sleep(0.05)


def in_flight(sidecar: Sidecar) -> float:
    """Requests that are being served: the kernel may hold the rest of an upstream's stream."""
    return sidecar.metrics().total("litellm_in_flight_requests")


async def resume(client: socket.socket) -> Listener:
    listener = Listener()
    reader, writer = await asyncio.open_connection(sock=client)
    await listener.read(reader)
    writer.close()
    return listener
