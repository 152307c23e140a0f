"""The video file: only what is marked gets in, and what gets in comes out in time."""

import errno
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from bonaface.core import SECOND, Picture
from bonaface.errors import BonafaceError, Unmarked, UnreadableMedia, UnwritableMedia
from bonaface.marks.picture.mark import PictureMark
from bonaface.media.files import look, read_pictures, read_sound
from bonaface.media.video import Video, draft

SIZE = (256, 192)


def film(path: Path, count: int, rate: Fraction) -> Path:
    """Grey that gets lighter."""
    mark = PictureMark(1)
    with Video(path, SIZE, rate, 48_000) as video:
        for i in range(count):
            at = i * SECOND * rate.denominator // rate.numerator
            pixels = np.full((SIZE[1], SIZE[0], 3), 40 + 4 * i, np.uint8)
            for marked in mark.push(Picture(at, pixels)):
                video.show(marked)
    return path


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30), Fraction(30000, 1001)])
def test_pictures_come_back_in_time_and_in_colour(tmp_path: Path, rate: Fraction) -> None:
    made = film(tmp_path / "a.mp4", 10, rate)
    pictures = list(read_pictures(made))
    assert len(pictures) == 10
    for i, picture in enumerate(pictures):
        assert abs(picture.at - i * SECOND / rate) < 1_000_000
        assert abs(float(picture.pixels[100:, :150].mean()) - (40 + 4 * i)) < 2


def test_what_is_not_marked_stays_out(tmp_path: Path) -> None:
    plain = Picture(0, np.zeros((SIZE[1], SIZE[0], 3), np.uint8))
    with (
        pytest.raises(Unmarked),
        Video(tmp_path / "a.mp4", SIZE, Fraction(25), 48_000) as video,
    ):
        video.show(plain)  # type: ignore[arg-type]


def fill_the_disk(half: Path) -> None:
    assert half.name.startswith(".")
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_draft_is_hidden_and_gone_when_it_fails(tmp_path: Path) -> None:
    final = tmp_path / "a.mp4"
    with pytest.raises(UnwritableMedia, match="disk is full"), draft(final, ".mp4") as half:
        fill_the_disk(half)
    assert list(tmp_path.iterdir()) == []
    with draft(final) as half:
        half.write_bytes(b"whole")
        half.replace(final)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnwritableMedia, match="no such folder"), draft(tmp_path / "no" / "a.mp4"):
        pass


def test_a_foreign_error_of_ours_passes_through_a_draft(tmp_path: Path) -> None:
    with pytest.raises(BonafaceError, match="my own"), draft(tmp_path / "a.mp4"):
        raise UnreadableMedia("my own")


@pytest.mark.parametrize(
    "data", [b"", b"nothing", b"\0\0\0\x18ftypmp42" + b"\0" * 400, b"#EXTM3U\n"]
)
def test_what_is_no_media_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(data)
    with pytest.raises(UnreadableMedia):
        look(path)


def test_a_playlist_opens_no_connection(tmp_path: Path) -> None:
    path = tmp_path / "a.m3u8"
    path.write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(UnreadableMedia):
        look(path)


def test_a_film_without_sound_says_so(tmp_path: Path) -> None:
    silent = film(tmp_path / "a.mp4", 3, Fraction(25))
    assert look(silent).kind == "video"
    with pytest.raises(UnreadableMedia, match="has no sound"):
        next(read_sound(silent))
