import dataclasses
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scenes import paint_scene, recode_pictures

from bonaface.core import SECOND, Picture, over
from bonaface.errors import MarkError, Unmarked
from bonaface.marks.codeword import Message
from bonaface.marks.marked import MarkedPicture, require_marked
from bonaface.marks.picture.mark import SMALLEST, PictureMark, StillMark
from bonaface.marks.picture.pattern import CODES, CYCLE, MESSAGE, draw_pattern
from bonaface.marks.picture.reader import raise_bar, read_picture_mark
from bonaface.marks.reading_key import PUBLIC, ReadingKey, draw_mark_id

MARK_ID = 0x0123_4567_89AB_CDEF
OTHER = ReadingKey(b"another key of thirty-two bytes!")


@cache
def scene() -> list[Picture]:
    return paint_scene()


@cache
def marked() -> list[Picture]:
    return [item.picture for item in over(PictureMark(MARK_ID), scene())]


def changed(pictures: list[Picture], rows: slice, columns: slice, height: int) -> list[Picture]:
    """Cropped and scaled to a square."""
    cut = (np.ascontiguousarray(p.pixels[rows, columns]) for p in pictures)
    sized = (np.asarray(cv2.resize(c, (height, height)), np.uint8) for c in cut)
    return [Picture(p.at, s) for p, s in zip(pictures, sized, strict=True)]


def test_a_codeword_survives_noise() -> None:
    message = Message("test", 64, 32)
    noise = np.random.default_rng(1).normal(0, 0.7, message.coded_bits).astype(np.float32)
    for mark_id in (0, 1, 2**64 - 1, draw_mark_id()):
        word = message.write(mark_id, PUBLIC)
        assert message.read(word + noise, PUBLIC) == mark_id
        assert message.read(word, OTHER) is None
        assert message.read(-word, PUBLIC) is None


def test_an_id_that_does_not_fit_is_refused() -> None:
    for mark_id in (-1, 2**64):
        with pytest.raises(ValueError, match="64 bits"):
            PictureMark(mark_id)


def test_the_pattern_adds_up_to_nothing_over_a_cycle() -> None:
    pattern, word = draw_pattern(PUBLIC), MESSAGE.write(MARK_ID, PUBLIC)
    slots = [pattern.cells(slot, word) for slot in range(CYCLE)]
    assert not np.any(np.sum(slots, axis=0))
    overlap = abs(float((slots[0] * slots[1]).mean()))
    assert overlap < 0.5, "data of neighbours in time have nothing to do with each other"


def test_any_three_slots_tell_the_place_in_the_cycle() -> None:
    seen = [np.roll(CODES, -slot, axis=1)[:, :3].tobytes() for slot in range(CYCLE)]
    assert len(set(seen)) == CYCLE


def test_a_pattern_has_the_same_pilots_in_all_sheets_and_the_rest_is_data() -> None:
    pattern = draw_pattern(PUBLIC)
    pilots = pattern.pilots.sum(axis=0)
    for sheet in pattern.sheets:
        assert np.array_equal(sheet.roles < 0, pilots != 0)
    for sheet in (*pattern.sheets, pattern.still):
        carried = np.bincount(sheet.roles[sheet.roles >= 0], minlength=MESSAGE.coded_bits)
        assert carried.min() == carried.max(), "every bit gets as many cells"
        assert abs(float(sheet.signs.mean())) < 0.05


def test_the_mark_is_read_and_exact() -> None:
    reading = read_picture_mark(marked())
    assert reading.found
    assert reading.mark_id == MARK_ID
    assert reading.strength > 20


def test_the_mark_cannot_be_seen() -> None:
    below = slice(128, None)  # the label is meant to be seen
    errors = [
        np.square(a.pixels[below].astype(float) - b.pixels[below]).mean()
        for a, b in zip(scene(), marked(), strict=True)
    ]
    assert 10 * np.log10(255**2 / np.mean(errors)) >= 42
    flat = Picture(0, np.full((512, 512, 3), 128, np.uint8))
    (out,) = PictureMark(MARK_ID).push(flat)
    assert np.abs(out.pixels[below].astype(int) - 128).max() == 1


@pytest.mark.slow
def test_nothing_is_found_without_mark_or_key() -> None:
    unmarked = read_picture_mark(scene())
    assert not unmarked.found
    assert unmarked.mark_id is None
    assert not read_picture_mark(marked(), OTHER).found
    assert not read_picture_mark([]).found
    private = [item.picture for item in over(PictureMark(MARK_ID, OTHER), scene())]
    assert not read_picture_mark(private).found
    assert read_picture_mark(private, OTHER).mark_id == MARK_ID


