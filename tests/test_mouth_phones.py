"""Lips from phones: they close where they must, rest where nothing is said, and never jump."""

# ruff: noqa: RUF001 (the letters of the phonetic alphabet are meant)

import json
from importlib.resources import files

import numpy as np
import pytest
from numpy.typing import NDArray

from bonaface.avatar.mouth.phones import PhoneMouth, Sentence, lips_from_phones
from bonaface.avatar.mouth.visemes import CHANNEL, TABLE, find_visemes
from bonaface.avatar.pose import LIPS, Lips
from bonaface.core import SECOND, Phone, Sound, Time, over

MS: Time = SECOND // 1000
BILABIALS = tuple("pbm")
SOUNDS = tuple("pbmfvwɹlnstdkɡʃʒθðjhŋAIOWYQəɪɛæɑɔʊuiʌ")
JUMP = 0.62  # the most a channel may move in 20 ms: lips close in about 40


def say(symbols: str, length: Time = 80 * MS, first: Time = 300 * MS) -> tuple[Phone, ...]:
    return tuple(
        Phone(first + i * length, first + (i + 1) * length, symbol)
        for i, symbol in enumerate(symbols)
    )


def babble(seed: int, count: int = 40) -> tuple[Phone, ...]:
    """Random sounds of 35 to 140 ms, with a pause here and there."""
    chance = np.random.default_rng(seed)
    at, phones = 200 * MS, []
    for _ in range(count):
        symbol = "" if chance.random() < 0.06 else str(chance.choice(SOUNDS))
        until = at + int(chance.integers(35, 140)) * MS
        phones.append(Phone(at, until, symbol, int(chance.integers(0, 3))))
        at = until
    return tuple(phones)


def hum(at: Time, seconds: float, loud: float = 0.2, rate: int = 16_000) -> Sound:
    times = np.arange(round(seconds * rate)) / rate
    return Sound(at, (loud * np.sin(2 * np.pi * 140 * times)).astype(np.float32), rate)


def rows(lips: list[Lips]) -> NDArray[np.float32]:
    return np.array([one.weights for one in lips])


