"""Whole live sessions in manual time: what is heard, shown and told."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
import pytest
from stage import Audience, make_cast

from bonaface.consent.ledger import note_revocation
from bonaface.core import SECOND, Sound
from bonaface.errors import SpeechError
from bonaface.marks.label.wording import word
from bonaface.marks.marked import MarkedPicture
from bonaface.mind.mind import Mind
from bonaface.speech.resample import resample
from bonaface.speech.synthesize import open_voice
from bonaface.stream.clock import ManualClock
from bonaface.stream.events import Event, Interrupted, Notice, Said, State, to_json
from bonaface.stream.performer import Performer
from bonaface.stream.prompter import Drive
from bonaface.stream.session import Session
from bonaface.stream.step import IDLE, RATE, RUN, STEP, Block
from bonaface.stream.workers import Worker, Workers

TEXT = "The quick brown fox jumps over the lazy dog, and runs away into the dark forest."


@dataclass
class Scene:
    """A session on stage, somebody who watches, and all that is told."""

    session: Session
    clock: ManualClock
    audience: Audience
    events: list[Event] = field(default_factory=list)

    async def wait(self, seconds: float) -> None:
        await self.clock.advance(round(seconds * SECOND))

    async def talk(self, sound: Sound) -> None:
        """Speak into the microphone, 20 ms at a time."""
        for start in range(0, len(sound.samples), RUN):
            run = np.array(sound.samples[start : start + RUN])
            self.session.hear(Sound(self.clock.now(), run, RATE))
            await self.clock.advance(STEP)

    def told(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


def play(act: Callable[[Scene], Awaitable[None]], mind: Mind | None = None) -> Scene:
    async def go() -> Scene:
        clock = ManualClock()
        session = Session(make_cast()[0], clock, Workers(inline=True), mind)
        scene = Scene(session, clock, Audience(clock))
        session.add(scene.audience)

        async def follow() -> None:
            async for event in session.follow():
                scene.events.append(event)

        follower, life = asyncio.create_task(follow()), asyncio.create_task(session.run())
        await scene.wait(0.1)
        await act(scene)
        session.end()
        await asyncio.gather(follower, life)
        return scene

    return asyncio.run(go())


def speech(text: str, voice: str = "default") -> Sound:
    whole = [utterance.sound for utterance in open_voice(voice).push(text)]
    samples = np.concatenate([sound.samples for sound in whole])
    return resample(Sound(0, samples, whole[0].rate), RATE)


@pytest.mark.usefixtures("home")
def test_an_idle_face_lives_and_is_marked() -> None:
    async def act(scene: Scene) -> None:
        await scene.wait(2)

    scene = play(act)
    pictures = scene.audience.pictures
    assert 50 <= len(pictures) <= 53  # 25 a second
    assert all(type(picture) is MarkedPicture and picture.mark_id == 77 for _, picture in pictures)
    assert all(shown == picture.at for shown, picture in pictures)
    assert len({picture.pixels.tobytes() for _, picture in pictures[:20]}) > 10  # it breathes
    sounds = [sound for _, sound in scene.audience.sounds]
    ends = [one.at + len(one.samples) * SECOND // RATE for one in sounds]
    assert ends[:-1] == [one.at for one in sounds[1:]]  # without gaps
    assert not scene.audience.heard.any()


@pytest.mark.usefixtures("home")
def test_a_text_is_said_whole_with_captions() -> None:
    async def act(scene: Scene) -> None:
        scene.session.say(TEXT)
        await scene.wait(7)

    scene = play(act)
    wanted, heard = speech(TEXT).samples, scene.audience.heard
    loud = np.flatnonzero(np.abs(heard) > 0.01)
    due = np.flatnonzero(np.abs(wanted) > 0.01)
    assert abs((loud[-1] - loud[0]) - (due[-1] - due[0])) < RATE // 50
    [said] = [one for one in scene.told(Said) if isinstance(one, Said)]
    assert said.caption.text == TEXT
    assert [word.text for word in said.words] == TEXT.split()
    assert to_json(said)["words"][0][0] == "The"
    states = [one.state for one in scene.told(State) if isinstance(one, State)]
    assert states == ["idle", "speaking", "idle"]
    assert scene.session.figures.first_sound is not None


@pytest.mark.usefixtures("home")
def test_nothing_stale_is_heard_after_an_interruption() -> None:
    async def act(scene: Scene) -> None:
        scene.session.say(TEXT)
        scene.session.say("And this was never to be heard.")
        await scene.wait(1.5)
        scene.session.interrupt()
        asked = scene.clock.now()
        await scene.wait(4)
        late = [x for at, x in scene.audience.sounds if at > asked + SECOND * 3 // 20]
        assert not np.concatenate([x.samples for x in late]).any()

    scene = play(act)
    [cut] = [one for one in scene.told(Interrupted) if isinstance(one, Interrupted)]
    assert cut.heard
    assert f"{cut.heard} {cut.unheard}" == f"{TEXT} And this was never to be heard."


@pytest.mark.usefixtures("home")
def test_speaking_over_the_face_stops_it() -> None:
    async def act(scene: Scene) -> None:
        scene.session.say(f"{TEXT} {TEXT}")
        await scene.wait(1.5)
        await scene.talk(speech("Stop please, I have a question about that.", "male"))
        await scene.wait(3)

    scene = play(act)
    assert scene.told(Interrupted)
    assert scene.session.figures.interruption is not None
    you = [one.caption for one in scene.told(Said) if isinstance(one, Said)]
    finals = [one.text.lower() for one in you if one.speaker == "you" and one.final]
    assert any("question" in text for text in finals)


@pytest.mark.usefixtures("home")
def test_a_click_does_not_stop_it_for_good() -> None:
    async def act(scene: Scene) -> None:
        scene.session.say(TEXT)
        await scene.wait(1.5)
        noise = np.random.default_rng(3).normal(0, 0.2, RATE // 20).astype(np.float32)
        await scene.talk(Sound(0, np.concatenate([noise, np.zeros(RATE, np.float32)]), RATE))
        await scene.wait(7)

    scene = play(act)
    assert not scene.told(Interrupted)
    loud = np.abs(scene.audience.heard) > 0.01
    assert loud.sum() >= 0.95 * (np.abs(speech(TEXT).samples) > 0.01).sum()


@pytest.mark.usefixtures("home")
def test_an_own_voice_passes_through_and_moves_the_lips() -> None:
    voice = speech("Peter Piper picked a peck of pickled pepper.", "male")

    async def act(scene: Scene) -> None:
        scene.session.drive("voice")
        await scene.talk(voice)
        await scene.wait(1)

    scene = play(act)
    heard, said = scene.audience.heard, voice.samples
    size = len(heard) + len(said)
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(said, size))
    lag = int(np.argmax(np.fft.irfft(spectrum, size)))
    both = heard[lag : lag + len(said)]
    assert np.corrcoef(both, said[: len(both)])[0, 1] > 0.95
    first = scene.audience.sounds[0][0]
    # talking began .1 s after the session: 60 ms to know the lips, 16 to draw, 20 for the next step
    assert lag * SECOND // RATE + first - SECOND // 10 <= 96 * SECOND // 1000


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(("drive", "ways"), [("text", 25), ("voice", 50)])
def test_two_steps_share_a_way_unless_a_voice_would_wait(
    monkeypatch: pytest.MonkeyPatch, drive: Drive, ways: int
) -> None:
    pushes = []

    async def push(worker: Worker, stage: Performer, *items: Block) -> list[object]:
        pushes.append([item.at for item in items])
        return await plain(worker, stage, *items)

    async def act(scene: Scene) -> None:
        scene.session.drive(drive)
        await scene.wait(0.1)
        pushes.clear()
        await scene.wait(1)

    plain = Worker.push
    monkeypatch.setattr(Worker, "push", push)
    scene = play(act)
    assert ways - 1 <= len(pushes) <= ways + 3
    steps = [at for one in pushes for at in one]
    assert steps == list(range(steps[0], steps[-1] + 1, STEP))  # all of them, in order
    first = next(picture.at for _, picture in scene.audience.pictures)
    assert drive == "voice" or all((one[0] - first) % (2 * STEP) == 0 for one in pushes)


@pytest.mark.usefixtures("home")
def test_a_revoked_consent_takes_the_face_within_a_second() -> None:
    async def act(scene: Scene) -> None:
        scene.session.say(f"{TEXT} {TEXT}")
        await scene.wait(2)
        leave = scene.session.cast.permit
        note_revocation(leave.record_id, leave.digest, datetime.now(UTC))
        await scene.wait(3)

    scene = play(act)
    after = [p for at, p in scene.audience.pictures if at > 3.2 * SECOND]
    assert len({picture.pixels.mean().round() for picture in after}) == 1  # a card stands still
    sounds = [x for at, x in scene.audience.sounds if at > 3.2 * SECOND]
    assert not np.concatenate([x.samples for x in sounds]).any()
    assert len(after) > 30  # the call stays
    codes = [one.code for one in scene.told(Notice) if isinstance(one, Notice)]
    assert codes == ["consent-ended", "session-ended"]


@pytest.mark.usefixtures("home")
def test_a_broken_exit_is_let_go_and_the_others_stay() -> None:
    class Broken:
        def show(self, picture: MarkedPicture) -> None:
            raise ConnectionError(str(picture.at))

        def hear(self, sound: object) -> None:
            pass

    async def act(scene: Scene) -> None:
        scene.session.add(Broken())
        await scene.wait(1)

    scene = play(act)
    assert len(scene.audience.pictures) >= 25
    codes = [one.code for one in scene.told(Notice) if isinstance(one, Notice)]
    assert codes[0] == "exit-broken"


@pytest.mark.usefixtures("home")
def test_a_session_refuses_what_cannot_be_said() -> None:
    async def act(scene: Scene) -> None:
        for text in ("", "  \n", "a" * 1_000_000):
            with pytest.raises(SpeechError):
                scene.session.say(text)
        with pytest.raises(SpeechError):
            scene.session.drive("mind")
        scene.session.say("\U0001f600")  # found to be unsayable only when it is read
        await scene.wait(1)

    scene = play(act)
    assert "speech" in [one.code for one in scene.told(Notice) if isinstance(one, Notice)]


class Parrot:
    """A mind that says what it heard, then something more."""

    patience = None
    ended = False

    def __init__(self) -> None:
        self.cut: list[str] = []

    def greet(self) -> Iterator[str]:
        yield "Hello, who is there?"

    def push(self, heard: str) -> Iterator[str]:
        yield f"You said: {heard}"
        yield "And I thought about it for a long time."

    def told(self, heard: str) -> None:
        self.cut.append(heard)

    def reset(self) -> None:
        pass


@pytest.mark.usefixtures("home")
def test_a_mind_greets_listens_and_answers() -> None:
    async def act(scene: Scene) -> None:
        scene.session.drive("mind")
        await scene.wait(4)
        await scene.talk(speech("Good morning, my name is Peter.", "male"))
        await scene.wait(8)

    scene = play(act, Parrot())
    face = [
        one.caption.text
        for one in scene.told(Said)
        if isinstance(one, Said) and one.caption.speaker == "face"
    ]
    assert face[0] == "Hello, who is there?"
    assert "morning" in face[1].lower()
    assert face[-1].startswith("And I thought")
    answer = scene.session.figures.answer
    assert answer is not None
    assert answer < 1500


@pytest.mark.usefixtures("home")
def test_a_face_that_hears_itself_does_not_stop() -> None:
    async def act(scene: Scene) -> None:
        scene.session.say(f"{TEXT} {TEXT}")
        for _ in range(500):  # the room answers 120 ms later, at half the level
            known = scene.audience.sounds
            sound = known[-6][1] if len(known) > 6 else known[0][1]
            samples = np.array(sound.samples) * np.float32(0.5)
            scene.session.hear(Sound(scene.clock.now(), samples, RATE), echoes=True)
            await scene.clock.advance(STEP)

    scene = play(act)
    assert not scene.told(Interrupted)
    assert (np.abs(scene.audience.heard) > 0.01).sum() > 1.8 * (
        np.abs(speech(TEXT).samples) > 0.01
    ).sum()


@pytest.mark.usefixtures("home")
def test_a_mind_answers_what_is_written_too() -> None:
    async def act(scene: Scene) -> None:
        with pytest.raises(SpeechError):
            scene.session.ask("Hello?")  # nobody listens yet
        scene.session.drive("mind")
        await scene.wait(0.8)
        scene.session.ask("Good evening.")  # and cuts the greeting short
        await scene.wait(6)

    scene = play(act, Parrot())
    captions = [one.caption for one in scene.told(Said) if isinstance(one, Said)]
    assert [(one.speaker, one.text) for one in captions][:3] == [
        ("face", "Hello, who is there?"),
        ("you", "Good evening."),
        ("face", "You said: Good evening."),
    ]


def test_the_label_speaks_the_language_asked_for() -> None:
    cast, _ = make_cast((256, 256))
    shown = []
    for language in ("en", "de"):
        performer = Performer(replace(cast, words=word(language)))
        made = [one for i in range(3) for one in performer.push(Block(i * STEP, IDLE))]
        shown.append(next(one.pixels for one in made if isinstance(one, MarkedPicture)).astype(int))
    changed = np.argwhere((np.abs(shown[0] - shown[1]) > 16).any(-1))  # more than the hidden mark
    assert len(changed)
    assert changed[:, 0].max() < 0.15 * 256
    assert changed[:, 1].min() > 0.7 * 256
