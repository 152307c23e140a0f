"""Where a file comes from, as far as it says so itself: credentials, hidden marks, consent.

This room reads no files; it is given what was read. Marks tell what was made by whoever marks;
their absence tells nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from bonaface.consent.ledger import status
from bonaface.core import Finding, Time
from bonaface.marks.ancestry import describe
from bonaface.marks.credentials import Credentials

Consent: TypeAlias = Literal["active", "expired", "revoked", "unknown", "none"]

# How many times more often this evidence is met on made media than on genuine media. Not measured:
# the hidden marks count for less than the false alarms found so far would allow (none), because
# whoever reads the source can write one; a signer unknown here may say anything, but hardly
# anybody signs that a genuine picture is made. Change after signing also happens by damage.
_TRUSTED, _MARK_WITH_ID, _SAID, _MARK, _CHANGED = 1000.0, 1000.0, 100.0, 100.0, 20.0


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


def look_up_consent(credentials: Credentials, now: datetime) -> Consent:
    """Ask this installation's ledger about the record that the credentials name.

    Only if the signer is trusted: anybody can copy the name of a record out of one file into
    another, and sign that themselves.
    """
    named = credentials.said.consent
    if named is None:
        return "none"
    if credentials.state != "trusted":
        return "unknown"
    return status(named.record_id, named.digest, now)


def inspect_origin(evidence: Evidence) -> tuple[Finding, ...]:
    """Turn what was read into findings, one for each kind of evidence that was looked for."""
    findings = [_finding(evidence, "credentials", *_weigh_credentials(evidence.credentials))]
    if evidence.picture is not None:
        weighed = _weigh_mark(evidence.picture, "picture")
        findings.append(_finding(evidence, "picture-mark", *weighed))
    if evidence.sound is not None:
        weighed = _weigh_mark(evidence.sound, "sound")
        findings.append(_finding(evidence, "sound-mark", *weighed))
    return tuple(findings)


def bound_elsewhere(evidence: Evidence) -> bool:
    """Tell whether a hidden mark that was read is not among those the credentials bind."""
    bound = {value.lower() for _, value in evidence.credentials.said.marks}
    read = {mark.id.lower() for mark in (evidence.picture, evidence.sound) if mark and mark.id}
    return bool(bound and read) and not read <= bound


def _finding(evidence: Evidence, inspector: str, ratio: float | None, reason: str) -> Finding:
    score = None if ratio is None else ratio / (1.0 + ratio)
    return Finding(0, evidence.until, inspector, score, reason)


def _weigh_credentials(credentials: Credentials) -> tuple[float | None, str]:
    score, reason = _weigh_said(credentials)
    before = (describe(one) for one in credentials.said.ancestors if one.state != "none")
    return score, " ".join((reason, *before))


def _weigh_said(credentials: Credentials) -> tuple[float | None, str]:
    said, state = credentials.said, credentials.state
    name = f"“{said.issuer}”" if said.issuer else "somebody without a name"
    if state == "none":
        return None, "The file carries no credentials."
    if state == "invalid":
        why = credentials.problems[0] if credentials.problems else "They do not hold."
        return (_CHANGED if credentials.altered else None), f"The credentials are invalid. {why}"
    known = "trusted here" if state == "trusted" else "unknown here"
    signer = f"signed by {name}, who is {known}"
    if said.ai:
        ratio = _TRUSTED if state == "trusted" else _SAID
        return ratio, f"The credentials are intact, {signer}, and say that AI made or changed this."
    if said.ai is False:
        return None, f"The credentials are intact, {signer}, and say that a camera recorded this."
    return None, f"The credentials are intact, {signer}, and do not say how this was made."


def _weigh_mark(mark: Mark, where: str) -> tuple[float | None, str]:
    if not mark.found:
        return None, f"No hidden mark was found in the {where}."
    if mark.id is None:
        return _MARK, f"The {where} carries Bonaface's hidden mark; its id is not legible."
    return _MARK_WITH_ID, f"The {where} carries Bonaface's hidden mark, id {mark.id}."
