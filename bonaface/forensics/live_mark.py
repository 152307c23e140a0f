"""The hidden mark in the pictures of a live caller: is the face made by Bonaface?

Read from four seconds of pictures, eight a second: soon after the caller came, and now and then
since. Only an id that was read counts; how rarely that is an accident is in docs/marks-picture.md.
"""

from typing import Final

from bonaface.core import SECOND, Finding, Picture, Time
from bonaface.marks.picture.reader import read_picture_mark
from bonaface.marks.reading_key import write_id

NAME: Final = "mark"
LONG: Final = 4 * SECOND
APART: Final = SECOND // 8  # between pictures that are kept: one for each map of the reader
SOON, AGAIN = 4 * SECOND, 30 * SECOND  # from one try to the next: of the first few, then
FEW: Final = 4
THOROUGH: Final = 4  # one try of so many looks for cropped and turned pictures, which takes longer


class LiveMark:
    """Collects pictures, and reads them when there are enough."""

    def __init__(self) -> None:
        self.found: tuple[Finding, ...] = ()  # one, once an id was read
        self._kept: list[Picture] = []
        self._rest: Time | None = None  # until when nothing is collected
        self._tries = 0

    def see(self, picture: Picture) -> None:
        """Take a picture; reads, for a tenth of a second or (every fourth time) two seconds."""
        if self.found or (self._rest is not None and picture.at < self._rest):
            return
        if self._kept and picture.at - self._kept[-1].at < APART:
            return
        self._kept.append(picture)
        if picture.at - self._kept[0].at >= LONG:
            self._read()

    def _read(self) -> None:
        kept, self._kept = self._kept, []
        self._tries += 1
        self._rest = kept[-1].at + (SOON if self._tries < FEW else AGAIN)
        reading = read_picture_mark(kept, everywhere=self._tries % THOROUGH == 0)
        if reading.mark_id is not None:
            reason = (
                f"The pictures carry Bonaface's hidden mark {write_id(reading.mark_id)}: this face "
                "is made by a program that marks what it makes."
            )
            self.found = (Finding(kept[0].at, kept[-1].at, NAME, None, reason),)
