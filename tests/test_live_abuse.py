"""What strangers do to `bonaface serve`: a real server on the loopback, and it must not mind."""

import asyncio
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import aioice.ice
import av
import httpx
import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamTrack
from browser import Served, wait_until
from hosting import served
from peers import Client, until

from bonaface.media.webrtc.codecs import PictureEncoder
from bonaface.media.webrtc.rate import LADDER
from bonaface.stream.clock import SessionClock
from bonaface.stream.events import Notice

pytestmark = pytest.mark.realtime
SDP = {"content-type": "application/sdp"}
MEGABYTE = "a" * 1_000_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all that is done to it here."""
    one = Served(tmp_path_factory.mktemp("abuse") / "home", ("--patient", "--sessions", "8"))
    one.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aioice.ice, "get_host_addresses", lambda **_: ["127.0.0.1"])
        wait_until(lambda: httpx.get(f"{one.address}healthz").status_code == 200, 120)
        yield one
    one.kill()


@dataclass
class Visit:
    """Somebody at the server."""

    web: httpx.AsyncClient
    server: Served
    text: str = ""  # an offer at hand

    async def begin(self, **wish: Any) -> str:
        likeness = (await self.web.get("/api/likenesses")).json()["likenesses"][0]["id"]
        order = {"likeness": likeness, "size": [256, 256]} | wish
        for _ in range(40):
            answer = await self.web.post("/api/sessions", json=order)
            if answer.status_code != 503:
                break
            await asyncio.sleep(1)  # a machine that is busy with other things says so
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def offer(self, path: str, text: str) -> httpx.Response:
        return await self.web.post(path, content=text, headers=SDP)

    async def connect(self, path: str, client: Client, way: str = "recvonly") -> str:
        """Connect a client; answers the address of its peer."""
        client.offer_tracks(way)
        answer = await self.offer(path, await client.offer())
        assert answer.status_code == 201, answer.text
        await client.accept(answer.text)
        return str(answer.headers["location"])

    async def metrics(self) -> dict[str, float]:
        text = (await self.web.get("/metrics")).text
        found = re.findall(r"^bonaface_(\w+) (\S+)$", text, re.MULTILINE)
        return {name: float(value) for name, value in found}

    async def figures(self, session: str, *, least: float = 0) -> dict[str, Any]:
        """The session's figures once it is so many seconds old."""
        async with self.web.stream("GET", f"/api/sessions/{session}/events") as answer:
            async for event in events(answer):
                if event["type"] == "figures" and event["seconds"] >= least:
                    return event
        raise AssertionError("the session ended")

    async def nobody(self) -> None:
        """Wait until all are gone."""
        for _ in range(400):
            found = await self.metrics()
            if found["sessions"] == 0 and found["peers"] == 0:
                return
            await asyncio.sleep(0.1)
        raise AssertionError("somebody stays")

    def belongings(self) -> tuple[int, int, float]:
        """Files and sockets, threads, and megabytes of memory of the server."""
        assert self.server.process is not None
        place = Path(f"/proc/{self.server.process.pid}")
        text = (place / "status").read_text()
        [memory], [threads] = (re.findall(rf"{key}:\s+(\d+)", text) for key in ("VmRSS", "Threads"))
        return len(os.listdir(place / "fd")), int(threads), int(memory) / 1024  # noqa: PTH208