def test_the_bar_is_what_the_docstring_says() -> None:
    bar = raise_bar(256, 1e-6)
    assert 256 * np.exp(-(bar**2) / 2) == pytest.approx(1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("crf", [28, 35])
def test_the_mark_survives_h264(crf: int) -> None:
    assert read_picture_mark(recode_pictures(marked(), crf)).mark_id == MARK_ID


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "columns", "height"),
    [
        (slice(None), slice(None), 256),  # half as large
        (slice(25, 487), slice(25, 487), 462),  # a tenth off, native size
        (slice(None), slice(51, None), 512),  # a tenth off the left, stretched
        (slice(0, 487), slice(15, 461), 512),  # both axes, unequally
        (slice(None), slice(None, None, -1), 512),  # mirrored
    ],
)
def test_the_mark_survives_cropping_scaling_mirroring(
    rows: slice, columns: slice, height: int
) -> None:
    small = recode_pictures(changed(marked(), rows, columns, height), 28)
    assert read_picture_mark(small).mark_id == MARK_ID


@pytest.mark.slow
def test_the_mark_survives_turning_and_being_shown_in_another_film() -> None:
    matrix = cv2.getRotationMatrix2D((256, 256), 5, 1.0)
    turned = [
        Picture(p.at, np.asarray(cv2.warpAffine(p.pixels, matrix, (512, 512)), np.uint8))
        for p in marked()
    ]
    assert read_picture_mark(recode_pictures(turned, 28)).mark_id == MARK_ID
    held = []
    for shown, other in zip(marked(), scene(), strict=True):
        frame = np.repeat(other.pixels[::-1], 2, axis=1)
        frame[40:400, 620:980] = cv2.resize(shown.pixels, (360, 360), interpolation=cv2.INTER_AREA)
        held.append(Picture(shown.at, frame))
    assert read_picture_mark(recode_pictures(held, 28)).mark_id == MARK_ID


def test_of_two_marks_one_is_read_or_none_but_no_third() -> None:
    twice = [item.picture for item in over(PictureMark(7), marked())]
    reading = read_picture_mark(twice)
    assert reading.found
    assert reading.mark_id in {MARK_ID, 7, None}


def test_a_cut_at_another_frame_rate_is_read() -> None:
    pictures = [Picture(p.at + 17, p.pixels) for i, p in enumerate(marked()[9:]) if i % 6]
    assert read_picture_mark(pictures).mark_id == MARK_ID


def jpeg(pixels: NDArray[np.uint8], quality: int) -> Picture:
    _, code = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return Picture(0, np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8))


def test_one_picture_of_a_film_is_read() -> None:
    still = marked()[40]
    assert read_picture_mark([still]).mark_id == MARK_ID
    assert read_picture_mark([jpeg(np.asarray(still.pixels), 50)]).found


@cache
def marked_still() -> NDArray[np.uint8]:
    (out,) = StillMark(MARK_ID).push(scene()[0])
    return np.asarray(out.pixels)


def test_a_still_is_read() -> None:
    for picture in (Picture(0, marked_still()), jpeg(marked_still(), 50)):
        assert read_picture_mark([picture]).mark_id == MARK_ID
    below = slice(128, None)
    error = np.square(marked_still()[below].astype(float) - scene()[0].pixels[below]).mean()
    assert 10 * np.log10(255**2 / error) >= 42


def test_a_still_survives_cropping_and_scaling() -> None:
    cut = np.ascontiguousarray(marked_still()[20:500, 51:])
    small = np.asarray(cv2.resize(cut, (320, 320), interpolation=cv2.INTER_AREA), np.uint8)
    assert read_picture_mark([jpeg(small, 75)]).mark_id == MARK_ID


