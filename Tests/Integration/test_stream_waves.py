"""Hundreds of streams at once on one worker: no byte lost, repeated or out of order."""

import asyncio
import os
import random

import pytest
from conftest import configuration, deployment
from crowd import (DONE, HEAD, CrowdUpstream, Listener, ask, event, listen,
                   raise_descriptor_limit)
from sidecar import Sidecar

#: How many at once, and how often one wave follows another: a thousand where asked for.
STREAMS, WAVES = (1000, 60) if os.environ.get("SIDEGATE_TEST_LONG") else (300, 4)
EVENTS = 8


async def talk(content: str, writer: asyncio.StreamWriter) -> None:
    if content == "refused":
        writer.write(b"HTTP/1.1 500 No\r\ncontent-length: 2\r\n\r\n{}")
        return await writer.drain()
    writer.write(HEAD)
    for number in range(EVENTS):
        data = event(number, 100)
        # Cut anywhere, as TCP may cut it.
        place = number * 37 % len(data)
        writer.write(data[:place])
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(data[place:])
        await writer.drain()
        if content == "broken" and number == EVENTS // 2:
            writer.transport.abort()
            return
    writer.write(DONE)
    await writer.drain()


async def leave(address: tuple[str, int], chance: random.Random) -> None:
    """A client that goes in the middle."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(ask())
    await reader.readuntil(b"\r\n\r\n")
    await asyncio.sleep(chance.random())
    writer.transport.abort()


async def one(address: tuple[str, int], number: int, chance: random.Random) -> str:
    """What is wrong with a stream's fate, if anything."""
    if number % 10 == 0:
        await leave(address, chance)
        return ""
    if number % 10 == 1:
        listener = await listen(address, ask("broken", content="broken"))
        return "" if not listener.is_done and listener.problem and listener.next else "a clean end"
    if number % 10 == 2:
        listener = await listen(address, ask("refused", content="refused"))
        return "" if " 500 " in listener.problem else f"500 became {listener.problem}"
    listener: Listener = await listen(address, ask())
    return listener.problem or ("" if listener.next == EVENTS else f"{listener.next} events")


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_streams_in_waves(start) -> None:
    raise_descriptor_limit()
    asyncio.run(waves(start))


async def waves(start) -> None:
    chance = random.Random(7)
    async with CrowdUpstream(talk) as upstream:
        sidecar: Sidecar = await asyncio.to_thread(start, configuration(
            [deployment(name, upstream.base) for name in ("chat", "broken", "refused")],
            router_settings={"num_retries": 0, "disable_cooldowns": True},
            # A busy machine may need longer than clients of a real one should wait.
            sidegate={"limits": {"connect_timeout_ms": 60_000}}),
            "--access-log", "off")
        resident, descriptors = [], []
        for _ in range(WAVES):
            fates = await asyncio.gather(*(one(sidecar.address, number, chance)
                                           for number in range(STREAMS)))
            assert not [fate for fate in fates if fate], [fate for fate in fates if fate][:5]
            while upstream.open:
                await asyncio.sleep(0.05)
            metrics = await asyncio.to_thread(sidecar.metrics)
            resident.append(sidecar.resident_kilobytes())
            descriptors.append(metrics.total("sidegate_open_connections")
                               + metrics.total("sidegate_upstream_connections"))
        print("resident", resident, "connections", descriptors)
        assert resident[-1] - resident[len(resident) // 2] < 4_096, resident
        # Idle connections to the upstream are kept for the next wave; not more of them each time.
        assert descriptors[-1] <= STREAMS + 10
