"""Live sessions when things go wrong: lag, sleep, consent that ends, models and people missing."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from stage import Audience, make_cast
from test_session import TEXT, Parrot, Scene, play, speech

from bonaface.core import SECOND, Sound
from bonaface.errors import WeightsMissing
from bonaface.stream import hearing, performer, session, speaker
from bonaface.stream.clock import ManualClock
from bonaface.stream.events import Event, Interrupted, Notice, Said, State
from bonaface.stream.figures import Figures
from bonaface.stream.gauge import Gauge, Lead
from bonaface.stream.session import Session
from bonaface.stream.step import IDLE, QUIET, RATE, RUN, STEP, Step
from bonaface.stream.strain import Strain
from bonaface.stream.workers import Workers

LOUD = Step(np.full(RUN, 0.5, np.float32), IDLE.lips)


def codes(scene: Scene) -> list[str]:
    return [one.code for one in scene.told(Notice) if isinstance(one, Notice)]


def ends_of(scene: Scene) -> list[tuple[int, int]]:
    """Where each run of sound begins and ends."""
    sounds = [sound for _, sound in scene.audience.sounds]
    return [(one.at, one.at + len(one.samples) * SECOND // RATE) for one in sounds]


@pytest.mark.usefixtures("home")
def test_a_session_that_lags_waits_no_negative_time() -> None:
    async def act(scene: Scene) -> None:
        scene.clock.stand_still(SECOND * 3 // 2)  # the timeline is now 1.5 s behind the clock
        scene.session.say(TEXT)
        await scene.wait(3)

    scene = play(act)
    waited = scene.session.figures.first_sound
    assert waited is not None
    assert waited >= 0
    figures = scene.session.figures
    assert figures.gaps == 0  # it catches up: no sound is missing
    assert figures.sounds_late >= 60
    runs = ends_of(scene)
    assert [end for _, end in runs[:-1]] == [begin for begin, _ in runs[1:]]


def test_waits_end_when_the_sound_leaves() -> None:
    gauge = Gauge()
    gauge.ask(5 * SECOND)
    gauge.heard(4 * SECOND, LOUD)  # its place on the timeline lies before it was asked for
    gauge.left(Sound(4 * SECOND - STEP, QUIET, RATE), 6 * SECOND)
    assert not gauge._waits
    gauge.left(Sound(4 * SECOND - STEP // 2, QUIET, RATE), 6 * SECOND)
    assert gauge._waits["first_sound"] == pytest.approx(1010)


@pytest.mark.usefixtures("home")
def test_sleep_is_one_gap_that_is_counted_and_told() -> None:
    async def act(scene: Scene) -> None:
        scene.session.say(TEXT)
        await scene.wait(2)
        scene.clock.stand_still(3600 * SECOND)
        await scene.wait(5)

    scene = play(act)
    assert scene.session.figures.gaps == pytest.approx(3600 * 50, abs=10)
    assert codes(scene).count("stood-still") == 1
    runs = ends_of(scene)
    breaks = [b - a for (_, a), (b, _) in pairwise(runs) if b != a]
    assert len(breaks) == 1
    loud = (np.abs(scene.audience.heard) > 0.01).sum()
    assert loud > 0.98 * (np.abs(speech(TEXT).samples) > 0.01).sum()  # no word is lost
    assert scene.session.figures.dropped < 10
    shown = [picture.at for _, picture in scene.audience.pictures]
    assert shown == sorted(shown)
    assert shown[-1] - 3600 * SECOND > 6 * SECOND  # and the face goes on


@pytest.mark.usefixtures("home")
def test_a_consent_that_expires_takes_the_face_within_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Calendar(datetime):
        ahead = timedelta(0)

        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + cls.ahead

    monkeypatch.setattr(performer, "datetime", Calendar)

    async def act(scene: Scene) -> None:
        scene.session.say(f"{TEXT} {TEXT}")
        await scene.wait(2)
        leave = scene.session.cast.permit
        Calendar.ahead = leave.expires - datetime.now(UTC)  # midnight comes
        await scene.wait(3)

    scene = play(act)
    after = [p for at, p in scene.audience.pictures if at > 3.2 * SECOND]
    assert len(after) > 30  # the call stays
    assert len({picture.pixels.mean().round() for picture in after}) == 1
    sounds = [x.samples for at, x in scene.audience.sounds if at > 3.2 * SECOND]
    assert not np.concatenate(sounds).any()
    assert codes(scene).count("consent-ended") == 1


@pytest.mark.usefixtures("home")
def test_what_stands_is_told_to_those_who_come_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise WeightsMissing("whisper")

    monkeypatch.setattr(hearing, "Transcriber", missing)
    late: list[Event] = []

    async def act(scene: Scene) -> None:
        await scene.wait(1)
        assert not codes(scene)  # who types need not know
        scene.session.drive("voice", own_voice=False)
        await scene.wait(1)

        async def follow() -> None:
            async for event in scene.session.follow():
                late.append(event)  # noqa: PERF401 it is looked at before it ends

        follower = asyncio.create_task(follow())
        scene.session.say("Good morning.")
        await scene.wait(2)
        follower.cancel()

    scene = play(act)
    assert codes(scene)[0] == "hearing"
    assert isinstance(late[0], Notice)
    assert "bonaface models fetch whisper" in late[0].text
    assert np.abs(scene.audience.heard).max() > 0.01  # the face speaks all the same


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("where", "name", "code"),
    [(speaker, "open_voice", "speech"), (session, "OwnVoice", "voice")],
)
def test_a_missing_model_is_a_notice_and_the_face_stays(
    monkeypatch: pytest.MonkeyPatch, where: Any, name: str, code: str
) -> None:
    def missing(*_: object) -> None:
        raise WeightsMissing("something")

    monkeypatch.setattr(where, name, missing)

    async def act(scene: Scene) -> None:
        scene.session.say("Good morning.")
        await scene.wait(2)

    scene = play(act)
    assert codes(scene) == [code, "session-ended"]
    assert len(scene.audience.pictures) >= 49
    assert [one.state for one in scene.told(State) if isinstance(one, State)][-1] == "idle"


@pytest.mark.usefixtures("home")
def test_a_mute_microphone_of_a_sender_is_told_once() -> None:
    async def act(scene: Scene) -> None:
        scene.session.drive("voice")
        for _ in range(50 * 25):
            scene.session.hear(Sound(scene.clock.now(), QUIET, RATE), echoes=True)
            await scene.clock.advance(STEP)

    scene = play(act)
    assert codes(scene).count("microphone-silent") == 1


@pytest.mark.usefixtures("home")
def test_a_mind_greets_when_somebody_is_there_to_hear_it() -> None:
    async def go() -> tuple[list[Event], Audience]:
        clock, events = ManualClock(), list[Event]()
        session = Session(make_cast()[0], clock, Workers(inline=True), Parrot())
        session.drive("mind")

        async def follow() -> None:
            async for event in session.follow():
                events.append(event)

        tasks = [asyncio.create_task(follow()), asyncio.create_task(session.run())]
        await clock.advance(3 * SECOND)
        assert not any(isinstance(event, Said) for event in events)
        audience = Audience(clock)
        session.add(audience)
        await clock.advance(3 * SECOND)
        session.add(Audience(clock))  # somebody else comes: greeted is greeted
        await clock.advance(3 * SECOND)
        session.end()
        await asyncio.gather(*tasks)
        return events, audience

    events, audience = asyncio.run(go())
    said = [event.caption.text for event in events if isinstance(event, Said)]
    assert said == ["Hello, who is there?"]
    assert (np.abs(audience.heard) > 0.01).any()


class Slow(Parrot):
    """Keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def greet(self) -> Iterator[str]:
        yield from ()

    def push(self, heard: str) -> Iterator[str]:
        self.asked.append(heard)
        yield "I see."


