"""What the mouth of the face that is followed does for the phones that are heard."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from bonaface.core import SECOND, Sound
from bonaface.errors import WeightsMissing
from bonaface.forensics.inspector import Seen, join_sounds
from bonaface.forensics.look import Look
from bonaface.forensics.reference.motion.following import Following, Moved
from bonaface.forensics.reference.motion.shapes import Shape, shape_phones
from bonaface.speech.recognise import LONGEST, recognise

MOST: Final = LONGEST * SECOND  # that is heard together
KEPT: Final = 15  # windows: more than fit into MOST
GAP: Final = SECOND  # of missing sound, after which it is no longer heard together


class Talking:
    """Sound and windows of one recording in, mouth shapes by class of phone out."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all."""
        self._runs: list[Sound] = []
        self._windows: list[Moved] = []

    def hear(self, sound: Sound) -> Iterator[Shape]:
        """Take the next run of sound; give what is known of the stretch that it ends."""
        if self._runs:
            first, last = self._runs[0].at, self._runs[-1].until
            if not -GAP <= sound.at - last <= GAP or sound.until - first > MOST:
                yield from self.close()
        self._runs.append(sound)

    def see(self, moved: Moved) -> None:
        """Take a window."""
        self._windows = [*self._windows[-KEPT:], moved]

    def close(self) -> Iterator[Shape]:
        """Judge what was heard so far; nothing without the model of speech."""
        runs, self._runs = self._runs, []
        if not runs:
            return
        first, last = runs[0].at, runs[-1].until
        windows = [one for one in self._windows if one.at < last]
        self._windows = [one for one in self._windows if one.until > last]
        if not windows:
            return
        try:
            phones = recognise(join_sounds(runs, first, last))
        except WeightsMissing:
            return
        for moved in windows:
            yield from shape_phones(moved.traits, moved.at - first, phones)


class Talker:
    """Stage[Seen, Moved]: the largest face while it talks, and in `shapes` what its mouth does."""

    def __init__(self) -> None:
        self._following, self._talking = Following(), Talking()
        self.reset()

    def reset(self) -> None:
        """Forget all."""
        self._following.reset()
        self._talking.reset()
        self.shapes: list[Shape] = []

    @property
    def why(self) -> Counter[str]:
        """How many windows were left out, by reason."""
        return self._following.why

    def push(self, item: Seen) -> Iterator[Moved]:
        """Look at a picture, or hear a run of sound."""
        if isinstance(item, Look):
            yield from self._take(self._following.push(item))
        else:
            self.shapes += self._talking.hear(item)

    def flush(self) -> Iterator[Moved]:
        """Nothing more comes."""
        yield from self._take(self._following.flush())
        self.shapes += self._talking.close()

    def _take(self, windows: Iterable[Moved]) -> Iterator[Moved]:
        for moved in windows:
            self._talking.see(moved)
            yield moved
