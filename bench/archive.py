"""The log and what it is for: is a mark looked up quickly, and is a copied mark told?

Usage: python bench/archive.py [--entries N] [--json]

Log: one in which N entries (100,000) lie already, each with a manifest as large as that of a sound
which is signed here for the purpose. Looked up are random marks that are in it, and some that are
not; each look-up opens the file anew, as `check` does. Appending is measured on the same log, fsync
included; the audit over entries that were really appended.
Fingerprints: every portrait of ../shared/media/portraits as one picture of a film, square, 512 px.
"other": the best agreement with any of the others. The rest: with itself after an attack; where the
attack crops or mirrors, its place is given, as the reader of the mark would.

--json: {"log": {"entries", "bytes_an_entry", "find_ms", "find_cpu_ms", "find_cpu_ms_p99",
"find_sound_ms", "miss_ms", "append_ms", "append_cpu_ms", "audit_us_an_entry"}, "seen": {attack:
{"n", "median", "least", "most", "same": share that counts as the same film}}}
"""

import argparse
import json
import os
import secrets
import sqlite3
import tempfile
import time
import wave
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.log import store
from bonaface.log.audit import audit
from bonaface.log.entry import Content
from bonaface.marks.archive.archive import ALGORITHMS
from bonaface.marks.archive.seen import SAME, WHOLE, Corners, compare, fingerprint, glance
from bonaface.marks.credentials.files import Statement, sign_media
from bonaface.media.photos import read_photo

MEDIA = Path(os.environ.get("BONAFACE_MEDIA", Path(__file__).parents[2] / "shared" / "media"))
SIDE = 512
ASKED = 300  # look-ups
REAL = 200  # entries that are really appended
Pixels = NDArray[np.uint8]
_ENTRIES = """WITH RECURSIVE n(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i < ?)
INSERT INTO entries SELECT i, 'manifest', '2026-11-26T00:00:00+00:00', hex(randomblob(32)),
hex(randomblob(32)), hex(randomblob(32)) FROM n"""
_CONTENTS = """WITH RECURSIVE n(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i < ?)
INSERT INTO contents SELECT i, randomblob(16), 'urn:c2pa:' || hex(randomblob(18)),
hex(randomblob(18)), hex(randomblob(32)), '', randomblob(?) FROM n"""


def make_store(folder: Path) -> bytes:
    """The manifest store of a second of silence."""
    path = folder / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 16_000, "NONE", ""))
        file.writeframes(bytes(32_000))
    statement = Statement(datetime.now(UTC), None, sound_mark=secrets.token_hex(4))
    return sign_media(path, folder / "b.wav", "audio/wav", statement)


def fill(first: int, last: int, size: int) -> list[str]:
    """Fill the log from one number to another with as large rows; answers the picture marks."""
    marks = [secrets.token_hex(8) for _ in range(first, last + 1)]
    log = sqlite3.connect(store.log_path(), isolation_level=None)
    log.execute("BEGIN")
    log.execute(_ENTRIES, (first, last))
    log.execute(_CONTENTS, (first, last, size))
    rows = [(mark, ALGORITHMS[0], first + i) for i, mark in enumerate(marks)]
    rows += [(mark[8:], ALGORITHMS[1], number) for mark, _, number in rows]
    log.executemany("INSERT OR IGNORE INTO marks VALUES (?, ?, ?)", rows)
    log.execute("COMMIT")
    log.close()
    return marks


