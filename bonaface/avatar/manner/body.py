"""Head, brows and breath."""

import numpy as np

from bonaface.avatar.manner.attention import Moment
from bonaface.avatar.manner.motion import Floats, Spring, ease
from bonaface.avatar.manner.style import Style

IN, HOLD, OUT = 1.2, 0.5, 1.0  # s of one breath at rest
QUICK_IN = 0.45  # s of the breath before a phrase
SPOKEN_OUT = 4.0  # s over which a phrase spends it
CALM = 0.45  # of the head's range while not speaking
IDLE_RESTLESS = 2.2  # s between two places of the head while not speaking
SWAY, NOD, BROW = 3.2, 9.0, 14.0  # rad/s: how quickly head, nod and brows follow
SHIFT = np.array([0.35, 0.25])  # mm to the side and down, for a degree of yaw and of nod


class Head:
    """Turns a little, all the time, about its rest; nods on accents."""

    def __init__(self, chance: np.random.Generator, style: Style) -> None:
        self.chance, self.style = chance, style
        self.goal: Floats = np.zeros(3)
        self.stay = 0.0
        self.sway, self.nod = Spring(3, SWAY), Spring(1, NOD)

    def step(self, moment: Moment) -> tuple[Floats, Floats]:
        """Go on by one moment: (3,) yaw, pitch, roll in degrees and (2,) mm right and down."""
        self.stay -= moment.length
        if self.stay <= 0:
            self.choose(moment.speaking)
        turn = self.sway.follow(self.goal, moment.length).copy()
        nod = self.nod.follow(np.array([self.style.nod * moment.accent]), moment.length)[0]
        shift = SHIFT * (-turn[0], nod)
        turn[1] += nod
        return turn, shift

    def choose(self, speaking: bool) -> None:
        """Choose where to turn next; the middle is likelier, so that nothing drifts."""
        mean = self.style.restless if speaking else IDLE_RESTLESS
        self.stay = 0.25 + float(self.chance.exponential(mean))
        draw = np.clip(self.chance.normal(0, 0.5, 3), -1, 1)
        self.goal = draw * self.style.turn * (1.0 if speaking else CALM)


class Brows:
    """Rise on some accents, more on some than on others."""

    def __init__(self, chance: np.random.Generator, style: Style) -> None:
        self.chance, self.style = chance, style
        self.share = 0.0
        self.armed = True
        self.spring = Spring(1, BROW)

    def step(self, moment: Moment) -> float:
        """Go on by one moment: 0 at rest to 1."""
        if moment.accent > 0.3 and self.armed:
            self.share, self.armed = float(self.chance.beta(1.2, 1.2)), False
        elif moment.accent < 0.1:
            self.armed = True
        goal = self.style.brow * self.share * moment.accent
        return float(self.spring.follow(np.array([goal]), moment.length)[0])


class Breath:
    """Shoulders up and down: in quickly before a phrase, out slowly through it."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self.phase = 0.0  # s into the breath
        self.spent = False  # a phrase is using it up
        self.spring = Spring(1, 12.0)

    def step(self, moment: Moment, soon: bool) -> float:
        """Go on by one moment; `soon` says that a phrase is about to begin. Gives mm."""
        self.phase += moment.length
        goal = self.speak(moment, soon) if moment.speaking or soon else self.rest()
        raised = self.spring.follow(np.array([goal * self.style.breath]), moment.length)
        return float(raised[0])

    def speak(self, moment: Moment, soon: bool) -> float:
        """Fill the lungs before a phrase or at its start, and spend the air."""
        if not self.spent and (soon or moment.began):
            self.phase, self.spent = 0.0, True
        if self.phase < QUICK_IN:
            return ease(self.phase / QUICK_IN)
        return float(np.exp(-(self.phase - QUICK_IN) / SPOKEN_OUT))

    def rest(self) -> float:
        """Breathe on."""
        if self.spent:
            self.phase, self.spent = IN + HOLD, False
        self.phase %= IN + HOLD + OUT
        if self.phase < IN + HOLD:
            return ease(self.phase / IN)
        return 1 - ease((self.phase - IN - HOLD) / OUT)
