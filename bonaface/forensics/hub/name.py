"""What a published detector is called: OWNER/NAME, and which revision of it."""

import re
from dataclasses import dataclass
from typing import Final

from bonaface.errors import SettingsError

PREFIX: Final = "hub:"
_PART: Final = r"[A-Za-z0-9][\w.-]{0,95}"
_NAME: Final = re.compile(rf"(?:hub:)?({_PART}/{_PART})(?:@([A-Za-z0-9][\w.-]{{0,95}}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class HubName:
    """One repository on the hub, at one revision."""

    repository: str  # "owner/name"
    revision: str = "main"  # a commit, or a branch or tag: its bytes are pinned once they came

    def __str__(self) -> str:
        return f"{PREFIX}{self.repository}@{self.revision}"

    @property
    def file(self) -> str:
        """A file name for what is noted of it."""
        return f"{self.repository.replace('/', '--')}@{self.revision}.json"


def read_name(text: str) -> HubName:
    """Read OWNER/NAME or OWNER/NAME@REVISION, with or without hub: in front.

    Raises SettingsError.
    """
    found = _NAME.fullmatch(text.strip())
    if found is None or ".." in text:
        raise SettingsError(f"{text!r} names no detector.", "Write OWNER/NAME@REVISION.")
    return HubName(found[1], found[2] or "main")