async def events(answer: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    async for line in answer.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def visit(server: Served, act: Callable[[Visit], Awaitable[None]]) -> None:
    """Do something to the server; afterwards it must be as if nobody had been there."""

    async def go() -> None:
        address = f"http://127.0.0.1:{server.port}"
        async with httpx.AsyncClient(base_url=address, timeout=30) as web:
            one = Visit(web, server)
            await act(one)
            for left in (await web.get("/api/sessions")).json()["sessions"]:
                await web.delete(f"/api/sessions/{left['id']}")
            await one.nobody()

    asyncio.run(go())


@asynccontextmanager
async def watching(one: Visit, session: str, way: str = "recvonly") -> AsyncIterator[Client]:
    """Somebody who sees and hears the face."""
    client = Client(SessionClock())
    await one.connect(f"/api/sessions/{session}/peer", client, way)
    await until(lambda: bool(client.pictures and client.sounds), 15)
    try:
        yield client
    finally:
        await client.close()


async def write_offer(way: str = "sendrecv") -> str:
    client = Client(SessionClock())
    client.offer_tracks(way)
    text = await client.offer()
    await client.close()
    return text


def test_malformed_offers_are_answered_with_a_sentence(server: Served) -> None:
    async def act(one: Visit) -> None:
        session, rng = await one.begin(), random.Random(5)
        whole = await write_offer()
        broken = [scramble(whole, rng) for _ in range(100)]
        broken += ["", "v=0", "\0" * 1000, whole[: len(whole) // 2], whole * 3, "é" * 999]
        answers = []
        for path, end in (("/api/sessions/", "/peer"), ("/whip/", ""), ("/whep/", "")):
            for text in broken[:: 1 if end else 4]:
                answers.append(answer := await one.offer(f"{path}{session}{end}", text))
                if answer.status_code == 201:  # what was lost was not needed
                    await one.web.delete(answer.headers["location"])
        assert {answer.status_code for answer in answers} <= {201, 400}
        assert sum(answer.status_code == 400 for answer in answers) > 40
        assert all(len(a.json()["error"]) > 10 for a in answers if a.status_code == 400)
        for kind in ("application/json", "text/plain; charset=x", ""):
            headers = {"content-type": kind}
            answer = await one.web.post(f"/whip/{session}", content=whole, headers=headers)
            assert answer.status_code == 415

    visit(server, act)


def scramble(text: str, rng: random.Random) -> str:
    """An offer with some lines lost, doubled, moved or garbled."""
    lines = text.split("\r\n")
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(lines))
        kind = rng.randrange(4)
        if kind == 0:
            del lines[at]
        elif kind == 1:
            lines.insert(rng.randrange(len(lines)), lines[at])
        elif kind == 2:
            letters = list(lines[at])
            rng.shuffle(letters)
            lines[at] = "".join(letters)
        else:
            lines[at] = lines[at].replace("1", "99999999999999999999")
    return "\r\n".join(lines)


def test_a_megabyte_of_text_is_refused_everywhere(server: Served) -> None:
    async def act(one: Visit) -> None:
        session = await one.begin()
        at = f"/api/sessions/{session}"
        for send in (
            one.web.post(f"{at}/say", json={"text": MEGABYTE}),
            one.web.post(f"{at}/peer", content=MEGABYTE, headers=SDP),
            one.web.post("/api/sessions", json={"likeness": MEGABYTE}),
        ):
            answer = await send
            assert answer.status_code == 413
            assert answer.json()["error"]
        async with watching(one, session) as client:
            await until(lambda: client.channel.readyState == "open")
            client.channel.send(json.dumps({"type": "say", "text": MEGABYTE[:60_000]}))
            client.connection.sctp._remote_max_message_size = 0  # who asks what we take
            client.channel.send(json.dumps({"type": "say", "text": MEGABYTE}))
            refused = '"refused"'
            await until(lambda: sum(refused in text for text in client.messages) == 2, 15)
            assert any("too long" in text for text in client.messages)
            shown = len(client.pictures)
            await until(lambda: len(client.pictures) > shown + 25)

    visit(server, act)


def test_a_session_that_ends_while_somebody_connects_leaves_nobody(server: Served) -> None:
    async def act(one: Visit) -> None:
        text = await write_offer()
        for _ in range(5):
            session = await one.begin()
            path = f"/api/sessions/{session}"
            both = await asyncio.gather(
                one.offer(f"{path}/peer", text),
                one.web.delete(path),
                one.offer(f"{path}/peer", text),
            )
            assert {answer.status_code for answer in both} <= {201, 204, 404}
            assert (await one.web.get(path)).status_code == 404

    visit(server, act)


def test_who_freezes_takes_nothing_from_the_others(server: Served) -> None:
    async def act(one: Visit) -> None:
        session = await one.begin()
        async with watching(one, session) as frozen, watching(one, session) as lively:
            assert frozen.receiver("video").transport._task.cancel()  # reads no more, says nothing
            begun, before = len(lively.pictures), one.belongings()[2]
            for _ in range(40):
                await one.web.post(f"/api/sessions/{session}/say", json={"text": "Go on."})
                await one.web.post(f"/api/sessions/{session}/interrupt")
                await asyncio.sleep(0.1)
            assert len(lively.pictures) - begun > 40
            assert one.belongings()[2] - before < 60

    visit(server, act)


@pytest.mark.usefixtures("granted_home")
def test_a_follower_who_never_reads_loses_the_oldest_and_costs_little() -> None:
    """Events by HTTP, so many that no buffer of a socket holds them."""

    async def go() -> None:
        async with served() as here:
            session = (await here.begin())["id"]
            host, port = str(here.client.base_url.host), here.client.base_url.port or 0
            deaf = socket.create_connection((host, port))
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            request = f"GET /api/sessions/{session}/events HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n"
            deaf.sendall(request.encode())
            board = here.engine.sessions[0].board
            await until(lambda: len(board._lanes) == 2)
            for number in range(300):
                for _ in range(100):
                    board.post(Notice("info", f"number {number}", "x" * 1000))
                await asyncio.sleep(0)
            assert all(len(lane) <= 256 for lane in board._lanes)
            assert (await here.client.get(f"/api/sessions/{session}")).status_code == 200
            begun = time.monotonic()
            await here.client.delete(f"/api/sessions/{session}")
            assert time.monotonic() - begun < 2
            deaf.close()

    asyncio.run(go())


@pytest.mark.usefixtures("granted_home")
def test_who_connects_and_says_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bonaface.server.run.SILENCE", 1.0)

    async def go() -> None:
        async with served() as here:
            port = here.client.base_url.port
            mute = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
            mute[0][1].write(b"GET /healthz HTTP/1.1\r\nHost: ")  # and no more
            async with asyncio.timeout(10):
                assert [await reader.read() for reader, _ in mute] == [b""] * 20
            for _, writer in mute:
                writer.close()
            assert (await here.client.get("/healthz")).status_code == 200

    asyncio.run(go())


class Flood(MediaStreamTrack):  # type: ignore[misc]
    """A camera of 3840 x 2160 at 120 pictures a second, each a key picture."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        rng = np.random.default_rng(1)
        pixels = np.repeat(np.repeat(rng.integers(0, 255, (27, 48, 3)), 80, 0), 80, 1)
        encoder = PictureEncoder("VP8", (3840, 2160), LADDER[-1])
        packet = encoder.encode(np.ascontiguousarray(pixels, np.uint8), 0, key=True)
        assert packet is not None
        self.data, self.count, self.begun = packet.data, 0, time.monotonic()

    async def recv(self) -> Any:
        await asyncio.sleep(max(0.0, self.begun + self.count / 120 - time.monotonic()))
        packet = av.Packet(self.data)
        packet.pts, packet.time_base = self.count * 750, Fraction(1, 90_000)
        self.count += 1
        return packet


def test_a_camera_of_4k_at_120_does_not_stop_the_face(server: Served) -> None:
    async def act(one: Visit) -> None:
        session = await one.begin(drive="face")
        async with watching(one, session) as viewer:
            camera = Client(SessionClock(), codec="VP8")
            camera.offer_tracks("sendonly")
            track = Flood()
            next(s for s in camera.connection.getSenders() if s.kind == "video").replaceTrack(track)
            answer = await one.offer(f"/whip/{session}", await camera.offer())
            await camera.accept(answer.text)
            await until(lambda: track.count > 10, 15)
            await asyncio.sleep(1)
            before, shown, sent = one.belongings()[2], len(viewer.pictures), track.count
            await asyncio.sleep(4)
            assert track.count - sent > 200
            assert len(viewer.pictures) - shown > 40  # of 100, with its encoder on our cores too
            assert one.belongings()[2] - before < 150
            assert (await one.metrics())["camera_skipped_total"] > 150
            await camera.close()

    visit(server, act)


def test_a_server_that_was_stopped_for_a_while_goes_on(server: Served) -> None:
    async def act(one: Visit) -> None:
        session = await one.begin()
        assert server.process is not None
        async with watching(one, session) as viewer:
            await until(lambda: viewer.channel.readyState == "open")
            server.process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(4)
            server.process.send_signal(signal.SIGCONT)
            await until(lambda: any('"stood-still"' in text for text in viewer.messages), 10)
            shown = len(viewer.pictures)
            await until(lambda: len(viewer.pictures) > shown + 25, 10)
            assert (await one.figures(session))["gaps"] >= 100

    visit(server, act)


@contextmanager
def busy_cores() -> Iterator[None]:
    """Three other programs want each core."""
    command = [sys.executable, "-c", "while True: pass"]
    busy = [subprocess.Popen(command) for _ in range(3 * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def test_a_full_machine_loses_pictures_and_no_sound(server: Served) -> None:
    async def act(one: Visit) -> None:
        session = await one.begin(size=[512, 512])
        async with watching(one, session) as viewer:
            with busy_cores():
                first = await one.figures(session)
                heard = len(viewer.sounds)
                last = await one.figures(session, least=first["seconds"] + 10)
            seconds = last["seconds"] - first["seconds"]
            assert last["gaps"] == 0
            assert last["sounds"] - first["sounds"] == pytest.approx(50 * seconds, rel=0.02)
            shown, lost = (last[name] - first[name] for name in ("pictures", "dropped"))
            lost += last["late"] - first["late"]
            assert shown + lost == pytest.approx(25 * seconds, rel=0.05)  # all are accounted for
            assert shown > seconds
            stamps = [one.pts for one in viewer.sounds[heard:]]
            assert {b - a for a, b in pairwise(stamps)} == {960}  # 20 ms each, none missing

    visit(server, act)


async def come_and_go(one: Visit, session: str, number: int) -> None:
    """Every eighth connects, and leaves with a word or without; the rest only ask to."""
    path = f"/api/sessions/{session}/peer"
    if number % 8:
        place = (await one.offer(path, one.text)).headers["location"]
        if number % 50 != 1 or number > 800:
            assert (await one.web.delete(place)).status_code == 200
        return
    client = Client(SessionClock(), reads=False)
    place = await one.connect(path, client)
    await until(lambda: client.connection.connectionState == "connected", 20)
    if number % 16:
        assert (await one.web.delete(place)).status_code == 200
    await client.close()


async def all_come_and_go(one: Visit, sessions: list[str], numbers: range) -> None:
    """Six at a time."""
    queue = iter(numbers)

    async def guest() -> None:
        for number in queue:
            await come_and_go(one, sessions[number // 8 % 2], number)

    await asyncio.gather(*(guest() for _ in range(6)))


async def settle(one: Visit) -> tuple[int, int, float]:
    """What the server holds once all peers have gone: of some it learns by their silence."""
    for _ in range(300):
        if (await one.metrics())["peers"] == 0:
            break
        await asyncio.sleep(0.2)
    await asyncio.sleep(6)  # HTTP connections are kept for five seconds
    return one.belongings()


def test_a_thousand_connects_and_disconnects_leave_nothing(server: Served) -> None:
    async def act(one: Visit) -> None:
        sessions = [await one.begin(size=[128, 128], rate=15) for _ in range(2)]

        one.text = await write_offer()
        await all_come_and_go(one, sessions, range(50))
        before = await settle(one)
        await all_come_and_go(one, sessions, range(50, 1050))
        after = await settle(one)
        assert after[0] <= before[0] + 4, "sockets"
        assert after[1] <= before[1] + 8, "threads"  # pools that fill up
        assert after[2] - before[2] < 80, "MB of memory"
        for session in sessions:
            assert (await one.web.get(f"/api/sessions/{session}")).status_code == 200

    visit(server, act)
