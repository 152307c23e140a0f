"""What a live second costs as HLS, recording and RTMP: CPU time of one core, and bits.

A made-up head and voice, marked, of 512x512 at 25 a second; each broadcast encodes for itself. The
machine may be shared: CPU time is counted, and of several runs the least is told beside the middle.
"""

import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from films import LENGTH, film, give, later, make_hls, make_statement

from bonaface.core import SECOND
from bonaface.media.broadcast.broadcast import Broadcast
from bonaface.media.broadcast.hls import Hls
from bonaface.media.broadcast.recording import Recording
from bonaface.media.broadcast.rtmp import Rtmp
from bonaface.media.broadcast.target import read_target

SIDE = 512
TURNS = 4  # times six seconds
RUNS = 5


def pour(made: Broadcast) -> None:
    """Give it all, as fast as it is taken."""
    for turn in range(TURNS):
        for item in film(SIDE):
            give(made, later(item, turn * LENGTH))
            while len(made._hopper._items) > 8:  # noqa: SLF001 as fast as it goes
                time.sleep(0.001)


def measure(make: Callable[[], Broadcast]) -> tuple[float, float]:
    """CPU seconds of a second live, and of ending it."""
    made = make()
    begin = time.process_time()
    pour(made)
    middle = time.process_time()
    made.end()
    if not made.wait(60) or made.report.state == "failed":
        raise SystemExit(made.report.text)
    return (middle - begin) / (TURNS * LENGTH / SECOND), time.process_time() - middle


@contextmanager
def listening(folder: Path) -> Iterator[str]:
    """An RTMP server for one stream."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    url = f"rtmp://127.0.0.1:{port}/live/key"
    options = ["-v", "quiet", "-y", "-listen", "1", "-f", "flv", "-i", url, "-c", "copy"]
    process = subprocess.Popen(["ffmpeg", *options, str(folder / "rtmp.mp4")])
    time.sleep(1)
    try:
        yield url
    finally:
        process.kill()
        process.wait()


def record(folder: Path) -> Broadcast:
    """A recording with leave."""
    return Recording(folder / "recording.mp4", make_statement()[0])


def push(url: str) -> Broadcast:
    """A push to this machine."""
    return Rtmp(read_target(url, near=True))


def tell(name: str, runs: list[tuple[float, float]], kilobits: float) -> None:
    """Print a row."""
    lives = [1000 * live for live, _ in runs]
    ends = [1000 * end for _, end in runs]
    print(
        f"{name:10} {min(lives):6.0f} {statistics.median(lives):6.0f} "
        f"{statistics.median(ends):8.0f} {kilobits:7.0f}   n = {len(runs)}"
    )


def main() -> None:
    """Print the table."""
    film(SIDE)
    seconds = TURNS * LENGTH / SECOND
    print(f"{SIDE}x{SIDE}, 25 a second, {seconds:.0f} s a run; CPU ms of one core a live second")
    print(f"{'':10} {'least':>6} {'middle':>6} {'end, ms':>8} {'kbit/s':>7}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shelves: list[Hls] = []

        def show() -> Hls:
            shelves.append(make_hls())
            return shelves[-1]

        runs = [measure(show) for _ in range(RUNS)]
        found = [
            shelves[-1].find(f"{track}-{i}.m4s")
            for track in ("picture", "sound")
            for i in range(4, 12)
        ]
        tell("HLS", runs, 8 * sum(len(one.data) for one in found if one) / 16 / 1000)
        runs = [measure(lambda: record(folder)) for _ in range(RUNS)]
        size = (folder / "recording.mp4").stat().st_size
        tell("recording", runs, 8 * size / seconds / 1000)
        pushed = []
        for _ in range(RUNS):
            with listening(folder) as url:
                pushed.append(measure(lambda: push(url)))
        size = (folder / "rtmp.mp4").stat().st_size
        tell("RTMP", pushed, 8 * size / seconds / 1000)


if __name__ == "__main__":
    main()
