"""Photos from strangers: bounded, typed by content, decoded in a process of their own."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np

import bonaface
from bonaface.core import Picture
from bonaface.errors import RequestRefused, UnreadableMedia

WALL: Final = 20.0  # s from start to answer
AT_ONCE: Final = 2  # photos being decoded
_WINDOW: Final = 1 << 22  # bytes in flight from the child
ENVIRONMENT: Final = {  # of children: nothing of ours but where the code is
    "PATH": os.defpath,
    "PYTHONPATH": str(Path(bonaface.__file__).parent.parent),
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
_REMEDY: Final = "Save it again as JPEG or PNG, no larger than 8000 pixels a side."
# What files of other kinds begin with, for a refusal that helps
_OTHERS: Final = (
    (b"GIF8", "a GIF"),
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"<?xml", "XML"),
    (b"<svg", "an SVG drawing"),
    (b"\x1aE\xdf\xa3", "a WebM or Matroska video"),
    (b"RIFF", "a WAV or AVI file"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"II*\x00", "a TIFF"),
    (b"MM\x00*", "a TIFF"),
)


def require_photo(data: bytes) -> None:
    """Refuse what does not begin as a JPEG, PNG or WebP file does, whatever its name says."""
    if data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return
    kind = next((name for start, name in _OTHERS if data.startswith(start)), "")
    if data[4:8] == b"ftyp":
        kind = "an MP4 video or a HEIC photo"
    said = f"This file is {kind}, not a photo." if kind else "This file is not a photo."
    raise RequestRefused(415, said if data else "This file is empty.", "Send JPEG, PNG or WebP.")


class Decoder:
    """Decodes photos in child processes, a few at a time."""

    def __init__(self, pixels: int, wall: float = WALL) -> None:
        self._pixels, self._wall = pixels, wall
        self._room = asyncio.Semaphore(AT_ONCE)

    async def decode(self, data: bytes) -> Picture:
        """Decode a photo. Raises RequestRefused (415) or UnreadableMedia."""
        require_photo(data)
        async with self._room:
            child = await self._start()
            try:
                async with asyncio.timeout(self._wall):
                    return await _converse(child, data)
            except TimeoutError as cause:
                raise UnreadableMedia("This photo takes too long to decode.", _REMEDY) from cause
            finally:
                if child.returncode is None:
                    child.kill()
                await child.wait()

    async def _start(self) -> asyncio.subprocess.Process:
        """Start a child with nothing of our environment but where the code is."""
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "bonaface.server.decode",
            str(self._pixels),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_WINDOW,
            cwd="/",
            env=ENVIRONMENT,
        )


async def _converse(child: asyncio.subprocess.Process, data: bytes) -> Picture:
    assert child.stdin is not None  # noqa: S101 for the type checker
    assert child.stdout is not None  # noqa: S101
    try:
        child.stdin.write(data)
        await child.stdin.drain()
        child.stdin.close()
        head = _read_head(await child.stdout.readline())
        count = head["height"] * head["width"] * 3
        pixels = await child.stdout.readexactly(count)
    except (OSError, ValueError, KeyError, asyncio.IncompleteReadError) as cause:
        if isinstance(cause, UnreadableMedia):
            raise
        # killed by its limits, or it fell over something made to that end
        raise UnreadableMedia("This photo could not be decoded safely.", _REMEDY) from cause
    shape = (head["height"], head["width"], 3)
    return Picture(0, np.frombuffer(pixels, np.uint8).reshape(shape))


def _read_head(line: bytes) -> dict[str, Any]:
    head = json.loads(line)
    if "error" in head:
        raise UnreadableMedia(str(head["error"]), str(head["remedy"]))
    return {"height": int(head["height"]), "width": int(head["width"])}
