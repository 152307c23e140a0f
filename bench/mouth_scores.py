"""How near a made mouth comes to the filmed one: the figures of bench/lips.py."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from bonaface.face import landmarks as lm

Floats = NDArray[np.float64]
# Bones, as far as landmarks know them: they place a face whatever it says.
STEADY = (33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 98, 327, 127, 356)
MOUTH = tuple(sorted({i for ring in (*lm.UPPER_LIP, *lm.LOWER_LIP) for i in ring}))
LARGEST_LAG, LAG_STEP = 0.4, 0.005  # s
SHORTEST_HALF = 1.0  # s: shorter ones show no offset
SMOOTH = 2.0  # pictures, sigma of MTM
STILL = 0.002  # of the distance between the eyes: an opening that varies less does not move
WINDOW = 0.4  # s that warping may move a moment
DIP = 0.2  # of a mouth's range above its lowest: below that it is closed
TOUCH = 0.045  # of the distance between the eyes: above it no mouth is closed
RISE = 0.25  # of its range that a mouth opens on both sides of a closure
PATIENCE = 0.08  # s that a made closure may be early or late


@dataclass(frozen=True, slots=True)
class Scores:
    """One made mouth against one filmed one. NaN where a figure does not apply."""

    r: float  # Pearson, of the opening
    m_lmd: float  # mean distance of mouth landmarks, of the distance between the eyes
    f_lmd: float  # of all face landmarks
    mtm_ms: float  # mean |dt| at matched extrema
    offset_ms: float  # positive: the made mouth is late
    r_best: float  # Pearson at that offset
    r_halves: float  # Pearson within each half of the clip, their mean
    r_moved: float  # the same, each half at the offset at which the other agrees best
    closures: float  # share of filmed closures at which the made mouth closes
    closures_true: float  # share of made closures at which the filmed mouth closes
    filmed: int  # closures
    made: int


NAMES = tuple(field.name for field in fields(Scores) if field.type is float)
WEIGHTS = {"closures": "filmed", "closures_true": "made"}  # means are over closures, not clips


@dataclass(frozen=True, slots=True, eq=False)
class Mouth:
    """A mouth over time."""

    times: Floats  # (n,) s
    opening: Floats  # (n,) of the distance between the eyes
    landmarks: Floats  # (n, 478, 2 or 3) px


def correlate(first: Floats, second: Floats) -> float:
    """Pearson's r; 0 where one of them stands still."""
    if min(first.std(), second.std()) < STILL:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def place(landmarks: Floats, model: Floats) -> Floats:
    """Move, turn and scale faces (n, 478, 2+) until their bones lie on `model`'s: (n, 468, 2)."""
    return np.stack([lay(face, model) for face in landmarks[:, :, :2]])


def take_model(face: Floats) -> Floats:
    """Give the bones of a face (478, 2+), its irises 1 apart: (k, 2)."""
    steady = face[STEADY, :2]
    eyes = np.linalg.norm(face[lm.LEFT_IRIS, :2] - face[lm.RIGHT_IRIS, :2])
    model: Floats = (steady - steady.mean(0)) / eyes
    return model


def lay(face: Floats, model: Floats) -> Floats:
    """Lay a face (478, 2) on steady points (k, 2) by the best similarity (Umeyama 1991)."""
    middle = face[STEADY, :].mean(0)
    steady = face[STEADY, :] - middle
    one, two = steady[:, 0] + 1j * steady[:, 1], model[:, 0] + 1j * model[:, 1]
    turn = np.vdot(one, two) / np.vdot(one, one)
    laid = ((face - middle) @ np.array([1, 1j])) * turn
    return np.stack([laid.real, laid.imag], 1)[: lm.FACE]


def measure_distance(made: Floats, film: Floats) -> tuple[float, float]:
    """M-LMD and F-LMD of placed landmarks, matched frame by frame."""
    apart = np.linalg.norm(made - film, axis=2)
    return float(apart[:, MOUTH].mean()), float(apart.mean())


def agree(made: Mouth, film: Mouth, lag: float) -> float:
    """Pearson's r of the openings when the made mouth is taken `lag` s later."""
    return correlate(np.interp(film.times + lag, made.times, made.opening), film.opening)


def find_offset(made: Mouth, film: Mouth) -> tuple[float, float]:
    """Give the lag in s at which the openings agree best, and r there."""
    count = round(LARGEST_LAG / LAG_STEP)
    lags = np.arange(-count, count + 1) * LAG_STEP
    every = [agree(made, film, lag) for lag in lags]
    best = int(np.argmax(every))
    return float(lags[best]), every[best]


