"""Traces of blending in a face: was it swapped, or another laid over it?

A small network (models/artefacts.onnx, made by training/artefacts) has learnt from pairs of a real
face and its own forgery. It answers how forged a face looks, and where. Faces that were generated
whole, and reenactments, are out of its scope: it does not see them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from bonaface import weights
from bonaface.core import SECOND, Finding, Time
from bonaface.face.find import Face
from bonaface.forensics.artefacts.crop import Bytes, Cut, Floats, cut_face, sharpness
from bonaface.forensics.artefacts.drawn import looks_drawn
from bonaface.forensics.artefacts.heat import draw_heat
from bonaface.forensics.inspector import Seen
from bonaface.forensics.look import Look, Sight
from bonaface.forensics.words import join

NAME: Final = "artefacts"
SIDE: Final = 160  # px
MARGIN: Final = 0.06
EVERY: Final = SECOND * 2 // 5  # between looks at one face
WINDOW: Final = 2 * SECOND
FACES: Final = 64  # that are remembered; of more, those that look most forged
JUDGED: Final = 2  # faces of a picture, the largest: each may raise a false alarm
LEANS: Final = 15  # degrees, from which on a face is cut upright: it learnt from such
TILTED: Final = 60  # degrees, from which on genuine faces look forged: it learnt from upright ones
LEAST: Final = 72  # px of a face, forehead to chin
BLURRED: Final = 3.0  # grey levels of sharpness, below which nothing can be told
DARK, BRIGHT = 30, 240  # mean grey levels of a face
SLOPE, SHIFT = 0.559, -0.265  # of the chance's logit, by training/artefacts/calibrate.py
SUSPECT: Final = 0.9  # calibrated, from which a moment is pointed out
SCOPE: Final = (
    "It knows blended and swapped faces, not redrawn mouths or faces that were generated whole."
)


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One face at one moment."""

    at: Time
    logit: float
    cut: Bytes
    heat: Floats  # (20, 20) 0..1


@dataclass(slots=True)
class _Spoilt:
    """Why faces were not judged."""

    small: int = 0
    blurred: int = 0
    dark: int = 0
    cut: int = 0
    tilted: int = 0
    animal: int = 0
    drawn: int = 0

    def words(self) -> str:
        """Say it."""
        said = [
            (self.small, f"smaller than {LEAST} pixels"),
            (self.blurred, "blurred"),
            (self.dark, "too dark or too bright"),
            (self.cut, "cut off by the border"),
            (self.tilted, f"tilted by more than {TILTED} degrees"),
            (self.animal, "not human"),
            (self.drawn, "looks drawn or painted, not photographed"),
        ]
        return join([words for count, words in said if count])


@dataclass(slots=True)
class Judgements:
    """All that was judged of one face."""

    all: list[float] = field(default_factory=list)
    window: list[Judged] = field(default_factory=list)
    worst: Judged | None = None
    last: Time | None = None
    drawn: int = 0  # looks at which it seemed drawn

    @property
    def told(self) -> bool:
        """Whether enough was judged to speak of it: a drawing may pass for a photo now and then."""
        return len(self.all) > self.drawn


