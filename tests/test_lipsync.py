"""Whether lips that make a sound are told from lips that do not."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bonaface.core import SECOND, Finding, Picture, Sound, over
from bonaface.face.find import Face
from bonaface.forensics.inspector import RATE, Seen
from bonaface.forensics.lipsync.asked import STEPS, ask
from bonaface.forensics.lipsync.inspector import Lipsync
from bonaface.forensics.lipsync.profile import LEAST, compare
from bonaface.forensics.look import Look, Sight
from bonaface.media.files import gather_sound

Floats = NDArray[np.float64]
CLIP = "talking/filby89-W040_level_3_happy_029.mp4"  # 6 s of speech
OTHER = "talking/hangz-nju-cuhk-741400104.mp4"


def draw_face(opening: float, *, turn: float = 0.0, size: float = 100.0) -> Face:
    """A face of which only what the inspector measures is true."""
    points = np.zeros((478, 3), np.float32)
    points[:, :2] = (150, 150)
    across = np.array([np.cos(np.radians(turn)), 0, np.sin(np.radians(turn))]) * size / 2
    points[234] -= across.astype(np.float32)
    points[454] += across.astype(np.float32)
    points[61, 0], points[291, 0] = 150 - size / 4, 150 + size / 4
    for lower in (14, 87, 317):
        points[lower, 1] += opening * size
    points[10, 1], points[152, 1] = 150 - size * 0.6, 150 + size * 0.6
    box = (150 - size / 2, 150 - size / 2, 150 + size / 2, 150 + size / 2)
    return Face(box, points, 1.0, 1.0)


def show(openings: Floats, rate: float = 25, **how: float) -> Iterator[Look]:
    pixels = np.full((300, 300, 3), 120, np.uint8)
    for n, opening in enumerate(openings):
        at = int(n * SECOND / rate)
        face = draw_face(float(opening), **how)
        yield Look(Picture(at, pixels), (Sight(0, face),))


def merge(looks: Iterator[Look], samples: NDArray[np.float32]) -> list[Seen]:
    runs = [
        Sound(begin * SECOND // RATE, samples[begin : begin + 1600].copy(), RATE)
        for begin in range(0, len(samples), 1600)
    ]
    return sorted([*looks, *runs], key=lambda item: item.at)


def inspect(items: list[Seen]) -> Finding:
    findings = list(over(Lipsync(), items))
    assert [finding.whole for finding in findings] == [False] * (len(findings) - 1) + [True]
    return findings[-1]


@pytest.fixture(scope="module")
def voice(media: Path) -> NDArray[np.float32]:
    return gather_sound(media / CLIP, RATE, 10).samples


def hum(count: int) -> NDArray[np.float32]:
    """Chords that do not pause, at a level of 1."""
    at = np.arange(count) / RATE
    tones = sum(np.sin(2 * np.pi * pitch * at) for pitch in (196, 247, 294, 392, 588))
    whole = np.asarray(tones)
    return np.asarray(whole / np.sqrt(np.mean(whole**2)), np.float32)


@pytest.fixture(scope="module")
def lips(voice: NDArray[np.float32]) -> Floats:
    """Lips that do what the voice asks for, 25 a second, and twitch."""
    opening = ask(voice).opening[::2].astype(np.float64)
    return np.abs(opening * 0.2 + np.random.default_rng(0).normal(0, 0.01, len(opening)))


@pytest.mark.media
def test_lips_that_make_the_sound_pass(lips: Floats, voice: NDArray[np.float32]) -> None:
    found = inspect(merge(show(lips), voice))
    assert found.score is not None
    assert found.score < 0.1
    assert found.quality > 0.5
    assert len(found.exhibits) == 2
    assert all(exhibit.pixels.shape[1] <= 480 for exhibit in found.exhibits)


@pytest.mark.media
@pytest.mark.parametrize("shift", [-8, 8])
def test_lips_out_of_step_are_told(lips: Floats, voice: NDArray[np.float32], shift: int) -> None:
    found = inspect(merge(show(np.roll(lips, shift)), voice))
    assert found.score is not None
    assert found.score > 0.6
    assert f"{abs(shift) * 40} ms too {'early' if shift > 0 else 'late'}" in found.reason


@pytest.mark.media
def test_lips_of_another_sound_are_told(lips: Floats, media: Path) -> None:
    other = gather_sound(media / OTHER, RATE, 6.5).samples
    found = inspect(merge(show(lips), other))
    assert found.score is not None
    assert found.score > 0.6


@pytest.mark.media
@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"turn": 45.0}, "turned"),
        ({"size": 30.0}, "too small"),
        ({"rate": 4.0}, "Too few pictures"),
    ],
)
def test_what_cannot_be_seen_is_not_judged(
    lips: Floats, voice: NDArray[np.float32], how: dict[str, float], says: str
) -> None:
    every = 25 // int(how.get("rate", 25))
    found = inspect(merge(show(lips[::every], **how), voice))
    assert found.score is None
    assert says in found.reason


@pytest.mark.media
def test_a_mouth_that_rests_is_not_judged(voice: NDArray[np.float32]) -> None:
    found = inspect(merge(show(np.full(150, 0.02)), voice))
    assert found.score is None
    assert "does not move" in found.reason


@pytest.mark.media
def test_after_a_gap_a_new_part_begins(lips: Floats, voice: NDArray[np.float32]) -> None:
    items = merge(show(lips), voice)
    moved: list[Seen] = []
    for item in items:
        if isinstance(item, Sound):
            moved.append(Sound(item.at + 100 * SECOND, item.samples, RATE))
        else:
            later = Picture(item.at + 100 * SECOND, item.picture.pixels)
            moved.append(Look(later, item.sights))
    findings = list(over(Lipsync(), [*items, *moved]))
    assert [finding.score for finding in findings[:2]] == [findings[0].score] * 2
    assert findings[1].at == 100 * SECOND
    assert "worst of 2 parts" in findings[-1].reason


@pytest.mark.media
def test_speech_under_music_is_not_judged(lips: Floats, voice: NDArray[np.float32]) -> None:
    size = np.sqrt(np.mean(voice**2))
    for below, judged in ((10, False), (40, True)):
        music = hum(len(voice)) * np.float32(size * 10 ** (-below / 20))
        found = inspect(merge(show(lips), voice + music))
        assert (found.score is not None) is judged
        assert ("music" in found.reason) is not judged


def test_silence_has_no_lips() -> None:
    openings = 0.1 + 0.1 * np.sin(np.arange(100))
    found = inspect(merge(show(openings), np.zeros(4 * RATE, np.float32)))
    assert found.score is None
    assert "Too little is said" in found.reason


def test_nothing_sound_alone_and_pictures_alone_are_not_judged() -> None:
    assert inspect([]).score is None
    assert "No face" in inspect(merge(iter(()), np.zeros(4 * RATE, np.float32))).reason
    assert inspect(list(show(np.zeros(100)))).reason == "There is no sound."


def test_ten_faces_are_not_judged() -> None:
    crowd = tuple(Sight(n, draw_face(0.1)) for n in range(10))
    items = [Look(look.picture, crowd) for look in show(np.zeros(100))]
    found = inspect(merge(iter(items), np.zeros(4 * RATE, np.float32)))
    assert "Several faces" in found.reason


def test_memory_is_bounded() -> None:
    inspector = Lipsync()
    items = merge(show(np.zeros(800)), np.zeros(32 * RATE, np.float32))
    count = sum(len(list(inspector.push(item))) for item in items)
    assert count == 3
    assert len(inspector._window.mouths) <= 251


def test_the_profile_finds_the_offset() -> None:
    track = np.random.default_rng(1).normal(size=400)
    profile = compare(track[20:320], track[:300])
    assert profile.best == 20 * 1000 // STEPS
    assert profile.far > 0.95
    assert abs(profile.now) < 0.3
    with pytest.raises(ValueError, match="too few"):
        compare(track[: LEAST - 1], track)