def clock(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU time of one call, ms."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - wall) * 1e3, (time.process_time() - cpu) * 1e3


def measure_log(entries: int, folder: Path) -> dict[str, float]:
    """Every figure of the log."""
    kept = make_store(folder)
    content = store.list_entries()[0].content or Content(body=kept)
    for _ in range(REAL):
        store.append("manifest", content, ((ALGORITHMS[0], secrets.token_hex(8)),))
    checking = clock(audit)[0]
    before = store.log_path().stat().st_size
    marks = fill(REAL + 2, entries, len(kept))
    size = (store.log_path().stat().st_size - before) / len(marks)
    asked = [secrets.choice(marks) for _ in range(ASKED)]
    found = np.array([clock(partial(store.find_mark, mark)) for mark in asked])
    short = np.array([clock(partial(store.find_mark, mark[8:])) for mark in asked])
    if not all(store.find_mark(mark) for mark in asked):
        raise SystemExit("a mark that is in the log was not found")
    missed = [clock(lambda: store.find_mark(secrets.token_hex(8)))[0] for _ in range(ASKED)]
    mark = ((ALGORITHMS[0], secrets.token_hex(8)),)
    added = np.array([clock(lambda: store.append("manifest", content, mark)) for _ in range(REAL)])
    return {
        "entries": entries,
        "bytes_an_entry": size,
        "find_ms": float(np.median(found[:, 0])),
        "find_cpu_ms": float(np.median(found[:, 1])),
        "find_cpu_ms_p99": float(np.quantile(np.r_[found[:, 1], short[:, 1]], 0.99)),
        "find_sound_ms": float(np.median(short[:, 0])),
        "miss_ms": float(np.median(missed)),
        "append_ms": float(np.median(added[:, 0])),
        "append_cpu_ms": float(np.median(added[:, 1])),
        "audit_us_an_entry": checking / (REAL + 1) * 1e3,
    }


def square(pixels: Pixels) -> Pixels:
    """The upper middle of a photo, SIDE pixels a side."""
    high, wide = pixels.shape[:2]
    side, left = min(high, wide), (wide - min(high, wide)) // 2
    cut = pixels[:side, left : left + side]
    return np.asarray(cv2.resize(cut, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def press(quality: int) -> Callable[[Pixels], Pixels]:
    """Through JPEG and back."""

    def pressed(pixels: Pixels) -> Pixels:
        _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)

    return pressed


def caption(pixels: Pixels) -> Pixels:
    """A bar over a sixth of the picture."""
    shown = pixels.copy()
    shown[400:485] = 0
    return shown


EDGE = round(0.1 * SIDE)
LOST = EDGE / (SIDE - 2 * EDGE)  # of a side of what is left
ATTACKS: dict[str, tuple[Callable[[Pixels], Pixels], Corners]] = {
    "JPEG 50": (press(50), WHOLE),
    "JPEG 10": (press(10), WHOLE),
    "quarter size": (lambda p: np.asarray(cv2.resize(p, (SIDE // 4, SIDE // 4))), WHOLE),
    "brighter by a fifth": (lambda p: np.clip(p * 1.2, 0, 255).astype(np.uint8), WHOLE),
    "gamma 2": (lambda p: (255 * (p / 255.0) ** 2).astype(np.uint8), WHOLE),
    "caption bar": (caption, WHOLE),
    "mirrored": (lambda p: p[:, ::-1], ((1, 0), (0, 0), (0, 1), (1, 1))),
    "a tenth off each side": (
        lambda p: p[EDGE:-EDGE, EDGE:-EDGE],
        ((-LOST, -LOST), (1 + LOST, -LOST), (1 + LOST, 1 + LOST), (-LOST, 1 + LOST)),
    ),
    "moved by 4 %": (lambda p: np.roll(p, SIDE // 25, axis=1), WHOLE),
}


def measure_seen() -> dict[str, dict[str, float]]:
    """Agreement of fingerprints, by attack."""
    photos = [square(read_photo(path).pixels) for path in sorted((MEDIA / "portraits").glob("*"))]
    kept = [fingerprint([glance(photo)]) for photo in photos]
    rows = {}
    for name, (attack, corners) in ATTACKS.items():
        shown = [[glance(np.ascontiguousarray(attack(photo)))] for photo in photos]
        pairs = zip(kept, shown, strict=True)
        rows[name] = summarise(
            [compare(one, those, corners).agreement or 0 for one, those in pairs]
        )
    shown = [[glance(photo)] for photo in photos]
    crossed = [
        compare(one, those).agreement or 0
        for i, one in enumerate(kept)
        for j, those in enumerate(shown)
        if i != j
    ]
    return {**rows, "other portraits, all pairs": summarise(crossed)}


def summarise(values: list[float]) -> dict[str, float]:
    """What is told of one attack."""
    found = np.array(values)
    return {
        "n": len(found),
        "median": float(np.median(found)),
        "least": float(found.min()),
        "most": float(found.max()),
        "same": float((found >= SAME).mean()),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BONAFACE_HOME"] = folder
        log = measure_log(options.entries, Path(folder))
    found: dict[str, Any] = {"log": log, "seen": measure_seen()}
    if options.json:
        print(json.dumps(found))
        return
    for name, value in log.items():
        print(f"{name:22}{value:12.3f}")
    print(f"\n{'fingerprints':28}{'n':>6}{'median':>8}{'least':>8}{'most':>8}{'same':>8}")
    for name, row in found["seen"].items():
        figures = f"{row['median']:8.2f}{row['least']:8.2f}{row['most']:8.2f}{row['same']:8.3f}"
        print(f"{name:28}{row['n']:6.0f}{figures}")


if __name__ == "__main__":
    main()
