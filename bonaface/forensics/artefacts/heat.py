"""Show where in a face something was found, readable in black and white."""

from typing import Final

import cv2
import numpy as np

from bonaface.core import Exhibit, Time
from bonaface.forensics.artefacts.crop import Bytes, Floats
from bonaface.forensics.words import clock

WIDE: Final = 320  # px
LINE: Final = 0.5  # share from which a region is encircled


def draw_heat(cut: Bytes, heat: Floats, at: Time, odd: str = "") -> Exhibit:
    """A face (side, side, 3) with what stands out in it: tinted, and with an outline.

    `heat` (any, any) 0..1 is the share of each place that does not fit the rest, or, in words
    that follow "which", what is `odd` about it.
    """
    face = cv2.resize(cut, (WIDE, WIDE), interpolation=cv2.INTER_CUBIC)
    share = np.clip(cv2.resize(heat, (WIDE, WIDE), interpolation=cv2.INTER_CUBIC), 0, 1)
    tint = np.array([220, 60, 20], np.float32)
    mixed = face * (1 - 0.45 * share[..., None]) + tint * (0.45 * share[..., None])
    shown = np.ascontiguousarray(mixed.astype(np.uint8))
    lines, _ = cv2.findContours(
        (share > LINE).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    cv2.drawContours(shown, lines, -1, (0, 0, 0), 4, cv2.LINE_AA)
    cv2.drawContours(shown, lines, -1, (255, 255, 255), 2, cv2.LINE_AA)
    both = np.ascontiguousarray(np.hstack([face, shown]))
    return Exhibit(both, f"The face at {clock(at)}; on the right, {_where(share, odd)}")


def _where(share: Floats, odd: str) -> str:
    if share.max() <= LINE:
        return "nothing stands out."
    rows = np.nonzero(share > LINE)[0]
    up = _height(float(rows.mean()) / WIDE)
    part = len(rows) / share.size
    if part > 0.35:
        return f"an outline around most of it, which {odd or 'does not fit its surroundings'}."
    return f"an outline in its {up} part, which {odd or 'does not fit the rest'}."


def _height(share: float) -> str:
    if share < 0.42:
        return "upper"
    return "lower" if share > 0.58 else "middle"
