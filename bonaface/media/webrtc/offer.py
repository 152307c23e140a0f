"""What a peer offers: SDP read with limits before any of it is acted on.

RFC 8866 (SDP), RFC 8829 (JSEP), RFC 9725 (WHIP) and RFC 8840 (trickled candidates).
"""

from dataclasses import dataclass
from typing import Any

from aiortc.rtcicetransport import RTCIceCandidate
from aiortc.sdp import MediaDescription, SessionDescription, candidate_from_sdp

from bonaface.errors import UnreadableMedia

LONGEST = 64_000  # characters; browsers offer 5,000 to 12,000
MOST_SECTIONS = 8  # m-lines
MOST_CANDIDATES = 64
CAMERA_KBITS = 1_500  # a second, that a peer's camera is asked to keep to
KINDS = ("audio", "video", "application")
DIGESTS = ("sha-256", "sha-384", "sha-512")
REMEDY = "Send the SDP that createOffer() gave, as it is."
# What parsing raises for lines that are cut, empty or not what their name says
GARBLED = (
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    AssertionError,
    StopIteration,
    RuntimeError,
)


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer that can be answered: at most one audio, one video and one data section."""

    text: str
    kinds: tuple[str, ...]  # of its sections, in order
    ufrag: str  # names the peer's ICE session
    password: str
    prints: frozenset[str]  # of the peer's DTLS certificate


@dataclass(frozen=True, slots=True)
class Fragment:
    """Trickled candidates, or an ICE restart when `ufrag` is another than before (RFC 8840)."""

    ufrag: str
    password: str
    candidates: tuple[RTCIceCandidate, ...]
    complete: bool  # no more will follow


def read_offer(text: str) -> Offer:
    """Check an SDP offer. Raises UnreadableMedia with a sentence about what is wrong with it."""
    description = _parse(text)
    sections = description.media
    if not sections:
        raise UnreadableMedia("The offer has no media sections.", REMEDY)
    kinds = tuple(section.kind for section in sections)
    for kind in KINDS:
        if kinds.count(kind) > 1:
            remedy = "Offer one audio, one video (send and receive) and one data section at most."
            raise UnreadableMedia(f"The offer has {kinds.count(kind)} {kind} sections.", remedy)
    names = [section.rtp.muxId for section in sections]
    if not all(names) or len(set(names)) < len(names):
        raise UnreadableMedia("The offer's sections have no names of their own (mid).", REMEDY)
    _check_bundle(description, names)
    for section in sections:
        _check_section(section)
    ice, dtls = sections[0].ice, sections[0].dtls
    prints = frozenset(one.value for one in dtls.fingerprints)
    return Offer(text, kinds, str(ice.usernameFragment), str(ice.password), prints)


def _parse(text: str) -> SessionDescription:
    if len(text) > LONGEST:
        raise UnreadableMedia(f"The offer has {len(text)} characters; {LONGEST} at most.", REMEDY)
    if not text.startswith("v=0"):
        raise UnreadableMedia("The offer is no SDP: it does not begin with v=0.", REMEDY)
    if text.count("\nm=") > MOST_SECTIONS:
        many = f"The offer has {text.count(chr(10) + 'm=')} sections; {MOST_SECTIONS} at most."
        raise UnreadableMedia(many, REMEDY)
    if text.count("a=candidate:") > MOST_CANDIDATES:
        many = f"The offer has more than {MOST_CANDIDATES} candidates."
        raise UnreadableMedia(many, "Send fewer.")
    try:
        return SessionDescription.parse(text)
    except GARBLED as cause:
        raise UnreadableMedia(
            f"The offer is garbled: {cause or 'a line is cut'}.", REMEDY
        ) from cause


def _check_bundle(description: SessionDescription, names: list[str]) -> None:
    """One transport for all, as RFC 9725 asks, and one port less to open for each section."""
    groups = [group.items for group in description.group if group.semantic == "BUNDLE"]
    if len(names) > 1 and (not groups or set(groups[0]) != set(names)):
        remedy = "Bundle them all: bundlePolicy max-bundle."
        raise UnreadableMedia("The offer's sections are not bundled.", remedy)


def _check_section(section: MediaDescription) -> None:
    kind, wrong = section.kind, ""
    if kind not in KINDS:
        wrong = "is neither audio, video nor data"
    elif not section.ice.usernameFragment or not section.ice.password:
        wrong = "has no ICE credentials"
    elif section.dtls is None or not _digests(section.dtls):
        wrong = "has no DTLS fingerprint and setup"
    elif kind != "application" and not section.rtcp_mux:
        wrong = "does not multiplex RTCP"
    elif kind != "application" and not section.direction:
        wrong = "has no direction"
    elif kind == "application" and section.sctp_port is None:
        wrong = "has no SCTP port"
    if wrong:
        raise UnreadableMedia(f"The offer's {kind} section {wrong}.", REMEDY)


def _digests(dtls: Any) -> bool:
    return any(print_.algorithm.lower() in DIGESTS for print_ in dtls.fingerprints)


def limit_camera(answer: str) -> str:
    """Ask, in an answer, that the peer's pictures keep to a bandwidth (RFC 8866, section 5.8)."""
    head, video, rest = answer.partition("m=video")
    if not video:
        return answer
    line, end, rest = rest.partition("\r\n")
    if rest.startswith("c="):
        address, cut, rest = rest.partition("\r\n")
        line, end = f"{line}{end}{address}", cut
    return f"{head}{video}{line}{end}b=AS:{CAMERA_KBITS}\r\n{rest}"


def read_fragment(text: str) -> Fragment:
    """Read an `application/trickle-ice-sdpfrag`. Raises UnreadableMedia."""
    remedy = "Send a fragment of RFC 8840, with the type application/trickle-ice-sdpfrag."
    if len(text) > LONGEST or text.count("a=candidate:") > MOST_CANDIDATES:
        raise UnreadableMedia("The fragment is too long.", remedy)
    found: dict[str, str] = {}
    candidates: list[RTCIceCandidate] = []
    for line in text.splitlines():
        name, _, value = line.strip().removeprefix("a=").partition(":")
        if name in {"ice-ufrag", "ice-pwd"}:
            found.setdefault(name, value)
        elif name == "candidate":
            try:
                candidates.append(candidate_from_sdp(value))
            except GARBLED as cause:
                raise UnreadableMedia(f"A candidate is garbled: {value[:80]!r}.", remedy) from cause
    if "ice-ufrag" not in found or "ice-pwd" not in found:
        raise UnreadableMedia("The fragment has no ICE credentials.", remedy)
    complete = "a=end-of-candidates" in text
    return Fragment(found["ice-ufrag"], found["ice-pwd"], tuple(candidates), complete)
