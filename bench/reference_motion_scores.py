"""Trials of bench/reference_motion.py: how far windows and recordings are from enrolled films."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from reference_motion_media import WAYS, Track
from reference_scores import Rate, Trials, share

from bonaface.core import SECOND, Phone
from bonaface.forensics.lipsync.mouth import measure_mouth
from bonaface.forensics.reference.likeness import BLURRED
from bonaface.forensics.reference.motion.apart import (
    SHARED,
    join_apart,
    shapes_apart,
    window_apart,
)
from bonaface.forensics.reference.motion.following import LEAST, SLACK, SLOWEST, TURNED
from bonaface.forensics.reference.motion.moves import Moves, gather_moves
from bonaface.forensics.reference.motion.moving import (
    RATE,
    TRAITS,
    WINDOW,
    describe,
    measure,
    pace,
    speaks,
)
from bonaface.forensics.reference.motion.shapes import gather_shapes, shape_phones
from bonaface.speech.recognise import recognise

Floats: TypeAlias = NDArray[np.float64]
Describe: TypeAlias = Callable[[Floats], Floats]
HALF: Final = "half the pictures"
PAIR: Final = 2  # windows of a genuine recording
PAIRS: Final = (
    ("opening", "jaw"), ("opening", "width"), ("opening", "pout"), ("width", "pout"),
    ("opening", "upper lip"), ("opening", "lower lip"), ("corner right", "corner left"),
    ("width", "corner right"), ("brow right", "brow left"), ("lid right", "lid left"),
    ("brow right", "lid right"), ("frown", "brow right"), ("brow right", "pitch"),
    ("opening", "pitch"), ("yaw", "roll"), ("yaw", "right"), ("pitch", "down"), ("roll", "right"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """A track, cut into windows of a talking face."""

    windows: tuple[tuple[int, Floats], ...]  # at, traits (m, 19) at RATE
    phones: tuple[Phone, ...]
    rate: float
    height: float

    @property
    def features(self) -> list[Floats]:
        """A description of each window."""
        return [describe(paced) for _, paced in self.windows]

    def shapes(self, chosen: Sequence[int]) -> list[tuple[str, Floats]]:
        """Mouth shapes of the phones in some windows."""
        some = [self.windows[i] for i in chosen]
        return [one for at, paced in some for one in shape_phones(paced, at, self.phones)]


@dataclass(frozen=True, slots=True)
class Trial:
    """One window or recording against one enrolled person."""

    kind: str  # genuine, impostor, other, voice, self
    way: str
    far: float


def cut(track: Track, phones: tuple[Phone, ...] = ()) -> Film:
    """Windows as the inspector cuts them; none where it would abstain."""
    height = float(np.median(np.linalg.norm(track.points[:, 10] - track.points[:, 152], axis=1)))
    turns = [abs(measure_mouth(0, 0, one).turn) for one in track.points[::5]]
    step = float(np.median(np.diff(track.at))) if len(track.at) > 1 else float(SECOND)
    poor = track.sharp < BLURRED or height < LEAST or float(np.median(turns)) > TURNED
    if poor or SECOND / step < SLOWEST:
        return Film((), phones, SECOND / step, height)
    found: list[tuple[int, Floats]] = []
    first = int(track.at[0])
    while first + WINDOW - SLACK <= track.at[-1]:
        inside = (track.at >= first) & (track.at < first + WINDOW)
        if inside.sum() > SLOWEST:
            at = track.at[inside]
            paced = pace(at, measure(track.points[inside]))
            if speaks(paced):
                found.append((int(at[0]), paced))
        first = int(min(track.at[track.at >= first + WINDOW], default=track.at[-1]))
    return Film(tuple(found), phones, SECOND / step, height)


def halve(track: Track) -> Track:
    """Every other picture."""
    return replace(track, at=track.at[::2], points=track.points[::2])


def hear(track: Track) -> tuple[Phone, ...]:
    """Phones of English speech."""
    return recognise(track.samples) if np.abs(track.samples).max(initial=0) > 0.01 else ()


def enrol(film: Film, without: Sequence[int] = ()) -> Moves:
    """A film's motion, some windows left out."""
    kept = [i for i in range(len(film.windows)) if i not in without]
    features = [film.features[i] for i in kept]
    return gather_moves(features, film.shapes(kept), film.rate, film.height)


