"""A live caller who is being checked: a peer that only sends, and one line of work behind it.

Pictures, sound and what the page says are taken in the order in which they come, by one task that
hands them to a thread. Pictures are left out where it cannot keep up; sound is not, up to a limit.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import suppress
from functools import partial
from typing import Final

from bonaface.core import Clock, Picture, Sound
from bonaface.errors import BonafaceError, RequestRefused
from bonaface.forensics.caller import CallerCheck, Standing
from bonaface.forensics.inspector import Inspector
from bonaface.media.webrtc.call import IceServers
from bonaface.media.webrtc.figures import State
from bonaface.media.webrtc.peer import Peer
from bonaface.server.caller_page import ASKED, Work, read

LOG = logging.getLogger("bonaface.server")
TICK: Final = 0.5  # s
MOST: Final = 250  # runs of sound and messages that wait: five seconds


class Called:
    """One caller, the inlet of its own peer. All is for the event loop; `threads` do the work."""

    def __init__(
        self, name: str, check: CallerCheck, clock: Clock, ice: IceServers, threads: Executor
    ) -> None:
        self.name, self.trouble = name, ""
        self.standing: Standing = check.standing(clock.now())
        self._check, self._clock, self._threads = check, clock, threads
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Work] = deque(maxlen=MOST)
        self._picture: Picture | None = None
        self._come, self._over = asyncio.Event(), False
        self._peer = Peer(clock, ice, self, watch=False, tell=self._note)

    @property
    def state(self) -> State:
        """How its connection stands."""
        return self._peer.state

    async def answer(self, offer: str) -> str:
        """Answer an offer. Raises UnreadableMedia."""
        return await self._peer.answer(offer)

    def ask(self) -> None:
        """Ask the page for a check. Raises RequestRefused (409)."""
        if self.standing.asked:
            raise RequestRefused(409, "A check runs already.", "Wait for its end.", "challenge")
        if not self._peer.send(ASKED):
            remedy = "Wait until the caller is connected."
            raise RequestRefused(409, "This caller cannot be asked now.", remedy, "challenge")

    def compare(self, inspectors: Sequence[Inspector]) -> None:
        """Compare with an enrolled person, too, from now on."""
        self._put(partial(self._check.compare, inspectors))

    async def run(self) -> None:
        """Work until the caller is gone."""
        while not self._over:
            with suppress(TimeoutError):  # sound waits for company, and a seal turns grey by itself
                async with asyncio.timeout(TICK):
                    await self._come.wait()
            self._come.clear()
            await self._loop.run_in_executor(self._threads, self._work)

    async def close(self) -> None:
        """Hang up."""
        self._note("closed")
        await self._peer.close()

    def _note(self, state: State) -> None:
        if state == "closed":
            self._over = True
            self._come.set()

    # The peer's inlet

    def hear(self, sound: Sound) -> None:
        """Take a run of sound."""
        self._waiting.append(partial(self._check.hear, sound))

    def see(self, picture: Picture) -> None:
        """Take a picture in place of one that still waits."""
        self._picture = picture
        self._come.set()

    def read(self, message: str) -> None:
        """Take what the page says."""
        work = read(message, self._check, self._clock.now(), self._tell)
        if work is not None:
            self._put(work)

    def _tell(self, message: str) -> None:
        """Send from the thread of work."""
        self._loop.call_soon_threadsafe(self._peer.send, message)

    # Work

    def _put(self, work: Work) -> None:
        self._waiting.append(work)
        self._come.set()

    def _work(self) -> None:
        while self._waiting and not self._over:
            self._do(self._waiting.popleft())
        picture, self._picture = self._picture, None
        if picture is not None:
            self._do(partial(self._check.see, picture))
        self.standing = self._check.standing(self._clock.now())

    def _do(self, work: Work) -> None:
        try:
            work()
        except RequestRefused as refused:  # a page that comes too late, or makes things up
            LOG.info("a caller's page was refused: %s", refused)
        except BonafaceError as error:  # a consent that was taken back
            self.trouble = str(error)
        except Exception:
            LOG.exception("a caller's check broke")
            self.trouble = "A part of the check broke; the server's log says why."
