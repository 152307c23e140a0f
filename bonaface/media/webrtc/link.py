"""The ICE session under a connection, which can be begun anew without ending the call.

aiortc and aioice know no ICE restart (RFC 8445, section 9). But all that lies above, DTLS and its
keys, RTP and the data channel, needs of ICE only two calls: receive and send. `Link` is what they
call here. It passes them to the ICE session of the moment, makes a new one when asked, and
changes over once that is connected: nothing above notices.
"""

import asyncio
from collections.abc import Callable

from aioice import Connection
from aiortc import RTCIceServer, RTCIceTransport
from aiortc.rtcicetransport import RTCIceCandidate, candidate_from_aioice, connection_kwargs
from aiortc.sdp import candidate_to_sdp

from bonaface.core import SECOND

GRACE = 30 * SECOND  # for a connection that broke to be begun anew


class Link:
    """Stands between a DTLS transport and its ICE session. `tell` hears of loss and return."""

    def __init__(
        self, ice: RTCIceTransport, servers: list[RTCIceServer], tell: Callable[[bool], None]
    ) -> None:
        self._ice, self._servers, self._tell = ice, servers, tell
        self._current: Connection = ice._connection  # noqa: SLF001 see above, here and below
        self._next: Connection | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self.closed = False
        ice._recv, ice._send = self._recv, self._send  # noqa: SLF001

    @property
    def ufrag(self) -> str:
        """Our name of the newest ICE session."""
        return str((self._next or self._current).local_username)

    async def _recv(self) -> bytes:
        while True:
            current = self._current
            try:
                return bytes(await current.recv())
            except ConnectionError:
                if self.closed:
                    raise
                if current is self._current:
                    await self._outlast(current)

    async def _outlast(self, lost: Connection) -> None:
        """Wait for another session to take the place of the lost one."""
        self._tell(False)
        try:
            async with asyncio.timeout(GRACE / SECOND):
                while self._current is lost and not self.closed:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError as cause:
            raise ConnectionError("Nobody came back.") from cause
        if self.closed:
            raise ConnectionError("Closed.")

    async def _send(self, data: bytes) -> None:
        try:
            await self._current.send(data)
        except ConnectionError:
            if self.closed:
                raise  # otherwise lost, as in any network, until the link is back

    async def renew(self) -> None:
        """Begin another ICE session, with credentials and candidates of its own."""
        await self._abandon()
        kwargs = connection_kwargs(self._servers)
        fresh = Connection(ice_controlling=self._current.ice_controlling, **kwargs)
        await fresh.gather_candidates()
        self._next = fresh
        gatherer = self._ice.iceGatherer
        gatherer._connection = self._ice._connection = fresh  # noqa: SLF001
        gatherer._remote_candidates_end = False  # noqa: SLF001

    def reach(self, ufrag: str, password: str) -> None:
        """Connect the new session to the peer's, and change over to it."""
        if self._next is not None:
            self._next.remote_username, self._next.remote_password = ufrag, password
            self._connecting = asyncio.ensure_future(self._change_over(self._next))

    async def _change_over(self, fresh: Connection) -> None:
        try:
            await fresh.connect()
        except ConnectionError:  # it did not come about: the old one, if it lives, goes on
            await fresh.close()
            return
        old, self._current, self._next = self._current, fresh, None
        self._changed.set()
        self._tell(True)
        await old.close()

    async def add(self, candidate: RTCIceCandidate | None) -> None:
        """Take a candidate of the peer; None: there are no more."""
        await self._ice.addRemoteCandidate(candidate)

    def describe(self) -> str:
        """The newest session as a fragment of SDP (RFC 8840), answering a restart."""
        session = self._next or self._current
        keys = [f"a=ice-ufrag:{session.local_username}", f"a=ice-pwd:{session.local_password}"]
        found = [candidate_to_sdp(candidate_from_aioice(c)) for c in session.local_candidates]
        lines = [*keys, *(f"a=candidate:{one}" for one in found), "a=end-of-candidates", ""]
        return "\r\n".join(lines)

    async def _abandon(self) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
            self._connecting = None
        if self._next is not None:
            await self._next.close()
            self._next = None

    async def release(self) -> None:
        """Give up waiting, and leave one session, for aiortc to say goodbye through and close."""
        self.closed = True
        self._changed.set()
        await self._abandon()
        self._ice._connection = self._current  # noqa: SLF001
