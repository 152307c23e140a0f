"""What a session counts of itself."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figures:
    """A snapshot, counted from the session's start; times in ms, over the last seconds where noted.

    `None` stands for what has not happened yet.
    """

    seconds: float = 0.0
    pictures: int = 0  # released
    dropped: int = 0  # never drawn: there was no time
    late: int = 0  # drawn, and too late to be shown
    sounds: int = 0  # released, 20 ms each
    sounds_late: int = 0  # of these, by more than a picture's time
    gaps: int = 0  # runs of 20 ms that are missing: the machine stood still
    lead: float = 0.0  # how long before it is due a moment is made
    skew_p99: float | None = None  # of the last 30 s: pictures against sound, as released
    first_sound: float | None = None  # of the last text: from asking to hearing
    interruption: float | None = None  # of the last: from the first voiced sound to silence
    answer: float | None = None  # of the last: from the other's last word to the face's first
    camera_dropped: int = 0
    microphone_dropped: int = 0
    stages: dict[str, float] = field(default_factory=dict)  # mean ms of a call, by stage