def channel(curves: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    return curves[:, CHANNEL[name]]


def test_shape_and_range() -> None:
    curves = lips_from_phones(say("hɛlO"), 1 * SECOND)
    assert curves.shape == (50, len(LIPS))
    assert curves.dtype == np.float32
    assert curves.min() >= 0
    assert curves.max() <= 1
    assert lips_from_phones((), 0).shape == (0, len(LIPS))
    assert lips_from_phones((), 20 * MS + 1).shape == (2, len(LIPS))


@pytest.mark.parametrize("seed", range(25))
def test_lips_touch_at_every_bilabial(seed: int) -> None:
    phones = babble(seed)
    closure = channel(lips_from_phones(phones, phones[-1].until + SECOND), "closure")
    for phone in phones:
        if phone.symbol in BILABIALS:
            middle = (phone.at + phone.until) // 2
            near = closure[max(0, middle // (20 * MS) - 2) : middle // (20 * MS) + 2]
            assert near.max() == 1, phone


@pytest.mark.parametrize("length", [15, 25, 40, 70])
def test_lips_touch_however_fast_and_open_again(length: int) -> None:
    phones = say("ɑpɑbɑmɑ", length * MS)
    closure = channel(lips_from_phones(phones, 2 * SECOND), "closure")
    assert closure.max() == 1
    if length >= 70:
        edges = np.diff((closure > 0.9).astype(int))
        assert (edges == 1).sum() == 3


@pytest.mark.parametrize("seed", range(10))
def test_nothing_jumps(seed: int) -> None:
    phones = babble(seed)
    curves = lips_from_phones(phones, phones[-1].until + SECOND)
    assert np.abs(np.diff(curves, axis=0)).max() < JUMP


def test_silence_is_still() -> None:
    assert not lips_from_phones((Phone(0, SECOND, ""),), SECOND).any()
    assert not lips_from_phones((), SECOND).any()
    quiet = Sentence(Sound(0, np.zeros(48_000, np.float32), 48_000), ())
    assert not rows(list(over(PhoneMouth(), [quiet]))).any()


def test_mouth_comes_to_rest_in_a_pause() -> None:
    phones = (*say("mɑmɑ"), *say("mɑmɑ", first=2 * SECOND))
    curves = lips_from_phones(phones, 3 * SECOND)
    pause = curves[45:90]
    assert channel(pause, "jawOpen").max() < 0.03
    assert channel(curves, "jawOpen").max() > 0.4


def test_breath_is_drawn_before_a_phrase_only_where_asked() -> None:
    phones = say("ɑnɑ", first=SECOND)
    still, drawn = (
        lips_from_phones(phones, 2 * SECOND, breath=breath)[:43] for breath in (False, True)
    )
    assert channel(still, "jawOpen").max() < 0.05
    assert 0.08 < channel(drawn, "jawOpen").max() < 0.25
    assert not channel(drawn[:20], "jawOpen").max() > 0.03


def test_sound_that_falls_silent_stills_the_mouth() -> None:
    sound = Sound(0, np.concatenate([hum(0, 1).samples, np.zeros(32_000, np.float32)]), 16_000)
    lips = list(over(PhoneMouth(), [Sentence(sound, say("ɑ" * 30, 100 * MS, 0))]))
    jaw = channel(rows(lips), "jawOpen")
    assert jaw[20:45].min() > 0.3
    assert jaw[56:].max() == 0


def test_jaw_and_lips_follow_the_vowel() -> None:
    def middle(symbol: str) -> NDArray[np.float32]:
        return np.array(lips_from_phones(say(f"h{symbol}h", 200 * MS), SECOND)[30])

    aa, ee, oo = (middle(symbol) for symbol in "ɑiu")
    jaw, pucker, stretch = (CHANNEL[name] for name in ("jawOpen", "pucker", "stretch"))
    assert aa[jaw] > 2 * ee[jaw] > oo[jaw]
    assert oo[pucker] > 0.5 > 5 * max(aa[pucker], ee[pucker])
    assert ee[stretch] > 0.3 > 5 * oo[stretch]


def test_f_tucks_the_lip_and_s_narrows_the_jaw() -> None:
    curves = lips_from_phones(say("ɑfɑsɑ", 120 * MS), 2 * SECOND)
    assert channel(curves, "FF").max() > 0.7
    jaw = channel(curves, "jawOpen")
    assert jaw[23] < 0.4 * jaw[17]
    assert jaw[35] < 0.55 * jaw[29]


def test_lip_sounds_start_early() -> None:
    """In "too" the lips are round while the tongue still says t."""
    curves = lips_from_phones(say("tu", 100 * MS), SECOND)
    assert channel(curves, "pucker")[17] > 0.2  # 40 ms into the t


def test_diphthongs_move_and_may_be_spelled_in_any_way() -> None:
    for letter, spelled in {"I": "aɪ", "W": "aʊ", "Y": "ɔɪ", "A": "eɪ", "O": "oʊ"}.items():
        one, two = (
            lips_from_phones((Phone(0, 300 * MS, symbol),), 300 * MS)
            for symbol in (letter, spelled)
        )
        assert np.array_equal(one, two)
    aye = lips_from_phones((Phone(0, 300 * MS, "aɪ"),), 300 * MS)
    assert channel(aye, "jawOpen")[3] > 1.5 * channel(aye, "jawOpen")[12]


def test_loud_vowels_are_wider_and_stressed_ones_too() -> None:
    loud, quiet = (
        lips_from_phones(say("hɑh", 150 * MS), SECOND, loudness=np.full(50, level, np.float32))
        for level in (1.0, 0.4)
    )
    assert channel(loud, "jawOpen").max() > 1.2 * channel(quiet, "jawOpen").max()
    plain, stressed = (
        lips_from_phones((Phone(0, 200 * MS, "ɑ", stress),), 200 * MS) for stress in (0, 1)
    )
    assert channel(stressed, "jawOpen").max() > channel(plain, "jawOpen").max()


def test_a_quiet_voice_moves_the_mouth_as_much() -> None:
    loud, quiet = (
        rows(list(over(PhoneMouth(), [Sentence(hum(0, 1, level), say("hɑlO"))])))
        for level in (0.3, 0.03)
    )
    assert np.allclose(loud, quiet, atol=0.02)


def test_marks_of_length_and_stress_lend_their_time() -> None:
    marked = (*say("ˈɑː", 60 * MS, 0), Phone(180 * MS, 240 * MS, "t"))
    plain = (Phone(0, 180 * MS, "ɑ", 1), Phone(180 * MS, 240 * MS, "t"))
    one, two = (lips_from_phones(phones, 400 * MS) for phones in (marked, plain))
    assert np.array_equal(one, two)


def test_word_gaps_do_not_close_the_mouth() -> None:
    phones = (
        Phone(0, 200 * MS, "ɑ"),
        Phone(200 * MS, 260 * MS, " "),
        Phone(260 * MS, 460 * MS, "ɑ"),
    )
    assert channel(lips_from_phones(phones, 460 * MS), "jawOpen")[5:20].min() > 0.4


def test_every_letter_of_the_voice_moves_the_mouth_or_is_a_mark() -> None:
    vocabulary = json.loads(files("hibari").joinpath("assets/vocab.json").read_text("utf-8"))
    marks = set(' ;:,.!?—…"()“”̃ˈˌːʰʲ→↗↘ᵝ')
    for letter in vocabulary:
        assert bool(find_visemes(letter)) != (letter in marks), letter


@pytest.mark.parametrize(
    "symbol", ["ʎ", "ʁ", "ɸ", "y", "ɵ", "t͡ɕ", "n̪", "ŋ͡m", "kʷ", "ã", "б", "ß", "ي", "ʘ"]
)
def test_sounds_of_other_languages_move_the_mouth(symbol: str) -> None:
    curves = lips_from_phones(
        say("a" + symbol + "a" if len(symbol) == 1 else "a", 100 * MS), SECOND
    )
    alone = lips_from_phones((Phone(300 * MS, 420 * MS, symbol),), SECOND)
    assert find_visemes(symbol)
    assert alone.max() > 0.05
    assert curves.max() > 0.3


def test_rounded_consonants_round() -> None:
    plain, rounded = (
        lips_from_phones((Phone(0, 120 * MS, symbol),), 120 * MS)[3] for symbol in ("k", "kʷ")
    )
    assert rounded[CHANNEL["pucker"]] > plain[CHANNEL["pucker"]] + 0.2


@pytest.mark.parametrize("symbol", ["", " ", ".", "—", "12", "🙂", "\n", "ˈ"])
def test_what_is_no_sound_is_rest(symbol: str) -> None:
    assert not lips_from_phones((Phone(0, 300 * MS, symbol),), 300 * MS).any()


def test_table_is_sound() -> None:
    for letter, viseme in TABLE.items():
        assert 0 <= viseme.target.min() <= viseme.target.max() <= 1, letter
        assert viseme.pull.min() > 0, letter
        assert min(viseme.early.min(), viseme.late.min()) > 0.01, letter
        assert viseme.bilabial == (viseme.target[CHANNEL["closure"]] == 1), letter


def test_sentences_run_on_one_grid_without_a_break() -> None:
    first, second = hum(0, 1.013), hum(1_013 * MS, 0.9)
    later = say("mɑnI", first=1_113 * MS)
    lips = list(over(PhoneMouth(), [Sentence(first, say("hɛlO")), Sentence(second, later)]))
    assert [one.at for one in lips] == [i * 20 * MS for i in range(len(lips))]
    assert lips[-1].at + 20 * MS >= second.until
    assert np.abs(np.diff(rows(lips), axis=0)).max() < JUMP


def test_sentences_with_rest_between_are_as_one() -> None:
    """Cut in a pause, what is said makes the same lips as in one go."""
    whole = Sentence(hum(0, 4), (*say("hɛlO"), *say("mɑnI", first=2_700 * MS)))
    parts = [
        Sentence(hum(0, 2), say("hɛlO")),
        Sentence(hum(2 * SECOND, 2), say("mɑnI", first=2_700 * MS)),
    ]
    one, two = (rows(list(over(PhoneMouth(), each))) for each in ([whole], parts))
    assert np.allclose(one, two, atol=0.02)


def test_time_between_sentences_is_rest() -> None:
    parts = [Sentence(hum(0, 1), say("hɛlO")), Sentence(hum(3 * SECOND, 1), ())]
    lips = list(over(PhoneMouth(), parts))
    assert [one.at for one in lips] == [i * 20 * MS for i in range(len(lips))]
    assert not rows(lips)[75:145].any()


def test_interruption_forgets() -> None:
    mouth = PhoneMouth()
    list(mouth.push(Sentence(hum(0, 1), say("hɛlO"))))
    mouth.reset()
    again = list(mouth.push(Sentence(hum(7 * SECOND, 1), say("hɛlO", first=7_300 * MS))))
    fresh = list(PhoneMouth().push(Sentence(hum(0, 1), say("hɛlO"))))
    assert again[0].at == 7 * SECOND
    assert np.allclose(rows(again), rows(fresh), atol=1e-3)


def test_stress_and_loudness_come_along() -> None:
    phones = (Phone(300 * MS, 500 * MS, "ɑ", 1), Phone(500 * MS, 600 * MS, "t"))
    lips = list(PhoneMouth().push(Sentence(hum(0, 1), phones)))
    stress = [one.stress for one in lips]
    assert max(stress) == pytest.approx(1, abs=0.05)
    assert 17 <= int(np.argmax(stress)) <= 22
    assert lips[25].loudness > 0.9
