"""Speech to captions: real speech, noise, long turns, and what the recogniser's output becomes."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from bonaface import config
from bonaface.core import SECOND, Caption, Sound
from bonaface.errors import WeightsMissing
from bonaface.media.files import read_sound
from bonaface.speech.transcribe import LONGEST, Transcriber
from bonaface.speech.whisper import RATE, Guess, is_quiet, log_mel, open_whisper, spell

Floats = NDArray[np.float32]
JFK = "openai-real-tests-jfk.flac"
SAID = "and so my fellow americans ask not what your country can do for you"


@pytest.fixture
def jfk(media: Path) -> Floats:
    return load(media / "speech" / JFK)


def load(path: Path) -> Floats:
    return np.concatenate([sound.samples for sound in read_sound(path, RATE)])


def blocks(samples: Floats, rate: int = RATE, at: int = 0) -> Iterator[Sound]:
    step = rate // 50
    for n in range(0, len(samples), step):
        yield Sound(at + n * SECOND // rate, samples[n : n + step].copy(), rate)


def hear(stage: Transcriber, sounds: Iterator[Sound]) -> list[Caption]:
    captions = [caption for sound in sounds for caption in stage.push(sound)]
    return captions + list(stage.flush())


def plain(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalpha() or c == " ")


@pytest.mark.media
def test_a_turn_is_captioned_while_it_is_spoken(jfk: Floats) -> None:
    stage = Transcriber()
    *partials, final = hear(stage, blocks(jfk[: 5 * RATE], at=5 * SECOND))
    assert len(partials) > 5
    assert {caption.at for caption in (*partials, final)} == {5 * SECOND}
    assert not any(caption.final for caption in partials)
    assert final.final
    assert final.until == 10 * SECOND
    assert final.language == "en"
    assert plain(final.text).startswith(SAID[:30])  # ask, or asked: the cut leaves it open
    untils = [caption.until for caption in partials]
    assert all(one < other for one, other in pairwise(untils))
    assert untils[0] <= 7 * SECOND, "the first words are there within two seconds"


@pytest.mark.media
def test_words_have_their_times(jfk: Floats) -> None:
    stage = Transcriber(every=5 * SECOND)
    (final,) = [caption for caption in hear(stage, blocks(jfk, at=SECOND)) if caption.final]
    assert " ".join(word.text for word in stage.words) == final.text
    assert all(word.at < word.until for word in stage.words)
    assert all(one.until <= other.at for one, other in pairwise(stage.words))
    asks = [word for word in stage.words if word.text == "ask"]
    assert abs(asks[0].at - 4.3 * SECOND) < 0.15 * SECOND, "after his pause, as the eye sees it"


@pytest.mark.media
def test_turns_follow_each_other_at_any_rate(jfk: Floats) -> None:
    stage = Transcriber(every=3 * SECOND)
    jfk = jfk[: 4 * RATE]
    fast = np.asarray(soxr.resample(jfk, RATE, 48_000), np.float32)
    first = hear(stage, blocks(jfk))[-1]
    second = hear(stage, blocks(fast, 48_000, 20 * SECOND))[-1]
    assert plain(first.text) == plain(second.text)
    assert second.at == 20 * SECOND


@pytest.mark.media
def test_the_same_sound_gives_the_same_captions(jfk: Floats) -> None:
    stage = Transcriber(every=SECOND)
    sound = jfk[: 3 * RATE]
    once = hear(stage, blocks(sound))
    stage.reset()
    assert hear(stage, blocks(sound)) == once
    stage.reset()
    list(stage.push(Sound(0, sound.copy(), RATE)))
    stage.reset()
    assert list(stage.flush()) == [], "a reset turn is forgotten"
    whole = [*stage.push(Sound(0, sound.copy(), RATE)), *stage.flush()]
    assert whole == once, "however the sound is cut"


@pytest.mark.media
def test_sound_that_never_came_is_a_pause_or_an_end(jfk: Floats) -> None:
    stage = Transcriber(every=60 * SECOND)
    lost = [*blocks(jfk[: 2 * RATE]), *blocks(jfk[2 * RATE : 3 * RATE], at=3 * SECOND)]
    (final,) = hear(stage, iter(lost))
    assert final.until == 4 * SECOND
    late = [*blocks(jfk[: 3 * RATE]), *blocks(jfk[: 3 * RATE], at=30 * SECOND)]
    assert [caption.at for caption in hear(stage, iter(late))] == [0, 30 * SECOND]


@pytest.mark.media
@pytest.mark.slow
def test_a_turn_without_end_costs_no_more_and_loses_no_words(media: Path) -> None:
    names = [f"coqui-ai-real-tests-data-ljspeech-wavs-LJ001-000{n}.wav" for n in (1, 2, 3, 4, 5)]
    speech = np.concatenate([load(media / "speech" / name) for name in names])
    stage = Transcriber(every=2 * SECOND)
    captions = hear(stage, blocks(speech))
    finals = [caption for caption in captions if caption.final]
    assert len(finals) >= 3
    assert all(one.until == other.at for one, other in pairwise(finals))
    assert all(caption.until - caption.at <= 16 * SECOND for caption in captions)
    assert len(stage._kept) <= LONGEST
    said = [
        line.partition("\t")[2]
        for line in (media / "transcripts.tsv").read_text().splitlines()
        if any(name in line for name in names)
    ]
    wanted, got = (
        set(plain(" ".join(texts)).split()) for texts in (said, [c.text for c in finals])
    )
    assert len(wanted - got) <= 0.1 * len(wanted)


@pytest.mark.media
def test_noise_is_not_heard_as_words(media: Path) -> None:
    source = np.random.default_rng(1)
    at = np.arange(4 * RATE) / RATE
    chords = np.sin(2 * np.pi * np.outer([220, 277, 330], at)).sum(0) * np.exp(-(at % 0.5) * 4)
    for sound in (
        np.zeros(4 * RATE),
        0.03 * source.standard_normal(4 * RATE),
        0.1 * np.sign(np.sin(2 * np.pi * 50 * at)),
        0.1 * chords,
        load(media / "speech" / "justinsalamon-noise-tests-data-lufs-dogbark.wav"),
    ):
        assert hear(Transcriber(every=SECOND), blocks(np.asarray(sound, np.float32))) == []


def test_nothing_pushed_is_nothing_said() -> None:
    stage = Transcriber()
    assert list(stage.flush()) == []
    assert list(stage.push(Sound(0, np.zeros(0, np.float32), RATE))) == []
    assert list(stage.push(Sound(0, np.full(RATE, np.nan, np.float32), RATE))) == []
    assert list(stage.flush()) == []


@pytest.mark.parametrize(
    ("guess", "junk"),
    [
        (Guess((1,) * 6, (" What", " is", " your", " name", "?"), -0.2, 0.1), False),
        (Guess((1, 2), (" Yes", "."), -1.2, 0.3), False),
        (Guess((1, 2), (" Thank", " you", "."), -0.3, 0.1), False),
        (Guess((1, 2), (" Thank", " you", "."), -1.0, 0.1), True),
        (Guess((1, 2), (" Thank", " you", "."), -0.3, 0.5), True),
        (Guess((1,) * 6, (" I'm", " gonna", " go", " to", " the", " end"), -1.9, 0.3), True),
        (Guess((1,) * 6, (" A", " word"), -0.2, 0.7), True),
        (Guess((1,), (" .",), -0.1, 0.1), True),
        (Guess((), (), 0.0, 0.0), True),
        (Guess((1,) * 90, (" and on",) * 30, -0.1, 0.0), True),
    ],
)
def test_what_is_no_speech_is_dropped(guess: Guess, junk: bool) -> None:
    assert guess.junk is junk


def test_letters_of_several_tokens_come_whole() -> None:
    tokens = ["\u0120na", "\u00c3", "\u00af", "ve", "<|endoftext|>"]
    assert spell(tokens) == (" na", "", "\u00ef", "ve", "")


def test_features_have_the_networks_shape() -> None:
    source = np.random.default_rng(1)
    samples = source.standard_normal(3 * RATE).astype(np.float32)
    features = log_mel(samples)
    assert features.shape == (1, 80, 1000)
    assert features[0, :, 300:].max() == features.min(), "what follows is silence"
    assert log_mel(source.standard_normal(12 * RATE).astype(np.float32)).shape[2] == 1300
    assert log_mel(np.zeros(100, np.float32)).shape == (1, 80, 1000)


def test_a_tone_is_in_its_band() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)
    band = int(log_mel(tone)[0, :, 50].argmax())
    assert band in {26, 27}, "1 kHz is 15 of 45 mels"


def test_quiet_is_quiet() -> None:
    assert is_quiet(np.zeros(RATE, np.float32))
    assert not is_quiet(np.full(RATE, 0.01, np.float32))


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BONAFACE_WEIGHTS", str(tmp_path))
    config.settings.cache_clear()
    open_whisper.cache_clear()
    try:
        with pytest.raises(WeightsMissing, match="fetch whisper whisper-config whisper-vocabulary"):
            Transcriber()
    finally:
        config.settings.cache_clear()
        open_whisper.cache_clear()
