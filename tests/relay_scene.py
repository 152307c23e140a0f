"""A face published to Janus and watched behind it; run by test_relay.py in a network of its own.

Prints what came through as JSON. Everything from encoding on is the product's: feeds, tracks,
reports. Only the offer is made here, since a room wants to be offered what it relays.
"""

import asyncio
import json
import os
import random
import shutil
import string
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import aioice.ice
import httpx
import numpy as np
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from coded import note_coded
from films import MARK_ID, film, later
from stage import make_cast
from test_broadcast import offset

from bonaface.core import SECOND, Picture, Sound
from bonaface.marks.marked import MarkedPicture, MarkedSound
from bonaface.marks.picture.reader import read_picture_mark
from bonaface.marks.receipts.match import Arrived
from bonaface.marks.receipts.notary import Notary
from bonaface.marks.receipts.reader import ReceiptReader
from bonaface.marks.receipts.receipt import digest_frame
from bonaface.marks.receipts.tally import Tally
from bonaface.marks.sound.reader import read_sound_mark
from bonaface.media.webrtc.codecs import Encoded
from bonaface.media.webrtc.feeds import Feeds
from bonaface.media.webrtc.outward import Outlet, Report, Wall
from bonaface.media.webrtc.rate import LADDER
from bonaface.media.webrtc.viewing import Viewing
from bonaface.stream.clock import SessionClock

ADDRESS = "10.77.0.1"
PORT = 8088
ROOM = 4321
CONFIG = {
    "janus.jcfg": """general: {{ configs_folder = "{here}"
  plugins_folder = "{library}/plugins"  transports_folder = "{library}/transports"
  debug_level = 3  server_name = "relay" }}
plugins: {{ disable = "{others}" }}
transports: {{ disable = "libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,libjanus_rabbitmq.so,libjanus_websockets.so" }}
""",  # noqa: E501
    "janus.transport.http.jcfg": 'general: {{ json = "compact" base_path = "/janus" '
    'http = true port = 8088 ip = "127.0.0.1" https = false }}\n',
    "janus.plugin.videoroom.jcfg": "general: {{ }}\n",
}


def start_janus(here: Path) -> "subprocess.Popen[bytes]":
    """Janus with its VideoRoom and HTTP, and nothing else."""
    library = next(Path("/usr/lib").glob("*/janus"))
    plugins = {path.name for path in (library / "plugins").glob("*.so")}
    others = ",".join(sorted(plugins - {"libjanus_videoroom.so"}))
    for name, text in CONFIG.items():
        (here / name).write_text(text.format(here=here, library=library, others=others))
    program = shutil.which("janus")
    assert program is not None
    with (here / "janus.log").open("wb") as log:
        return subprocess.Popen(
            [program, "-C", str(here / "janus.jcfg"), "-F", str(here)],
            stdout=log,
            stderr=subprocess.STDOUT,
        )


class Janus:
    """One handle of Janus' HTTP interface."""

    def __init__(self) -> None:
        self._client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{PORT}", timeout=30)
        self._session = self._handle = ""
        self._events: asyncio.Queue[Any] = asyncio.Queue()
        self._polling: asyncio.Task[None] | None = None

    async def attach(self) -> "Janus":
        made = await self._post("/janus", {"janus": "create"})
        self._session = f"/janus/{made['data']['id']}"
        self._polling = asyncio.create_task(self._poll())
        wish = {"janus": "attach", "plugin": "janus.plugin.videoroom"}
        made = await self._post(self._session, wish)
        self._handle = f"{self._session}/{made['data']['id']}"
        return self

    async def ask(self, body: dict[str, Any], sdp: tuple[str, str] | None = None) -> Any:
        message: dict[str, Any] = {"janus": "message", "body": body}
        if sdp is not None:
            message["jsep"] = {"type": sdp[0], "sdp": sdp[1]}
        answer = await self._post(self._handle, message)
        if answer["janus"] == "success":
            return answer
        return await asyncio.wait_for(self._events.get(), 10)

    async def complete(self) -> None:
        """All our candidates were in the offer."""
        await self._post(self._handle, {"janus": "trickle", "candidate": {"completed": True}})

    async def close(self) -> None:
        if self._polling is not None:
            self._polling.cancel()
        await self._client.aclose()

    async def _post(self, path: str, message: dict[str, Any]) -> Any:
        message["transaction"] = "".join(random.choices(string.ascii_letters, k=10))
        return (await self._client.post(path, json=message)).json()

    async def _poll(self) -> None:
        while True:
            got = (await self._client.get(f"{self._session}?maxev=5")).json()
            for event in got if isinstance(got, list) else [got]:
                if event.get("janus") == "event":
                    await self._events.put(event)


