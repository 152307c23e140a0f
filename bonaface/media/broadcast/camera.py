"""The face as a webcam of this computer, for Zoom, Teams and Meet: pictures only.

It needs `pyvirtualcam` (an extra of the package) and a driver. Sound is no part of it: in a call,
one speaks into a microphone as ever.
"""

import sys
from collections.abc import Callable
from fractions import Fraction
from importlib import import_module
from typing import Any, Final, TypeAlias

from bonaface.errors import UnwritableMedia
from bonaface.media.broadcast.broadcast import Broadcast, Report, Tell
from bonaface.media.broadcast.hopper import Hopper

DRIVERS: Final = {
    "linux": "Load the driver: sudo modprobe v4l2loopback exclusive_caps=1 card_label=Bonaface",
    "darwin": "Install OBS, start its virtual camera once, stop it, and close OBS.",
    "win32": "Install OBS; its virtual camera comes with it.",
}
Open: TypeAlias = Callable[..., Any]  # pyvirtualcam.Camera(width, height, fps)


class VirtualCamera(Broadcast):
    """Shows the session's pictures to whatever looks at the virtual camera."""

    def __init__(self, rate: Fraction = Fraction(25), tell: Tell = lambda _: None) -> None:
        super().__init__("camera", tell)
        self._rate = rate

    def _work(self, hopper: Hopper) -> None:
        open_camera = find_driver()
        first = next(hopper.pictures(), None)
        if first is None:
            return
        height, width = first.pixels.shape[:2]
        try:
            with open_camera(width, height, float(self._rate)) as camera:
                self._note(Report("live", f"Choose the camera {camera.device!r} in the call."))
                camera.send(first.pixels)
                for picture in hopper.pictures():
                    camera.send(picture.pixels)
        except (RuntimeError, OSError) as cause:
            remedy = DRIVERS.get(sys.platform, "Install the driver that pyvirtualcam names.")
            raise UnwritableMedia("There is no virtual camera to show it on.", remedy) from cause


def find_driver() -> Open:
    """Find pyvirtualcam. Raises UnwritableMedia when it is not installed."""
    try:
        camera: Open = import_module("pyvirtualcam").Camera
    except ImportError as cause:
        remedy = "Install it: pip install 'bonaface[camera]'"
        raise UnwritableMedia("The virtual camera needs pyvirtualcam.", remedy) from cause
    return camera
