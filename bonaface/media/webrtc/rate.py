"""How much to send: what the other side reports becomes a step of a ladder.

Sound comes first: its bits are taken off before pictures get any. Loss between 2 and 10 per cent
holds the rate and more lowers it, as in Carlucci et al., "Analysis and design of the Google
congestion control for WebRTC" (MMSys 2016); the receiver's estimate (REMB) counts when it is
below what is being sent, since it never grows far beyond that.
"""

from dataclasses import dataclass

from bonaface.core import SECOND, Time

SOUND_BITS = 48_000  # a second
OVERHEAD = 16_000  # a second: headers of 50 sound packets and the pictures' own


@dataclass(frozen=True, slots=True)
class Rung:
    """One step: the most bits a second for pictures, their size, and which are left out."""

    bits: int
    scale: tuple[int, int] = (1, 1)  # of the size the session draws
    every: int = 1  # 2: each second picture


LADDER = (
    Rung(100_000, (1, 2), 2),
    Rung(160_000, (1, 2)),
    Rung(250_000, (3, 4)),
    Rung(350_000),
    Rung(500_000),
    Rung(700_000),
    Rung(1_000_000),
    Rung(1_500_000),
)
START = 5  # 700 kb/s: what a local network or a home line carries at once
FREE = 0.02  # loss below which the rate may rise
LOST = 0.10  # loss above which it falls
PATIENCE = 4 * SECOND  # without complaint before a step up
LONGEST_PATIENCE = 60 * SECOND
SETTLE = 2 * SECOND  # after a step down, before the next: reports lag


class Adaptation:
    """Chooses the rung; pure, in the session's time."""

    def __init__(self, start: int = START) -> None:
        self._step, self._patience = start, PATIENCE
        self._changed: Time = 0
        self._calm_since: Time | None = None
        self._rose = False  # the last change was up

    @property
    def rung(self) -> Rung:
        """What to send now."""
        return LADDER[self._step]

    def report(self, at: Time, loss: float, estimate: int | None, sent: int) -> Rung:
        """Take one report: loss 0..1, the receiver's estimate and what was sent, in bits a second.

        Answers the rung to use from now on.
        """
        if estimate is not None and estimate < sent:
            self._fall(at, estimate)
        elif loss > LOST:
            self._fall(at, int(min(sent, self.rung.bits) * (1 - loss / 2)))
        elif loss > FREE:
            self._calm_since = None
        else:
            self._wait(at)
        return self.rung

    def _fall(self, at: Time, bits: int) -> None:
        self._calm_since = None
        if at - self._changed < SETTLE and self._changed:
            return
        if self._rose:  # what was tried did not fit: try it again later, and later still
            self._patience = min(2 * self._patience, LONGEST_PATIENCE)
        room = bits - SOUND_BITS - OVERHEAD
        fits = [i for i, rung in enumerate(LADDER) if rung.bits <= room and i < self._step]
        self._move(at, max(fits, default=0))

    def _wait(self, at: Time) -> None:
        if self._calm_since is None:
            self._calm_since = at
        if at - self._calm_since >= self._patience and self._step + 1 < len(LADDER):
            self._move(at, self._step + 1)
            self._calm_since = at

    def _move(self, at: Time, step: int) -> None:
        self._rose = step > self._step
        self._step, self._changed = step, at
