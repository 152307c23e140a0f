"""Calm, warm, lively: how much of everything."""

from dataclasses import dataclass
from typing import Final

from bonaface.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Style:
    """Amounts. Angles in degrees, lengths in millimetres of the face, times in seconds."""

    turn: tuple[float, float, float]  # yaw, pitch, roll that the head stays within, nods apart
    nod: float  # pitch of a nod on the strongest stress
    restless: float  # mean time between two places of the head while speaking
    contact: float  # share of time looking at the viewer while speaking
    glance: float  # mean length of a look away
    brow: float  # brows raised on the strongest stress
    smile: float
    breath: float  # shoulders up


STYLES: Final = {
    "calm": Style(
        (2.0, 1.2, 1.0), nod=0.8, restless=0.9, contact=0.60, glance=1.5, brow=0.15, smile=0.03,
        breath=1.0,
    ),
    "warm": Style(
        (2.8, 1.6, 1.5), nod=1.3, restless=0.6, contact=0.75, glance=1.1, brow=0.25, smile=0.12,
        breath=1.1,
    ),
    "lively": Style(
        (3.5, 2.1, 1.9), nod=1.8, restless=0.45, contact=0.75, glance=0.8, brow=0.42, smile=0.09,
        breath=1.3,
    ),
}  # fmt: skip
MANNERS: Final = tuple(STYLES)


def find_style(manner: str) -> Style:
    """Give the style of that name. Raises SettingsError."""
    if manner not in STYLES:
        raise SettingsError(f"There is no manner {manner!r}.", f"Choose {', '.join(MANNERS)}.")
    return STYLES[manner]
