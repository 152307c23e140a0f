"""The renderer: poses in, pictures out, and no face without a permit."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.avatar.pose import Pose
from bonaface.avatar.render.eyes import EyeLayer
from bonaface.avatar.render.lashes import LashLayer
from bonaface.avatar.render.lids import LidLayer
from bonaface.avatar.render.mouth import MouthLayer
from bonaface.avatar.render.posing import Posed, Skeleton
from bonaface.avatar.render.raster import draw, make_sheets
from bonaface.avatar.rig import Bytes, Likeness
from bonaface.consent.policy import Permit
from bonaface.core import SECOND, Picture, Time
from bonaface.errors import ConsentDenied, ConsentMissing

ASK_AGAIN: Time = 10 * SECOND  # of the stream: a consent can be revoked while it runs


class Layer(Protocol):
    """Something painted over the picture so far."""

    def paint(self, frame: Bytes, posed: Posed) -> None:
        """Paint it into `frame` (height, width, 4) RGBA."""
        ...


class SkinLayer:
    """The photo itself, bent and turned."""

    def __init__(self, likeness: Likeness) -> None:
        self._sheets = make_sheets(likeness.mesh, likeness.layer)

    def paint(self, frame: Bytes, posed: Posed) -> None:
        """Draw the person over the background in `frame` (height, width, 4)."""
        words = frame.view(np.uint32)[..., 0]
        for sheet in self._sheets:
            draw(posed.points, sheet, words)


class Renderer:
    """Draws one likeness in any pose: Pose in, Picture out, each on its own.

    Raises ConsentMissing without a permit, and ConsentDenied when the permit is for another
    portrait or no longer holds; this is asked again as the stream goes on.
    """

    def __init__(self, likeness: Likeness, permit: Permit) -> None:
        self._permit, self._portrait = permit, likeness.portrait
        self._ask()
        self._asked: Time | None = None
        self.skeleton = Skeleton(likeness)
        self.layers = _layers(likeness, self.skeleton)
        self._own = likeness.background
        self._frame: Bytes = np.empty((*self._own.shape[:2], 4), np.uint8)
        self.place(None)

    def place(self, backdrop: NDArray[np.uint8] | None) -> None:
        """Put (height, width, 3) RGB behind the person from now on; None is the photo's own scene.

        Raises ValueError for a backdrop of another size than the canvas.
        """
        scene = self._own if backdrop is None else backdrop
        if scene.shape != self._own.shape or scene.dtype != np.uint8:
            raise ValueError(f"A backdrop is {self._own.shape} bytes, not {scene.shape}.")
        self._scene: Bytes = scene if backdrop is None else scene.copy()

    def push(self, pose: Pose) -> Iterable[Picture]:
        """Draw a pose."""
        if self._asked is None or not 0 <= pose.at - self._asked < ASK_AGAIN:
            self._ask()
            self._asked = pose.at
        return (Picture(pose.at, self.draw(pose)),)

    def flush(self) -> Iterable[Picture]:
        """Nothing was held back."""
        return ()

    def reset(self) -> None:
        """Nothing to forget but when the permit was asked."""
        self._asked = None

    def draw(self, pose: Pose) -> NDArray[np.uint8]:
        """Draw a pose: (height, width, 3) RGB, read-only. The same pose gives the same picture."""
        posed = self.skeleton.pose(pose)
        cv2.cvtColor(self._scene, cv2.COLOR_RGB2RGBA, dst=self._frame)
        for layer in self.layers.values():
            layer.paint(self._frame, posed)
        picture: NDArray[np.uint8] = cv2.cvtColor(self._frame, cv2.COLOR_RGBA2RGB)
        picture.setflags(write=False)
        return picture

    def _ask(self) -> None:
        if type(self._permit) is not Permit:
            raise ConsentMissing("A face is drawn with a permit only.", "Ask consent.policy.permit")
        if self._permit.portrait != self._portrait:
            raise ConsentDenied("This permit is for another portrait than this likeness.")
        self._permit.check(datetime.now(UTC))


def _layers(likeness: Likeness, skeleton: Skeleton) -> dict[str, Layer]:
    """What is painted, from back to front, by name."""
    right, left = likeness.eyes
    behind_glasses: dict[str, Layer] = {
        name: LidLayer(likeness, eye)
        for name, eye in (("right lid", right), ("left lid", left))
        if eye.lid is not None
    }
    return {
        "skin": SkinLayer(likeness),
        "right eye": EyeLayer(likeness, right),
        "left eye": EyeLayer(likeness, left),
        **behind_glasses,
        "right lashes": LashLayer(likeness, right),
        "left lashes": LashLayer(likeness, left),
        "mouth": MouthLayer(likeness, skeleton),
    }
