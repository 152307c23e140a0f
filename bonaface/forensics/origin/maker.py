"""What credentials of any maker say of how a file was made, in words a juror understands."""

from collections.abc import Iterable, Iterator
from typing import Final

from bonaface.forensics.origin.source_types import describe_source
from bonaface.forensics.origin.tags import show
from bonaface.marks.credentials.files import Credentials
from bonaface.marks.credentials.maker import Maker

# The actions of C2PA 2.4, section 18.15.4. Others are of one maker, and are left out.
_STEPS: Final = {
    "c2pa.created": "created",
    "c2pa.opened": "opened from another file",
    "c2pa.placed": "put together with other files",
    "c2pa.edited": "edited",
    "c2pa.edited.metadata": "given other metadata",
    "c2pa.adjustedColor": "changed in colour",
    "c2pa.color_adjustments": "changed in colour",
    "c2pa.changedSpeed": "changed in speed",
    "c2pa.converted": "converted",
    "c2pa.cropped": "cropped",
    "c2pa.deleted": "cut",
    "c2pa.drawing": "drawn on",
    "c2pa.dubbed": "dubbed",
    "c2pa.enhanced": "enhanced",
    "c2pa.filtered": "filtered",
    "c2pa.orientation": "turned",
    "c2pa.published": "published",
    "c2pa.redacted": "redacted",
    "c2pa.removed": "relieved of a part",
    "c2pa.repackaged": "repackaged",
    "c2pa.resized": "resized",
    "c2pa.transcoded": "compressed anew",
    "c2pa.translated": "translated",
    "c2pa.trimmed": "trimmed",
    "c2pa.watermarked": "given a hidden mark",
    "c2pa.watermarked.bound": "given a hidden mark",
}
_UNPROVEN: Final = {
    "valid": "So says a signer who is unknown here.",
    "invalid": "But these credentials do not hold.",
}


def describe_maker(credentials: Credentials) -> str:
    """Say it in a few sentences; "" where the credentials say nothing of it."""
    maker, state = credentials.said.maker, credentials.state
    sentences = []
    if maker.name:
        sentences.append(f"The credentials were written by “{show(maker.name)}”.")
    if said := list(_told(maker)):
        who = "They" if sentences else "The credentials"
        sentences.append(f"{who} say that {' and that '.join(said)}.")
    if state == "none" or not sentences:
        return ""
    return " ".join([*sentences, _UNPROVEN.get(state, "")]).strip()


def _told(maker: Maker) -> Iterator[str]:
    steps = dict.fromkeys(_STEPS[step] for step in maker.steps if step in _STEPS)
    agents = [f"“{show(agent)}”" for agent in maker.agents if agent != maker.name]
    tools = f" with {_join(agents)}" if agents else ""
    if steps or agents:
        yield f"the file was {_join(steps) if steps else 'made'}{tools}"
    sources = dict.fromkeys(filter(None, map(describe_source, maker.sources)))
    if sources:
        yield _join(sources)


def _join(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
