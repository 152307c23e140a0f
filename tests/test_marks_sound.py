from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from scenes import recode_sound, speak_scene

from bonaface.core import SECOND, Sound, over
from bonaface.errors import MarkError, Unmarked
from bonaface.marks.marked import MarkedSound, require_marked
from bonaface.marks.reading_key import ReadingKey, sound_id
from bonaface.marks.sound import SoundMark
from bonaface.marks.sound_reader import read_sound_mark

MARK_ID = 0x0123_4567_89AB_CDEF
OTHER = ReadingKey(b"another key of thirty-two bytes!")


def cut(sound: Sound, size: int) -> list[Sound]:
    return [
        Sound(sound.at + i * SECOND // sound.rate, sound.samples[i : i + size].copy(), sound.rate)
        for i in range(0, len(sound.samples), size)
    ]


def joined(items: list[MarkedSound]) -> NDArray[np.float32]:
    return np.concatenate([item.samples for item in items])


@cache
def marked() -> NDArray[np.float32]:
    return joined(list(over(SoundMark(MARK_ID), cut(speak_scene(), 960))))


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000])
def test_the_mark_is_read_and_exact(rate: int) -> None:
    samples = joined(list(over(SoundMark(MARK_ID), cut(speak_scene(rate=rate), rate // 50))))
    reading = read_sound_mark(Sound(0, samples, rate))
    assert reading.found
    assert reading.mark_id == sound_id(MARK_ID)


@pytest.mark.parametrize("size", [1, 100, 479, 480, 1024, 10**6])
def test_blocks_of_any_size_give_the_same(size: int) -> None:
    sound = Sound(0, speak_scene().samples[:9_600].copy(), 48_000)
    items = list(over(SoundMark(MARK_ID), cut(sound, size)))
    whole = joined(list(over(SoundMark(MARK_ID), [sound])))
    assert np.allclose(joined(items), whole, atol=1e-6)


def test_the_timeline_is_kept() -> None:
    sound = Sound(3 * SECOND, speak_scene().samples[:48_123].copy(), 48_000)
    items = list(over(SoundMark(MARK_ID), cut(sound, 960)))
    assert len(joined(items)) == 48_123
    due = 0
    for item in items:
        assert item.at == 3 * SECOND + due * SECOND // 48_000
        due += len(item.samples)


def test_a_block_waits_ten_milliseconds_at_most() -> None:
    mark = SoundMark(MARK_ID)
    given = [
        sum(len(out.samples) for out in mark.push(block)) for block in cut(speak_scene(1), 960)
    ]
    assert given == [480] + [960] * 49


def test_a_gap_is_kept() -> None:
    tone = speak_scene().samples[:4_800]
    first, second = Sound(0, tone.copy(), 48_000), Sound(SECOND, tone.copy(), 48_000)
    items = list(over(SoundMark(MARK_ID), [first, second]))
    assert [(item.at, len(item.samples)) for item in items] == [
        (0, 4_320), (SECOND * 9 // 100, 480), (SECOND, 4_320), (SECOND * 109 // 100, 480),
    ]  # fmt: skip


def test_an_interruption_forgets() -> None:
    mark = SoundMark(MARK_ID)
    list(mark.push(Sound(0, np.ones(960, np.float32), 48_000)))
    mark.reset()
    assert list(mark.flush()) == []


def test_the_mark_cannot_be_heard_beside_the_sound() -> None:
    before = speak_scene().samples.astype(float)
    noise = float(np.square(before - marked()).sum())
    assert 10 * np.log10(float(np.square(before).sum()) / noise) >= 26


def test_silence_stays_silent() -> None:
    silence = Sound(0, np.zeros(96_000, np.float32), 48_000)
    assert not np.any(joined(list(over(SoundMark(MARK_ID), cut(silence, 960)))))
    assert not read_sound_mark(silence).found
    assert not read_sound_mark(Sound(0, np.zeros(0, np.float32), 48_000)).found
    assert list(SoundMark(MARK_ID).flush()) == []


def test_nothing_is_found_without_mark_or_key() -> None:
    assert not read_sound_mark(speak_scene()).found
    assert not read_sound_mark(Sound(0, marked(), 48_000), OTHER).found
    private = joined(list(over(SoundMark(MARK_ID, OTHER), cut(speak_scene(), 960))))
    assert read_sound_mark(Sound(0, private, 48_000), OTHER).mark_id == sound_id(MARK_ID)


@pytest.mark.parametrize(
    ("codec", "form", "rate"),
    [("aac", "mp4", 48_000), ("libopus", "ogg", 48_000), ("pcm_mulaw", "wav", 8_000)],
)
def test_the_mark_survives(codec: str, form: str, rate: int) -> None:
    heard = recode_sound(marked(), codec, form, rate)
    assert read_sound_mark(heard).mark_id == sound_id(MARK_ID)


def test_a_cut_is_read() -> None:
    piece = Sound(0, marked()[61_234 : 61_234 + 4 * 48_000].copy(), 48_000)
    assert read_sound_mark(piece).mark_id == sound_id(MARK_ID)


@pytest.mark.parametrize("rate", [0, 4_000, 7_999, 400_000])
def test_a_rate_that_cannot_be_marked_is_refused(rate: int) -> None:
    with pytest.raises(MarkError, match="cannot be marked"):
        list(SoundMark(MARK_ID).push(Sound(0, np.zeros(1_000, np.float32), rate)))


def test_only_marks_make_what_is_marked() -> None:
    sound = speak_scene(0.1)
    (genuine, _) = over(SoundMark(MARK_ID), [sound])
    assert require_marked(genuine) is genuine
    with pytest.raises(Unmarked):
        MarkedSound(sound, MARK_ID, object())
    with pytest.raises(Unmarked):
        require_marked(sound)  # type: ignore[type-var]


@pytest.mark.media
@pytest.mark.slow
def test_recorded_speech_carries_no_mark(media: Path) -> None:
    soundfiles = sorted((media / "speech").glob("*.wav"))[:30]
    assert soundfiles
    for file in soundfiles:
        assert not read_sound_mark(read(file)).found, file.name


def read(file: Path) -> Sound:
    with av.open(str(file)) as container:
        to_float = av.AudioResampler("fltp", "mono", 16_000)
        runs = [r.to_ndarray()[0] for f in container.decode(audio=0) for r in to_float.resample(f)]
    return Sound(0, np.concatenate(runs).astype(np.float32), 16_000)
