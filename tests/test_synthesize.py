"""Text to sound and phones: the timeline, the level, bad input, resampling."""

# ruff: noqa: RUF001 (the letters of the phonetic alphabet are meant)

import tracemalloc
from functools import cache
from itertools import islice, pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from bonaface.core import SECOND, Sound, over
from bonaface.errors import SettingsError, SpeechError, WeightsMissing
from bonaface.speech.loudness import LEVEL, fade, level, limit, measure_level
from bonaface.speech.resample import Resample, resample
from bonaface.speech.segments import cut_segments
from bonaface.speech.synthesize import Synthesizer, Utterance, open_voice
from bonaface.speech.take import PAD, Take

Floats = NDArray[np.float32]
TEXT = "Good morning. Please bring five big maps before the meeting! What time is it?"
RATE = 24_000


@cache
def spoken() -> tuple[Utterance, ...]:
    return tuple(over(open_voice(), [TEXT]))


def test_sentences_follow_each_other_on_one_timeline() -> None:
    assert [u.text for u in spoken()] == [
        "Good morning.",
        "Please bring five big maps before the meeting!",
        "What time is it?",
    ]
    assert spoken()[0].sound.at == 0
    for before, after in pairwise(spoken()):
        assert after.sound.at == before.sound.until


def test_phones_cover_the_sound_end_to_end() -> None:
    for utterance in spoken():
        phones = utterance.phones
        assert phones[0].at == utterance.sound.at
        assert phones[-1].until == utterance.sound.until
        assert all(before.until == after.at for before, after in pairwise(phones))
        assert all(phone.until > phone.at for phone in phones)


def test_phones_are_those_of_the_words() -> None:
    symbols = "".join(phone.symbol for phone in spoken()[1].phones)
    assert symbols == "plizbɹɪŋfaɪvbɪɡmæpsbəfɔɹðəmiɾɪŋ"
    stressed = [phone.symbol for phone in spoken()[1].phones if phone.stress]
    assert stressed == ["i", "ɪ", "aɪ", "ɪ", "æ", "ɔ", "i"]


def test_silences_are_silent_and_phones_are_not() -> None:
    for utterance in spoken():
        first, *_, last = utterance.phones
        for phone in (first, last):
            assert phone.symbol == ""
        sound = utterance.sound
        begin = (first.until - sound.at) * RATE // SECOND
        end = (last.at - sound.at) * RATE // SECOND
        voice = float(np.sqrt(np.mean(sound.samples[begin:end] ** 2)))
        assert float(np.sqrt(np.mean(sound.samples[: begin - 240] ** 2))) < 0.05 * voice
        assert float(np.sqrt(np.mean(sound.samples[end + 960 :] ** 2))) < 0.05 * voice


def test_lips_close_when_the_sound_of_a_bilabial_is_low() -> None:
    """In a vowel, m and p the loudest band of the mouth, 1 to 4 kHz, falls with the closure."""
    sound = spoken()[1].sound
    spectrum = np.abs(np.fft.rfft(frames(sound.samples), axis=1)) ** 2
    bins = np.fft.rfftfreq(240, 1 / RATE)
    band = 10 * np.log10(spectrum[:, (bins > 1000) & (bins < 4000)].sum(1) + 1e-9)
    closures = 0
    phones = spoken()[1].phones
    for before, phone, after in zip(phones, phones[1:], phones[2:], strict=False):
        if phone.symbol in "pbm" and before.symbol and after.symbol and phone.symbol:
            inside = levels(band, phone.at - sound.at, phone.until - sound.at)
            around = max(
                levels(band, p.at - sound.at, p.until - sound.at).max() for p in (before, after)
            )
            assert inside.min() < around - 12
            closures += 1
    assert closures >= 4


def frames(samples: Floats) -> Floats:
    """Windows of 10 ms every 5 ms."""
    windows = np.lib.stride_tricks.sliding_window_view(samples, 240)[::120]
    return np.asarray(windows * np.hanning(240))


