"""Marked media for tests of broadcasts: a made-up head and voice, as a session would give them."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
from scenes import paint_scene, speak_scene
from stage import make_leave

from bonaface.consent.records import ConsentRecord
from bonaface.core import SECOND, Picture, Sound, Time
from bonaface.marks.credentials.manifest import Statement
from bonaface.marks.marked import MarkedPicture, seal_picture, seal_sound
from bonaface.marks.picture.mark import PictureMark
from bonaface.marks.picture.reader import PictureReading, read_picture_mark
from bonaface.marks.reading_key import SOUND_ID_BITS, sound_id, write_id
from bonaface.marks.sound.mark import SoundMark
from bonaface.marks.sound.reader import SoundReading, read_sound_mark
from bonaface.media.broadcast.broadcast import Broadcast, Tell
from bonaface.media.broadcast.hls import Hls
from bonaface.media.broadcast.hopper import Marked
from bonaface.media.files import read_pictures, read_sound

MARK_ID = 0x0123_4567_89AB_CDEF
LENGTH = 6 * SECOND


@cache
def film(side: int = 256) -> tuple[Marked, ...]:
    """Six seconds at 25 a second and 50 runs of sound, marked, in the order in which it is due."""
    see, hear = PictureMark(MARK_ID), SoundMark(MARK_ID)
    made: list[Marked] = []
    for picture in paint_scene(150, side, side):
        made += see.push(picture)
    samples = speak_scene(6).samples
    for start in range(0, len(samples), 960):
        made += hear.push(Sound(start * SECOND // 48_000, samples[start : start + 960], 48_000))
    made += hear.flush()
    return tuple(sorted(made, key=lambda one: one.at))


def later(item: Marked, by: Time) -> Marked:
    """The same at another time; the seal is for tests too."""
    if isinstance(item, MarkedPicture):
        return seal_picture(Picture(item.at + by, item.pixels), item.mark_id)
    return seal_sound(Sound(item.at + by, item.samples, item.rate), item.mark_id)


def reel(begin: Time = 7 * SECOND, times: int = 1) -> Iterator[Marked]:
    """The film as a session that has run for a while would give it, several times over."""
    for turn in range(times):
        for item in film():
            yield later(item, begin + turn * LENGTH)


def give(broadcast: Broadcast, item: Marked) -> None:
    if isinstance(item, MarkedPicture):
        broadcast.show(item)
    else:
        broadcast.hear(item)


def pour(broadcast: Broadcast, items: Iterator[Marked]) -> None:
    """Give all there is as fast as it is taken."""
    for item in items:
        give(broadcast, item)
        while len(broadcast._hopper._items) > 8:
            time.sleep(0.001)


def play_to(broadcast: Broadcast, items: Iterator[Marked], begin: Time = 7 * SECOND) -> None:
    """Give it in real time."""
    begun = time.monotonic()
    for item in items:
        time.sleep(max(0.0, begun + (item.at - begin) / SECOND - time.monotonic()))
        give(broadcast, item)


def make_statement() -> tuple[Statement, ConsentRecord]:
    """What is said of the film, and the consent behind it; needs a home of the test's own."""
    leave, record = make_leave()
    marks = (write_id(MARK_ID), write_id(sound_id(MARK_ID), SOUND_ID_BITS))
    return Statement(datetime.now(UTC), leave, None, *marks), record


def make_hls(tell: Tell = lambda _: None) -> Hls:
    """HLS with leave; needs a home of the test's own."""
    return Hls(make_statement()[0], tell=tell)


def read_marks(path: Path) -> tuple[PictureReading, SoundReading]:
    """What is hidden in a file."""
    samples = np.concatenate([run.samples for run in read_sound(path)])
    return read_picture_mark(read_pictures(path)), read_sound_mark(Sound(0, samples, 48_000))
