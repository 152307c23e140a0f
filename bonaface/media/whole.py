"""Does a film or a recording end where its head says? One that was cut off plays as if whole."""

from pathlib import Path

from av.container import InputContainer

from bonaface.errors import UnreadableMedia
from bonaface.media.files import Damage

HEADED = ("mp4", "matroska", "avi", "flac")  # formats whose head says how long they play
MISSING = 0.5  # s that may be missing at the end of a whole file
SEGMENT = b"\x18\x53\x80\x67"  # Matroska's, RFC 9559 section 5.1
OPEN_ENDED = {0, 0xFFFF_FFFF}  # sizes that a writer who could not go back leaves in RIFF


def require_bytes(path: Path, damage: Damage) -> None:
    """Report a file that has fewer bytes than its head says."""
    with path.open("rb") as file:
        promised = promise(file.read(4096))
    if promised > path.stat().st_size:
        size = f"{path.stat().st_size} of {promised} bytes"
        damage(UnreadableMedia(f"{path.name} was cut off: it has {size}.", "Try another copy."))


def require_length(path: Path, container: InputContainer, until: float, damage: Damage) -> None:
    """Report a file that plays for less than its head says; `until` seconds could be read."""
    extra = container.streams.subtitles or container.streams.data  # these may go on for longer
    headed = any(name in container.format.name for name in HEADED)
    if extra or not headed or not container.duration:
        return
    seconds = container.duration / 1_000_000
    until += max(0, container.start_time or 0) / 1_000_000  # Matroska counts from 0
    if seconds - until > MISSING:
        what = f"{path.name} breaks off after {until:.1f} of {seconds:.1f} seconds."
        damage(UnreadableMedia(what, "Try another copy."))


def promise(head: bytes) -> int:
    """Answer how many bytes a RIFF or Matroska file says it has; 0 where it does not say."""
    if head[:4] == b"RIFF":
        size = int.from_bytes(head[4:8], "little")
        return 0 if size in OPEN_ENDED else size + 8
    at = head.find(SEGMENT)
    if head[:4] != b"\x1a\x45\xdf\xa3" or not 0 <= at < len(head) - 12:
        return 0
    at += len(SEGMENT)
    length = 9 - head[at].bit_length()  # bytes of the size: RFC 8794, section 4
    size = int.from_bytes(head[at : at + length], "big") & ((1 << 7 * length) - 1)
    return 0 if size == (1 << 7 * length) - 1 else at + length + size
