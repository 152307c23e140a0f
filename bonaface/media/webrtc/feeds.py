"""What one session sends, encoded once for all who watch it at the same codec and rung."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bonaface.core import SECOND, Time
from bonaface.marks.marked import MarkedPicture, MarkedSound
from bonaface.marks.receipts.notary import Notary
from bonaface.marks.receipts.receipt import Track
from bonaface.media.webrtc.codecs import (
    SOUND_FRAME,
    SOUND_TICKS,
    Encoded,
    PictureCodec,
    PictureEncoder,
    SoundEncoder,
)
from bonaface.media.webrtc.rate import SOUND_BITS, Rung

Samples: TypeAlias = NDArray[np.float32]
Take: TypeAlias = Callable[[Encoded], None]  # called on the event loop
KEY_PAUSE = SECOND // 2  # between key pictures, however many ask


@cache
def encoding_threads() -> ThreadPoolExecutor:
    """The threads that encode, shared by all sessions of the process: as many as can be busy."""
    return ThreadPoolExecutor(max(2, os.cpu_count() or 1), thread_name_prefix="encode")


class PictureFeed:
    """Pictures at one codec and rung.

    A picture that comes while one is encoded waits; another takes its place, and `dropped`
    counts it.
    """

    def __init__(self, codec: PictureCodec, rung: Rung, notary: Notary | None = None) -> None:
        self.codec, self.rung = codec, rung
        self._track, self._notary = Track("video", codec, rung.bits), notary
        self.dropped = 0
        self.takers: set[Take] = set()
        self._encoder: PictureEncoder | None = None
        self._seen: MarkedPicture | None = None
        self._waiting: MarkedPicture | None = None
        self._busy: asyncio.Future[Encoded | None] | None = None
        self._count = 0
        self._key, self._key_at = True, -KEY_PAUSE

    def show(self, picture: MarkedPicture) -> None:
        """Encode a picture and give it to all takers. Each of them may show it: once counts."""
        if picture is self._seen or not self.takers:
            return
        self._seen = picture
        self._count += 1
        if self._count % self.rung.every:
            return
        if self._waiting is not None:
            self.dropped += 1
        self._waiting = picture
        if self._notary is not None:
            self._notary.look(picture.at, picture.pixels)
        self._go_on()

    def ask_key(self) -> None:
        """Somebody came, or lost something: let one of the next pictures need no other."""
        self._key = True

    def _go_on(self) -> None:
        picture, self._waiting = self._waiting, None
        if picture is None or self._busy is not None:
            self._waiting = picture
            return
        key = self._key and picture.at - self._key_at >= KEY_PAUSE
        if key:
            self._key, self._key_at = False, picture.at
        loop = asyncio.get_running_loop()
        self._busy = loop.run_in_executor(encoding_threads(), self._encode, picture, key)
        self._busy.add_done_callback(self._hand_out)

    def _encode(self, picture: MarkedPicture, key: bool) -> Encoded | None:
        size = fit(picture.pixels.shape, self.rung.scale)
        if self._encoder is None or self._encoder.size != size:
            self._encoder = PictureEncoder(self.codec, size, self.rung)
        return self._encoder.encode(picture.pixels, picture.at, key=key)

    def _hand_out(self, done: asyncio.Future[Encoded | None]) -> None:
        self._busy = None
        packet = done.result()
        if packet is not None:
            if self._notary is not None:
                self._notary.note(self._track, packet.data, packet.pts)
            for take in tuple(self.takers):
                take(packet)
        self._go_on()


def fit(shape: tuple[int, ...], scale: tuple[int, int]) -> tuple[int, int]:
    """Width and height of a picture at a scale, even, as 4:2:0 colour needs."""
    height, width = (max(2, side * scale[0] // scale[1] // 2 * 2) for side in shape[:2])
    return width, height


class SoundFeed:
    """Sound in Opus packets of 20 ms. Runs may have any length; a gap begins a new packet.

    Encoded where it comes in: 20 ms take .1 ms, which is less than the way to a thread and back.
    """

    def __init__(self, notary: Notary | None = None) -> None:
        self._track, self._notary = Track("audio", "OPUS", SOUND_BITS), notary
        self.takers: set[Take] = set()
        self._encoder = SoundEncoder()
        self._seen: MarkedSound | None = None
        self._spare: Samples = np.zeros(0, np.float32)
        self._at: Time = 0  # of the first spare sample

    def hear(self, sound: MarkedSound) -> None:
        """Encode a run of 48 kHz and give its packets to all takers, once."""
        if sound is self._seen or not self.takers:
            return
        self._seen = sound
        for packet in self._encode(sound):
            if self._notary is not None:
                self._notary.note(self._track, packet.data, packet.pts)
            for take in tuple(self.takers):
                take(packet)

    def _encode(self, run: MarkedSound) -> list[Encoded]:
        if len(self._spare) * SECOND // SOUND_TICKS + self._at != run.at:
            self._spare = np.zeros(0, np.float32)
        if not len(self._spare):
            self._at = run.at
        samples = np.concatenate([self._spare, run.samples])
        packets: list[Encoded] = []
        first = self._at
        whole = len(samples) // SOUND_FRAME * SOUND_FRAME
        for start in range(0, whole, SOUND_FRAME):
            at = first + start * SECOND // SOUND_TICKS
            packets += self._encoder.encode(samples[start : start + SOUND_FRAME], at)
        self._spare, self._at = samples[whole:], first + whole * SECOND // SOUND_TICKS
        return packets


class Feeds:
    """All that one session sends. Its peers share one `Feeds`, and so its encoders.

    `notary` is told of each frame before it is sent.
    """

    def __init__(self, notary: Notary | None = None) -> None:
        self.sound = SoundFeed(notary)
        self._notary = notary
        self._pictures: dict[tuple[PictureCodec, Rung], PictureFeed] = {}

    def pictures(self, codec: PictureCodec, rung: Rung) -> PictureFeed:
        """The feed of a codec and rung, made when first asked for."""
        unwatched = [key for key, feed in self._pictures.items() if not feed.takers]
        for key in unwatched:
            del self._pictures[key]
        return self._pictures.setdefault((codec, rung), PictureFeed(codec, rung, self._notary))

    @property
    def watched(self) -> bool:
        """Whether anybody takes any of it."""
        return bool(self.sound.takers or self.rates)

    @property
    def rates(self) -> list[int]:
        """Bits a second of each picture encoder that somebody watches."""
        return [feed.rung.bits for feed in self._pictures.values() if feed.takers]