class Asking(Slow):
    """Asks, and keeps what it was answered."""

    def greet(self) -> Iterator[str]:
        yield "You came to see the doctor, and you have been here before, is that right?"


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(("seconds", "answered"), [(1.0, False), (3.4, True)])
def test_a_yes_over_the_end_of_a_question_is_its_answer(seconds: float, answered: bool) -> None:
    mind = Asking()

    async def act(scene: Scene) -> None:
        scene.session.drive("mind")
        await scene.wait(seconds)
        await scene.talk(speech("Yes.", "male"))
        await scene.wait(6)

    scene = play(act, mind)
    assert not scene.told(Interrupted)
    assert bool(mind.asked) == answered


def test_who_goes_on_speaking_is_answered_once() -> None:
    """The words of a turn are known only when the speaker has begun the next."""
    answers: list[str] = []
    told = hearing.Listeners(
        lambda: False,
        lambda _: None,
        lambda _: None,
        answers.append,
        lambda _: None,
        lambda _: None,
        lambda: None,
    )
    worker = Workers(inline=True).hire()
    one = hearing.Hearing(ManualClock(), worker.ears, worker.recogniser, told)
    one._final, one._open = ["Does it go anywhere else?"], True
    one._finish(hearing.Stop.ENDED)
    assert answers == []
    one._final, one._open = ["Like your arm?"], False
    one._finish(hearing.Stop.ENDED)
    assert answers == ["Does it go anywhere else? Like your arm?"]
    one._final = ["Now this."]
    one._finish(hearing.Stop.NOTHING)
    assert len(answers) == 1


def test_pictures_are_left_out_only_where_sound_would_be_late() -> None:
    lead = Lead()
    at = 10 * SECOND
    assert lead.fits(at, at - lead.time) >= 1  # on time
    assert lead.fits(at, at) == 0  # the sound is late already
    for _ in range(30):
        lead.drew(1, SECOND // 20)  # a busy machine takes 50 ms for one
    assert lead.fits(at, at - lead.LEAST) == 0
    for _ in range(40):
        lead.learn(0)
    assert lead.time == lead.MOST
    assert lead.fits(at, at - lead.time) >= 2  # made earlier, they fit again
    for _ in range(30):
        lead.drew(0, 0)  # and it recovers although none is drawn
    assert lead.fits(at, at - lead.LEAST) >= 1


@pytest.mark.parametrize(("missed", "told"), [(0, 0), (4, 0), (10, 2)])
def test_a_busy_machine_is_told_once_a_minute(missed: int, told: int) -> None:
    strain, notices = Strain(), list[Notice]()
    for second in range(100):
        figures = Figures(pictures=second * (25 - missed), dropped=second * missed)
        if notice := strain.look(figures):
            notices.append(notice)
    assert [one.code for one in notices] == ["overload"] * told
