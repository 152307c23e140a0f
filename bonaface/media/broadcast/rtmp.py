"""A session pushed to an RTMP server: YouTube, Twitch, a relay of one's own.

An address holds the stream key, which is a password: it is in no report, no log and no error.
"""

import logging
import socket
import time
from dataclasses import dataclass, field, replace
from fractions import Fraction
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import av
import av.error

from bonaface.core import SECOND
from bonaface.errors import SettingsError, UnwritableMedia
from bonaface.media.broadcast.broadcast import Broadcast, Report, Tell
from bonaface.media.broadcast.hopper import Hopper
from bonaface.media.broadcast.reel import Quality, Reel

LOG = logging.getLogger("bonaface.rtmp")
PORTS = {"rtmp": 1935, "rtmps": 443}
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


@dataclass(frozen=True, slots=True)
class Target:
    """Where to push to. Made by `read_target`."""

    url: str = field(repr=False)
    host: str
    port: int
    near: bool  # it may be this very machine

    def check(self) -> None:
        """Raise UnwritableMedia where the name leads to a place that must not be reached.

        Those are this machine and its link-local neighbours, where clouds keep their secrets.
        """
        if self.near:
            return
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except OSError:
            return  # it cannot be reached either
        for *_, address in found:
            ip = ip_address(str(address[0]).partition("%")[0])
            ip = getattr(ip, "ipv4_mapped", None) or ip
            if ip.is_loopback or ip.is_link_local or ip.is_unspecified or ip.is_multicast:
                raise UnwritableMedia("This address is the server itself, or beside it.", "")


def read_target(url: str, *, near: bool = False) -> Target:
    """Read an address. `near` allows this very machine. Raises SettingsError, without the key."""
    remedy = "Give rtmp://HOST/APP/KEY or rtmps://HOST/APP/KEY."
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    plain = url.isascii() and url.isprintable() and not set(url) & set(" \\\"'<>")
    if not host or not plain or len(url) > 1024 or parts.scheme not in PORTS or parts.fragment:
        raise SettingsError("This is no address to push to.", remedy) from None
    return Target(url, host, port or PORTS[parts.scheme], near)


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
            self._target.check()
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
            LOG.warning("rtmp to %s: %s; again in %g s", self._target.host, trouble, pause)
            self._note(Report("lost", f"{trouble} It is tried again in {pause:g} s."))
            if hopper.rest(pause):
                return
            hopper.clear()  # nobody wants what is old

    def _push(self, hopper: Hopper) -> str | None:
        """Connect, and push until the session ends: None. Otherwise answers what went wrong."""
        first = next(hopper.pictures(), None)
        if first is None:
            return None
        options = {"rw_timeout": str(STALLED * 1_000_000), "flvflags": "no_duration_filesize"}
        try:
            with av.open(
                self._target.url, "w", format="flv", container_options=options
            ) as container:
                reel = Reel((container, container), first, self._quality)
                container.start_encoding()
                self._live_at = time.monotonic()
                self._note(Report("live"))
                hopper.clear()
                for packet in reel.run(first, hopper):
                    container.mux(packet)
        except (OSError, av.error.FFmpegError) as cause:  # its text holds the address, so the key
            return "The connection was lost." if self._live_at else _explain(cause)
        return None


def _explain(cause: Exception) -> str:
    if isinstance(cause, ConnectionRefusedError):
        return "Nobody answers there."
    if isinstance(cause, TimeoutError):
        return "It took too long to answer."
    return "It did not let us in, or is not an RTMP server."
