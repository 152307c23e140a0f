"""Did a network enlarge or redraw the face? Shown where it is found, and never a number.

A small network (models/spectrum.onnx, made by training/spectrum) looks at what is left of the
picture's own pixels when a blur is taken away: networks that enlarge leave a pattern there, which
resizing and sharpening do not. Coarse compression wipes it out, and many generators leave none that
it knows, so an absence of traces is no answer. It decides nothing: enhancers of photographs leave
the same traces as restorers of swapped faces.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from bonaface import weights
from bonaface.core import SECOND, Finding, Time
from bonaface.face.find import Face
from bonaface.forensics.artefacts.crop import Bytes, Floats
from bonaface.forensics.artefacts.heat import draw_heat
from bonaface.forensics.inspector import Seen
from bonaface.forensics.look import Look

NAME: Final = "spectrum"
EVERY: Final = SECOND  # between looks
MOST: Final = 60  # looks at one file
LEAST: Final = 96  # px of a face, forehead to chin
SMALLEST, LARGEST = 96, 256  # px, sides of the square that is looked at
LIMIT: Final = 3.69  # logit that one in a thousand genuine faces exceeds, edited and sent on
FINE: Final = 5  # places, over which the map is smoothed
CAUTION: Final = (
    "Programs that enhance photographs or smooth skin leave the same traces as those that redraw "
    "a face, so this decides nothing."
)


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The face at one moment."""

    at: Time
    logit: float
    cut: Bytes  # (side, side, 3), the picture's own pixels
    places: Floats  # logits of its places


class Spectrum:
    """Inspector: looks in, traces of networks in the largest face out."""

    name = NAME

    def __init__(self, network: Path | None = None) -> None:
        self._network: Any = weights.open_onnx(network or weights.trained("spectrum.onnx"))
        self.reset()

    def reset(self) -> None:
        """Forget all."""
        self._judged: list[Judged] = []
        self._first: Time | None = None
        self._last: Time = 0
        self._due: Time | None = None
        self._small = False

    def push(self, item: Seen) -> Iterator[Finding]:
        """Judge the largest face of a look, when it is time. Moments are not told."""
        if isinstance(item, Look):
            self._first = item.at if self._first is None else self._first
            self._last = item.at
            waits = self._due is not None and 0 < self._due - item.at <= EVERY
            if not waits and len(self._judged) < MOST:
                self._judge(item)
        yield from ()

    def flush(self) -> Iterator[Finding]:
        """Sum up: the middle of all looks, so that one picture decides nothing."""
        first = self._first or 0
        if not self._judged:
            small = f"Every face is smaller than {LEAST} pixels or cut off"
            why = f"{small if self._small else 'No face was found'}, so none was searched"
            reason = f"{why} for traces of a network."
            yield Finding(first, self._last, NAME, None, reason, whole=True, quality=0.0)
            return
        ordered = sorted(self._judged, key=lambda one: one.logit)
        middle = ordered[(len(ordered) - 1) // 2]
        yield self._found(middle, first) if middle.logit > LIMIT else self._nothing(first)

    def score(self, cut: Bytes) -> tuple[float, Floats]:
        """The logit of a square (side, side, 3), and of its places (side / 8, side / 8)."""
        fed = np.ascontiguousarray(cut.transpose(2, 0, 1)[None], np.float32)
        logits, places = self._network.run(None, {"picture": fed})
        return float(logits[0]), places[0]

    def _judge(self, look: Look) -> None:
        sight = next((one for one in look.sights if one.human), None)
        cut = None if sight is None else cut_native(look.picture.pixels, sight.face)
        self._small |= sight is not None and cut is None
        if cut is not None:
            self._due = look.at + EVERY
            logit, places = self.score(cut)
            self._judged.append(Judged(look.at, logit, cut, places))

    def _found(self, shown: Judged, first: Time) -> Finding:
        reason = (
            "The finest detail of the face is as where a network enlarged or redrew a picture. Of "
            "591 genuine photographs one looked so; of such that were turned or smoothed, up to "
            f"six in a hundred did. {CAUTION}"
        )
        smooth = cv2.blur(shown.places, (FINE, FINE))
        heat = np.asarray(1 / (1 + np.exp(-smooth)), np.float32)
        exhibit = draw_heat(shown.cut, heat, shown.at, "looks redrawn")
        return Finding(
            first, self._last, NAME, None, reason, whole=True, quality=1.0, exhibits=(exhibit,)
        )

    def _nothing(self, first: Time) -> Finding:
        reason = (
            "No traces of a network were found in the finest detail of the face. That says "
            "nothing: compression wipes them out, and many generators leave none."
        )
        return Finding(first, self._last, NAME, None, reason, whole=True, quality=0.0)


def cut_native(pixels: Bytes, face: Face) -> Bytes | None:
    """The middle of a face in the picture's own pixels, square; None where too little is there."""
    if face.height < LEAST:
        return None
    left, top, right, bottom = face.box
    height, width = pixels.shape[:2]
    x, y = (left + right) / 2, (top + bottom) / 2
    half = min(max(right - left, bottom - top) / 2, LARGEST / 2, x, y, width - x, height - y)
    if 2 * half < SMALLEST:
        return None
    near, low = int(x - half), int(y - half)
    side = int(2 * half) // 8 * 8
    return np.ascontiguousarray(pixels[low : low + side, near : near + side])