class Publisher:
    """What a peer sends, offered: an exit for a session's media."""

    def __init__(self, clock: SessionClock, notary: Notary) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration([]))
        self.outlets = {kind: Outlet(kind) for kind in ("audio", "video")}
        self._feeds, self._wall = Feeds(notary), Wall(clock)
        self._viewing = Viewing(self._feeds, "H264", self.outlets["video"].put)
        self.reports: dict[str, Report] = {}

    async def offer(self) -> str:
        for kind in ("audio", "video"):
            transceiver = self.connection.addTransceiver(self.outlets[kind], "sendonly")
            wanted = {"audio": ("audio/opus",), "video": ("video/H264", "video/rtx")}[kind]
            codecs = RTCRtpSender.getCapabilities(kind).codecs
            transceiver.setCodecPreferences([one for one in codecs if one.mimeType in wanted])
            sender = transceiver.sender
            self.reports[kind] = Report(
                sender, self.outlets[kind], self._wall, self._viewing.ask_key
            )
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return str(self.connection.localDescription.sdp)

    def begin(self) -> None:
        self._feeds.sound.takers.add(self._send_sound)
        self._viewing.follow(LADDER[-1])

    def _send_sound(self, packet: Encoded) -> None:
        self.outlets["audio"].put(packet)

    def give(self, item: MarkedPicture | MarkedSound) -> None:
        if isinstance(item, MarkedSound):
            self._feeds.sound.hear(item)
        else:
            self._viewing.show(item)


class Viewer:
    """A browser's place behind the room."""

    def __init__(self, clock: SessionClock) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration([]))
        self.connection.on("track", self._take)
        self.pictures: list[tuple[int, Any]] = []
        self.sounds: list[tuple[int, Any]] = []
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []

    def _take(self, track: MediaStreamTrack) -> None:
        self._tasks.append(asyncio.create_task(self._drain(track)))

    async def _drain(self, track: MediaStreamTrack) -> None:
        into = self.pictures if track.kind == "video" else self.sounds
        try:
            while True:
                frame = await track.recv()
                into.append((self._clock.now(), frame))
        except MediaStreamError:
            return


class Book:
    """Receipts of what is published, and the frames that came behind the room, found in them.

    Receipts go past the room: over HTTP, for those who watch a session behind a relay.
    """

    def __init__(self) -> None:
        cast, _ = make_cast()
        self.notary = Notary(cast.permit, MARK_ID)
        self._reader = ReceiptReader(self.notary.root, self.notary.naming.session)
        self._tally = Tally()
        self._came: list[Arrived] = []
        self._next = SECOND
        note_coded(pytest.MonkeyPatch(), self._note)

    def _note(self, codec: str, rtp: int, data: bytes) -> None:
        kind: Any = "audio" if codec == "OPUS" else "video"
        self._came.append(Arrived(kind, rtp, digest_frame(codec, data), _ms()))

    def turn(self, now: int) -> None:
        if now < self._next:
            return
        self._next = now + SECOND
        came, self._came = self._came, []
        for frame in came:
            self._tally.arrive(frame)
        for text in self.notary.write(now):
            if taken := self._reader.take(text, _ms()):
                self._tally.take(taken, _ms())

    def close(self, now: int) -> dict[str, Any]:
        self._next = now
        self.turn(now)
        found = {
            f"{kind}_{name}": getattr(match.counts, name)
            for kind, match in self._tally.frames.items()
            for name in ("checked", "strange")
        }
        return found | {"receipts": self._tally.receipts, "missing": self._tally.missing}


def _ms() -> int:
    return time.time_ns() // 1_000_000


