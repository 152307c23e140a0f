"""Hidden marks in what strangers send: read in a process of its own, a few at a time."""

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import Final

from bonaface.errors import RequestRefused
from bonaface.server.uploads import ENVIRONMENT

WALL: Final = 60.0  # s from start to answer
AT_ONCE: Final = 1  # files being read: the faces need the cores
WAITING: Final = 4  # and more that wait; who comes then is told to come back
_REMEDY: Final = "Send MP4, MOV, WebM, JPEG, PNG, WAV, MP3 or the like."


@dataclass(frozen=True, slots=True)
class Marks:
    """The ids that were read, as hex; None where there is none."""

    picture: str | None
    sound: str | None


class MarkReader:
    """Reads marks in child processes."""

    def __init__(self, wall: float = WALL) -> None:
        self._wall, self._here = wall, 0
        self._room = asyncio.Semaphore(AT_ONCE)

    async def read(self, data: bytes) -> Marks:
        """Read the marks of a file. Raises RequestRefused (415 unreadable, 503 too many)."""
        if self._here >= AT_ONCE + WAITING:
            raise RequestRefused(503, "Too many files are being read.", "Wait.", "full", 10)
        self._here += 1
        try:
            async with self._room:
                return await self._ask(data)
        finally:
            self._here -= 1

    async def _ask(self, data: bytes) -> Marks:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "bonaface.server.read_marks",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd="/",
            env=ENVIRONMENT,
        )
        try:
            async with asyncio.timeout(self._wall):
                said, _ = await child.communicate(data)
                return _read(said)
        except TimeoutError as cause:
            raise RequestRefused(415, "This file takes too long to read.", _REMEDY) from cause
        finally:
            if child.returncode is None:
                child.kill()
            await child.wait()


def _read(said: bytes) -> Marks:
    try:
        whole = json.loads(said)
        if "error" in whole:
            raise RequestRefused(415, str(whole["error"]), str(whole["remedy"]), "type")
        return Marks(whole["picture"], whole["sound"])
    except (ValueError, KeyError, TypeError) as cause:
        # killed by its limits, or it fell over something made to that end
        message = "This file could not be read safely."
        raise RequestRefused(415, message, _REMEDY, "type") from cause
