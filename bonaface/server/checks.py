"""Files that were sent to be checked: one at a time, each in a process of its own.

A file lies in a private folder until its check is over, then it is deleted; what was found is kept
in memory for an hour. Ids are 192 random bits, so nobody finds another's.
"""

import asyncio
import json
import os
import secrets
import shutil
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from bonaface.errors import RequestRefused
from bonaface.server.uploads import ENVIRONMENT
from bonaface.vault import replace_private

State: TypeAlias = Literal["waiting", "running", "done", "failed"]
LARGEST: Final = 256_000_000  # bytes of a file
WALL: Final = 300.0  # s that one check may take
MOST: Final = 4  # checks that wait or run
KEPT: Final = 3600.0  # s that a result is kept
RESULTS: Final = 50  # that are kept, at most
PASSED: Final = (  # of our environment, to children
    "HOME",
    "XDG_CACHE_HOME",
    "XDG_DATA_HOME",
    "BONAFACE_WEIGHTS",
    "BONAFACE_TRUST",
    "BONAFACE_TSA_TRUST",
)
BYTES: Final = 200  # of a name, the last: file systems bear 255
KNOWN: Final = "enrolled.reference"  # beside the file, where one is to be compared with
SENT: Final = "sent-to-be-checked"  # the file here: endings of names mislead decoders
LINE: Final = 1 << 26  # bytes of what a child says at once
CRASHED: Final = ("This file could not be checked safely.", "Send another copy of it.")
SLOW: Final = ("This file takes too long to check.", "Send a shorter or smaller one.")


@dataclass(slots=True)
class Job:
    """One file, and how far its check is."""

    id: str
    key: str  # opens the report alone, where no token can be sent: in a frame, in a link
    owner: str
    name: str  # of the file, as its sender calls it
    state: State = "waiting"
    share: float = 0.0  # that is done
    result: dict[str, Any] | None = None
    page: str = ""
    error: tuple[str, str] | None = None  # what is wrong, what to do
    ended: float | None = None  # monotonic
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def over(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self.state in {"done", "failed"}


class Checks:
    """The checks of one server."""

    def __init__(self, home: Path, group: asyncio.TaskGroup, wall: float = WALL) -> None:
        self._home, self._group, self._wall = home, group, wall
        self._jobs: dict[str, Job] = {}
        self._coming = 0
        self._room = asyncio.Semaphore(1)

    async def add(
        self, owner: str, name: str, parts: AsyncIterator[bytes], reference: bytes = b""
    ) -> Job:
        """Take a file in and put it in the queue. Raises RequestRefused (400, 413, 503).

        `reference` is the file of an enrolled person to compare with, or empty.
        """
        self._forget()
        busy = self._coming + sum(not job.over for job in self._jobs.values())
        if busy >= MOST:
            raise RequestRefused(503, "Too many files are being checked.", "Wait.", "full", 10)
        self._coming += 1
        folder = Path(tempfile.mkdtemp(prefix="bonaface-check-"))
        try:
            file = await _receive(folder / SENT, parts)
            if reference:
                replace_private(folder / KNOWN, reference)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        finally:
            self._coming -= 1
        job = Job(secrets.token_urlsafe(24), secrets.token_urlsafe(24), owner, _clean(name))
        self._jobs[job.id] = job
        job.task = self._group.create_task(self._run(job, file))
        return job

    def find(self, job_id: str, owner: str) -> Job:
        """A job of the caller's own. Raises RequestRefused (404)."""
        self._forget()
        job = self._jobs.get(job_id)
        if job is None or job.owner != owner:
            remedy = "Results are kept for an hour; send the file again."
            raise RequestRefused(404, "There is no check of that id.", remedy)
        return job

    def open(self, job_id: str, key: str) -> Job:
        """A job by its id and the key of its report. Raises RequestRefused (404)."""
        job = self._jobs.get(job_id)
        known = job is not None and secrets.compare_digest(job.key.encode(), key.encode())
        return self.find(job_id, job.owner if job and known else "")

    def drop(self, job: Job) -> None:
        """Forget a job, and stop its check."""
        self._jobs.pop(job.id, None)
        if job.task is not None:
            job.task.cancel()

    def close(self) -> None:
        """Stop all."""
        for job in tuple(self._jobs.values()):
            self.drop(job)

    def _forget(self) -> None:
        ended = [job for job in self._jobs.values() if job.ended is not None]
        late = time.monotonic() - KEPT
        for i, job in enumerate(ended):
            if i < len(ended) - RESULTS or (job.ended or 0) < late:
                del self._jobs[job.id]

    async def _run(self, job: Job, file: Path) -> None:
        try:
            async with self._room:
                job.state = "running"
                async with asyncio.timeout(self._wall):
                    await self._follow(file, job)
        except TimeoutError:
            job.error = SLOW
        finally:
            shutil.rmtree(file.parent, ignore_errors=True)
            if job.result is None and job.error is None:
                job.error = CRASHED  # killed by its limits, or by something made to that end
            job.state = "failed" if job.error else "done"
            job.ended = time.monotonic()

    async def _follow(self, file: Path, job: Job) -> None:
        """Take what the child says, line by line; it ends with this, whatever happens."""
        known = file.with_name(KNOWN)
        command = (sys.executable, "-P", "-m", "bonaface.server.run_check", str(file), job.name)
        child = await asyncio.create_subprocess_exec(
            *command,
            *([str(known)] if known.exists() else []),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=DEVNULL,
            cwd="/",
            env=ENVIRONMENT | self._environment(),
            limit=LINE,
        )
        try:
            assert child.stdout is not None  # noqa: S101 for the type checker
            with suppress(ValueError, KeyError):  # of a line that is none, or too long
                while line := await child.stdout.readline():
                    _take(job, json.loads(line))
        finally:
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    child.kill()
            await child.wait()

    def _environment(self) -> dict[str, str]:
        """Where models, log and trust lie; nothing is asked of others."""
        known = {name: os.environ[name] for name in PASSED if name in os.environ}
        return known | {"BONAFACE_HOME": str(self._home), "BONAFACE_OFFLINE": "1"}


def _take(job: Job, said: dict[str, Any]) -> None:
    if "share" in said:
        job.share = float(said["share"])
    elif "error" in said:
        job.error = (str(said["error"]), str(said["remedy"]))
    else:
        job.result, job.page, job.share = said["result"], str(said["page"]), 1.0


async def _receive(file: Path, parts: AsyncIterator[bytes]) -> Path:
    count = 0
    try:
        with file.open("wb") as taken:
            async for part in parts:
                count += len(part)
                if count > LARGEST:
                    size = f"{LARGEST / 1e6:g} MB"
                    raise RequestRefused(413, f"This is larger than {size}.", "Send a part of it.")
                taken.write(part)
    except OSError as cause:
        raise RequestRefused(503, "There is no room for this file.", "Wait.", "full", 60) from cause
    if not count:
        raise RequestRefused(400, "There is no file in this request.", "Send one as its body.")
    return file


def _clean(name: str) -> str:
    """The last part of a name, without what steers terminals and pages."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1].lstrip(".")
    plain = "".join(letter if letter.isprintable() else "?" for letter in last)
    return plain.encode("utf-8", "replace")[-BYTES:].decode("utf-8", "ignore") or "file"
