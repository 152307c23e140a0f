"""The report of a check: one JSON object for programs, one page for people."""

import json
import textwrap
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from bonaface.core import SECOND, Finding
from bonaface.forensics.origin.evidence import Evidence, Mark, inspect_origin
from bonaface.forensics.origin.recovery import Logged, Recovered
from bonaface.forensics.report.overview import NOTHING_SEEN, View
from bonaface.forensics.report.pictures import data_address
from bonaface.forensics.verdict import Verdict, judge
from bonaface.marks.credentials.files import Credentials

Kind: TypeAlias = Literal["video", "image", "audio"]
WIDTH = 80  # characters
_HEADLINES = {
    "made-by-ai": "MADE BY AI",
    "manipulated": "CHANGED AFTER SIGNING",
    "authentic-signed": "SIGNED AS RECORDED",
    "no-signs": "NO SIGNS FOUND",
    "cannot-tell": "CANNOT TELL",
}
_SENTENCES = {
    "made-by-ai": "made by AI, wholly or in part.",
    "manipulated": "This is not what was signed: it was edited, or damaged on the way.",
    "authentic-signed": "Somebody trusted here signed this as a camera's recording.",
    "no-signs": "Nothing here points to AI or manipulation.",
    "cannot-tell": "Nothing here shows that this is made, and nothing shows that it is genuine.",
}
_BY_INSPECTORS = {
    "inspectors": ("SIGNS OF FORGERY", "What was looked at and listened to speaks for a forgery."),
    "person": ("NOT THE ENROLLED PERSON", "Voice or face do not fit the person it should be."),
}
_ODDS = ((0.995, "Almost certainly"), (0.985, "Very probably"), (0.0, "Probably"))


@dataclass(frozen=True, slots=True)
class Report:
    """One file, what was found, and what follows."""

    file: str  # as the user named it
    sha256: str  # of its bytes, hex
    kind: Kind
    evidence: Evidence
    findings: tuple[Finding, ...]
    verdict: Verdict
    view: View = NOTHING_SEEN  # for the page


def make_report(
    file: str, sha256: str, kind: Kind, evidence: Evidence, view: View = NOTHING_SEEN
) -> Report:
    """Judge the evidence and put all together."""
    findings = (*inspect_origin(evidence), *evidence.inspected)
    return Report(file, sha256, kind, evidence, findings, judge(evidence), view)


def headline(verdict: Verdict) -> str:
    """The verdict in two or three words, in capitals."""
    if verdict.word == "manipulated" and verdict.basis in _BY_INSPECTORS:
        return _BY_INSPECTORS[verdict.basis][0]
    return _HEADLINES[verdict.word]


def to_json(report: Report, *, exhibits: bool = False) -> str:
    """Write one JSON object; times are seconds from the start of the file.

    With `exhibits`, their pictures are in it as data addresses, which makes it large.
    """
    fields = _fields(report)
    if exhibits:
        for said, finding in zip(fields["findings"], report.findings, strict=True):
            said["pictures"] = [data_address(exhibit.pixels) for exhibit in finding.exhibits]
    return json.dumps(fields, indent=2, ensure_ascii=False)


def _fields(report: Report) -> dict[str, Any]:
    verdict = report.verdict
    return {
        "file": report.file,
        "sha256": report.sha256,
        "kind": report.kind,
        "verdict": verdict.word,
        "probability": None if verdict.probability is None else round(verdict.probability, 4),
        "interval": None if verdict.interval is None else [round(v, 4) for v in verdict.interval],
        "basis": verdict.basis,
        "reasons": list(verdict.reasons),
        "credentials": _credential_fields(report.evidence),
        "watermarks": {
            "picture": _mark_fields(report.evidence.picture),
            "sound": _mark_fields(report.evidence.sound),
        },
        "findings": [_finding_fields(finding) for finding in report.findings],
        "limits": list(verdict.limits),
    }


def _credential_fields(evidence: Evidence) -> dict[str, Any]:
    """What the file carries; what it lost and the mark led to, where it carries none that hold.

    `state` is that of the file alone, so that nobody takes a recovered manifest for an intact file.
    """
    own, found = evidence.credentials, evidence.recovered
    lost = found is not None and own.state in {"none", "invalid"}
    said = found.credentials.said if found is not None and lost else own.said
    return {
        "state": own.state,
        "ai": said.ai,
        "issuer": said.issuer,
        "consent": evidence.consent,
        "recovered": found is not None,
        "from": found.source if found is not None else None,
        "recovery": _recovery_fields(evidence.trace.recovered),
        "log": _log_fields(evidence.trace.logged),
    }


def _recovery_fields(found: Recovered | None) -> dict[str, Any] | None:
    if found is None:
        return None
    said, agreement = found.credentials.said, found.comparison.agreement
    return {
        "manifest": found.manifest,
        "state": found.credentials.state,
        "ai": said.ai,
        "issuer": said.issuer,
        "signed_at": said.signed_at,
        "consent": found.consent,
        "likeness": found.comparison.likeness,
        "agreement": None if agreement is None else round(agreement, 3),
    }


def _log_fields(logged: Logged | None) -> dict[str, Any]:
    if logged is None:
        return {"found": False, "from": None, "kind": None, "at": None, "erased": False}
    return {
        "found": True,
        "from": logged.source,
        "kind": logged.kind,
        "at": None if logged.at is None else logged.at.isoformat(),
        "erased": logged.erased,
    }


