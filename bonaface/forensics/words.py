"""Times and lists as people write them."""

from collections.abc import Sequence

from bonaface.core import SECOND, Time


def clock(at: Time) -> str:
    """0:07, 12:40 or 1:02:03."""
    minutes, seconds = divmod(at // SECOND, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def span(at: Time, until: Time) -> str:
    """0:12-0:40."""
    return f"{clock(at)}-{clock(until)}"


def join(words: Sequence[str], last: str = "and") -> str:
    """A, b and c."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
