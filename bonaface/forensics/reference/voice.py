"""Is this the enrolled voice?"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from bonaface.core import Finding, Sound
from bonaface.forensics.inspector import Seen
from bonaface.forensics.reference.file import Likely
from bonaface.forensics.reference.speaking import Speaking, Uttered
from bonaface.forensics.reference.weigh import Weigh, tell_spans

NAME: Final = "reference-voice"
# Chosen, not fitted: `bench/reference.py --fit` says .774 and 36.8 for 3 s, from recordings of one
# session each. Another room or microphone moves a voice further, so these are laxer; for longer
# speech too few voices were there to fit anything.
RUN_WEIGH: Final = Weigh(middle=0.86, steep=18.0)  # distance of 3 s
WHOLE_WEIGH: Final = Weigh(middle=0.83, steep=24.0)
ENOUGH: Final = 6.0  # s of speech, for full quality
CLONE: Final = "A good imitation or clone of the voice would fit as well."


class VoiceReference:
    """Inspector: compares all speech with the enrolled voice."""

    name = NAME

    def __init__(self, enrolled: Likely) -> None:
        self._enrolled = enrolled
        self._speaking = Speaking()
        self.reset()

    def reset(self) -> None:
        """Forget what was heard."""
        self._speaking.reset()
        self._heard: list[Uttered] = []
        self._moments: list[Finding] = []

    def push(self, item: Seen) -> Iterator[Finding]:
        """Hear more."""
        if isinstance(item, Sound):
            for uttered in self._speaking.push(item):
                yield self._judged(uttered)

    def flush(self) -> Iterator[Finding]:
        """Judge the rest, and sum up."""
        for uttered in self._speaking.flush():
            yield self._judged(uttered)
        yield self._sum()

    def _judged(self, uttered: Uttered) -> Finding:
        score = RUN_WEIGH.score(self._enrolled.distance(uttered.point))
        self._heard.append(uttered)
        words = "is not" if score >= 0.5 else "could be"
        reason = f"This {words} the enrolled voice."
        finding = Finding(uttered.at, uttered.until, NAME, score, reason)
        self._moments.append(finding)
        return finding

    def _sum(self) -> Finding:
        if not self._heard:
            why = "it is too faint" if self._speaking.faint else "there is too little of it"
            why = "noise or music covers it" if self._speaking.covered else why
            reason = f"No speech could be compared with the enrolled voice: {why}."
            return Finding(0, 0, NAME, None, reason, whole=True, quality=0.0)
        first, last = self._heard[0].at, self._heard[-1].until
        seconds = sum(one.seconds for one in self._heard)
        far = np.array([self._enrolled.distance(one.point) for one in self._heard])
        shares = np.array([one.seconds for one in self._heard]) / seconds
        alien = [one for one in self._moments if (one.score or 0) >= 0.5]
        share = sum(one.until - one.at for one in alien) / max(1, last - first)
        score = WHOLE_WEIGH.score(float(far @ shares))
        if alien and share > 0.15:  # another voice for part of the time is another voice
            score = max(
                score, WHOLE_WEIGH.score(float(np.sort(far)[-max(1, len(far) // 4) :].mean()))
            )
        reason = f"{tell_spans('Not the enrolled voice', alien)} {_summed(score, seconds)}"
        quality = min(1.0, seconds / ENOUGH)
        return Finding(first, last, NAME, score, reason.strip(), whole=True, quality=quality)


def _summed(score: float, seconds: float) -> str:
    heard = f"{seconds:.0f} seconds of speech were compared."
    if score >= 0.9:
        return f"{heard} The voice is not that of the enrolled person."
    if score <= 0.5:
        return f"{heard} The voice fits the enrolled person. {CLONE}"
    return f"{heard} The voice fits the enrolled person badly, and not so badly as to exclude it."
