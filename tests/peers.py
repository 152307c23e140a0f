"""An aiortc client for tests of peers, all on the loopback; numbers in pixels, tones in sound."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import aioice.ice
import av
import cv2
import numpy as np
import pytest
from aiortc import (
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from numpy.typing import NDArray

from bonaface.core import SECOND, Picture, Sound, Time
from bonaface.marks.marked import MarkedPicture, MarkedSound, seal_picture, seal_sound
from bonaface.media.webrtc.peer import Peer
from bonaface.stream.clock import SessionClock

STEP = SECOND // 50
BITS = 12


def stay_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """aioice skips 127.0.0.1 and would use the machine's own network."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda **_: ["127.0.0.1"])


def paint_number(number: int, side: int = 256) -> NDArray[np.uint8]:
    """A picture that says which it is: a row of black and white blocks over a soft ground."""
    y, x = np.mgrid[:side, :side]
    soft = 100 + 60 * np.sin((x + 3 * number) / 40) * np.cos(y / 50)
    pixels = np.repeat(soft[..., None], 3, -1).astype(np.uint8)
    block = side // BITS
    for i in range(BITS):
        pixels[block : 3 * block, i * block : (i + 1) * block] = 235 if number >> i & 1 else 20
    return pixels


def read_number(pixels: NDArray[np.uint8]) -> int:
    """The number in a picture of any size."""
    luma = pixels.mean(-1)
    side = luma.shape[1]
    block = side / BITS
    row = luma[round(1.5 * block) : round(2.5 * block)]
    places = ((i + 0.5) * block for i in range(BITS))
    return sum(int(row[:, int(x) - 2 : int(x) + 3].mean() > 127) << i for i, x in enumerate(places))


@dataclass
class Ear:
    """An inlet that keeps what it gets."""

    sounds: list[Sound] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def hear(self, sound: Sound) -> None:
        self.sounds.append(sound)

    def see(self, picture: Picture) -> None:
        self.pictures.append(picture)

    def read(self, message: str) -> None:
        self.messages.append(message)


class Source(MediaStreamTrack):  # type: ignore[misc]
    """A camera of numbered pictures or a microphone of a tone, in real time."""

    def __init__(self, kind: str, rate: int, side: int = 256) -> None:
        super().__init__()
        self.kind, self.rate, self.side = kind, rate, side
        self.count = 0
        self._begun: float | None = None

    async def recv(self) -> Any:
        if self.readyState != "live":
            raise MediaStreamError
        loop = asyncio.get_running_loop()
        self._begun = self._begun or loop.time()
        await asyncio.sleep(max(0.0, self._begun + self.count / self.rate - loop.time()))
        self.count += 1
        return self._sound() if self.kind == "audio" else self._picture()

    def _sound(self) -> av.AudioFrame:
        at = (self.count - 1) * 960
        wave = tone(np.arange(at, at + 960))
        packed = (wave * 32767).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(packed, format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, at, Fraction(1, 48_000)
        return frame

    def _picture(self) -> av.VideoFrame:
        pixels = paint_number(self.count % 2**BITS, self.side)
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = self.count * 90_000 // self.rate, Fraction(1, 90_000)
        return frame


def tone(samples: NDArray[Any]) -> NDArray[np.float32]:
    """440 Hz at the given sample numbers of 48 kHz."""
    return (0.3 * np.sin(2 * np.pi * 440 * samples / 48_000)).astype(np.float32)


@dataclass(frozen=True)
class Arrived:
    """A decoded frame and when it came, in the session's time."""

    at: Time
    pts: int
    frame: Any


class Client:
    """The other side of a `Peer`: a browser, as far as the network can tell."""

    def __init__(self, clock: SessionClock, *, codec: str = "H264", reads: bool = True) -> None:
        self.clock, self.codec, self.reads = clock, codec, reads
        self.connection = RTCPeerConnection(RTCConfiguration([]))
        self.channel = self.connection.createDataChannel("bonaface")
        self.pictures: list[Arrived] = []
        self.sounds: list[Arrived] = []
        self.messages: list[str] = []
        self.channel.on("message", self.messages.append)
        self.connection.on("track", self._take)
        self._tasks: list[asyncio.Task[None]] = []
        self.buffer: Any = None  # a PictureBuffer, where one is installed

    def offer_tracks(self, way: str = "recvonly", side: int = 256) -> None:
        """Offer sound and pictures; with "sendrecv" or "sendonly" a camera and a microphone."""
        sends = way.startswith("send")
        sound: Any = Source("audio", 50) if sends else "audio"
        picture: Any = Source("video", 25, side) if sends else "video"
        self.connection.addTransceiver(sound, way)
        video = self.connection.addTransceiver(picture, way)
        codecs = RTCRtpSender.getCapabilities("video").codecs
        wanted = (f"video/{self.codec}", "video/rtx")
        video.setCodecPreferences([c for c in codecs if c.mimeType in wanted])

    async def offer(self) -> str:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return str(self.connection.localDescription.sdp)

    async def accept(self, answer: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def call(self, peer: Peer, way: str = "recvonly") -> None:
        self.offer_tracks(way)
        await self.accept(await peer.answer(await self.offer()))

    def receiver(self, kind: str) -> Any:
        return next(r for r in self.connection.getReceivers() if r.track and r.track.kind == kind)

    async def ask_key(self) -> None:
        receiver = self.receiver("video")
        for source in receiver.getSynchronizationSources():
            await receiver._send_rtcp_pli(source.source)

    def _take(self, track: MediaStreamTrack) -> None:
        if self.reads:
            self._tasks.append(asyncio.get_running_loop().create_task(self._drain(track)))

    async def _drain(self, track: MediaStreamTrack) -> None:
        into = self.pictures if track.kind == "video" else self.sounds
        try:
            while True:
                frame = await track.recv()
                into.append(Arrived(self.clock.now(), frame.pts, frame))
                if track.kind == "video" and self.buffer is not None:
                    self.buffer.note_decoded(frame.width, frame.height)
        except MediaStreamError:
            return

    def numbers(self) -> list[int]:
        return [read_number(one.frame.to_ndarray(format="rgb24")) for one in self.pictures]

    async def close(self) -> None:
        await self.connection.close()
        await asyncio.gather(*self._tasks)


async def play(clock: SessionClock, peers: list[Peer], seconds: float, first: int = 0) -> int:
    """Show numbered pictures at 25 a second and a tone; answers the number after the last."""
    begun = clock.now()
    for step in range(round(seconds * 50)):
        at = begun + step * STEP
        await clock.reach(at)
        for peer in peers:
            peer.hear(made_sound(at))
        if step % 2 == 0:
            picture = made_picture(at, first + step // 2)
            for peer in peers:
                peer.show(picture)
    return first + round(seconds * 25)


def made_picture(at: Time, number: int) -> MarkedPicture:
    return seal_picture(Picture(at, paint_number(number)), 1)


def made_sound(at: Time) -> MarkedSound:
    """20 ms of a tone whose phase follows the session's time."""
    first = at * 48_000 // SECOND
    return seal_sound(Sound(at, tone(np.arange(first, first + 960)), 48_000), 1)


async def until(true: Callable[[], bool], seconds: float = 5) -> None:
    """Wait for something to come true."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 the thing waited for tells nobody
            await asyncio.sleep(0.01)


def shrink(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
