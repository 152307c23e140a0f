"""Voices against voices: is a person called another, and how often is another taken for them?

A run of 2 to 3 s of speech stands for the enrolled voice, as the inspector of references hears it
moment by moment, and is compared with other runs: of the same person (from other recordings, where
there are some), of up to PARTNERS people of the same labels, and of as many drawn from all. A real
enrolment takes 10 s and more, and a sum over all moments decides there. Recordings that the table
gives to nobody are of somebody each: rates of being let in are upper bounds. Nothing is kept when
the audit ends.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from bonaface.fairness.matches import LET_IN, PARTNERS
from bonaface.fairness.rates import Audit, sum_up
from bonaface.fairness.table import Table
from bonaface.forensics.reference.voice import RUN_WEIGH
from bonaface.speech.voice import Floats

ALIKE: Final = "voice match, same group"
ANYBODY: Final = "voice match, anybody"
OWN: Final = "voice match, own voice"
VOICES: Final = (OWN, ALIKE, ANYBODY)
SAME: Final = 1e-3  # distance of two runs within which it is one recording twice


@dataclass(slots=True, eq=False)
class _Speaker:
    who: str
    labels: dict[str, str]  # as the table gives them: no tone, which is not heard
    groups: dict[str, str]
    recordings: list[Floats] = field(default_factory=list)  # points (n, any) of each

    def draw(self, dice: np.random.Generator) -> Floats:
        """Any run."""
        points = np.concatenate(self.recordings)
        return np.asarray(points[dice.integers(len(points))])

    def pairs(self, dice: np.random.Generator) -> list[tuple[Floats, Floats]]:
        """Two runs each, of different recordings where there are several."""
        places = [(r, n) for r, points in enumerate(self.recordings) for n in range(len(points))]
        several = len(self.recordings) > 1
        found = [(a, b) for i, a in enumerate(places) for b in places[:i]
                 if not several or a[0] != b[0]]  # fmt: skip
        drawn = dice.permutation(len(found))[:PARTNERS]
        runs = self.recordings
        return [(runs[a[0]][a[1]], runs[b[0]][b[1]]) for a, b in (found[i] for i in drawn.tolist())]


class Voices:
    """The voices of an audit."""

    def __init__(self) -> None:
        self._speakers: dict[str | int, _Speaker] = {}
        self._mute = 0

    def add(
        self, points: Floats, labels: dict[str, str], groups: dict[str, str], who: str = ""
    ) -> None:
        """Keep where the runs of a recording lie, (n, any)."""
        if not len(points):
            self._mute += 1
            return
        new = _Speaker(who, labels, groups)
        one = self._speakers.setdefault(who or len(self._speakers), new)
        one.groups = {**groups, **one.groups}
        one.recordings.append(points)

    def compare(self) -> list[Audit]:
        """Let everybody try to be themselves and others."""
        own, alike, anybody = tables = Table(), Table(), Table()
        for _ in range(self._mute):
            for table in tables:
                table.abstain("No two seconds of clear speech were found.")
        dice = np.random.default_rng(0)
        everybody = list(self._speakers.values())
        for one in everybody:
            others = [other for other in everybody if other is not one]
            near = [other for other in others if other.labels == one.labels]
            _tell(own, one, one.pairs(dice), own=True)
            _tell(alike, one, _draw(one, near, dice), own=False)
            _tell(anybody, one, _draw(one, others, dice), own=False)
        words = ("people called another", LET_IN, LET_IN)
        return [
            sum_up(name, wrong, table, asked="voices")
            for name, wrong, table in zip(VOICES, words, tables, strict=True)
        ]


def _draw(
    one: _Speaker, others: list[_Speaker], dice: np.random.Generator
) -> list[tuple[Floats, Floats]]:
    drawn = dice.permutation(len(others))[:PARTNERS].tolist()
    return [(one.draw(dice), others[i].draw(dice)) for i in drawn]


def _tell(table: Table, one: _Speaker, pairs: list[tuple[Floats, Floats]], *, own: bool) -> None:
    far = [float(np.linalg.norm(a - b)) for a, b in pairs]
    wrong = [(RUN_WEIGH.score(each) < 0.5) != own for each in far if each > SAME]
    why = "Only one run of speech was found." if own else "Nobody else has the same labels."
    table.tell_tries(wrong, one.groups, one.who, why)
