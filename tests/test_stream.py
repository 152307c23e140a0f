"""The live engine's parts, in manual time: nothing here sleeps."""

import asyncio
from collections.abc import AsyncIterator, Iterable

import numpy as np
import pytest

from bonaface.avatar.pose import LIPS, Lips
from bonaface.core import Picture, Sound, Word, over
from bonaface.marks.marked import MarkedPicture, MarkedSound
from bonaface.marks.picture.mark import PictureMark
from bonaface.marks.sound.mark import SoundMark
from bonaface.stream.clock import ManualClock, settle
from bonaface.stream.flow import feed, through
from bonaface.stream.lane import Lane
from bonaface.stream.playout import Playout
from bonaface.stream.prompter import FULL, LOOK, Prompter
from bonaface.stream.step import FADE, IDLE, RUN, STEP, Step
from bonaface.stream.turn import Piece, Turn
from bonaface.stream.workers import Worker, Workers


async def numbers(count: int) -> AsyncIterator[int]:
    for number in range(count):
        yield number


class Double:
    def push(self, item: int) -> Iterable[int]:
        yield item * 2

    def flush(self) -> Iterable[int]:
        yield -1

    def reset(self) -> None:
        pass


class Breaks(Double):
    def push(self, item: int) -> Iterable[int]:
        if item == 2:
            raise ValueError("boom")
        yield item


def test_a_stage_does_the_same_live_and_over_a_file() -> None:
    async def live() -> list[int]:
        with Workers(1) as workers:
            return [x async for x in through(Double(), numbers(3), workers.hire().vision)]

    assert asyncio.run(live()) == list(over(Double(), range(3))) == [0, 2, 4, -1]


def test_a_lane_that_keeps_the_newest_drops_and_counts() -> None:
    async def go() -> tuple[list[int], int, int]:
        lane: Lane[int] = Lane(2, "newest")
        await feed(numbers(5), lane)
        return [x async for x in lane], lane.count.dropped, lane.count.taken

    assert asyncio.run(go()) == ([3, 4], 3, 2)


def test_a_lane_that_keeps_all_holds_the_writer() -> None:
    async def go() -> tuple[bool, list[int], int]:
        lane: Lane[int] = Lane(2, "all")
        writer = asyncio.create_task(feed(numbers(5), lane))
        await settle()
        held = not writer.done()
        return held, [x async for x in lane], lane.count.dropped

    assert asyncio.run(go()) == (True, [0, 1, 2, 3, 4], 0)


def test_a_broken_stage_ends_the_group_with_its_cause() -> None:
    async def go() -> None:
        lane: Lane[int] = Lane(9, "all")
        async with asyncio.TaskGroup() as group:
            group.create_task(feed(through(Breaks(), numbers(5), Worker("w", inline=True)), lane))

    with pytest.raises(ExceptionGroup) as broken:
        asyncio.run(go())
    assert isinstance(broken.value.exceptions[0], ValueError)


def marked_picture(at: int) -> MarkedPicture:
    return next(iter(PictureMark(1).push(Picture(at, np.zeros((64, 64, 3), np.uint8)))))


def marked_sound(at: int) -> MarkedSound:
    mark = SoundMark(1)
    sounds = [*mark.push(Sound(at, np.zeros(960, np.float32), 48_000)), *mark.flush()]
    return sounds[0]


