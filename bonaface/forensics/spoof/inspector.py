"""Is this speech made by a machine? Start here.

Speech is cut into runs of 4 s (runs.py), each is measured (measures.py) and weighed (odds.py): how
much is it like what machines make? It hears the traces that vocoders leave, not what is said, nor
by whom.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from bonaface.core import SECOND, Finding, Sound, Time
from bonaface.forensics.inspector import RATE, Seen
from bonaface.forensics.spoof.measures import measure_run
from bonaface.forensics.spoof.odds import Odds, open_odds
from bonaface.forensics.spoof.runs import SIZE, Floats, cut_runs, fill_run, tidy
from bonaface.speech.activity import BEFORE, WINDOW, Listener
from bonaface.speech.clearness import measure

NAME: Final = "spoof"
BLOCK: Final = 6 * RATE  # samples that are looked over together
GAP: Final = SECOND // 10  # longer, and a new block begins
LEAST: Final = 2 * RATE  # samples of speech
SPOKEN: Final = 0.6  # share of what is loud that must be speech
HEARD: Final = 0.003  # root mean square of what is loud enough, about -50 dB
CLEAR: Final = 12.0  # dB between the loud and the floor
SCOPE: Final = "It does not know all machines: good new voices may pass."


class Spoof:
    """Inspector: sound in; a finding for each run of speech, and their sum."""

    name = NAME

    def __init__(self, odds: Odds | None = None) -> None:
        self._odds = odds or open_odds()
        self._listener = Listener()
        self.reset()

    def reset(self) -> None:
        """Forget all."""
        self._block: list[Sound] = []
        self._count = 0  # samples in the block
        self._held: list[Floats] = []  # tidied speech that fills no run yet
        self._from: Time | None = None  # when what is held began
        self._span: tuple[Time, Time] | None = None
        self._logits: list[float] = []
        self._reasons: dict[str, int] = {}
        self._listener.reset()

    def push(self, item: Seen) -> Iterator[Finding]:
        """Take a run of sound; pictures are passed over."""
        if not isinstance(item, Sound):
            return
        if self._block and abs(item.at - self._block[-1].until) > GAP:
            yield from self._close()
        self._span = (self._span[0] if self._span else item.at, item.until)
        self._block.append(item)
        self._count += len(item.samples)
        if self._count >= BLOCK:
            yield from self._close()

    def flush(self) -> Iterator[Finding]:
        """Judge what is left, then all."""
        yield from self._close()
        left = np.concatenate([np.zeros(0, np.float32), *self._held])
        if len(left) >= (LEAST if not self._logits else SIZE // 2):
            yield self._judge(fill_run(left), self._span[1] if self._span else 0)
        yield self._sum()

    def _close(self) -> Iterator[Finding]:
        """Judge the runs that a block fills."""
        block, self._block, self._count = self._block, [], 0
        if not block:
            return
        samples = np.concatenate([sound.samples for sound in block])
        if reason := self._refuse(samples):
            self._reasons[reason] = self._reasons.get(reason, 0) + 1
            return
        self._from = block[0].at if self._from is None else self._from
        self._held.append(tidy(samples))
        whole = np.concatenate(self._held)
        for run in cut_runs([whole]):
            yield self._judge(run, block[-1].until)
        rest = len(whole) % SIZE
        self._held = [whole[len(whole) - rest :]] if rest else []

    def _refuse(self, samples: Floats) -> str | None:
        """Say why a block cannot be judged."""
        loud, clear = measure(samples)
        if loud < HEARD:
            return "it is silent or too quiet"
        if clear < CLEAR:
            return "noise or music covers it"
        return None if self._spoken(samples) >= SPOKEN else "little of it is speech"

    def _spoken(self, samples: Floats) -> float:
        """The share of what is loud that is speech."""
        whole = np.concatenate([np.zeros(BEFORE, np.float32), samples])
        places = np.arange(0, len(samples) - WINDOW + 1, WINDOW)
        if not len(places):
            return 0.0
        level = np.array([np.square(samples[at : at + WINDOW]).mean() for at in places])
        chances = [self._listener.judge(whole[at : at + WINDOW + BEFORE]) for at in places]
        return float(np.mean(np.array(chances)[level >= level.max() / 300] > 0.5))

    def _judge(self, run: Floats, until: Time) -> Finding:
        logit = self._odds.weigh(measure_run(run))
        self._logits.append(logit)
        first, self._from = self._from if self._from is not None else until, until
        score = self._odds.calibrate(logit)
        words = (
            "sounds like a machine's"
            if score >= self._odds.suspect
            else "shows no clear machine traces"
        )
        return Finding(first, until, NAME, score, f"The voice {words}.")

    def _sum(self) -> Finding:
        first, last = self._span or (0, 0)
        if not self._logits:
            return Finding(first, last, NAME, None, self._why_not(), whole=True, quality=0.0)
        count = len(self._logits)
        score = self._odds.calibrate(float(np.mean(self._logits)))
        quality = min(1.0, 0.4 + 0.15 * count)
        seconds = count * SIZE // RATE
        reason = f"About {seconds} seconds of speech were heard. {self._weighed(score)} {SCOPE}"
        return Finding(first, last, NAME, score, reason, whole=True, quality=quality)

    def _why_not(self) -> str:
        """Say why nothing was judged."""
        if self._span is None:
            return "There is no sound, so no voice was heard."
        if not self._reasons:
            return f"Less than {LEAST // RATE} seconds of speech: too short to tell who made it."
        reason = max(self._reasons, key=lambda said: self._reasons[said])
        return f"Whether a machine made the voice cannot be told: {reason}."

    def _weighed(self, score: float) -> str:
        if score >= self._odds.suspect:
            return "The sound has traces that machines' voices leave and few recordings have."
        if score <= 1 - self._odds.suspect:
            return "The sound is like recordings of people."
        return "The sound settles nothing either way."
