"""A published detector as an inspector of faces: what it says is shown, and decides nothing."""

from collections.abc import Iterator
from typing import Final, Protocol

from bonaface.core import SECOND, Finding, Time
from bonaface.forensics.artefacts.crop import Bytes, cut_face
from bonaface.forensics.artefacts.inspector import robust
from bonaface.forensics.hub.kept import open_detector
from bonaface.forensics.hub.name import HubName
from bonaface.forensics.inspector import Seen
from bonaface.forensics.look import Look

EVERY: Final = SECOND  # between looks at the same film: such models are large
MOST: Final = 90  # looks at one file
LEAST: Final = 48  # px of a face, forehead to chin
MARGIN: Final = 0.3  # of the face's span, on each side
SIDE: Final = 224  # px, of the cut that says where the face is
CAUTION: Final = (
    "It was made by others and not measured here: it decides nothing, and its number is its own. "
    "Read its model card for what it knows and for its licence."
)


class Judge(Protocol):
    """What is asked about a face: hub.detector.Detector."""

    def judge(self, pixels: Bytes) -> float:
        """The chance of forgery, 0 to 1."""
        ...


class Published:
    """Inspector: looks in, what a published detector says of the largest face out."""

    def __init__(self, name: HubName, detector: Judge) -> None:
        self._name, self._detector = name, detector
        self.reset()

    @property
    def name(self) -> str:
        """As the user named it."""
        return f"hub:{self._name.repository}"

    def reset(self) -> None:
        """Forget all."""
        self._said: list[float] = []
        self._first: Time | None = None
        self._last: Time = 0
        self._due: Time | None = None
        self._small = False

    def push(self, item: Seen) -> Iterator[Finding]:
        """Judge the largest face of a look, when it is time."""
        if not isinstance(item, Look):
            return
        self._first = item.at if self._first is None else self._first
        self._last = item.at
        waits = self._due is not None and 0 < self._due - item.at <= EVERY
        cut = None if waits or len(self._said) >= MOST else self._cut(item)
        if cut is not None:
            self._due = item.at + EVERY
            score = self._detector.judge(cut)
            self._said.append(score)
            words = f"“{self._name.repository}” says {score:.0%} forged of this face."
            yield Finding(item.at, item.at + EVERY, self.name, score, words)

    def flush(self) -> Iterator[Finding]:
        """Sum up."""
        first = self._first or 0
        if not self._said:
            why = "Every face was too small or cut off." if self._small else "No face was found."
            yield Finding(first, self._last, self.name, None, why, whole=True, quality=0.0)
            return
        score = robust(self._said)
        times = "once" if len(self._said) == 1 else f"{len(self._said)} times"
        reason = (
            f"The published detector “{self._name.repository}” ({self._name.revision}) looked at a "
            f"face {times} and says {score:.0%} forged. {CAUTION}"
        )
        quality = min(1.0, 0.4 + 0.06 * len(self._said))
        yield Finding(first, self._last, self.name, score, reason, whole=True, quality=quality)

    def _cut(self, look: Look) -> Bytes | None:
        """The largest human face with room around it, in the picture's own pixels."""
        sight = next((one for one in look.sights if one.human), None)
        if sight is None:
            return None
        cut = cut_face(look.picture.pixels, sight.face.landmarks, SIDE, MARGIN)
        if cut is None or sight.face.height < LEAST:
            self._small = True
            return None
        left, top, right, bottom = (max(0, round(edge)) for edge in cut.box)
        return look.picture.pixels[top:bottom, left:right]


def open_published(names: tuple[HubName, ...]) -> tuple[Published, ...]:
    """Open fetched detectors. Raises WeightsMissing, which names the command that fetches one."""
    return tuple(Published(name, open_detector(name)) for name in dict.fromkeys(names))
