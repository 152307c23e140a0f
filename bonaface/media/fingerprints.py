"""Fingerprints of a film that is about to be signed: some of its pictures, made small."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import av
import av.error
import numpy as np

from bonaface.errors import UnreadableMedia
from bonaface.marks.archive.seen import Glance, fingerprint, glance
from bonaface.media.files import look, read_pictures

MOST = (
    60  # pictures that are looked at: of the first ten minutes, where one in ten seconds is a key
)
BEGINNING = 12.0  # s of which every picture is decoded: a title may be all that its first key shows
EVERY = 2.0  # s between looks at the beginning


def fingerprint_file(path: Path) -> tuple[str, ...]:
    """Fingerprints of a video or picture, for `Statement.seen`; none of a sound.

    Decodes the beginning, and then key pictures alone: half a second for 512x512. Raises
    UnreadableMedia.
    """
    kind = look(path).kind
    if kind == "audio":
        return ()
    return fingerprint(islice(_stills(path) if kind == "video" else _still(path), MOST))


def _still(path: Path) -> Iterator[Glance]:
    for picture in islice(read_pictures(path), 1):
        yield glance(picture.pixels)


def _stills(path: Path) -> Iterator[Glance]:
    try:
        with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
            stream, due = container.streams.video[0], 0.0
            stream.thread_type = "AUTO"
            for frame in container.decode(stream):
                at = frame.time or 0.0
                if at >= due:
                    due = at + EVERY
                    yield glance(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8))
                if at > BEGINNING:
                    stream.codec_context.skip_frame = "NONKEY"
    except av.error.FFmpegError as cause:
        raise UnreadableMedia(f"Cannot read {path.name}: {cause.strerror}.") from cause
