"""What is audited on films and sounds: lips, made voices, spoken digits, faces found, voices.

Each recording runs past the inspectors once, as in a check (`examine`): of long ones stretches. An
answer is an alarm from where the program says so. Silence, music, a face turned away: what an
inspector cannot judge is counted as not judged, with its reason.
"""

import re
from typing import Final

from bonaface.core import Finding
from bonaface.examine import examine
from bonaface.fairness.people import Person
from bonaface.fairness.rates import Audit, sum_up
from bonaface.fairness.table import Table
from bonaface.fairness.voices import Voices
from bonaface.fairness.witnesses import Ear, Faces
from bonaface.forensics.lipsync.inspector import SUSPECT, Lipsync
from bonaface.forensics.liveness.digits import READ, read_digits
from bonaface.forensics.spoof.inspector import Spoof
from bonaface.forensics.spoof.odds import open_odds
from bonaface.media.files import look

LIPS: Final = "lips against sound"
MADE: Final = "made voice"
DIGITS: Final = "spoken digits"
FRAMES: Final = "face finder, films"
ASKED: Final = {  # what an alarm on a genuine recording is called, and of what it is asked
    FRAMES: ("pictures in which no face was found", "films"),
    LIPS: ("genuine films called out of step", "films"),
    MADE: ("people's voices pointed out as made", "recordings"),
    DIGITS: ("people whose digits are not recognised", "recordings in which digits are read"),
}


class Recordings:
    """The films and sounds of an audit."""

    def __init__(self, *, matches: bool) -> None:
        self.asked = 0
        self._tables = {name: Table() for name in ASKED}
        self._voices = Voices() if matches else None

    def add(self, person: Person) -> None:
        """Ask about one. Raises UnreadableMedia, and WeightsMissing without the common models."""
        self.asked += 1
        media = look(person.path)
        faces, ear, film = Faces(), Ear(), media.kind == "video"
        seeing = (faces, Lipsync()) if film else ()
        told = examine(media, (ear, Spoof(), *seeing)).findings
        sums = {finding.inspector: finding for finding in told if finding.whole}
        tone = faces.tone
        groups = {**person.labels, **({"tone": tone} if tone is not None else {})}
        if film:
            self._judge(FRAMES, faces.missed, 0.0, groups, person)
            self._judge(LIPS, sums[Lipsync.name], SUSPECT, groups, person)
        self._judge(MADE, sums[Spoof.name], open_odds().suspect, groups, person)
        if read_digits(person.said) and not person.forged:
            self._judge(DIGITS, ear.hear_digits(person.said), 1 - READ, groups, person)
        if self._voices is not None and not person.forged:
            self._voices.add(ear.points, person.labels, groups, person.who)

    def _judge(
        self,
        name: str,
        told: Finding,
        threshold: float,
        groups: dict[str, str],
        person: Person,
    ) -> None:
        table = self._tables[name]
        if told.score is None:
            table.abstain(re.sub(r"^[\d.]+ s are", "A few seconds are", told.reason))
            return
        alarm = told.score if name == FRAMES else float(told.score >= threshold)
        table.tell(told.score, alarm, groups, forged=person.forged, who=person.who)

    def compare(self) -> list[Audit]:
        """What was found; nothing of what was never asked."""
        told = [
            sum_up(name, ASKED[name][0], table, asked=ASKED[name][1])
            for name, table in self._tables.items()
            if table.scores or table.passed
        ]
        return told + (self._voices.compare() if self._voices and self.asked else [])