def test_playout_releases_in_time_and_drops_only_late_pictures() -> None:
    async def go() -> tuple[list[tuple[str, int]], int]:
        clock, out = ManualClock(), list[tuple[str, int]]()

        def release(item: MarkedPicture | MarkedSound) -> None:
            out.append((type(item).__name__[6:], clock.now() // STEP))

        playout = Playout(clock, release)
        task = asyncio.create_task(playout.run())
        await playout.put([marked_sound(2 * STEP), marked_picture(STEP)])
        await clock.advance(10 * STEP)
        await playout.put([marked_picture(3 * STEP), marked_sound(3 * STEP)])
        await clock.advance(STEP)
        task.cancel()
        return out, playout.late

    released, late = asyncio.run(go())
    assert released == [("Picture", 1), ("Sound", 2), ("Sound", 10)]
    assert late == 1


def loud_piece(text: str, steps: int) -> Piece:
    words = text.split()
    each = steps * STEP // len(words)
    times = tuple(Word(i * each, (i + 1) * each, word) for i, word in enumerate(words))
    lips = Lips(0, np.ones(len(LIPS), np.float32))
    return Piece(
        text, tuple(Step(np.full(RUN, 0.5, np.float32), lips) for _ in range(steps)), times
    )


def prompter_with(*pieces: Piece) -> tuple[Prompter, Turn]:
    prompter, turn = Prompter(), Turn()
    turn.pieces.extend(pieces)
    turn.made = True
    prompter.turns.append(turn)
    return prompter, turn


def test_a_prompter_gives_silence_when_there_is_nothing() -> None:
    assert Prompter().take() is IDLE


def test_a_turn_is_said_to_its_end_and_then_forgotten() -> None:
    prompter, _ = prompter_with(loud_piece("one two", 4), loud_piece("three", 2))
    loud = [bool(prompter.take().samples.any()) for _ in range(8)]
    assert loud == [True] * 6 + [False] * 2
    assert not prompter.turns


def test_holding_silences_within_ten_milliseconds() -> None:
    prompter, _ = prompter_with(loud_piece("one two", 10))
    prompter.take()
    prompter.hold()
    cut = prompter.take().samples
    assert cut[:FADE].any()
    assert not cut[FADE:].any()
    assert not prompter.take().samples.any()


def test_resuming_says_the_cut_word_again() -> None:
    prompter, turn = prompter_with(loud_piece("one two", 10))
    for _ in range(7):
        prompter.take()
    prompter.hold()
    for _ in range(5):
        prompter.take()
    prompter.resume()
    rest = [step for step in (prompter.take() for _ in range(9)) if step.samples.any()]
    assert len(rest) == 5  # all of "two"
    assert rest[0].samples[0] == 0  # it fades in
    assert turn.said


def test_dropping_tells_what_was_heard() -> None:
    prompter, _ = prompter_with(loud_piece("one two three", 15), loud_piece("four", 5))
    waiting = Turn()
    waiting.pieces.append(loud_piece("five", 5))
    prompter.turns.append(waiting)
    for _ in range(11):
        prompter.take()
    assert prompter.drop() == ("one two", "three four five")
    assert prompter.take().samples.any()  # 10 ms that fade out
    assert not any(prompter.take().samples.any() for _ in range(40))
    assert not prompter.turns


def test_what_is_said_after_dropping_is_not_lost() -> None:
    prompter, _ = prompter_with(loud_piece("one two three", 15))
    prompter.take()
    prompter.drop()
    _, turn = prompter_with(loud_piece("again", 5))
    prompter.turns.append(turn)
    loud = [bool(prompter.take().samples.any()) for _ in range(7)]
    assert loud == [True] * 6 + [False]


def test_lips_find_their_way_between_sources() -> None:
    prompter, _ = prompter_with(loud_piece("one", 12))
    jaw = [float(prompter.take().lips.weights[0]) for _ in range(16)]
    assert max(abs(np.diff(jaw))) <= 0.21
    assert max(jaw) == 1


def test_an_own_voice_that_piles_up_loses_pauses_first() -> None:
    prompter = Prompter()
    prompter.drive = "voice"
    loud = Step(np.full(RUN, 0.5, np.float32), IDLE.lips)
    for _ in range(10):
        prompter.hear(loud)
        prompter.hear(IDLE)
    assert prompter.lost == 0
    assert sum(step.samples.any() for step in prompter.voice) == 10
    for _ in range(FULL):
        prompter.hear(loud)
    assert prompter.lost > 0
    assert len(prompter.voice) == FULL


def test_a_step_of_an_own_voice_that_never_needs_to_wait_is_let_go_in_a_pause() -> None:
    """A late packet once makes the voice wait a step; that must not be for ever."""
    prompter = Prompter()
    prompter.drive = "voice"
    loud = Step(np.full(RUN, 0.5, np.float32), IDLE.lips)
    prompter.hear(loud)
    for _ in range(LOOK):  # each comes before the last is taken
        prompter.hear(loud)
        prompter.take()
    assert len(prompter.voice) == 1
    prompter.hear(IDLE)
    assert prompter.take().samples.any()
    assert not prompter.voice  # the pause was shortened by a step
    assert prompter.lost == 0


def test_a_voice_that_comes_unevenly_keeps_the_step_that_waits() -> None:
    prompter = Prompter()
    prompter.drive = "voice"
    loud = Step(np.full(RUN, 0.5, np.float32), IDLE.lips)
    prompter.hear(loud)
    for count in range(LOOK):
        for _ in range((1, 1, 0, 2)[count % 4]):
            prompter.hear(loud)
        assert prompter.take() is not IDLE
    prompter.hear(IDLE)
    assert len(prompter.voice) == 2


def test_sessions_are_spread_over_the_cores_and_leave_them_again() -> None:
    with Workers(2) as workers:
        crews = [workers.hire() for _ in range(4)]
        assert len({crew.vision.name for crew in crews}) == 2
        assert all(crew.vision is not crew.sight for crew in crews)
        for crew in crews:
            crew.dismiss()
        assert not any(worker.users for worker in workers)