def try_windows(own: dict[str, Film], others: Sequence[tuple[str, str, Film]]) -> list[Trial]:
    """Single windows: genuine ones against all others of the film, the rest against all."""
    clean, found = own[WAYS[0]], []
    for way, film in own.items():
        for i in _matching(clean, film):
            enrolled = enrol(clean, [i])
            found.append(Trial("genuine", way, window_apart(enrolled, film.features[i])))
    enrolled = enrol(clean)
    for kind, way, film in others:
        found += [Trial(kind, way, window_apart(enrolled, one)) for one in film.features]
    return found


def try_recordings(
    own: dict[str, Film], others: Sequence[tuple[str, str, Film]], *, shapes: bool = True
) -> list[Trial]:
    """Recordings of two windows or more: as the inspector sums them up."""
    clean, found = own[WAYS[0]], []
    for way, film in own.items():
        for i in _matching(clean, film)[: len(clean.windows) - PAIR + 1]:
            if len(clean.windows) - PAIR >= PAIR and i + PAIR <= len(film.windows):
                pair = range(i, i + PAIR)
                found.append(
                    Trial("genuine", way, _judge(enrol(clean, pair), film, pair, shapes=shapes))
                )
    enrolled = enrol(clean)
    for kind, way, film in others:
        if len(film.windows) >= PAIR:
            every = range(len(film.windows))
            found.append(Trial(kind, way, _judge(enrolled, film, every, shapes=shapes)))
    return found


def _matching(clean: Film, film: Film) -> range:
    """Windows that are there in both; none where one is missing, for they would be mixed up."""
    return range(len(clean.windows) if len(clean.windows) == len(film.windows) else 0)


def _judge(enrolled: Moves, film: Film, chosen: Sequence[int], *, shapes: bool) -> float:
    mouth = shapes_apart(enrolled.shapes, gather_shapes(film.shapes(chosen))) if shapes else None
    return join_apart([window_apart(enrolled, film.features[i]) for i in chosen], mouth)


def to_trials(people: dict[str, list[Trial]], kind: str, way: str) -> Trials:
    """Genuine against one kind, each by who was enrolled; who lacks one is left out."""
    same, other = {}, {}
    for name, trials in people.items():
        own = [one.far for one in trials if one.kind == "genuine" and one.way == WAYS[0]]
        far = [one.far for one in trials if one.kind == kind and one.way == way]
        if own and far:
            same[name], other[name] = np.array(own), np.array(far)
    return Trials(same, other)


def count(people: dict[str, list[Trial]], kind: str, way: str, limit: float) -> tuple[Rate, int]:
    """The share of trials beyond the limit, drawn over people, and of how many trials."""
    by = {
        name: [one.far >= limit for one in trials if (one.kind, one.way) == (kind, way)]
        for name, trials in people.items()
    }
    sets = [np.array(one, float) for one in by.values() if one]
    total = sum(map(len, sets))
    if not total:
        return Rate(float("nan"), 0.0, 1.0), 0
    value = sum(one.sum() for one in sets) / total
    if value in {0.0, 1.0}:  # drawing again shows no spread: Wilson's, over people
        rate = share(round(value * len(sets)), len(sets))
        return Rate(value, rate.low, rate.high), total
    dice = np.random.default_rng(0)
    drawn = []
    for _ in range(1000):
        some = [sets[i] for i in dice.integers(0, len(sets), len(sets))]
        drawn.append(sum(one.sum() for one in some) / sum(map(len, some)))
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Rate(value, float(low), float(high)), total


def measure_usual(films: Sequence[Film], into: Describe = describe) -> Floats:
    """How far windows of one film are from each other, over films of two windows or more."""
    away, free = 0.0, 0
    for film in films:
        rows = np.array([into(paced) for _, paced in film.windows])
        if len(rows) > 1:
            away = away + ((rows - rows.mean(0)) ** 2).sum(0)
            free += len(rows) - 1
    return np.sqrt(np.asarray(away) / max(free, 1))


