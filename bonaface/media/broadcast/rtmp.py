"""A session pushed to an RTMP server: YouTube, Twitch, a relay of one's own.

An address holds the stream key, which is a password: it is in no report, no log and no error.
"""

import logging
import ssl
import time
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from typing import Final

import av
import av.error

from bonaface.core import SECOND
from bonaface.errors import UnreadableMedia, UnwritableMedia
from bonaface.marks.marked import MarkedPicture
from bonaface.media.broadcast.broadcast import Broadcast, Report, Tell
from bonaface.media.broadcast.hopper import Hopper
from bonaface.media.broadcast.reel import Quality, Reel
from bonaface.media.broadcast.rtmp_link import RtmpLink
from bonaface.media.broadcast.target import Target

LOG = logging.getLogger("bonaface.rtmp")
QUALITY: Final = Quality(
    {
        "preset": "veryfast",
        "tune": "zerolatency",
        "b": "2500000",
        "maxrate": "2500000",
        "bufsize": "2500000",
        "profile": "main",
    },
    key_every=2 * SECOND,  # what the large services ask for
)
STALLED = 10  # s without a byte going out: lost
PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)  # s before each try
PATIENCE = 600.0  # s without being live: given up
STEADY = 10.0  # s live, after which trouble begins at the first pause again
HOPELESS = "The address could not be reached for ten minutes."


class Rtmp(Broadcast):
    """Pushes H.264 and AAC in FLV. Lost connections are made again, ever more slowly."""

    def __init__(
        self, target: Target, rate: Fraction = Fraction(25), tell: Tell = lambda _: None
    ) -> None:
        super().__init__("rtmp", tell)
        self._target = target
        self._quality = replace(QUALITY, rate=rate)
        self._live_at: float | None = None  # of this connection

    def _work(self, hopper: Hopper) -> None:
        tries, alive = 0, time.monotonic()
        while True:
            self._live_at = None
            self._note(Report("connecting"))
            trouble = self._push(hopper)
            if trouble is None:
                return
            now = time.monotonic()
            if self._live_at is not None:
                alive = now
                tries = 0 if now - self._live_at > STEADY else tries
            if now - alive > PATIENCE:
                raise UnwritableMedia(HOPELESS, "Check the address, and begin again.")
            pause = PAUSES[min(tries, len(PAUSES) - 1)]
            tries += 1
            LOG.warning("rtmp to %s: %s Again in %g s.", self._target.host, trouble, pause)
            self._note(Report("lost", f"{trouble} It is tried again in {pause:g} s."))
            if hopper.rest(pause):
                return
            hopper.clear()  # nobody wants what is old

    def _push(self, hopper: Hopper) -> str | None:
        """Connect, and push until the session ends: None. Otherwise answers what went wrong."""
        try:
            with closing(RtmpLink(self._target, STALLED)) as link:
                hopper.clear()  # it waited while we connected
                first = next(hopper.pictures(), None)
                if first is not None:
                    self._live_at = time.monotonic()
                    self._note(Report("live"))
                    self._encode(link, first, hopper)
        except (OSError, av.error.FFmpegError, UnreadableMedia) as cause:
            if isinstance(cause, UnwritableMedia):
                raise
            return "The connection was lost." if self._live_at else _explain(cause)
        return None

    def _encode(self, link: RtmpLink, first: MarkedPicture, hopper: Hopper) -> None:
        options = {"flvflags": "no_duration_filesize", "flush_packets": "1"}
        with av.open(link, "w", format="flv", container_options=options) as container:
            reel = Reel((container, container), first, self._quality)
            for packet in reel.run(first, hopper):
                container.mux(packet)


def _explain(cause: Exception) -> str:
    if isinstance(cause, UnreadableMedia):
        return str(cause)
    if isinstance(cause, ConnectionRefusedError):
        return "Nobody answers there."
    if isinstance(cause, TimeoutError):
        return "It took too long to answer."
    if isinstance(cause, ssl.SSLError):
        return "Its certificate does not hold, or it speaks no TLS."
    return "It could not be reached."
