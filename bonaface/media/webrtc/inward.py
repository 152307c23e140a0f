"""What arrives: tracks drained without end, stamped on the session's time, and passed on.

aiortc counts each track's time from zero and keeps what nobody takes for ever.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

import av
import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from bonaface.core import SECOND, Clock, Picture, Sound, Time
from bonaface.media.webrtc.feeds import encoding_threads
from bonaface.media.webrtc.reception import PictureBuffer

GAP = SECOND // 5  # that a stream's own time may fall behind the clock before it counts as a gap
EARLY = SECOND // 25  # that it may run ahead
LONGEST_SIDE = 640  # px of a picture that is passed on
LEAST_PAUSE = SECOND // 35  # between pictures that are passed on


class Inlet(Protocol):
    """Who takes what a peer sends. Called on the event loop; must not block."""

    def hear(self, sound: Sound) -> None:
        """Take a run of microphone sound: 48 kHz, 20 ms."""
        ...

    def see(self, picture: Picture) -> None:
        """Take a camera picture, at most 640 px on its long side."""
        ...

    def read(self, message: str) -> None:
        """Take a message from the data channel; one that is too long is cut, and still is."""
        ...


class Stamp:
    """Puts a stream's own time on the session's: smooth while it flows, anew after a gap."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset: Time | None = None

    def date(self, own: Time) -> Time:
        """When something with the stream's own time `own`, arriving now, was heard or seen."""
        now = self._clock.now()
        behind = now - own - (self._offset or 0)
        if self._offset is None or not -EARLY <= behind <= GAP:
            self._offset = now - own
        return own + self._offset


class Counts:
    """What came in of each kind."""

    def __init__(self) -> None:
        self.sounds = self.pictures = self.dropped = 0
        self.size = (0, 0)
        self.buffer: PictureBuffer | None = None

    @property
    def skipped(self) -> int:
        """Pictures that arrived and were not passed on."""
        return self.dropped + (self.buffer.skipped if self.buffer else 0)


class Intake:
    """Drains the tracks of one peer into its inlet."""

    def __init__(self, clock: Clock, inlet: Inlet) -> None:
        self.counts = Counts()
        self._clock, self._inlet = clock, inlet
        self._busy: asyncio.Future[Picture] | None = None
        self._taken_at = -SECOND

    async def drain(self, track: MediaStreamTrack, buffer: PictureBuffer | None) -> None:
        """Take all there is on a track, until it ends; tell its buffer what was decoded."""
        self.counts.buffer = buffer or self.counts.buffer
        take = self._hear if track.kind == "audio" else self._see
        stamp = Stamp(self._clock)
        try:
            while True:
                frame = await track.recv()
                own = int(frame.pts * frame.time_base * SECOND)
                take(frame, stamp.date(own))
        except MediaStreamError:
            return

    def _hear(self, frame: av.AudioFrame, at: Time) -> None:
        self.counts.sounds += 1
        channels = len(frame.layout.channels)
        whole = frame.to_ndarray().reshape(-1, channels)  # aiortc decodes to packed 16 bit
        mono = whole.astype(np.float32).mean(1) / np.float32(32768)
        self._inlet.hear(Sound(at, mono.astype(np.float32), frame.sample_rate))

    def _see(self, frame: av.VideoFrame, at: Time) -> None:
        self.counts.pictures += 1
        self.counts.size = (frame.width, frame.height)
        if self.counts.buffer is not None:
            self.counts.buffer.note_decoded(frame.width, frame.height)
        if self._busy is not None or at - self._taken_at < LEAST_PAUSE:
            self.counts.dropped += 1
            return
        self._taken_at = at
        loop = asyncio.get_running_loop()
        self._busy = loop.run_in_executor(encoding_threads(), shrink, frame, at)
        self._busy.add_done_callback(self._pass_on(self._inlet.see))

    def _pass_on(self, see: Callable[[Picture], None]) -> Callable[[asyncio.Future[Picture]], None]:
        def done(made: asyncio.Future[Picture]) -> None:
            self._busy = None
            if not made.cancelled():
                see(made.result())

        return done


def shrink(frame: av.VideoFrame, at: Time) -> Picture:
    """Convert a frame to RGB, at most 640 px on its long side, before its colours are touched."""
    long = max(frame.width, frame.height)
    share = min(1.0, LONGEST_SIDE / long)
    width, height = (max(2, round(side * share)) for side in (frame.width, frame.height))
    small = frame.reformat(width, height, "rgb24", interpolation="AREA")
    return Picture(at, np.ascontiguousarray(small.to_ndarray(), np.uint8))
