"""How well lips and sound agree, at the time they have and moved against each other."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from bonaface.core import frozen
from bonaface.forensics.lipsync.asked import STEPS

Floats = NDArray[np.float64]
SMOOTH: Final = 1.0  # steps
SLOW: Final = 75  # steps: slower than this is expression, not speech
OFFSETS: Final = np.arange(-30, 31, 2)  # steps by which the sound is taken later
NEAR: Final = 6  # steps, 120 ms: real recordings are out of step by as much
LEAST: Final = 2 * STEPS


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Correlation of mouth opening with what the sound asks for, at each of OFFSETS."""

    together: Floats  # (len(OFFSETS),)
    seconds: float

    def __post_init__(self) -> None:
        frozen(self.together)

    @property
    def now(self) -> float:
        """As they are."""
        return float(self.together[len(OFFSETS) // 2])

    @property
    def far(self) -> float:
        """At the best offset that real recordings do not have."""
        return float(self.together[np.abs(OFFSETS) > NEAR].max())

    @property
    def best(self) -> int:
        """The best offset in ms; positive: the sound comes too late."""
        return int(OFFSETS[self.together.argmax()]) * 1000 // STEPS


def only_fast(track: NDArray[np.floating]) -> Floats:
    """Take off what is slower than speech."""
    smooth = gaussian_filter1d(np.asarray(track, np.float64), SMOOTH)
    fast: Floats = smooth - uniform_filter1d(smooth, SLOW)
    return fast


def compare(seen: NDArray[np.floating], asked: NDArray[np.floating]) -> Profile:
    """Compare two tracks of STEPS a second that begin together; at least LEAST steps are needed."""
    count = min(len(seen), len(asked))
    if count < LEAST:
        raise ValueError(f"{count} steps are too few to compare")
    first, second = only_fast(seen[:count]), only_fast(asked[:count])
    pairs = (
        (first[max(0, -o) : count - max(0, o)], second[max(0, o) : count - max(0, -o)])
        for o in OFFSETS.tolist()
    )
    return Profile(np.array([_correlate(*pair) for pair in pairs]), count / STEPS)


def _correlate(first: Floats, second: Floats) -> float:
    first, second = first - first.mean(), second - second.mean()
    size = np.linalg.norm(first) * np.linalg.norm(second)
    return float(first @ second / size) if size > 1e-9 else 0.0
