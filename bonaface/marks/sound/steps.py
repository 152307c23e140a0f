"""The inner loops of the sound mark, compiled: windows, gains for each, and their overlapped sum.

The steering is four numbers that a live stream carries along, in `new_steering`.
"""

import numba
import numpy as np
from numpy.typing import NDArray

STRONGEST = 3.0  # dB up or down
WANTED = 27.3  # dB of sound over moved bands; the overlap smooths that, and 29 are measured
MEMORY = 0.998  # a hop: five seconds
FADE = 0.03  # dB a hop by which the remembered loudness falls
QUIET = 10.0  # dB: the least loudness to remember (about -43 dBFS); nothing is marked 45 below
DEPTH = 45.0  # dB below the loudness lately where marking ends
LOWEST, HIGHEST = -50.0, 0.0  # dB, of the ceiling
LOUDNESS, CEILING, SOUND, MARK = range(4)  # places in the steering
UNIT = 20_000_000  # ns for which a gain is held: two hops
_NEPER = 0.11512925464970229  # ln(10) / 20

Spectra = NDArray[np.complex64]  # (hops, lines)
Steering = NDArray[np.float64]  # (4,)


def new_steering() -> Steering:
    """Answer the state before the first hop.

    LOUDNESS: dB, of the loudest lately. CEILING: dB below that, which a band may have to be moved
    in full. SOUND, MARK: energies over the last five seconds.
    """
    return np.array([QUIET, -30.0, 0.0, 0.0])


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def cut(run: NDArray[np.float32], window: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Answer `count` half-overlapping windows of `run`: (count, len(window))."""
    size = len(window)
    out = np.empty((count, size), np.float32)
    for hop in range(count):
        for i in range(size):
            out[hop, i] = run[hop * (size // 2) + i] * window[i]
    return out


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def choose_lean(
    lean: NDArray[np.float32], first: int, hop: float, count: int
) -> NDArray[np.float32]:
    """Answer (count, bands): the lean of the units that windows with these middles fall in.

    `first` is the middle of the first window, `hop` the time to the next, both in nanoseconds.
    """
    out = np.empty((count, lean.shape[1]), np.float32)
    for i in range(count):
        middle = first + int(i * hop)
        out[i] = lean[(middle + UNIT // 4) // UNIT % len(lean)]
    return out


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def mark_spectra(
    spectra: Spectra,
    lean: NDArray[np.float32],
    edges: NDArray[np.int64],
    scale: float,
    steering: Steering,
) -> None:
    """Move the bands of each hop by its `lean`, in place.

    `lean` is (hops, bands) of -1 and 1, `edges` (bands + 1,) lines, `scale` makes energies what
    they are at 48 kHz.
    """
    bands = len(edges) - 1
    energy = np.empty(bands, np.float64)
    for hop in range(len(spectra)):
        line = spectra[hop]
        whole = 0.0
        for i in range(len(line)):
            whole += line[i].real * line[i].real + line[i].imag * line[i].imag
        total = 0.0
        for band in range(bands):
            loud = 0.0
            for i in range(edges[band], edges[band + 1]):
                loud += line[i].real * line[i].real + line[i].imag * line[i].imag
            energy[band] = loud * scale + 1e-9
            total += energy[band]
        level = 10 * np.log10(total)
        steering[LOUDNESS] = max(level, steering[LOUDNESS] - FADE, QUIET)
        heard = min(max((level - steering[LOUDNESS] + DEPTH) / 10, 0.0), 1.0)
        ceiling = 10 ** ((steering[LOUDNESS] + steering[CEILING]) / 10)
        mark = 0.0
        for band in range(bands):
            step = STRONGEST * heard * min(1.0, ceiling / energy[band])
            gain = np.exp(_NEPER * step * lean[hop, band])
            mark += energy[band] * (gain - 1) ** 2
            for i in range(edges[band], edges[band + 1]):
                line[i] *= np.float32(gain)
        _steer(steering, whole * scale, mark)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _steer(steering: Steering, sound: float, mark: float) -> None:
    """Raise the ceiling where there was less mark than wanted. Silence teaches nothing."""
    steering[SOUND] = steering[SOUND] * MEMORY + sound
    steering[MARK] = steering[MARK] * MEMORY + mark
    if mark <= 0:
        return
    ratio = 10 * np.log10(steering[SOUND] / steering[MARK])
    step = 0.02 * min(max(ratio - WANTED, -2.0), 2.0)
    steering[CEILING] = min(max(steering[CEILING] + step, LOWEST), HIGHEST)


def pass_silence(steering: Steering, hops: int) -> None:
    """What `mark_spectra` would do to the steering in so many hops of digital silence."""
    steering[LOUDNESS] = max(steering[LOUDNESS] - FADE * hops, QUIET)
    steering[SOUND:] *= MEMORY**hops


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def overlap(
    woven: NDArray[np.float32], window: NDArray[np.float32], tail: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Add up (hops, 2 hop) half-overlapping windows; `tail` is the last half, before and after."""
    size = len(tail)
    out = np.empty(len(woven) * size, np.float32)
    for hop in range(len(woven)):
        for i in range(size):
            whole = woven[hop, i] * window[i] + tail[i]
            out[hop * size + i] = min(max(whole, np.float32(-1)), np.float32(1))
            tail[i] = woven[hop, size + i] * window[size + i]
    return out
