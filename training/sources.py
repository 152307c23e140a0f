"""Which media were learnt from and which judge: one division for every model trained here.

A group is one person or source, as well as the manifest tells; all that shows or utters it falls
into the same fold. Fold 0 is never trained on. The known fakes, their originals, the generated
portraits and the encoder-matched pictures judge only.
"""

import hashlib
import re
from pathlib import PurePosixPath
from typing import Final

FOLDS: Final = 3
JUDGING: Final = ("fakes", "derived", "portraits")  # folders that judge only
_GROUPS: Final = (  # file stems whose middle names a person; the rest of a stem is one group
    re.compile(r"filby89-(?:(?P<group>[MW]\d{3})_|(?P<film>.+)_\d+$)"),
    re.compile(r"jakobovski-real-recordings-\d_(?P<group>[a-z]+)_\d"),
    re.compile(r"ming024-(?:fake|real)-demo-(?P<group>LJSpeech|LibriTTS-\d+|AISHELL3-SSB\d{4})"),
    re.compile(r"coqui-ai-real-tests-data-(?P<group>ljspeech)-"),
    re.compile(r"jaywalnut310-(?:fake|real)-wavs-(?P<group>ms|ss)_"),
)


def name_group(path: str) -> str:
    """Name the person or source of a medium, from its path in the manifest."""
    place = PurePosixPath(path)
    for pattern in _GROUPS:
        if found := pattern.match(place.stem):
            said = [text for text in found.groups() if text]
            return "LJSpeech" if said[0] in {"ss", "ljspeech"} else said[0]
    return place.stem


def find_fold(group: str) -> int:
    """The fold of a group, 0 to FOLDS - 1: the same on every machine and at any time."""
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % FOLDS


def judges(path: str) -> bool:
    """Whether the medium judges only, and must not be learnt from or calibrated on."""
    return PurePosixPath(path).parts[0] in JUDGING or find_fold(name_group(path)) == 0