def _mark_fields(mark: Mark | None) -> dict[str, Any]:
    if mark is None:
        return {"found": False, "id": None, "strength": None}
    return {"found": mark.found, "id": mark.id, "strength": round(mark.strength, 4)}


def _finding_fields(finding: Finding) -> dict[str, Any]:
    return {
        "at": finding.at / SECOND,
        "until": finding.until / SECOND,
        "inspector": finding.inspector,
        "score": None if finding.score is None else round(finding.score, 4),
        "reason": finding.reason,
        "whole": finding.whole,
        "quality": round(finding.quality, 3),
        "exhibits": [exhibit.words for exhibit in finding.exhibits],
    }


def to_text(report: Report) -> str:
    """Write one page for a terminal of 80 columns, the verdict first."""
    verdict = report.verdict
    parts = [
        f"{headline(verdict)}  {_clean(report.file)}",
        _fill(opening(verdict)),
        _section("Why", verdict.reasons),
        "\n".join(["What was read", *_rows(report), _fill(name_layers(report.evidence), "  ")]),
    ]
    if looked := [one for one in report.evidence.inspected if one.whole]:
        parts.append("\n".join(["What was looked at", *(_looked_row(one) for one in looked)]))
    if verdict.limits:
        parts.append(_section("Mind", verdict.limits))
    return "\n\n".join(parts)


def opening(verdict: Verdict) -> str:
    """The verdict in a sentence."""
    if verdict.word == "manipulated" and verdict.basis in _BY_INSPECTORS:
        return _BY_INSPECTORS[verdict.basis][1]
    sentence = _SENTENCES[verdict.word]
    if verdict.word != "made-by-ai" or verdict.probability is None:
        return sentence
    word = next(word for least, word in _ODDS if verdict.probability >= least)
    return f"{word} {sentence}"


def _looked_row(finding: Finding) -> str:
    return _fill(f"{answer(finding)}. {finding.reason}", f"  {finding.inspector:<18}")


def answer(finding: Finding) -> str:
    """What an inspector says, in two words."""
    if finding.score is None:
        return "shown only" if finding.exhibits else "cannot tell"
    what = "another person" if finding.inspector.startswith("reference") else "forged"
    what = "moved otherwise" if finding.inspector == "reference-motion" else what
    return f"{finding.score:.0%} {what}"


def _section(title: str, sentences: tuple[str, ...]) -> str:
    return "\n".join([title, *(_fill(sentence, "  - ") for sentence in sentences)])


def _rows(report: Report) -> list[str]:
    return [_fill(words, f"  {title:<14}") for title, words in read_rows(report)]


def read_rows(report: Report) -> list[tuple[str, str]]:
    """What was read in the file, each with its title."""
    evidence, trace = report.evidence, report.evidence.trace
    rows = [("Credentials", _credential_words(evidence.credentials))]
    if trace.recovered is not None:
        words = f"{_credential_words(trace.recovered.credentials)}, from {trace.recovered.source}"
        rows.append(("Recovered", words))
    return [
        *rows,
        ("Consent", "no record is named" if evidence.consent == "none" else evidence.consent),
        ("Picture mark", _mark_words(evidence.picture, "there is no picture")),
        ("Sound mark", _mark_words(evidence.sound, "there is no sound")),
        ("Log entry", _log_words(trace.logged)),
        ("Kind", report.kind),
        ("SHA-256", report.sha256),
    ]


def name_layers(evidence: Evidence) -> str:
    """Say in one sentence which of the five layers of what Bonaface makes were found."""
    own, marks = evidence.credentials.state, (evidence.picture, evidence.sound)
    credentials = "in the file" if own in {"trusted", "valid"} else "none"
    if credentials == "none" and evidence.recovered is not None:
        credentials = "recovered"
    hidden = ["found" if one and one.found else "none" for one in marks]
    log = "found" if evidence.trace.logged is not None else "none"
    return (
        "Of the five layers: the visible label is for your eyes and is not read here; "
        f"picture mark: {hidden[0]}; sound mark: {hidden[1]}; credentials: {credentials}; "
        f"log entry: {log}."
    )


def _credential_words(credentials: Credentials) -> str:
    words: str = credentials.state
    said = credentials.said
    if said.issuer:
        signed = "signed by" if credentials.state == "trusted" else "in the name of"
        words += f", {signed} “{said.issuer}”"
    if said.signed_at:
        words += f", who dates it {said.signed_at[:10]}"
    return words


def _log_words(logged: Logged | None) -> str:
    if logged is None:
        return "none for these marks"
    when = f", {logged.at:%Y-%m-%d %H:%M} UTC" if logged.at else ""
    emptied = ", its manifest erased" if logged.erased else ""
    return f"a {logged.kind}{when}{emptied}, {logged.source}"


def _mark_words(mark: Mark | None, absent: str) -> str:
    if mark is None:
        return absent
    if not mark.found:
        return "not found"
    return f"found, id {mark.id or 'not legible'}, strength {mark.strength:.1f}"


def _fill(text: str, lead: str = "") -> str:
    return textwrap.fill(
        text, WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead), break_long_words=False
    )


def _clean(name: str) -> str:
    """Keep a hostile file name from steering the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)
