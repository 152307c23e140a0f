"""The child process that reads hidden marks for strangers: `python -m bonaface.server.read_marks`.

Bytes of a film, picture or sound come in on standard input; out goes one line of JSON with the ids
that were read. The process bounds itself before it looks at them (`decode.bound`). The file lies in
memory, since the readers want one they can wind back.
"""

import os
import sys
from pathlib import Path
from typing import Final

from bonaface.errors import BonafaceError
from bonaface.marks.picture.reader import read_picture_mark
from bonaface.marks.reading_key import SOUND_ID_BITS, write_id
from bonaface.marks.sound.reader import read_sound_mark
from bonaface.media.files import Media, gather_sound, look, read_pictures
from bonaface.server.decode import bound, say

SECONDS: Final = 30  # of CPU time
LONGEST: Final = 60.0  # s of a film or sound that are read
RATE: Final = 16_000
HUNGRY: Final = "This file needs too much memory to be read."
DAMAGED: Final = "This is no film, picture or sound that can be read."


def main() -> int:
    """Read the marks of one file."""
    file = os.memfd_create("asset")
    with os.fdopen(file, "wb", closefd=False) as taken:
        while part := sys.stdin.buffer.read(1 << 20):
            taken.write(part)
    bound(SECONDS, threads=True)  # decoders of films want some
    try:
        media = look(Path(f"/proc/self/fd/{file}"))
        return say({"picture": _read_picture(media), "sound": _read_sound(media)})
    except MemoryError:
        return say({"error": HUNGRY, "remedy": "Send a shorter or smaller one."})
    except BonafaceError:  # what it says names a file of ours
        return say({"error": DAMAGED, "remedy": "Send another copy."})


def _read_picture(media: Media) -> str | None:
    if media.kind == "audio":
        return None
    found = read_picture_mark(read_pictures(media.path, LONGEST)).mark_id
    return None if found is None else write_id(found)


def _read_sound(media: Media) -> str | None:
    if not media.has_sound:
        return None
    found = read_sound_mark(gather_sound(media.path, RATE, LONGEST)).mark_id
    return None if found is None else write_id(found, SOUND_ID_BITS)


if __name__ == "__main__":
    sys.exit(main())
