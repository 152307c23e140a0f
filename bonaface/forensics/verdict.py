"""The verdict on a file: one of five words, with the sentences that lead to it.

What a file carries comes first: credentials, hidden marks, what it says of itself. Where that
settles nothing, what the inspectors of pictures and sound found is weighed (`fusion`). A file is
never called authentic because nothing was found in it. Only credentials by a trusted signer who
recorded it with a camera do that.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from bonaface.core import Finding
from bonaface.forensics.fusion import Fused, fuse
from bonaface.forensics.origin.evidence import Evidence, bound_elsewhere, inspect_origin
from bonaface.forensics.origin.traces import declares_ai, limit_traces

Word: TypeAlias = Literal[
    "made-by-ai", "manipulated", "authentic-signed", "no-signs", "cannot-tell"
]
Basis: TypeAlias = Literal["origin", "inspectors", "person"]  # person: not the enrolled one
_ORIGIN: Basis = "origin"
_EXIT_CODES: dict[Word, int] = {
    "authentic-signed": 0,
    "no-signs": 0,
    "made-by-ai": 1,
    "manipulated": 1,
    "cannot-tell": 2,
}
_LIKENESS = {
    "same": "It looks like what the recovered credentials were made for.",
    "other": "It does not look like what those credentials were made for: the mark was copied from "
    "there, or the pictures were changed beyond recognition.",
    "unclear": "It looks only in part like what the recovered credentials were made for.",
    "unknown": "Whether the recovered credentials were made for this very film, picture or sound "
    "could not be compared.",
}
_CONSENT = {
    "active": "It names a consent record that was granted here and is in force.",
    "expired": "It names a consent record that was granted here and has expired.",
    "revoked": "It names a consent record that was granted here and has been revoked.",
    "unknown": "It names a consent record that this installation cannot confirm.",
}
_UNDECIDED = (
    "Detectors miss most forgeries by tools they have not seen, so what was looked at settles "
    "nothing: the file may be genuine or forged."
)
_NOT_LOOKED = "No inspector could judge this file: it may be genuine or forged."
_NO_PROOF = (
    "That nothing was found is no proof: forgeries by new tools, and faces and voices that were "
    "generated whole, are often missed."
)
_ALARMS = (
    "Detectors raise false alarms, in about one of a hundred genuine files: look at what is shown, "
    "and ask for the original or another source."
)
_ANOTHER = (
    "That it is not the enrolled person does not say that anything was forged: it may be a genuine "
    "recording of somebody else, or of the same person with a cold or by a very bad line."
)
_AGAINST = "The signature of a trusted camera and what the inspectors found contradict each other."
_STRIPPED = "Credentials are lost when a file is re-encoded, so their absence means nothing."
_COPIED = (
    "A hidden mark can be written by others who read Bonaface's source; only trusted credentials "
    "say who made a file."
)
_APART = (
    "The recovered credentials belong to the file that was first made with this mark. This copy "
    "was changed since, so they vouch for what was made and not for what this copy shows."
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
    interval: tuple[float, float] | None = None  # 95 %, where inspectors gave the probability
    basis: Basis = "origin"  # what the word follows from

    @property
    def exit_code(self) -> int:
        """0 authentic-signed or no-signs, 1 made-by-ai or manipulated, 2 cannot-tell."""
        return _EXIT_CODES[self.word]


def judge(evidence: Evidence) -> Verdict:
    """Draw the verdict from credentials, hidden marks and consent, then from the inspectors."""
    findings, fused = inspect_origin(evidence), fuse(evidence.inspected)
    word, basis = _word(evidence), _ORIGIN
    if word == "cannot-tell" and not _contradicts(evidence):
        word = "manipulated" if fused.forged else "no-signs" if fused.clean else word
        basis = _basis(word, fused)
    scores = [finding.score for finding in findings if finding.score is not None]
    probability = max(scores) if scores and word in {"made-by-ai", "manipulated"} else None
    interval = None
    if basis != "origin" or (word == "cannot-tell" and not _contradicts(evidence)):
        probability, interval = fused.probability, fused.interval
        interval = interval if probability is not None else None
    reasons = (*_told(fused), *_reasons(evidence, findings))
    limits = (*_limits(evidence, word), *_cautions(evidence, word, fused, basis))
    return Verdict(word, probability, reasons, tuple(dict.fromkeys(limits)), interval, basis)


def _basis(word: Word, fused: Fused) -> Basis:
    if word == "cannot-tell":
        return "origin"
    known = [finding.inspector.startswith("reference") for finding in fused.suspects]
    return "person" if known and all(known) else "inspectors"


def _told(fused: Fused) -> list[str]:
    return [finding.reason for finding in fused.suspects]


def _cautions(evidence: Evidence, word: Word, fused: Fused, basis: Basis) -> list[str]:
    """What the inspectors' share in the verdict leaves open."""
    if word == "authentic-signed" and fused.forged:
        return [_AGAINST, _ALARMS]
    if word == "cannot-tell" and not _contradicts(evidence):
        return [_UNDECIDED if _was_judged(evidence) else _NOT_LOOKED]
    if basis == "origin":
        return []
    if basis == "person":
        return [_ANOTHER]
    return [_ALARMS if word == "manipulated" else _NO_PROOF]


