"""What the voice is doing, as far as the rest of the face cares."""

from dataclasses import dataclass

from bonaface.avatar.pose import Lips

HEARD = 0.2  # loudness that counts as speech
HANG = 0.3  # s of silence that is still speech
FADE = 0.6  # s over which the voice's own average is taken


@dataclass(frozen=True, slots=True)
class Moment:
    """One step of a performance."""

    length: float  # s since the last
    speaking: bool
    began: bool  # a phrase has just begun
    ended: bool  # a phrase has just ended
    accent: float  # 0 to 1: a stress, or louder than a moment ago


class Attention:
    """Follows the lips and tells phrases and accents from them."""

    def __init__(self) -> None:
        self.quiet = HANG
        self.average = 0.0
        self.speaking = False

    def follow(self, lips: Lips, length: float) -> Moment:
        """Take the next lips, `length` s after the last."""
        self.quiet = 0.0 if lips.loudness >= HEARD else self.quiet + length
        before, self.speaking = self.speaking, self.quiet < HANG
        self.average += (lips.loudness - self.average) * min(1.0, length / FADE)
        louder = max(0.0, lips.loudness - self.average - 0.1)
        accent = min(1.0, max(lips.stress * lips.loudness, louder))
        began, ended = self.speaking > before, before > self.speaking
        return Moment(length, self.speaking, began, ended, accent)
