"""When each written word is heard: numbers, short forms, what is not said, other voices."""

# ruff: noqa: RUF001 (the letters of the phonetic alphabet are meant)

from functools import cache
from itertools import pairwise

import pytest

from bonaface.core import SECOND, Word
from bonaface.errors import WeightsMissing
from bonaface.speech.progress import split_heard, word_times
from bonaface.speech.synthesize import Synthesizer, Utterance, open_voice

NUMBERS = "Dr. Smith paid $1,250 on the 3rd of May 2024, at 14:30."


@cache
def say(text: str) -> tuple[Utterance, ...]:
    return tuple(open_voice().push(text))


def sounds(utterance: Utterance) -> dict[str, str]:
    """The phones heard in each word."""
    heard = {}
    for word in word_times(utterance):
        inside = (p.symbol for p in utterance.phones if word.at <= p.at < word.until)
        heard[word.text] = "".join(inside)
    return heard


def check(utterance: Utterance, words: tuple[Word, ...]) -> None:
    assert [word.text for word in words] == utterance.text.split()
    assert all(word.at <= word.until for word in words)
    assert all(a.until <= b.at for a, b in pairwise(words))
    assert utterance.sound.at <= words[0].at
    assert words[-1].until <= utterance.sound.until


@pytest.mark.parametrize(
    "text",
    [
        NUMBERS,
        "He's thirty-four — well-known & happy; isn't it?",
        "Visit www.example.com/a or mail bob@x.org!",
        "It costs $5 million, i.e. 3/4 of GDP.",
        "On 5 March 2024 Henry VIII ran 2-3 km for 20 €, about 1,250 times.",
        "- Well, 😀 said she.",
        "Yes.",
    ],
)
def test_all_words_have_a_time_in_order(text: str) -> None:
    for utterance in say(text):
        check(utterance, word_times(utterance))


def test_words_lie_on_their_own_phones() -> None:
    heard = sounds(say(NUMBERS)[0])
    assert heard["Dr."] == "dɑktəɹ"
    assert heard["Smith"] == "smɪθ"
    assert heard["$1,250"] == "wʌnθaʊzəndtuhʌndɹədændfɪftidɑləɹz"
    assert heard["3rd"] == "θɜɹd"
    assert heard["2024,"] == "twɛntitwɛntifɔɹ"
    assert heard["14:30."] == "fɔɹtinθɜɹɾi"


def test_a_number_that_reads_otherwise_in_its_place() -> None:
    heard = sounds(say("On 5 March Henry VIII ran 2-3 km.")[0])
    assert heard["5"] == "ðəfɪfθʌv"
    assert heard["VIII"] == "ðieɪθ"
    assert heard["2-3"] == "tutəθɹi"
    assert heard["km."] == "kəlɑməɾəɹz"


def test_what_is_not_said_takes_no_time() -> None:
    words = word_times(say("Hello 😀 world — yes.")[0])
    assert [word.text for word in words if word.at == word.until] == ["😀", "—"]


def test_pauses_belong_to_no_word() -> None:
    (utterance,) = say("Well, I would say so; perhaps.")
    silent = [p for p in utterance.phones if not p.symbol and p.until - p.at > SECOND // 20]
    for word in word_times(utterance):
        for pause in silent:
            assert pause.until <= word.at or word.until <= pause.at


def test_later_sentences_go_on_with_the_timeline() -> None:
    first, second = say("Good morning. How are you?")
    assert word_times(second)[0].at >= first.sound.until
    check(second, word_times(second))


@pytest.mark.parametrize("name", ["joe", "kumo"])
def test_other_voices(name: str) -> None:
    try:
        voice: Synthesizer = open_voice(name)
    except WeightsMissing:
        pytest.skip(f"{name} is not fetched")
    (utterance,) = voice.push("Dr. Smith paid 1,250 on the 3rd.")
    check(utterance, word_times(utterance))
    heard = sounds(utterance)
    assert heard["Smith"].startswith("s")
    assert heard["3rd."].startswith("θ")


def test_a_word_cut_short_is_not_heard() -> None:
    words = word_times(say("Please close the door now.")[0])
    middle = (words[2].at + words[2].until) // 2
    assert split_heard(words, middle) == ("Please close", "the door now.")
    assert split_heard(words, words[2].until) == ("Please close the", "door now.")
    assert split_heard(words, 0) == ("", "Please close the door now.")
    assert split_heard(words, 60 * SECOND) == ("Please close the door now.", "")
    assert split_heard((), SECOND) == ("", "")
