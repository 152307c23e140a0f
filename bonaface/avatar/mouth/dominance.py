"""Blends visemes into curves: Cohen & Massaro (1993), equations 1 to 4.

Each sound commands each channel by a dominance that is whole in its middle and falls off before
and after it; a channel is the mean of all targets, weighted by their dominance. Lips that must
touch are laid over that: a bilabial closes however fast it is spoken.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonaface.avatar.mouth.visemes import CHANNEL, OPENING, REST, Viseme
from bonaface.avatar.pose import LIPS

Floats = NDArray[np.float32]
LEAD = 0.02  # s by which lips go before their sound, as filmed speakers' do
PLATEAU = 0.55  # of half a sound: where its dominance is whole
EDGE = 0.06  # s before the end of a long sound, from where it is no longer
FALL = 1.5  # exponent of the fall
REACH = 0.4  # s, beyond which a command counts for nothing
CLOSED, CLOSING = 0.024, 0.042  # s, least half time that lips touch; time to get there
SHORT_PAUSE = 0.12  # s, a pause that the mouth hardly follows
STRESS_WIDTH = 0.12  # s
CLOSURE = CHANNEL["closure"]


@dataclass(frozen=True, slots=True)
class Segment:
    """One viseme on the timeline, in seconds."""

    at: float
    until: float
    viseme: Viseme
    size: float = 1.0  # how far the mouth opens: loudness and stress
    stress: float = 0.0

    @property
    def middle(self) -> float:
        """Between its two ends."""
        return (self.at + self.until) / 2

    @property
    def half(self) -> float:
        """Half its length."""
        return (self.until - self.at) / 2


def near(times: NDArray[np.float64], segment: Segment) -> slice:
    """Give the frames that a segment can reach."""
    ends = np.searchsorted(times, (segment.at - REACH, segment.until + REACH))
    return slice(int(ends[0]), int(ends[1]))


def dominate(times: NDArray[np.float64], segment: Segment) -> Floats:
    """Give a segment's dominance: (n,) times to (n, len(LIPS))."""
    viseme = segment.viseme
    away = times - segment.middle
    whole = max(PLATEAU * segment.half, segment.half - EDGE)
    distance = np.maximum(np.abs(away) - whole, 0)[:, None]
    span = np.where(away[:, None] < 0, viseme.early, viseme.late)
    weak = 0.35 if viseme is REST and 2 * segment.half < SHORT_PAUSE else 1.0
    fall: Floats = (weak * viseme.pull * np.exp(-((distance / span) ** FALL))).astype(np.float32)
    return fall


def aim(segment: Segment) -> Floats:
    """Give a segment's target, opened by its size."""
    target = segment.viseme.target.copy()
    if segment.viseme.vowel:
        target[list(OPENING)] *= segment.size
    return target


def close(times: NDArray[np.float64], segments: Sequence[Segment]) -> Floats:
    """Give how far the lips touch, (n,): whole through the middle of every bilabial."""
    out = np.zeros(len(times), np.float32)
    for segment in segments:
        if segment.viseme.bilabial:
            frames = near(times, segment)
            hold = max(CLOSED, 0.7 * segment.half)
            away = np.abs(times[frames] - segment.middle) - hold
            out[frames] = np.maximum(out[frames], np.clip(1 - away / CLOSING, 0, 1))
    return out


def blend(times: NDArray[np.float64], segments: Sequence[Segment]) -> Floats:
    """Give the lips at `times` (n,), ascending seconds, as (n, len(LIPS)) in 0..1."""
    times = times + LEAD
    total = np.zeros((len(times), len(LIPS)), np.float32)
    weight = np.full((len(times), len(LIPS)), 1e-3, np.float32)
    for segment in segments:
        frames = near(times, segment)
        dominance = dominate(times[frames], segment)
        total[frames] += dominance * aim(segment)
        weight[frames] += dominance
    lips = total / weight
    touch = close(times, segments)
    lips[:, CHANNEL["lowerDown"]] *= 1 - lips[:, CHANNEL["FF"]]  # a lip that is tucked in is up
    lips[:, CHANNEL["jawOpen"]] *= 1 - 0.5 * touch
    for name in ("upperUp", "lowerDown", "funnel"):
        lips[:, CHANNEL[name]] *= 1 - 0.8 * touch
    lips[:, CLOSURE] = touch
    np.clip(lips, 0, 1, out=lips)
    return lips


def stress(times: NDArray[np.float64], segments: Sequence[Segment]) -> Floats:
    """Give how near a stressed vowel is, (n,) in 0..1."""
    out = np.zeros(len(times), np.float32)
    for segment in segments:
        if segment.stress > 0:
            frames = near(times, segment)
            away = (times[frames] - segment.middle) / STRESS_WIDTH
            out[frames] = np.maximum(out[frames], segment.stress * np.exp(-(away**2)))
    return out
