"""A bad network between two peers on the loopback: packets late, and some of them lost.

Both sides are told of the relay's ports in place of each other's, so all of ICE, DTLS and media
goes through it, in both directions. It needs no kernel module, as netem would.
"""

import asyncio
import random
import re
from typing import Any, cast


class _Side(asyncio.DatagramProtocol):
    """One socket of the relay: passes on to the other side what it gets."""

    def __init__(self, weather: "Weather") -> None:
        self.other: _Side | None = None
        self.toward: tuple[str, int] | None = None  # who is on this side
        self.transport: asyncio.DatagramTransport | None = None
        self._weather = weather

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self.toward = addr
        self._weather.carry(data, self.other)


class Weather:
    """`delay` seconds each way, and a share `loss` of the packets gone, at random."""

    def __init__(self, delay: float, loss: float, seed: int = 1) -> None:
        self.carried = self.lost = 0
        self._delay, self._loss = delay, loss
        self._draw = random.Random(seed)
        self._front, self._back = _Side(self), _Side(self)
        self._front.other, self._back.other = self._back, self._front

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        for side in (self._front, self._back):
            await loop.create_datagram_endpoint(lambda side=side: side, ("127.0.0.1", 0))  # type: ignore[misc]

    def over(self, sdp: str, *, answer: bool) -> str:
        """An offer or answer whose only way is through the relay."""
        own = self._front if answer else self._back
        found = re.search(r"a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+) typ host", sdp)
        assert found is not None
        if answer:
            self._back.toward = ("127.0.0.1", int(found[1]))
        assert own.transport is not None
        port = own.transport.get_extra_info("sockname")[1]
        return re.sub(r"(127\.0\.0\.1) \d+ (typ host)", rf"\1 {port} \2", sdp)

    def carry(self, data: bytes, to: _Side | None) -> None:
        """Pass a packet on, late, or lose it."""
        self.carried += 1
        if self._draw.random() < self._loss:
            self.lost += 1
            return
        asyncio.get_running_loop().call_later(self._delay, self._hand, data, to)

    def _hand(self, data: bytes, to: _Side | None) -> None:
        if to is not None and to.toward is not None and to.transport is not None:
            to.transport.sendto(data, to.toward)

    def close(self) -> None:
        for side in (self._front, self._back):
            if side.transport is not None:
                side.transport.close()
