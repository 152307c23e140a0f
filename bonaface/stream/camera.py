"""A person before a camera moves the face."""

from collections.abc import Callable

from bonaface.avatar.pose import Pose
from bonaface.core import SECOND, Clock, Picture, Stage, Time
from bonaface.errors import BonafaceError
from bonaface.stream.lane import Lane
from bonaface.stream.workers import Worker

FRESH: Time = SECOND // 2  # a pose older than this is nobody's
EASE = 1 / 20  # share a step by which the person takes over from the face's own life, or back


class Camera:
    """Keeps the newest picture, and the pose of the person in it."""

    def __init__(self, clock: Clock, worker: Worker) -> None:
        self.wanted = False
        self._clock, self._worker = clock, worker
        self._lane: Lane[Picture] = Lane(1, "newest")
        self._pose: Pose | None = None
        self._seen: Time = 0
        self._share = 0.0

    @property
    def dropped(self) -> int:
        """Pictures that came faster than they could be looked at."""
        return self._lane.count.dropped

    def see(self, picture: Picture) -> None:
        """Take a picture; an older one that still waits is dropped and counted."""
        if self.wanted:
            self._lane.offer(picture)

    def pose(self) -> tuple[Pose | None, float]:
        """Give the newest pose, and how much of it there is to be in the face now, 0 to 1."""
        fresh = self.wanted and self._pose is not None
        fresh = fresh and self._clock.now() - self._seen < FRESH
        self._share = min(1.0, max(0.0, self._share + (EASE if fresh else -EASE)))
        return (self._pose, self._share) if self._share else (None, 0.0)

    async def run(self, complain: Callable[[BonafaceError], None]) -> None:
        """Look at pictures until cancelled. Without its models the camera is of no use."""
        stage: Stage[Picture, Pose] | None = None
        async for picture in self._lane:
            try:
                if stage is None:
                    stage = await self._worker.run(_open)
                for pose in await self._worker.push(stage, picture):
                    self._pose, self._seen = pose, self._clock.now()
            except BonafaceError as error:
                complain(error)
                return


def _open() -> Stage[Picture, Pose]:
    from bonaface.avatar.mimic import Mimic  # noqa: PLC0415  (only those with a camera need it)

    return Mimic()