def levels(band: Floats, at: int, until: int) -> Floats:
    return band[at * 200 // SECOND : max(at * 200 // SECOND + 1, until * 200 // SECOND)]


def test_level_is_the_same_and_nothing_clips() -> None:
    for utterance in spoken():
        assert 20 * np.log10(measure_level(utterance.sound.samples, RATE)) == pytest.approx(
            -20, abs=1
        )
        assert np.abs(utterance.sound.samples).max() < 10 ** (-1 / 20)
        assert utterance.sound.samples[0] == 0 == utterance.sound.samples[-1]


def test_the_same_text_is_the_same_sound() -> None:
    again = tuple(over(open_voice(), [TEXT]))
    for one, other in zip(spoken(), again, strict=True):
        assert np.array_equal(one.sound.samples, other.sound.samples)
        assert one.phones == other.phones


def test_texts_pushed_one_after_the_other_go_on() -> None:
    voice = open_voice()
    pushed = [*voice.push("Good morning."), *voice.push("What time is it?")]
    assert pushed[1].sound.at == pushed[0].sound.until
    voice.reset()
    assert next(iter(voice.push("Again."))).sound.at == 0


def test_speed_changes_how_long_it_takes() -> None:
    slow, fast = (
        sum(len(u.sound.samples) for u in open_voice(speed=speed).push(TEXT))
        for speed in (0.7, 1.5)
    )
    assert slow > 1.4 * fast


@pytest.mark.parametrize("speed", [0.0, -1.0, 9.0, float("nan")])
def test_speeds_that_are_not_speech_are_refused(speed: float) -> None:
    with pytest.raises(SpeechError):
        open_voice(speed=speed)


@pytest.mark.parametrize("text", ["", "  \n", "👋🎉", "...", "Привет, мир", "你好", "!?", "\x00"])
def test_nothing_to_say_is_an_error_that_helps(text: str) -> None:
    with pytest.raises(SpeechError) as caught:
        list(open_voice().push(text))
    assert caught.value.remedy


def test_what_cannot_be_said_is_skipped_and_named() -> None:
    voice = open_voice()
    (utterance,) = voice.push("👋 Hello, мир, and good morning.")
    assert utterance.skipped == ("👋", "мир")
    assert "hello" in utterance.text.lower()
    list(voice.push("Hello. 🎉"))
    assert voice.skipped == ("🎉",)


@pytest.mark.parametrize(
    "text",
    ["a" * 3000, "ma " * 400, "1" * 900, "(" * 500 + "yes", "Mr. " * 300, "-5 $3 " * 50, "𝓱𝓮𝓵𝓵𝓸"],
)
def test_strange_texts_are_said_somehow(text: str) -> None:
    for utterance in islice(open_voice().push(text), 2):
        assert 0 < len(utterance.sound.samples) < 60 * RATE
        assert utterance.phones[-1].until == utterance.sound.until


@pytest.mark.slow
def test_a_long_text_streams_in_constant_memory() -> None:
    text = "The sun rose, and the birds began to sing; nobody was awake. " * 1640
    assert len(text) > 100_000
    voice = open_voice()
    list(voice.push("Warm up."))
    tracemalloc.start()
    seen = 0
    for utterance in islice(voice.push(text), 60):
        seen += len(utterance.sound.samples)
        if utterance.sound.at < 20 * SECOND:
            tracemalloc.reset_peak()
            early, _ = tracemalloc.get_traced_memory()
    late, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seen > 150 * RATE
    assert late - early < 2_000_000
    assert peak - early < 60_000_000


def test_a_short_and_a_whole_take_have_their_lengths() -> None:
    take = Take(
        np.zeros(700, np.float32), RATE, (PAD, "ˈ", "ɑ", "ː", " ", ",", PAD), np.full(7, 100)
    )
    segments = cut_segments(take)
    assert [(s.symbol, s.begin, s.end, s.stress) for s in segments] == [
        ("", 0, 100, 0),
        ("ɑː", 100, 400, 1),
        ("", 400, 700, 0),
    ]


def tone(seconds: float, rate: int = RATE, size: float = 0.5) -> Floats:
    times = np.arange(int(seconds * rate)) / rate
    return np.float32(size) * np.sin(2 * np.pi * 440 * times, dtype=np.float32)


def test_level_limit_and_fade() -> None:
    assert measure_level(level(tone(1, size=0.01), RATE), RATE) == pytest.approx(LEVEL, rel=0.02)
    loud = tone(1)
    loud[5000] = 4.0
    assert np.abs(limit(loud, RATE)).max() < 10 ** (-1 / 20)
    assert not level(np.zeros(100, np.float32), RATE).any()
    faded = fade(np.ones(1000, np.float32), RATE)
    assert faded[0] < 0.01 > faded[-1]
    assert faded[500] == 1
    assert len(fade(np.ones(1, np.float32), RATE)) == 1


@pytest.mark.parametrize(
    ("rate", "to"), [(24_000, 48_000), (8_000, 16_000), (192_000, 48_000), (44_100, 16_000)]
)
def test_resampled_pieces_are_the_resampled_whole(rate: int, to: int) -> None:
    samples = tone(1.37, rate)
    stage, first = Resample(to), 7 * SECOND
    pieces = [
        Sound(first + i * SECOND // rate, samples[i : i + 999].copy(), rate)
        for i in range(0, len(samples), 999)
    ]
    out = list(over(stage, pieces))
    assert out[0].at == first
    for before, after in pairwise(out):
        assert abs(after.at - before.until) <= 1
    joined = np.concatenate([sound.samples for sound in out])
    assert len(joined) == len(samples) * to // rate
    inside = slice(to // 20, -to // 20)
    expected = tone(1.37, to)[: len(joined)]
    assert np.abs(joined[inside] - expected[inside]).max() < 0.01


def test_resampling_to_the_same_rate_changes_nothing() -> None:
    sound = Sound(5, tone(0.1), RATE)
    same = resample(sound, RATE)
    assert same.at == 5
    assert np.array_equal(same.samples, sound.samples)


def test_resampling_nothing_and_nonsense() -> None:
    assert len(resample(Sound(0, np.zeros(0, np.float32), RATE), 8000).samples) == 0
    with pytest.raises(SettingsError):
        Resample(0)
    stage = Resample(16_000)
    list(stage.push(Sound(0, tone(0.1), RATE)))
    with pytest.raises(SettingsError):
        list(stage.push(Sound(0, tone(0.1, 8_000), 8_000)))
    stage.reset()
    list(stage.push(Sound(0, tone(0.1, 8_000), 8_000)))


def test_a_voice_nobody_knows_is_an_error_that_lists_those_one_knows() -> None:
    with pytest.raises(SpeechError) as caught:
        open_voice("nobody")
    assert "heart" in caught.value.remedy


@pytest.mark.slow
@pytest.mark.parametrize("name", ["joe", "kumo"])
def test_the_male_voices_speak_with_phone_times(name: str) -> None:
    try:
        voice: Synthesizer = open_voice(name)
    except WeightsMissing as missing:
        pytest.skip(str(missing))
    (utterance,) = voice.push("Good morning.")
    assert "".join(phone.symbol for phone in utterance.phones) == "ɡʊdmɔɹnɪŋ"
    assert measure_level(utterance.sound.samples, utterance.sound.rate) == pytest.approx(
        LEVEL, rel=0.1
    )
