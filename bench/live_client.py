"""A live session's other side, for bench/live.py: an aiortc peer that notes when things arrive."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import aioice.ice
import av
import httpx
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from numpy.typing import NDArray

from bonaface.media.webrtc.reception import install
from bonaface.stream.clock import SessionClock

aioice.ice.get_host_addresses = lambda **_: ["127.0.0.1"]  # aioice would leave the machine

RATE, RUN = 48_000, 960
Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]


@dataclass
class Heard:
    """A run of sound, and when it came: seconds of the machine's steady clock."""

    at: float
    samples: Floats


@dataclass
class Seen:
    """A picture, and when it came."""

    at: float
    pixels: Bytes


class Microphone(MediaStreamTrack):  # type: ignore[misc]
    """Says what is put into it, and silence otherwise, in real time."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.runs: deque[Floats] = deque()
        self.sent: list[Heard] = []
        self._count, self._begun = 0, 0.0

    def say(self, samples: Floats) -> None:
        """Have (n,) samples sent; what is less than 20 ms at the end is left out."""
        self.runs.extend(samples[: len(samples) // RUN * RUN].reshape(-1, RUN))

    async def recv(self) -> Any:
        """Give the next frame when it is due."""
        self._begun = self._begun or time.monotonic()
        await asyncio.sleep(max(0.0, self._begun + self._count * RUN / RATE - time.monotonic()))
        samples = self.runs.popleft() if self.runs else np.zeros(RUN, np.float32)
        if samples.any():
            self.sent.append(Heard(time.monotonic(), samples))
        packed = (samples * 32767).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(packed, format="s16", layout="mono")
        frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
        frame.pts = self._count * RUN
        self._count += 1
        return frame


class Webcam(MediaStreamTrack):  # type: ignore[misc]
    """Shows the picture that was put into it last, 30 a second."""

    kind = "video"

    def __init__(self, first: Bytes) -> None:
        super().__init__()
        self.picture = first
        self._count, self._begun = 0, 0.0

    async def recv(self) -> Any:
        """Give the next frame when it is due."""
        self._begun = self._begun or time.monotonic()
        await asyncio.sleep(max(0.0, self._begun + self._count / 30 - time.monotonic()))
        frame = av.VideoFrame.from_ndarray(self.picture, format="rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = self._count * 3000, Fraction(1, 90_000)
        self._count += 1
        return frame


@dataclass
class LivePeer:
    """One session on a server, and a peer in it. `keep` False: media is received and forgotten."""

    server: str
    webcam: Webcam | None = None
    keep: bool = True
    talks: bool = True  # into a microphone
    microphone: Microphone = field(default_factory=Microphone)
    heard: list[Heard] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    session: str = ""

    async def open(self, web: httpx.AsyncClient, **wish: Any) -> None:
        """Begin a session and connect to it. Raises HTTPStatusError when it is refused."""
        likenesses = (await web.get(f"{self.server}/api/likenesses")).json()["likenesses"]
        order = {"likeness": likenesses[0]["id"], "size": [512, 512], "rate": 25, **wish}
        begun = await web.post(f"{self.server}/api/sessions", json=order)
        begun.raise_for_status()
        self.session = begun.json()["id"]
        self.connection = RTCPeerConnection(RTCConfiguration([]))
        self.channel = self.connection.createDataChannel("bonaface")
        self.connection.on("track", self._take)
        if self.talks:
            self.connection.addTransceiver(self.microphone, "sendrecv")
        else:
            self.connection.addTransceiver("audio", "recvonly")
        if self.webcam:
            self.connection.addTransceiver(self.webcam, "sendrecv")
        else:
            self.connection.addTransceiver("video", "recvonly")
        await self.connection.setLocalDescription(await self.connection.createOffer())
        answer = await web.post(
            f"{self.server}/api/sessions/{self.session}/peer",
            content=self.connection.localDescription.sdp,
            headers={"content-type": "application/sdp"},
        )
        answer.raise_for_status()
        await self.connection.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
        clock = SessionClock()
        self._buffers = {}
        for transceiver in self.connection.getTransceivers():
            # aiortc's own holds sound for 80 ms and waits for the next picture
            self._buffers[transceiver.kind] = install(transceiver, clock)
        async with asyncio.timeout(10):
            while not self.heard or not self.seen:  # noqa: ASYNC110 - two lists, no event
                await asyncio.sleep(0.02)
        if not self.keep:
            for transceiver in self.connection.getTransceivers():
                transceiver.receiver._RTCRtpReceiver__jitter_buffer = Forget()  # noqa: SLF001

    async def close(self, web: httpx.AsyncClient) -> None:
        """End the session."""
        await self.connection.close()
        await web.delete(f"{self.server}/api/sessions/{self.session}")

    def _take(self, track: MediaStreamTrack) -> None:
        self._task = getattr(self, "_task", [])
        self._task.append(asyncio.ensure_future(self._drain(track)))

    async def _drain(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame = await track.recv()
                self._note(track.kind, frame)
        except MediaStreamError:
            return

    def _note(self, kind: str, frame: Any) -> None:
        now = time.monotonic()
        if kind == "video" and (buffer := self._buffers["video"]):
            buffer.note_decoded(frame.width, frame.height)
        if not self.keep and (self.heard if kind == "audio" else self.seen):
            return
        if kind == "audio":
            both = frame.to_ndarray().reshape(-1, len(frame.layout.channels))
            self.heard.append(Heard(now, both.mean(1).astype(np.float32) / 32768))
        else:
            self.seen.append(Seen(now, frame.to_ndarray(format="rgb24")))


class Forget:
    """In the place of a jitter buffer: takes packets and gives nothing to decode."""

    def add(self, _: Any) -> tuple[bool, None]:
        """Take a packet."""
        return False, None


def first_loud(heard: list[Heard], since: float, level: float = 0.01) -> float | None:
    """When the first sample above `level` came, at or after `since`."""
    for one in heard:
        loud = np.flatnonzero(np.abs(one.samples) > level)
        if one.at >= since and len(loud):
            return one.at + int(loud[0]) / RATE
    return None


def last_loud(heard: list[Heard], before: float, level: float = 0.01) -> float | None:
    """When the last sample above `level` came, before `before`."""
    for one in reversed(heard):
        loud = np.flatnonzero(np.abs(one.samples) > level)
        if one.at < before and len(loud):
            return one.at + int(loud[-1]) / RATE
    return None
