"""A microphone and a camera drive the face in the Studio; files stand in for both."""

import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from browser import (
    RATE,
    Served,
    Studio,
    envelope,
    follow_face,
    heard,
    listen,
    openings,
    shoot,
)
from numpy.typing import NDArray

from bonaface import weights
from bonaface.face.find import Face
from bonaface.media.photos import read_photo
from bonaface.speech.resample import resample
from bonaface.speech.synthesize import open_voice

pytestmark = [pytest.mark.realtime]

TALKER = "talking/rizkiarm-lbax4n.mpg"  # GRID, CC BY 4.0
FILM_RATE = 30  # at which Chromium plays a film as a camera
SWING = 3.0  # s
RIGHT_EYE, LEFT_EYE = 33, 263  # outer corners, of the face mesh


def write_sound(path: Path, samples: NDArray[np.float32]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def read_sound(path: Path) -> NDArray[np.float32]:
    """The sound of a film, at RATE."""
    with av.open(str(path)) as film:
        resampler = av.AudioResampler("flt", "mono", RATE)
        runs = [one for frame in film.decode(audio=0) for one in resampler.resample(frame)]
    return np.concatenate([run.to_ndarray().reshape(-1) for run in runs]).astype(np.float32)


def write_camera(path: Path, pictures: list[NDArray[np.uint8]]) -> None:
    """Motion JPEG, as Chromium wants it."""
    with path.open("wb") as file:
        for pixels in pictures:
            file.write(cv2.imencode(".jpg", pixels[..., ::-1])[1].tobytes())


def pictures_of(page: Any, seconds: float) -> list[NDArray[np.uint8]]:
    return [pixels for _, pixels in shoot(page, round(seconds * 12), 60)]


@pytest.mark.media
def test_a_voice_moves_the_lips(
    launch: Callable[..., Any], served: Served, media: Path, tmp_path: Path
) -> None:
    write_sound(tmp_path / "microphone.wav", read_sound(media / TALKER))
    browser = launch(f"--use-file-for-fake-audio-capture={tmp_path / 'microphone.wav'}")
    studio = Studio(served, browser)
    page = studio.open()
    resting = openings(follow_face(pictures_of(page, 2)))
    page.click('label:has(input[value="voice"])')
    page.wait_for_selector('#microphone[aria-pressed="true"]')
    assert "not played back" in page.inner_text(".notices")
    page.wait_for_timeout(1500)
    listen(page)
    talking = openings(follow_face(pictures_of(page, 4)))
    assert talking.std() > 2 * resting.std() + 0.002, "the lips follow the voice"
    assert envelope(heard(page)).max() > 0.01, "and others hear it"
    assert page.evaluate("document.querySelector('#face').muted"), "but not the one who talks"
    studio.close()
    browser.close()
    assert studio.wrongs == []


def test_a_camera_moves_the_face(
    launch: Callable[..., Any], served: Served, tmp_path: Path
) -> None:
    write_camera(tmp_path / "camera.mjpeg", list(nod_sideways()))
    browser = launch(f"--use-file-for-fake-video-capture={tmp_path / 'camera.mjpeg'}")
    studio = Studio(served, browser)
    page = studio.open()
    before = tilts(follow_face(pictures_of(page, 2)))
    page.click('label:has(input[value="face"])')
    page.wait_for_selector("#self:not([hidden])")
    assert page.is_visible("#background")
    page.wait_for_timeout(2500)
    ours = tilts(follow_face(pictures_of(page, 6)))
    assert np.ptp(ours) > 6, "it tilts with the one before the camera"
    assert np.ptp(ours) > 3 * np.ptp(before), "at rest it hardly does"
    page.get_by_role("button", name="Camera").click()
    assert not page.is_visible("#self")
    studio.close()
    browser.close()
    assert studio.wrongs == []


def nod_sideways() -> Iterator[NDArray[np.uint8]]:
    """A head that tilts to and fro, SWING seconds a time: a portrait, turned."""
    portrait = read_photo(weights.find("portrait-hopper")).pixels
    side = min(portrait.shape[:2])
    square = cv2.resize(portrait[:side, :side], (480, 480), interpolation=cv2.INTER_AREA)
    for i in range(round(SWING * FILM_RATE)):
        angle = 14 * np.sin(2 * np.pi * i / FILM_RATE / SWING)
        turn = cv2.getRotationMatrix2D((240, 240), float(angle), 1.0)
        yield cv2.warpAffine(square, turn, (480, 480), borderMode=cv2.BORDER_REPLICATE).astype(
            np.uint8
        )


def tilts(faces: list[Face]) -> NDArray[np.float64]:
    """How each face is tilted, degrees."""
    eyes = [face.landmarks[LEFT_EYE, :2] - face.landmarks[RIGHT_EYE, :2] for face in faces]
    return np.array([np.degrees(np.arctan2(dy, dx)) for dx, dy in eyes])


def test_a_synthetic_voice_says_what_it_hears_and_a_mind_answers_it(
    launch: Callable[..., Any], served: Served, tmp_path: Path
) -> None:
    voice = open_voice("male").push("Good morning. Hello.")
    question = [resample(one.sound, RATE).samples for one in voice]
    pause = np.zeros(9 * RATE, np.float32)  # then Chromium begins again
    write_sound(tmp_path / "question.wav", np.concatenate([pause[: 2 * RATE], *question, pause]))
    browser = launch(f"--use-file-for-fake-audio-capture={tmp_path / 'question.wav'}")
    studio = Studio(served, browser)
    page = studio.open()
    page.click('label:has(input[value="voice"])')
    page.select_option("#heard", "synthetic")
    listen(page)
    page.wait_for_selector(".word.said", timeout=25_000)
    assert "morning" in page.inner_text("#captions .said"), "it says the words itself"
    page.click('label:has(input[value="mind"])')
    assert page.is_visible("#mind")
    page.wait_for_selector(".captions .you:not(.unsure):not(:empty)", timeout=25_000)
    page.wait_for_selector('html[data-state="speaking"]', timeout=10_000)
    page.wait_for_selector(".word.said")
    assert envelope(heard(page)).max() > 0.01, "and it can be heard"
    studio.close()
    browser.close()
    assert studio.wrongs == []
