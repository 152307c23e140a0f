from fractions import Fraction
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
from bonaface.marks.reading_key import PUBLIC, ReadingKey, sound_id
from bonaface.marks.sound.mark import SoundMark
from bonaface.marks.sound.pattern import EDGES, MESSAGE, SLOTS, draw_sound_pattern
from bonaface.marks.sound.reader import read_sound_mark
from bonaface.marks.sound.search import bar

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


def test_another_process_goes_on_in_step() -> None:
    sound = speak_scene(5)
    first, second = sound.samples[:91_000].copy(), sound.samples[140_000:].copy()
    parts = [
        joined(list(over(SoundMark(MARK_ID), [Sound(at * SECOND // 48_000, part, 48_000)])))
        for at, part in ((0, first), (140_000, second))
    ]
    gap = np.zeros(49_000, np.float32)
    whole = read_sound_mark(Sound(0, np.concatenate([parts[0], gap, parts[1]]), 48_000))
    alone = [read_sound_mark(Sound(0, part, 48_000)) for part in parts]
    assert whole.mark_id == sound_id(MARK_ID)
    assert whole.strength > 0.92 * np.hypot(alone[0].strength, alone[1].strength)


def test_silence_and_what_follows_are_as_in_the_plain_code() -> None:
    samples = speak_scene(3, 16_000).samples.copy()
    samples[:9_000] = samples[20_000:33_000] = 0
    sound = Sound(SECOND, samples, 16_000)
    out = joined(list(over(SoundMark(MARK_ID), cut(sound, 320))))
    assert np.abs(out - mark_plainly(sound)).max() < 1e-5
    assert not np.any(out[20_320:32_700])


def mark_plainly(sound: Sound) -> NDArray[np.float64]:
    """The embedding in a few lines of NumPy, hop by hop, in double precision."""
    hop = sound.rate // 100
    window = np.sqrt(np.hanning(2 * hop + 1)[:-1])
    cells = draw_sound_pattern(PUBLIC).lean(MESSAGE.write(sound_id(MARK_ID), PUBLIC))
    padded = np.concatenate([np.zeros(hop), sound.samples, np.zeros(2 * hop)])
    out = np.zeros(len(padded))
    loudness, ceiling, heard, moved = 10.0, -30.0, 0.0, 0.0
    for i in range(len(padded) // hop - 1):
        unit = (i + sound.at * 100 // SECOND) // 2
        lean = cells[unit // 2 % SLOTS] * (1 - 2 * (unit % 2))
        spectrum = np.fft.rfft(padded[i * hop : (i + 2) * hop] * window)
        power = np.abs(spectrum) ** 2 * (480 / hop) ** 2
        energy = np.add.reduceat(power, EDGES)[:-1] + 1e-9
        level = 10 * np.log10(energy.sum())
        loudness = max(level, loudness - 0.03, 10.0)
        share = np.clip((level - loudness + 45) / 10, 0, 1)
        steps = 3.0 * share * np.minimum(1, 10 ** ((loudness + ceiling) / 10) / energy)
        gains = 10 ** (lean * steps / 20)
        mark = (energy * (gains - 1) ** 2).sum()
        heard, moved = heard * 0.998 + power.sum(), moved * 0.998 + mark
        if mark > 0:
            excess = 10 * np.log10(heard / moved) - 27.3
            ceiling = np.clip(ceiling + 0.02 * np.clip(excess, -2, 2), -50, 0)
        spectrum[EDGES[0] : EDGES[-1]] *= np.repeat(gains, np.diff(EDGES))
        out[i * hop : (i + 2) * hop] += np.fft.irfft(spectrum, 2 * hop) * window
    return out[hop : hop + len(sound.samples)]


def test_what_is_no_number_is_silence_and_does_no_harm() -> None:
    samples = speak_scene().samples.copy()
    samples[5_000:5_010], samples[9_000] = np.nan, np.inf
    out = joined(list(over(SoundMark(MARK_ID), cut(Sound(0, samples, 48_000), 960))))
    assert np.isfinite(out).all()
    assert read_sound_mark(Sound(0, out, 48_000)).mark_id == sound_id(MARK_ID)
    holed = out.copy()
    holed[70_000:70_100] = np.nan
    assert read_sound_mark(Sound(0, holed, 48_000)).mark_id == sound_id(MARK_ID)


def test_loud_samples_are_clipped() -> None:
    loud = Sound(0, 20 * speak_scene(1).samples, 48_000)
    assert np.abs(joined(list(over(SoundMark(MARK_ID), [loud])))).max() == 1


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


@pytest.mark.parametrize("tempo", [0.9, 1.1])
def test_a_changed_tempo_is_read(tempo: float) -> None:
    reading = read_sound_mark(Sound(0, change_tempo(marked(), tempo), 48_000))
    assert reading.mark_id == sound_id(MARK_ID)
    assert abs(reading.speed - tempo) < 0.005


def change_tempo(samples: NDArray[np.float32], tempo: float) -> NDArray[np.float32]:
    graph = av.filter.Graph()
    source = graph.add_abuffer(
        format="fltp", sample_rate=48_000, layout="mono", time_base=Fraction(1, 48_000)
    )
    graph.link_nodes(source, graph.add("atempo", str(tempo)), graph.add("abuffersink")).configure()
    frame = av.AudioFrame.from_ndarray(samples[None].copy(), format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = 48_000, 0, Fraction(1, 48_000)
    graph.push(frame)
    graph.push(None)
    runs = []
    try:
        while True:
            runs.append(graph.pull().to_ndarray()[0])
    except av.EOFError:
        return np.concatenate(runs)


def test_marked_twice_names_one_of_both() -> None:
    twice = joined(list(over(SoundMark(7), [Sound(0, marked().copy(), 48_000)])))
    reading = read_sound_mark(Sound(0, twice, 48_000))
    assert reading.found
    assert reading.mark_id in {7, sound_id(MARK_ID), None}


def test_the_bar_bounds_sums_of_fair_coins() -> None:
    draw = np.random.default_rng(5)
    for count in (1, 3, 60):
        sizes = draw.exponential(size=count)
        coins = np.where(draw.random((100_000, count)) < 0.5, -1, 1)
        z = coins @ sizes / np.sqrt(np.square(sizes).sum())
        for chance in (0.2, 0.01, 1e-3):
            assert np.mean(z > bar(1, chance)) <= chance
    assert bar(100, 1e-4) == pytest.approx(bar(1, 1e-6))
    assert bar(1, 1e-6) > 4.9  # a normal variable's own, and more


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