def measure_usual_shapes(films: Sequence[Film]) -> Floats:
    """How far mouth shapes of one class of phones are from each other in one film."""
    away = []
    for film in films:
        seen = film.shapes(range(len(film.windows)))
        for name in {name for name, _ in seen}:
            rows = np.array([shape for each, shape in seen if each == name])
            if len(rows) > 1:
                away.append(rows - rows.mean(0))
    return np.asarray(np.sqrt((np.concatenate(away) ** 2).mean(0)))


def describe_tempo(paced: Floats) -> Floats:
    """How quickly each trait goes, for how far it goes."""
    speed = np.abs(np.diff(paced, axis=0)).mean(0) * RATE + 0.1
    return np.asarray(np.log(speed) - describe(paced))


def describe_pairs(paced: Floats) -> Floats:
    """How traits go together: Fisher's z of PAIRS."""
    scaled = (paced - paced.mean(0)) / (paced.std(0) + 0.05)
    places = np.array([[TRAITS.index(name) for name in pair] for pair in PAIRS])
    both = (scaled[:, places[:, 0]] * scaled[:, places[:, 1]]).mean(0)
    return np.asarray(np.arctanh(np.clip(both, -0.98, 0.98)))


def describe_rest(paced: Floats) -> Floats:
    """Where lips, brows and lids are at their least and most."""
    return np.asarray(np.quantile(paced[:, 5:], (0.1, 0.9), axis=0).T.ravel())


def describe_spectrum(paced: Floats) -> Floats:
    """Shares of three bands of each trait: up to 1, 2.5 and 7.5 Hz, as logarithms."""
    power = np.abs(np.fft.rfft(paced - paced.mean(0), axis=0)) ** 2
    hertz = np.fft.rfftfreq(len(paced), 1 / RATE)
    bands = [power[(hertz > low) & (hertz <= high)].sum(0) for low, high in _BANDS]
    total = np.sum(bands, axis=0) + 1e-6
    return np.asarray(np.log(np.concatenate([band / total + 0.01 for band in bands])))


_BANDS: Final = ((0.0, 1.0), (1.0, 2.5), (2.5, 7.5))


def alternatives() -> Iterator[tuple[str, Describe, float]]:
    """Descriptions that were compared, and how much of what traits share is taken off."""
    yield "spread", describe, 0.0
    yield "spread, less of what is shared (ships)", describe, SHARED
    yield "tempo", describe_tempo, 0.0
    yield "pairs", describe_pairs, 0.0
    yield "spectrum", describe_spectrum, 0.0
    yield "least and most", describe_rest, 0.0
    for name, part in (("head", slice(0, 5)), ("mouth", slice(5, 14)), ("brows", slice(14, 19))):
        yield f"spread of the {name}", partial(_describe_part, part), 0.0
    yield "spread, tempo and pairs", _describe_all, 0.0


def _describe_part(part: slice, paced: Floats) -> Floats:
    return describe(paced)[part]


def _describe_all(paced: Floats) -> Floats:
    parts = (describe, describe_tempo, describe_pairs)
    return np.concatenate([one(paced) for one in parts])


def try_alternative(
    own: Film, others: Sequence[tuple[str, str, Film]], into: Describe, usual: Floats, less: float
) -> list[Trial]:
    """Single windows by another description."""
    rows = np.array([into(paced) for _, paced in own.windows])
    found = []
    for i, row in enumerate(rows):
        rest = np.delete(rows, i, 0)
        found.append(Trial("genuine", WAYS[0], _far(row, rest, usual, less)))
    for kind, way, film in others:
        if way == WAYS[0]:
            found += [Trial(kind, way, _far(into(p), rows, usual, less)) for _, p in film.windows]
    return found


def _far(row: Floats, enrolled: Floats, usual: Floats, less: float) -> float:
    away = (row - enrolled.mean(0)) / (usual * np.sqrt(1 + 1 / len(enrolled)))
    away = np.clip(away, -4, 4)
    return float(np.sqrt((away**2).mean() - less * away.mean() ** 2))
