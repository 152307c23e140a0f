"""What a peer counted, as one frozen value."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from bonaface.core import Time

State: TypeAlias = Literal["new", "connecting", "connected", "lost", "closed"]


@dataclass(frozen=True, slots=True)
class PeerFigures:
    """Counts since the beginning; rates over the last second."""

    state: State
    codec: str = ""  # of the pictures sent
    pictures_sent: int = 0
    pictures_dropped: int = 0  # that could not be encoded or fetched in time
    sound_lost: int = 0  # packets of 20 ms that could not be sent
    bits: int = 0  # a second, pictures
    bits_allowed: int = 0  # a second, pictures
    scale: tuple[int, int] = (1, 1)  # of the session's size
    estimate: int | None = None  # a second, all tracks, by the receiver's word (REMB)
    loss: float = 0.0  # share of picture packets, last report
    jitter: Time = 0
    round_trip: Time | None = None
    sounds_received: int = 0
    pictures_received: int = 0
    pictures_skipped: int = 0  # of those that arrived
    size_received: tuple[int, int] = (0, 0)
    messages_dropped: int = 0
