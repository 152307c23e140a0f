"""What a file says of itself without a signature: source types, labels, records, tool names.

Facts, not votes. Only one kind counts towards a verdict: a statement that AI made it, because
hardly anybody writes that into a genuine file; it may still be done to discredit one. Names of
tools and of cameras are told and weigh nothing. Prompts, names and titles are never shown.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from bonaface.core import Finding, Time
from bonaface.forensics.origin.source_types import BY_AI, describe_source, term
from bonaface.forensics.origin.tags import Tag, show
from bonaface.forensics.origin.tools import EDITORS, ENCODERS, GENERATORS, find_tool

# How many times more often an unsigned statement that AI made it is met on made media than on
# genuine media. Not measured: none was met on 5,158 genuine files, but all but 30 of them carry no
# trace at all. It is easier to write than credentials (`origin`), so it counts for less.
SAID: Final = 20.0
MOST = 12  # findings; the rest of a file that says a thousand things is left out
_LABELS = {"1": "is", "2": "may be", "3": "is suspected to be"}  # GB 45438-2025, annex E
# Not parsed as JSON: its reserved fields often hold JSON that is not escaped as it should be.
_LABEL = re.compile(r'"Label\\?"\s*:\s*\\?"?([123])\b')
_UNSIGNED = "That is not signed."
_DECLARED = (
    "That AI made this is said by the file and not signed: it is easily removed, and anybody can "
    "write it. Hardly anybody does so in a genuine file, but somebody who wants to discredit one "
    "can."
)
_TOLD = (
    "What a file says of the devices and programs it passed through is not signed, easily faked "
    "and easily removed; it shows neither that a file is genuine nor that it is made."
)


def inspect_traces(tags: tuple[Tag, ...], until: Time) -> tuple[Finding, ...]:
    """Turn tags into findings, the statements that AI made it first, each said once."""
    found = dict.fromkeys((*_sources(tags), *_labels(tags), *_records(tags), *_systems(tags)))
    found |= dict.fromkeys((*_cameras(tags), *_tools(tags)))
    return tuple(
        Finding(0, until, inspector, score, reason)
        for inspector, score, reason in list(found)[:MOST]
    )


def declares_ai(tags: tuple[Tag, ...]) -> bool:
    """Tell whether a file says, unsigned, that AI made or changed it."""
    return any(finding.score is not None for finding in inspect_traces(tags, 0))


def limit_traces(tags: tuple[Tag, ...]) -> tuple[str, ...]:
    """Say what unsigned statements are worth, in the sentences that fit these."""
    findings = inspect_traces(tags, 0)
    limits = [_DECLARED] * any(finding.score is not None for finding in findings)
    limits += [_TOLD] * any(one.inspector in {"camera", "editor", "encoder"} for one in findings)
    return tuple(limits)


_Found = tuple[str, float | None, str]  # inspector, score, reason


def _ai(inspector: str, reason: str) -> _Found:
    return inspector, SAID / (1 + SAID), f"{reason} {_UNSIGNED}"


def _sources(tags: Iterable[Tag]) -> Iterator[_Found]:
    for tag in tags:
        if tag.name.lower() not in {"digitalsourcetype", "digitalsourcefiletype"}:
            continue
        words = describe_source(tag.value)
        if term(tag.value) in BY_AI:
            yield _ai("source-type", f"The file says, in a field made for it (IPTC), that {words}.")
        elif words:
            reason = f"The file says, in a field made for it (IPTC), that {words}. {_UNSIGNED}"
            yield "source-type", None, reason


def _labels(tags: Iterable[Tag]) -> Iterator[_Found]:
    """The label of GB 45438-2025: JSON in a field AIGC, or wrapped in one in a comment."""
    for tag in tags:
        label = _label(tag)
        if label not in _LABELS:
            continue
        reason = (
            "The file carries the label of Chinese law for made media (GB 45438-2025): this "
            f"{_LABELS[label]} made by AI."
        )
        yield _ai("ai-label", reason) if label == "1" else ("ai-label", None, reason)


def _label(tag: Tag) -> str:
    wrapped = tag.value.startswith("{") and '"AIGC"' in tag.value[:64]
    if tag.name != "AIGC" and not wrapped:
        return ""
    found = _LABEL.search(tag.value[:4000])
    return found.group(1) if found else ""


def _records(tags: Iterable[Tag]) -> Iterator[_Found]:
    for tag in tags:
        if name := find_tool(GENERATORS, tag):
            yield _ai(
                "generation-record",
                f"The file holds settings as {name} writes them when it generates or changes "
                "pictures with AI.",
            )


def _systems(tags: Iterable[Tag]) -> Iterator[_Found]:
    """The AI system of the IPTC standard 2025.1, and the credit line that Google writes."""
    for tag in tags:
        if tag.name == "AISystemUsed" and tag.value.strip():
            yield _ai("ai-system", f"The file names the AI that was used: “{show(tag.value)}”.")
        elif tag.name == "Credit" and tag.value.strip() == "Made with Google AI":
            yield _ai("ai-system", "The file's credit line is “Made with Google AI”.")


def _cameras(tags: Iterable[Tag]) -> Iterator[_Found]:
    said = {tag.name.lower(): show(tag.value) for tag in tags if tag.value.strip()}
    make, model = said.get("make", ""), said.get("model", "")
    name = model if model.lower().startswith(make.lower()) else f"{make} {model}"
    if name.strip():
        reason = (
            f"The file says that it was taken with “{name.strip()}”. Anybody can write this into "
            "any file, and it stays when a picture is edited."
        )
        yield "camera", None, reason


def _tools(tags: Iterable[Tag]) -> Iterator[_Found]:
    rest = [tag for tag in tags if not find_tool(GENERATORS, tag)]
    editors = _names(find_tool(EDITORS, tag) for tag in rest)
    if editors:
        reason = f"The file says that it passed through {editors}, made to edit or manage media. "
        yield "editor", None, f"{reason}That does not say what was done there."
    encoders = _names(find_tool(ENCODERS, tag) for tag in rest)
    if encoders:
        reason = f"It was packed or compressed with {encoders}, which real and made files pass "
        yield "encoder", None, f"{reason}through alike."
    for tag in rest:
        known = find_tool(EDITORS, tag) or find_tool(ENCODERS, tag)
        if not known and tag.name.lower() in {"software", "creatortool"} and tag.value.strip():
            reason = f"The file names the software it passed through: “{show(tag.value)}”."
            yield "software", None, reason


def _names(found: Iterable[str]) -> str:
    """Join the names of tools, each once."""
    *most, last = [name for name in dict.fromkeys(found) if name] or [""]
    return f"{', '.join(most)} and {last}" if most else last
