"""Whether the hidden marks survive, what they cost, and whether they are found where none are.

Usage: python bench/marks.py [--clips N] [--seconds S] [--stills N] [--only ATTACK ...]
                             [--unmarked] [--every N] [--log FILE] [--peers] [--json]

Pictures (bench/marks_picture.py): clips of filmed people (../shared/media: 512x512 as they are,
1280x720 scaled down from 1080p) and `fictional-*` portraits swayed by a smooth warp, the nearest
to what Bonaface renders; S seconds each (3), marked with a random id as if cut from the middle of
a longer film, attacked, read. Portraits of three sizes, marked as stills; scenes that stand still,
averaged. "found": the reader says so; "id": the 64-bit id is exact; "z": median strength. PSNR and
SSIM are measured below the visible label. `--peers` puts other marks through the same
(bench/marks_peers.py), those that are installed.
An id that is read and wrong counts as "wrong": there must be none.
Sound: as bench/marks_sound.py says, on the same media.
Speed: CPU time on one core, median. `--only` measures these attacks on films and
nothing else, with `--peers` other marks too.
`--unmarked` reads what carries no mark in the media too (bench/marks_unmarked.py; `--every` Nth
face, 8; about half an hour), and the sound in it, and counts what is found.

--json: {"picture": {"films": {"attacks": {attack: {"n", "found", "id", "wrong", "z"}}, "psnr":
[dB], "ssim": []}, "stills": {size: the same}, "means": {attack: row}, "speed": {"film_ms",
"still_ms", "label_ms", "read_s": {size: figure}}, "unmarked": as in bench/marks_unmarked.py},
"peers": {name: {"film"|"still": {attack: {"n", "all", "bits"}}, "psnr", "ssim", "pictures_s"}},
"sound": as in bench/marks_sound.py}; with --only: {"attacks", "psnr", "ssim", "peers"} of films
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from marks_peers import measure_peers, print_peers
from marks_picture import MEDIA, measure_picture, print_picture, print_rows, try_films
from marks_sound import measure_sound, print_sound, read_unmarked
from marks_unmarked import read_unmarked as read_pictures


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--clips", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--stills", type=int, default=44)
    parser.add_argument("--only", nargs="+", metavar="ATTACK")
    parser.add_argument("--unmarked", action="store_true")
    parser.add_argument("--every", type=int, default=8)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not MEDIA.exists():
        sys.exit(f"no media at {MEDIA}; set BONAFACE_MEDIA")
    clips, stills = options.clips, options.stills
    if options.only:
        _try_some(options)
        return
    figures: dict[str, Any] = {"picture": measure_picture(clips, options.seconds, stills=stills)}
    if options.peers:
        figures["peers"] = measure_peers(clips // 4, stills // 4)
    figures["sound"] = measure_sound(clips=99, cuts=3)
    if options.unmarked:
        figures["picture"]["unmarked"] = read_pictures(options.every, options.log)
        figures["sound"]["unmarked"] = read_unmarked([])
    if options.json:
        print(json.dumps(figures))
    else:
        print_picture(figures["picture"])
        print_peers(figures.get("peers", {}))
        print_sound(figures["sound"])


def _try_some(options: argparse.Namespace) -> None:
    """Try these attacks on films, and on films with other marks."""
    made = try_films(options.clips, options.seconds, options.only)
    peers = measure_peers(options.clips, 0, options.only) if options.peers else {}
    if options.json:
        print(json.dumps({**made, "peers": peers}))
    else:
        print_rows("attack", made["attacks"])
        print_peers(peers)


if __name__ == "__main__":
    main()
