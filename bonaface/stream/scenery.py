"""What is behind the person: made apart from the pictures of the face, then swapped in."""

from collections.abc import Callable
from functools import partial

from bonaface.avatar.backdrop import Backdrop, Kind, Room, blur, own, picture, plain
from bonaface.avatar.rig import Likeness
from bonaface.core import Picture
from bonaface.errors import BonafaceError, SettingsError
from bonaface.stream.lane import Lane
from bonaface.stream.workers import Worker


class Scenery:
    """Makes backdrops on a worker of its own, so that no picture of the face waits for one."""

    def __init__(self, likeness: Likeness, worker: Worker) -> None:
        self.kind: Kind = "own"
        self._likeness, self._worker = likeness, worker
        self._size = (likeness.width, likeness.height)
        self._wanted: Lane[Callable[[], Backdrop]] = Lane(1, "newest")
        self._room: Lane[Picture] = Lane(1, "newest")

    def choose(self, kind: Kind, shown: Picture | None = None) -> None:
        """Have another backdrop made. Raises SettingsError for a picture that was not given."""
        makers: dict[Kind, Callable[[], Backdrop]] = {
            "own": partial(own, self._likeness),
            "blur": partial(blur, self._likeness),
            "none": partial(plain, self._likeness),
        }
        if kind == "picture" and shown is not None:
            makers["picture"] = partial(picture, shown, self._size)
        if kind != "camera" and kind not in makers:
            raise SettingsError("There is no picture to put behind the face.", "Upload one first.")
        self.kind = kind
        if kind in makers:
            self._wanted.offer(makers[kind])

    def see(self, seen: Picture) -> None:
        """Look at the viewer's room, where that is what is wanted."""
        if self.kind == "camera":
            self._room.offer(seen)

    async def make(self, place: Callable[[Backdrop], None]) -> None:
        """Make what was chosen until cancelled."""
        async for maker in self._wanted:
            place(await self._worker.run(maker))

    async def learn(
        self, place: Callable[[Backdrop], None], complain: Callable[[BonafaceError], None]
    ) -> None:
        """Learn the viewer's room until cancelled. Without the model for it there is none."""
        room = Room(self._size, mirrored=True)
        async for seen in self._room:
            try:
                backdrops = await self._worker.push(room, seen)
            except BonafaceError as error:
                complain(error)
                return
            for backdrop in backdrops:
                if self.kind == "camera":
                    place(backdrop)
