"""Which groups of people are learnt from."""

from typing import Final

from sources import find_fold

TWINNED: Final = ("LJSpeech", "LibriTTS", "AISHELL3", "ms")  # known fakes say their words
FIRST: Final = 24  # runs of a group that are measured and learnt from at most
_MEDIA: Final = "media:"


def strip(group: str) -> str:
    """The name by which a group falls into a fold."""
    return group.removeprefix(_MEDIA).split("@")[0]  # scripts of one language, one speaker


def learnt(group: str) -> bool:
    """Whether a group may be learnt from: not fold 0, and nobody whose known fakes judge."""
    name = strip(group)
    return find_fold(name) != 0 and not name.startswith(TWINNED)
