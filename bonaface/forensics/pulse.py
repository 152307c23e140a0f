"""Is there a pulse in the skin? Shown, never decisive: good forgeries carry their driver's pulse.

POS (Wang et al. 2017, doi 10.1109/TBME.2016.2609282): the mean colour of forehead and cheeks, in
windows of 1.6 s divided by its mean and laid on the plane across the colour of the skin, added up
into one trace, whose spectrum is searched between 42 and 210 beats a minute.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.core import SECOND, Exhibit, Finding, Picture, Time
from bonaface.face.region import Floats as Points
from bonaface.forensics.inspector import Seen
from bonaface.forensics.lipsync.curves import draw_curves
from bonaface.forensics.look import Look

Floats = NDArray[np.float64]
PATCHES: Final = (  # landmarks around the forehead, and the cheek at image left and right
    (109, 10, 338, 337, 9, 108),
    (117, 118, 101, 36, 205, 187, 123),
    (346, 347, 330, 266, 425, 411, 352),
)
STEPS: Final = 30  # a second, of the even trace
STRIDE: Final = 48  # steps, 1.6 s
LEAST: Final = 8 * SECOND
MOST: Final = 30 * SECOND  # of memory
GAP: Final = SECOND
OFTEN: Final = 8.0  # pictures a second
BAND: Final = (0.7, 3.5)  # Hz
AROUND: Final = 0.15  # Hz, around the pulse and its double, that count as signal
CLEAR: Final = 3.0  # dB from which a pulse is said to be seen: noise of 8 s stays below (tests)
SMALL: Final = 60.0  # px of a face from forehead to chin


@dataclass(frozen=True, slots=True, eq=False)
class Beat:
    """The strongest rhythm of a trace."""

    rate: float  # a minute
    clear: float  # dB of signal to noise
    trace: Floats  # at STEPS, between the slowest and the fastest pulse


class Pulse:
    """Inspector: the pulse of the largest face, over its last 30 s at most."""

    name = "pulse"

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all."""
        self._colours: deque[tuple[Time, Floats]] = deque()
        self._number: int | None = None
        self._best: tuple[Time, Time, Beat] | None = None
        self._first: Time | None = None
        self._last: Time = 0

    def push(self, item: Seen) -> Iterator[Finding]:
        """Take a picture; sound is passed over. Moments are not told: one heart has one rate."""
        if isinstance(item, Look):
            self._first = item.at if self._first is None else self._first
            self._last = item.at
            self._see(item)
        yield from ()

    def flush(self) -> Iterator[Finding]:
        """Say what pulse was seen."""
        self._settle()
        yield self._sum()

    def _see(self, look: Look) -> None:
        if not look.sights or look.sights[0].face.height < SMALL:
            return
        sight = look.sights[0]
        if self._colours and self._breaks(look.at, sight.number):
            self._settle()
        self._number = sight.number
        self._colours.append((look.at, take_colour(look.picture, sight.face.landmarks)))

    def _breaks(self, at: Time, number: int) -> bool:
        long = at - self._colours[0][0] > MOST
        return long or number != self._number or at - self._colours[-1][0] > GAP

    def _settle(self) -> None:
        """Close a run, and keep it if its pulse is the clearest."""
        times = np.array([at for at, _ in self._colours], np.int64)
        colours = np.array([colour for _, colour in self._colours])
        self._colours.clear()
        if len(times) < 2 or times[-1] - times[0] < LEAST:
            return
        if len(times) * SECOND < OFTEN * float(times[-1] - times[0]):
            return
        beat = find_beat(even_out(times, colours))
        if self._best is None or beat.clear > self._best[2].clear:
            self._best = (int(times[0]), int(times[-1]), beat)

    def _sum(self) -> Finding:
        span = (self._first or 0, self._last, self.name)
        if self._best is None:
            reason = "No face was seen for the 8 s that a pulse needs."
            return Finding(*span, None, reason, whole=True, quality=0.0)
        begin, end, beat = self._best
        caution = "It says nothing on its own: good forgeries carry the pulse of their driver."
        size = f"signal to noise {beat.clear:.0f} dB"
        if beat.clear >= CLEAR:
            reason = f"A pulse of about {beat.rate:.0f} a minute is seen in the skin ({size}). "
        else:
            reason = f"No pulse is seen in the skin ({size}); compression often hides it. "
        ends = (f"{begin / SECOND:.0f} s", f"{end / SECOND:.0f} s")
        words = f"Colour of the skin, {ends[0]} to {ends[1]}: a pulse would be a steady wave."
        drawn = draw_curves((beat.trace,), ("colour of the skin",), ends)
        quality = float(np.clip((beat.clear + 3) / 9, 0, 1))
        shown = (Exhibit(drawn, words),)
        return Finding(*span, None, reason + caution, True, quality, shown)


