"""A face that follows another: a webcam's landmarks become poses."""

from bonaface.avatar.mimic.stage import Mimic

__all__ = ["Mimic"]