class Artefacts:
    """Inspector: looks in, findings about faces out."""

    name = NAME

    def __init__(self, network: Path | None = None) -> None:
        self._network: Any = weights.open_onnx(network or weights.trained("artefacts.onnx"))
        self.reset()

    def reset(self) -> None:
        """Forget all faces."""
        self._faces: dict[int, Judgements] = defaultdict(Judgements)
        self._spoilt = _Spoilt()
        self._first: Time | None = None
        self._last: Time = 0
        self._more = False  # faces than are judged
        self._turned = False

    def push(self, item: Seen) -> Iterator[Finding]:
        """Judge the faces of a look, when it is time."""
        if not isinstance(item, Look):
            return
        self._first = item.at if self._first is None else self._first
        self._last = item.at
        self._more |= item.crowded or len(item.sights) > JUDGED
        self._turned |= item.turns != 0
        for sight in item.sights[:JUDGED]:
            face = self._faces[sight.number]
            if face.last is not None and 0 <= item.at - face.last < EVERY:
                continue
            face.last = item.at
            yield from self._windowed(face, item.at)
            judged = self._judge(item, sight)
            if judged is not None:
                face.all.append(judged.logit)
                face.window.append(judged)
                if face.worst is None or judged.logit > face.worst.logit:
                    face.worst = judged
        yield from self._forget({sight.number for sight in item.sights})

    def flush(self) -> Iterator[Finding]:
        """Give the last moments, and the sum."""
        for face in self._faces.values():
            yield from self._windowed(face, None)
        yield self._sum()

    def _forget(self, seen: set[int]) -> Iterator[Finding]:
        """Let go of the least suspicious face that has left, where there are too many."""
        gone = [number for number in self._faces if number not in seen]
        if len(self._faces) > FACES and gone:
            least = min(gone, key=lambda n: robust(self._faces[n].all or (-np.inf,)))
            yield from self._windowed(self._faces.pop(least), None)

    def _judge(self, look: Look, sight: Sight) -> Judged | None:
        if not sight.human:
            self._spoilt.animal += 1
            return None
        if sight.face.height < LEAST:
            self._spoilt.small += 1
            return None
        if abs(sight.face.tilt) > TILTED:
            self._spoilt.tilted += 1
            return None
        cut = frame(look.picture.pixels, sight.face)
        if cut is None:
            self._spoilt.cut += 1
            return None
        if not self._clear(cut.pixels, sight.number):
            return None
        logit, heat = self.score(cut.pixels[None])
        return Judged(look.at, float(logit[0]), cut.pixels, heat[0])

    def _clear(self, cut: Bytes, number: int) -> bool:
        """Whether the face can be judged; counts why not."""
        if sharpness(cut) < BLURRED:
            self._spoilt.blurred += 1
        elif not DARK < cut.mean() < BRIGHT:
            self._spoilt.dark += 1
        elif looks_drawn(cut):
            self._spoilt.drawn += 1
            self._faces[number].drawn += 1
        else:
            return True
        return False

    def judged(self) -> Iterator[Judgements]:
        """The faces that were judged."""
        return (face for face in self._faces.values() if face.told)

    def score(self, cuts: Bytes) -> tuple[Floats, Floats]:
        """Logits (n,) and heat (n, 20, 20) 0..1 of cuts (n, SIDE, SIDE, 3), not calibrated."""
        fed = np.ascontiguousarray(cuts.transpose(0, 3, 1, 2), np.float32)
        logits, masks = self._network.run(None, {"face": fed})
        return logits, 1 / (1 + np.exp(-masks))

    def _windowed(self, face: Judgements, now: Time | None) -> Iterator[Finding]:
        """The finding of a window that has ended."""
        window = face.window
        if not window or (now is not None and 0 <= now - window[0].at < WINDOW):
            return
        face.window = []
        score = calibrate(float(np.mean([one.logit for one in window])))
        words = (
            "shows traces of blending" if score >= SUSPECT else "shows no clear traces of blending"
        )
        until = window[-1].at + EVERY
        yield Finding(window[0].at, until, NAME, score, f"The face {words}.")

    def _sum(self) -> Finding:
        first = self._first or 0
        judged = {number: face for number, face in self._faces.items() if face.told}
        if not judged:
            return Finding(first, self._last, NAME, None, self._why_not(), whole=True, quality=0.0)
        score, face = max(
            ((calibrate(robust(face.all)), face) for face in judged.values()), key=lambda p: p[0]
        )
        count = sum(len(one.all) for one in judged.values())
        quality = min(1.0, 0.4 + 0.06 * count)
        worst = face.worst
        exhibits = () if worst is None else (draw_heat(worst.cut, worst.heat, worst.at),)
        more = " Other, smaller faces were not judged." if self._more else ""
        more += " The picture was turned upright first." if self._turned else ""
        reason = f"{_seen(count, len(judged))}{more} {_weighed(score)} {SCOPE}"
        return Finding(
            first, self._last, NAME, score, reason, whole=True, quality=quality, exhibits=exhibits
        )

    def _why_not(self) -> str:
        if not self._faces:
            return "No face was found, so none was looked at for traces of blending."
        return f"No face could be looked at for traces of blending: {self._spoilt.words()}."


def frame(pixels: Bytes, face: Face) -> Cut | None:
    """The face as the network wants it, (SIDE, SIDE, 3); None where too little of it is left."""
    lean = face.tilt if abs(face.tilt) > LEANS else 0.0
    return cut_face(pixels, face.landmarks, SIDE, MARGIN, lean)


def robust(logits: Iterable[float]) -> float:
    """The mean of the upper half: a forgery need not show in every picture."""
    ordered = np.sort(np.asarray(list(logits)))
    return float(ordered[len(ordered) // 2 :].mean())


def calibrate(logit: float) -> float:
    """The chance of forgery, where forged and real are equally likely beforehand."""
    return float(1 / (1 + np.exp(-(SLOPE * logit + SHIFT))))


def _seen(looks: int, faces: int) -> str:
    who = "One face was" if faces == 1 else f"{faces} faces were"
    return f"{who} looked at." if looks == faces else f"{who} looked at {looks} times."


def _weighed(score: float) -> str:
    if score >= SUSPECT:
        return (
            "Skin, edges and sharpness within the face do not fit together, as after a face swap."
        )
    if score <= 1 - SUSPECT:
        return "Skin, edges and sharpness within the face fit together."
    return "Skin, edges and sharpness within the face settle nothing either way."