def take_colour(picture: Picture, points: Points) -> Floats:
    """Mean colour (3,) of forehead and cheeks; zeros where they are outside of the picture."""
    high, wide = picture.pixels.shape[:2]
    inside = np.clip(points[:, :2], 0, (wide - 1, high - 1))
    rows = [index for patch in PATCHES for index in patch]
    left, top = np.floor(inside[rows].min(0)).astype(int)
    right, bottom = np.ceil(inside[rows].max(0)).astype(int) + 1
    mask = np.zeros((bottom - top, right - left), np.uint8)
    for patch in PATCHES:
        cv2.fillConvexPoly(mask, np.round(inside[list(patch)] - (left, top)).astype(np.int32), 1)
    return np.array(cv2.mean(picture.pixels[top:bottom, left:right], mask)[:3])


def even_out(times: NDArray[np.int64], colours: Floats) -> Floats:
    """Resample colours (n, 3) to STEPS a second."""
    seconds = (times - times[0]) / SECOND
    even = np.arange(int(seconds[-1] * STEPS)) / STEPS
    return np.stack([np.interp(even, seconds, colours[:, n]) for n in range(3)], axis=1)


def find_beat(colours: Floats) -> Beat:
    """Find the pulse in colours (n, 3) at STEPS, n over STRIDE."""
    trace = project(colours)
    trace -= trace.mean()
    power = np.abs(np.fft.rfft(trace * np.hanning(len(trace)), 8 * len(trace))) ** 2
    hertz = np.fft.rfftfreq(8 * len(trace), 1 / STEPS)
    inside = (hertz >= BAND[0]) & (hertz <= BAND[1])
    pulse = float(hertz[inside][power[inside].argmax()])
    own = (np.abs(hertz - pulse) < AROUND) | (np.abs(hertz - 2 * pulse) < AROUND)
    signal, noise = power[inside & own].sum(), power[inside & ~own].sum()
    clear = 10 * np.log10((signal + 1e-30) / (noise + 1e-30))
    return Beat(60 * pulse, float(np.clip(clear, -20, 30)), keep_band(trace))


def keep_band(trace: Floats) -> Floats:
    """Take out of a trace what is slower or faster than any pulse."""
    spectrum, hertz = np.fft.rfft(trace), np.fft.rfftfreq(len(trace), 1 / STEPS)
    spectrum[(hertz < BAND[0]) | (hertz > BAND[1])] = 0
    return np.fft.irfft(spectrum, len(trace))


def project(colours: Floats) -> Floats:
    """POS: overlapping windows of the plane-orthogonal-to-skin signal, added up."""
    trace = np.zeros(len(colours))
    for begin in range(len(colours) - STRIDE + 1):
        part = colours[begin : begin + STRIDE]
        red, green, blue = (part / np.maximum(part.mean(0), 1e-9)).T
        first, second = green - blue, green + blue - 2 * red
        wave = first + first.std() / max(float(second.std()), 1e-9) * second
        trace[begin : begin + STRIDE] += wave - wave.mean()
    return trace
