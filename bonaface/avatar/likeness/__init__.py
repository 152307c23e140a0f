"""From one photo to a likeness, and to a file and back."""

from bonaface.avatar.likeness.build import build_likeness
from bonaface.avatar.likeness.file import load_likeness, save_likeness

__all__ = ["build_likeness", "load_likeness", "save_likeness"]
