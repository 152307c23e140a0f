"""The performer: blocks in, marked sound and marked pictures out, on one worker thread.

It is the live twin of `speak.py`: manner, render, label and marks. The consent is asked twice a
second; once it is gone the face goes, the sound falls silent, and the call stays.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import TypeAlias

from bonaface.avatar.backdrop import Backdrop
from bonaface.avatar.manner import Manner
from bonaface.avatar.pose import Pose, mix
from bonaface.avatar.render.renderer import Renderer
from bonaface.avatar.rig import Likeness
from bonaface.consent.policy import Permit
from bonaface.core import SECOND, Picture, Sound, Time
from bonaface.errors import ConsentError
from bonaface.marks.label.wording import ENGLISH, Wording
from bonaface.marks.marked import MarkedPicture, MarkedSound
from bonaface.marks.picture.mark import PictureMark
from bonaface.marks.reading_key import draw_mark_id
from bonaface.marks.sound.mark import SoundMark
from bonaface.stream.card import draw_card
from bonaface.stream.step import QUIET, RATE, STEP, Block
from bonaface.stream.timing import Timed

ASK_AGAIN: Time = SECOND // 2
GONE = "The consent for this face has ended. It is no longer shown."
Marked: TypeAlias = MarkedPicture | MarkedSound


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """Who appears, and how."""

    likeness: Likeness
    permit: Permit
    voice: str = "default"
    manner: str = "warm"
    seed: int = 0
    rate: Fraction = Fraction(25)  # pictures a second
    mark_id: int | None = None  # None: one is drawn
    words: Wording = ENGLISH  # of the label


class Performer:
    """Stage: Block to marked media, in the order in which it is due. Owned by one thread."""

    def __init__(self, cast: Cast) -> None:
        cast.permit.require("live")
        self.mark_id = draw_mark_id() if cast.mark_id is None else cast.mark_id
        self.refusal: ConsentError | None = None  # why the face is gone
        self._cast = cast
        self._manner = Timed("manner", Manner(cast.manner, cast.rate, cast.seed))
        self._drawer = Renderer(cast.likeness, cast.permit)
        self._renderer = Timed("render", self._drawer)
        mark = PictureMark(self.mark_id, label=cast.words.label)
        self._picture_mark = Timed("picture mark", mark)
        self._sound_mark = Timed("sound mark", SoundMark(self.mark_id))
        self.dropped = 0  # pictures that were not drawn
        self._asked: Time | None = None
        self._next: Time | None = None

    @property
    def timed(self) -> tuple[Timed, ...]:  # type: ignore[type-arg]
        """Its stages, each with the time it took."""
        return (self._manner, self._renderer, self._picture_mark, self._sound_mark)

    def push(self, item: Block) -> Iterator[Marked]:
        """Perform 20 ms: sound always, a picture when one is due and `draw` allows it."""
        self._ask(item.at)
        if self._next is not None and item.at > self._next:
            self._manner.reset()  # a gap: its pictures are nobody's
        self._next = item.at + STEP
        samples = QUIET if self.refusal else item.step.samples
        yield from self._sound_mark.push(Sound(item.at, samples, RATE))
        for pose in self._manner.push(replace(item.step.lips, at=item.at)):
            if item.draw:
                yield from self._draw(mix(pose, item.pose, item.share) if item.pose else pose)
            else:
                self.dropped += 1

    def flush(self) -> Iterable[Marked]:
        """Give the sound that was held back."""
        return self._sound_mark.flush()

    def reset(self) -> None:
        """Nothing to forget: the face goes on living through an interruption."""

    def place(self, backdrop: Backdrop) -> None:
        """Show something else behind the person from the next picture on."""
        self._drawer.place(backdrop.pixels)

    def _ask(self, at: Time) -> None:
        if self.refusal or (self._asked is not None and at - self._asked < ASK_AGAIN):
            return
        self._asked = at
        try:
            self._cast.permit.check(datetime.now(UTC))
        except ConsentError as refusal:
            self.refusal = refusal

    def _draw(self, pose: Pose) -> Iterator[MarkedPicture]:
        for picture in self._see(pose):
            yield from self._picture_mark.push(picture)

    def _see(self, pose: Pose) -> Iterable[Picture]:
        if self.refusal is None:
            try:
                return tuple(self._renderer.push(pose))
            except ConsentError as refusal:
                self.refusal = refusal
        likeness = self._cast.likeness
        return (Picture(pose.at, draw_card(GONE, likeness.width, likeness.height)),)
