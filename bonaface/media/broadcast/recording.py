"""A session as one MP4 file, signed like every video: whole under its name, or not there."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Final

import av

from bonaface.core import SECOND
from bonaface.errors import UnwritableMedia
from bonaface.marks.credentials.files import Statement, sign_media
from bonaface.marks.credentials.manifest import require_leave
from bonaface.marks.label.opening import Opening
from bonaface.marks.label.wording import ENGLISH
from bonaface.marks.marked import MarkedPicture
from bonaface.marks.signers.signing import require_ready
from bonaface.media.broadcast.broadcast import Broadcast, Report, Tell
from bonaface.media.broadcast.hopper import Hopper, Marked
from bonaface.media.broadcast.reel import Quality, Reel
from bonaface.media.fingerprints import fingerprint_file
from bonaface.media.video import draft, writing

MP4 = "video/mp4"
LOG = logging.getLogger("bonaface.recording")
QUALITY: Final = Quality(
    {
        "preset": "veryfast",
        "crf": "19",
        "x264-params": "rc-lookahead=4:bframes=2:sync-lookahead=0",
    },
    key_every=10 * SECOND,
)


class Recording(Broadcast):
    """Writes a hidden draft beside `path`; when it is ended, signs it as `path`.

    `statement` is what the credentials say; a consent that is over by then leaves no file. Its
    first two seconds show `sentence`. Memory holds where each picture and each 21 ms of sound lie
    in the file, and the disk the rest. Raises ConsentMissing, ConsentDenied or Unmarked where there
    is no leave to record.
    """

    def __init__(
        self,
        path: Path,
        statement: Statement,
        rate: Fraction = Fraction(25),
        tell: Tell = lambda _: None,
        sentence: str = ENGLISH.video,
    ) -> None:
        super().__init__("recording", tell)
        require_leave(statement, MP4)
        if statement.permit is not None:
            statement.permit.require("recorded")
        require_ready(datetime.now(UTC))
        self._path, self._statement = path, statement
        self._opening = Opening(sentence)
        self._quality = replace(QUALITY, rate=rate)

    def _work(self, hopper: Hopper) -> None:
        first = next(hopper.pictures(), None)
        if first is None:
            raise UnwritableMedia("Nothing was shown, so there is no recording.")
        try:
            with draft(self._path, ".mp4") as half:
                self._note(Report("live"))
                self._write(half, first, hopper)
                now, seen = datetime.now(UTC), fingerprint_file(half)
                made = replace(self._statement, made_at=now, seen=seen)
                sign_media(half, self._path, MP4, made)
        except UnwritableMedia as error:
            LOG.warning("a recording failed: %s", error.args[0])
            why = str(error.args[0]).replace(f"Cannot write {self._path}", "It was not recorded")
            raise UnwritableMedia(why, "Make room, and record again.") from error

    def _write(self, half: Path, first: MarkedPicture, hopper: Hopper) -> None:
        options = {"movflags": "+faststart"}
        with (
            writing(self._path),
            av.open(str(half), "w", format="mp4", options=options) as container,
        ):
            reel = Reel((container, container), first, self._quality)
            (opened,) = self._opening.push(first)
            for packet in reel.run(opened, self._open(hopper)):
                container.mux(packet)

    def _open(self, rest: Iterable[Marked]) -> Iterator[Marked]:
        for item in rest:
            if isinstance(item, MarkedPicture):
                yield from self._opening.push(item)
            else:
                yield item
