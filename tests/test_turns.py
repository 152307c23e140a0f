"""Whose turn it is: decisions for made-up conversations, exact to the window."""

from collections.abc import Callable

import pytest

from bonaface.core import SECOND, Time
from bonaface.errors import SettingsError
from bonaface.speech.activity import Voiced
from bonaface.speech.cues import Cue, Ending, read_cue, read_ending
from bonaface.speech.turns import (
    Began,
    Decision,
    Ended,
    Hold,
    Moment,
    Pace,
    Resume,
    Turns,
    Yield,
)

STEP = SECOND * 16 // 1000
WINDOW = 2 * STEP


class Talk:
    """A conversation told in runs of (seconds, whether voiced)."""

    def __init__(self, pace: Pace | None = None) -> None:
        self.turns = Turns(pace or Pace())
        self.at: Time = 0
        self.made: list[Decision] = []

    def run(
        self, seconds: float, voiced: bool = False, speaking: bool = False, heard: str = ""
    ) -> list[Decision]:
        made: list[Decision] = []
        for _ in range(round(seconds * SECOND / STEP)):
            window = Voiced(self.at, self.at + WINDOW, 0.9 if voiced else 0.02)
            made += self.turns.push(Moment(window, speaking, heard))
            self.at += STEP
        self.made += made
        return made


def kinds(made: list[Decision]) -> list[type[Decision]]:
    return [type(one) for one in made]


def test_speech_over_the_face_holds_at_once_and_takes_the_turn() -> None:
    talk = Talk()
    assert talk.run(1, speaking=True) == []
    begin = talk.at
    hold, given, began = talk.run(0.6, voiced=True, speaking=True)
    assert hold == Hold(begin + WINDOW, begin)
    assert given == Yield(given.at, begin)
    assert 0.45 * SECOND <= given.at - begin <= 0.55 * SECOND
    assert began == Began(given.at, begin)
    last = talk.at - STEP + WINDOW
    (ended,) = talk.run(2)
    assert isinstance(ended, Ended)
    assert ended.since == last
    assert ended.at - last == pytest.approx(0.8 * SECOND, abs=2 * STEP)


def test_a_click_costs_a_quarter_of_a_second() -> None:
    talk = Talk()
    (hold,) = talk.run(0.05, voiced=True, speaking=True)
    (resume,) = talk.run(3, speaking=True)
    assert isinstance(resume, Resume)
    assert resume.at - hold.at < 0.27 * SECOND


def test_a_cough_resumes_after_the_doubt() -> None:
    talk = Talk()
    talk.run(0.3, voiced=True, speaking=True)
    assert kinds(talk.run(1, speaking=True)) == [Resume]
    assert kinds(talk.made) == [Hold, Resume]


def test_a_back_channel_resumes_although_it_is_long() -> None:
    talk = Talk()
    talk.run(0.7, voiced=True, speaking=True, heard="Yeah, I see.")
    made = talk.run(0.3, speaking=True, heard="Yeah, I see.")
    assert kinds(talk.made) == [Hold, Resume]
    assert kinds(made) == [Resume]


def test_but_not_for_ever() -> None:
    talk = Talk()
    talk.run(1.5, voiced=True, speaking=True, heard="yeah yeah yeah")
    assert kinds(talk.made) == [Hold, Yield, Began]


@pytest.mark.parametrize("heard", ["Stop.", "wait", "No, no", "but", "Excuse me"])
def test_words_that_claim_the_turn_need_no_time(heard: str) -> None:
    talk = Talk()
    talk.run(0.2, voiced=True, speaking=True)
    assert kinds(talk.run(STEP / SECOND, speaking=True, heard=heard)) == [Yield, Began]


def test_other_words_take_the_turn_sooner_than_sound_does() -> None:
    talk = Talk()
    talk.run(0.3, voiced=True, speaking=True, heard="the price")
    assert kinds(talk.made) == [Hold, Yield, Began]


def test_words_that_come_late_are_regretted() -> None:
    talk = Talk()
    begin = talk.at
    talk.run(0.3, voiced=True, speaking=True)
    talk.run(1.0, speaking=True)
    made = talk.run(0.1, speaking=True, heard="Stop.")
    assert kinds(talk.made) == [Hold, Resume, Yield, Began, Ended]
    assert [one.since for one in made if isinstance(one, Yield)] == [begin]


