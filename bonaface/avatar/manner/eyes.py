"""Blinks and gaze.

Blink times are log-normal, 17 a minute at rest and 26 while speaking (Bentivoglio et al. 1997,
"Analysis of blink rate patterns in normal subjects"); saccades keep to the main sequence, 2.2 ms a
degree on 21 ms (Baloh et al. 1975).
"""

import numpy as np

from bonaface.avatar.manner.attention import Moment
from bonaface.avatar.manner.motion import Floats, ease
from bonaface.avatar.manner.style import Style

CLOSE, OPEN = 0.05, 0.10  # s
HOLD = (0.045, 0.09)  # s
REST_GAP, SPEECH_GAP = 60 / 17, 60 / 26  # s between blinks
SPREAD = 0.6  # sigma of the log-normal
DOUBLES = 0.15
DOUBLE_GAP = (0.28, 0.42)  # s from one blink to its double
SOONEST = 0.35  # s
BOUNDARY = 0.5  # chance that a due blink comes with the end of a phrase
SHIFT = 0.4  # chance that it comes with a large move of the eyes
DUE = 0.45  # of its time, when a blink can be called early
STRETCH = 1.32  # of the drawn times, because doubles and early blinks shorten them
DEGREE = 0.21  # mm that the iris moves
IDLE_CONTACT = 0.85
LARGE = 1.0  # mm


class Blinks:
    """When the lids close, 0 open to 1 closed."""

    def __init__(self, chance: np.random.Generator) -> None:
        self.chance = chance
        self.since = 9.0  # s since the last blink began
        self.hold = HOLD[0]
        self.waited = 0.0  # of 1, how far the next has come
        self.double = 0.0  # s from this blink to its double, or 0
        self.due = self.draw()

    def draw(self) -> float:
        """How long until the next blink, in units of the mean."""
        drawn = float(self.chance.lognormal(-(SPREAD**2) / 2, SPREAD)) * STRETCH
        return max(drawn, SOONEST / SPEECH_GAP)

    def start(self) -> None:
        """Begin a blink now."""
        again = self.double > 0
        self.since, self.waited, self.due = 0.0, 0.0, self.draw()
        self.hold = float(self.chance.uniform(*HOLD))
        twice = not again and self.chance.random() < DOUBLES
        self.double = float(self.chance.uniform(*DOUBLE_GAP)) if twice else 0.0

    def step(self, moment: Moment, moved: bool) -> float:
        """Go on by one moment; `moved` says that the eyes have just made a large move."""
        self.since += moment.length
        self.waited += moment.length / (SPEECH_GAP if moment.speaking else REST_GAP)
        early = (moment.ended and self.chance.random() < BOUNDARY) or (
            moved and self.chance.random() < SHIFT
        )
        if self.double and self.since >= self.double:
            self.start()
            self.double = 0.0
        elif self.waited >= self.due or (early and self.ripe()):
            self.start()
        return self.lid()

    def ripe(self) -> bool:
        """Tell whether the next blink may be called early."""
        return self.since > SOONEST and self.waited >= DUE * self.due

    def lid(self) -> float:
        """How closed the lids are now."""
        after = self.since - CLOSE - self.hold
        return ease(self.since / CLOSE) if after <= 0 else 1 - ease(after / OPEN)


class Gaze:
    """Where the irises are: on the viewer, away for a moment, never quite still."""

    def __init__(self, chance: np.random.Generator, style: Style) -> None:
        self.chance, self.style = chance, style
        self.start = self.goal = self.tremor = np.zeros(2)
        self.travelled = self.length = 1.0  # s
        self.away = False
        self.stay = 1.5  # s until the next look elsewhere
        self.flick = 0.3  # s until the next microsaccade
        self.moved = False

    @property
    def place(self) -> Floats:
        """(2,) mm to the right and down."""
        way: Floats = self.start + (self.goal - self.start) * ease(self.travelled / self.length)
        return way

    def step(self, moment: Moment) -> Floats:
        """Go on by one moment: (2,) mm to the right and down."""
        self.travelled += moment.length
        self.stay -= moment.length
        self.flick -= moment.length
        self.moved = False
        if self.stay <= 0:
            self.look(moment.speaking)
        elif self.flick <= 0:
            self.flick = 0.2 + float(self.chance.exponential(0.6))
            self.go(self.goal - self.tremor, self.chance.normal(0, 0.09, 2))
        return self.place

    def look(self, speaking: bool) -> None:
        """Look away, or back at the viewer."""
        self.away = not self.away
        share = self.style.contact if speaking else IDLE_CONTACT
        mean = self.style.glance if self.away else self.style.glance * share / (1 - share)
        self.stay = 0.35 + float(self.chance.gamma(2.0, max(0.1, mean - 0.35) / 2))
        side = self.chance.choice((-1.0, 1.0)) * self.chance.uniform(0.9, 2.0)
        there = np.array([side, self.chance.uniform(-0.5, 0.6)]) if self.away else np.zeros(2)
        self.go(there, np.zeros(2))

    def go(self, there: Floats, tremor: Floats) -> None:
        """Begin a saccade."""
        self.start, self.tremor, self.goal = self.place, tremor, there + tremor
        distance = float(np.linalg.norm(self.goal - self.start))
        self.travelled, self.length = 0.0, 0.021 + 0.0022 * distance / DEGREE
        self.moved = distance > LARGE
