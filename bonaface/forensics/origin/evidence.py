"""Where a file comes from, as far as it says so itself: credentials, hidden marks, consent.

This room reads no files; it is given what was read. Marks tell what was made by whoever marks;
their absence tells nothing.
"""

from dataclasses import dataclass
from typing import TypeAlias

from bonaface.core import Finding, Time
from bonaface.forensics.origin.audioseal import PublicMark, describe_mark
from bonaface.forensics.origin.maker import describe_maker
from bonaface.forensics.origin.recovery import HERE, NO_TRACE, Recovered, Trace
from bonaface.forensics.origin.standing import Consent
from bonaface.forensics.origin.tags import Tag
from bonaface.forensics.origin.traces import inspect_traces
from bonaface.forensics.origin.trustmark import PictureMark, describe_picture_mark
from bonaface.forensics.origin.videoseal import KnownMark, describe_known_mark
from bonaface.marks.credentials.ancestry import describe
from bonaface.marks.credentials.files import Credentials
from bonaface.marks.credentials.manifest import SEEN_ALGORITHM

# How many times more often this evidence is met on made media than on genuine media. Not measured:
# the hidden marks count for less than the false alarms found so far would allow (none), because
# whoever reads the source can write one; a signer unknown here may say anything, but hardly
# anybody signs that a genuine picture is made. Change after signing also happens by damage.
_TRUSTED, _MARK_WITH_ID, _SAID, _MARK, _CHANGED = 1000.0, 1000.0, 100.0, 100.0, 20.0
Public: TypeAlias = PublicMark | PictureMark | KnownMark


@dataclass(frozen=True, slots=True)
class Mark:
    """What a reader of hidden marks found."""

    found: bool
    id: str | None = None  # hex; None where the mark is there but its id is not legible
    strength: float = 0.0  # as the reader measures it; higher is surer


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known about one file."""

    credentials: Credentials
    consent: Consent = "none"
    picture: Mark | None = None  # None: there is no picture to look at
    sound: Mark | None = None  # None: there is no sound to listen to
    until: Time = 0  # how long it lasts; 0 for a still
    limits: tuple[str, ...] = ()  # sentences: what could not be read
    trace: Trace = NO_TRACE  # to what the hidden marks led
    tags: tuple[Tag, ...] = ()  # what the file says of itself, unsigned
    public: tuple[Public, ...] = ()  # marks of other makers that were looked for
    inspected: tuple[Finding, ...] = ()  # what the inspectors of pictures and sound found

    @property
    def marked(self) -> bool:
        """Whether a hidden mark was found."""
        return any(mark.found for mark in (self.picture, self.sound) if mark is not None)

    @property
    def recovered(self) -> Recovered | None:
        """The stripped credentials of this very film, where the mark led to them."""
        found = self.trace.recovered
        return found if found is not None and found.fits else None


def inspect_origin(evidence: Evidence) -> tuple[Finding, ...]:
    """Turn what was read into findings, one for each kind of evidence that was looked for."""
    findings = [_finding(evidence, "credentials", *_weigh_credentials(evidence.credentials))]
    if evidence.picture is not None:
        weighed = _weigh_mark(evidence.picture, "picture")
        findings.append(_finding(evidence, "picture-mark", *weighed))
    if evidence.sound is not None:
        weighed = _weigh_mark(evidence.sound, "sound")
        findings.append(_finding(evidence, "sound-mark", *weighed))
    if evidence.trace.recovered is not None:
        weighed = _weigh_recovered(evidence.trace.recovered)
        findings.append(_finding(evidence, "recovered-credentials", *weighed))
    if said := describe_maker(evidence.credentials):
        findings.append(_finding(evidence, "maker", None, said))
    findings.extend(
        _finding(evidence, "public-mark", None, _describe_public(mark)) for mark in evidence.public
    )
    return (*findings, *inspect_traces(evidence.tags, evidence.until))


def _describe_public(mark: Public) -> str:
    if isinstance(mark, PublicMark):
        return describe_mark(mark)
    return describe_known_mark(mark) if isinstance(mark, KnownMark) else describe_picture_mark(mark)


def bound_elsewhere(evidence: Evidence) -> bool:
    """Tell whether a hidden mark that was read is not among those the credentials bind."""
    said = evidence.credentials.said.marks
    bound = {value.lower() for name, value in said if name != SEEN_ALGORITHM}
    read = {mark.id.lower() for mark in (evidence.picture, evidence.sound) if mark and mark.id}
    return bool(bound and read) and not read <= bound


def _finding(evidence: Evidence, inspector: str, ratio: float | None, reason: str) -> Finding:
    score = None if ratio is None else ratio / (1.0 + ratio)
    return Finding(0, evidence.until, inspector, score, reason)


def _weigh_credentials(credentials: Credentials) -> tuple[float | None, str]:
    if credentials.state == "none":
        return None, "The file carries no credentials."
    if credentials.state == "invalid":
        why = credentials.problems[0] if credentials.problems else "They do not hold."
        reason = f"The credentials are invalid. {why}"
        return (_CHANGED if credentials.altered else None), _with_past(credentials, reason)
    return _weigh_intact(credentials, "The credentials")


def _weigh_intact(credentials: Credentials, which: str) -> tuple[float | None, str]:
    said, trusted = credentials.said, credentials.state == "trusted"
    name = f"“{said.issuer}”" if said.issuer else "somebody without a name"
    known = "who is trusted here" if trusted else "who is unknown here"
    signer = f"signed by {name}, {'whose certificate has ended' if credentials.ended else known}"
    ratio = (_TRUSTED if trusted else _SAID) if said.ai else None
    how = "do not say how this was made"
    if said.ai is not None:
        how = f"say that {'AI made or changed' if said.ai else 'a camera recorded'} this"
    return ratio, _with_past(credentials, f"{which} are intact, {signer}, and {how}.")


def _with_past(credentials: Credentials, reason: str) -> str:
    before = (describe(one) for one in credentials.said.ancestors if one.state != "none")
    return " ".join((reason, *before))


def _weigh_recovered(found: Recovered) -> tuple[float | None, str]:
    where = "in the log of this installation" if found.source == HERE else f"at {found.source}"
    credentials = found.credentials
    if not found.holds:
        return None, f"The hidden mark leads to credentials {where} that do not hold."
    ratio, sentence = _weigh_intact(credentials, f"The credentials that the mark led to {where}")
    return (ratio if found.fits else None), sentence


def _weigh_mark(mark: Mark, where: str) -> tuple[float | None, str]:
    if not mark.found:
        return None, f"No hidden mark was found in the {where}."
    if mark.id is None:
        return _MARK, f"The {where} carries Bonaface's hidden mark; its id is not legible."
    return _MARK_WITH_ID, f"The {where} carries Bonaface's hidden mark, id {mark.id}."