def agree_by_halves(made: Mouth, film: Mouth) -> tuple[float, float]:
    """Mean r of both halves, as filmed and at the offset found on the other; NaN for short clips.

    A film whose sound and picture are out of step is not held against the lips this way, and no
    offset is judged by the pictures that it was found on.
    """
    middle = (film.times[0] + film.times[-1]) / 2
    if middle - film.times[0] < SHORTEST_HALF:
        return float("nan"), float("nan")
    first, second = (take(film, part) for part in (film.times < middle, film.times >= middle))
    pairs = ((first, second), (second, first))
    plain = [agree(made, half, 0.0) for half in (first, second)]
    moved = [agree(made, two, find_offset(made, one)[0]) for one, two in pairs]
    return float(np.mean(plain)), float(np.mean(moved))


def take(mouth: Mouth, some: NDArray[np.bool_]) -> Mouth:
    """Give some pictures of a mouth."""
    return Mouth(mouth.times[some], mouth.opening[some], mouth.landmarks[some])


def warp(first: Floats, second: Floats, window: int) -> list[tuple[int, int]]:
    """Match two curves by dynamic time warping of their slopes (Keogh & Pazzani 2001).

    No step is matched with one more than `window` steps away.
    """
    cost = (np.gradient(first)[:, None] - np.gradient(second)[None, :]) ** 2
    total = np.full((len(first) + 1, len(second) + 1), np.inf)
    total[0, 0] = 0
    for i in range(1, len(first) + 1):
        for j in range(max(1, i - window), min(len(second), i + window) + 1):
            before = min(total[i - 1, j - 1], total[i - 1, j], total[i, j - 1])
            total[i, j] = cost[i - 1, j - 1] + before
    i, j = len(first), len(second)
    path = []
    while i and j:
        path.append((i - 1, j - 1))
        steps = ((i - 1, j - 1), (i - 1, j), (i, j - 1))
        i, j = min(steps, key=lambda at: total[at])
    return path[::-1]


def measure_timing(made: Floats, film: Floats, rate: float) -> float:
    """Mean |dt| in ms between extrema of the film and where warping finds them in the made mouth.

    Mean temporal misalignment, CVPR 2025; both curves are smoothed by a Gaussian of 2 pictures.
    """
    one, two = (gaussian_filter1d((x - x.mean()) / (x.std() + 1e-9), SMOOTH) for x in (film, made))
    slope = np.sign(np.diff(one))
    extrema = set((np.flatnonzero(slope[1:] != slope[:-1]) + 1).tolist())
    matched: dict[int, list[int]] = {}
    for i, j in warp(one, two, round(WINDOW * rate)):
        if i in extrema:
            matched.setdefault(i, []).append(j)
    if not matched or made.std() < STILL:
        return float("nan")
    return float(np.mean([abs(np.mean(js) - i) for i, js in matched.items()]) / rate * 1000)


def closed_below(opening: Floats) -> float:
    """Give the opening under which a mouth counts as closed: it is never seen quite shut."""
    low, high = np.percentile(opening, (1, 95))
    return float(min(low + DIP * (high - low), TOUCH))


def find_closures(mouth: Mouth) -> Floats:
    """Give the times at which an open mouth closes and opens again, in s."""
    low, high = np.percentile(mouth.opening, (1, 95))
    dips, _ = find_peaks(-mouth.opening, prominence=RISE * (high - low))
    times: Floats = mouth.times[dips[mouth.opening[dips] < closed_below(mouth.opening)]]
    return times


def recall(dips: Floats, other: Mouth) -> float:
    """Share of `dips` near which the other mouth is closed; NaN without any."""
    if not len(dips):
        return float("nan")
    shut = other.times[other.opening < closed_below(other.opening)]
    return float(np.mean([bool(np.any(np.abs(shut - at) <= PATIENCE)) for at in dips]))


def score(made: Mouth, film: Mouth) -> Scores:
    """Compare two mouths; the made one is sampled at the film's times."""
    opening = np.interp(film.times, made.times, made.opening)
    nearest = np.abs(made.times[:, None] - film.times[None, :]).argmin(0)
    lag, best = find_offset(made, film)
    halves = agree_by_halves(made, film)
    still = made.opening.std() < STILL
    nothing = float("nan")
    model = take_model(made.landmarks[0])
    laid = place(made.landmarks, model)[nearest]
    mouth, face = measure_distance(laid, place(film.landmarks, model))
    rate = 1 / float(np.median(np.diff(film.times)))
    dips, own = find_closures(film), find_closures(made)
    return Scores(
        r=correlate(opening, film.opening),
        m_lmd=mouth,
        f_lmd=face,
        mtm_ms=measure_timing(opening, film.opening, rate),
        offset_ms=nothing if still else lag * 1000,
        r_best=nothing if still else best,
        r_halves=nothing if still else halves[0],
        r_moved=nothing if still else halves[1],
        closures=nothing if still else recall(dips, made),
        closures_true=nothing if still else recall(own, film),
        filmed=len(dips),
        made=len(own),
    )