def _was_judged(evidence: Evidence) -> bool:
    return any(one.whole and one.score is not None for one in evidence.inspected)


def _contradicts(evidence: Evidence) -> bool:
    """Whether a trusted camera's signature and the file's own words exclude each other."""
    recorded = evidence.credentials.state == "trusted" and evidence.credentials.said.ai is False
    return recorded and declares_ai(evidence.tags)


def _word(evidence: Evidence) -> Word:
    credentials = evidence.credentials
    holds = credentials.state in {"trusted", "valid"}
    if evidence.marked or (holds and credentials.said.ai):
        return "made-by-ai"
    if credentials.altered:
        return "manipulated"
    if _contradicts(evidence):
        return "cannot-tell"  # of two statements that exclude each other neither is believed
    if declares_ai(evidence.tags):
        return "made-by-ai"
    if credentials.state == "trusted" and credentials.said.ai is False:
        return "authentic-signed"
    return "cannot-tell"


def _reasons(evidence: Evidence, findings: tuple[Finding, ...]) -> tuple[str, ...]:
    ordered = sorted(findings, key=lambda finding: -(finding.score or 0.0))
    reasons = [finding.reason for finding in ordered]
    said = evidence.credentials.said
    if evidence.credentials.altered and said.ai:
        reasons.append("Before it was changed, its credentials said that AI made it.")
    if bound_elsewhere(evidence):
        reasons.append("The hidden mark belongs to another file than the credentials do.")
    if (found := evidence.trace.recovered) is not None and found.holds:
        reasons.append(_LIKENESS[found.comparison.likeness])
    reasons.extend(_logged(evidence))
    if evidence.consent in _CONSENT:
        reasons.append(_consent(evidence))
    return tuple(reasons)


def borne_out(evidence: Evidence) -> bool:
    """Whether trusted credentials were recovered for the hidden mark, and the film is theirs."""
    found = evidence.recovered
    if found is None:
        return False
    return found.credentials.state == "trusted" and found.comparison.likeness == "same"


def _consent(evidence: Evidence) -> str:
    found = evidence.recovered
    if found is not None and found.vouched and found.consent == evidence.consent:
        return f"It names a consent record that is {found.consent}, as {found.source} says."
    return _CONSENT[evidence.consent]


def _logged(evidence: Evidence) -> list[str]:
    """What the log says where it has no manifest to give."""
    logged = evidence.trace.logged
    if logged is None or evidence.trace.recovered is not None or logged.at is None:
        return []
    day = f"{logged.at:%Y-%m-%d}"
    if logged.erased:
        return [f"The log of this installation has an entry for the mark, of {day}; it was erased."]
    if logged.kind == "session":
        return [f"The mark is that of a live session that began here on {day}."]
    return [f"The log of this installation has an entry for the mark, of {day}."]


def _limits(evidence: Evidence, word: Word) -> tuple[str, ...]:
    credentials = evidence.credentials
    limits = [*evidence.limits, *credentials.limits]
    if word == "authentic-signed":
        limits.append(_FILMED)
    if credentials.state == "none" and evidence.recovered is None:
        limits.append(_STRIPPED)
    if credentials.state == "valid":
        limits.extend(credentials.problems)
        limits.append(_UNKNOWN_SIGNER)
    if evidence.marked and credentials.state != "trusted" and not borne_out(evidence):
        limits.append(_COPIED)
    if evidence.recovered is not None:
        limits.append(_APART)
    limits.extend(limit_traces(evidence.tags))
    return tuple(dict.fromkeys(limits))