def average(still: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The mean of 1,000 pictures at 25 a second; within a slot they are alike."""
    mark, total = PictureMark(MARK_ID), np.zeros(still.shape)
    for slot in range(80):
        (out,) = mark.push(Picture(slot * SECOND // 2, still))
        total += out.pixels
    return np.round(total / 80).astype(np.uint8)


def test_the_mean_of_a_scene_that_stands_still_keeps_the_id() -> None:
    mean = average(np.asarray(scene()[0].pixels))
    assert read_picture_mark([Picture(0, mean)]).mark_id == MARK_ID


def test_the_mean_of_a_flat_scene_shows_nothing() -> None:
    flat = np.full((256, 256, 3), 128, np.uint8)
    assert np.all(average(flat)[64:] == 128)


@pytest.mark.parametrize("shape", [(1, 1), (16, 16), (1, 4000), (SMALLEST - 1, 640)])
@pytest.mark.parametrize("way", [PictureMark, StillMark])
def test_what_is_too_small_is_refused(
    shape: tuple[int, int], way: type[PictureMark] | type[StillMark]
) -> None:
    with pytest.raises(MarkError, match=r"at least (64|80) pixels"):
        way(MARK_ID).push(Picture(5, np.full((*shape, 3), 90, np.uint8)))


@pytest.mark.parametrize("shape", [(80, 80), (4000, 100), (101, 4001)])
@pytest.mark.parametrize("way", [PictureMark, StillMark])
def test_any_other_shape_comes_out_marked(
    shape: tuple[int, int], way: type[PictureMark] | type[StillMark]
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    before = pixels.copy()
    (out,) = way(MARK_ID).push(Picture(5, pixels))
    assert out.at == 5
    assert out.pixels.shape == (*shape, 3)
    assert np.array_equal(pixels, before), "what came in is left alone"
    assert np.any(out.pixels != pixels)


@pytest.mark.parametrize("view", [np.s_[:, ::-1], np.s_[::2, 5:], np.s_[:, :, ::-1]])
def test_any_memory_layout_will_do(view: tuple[slice, ...]) -> None:
    seen = scene()[0].pixels[view]
    for pixels in (seen, np.asfortranarray(seen)):
        (out,) = PictureMark(MARK_ID).push(Picture(0, pixels))
        (same,) = PictureMark(MARK_ID).push(Picture(0, np.ascontiguousarray(seen)))
        assert np.array_equal(out.pixels, same.pixels)


def test_white_and_black_do_not_wrap_around() -> None:
    for level in (0, 255):
        flat = Picture(0, np.full((300, 400, 3), level, np.uint8))
        (out,) = PictureMark(MARK_ID).push(flat)
        assert np.abs(out.pixels[100:].astype(int) - level).max() <= 1


def test_only_marks_make_what_is_marked() -> None:
    picture = scene()[0]
    (genuine,) = PictureMark(MARK_ID).push(picture)
    assert require_marked(genuine) is genuine
    forged = object.__new__(MarkedPicture)
    for field, value in (("picture", picture), ("mark_id", 1), ("_seal", object())):
        object.__setattr__(forged, field, value)
    empty = object.__new__(MarkedPicture)
    for fake in (picture, None, picture.pixels, forged, empty):
        with pytest.raises(Unmarked):
            require_marked(fake)  # type: ignore[type-var]
    with pytest.raises(Unmarked):
        MarkedPicture(picture, MARK_ID, object())


def test_a_marked_picture_cannot_be_altered() -> None:
    (genuine,) = PictureMark(MARK_ID).push(scene()[0])
    with pytest.raises(dataclasses.FrozenInstanceError):
        genuine.picture = scene()[1]  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        genuine.pixels[0, 0] = 0


def test_nobody_else_holds_the_seal() -> None:
    house = Path(__file__).parent.parent / "bonaface"
    holders = {
        file.relative_to(house).as_posix()
        for file in house.rglob("*.py")
        if any(word in file.read_text() for word in ("marked._SEAL", "seal_picture", "seal_sound"))
    }
    assert holders == {
        "marks/marked.py",
        "marks/label/opening.py",
        "marks/picture/mark.py",
        "marks/sound/mark.py",
    }


def first_seconds(file: Path, seconds: float) -> list[Picture]:
    pictures: list[Picture] = []
    with av.open(str(file)) as container:
        for frame in container.decode(video=0):
            at = round((frame.time or 0) * SECOND)
            if at >= seconds * SECOND:
                break
            pictures.append(Picture(at, frame.to_ndarray(format="rgb24").astype(np.uint8)))
    return pictures


@pytest.mark.media
@pytest.mark.slow
def test_filmed_people_carry_no_mark_until_marked(media: Path) -> None:
    files = sorted((media / "talking").glob("kwaivgi-*.mp4"))[:2]
    assert files
    for file in files:
        pictures = first_seconds(file, 3)
        assert not read_picture_mark(pictures).found
        out = [item.picture for item in over(PictureMark(MARK_ID), pictures)]
        assert read_picture_mark(recode_pictures(out, 28)).mark_id == MARK_ID
