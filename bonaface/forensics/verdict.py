"""The verdict on a file: one of five words, with the sentences that lead to it.

A file is never called authentic because nothing was found in it. Only credentials by a trusted
signer who recorded it with a camera do that.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from bonaface.core import Finding
from bonaface.forensics.origin import Evidence, bound_elsewhere, inspect_origin

Word: TypeAlias = Literal[
    "made-by-ai", "manipulated", "authentic-signed", "no-signs", "cannot-tell"
]
_EXIT_CODES: dict[Word, int] = {
    "authentic-signed": 0,
    "no-signs": 0,
    "made-by-ai": 1,
    "manipulated": 1,
    "cannot-tell": 2,
}
_CONSENT = {
    "active": "It names a consent record that was granted here and is in force.",
    "expired": "It names a consent record that was granted here and has expired.",
    "revoked": "It names a consent record that was granted here and has been revoked.",
    "unknown": "It names a consent record that this installation cannot confirm.",
}
_NO_DETECTOR = (
    "There is no detector for unmarked forgeries in this version: a file without marks may be "
    "genuine or forged."
)
_STRIPPED = "Credentials are lost when a file is re-encoded, so their absence means nothing."
_COPIED = (
    "A hidden mark can be written by others who read Bonaface's source; only trusted credentials "
    "say who made a file."
)
_UNKNOWN_SIGNER = "The name of an unknown signer proves nothing: anybody can sign under any name."
_FILMED = "A camera may have recorded a screen or a print: the signature vouches for the recording."


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from the evidence."""

    word: Word
    probability: float | None  # that it was made or manipulated; None where nothing supports one
    reasons: tuple[str, ...]  # sentences, the weightiest first
    limits: tuple[str, ...]  # sentences: what this verdict does not cover

    @property
    def exit_code(self) -> int:
        """0 authentic-signed or no-signs, 1 made-by-ai or manipulated, 2 cannot-tell."""
        return _EXIT_CODES[self.word]


def judge(evidence: Evidence) -> Verdict:
    """Draw the verdict from credentials, hidden marks and consent."""
    findings = inspect_origin(evidence)
    word = _word(evidence)
    scores = [finding.score for finding in findings if finding.score is not None]
    probability = max(scores) if scores and word in {"made-by-ai", "manipulated"} else None
    return Verdict(word, probability, _reasons(evidence, findings), _limits(evidence, word))


def _word(evidence: Evidence) -> Word:
    credentials = evidence.credentials
    holds = credentials.state in {"trusted", "valid"}
    if _marked(evidence) or (holds and credentials.said.ai):
        return "made-by-ai"
    if credentials.altered:
        return "manipulated"
    if credentials.state == "trusted" and credentials.said.ai is False:
        return "authentic-signed"
    return "cannot-tell"


def _marked(evidence: Evidence) -> bool:
    return any(mark.found for mark in (evidence.picture, evidence.sound) if mark is not None)


def _reasons(evidence: Evidence, findings: tuple[Finding, ...]) -> tuple[str, ...]:
    ordered = sorted(findings, key=lambda finding: -(finding.score or 0.0))
    reasons = [finding.reason for finding in ordered]
    said = evidence.credentials.said
    if evidence.credentials.altered and said.ai:
        reasons.append("Before it was changed, its credentials said that AI made it.")
    if bound_elsewhere(evidence):
        reasons.append("The hidden mark belongs to another file than the credentials do.")
    if evidence.consent in _CONSENT:
        reasons.append(_CONSENT[evidence.consent])
    return tuple(reasons)


def _limits(evidence: Evidence, word: Word) -> tuple[str, ...]:
    credentials = evidence.credentials
    limits = [*evidence.limits, *credentials.limits]
    if word == "cannot-tell":
        limits.append(_NO_DETECTOR)
    if word == "authentic-signed":
        limits.append(_FILMED)
    if credentials.state == "none":
        limits.append(_STRIPPED)
    if credentials.state == "valid":
        limits.extend(credentials.problems)
        limits.append(_UNKNOWN_SIGNER)
    if _marked(evidence) and credentials.state != "trusted":
        limits.append(_COPIED)
    return tuple(dict.fromkeys(limits))
