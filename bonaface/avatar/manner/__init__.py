"""What a face does besides speaking: blinks, gaze, head, brows, breath."""

from bonaface.avatar.manner.stage import Manner
from bonaface.avatar.manner.style import MANNERS

__all__ = ["MANNERS", "Manner"]
