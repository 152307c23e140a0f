"""The child process that decodes what strangers send: `python -m bonaface.server.decode MOST`.

Bytes of a photo come in on standard input; out goes one line of JSON, and after it the pixels of a
photo that has at most MOST of them, RGB, row by row. The process bounds itself before it reads: no
more than MEMORY bytes, SECONDS of CPU, no files, no children.
"""

import json
import resource
import sys
from typing import Any, Final

from bonaface.errors import BonafaceError
from bonaface.media.photos import MOST_BYTES, decode_photo

MEMORY: Final = 1 << 30  # bytes of address space beyond what the interpreter took to begin with
SECONDS: Final = 10
FILES: Final = 16
NAME: Final = "This photo"
HUNGRY: Final = "This photo needs too much memory to be decoded."


def bound(
    seconds: int = SECONDS,
    *,
    threads: bool = False,
    memory: int = MEMORY,
    files: int = FILES,
    writes: int = 0,
) -> None:
    """Give up what this process does not need, for good (setrlimit(2)).

    `threads` leaves it some: they count as processes. `memory` and `writes` are bytes: beyond what
    is taken already, and of a file that it may write.
    """
    limits = {
        resource.RLIMIT_AS: _size() + memory,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: writes,
        resource.RLIMIT_NOFILE: files,
        resource.RLIMIT_CORE: 0,
    }
    if not threads:
        limits[resource.RLIMIT_NPROC] = 0
    for kind, most in limits.items():
        _, hard = resource.getrlimit(kind)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (least, least))


def _size() -> int:
    """Bytes of address space that are taken already (proc(5): statm); 1 GiB where none says so."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 nothing heavy here
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 1 << 30


def main() -> int:
    """Decode one photo."""
    most = int(sys.argv[1])
    bound()
    try:
        pixels = decode_photo(sys.stdin.buffer.read(MOST_BYTES), NAME, most).pixels
    except MemoryError:
        return say({"error": HUNGRY, "remedy": "Scale it down."})
    except BonafaceError as error:
        return say({"error": str(error.args[0]), "remedy": error.remedy})
    say({"height": pixels.shape[0], "width": pixels.shape[1]})
    sys.stdout.buffer.write(pixels.data)
    sys.stdout.buffer.flush()
    return 0


def say(head: dict[str, Any]) -> int:
    """Write one line of JSON; answers the exit code."""
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n")
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
