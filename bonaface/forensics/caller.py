"""One live caller: what is seen and heard at rest, what is asked, and the seal that follows.

`CallerCheck` is synchronous and owned by one thread at a time. At rest two pictures a second are
looked at; while a challenge runs, all. What the caller may know is what to do next, and never how
the answer was judged: that would teach how to pass.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Final

from bonaface.core import SECOND, Finding, Picture, Sound, Time
from bonaface.forensics.fusion import decides
from bonaface.forensics.inspector import RATE, Inspector
from bonaface.forensics.live_mark import LiveMark
from bonaface.forensics.liveness.abilities import Abilities
from bonaface.forensics.liveness.challenge import Challenge
from bonaface.forensics.liveness.round import Round, Seal, draw_parts
from bonaface.forensics.look import Looker
from bonaface.forensics.watch import REST, Watch
from bonaface.speech.resample import Resample

GONE: Final = 5 * SECOND  # without a picture
LASTING: Final = 3  # moments in a row that speak against a caller, before the seal says so


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with a caller, for whoever asked for the check."""

    seal: Seal
    findings: tuple[Finding, ...]  # the newest of each inspector, then the answers to challenges
    faces: int  # in the newest picture
    asked: bool  # a round runs
    seen: Picture | None  # the newest


class CallerCheck:
    """What is known of one caller."""

    def __init__(self, inspectors: Sequence[Inspector], random: Random) -> None:
        self._watch, self._random = Watch(inspectors), random
        self._looker, self._resample, self._mark = Looker(), Resample(RATE), LiveMark()
        self._round: Round | None = None
        self._abilities: Abilities | None = None  # that the round was drawn for
        self._running = False
        self._against: dict[str, int] = {}
        self._seen: Picture | None = None
        self._faces = 0

    def see(self, picture: Picture) -> None:
        """Look at a picture, where it is time to. Raises ConsentDenied, as inspectors do."""
        self._mark.see(picture)
        last = self._seen
        if not self._running and last is not None and 0 <= picture.at - last.at < REST:
            return
        self._seen = picture
        for look in self._looker.push(picture):
            self._faces = len(look.sights)
            self._count(self._watch.push(look))
            if self._round is not None and self._running:
                self._round.push(look)

    def hear(self, sound: Sound) -> None:
        """Hear the microphone, at any rate."""
        for run in self._resample.push(sound):
            self._count(self._watch.push(run))
            if self._round is not None and self._running:
                self._round.push(run)

    def compare(self, inspectors: Sequence[Inspector]) -> None:
        """Compare with an enrolled person, too, from now on."""
        self._watch.join(inspectors)

    def ask(self, abilities: Abilities, at: Time) -> Challenge | None:
        """Begin a round that suits the caller, or follow up one that ended unclear.

        Answers what to ask first.
        """
        same = self._round if abilities == self._abilities else None
        following = same.follow_up(self._random, at) if same else None
        self._round = following or Round(self._random, draw_parts(**asdict(abilities)))
        self._abilities, self._running = abilities, True
        return self.go_on(at)

    def begin(self, nonce: str, at: Time) -> None:
        """The page shows the challenge. Raises RequestRefused (409)."""
        if self._round is not None:
            self._round.begin(nonce, at)

    def go_on(self, at: Time) -> Challenge | None:
        """Judge the challenge that was open; answers the next, or None when the round is over."""
        if self._round is None:
            return None
        following = self._round.issue(at)
        if following is None:
            self._running = False
        return following

    def note(self, report: Mapping[str, object]) -> None:
        """Take what the page says of its camera; nothing of it is believed."""
        if self._round is not None and self._running:
            self._round.note(report)

    def decline(self) -> None:
        """The caller says no, before or during a round."""
        self._round, self._running = self._round or Round(self._random, ()), False
        self._round.decline()

    def standing(self, now: Time) -> Standing:
        """How it stands; a round whose caller went silent is over."""
        if self._running and self._round is not None and self._round.overdue(now):
            self._running = False
            self._round.finish(now)
        answers = self._round.findings if self._round is not None else ()
        return Standing(
            seal=self._seal(now),
            findings=(*self._mark.found, *self._watch.newest, *answers),
            faces=self._faces,
            asked=self._running,
            seen=self._seen,
        )

    def _seal(self, now: Time) -> Seal:
        if self._seen is None or now - self._seen.at > GONE:
            return Seal("grey", "No picture comes")
        said = self._round.seal() if self._round is not None else Seal("grey", "Not checked")
        if self._mark.found:
            reasons = (self._mark.found[0].reason, *said.reasons)
            return Seal(
                "red" if said.colour == "red" else "amber", "Made by AI, and says so", reasons
            )
        against = tuple(one for one in self._watch.newest if self._stands(one.inspector))
        if not against:
            return said
        reasons = (*said.reasons, *(one.reason for one in against))
        if said.colour == "red":
            return Seal("red", said.word, reasons)
        return Seal(
            "red" if _of_the_person(against) else "amber", "Something does not fit", reasons
        )

    def _count(self, found: Sequence[Finding]) -> None:
        """Count moments in a row that are as suspicious as a file would have to be."""
        for one in found:
            if one.score is not None:
                suspicious = one.score >= decides(one.inspector)
                self._against[one.inspector] = suspicious * (
                    self._against.get(one.inspector, 0) + 1
                )

    def _stands(self, inspector: str) -> bool:
        return self._against.get(inspector, 0) >= LASTING


def _of_the_person(findings: Sequence[Finding]) -> bool:
    """Whether the enrolled person's own voice or face is what does not fit."""
    return any(one.inspector.startswith("reference") for one in findings)
