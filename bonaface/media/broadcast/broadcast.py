"""What all broadcasts are: an exit of a session that works on a thread of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Literal, TypeAlias

from bonaface.errors import BonafaceError
from bonaface.marks.marked import MarkedPicture, MarkedSound, require_marked
from bonaface.media.broadcast.hopper import Hopper

State: TypeAlias = Literal["waiting", "connecting", "live", "lost", "ended", "failed"]
OVER = ("ended", "failed")


@dataclass(frozen=True, slots=True)
class Report:
    """How a broadcast is now. `text` is a sentence where there is something to say."""

    state: State
    text: str = ""


Tell: TypeAlias = Callable[[Report], None]  # called on the broadcast's thread


class Broadcast:
    """An Exit that hands all it gets to `_work`, on a thread that begins with the first of it.

    Pictures and sound that the thread has no time for are left out and counted. Trouble ends the
    broadcast and is told as a report; the session goes on.
    """

    def __init__(self, name: str, tell: Tell = lambda _: None) -> None:
        self.report = Report("waiting")
        self._hopper = Hopper()
        self._tell = tell
        self._starting = Lock()
        self._started = False
        self._thread = Thread(target=self._run, name=name, daemon=True)

    @property
    def dropped(self) -> int:
        """Pictures left out."""
        return self._hopper.dropped

    @property
    def lost(self) -> int:
        """Runs of 20 ms of sound left out."""
        return self._hopper.lost

    def show(self, picture: MarkedPicture) -> None:
        """Take a picture. Raises Unmarked."""
        self._hopper.put(require_marked(picture))
        self._start()

    def hear(self, sound: MarkedSound) -> None:
        """Take the next run of sound. Raises Unmarked."""
        self._hopper.put(require_marked(sound))
        self._start()

    def end(self) -> None:
        """Take nothing more, and finish what there is; again is no error. Does not wait."""
        self._hopper.close()
        self._start()

    def wait(self, seconds: float) -> bool:
        """Wait until it is finished; False when that takes longer."""
        if self._started:
            self._thread.join(seconds)
        return self.report.state in OVER

    def _start(self) -> None:
        if self._started:
            return
        with self._starting:
            if not self._started:
                self._started = True
                self._thread.start()

    def _run(self) -> None:
        last = Report("failed", "The broadcast broke; the log says why.")
        try:
            self._work(self._hopper)
            last = Report("ended")
        except BonafaceError as error:
            last = Report("failed", str(error))
        finally:
            self._hopper.close()
            self._hopper.clear()
            self._note(last)

    def _note(self, report: Report) -> None:
        self.report = report
        self._tell(report)

    def _work(self, hopper: Hopper) -> None:
        """Do it: return when the hopper ends, raise BonafaceError when it cannot be done."""
        raise NotImplementedError
