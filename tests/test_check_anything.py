"""Whatever is given to be checked: crowds, screens, sideways films, damage, lies, bombs."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from test_server_uploads import bomb, zipped

from bonaface.check import check
from bonaface.core import Picture
from bonaface.errors import BonafaceError
from bonaface.forensics.report.report import Report

pytestmark = pytest.mark.usefixtures("home")
Pixels = NDArray[np.uint8]


def said(report: Report, inspector: str = "artefacts") -> str:
    """What one inspector says in sum."""
    return next(one.reason for one in report.findings if one.inspector == inspector and one.whole)


def save(path: Path, pixels: Pixels) -> Path:
    cv2.imwrite(str(path), pixels[..., ::-1])
    return path


def shown(photo: Picture, height: int) -> Pixels:
    """The portrait, small."""
    width = round(height * photo.pixels.shape[1] / photo.pixels.shape[0])
    return np.asarray(cv2.resize(photo.pixels, (width, height), interpolation=cv2.INTER_AREA))


def film(path: Path, pictures: list[Pixels], rate: int = 10) -> Path:
    """A film in H.264, a key picture every second."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=rate, options={"g": str(rate), "preset": "fast"})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for pixels in pictures:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(stream.encode(None))
    return path


def test_forty_faces(photo: Picture, tmp_path: Path) -> None:
    crowd = np.tile(shown(photo, 240), (5, 8, 1))
    words = said(check(save(tmp_path / "crowd.png", crowd)))
    assert words.startswith("2 faces were looked at. Other, smaller faces were not judged.")


def test_the_screenshot_of_a_call(photo: Picture, tmp_path: Path) -> None:
    screen = np.full((1080, 1920, 3), 245, np.uint8)
    small = shown(photo, 260)
    screen[700 : 700 + len(small), 1600 : 1600 + small.shape[1]] = small
    for row in range(100, 1000, 60):
        cv2.putText(screen, "The figures of the quarter", (60, row), 0, 1.2, (40, 40, 40), 2)
    assert said(check(save(tmp_path / "screen.png", screen))).startswith("One face was looked at.")


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_picture_on_its_side_is_judged_as_if_it_stood(
    photo: Picture, tmp_path: Path, turns: int
) -> None:
    upright = shown(photo, 600)
    turned = np.ascontiguousarray(np.rot90(upright, turns))
    reports = [check(save(tmp_path / "one.png", pixels)) for pixels in (upright, turned)]
    assert reports[1].verdict.word == reports[0].verdict.word == "cannot-tell"
    assert ["turned upright" in said(report) for report in reports] == [False, True]
    first, second = (
        next(one.score for one in report.findings if one.inspector == "artefacts" and one.whole)
        for report in reports
    )
    assert first == second


def test_a_face_that_leans_is_judged_as_if_it_stood(photo: Picture, tmp_path: Path) -> None:
    pixels = shown(photo, 600)
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 30, 1)
    leaning = cv2.warpAffine(pixels, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)
    report = check(save(tmp_path / "leans.png", np.asarray(leaning, np.uint8)))
    assert said(report).startswith("One face was looked at.")
    assert report.verdict.word == "cannot-tell"


def test_no_face_at_all(tmp_path: Path) -> None:
    hills = np.add.outer(np.arange(300), np.sin(np.arange(400) / 40) * 60)[..., None]
    scene = np.repeat(hills % 256, 3, 2).astype(np.uint8)
    assert "No face was found" in said(check(save(tmp_path / "hills.png", scene)))


def test_damage_in_the_middle_is_told_and_the_rest_is_looked_at(
    photo: Picture, tmp_path: Path
) -> None:
    draw, still = np.random.default_rng(1), np.int16(shown(photo, 480)[:, :408])
    grain = [still + draw.normal(0, 6, still.shape).astype(np.int16) for _ in range(60)]
    path = film(tmp_path / "film.mp4", [np.clip(one, 0, 255).astype(np.uint8) for one in grain])
    data = bytearray(path.read_bytes())
    middle = len(data) * 2 // 5
    data[middle : middle + 40_000] = draw.bytes(40_000)
    path.write_bytes(data)
    report = check(path)
    assert any("damaged" in one or "could not" in one for one in report.verdict.limits)
    assert "looked at" in said(report)


def test_a_long_film_is_sampled_and_says_so(tmp_path: Path) -> None:
    path = film(
        tmp_path / "long.mp4", [np.full((48, 64, 3), i % 200, np.uint8) for i in range(110)], 1
    )
    assert any("9 stretches of 10 seconds" in one for one in check(path).verdict.limits)


def test_a_name_does_not_say_what_a_file_is(photo: Picture, tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", shown(photo, 300)).rename(tmp_path / "a.mp4")
    assert check(path).kind == "image"


@pytest.mark.parametrize("kind", ["empty", "words", "archive", "bomb"])
def test_what_cannot_be_read_is_refused_with_advice(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"{kind}.png"
    made = {"empty": b"", "words": b"hello " * 99, "archive": zipped(), "bomb": bomb()}
    path.write_bytes(made[kind])
    with pytest.raises(BonafaceError) as refused:
        check(path)
    assert path.name in str(refused.value)
    assert refused.value.remedy