def test_and_no_longer_after_two_seconds() -> None:
    talk = Talk()
    talk.run(0.3, voiced=True, speaking=True)
    talk.run(3.0, speaking=True)
    assert talk.run(0.1, speaking=True, heard="Stop.") == []


@pytest.mark.parametrize(
    ("heard", "silence"), [("What is it?", 0.5), ("", 0.8), ("I think and", 1.8), ("Well,", 1.8)]
)
def test_the_end_of_a_turn_waits_for_what_the_words_promise(heard: str, silence: float) -> None:
    talk = Talk()
    began, ended = talk.run(1, voiced=True, heard=heard) + talk.run(4, heard=heard)
    assert isinstance(began, Began)
    assert began.since == 0
    assert isinstance(ended, Ended)
    assert ended.at - ended.since == pytest.approx(silence * SECOND, abs=2 * STEP)


def test_a_short_pause_does_not_end_a_turn() -> None:
    talk = Talk()
    for _ in range(5):
        talk.run(0.6, voiced=True)
        talk.run(0.4)
    assert kinds(talk.made) == [Began]


def test_clicks_begin_no_turn_and_do_not_add_up() -> None:
    talk = Talk()
    for _ in range(20):
        talk.run(0.064, voiced=True)
        talk.run(0.4)
    assert talk.made == []


def test_flush_lets_the_face_go_on() -> None:
    held, said = Talk(), Talk()
    held.run(0.1, voiced=True, speaking=True)
    said.run(1, voiced=True)
    assert kinds(list(held.turns.flush())) == [Resume]
    assert kinds(list(said.turns.flush())) == [Ended]
    assert list(said.turns.flush()) == []


def test_the_past_is_left_out_and_the_same_inputs_decide_the_same() -> None:
    def converse() -> list[Decision]:
        talk = Talk()
        talk.run(0.3, voiced=True, speaking=True)
        old = Moment(Voiced(0, WINDOW, 1.0), speaking=True)
        assert list(talk.turns.push(old)) == []
        talk.run(1)
        talk.run(1, voiced=True)
        talk.run(1)
        return talk.made

    assert converse() == converse()
    assert kinds(converse()) == [Hold, Resume, Began, Ended]


@pytest.mark.parametrize(
    "make",
    [lambda: Pace(end=0.4), lambda: Pace(end_open=3.5), lambda: Pace(end_finished=float("nan"))],
)
def test_an_end_beyond_half_a_second_to_three_is_refused(make: Callable[[], Pace]) -> None:
    with pytest.raises(SettingsError, match="end of turn"):
        make()


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("", Cue.NOTHING),
        (" (coughs) ", Cue.BACK_CHANNEL),
        ("Mm-hmm.", Cue.BACK_CHANNEL),
        ("Uh-huh, right.", Cue.BACK_CHANNEL),
        ("Of course. Okay!", Cue.BACK_CHANNEL),
        ("yes yes yes yes yes yes", Cue.WORDS),
        ("Yes, but", Cue.CLAIM),
        ("Hold on a second", Cue.CLAIM),
        ("What about Tuesday?", Cue.CLAIM),
        ("Tell me more", Cue.WORDS),
    ],
)
def test_cues(text: str, cue: Cue) -> None:
    assert read_cue(text) is cue


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ("", Ending.PLAIN),
        ("...", Ending.PLAIN),
        ("I would like", Ending.OPEN),
        ("I would like tea", Ending.PLAIN),
        ('He said "yes."', Ending.FINISHED),
        ("Where is it?", Ending.FINISHED),
        ("I was thinking, um", Ending.OPEN),
        ("I was thinking...", Ending.OPEN),
        ("first of all,", Ending.OPEN),
        ("No, thank you", Ending.PLAIN),
        ("how are you", Ending.PLAIN),
        ("and then you", Ending.OPEN),
    ],
)
def test_endings(text: str, ending: Ending) -> None:
    assert read_ending(text) is ending
