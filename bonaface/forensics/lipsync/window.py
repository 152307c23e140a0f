"""A run of pictures and sound that belong together, at most MOST long."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bonaface.core import SECOND, Sound, Time
from bonaface.forensics.inspector import join_sounds
from bonaface.forensics.lipsync.asked import STEPS
from bonaface.forensics.lipsync.curves import cut_mouth
from bonaface.forensics.lipsync.mouth import Mouth, measure_mouth, place_mouth
from bonaface.forensics.look import Look

GAP: Final = SECOND  # longer, and a new run begins
MOST: Final = 10 * SECOND
CROPS: Final = SECOND // 6  # between two kept pictures of the mouth
OTHERS: Final = 0.6  # of the largest face: another that may be the one who talks
DARK: Final = 40.0  # mean of a face that is too dark to see lips in


@dataclass(slots=True, eq=False)
class Window:
    """What was seen and heard."""

    mouths: list[Mouth] = field(default_factory=list)
    crops: list[tuple[Time, NDArray[np.uint8]]] = field(default_factory=list)
    runs: list[Sound] = field(default_factory=list)
    first: Time | None = None  # of picture or sound
    last: Time = 0
    looks: int = 0
    crowded: int = 0  # looks with several faces of like size
    dark: int = 0

    def fits(self, at: Time) -> bool:
        """Whether what comes at `at` goes on with this run, and it is not full."""
        if self.first is None:
            return True
        return self.last - SECOND <= at <= self.last + GAP and at - self.first < MOST

    def see(self, look: Look) -> None:
        """Take the largest face of a picture."""
        self._reach(look.at, look.at)
        self.looks += 1
        if not look.sights:
            return
        sight = look.sights[0]
        points = sight.face.landmarks
        others = [s for s in look.sights[1:] if s.face.height > OTHERS * sight.face.height]
        self.crowded += bool(others)
        self.mouths.append(measure_mouth(look.at, sight.number, points))
        if not self.crops or look.at - self.crops[-1][0] >= CROPS:
            crop = cut_mouth(look.picture.pixels, place_mouth(points))
            self.dark += float(crop.mean()) < DARK
            self.crops.append((look.at, crop))

    def hear(self, sound: Sound) -> None:
        """Take a run of sound."""
        self._reach(sound.at, sound.until)
        self.runs.append(sound)

    def _reach(self, at: Time, until: Time) -> None:
        self.first = at if self.first is None else min(at, self.first)
        self.last = max(until, self.last)

    def join(self) -> NDArray[np.float32]:
        """All sound from `first` on at RATE; what never came is silence."""
        return join_sounds(self.runs, self.first or 0, self.last)

    def trace(self, count: int) -> NDArray[np.float64]:
        """The mouth's opening at `count` steps from `first` on."""
        times = [(mouth.at - (self.first or 0)) / SECOND * STEPS for mouth in self.mouths]
        openings = [mouth.opening for mouth in self.mouths]
        return np.interp(np.arange(count), times, openings)