async def publish(clock: SessionClock, notary: Notary) -> tuple[Publisher, Janus, int]:
    janus, publisher = await Janus().attach(), Publisher(clock, notary)
    room = {"room": ROOM, "bitrate": 3_000_000, "videocodec": "h264", "audiocodec": "opus"}
    await janus.ask({"request": "create", **room})
    joined = await janus.ask({"request": "join", "ptype": "publisher", "room": ROOM})
    feed = joined["plugindata"]["data"]["id"]
    answer = await janus.ask({"request": "publish"}, ("offer", await publisher.offer()))
    sdp = RTCSessionDescription(answer["jsep"]["sdp"], "answer")
    await publisher.connection.setRemoteDescription(sdp)
    await janus.complete()
    await reach(publisher.connection)
    return publisher, janus, feed


async def subscribe(clock: SessionClock, feed: int) -> tuple[Viewer, Janus]:
    janus, viewer = await Janus().attach(), Viewer(clock)
    wish = {"request": "join", "ptype": "subscriber", "room": ROOM, "streams": [{"feed": feed}]}
    offer = (await janus.ask(wish))["jsep"]
    connection = viewer.connection
    await connection.setRemoteDescription(RTCSessionDescription(offer["sdp"], offer["type"]))
    await connection.setLocalDescription(await connection.createAnswer())
    answer = ("answer", str(connection.localDescription.sdp))
    await janus.ask({"request": "start", "room": ROOM}, answer)
    await reach(connection)
    return viewer, janus


async def reach(connection: RTCPeerConnection) -> None:
    async with asyncio.timeout(15):
        while connection.connectionState != "connected":  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def relay(turns: int) -> dict[str, Any]:
    clock, book = SessionClock(), Book()
    publisher, room, feed = await publish(clock, book.notary)
    publisher.begin()
    viewer, seat = await subscribe(clock, feed)
    begun = clock.now() + SECOND // 5
    sent = [later(one, begun + turn * 6 * SECOND) for turn in range(turns) for one in film(512)]
    for item in sent:
        await clock.reach(item.at)
        publisher.give(item)
        book.turn(clock.now())
    await asyncio.sleep(0.7)
    told = judge(viewer, sent) | book.close(clock.now())
    for one in (publisher.connection, viewer.connection, room, seat):
        await one.close()
    return told | {"sent": publisher.outlets["video"].sent}


def judge(viewer: Viewer, sent: list[Any]) -> dict[str, Any]:
    pictures = [
        Picture(int(frame.time * SECOND), frame.to_ndarray(format="rgb24"))
        for _, frame in viewer.pictures
    ]
    heard = np.concatenate([frame.to_ndarray().reshape(-1, 2)[:, 0] for _, frame in viewer.sounds])
    samples = (heard / 32768).astype(np.float32)
    said = np.concatenate([one.samples for one in sent if isinstance(one, MarkedSound)])
    late = offset(samples, said)
    ours = samples[max(0, late) :][: len(said)]
    count = min(len(ours), len(said))
    picture, sound = read_picture_mark(pictures), read_sound_mark(Sound(0, samples, 48_000))
    return {
        "shown": sum(isinstance(one, MarkedPicture) for one in sent),
        "pictures": len(pictures),
        "size": list(pictures[0].pixels.shape) if pictures else [],
        "seconds": len(samples) / 48_000,
        "alike": float(np.corrcoef(ours[:count], said[:count])[0, 1]),
        "picture_mark": picture.mark_id,
        "sound_mark": sound.mark_id,
    }


def main() -> None:
    aioice.ice.get_host_addresses = lambda **_: [ADDRESS]
    os.environ["BONAFACE_HOME"] = str(Path(sys.argv[1]) / "home")
    film(512)
    here = Path(sys.argv[1])
    janus = start_janus(here)
    try:
        until = time.monotonic() + 15
        while janus.poll() is None and time.monotonic() < until:
            try:
                httpx.get(f"http://127.0.0.1:{PORT}/janus/info").raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        sys.stdout.write(json.dumps(asyncio.run(relay(int(sys.argv[2])))))
    finally:
        janus.terminate()
        janus.wait(10)


if __name__ == "__main__":
    main()
