"""Run all inspectors over labelled media, in several conditions, and keep what they say.

    python training/fusion/collect.py [--out /tmp/fusion] [--quick] [--extra TABLE.tsv]

Writes OUT/findings.jsonl, one row a file and condition (README.md says what is in it). What was
collected with the same models is not collected again. `--quick` leaves out the worse copies.
"""

import argparse
import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from item import Item
from media import KINDS, kind_of, list_items, worsen

from bonaface.core import Finding
from bonaface.errors import BonafaceError, WeightsError
from bonaface.examine import examine
from bonaface.forensics.artefacts.crop import cut_face, sharpness
from bonaface.forensics.inspector import Inspector, Seen
from bonaface.forensics.inspectors import open_inspectors
from bonaface.forensics.look import Look
from bonaface.media.files import look
from bonaface.weights import digest

ROOT = Path(__file__).parents[2]
MEDIA = Path(os.environ.get("BONAFACE_MEDIA", ROOT.parent / "shared" / "media"))


@dataclass
class Plain:
    """What anybody could measure: a detector must do better than these."""

    name: str = "plain"
    sharp: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    loud: list[float] = field(default_factory=list)

    def push(self, item: Seen) -> Iterator[Finding]:
        """Measure now and then."""
        if not isinstance(item, Look):
            self.loud.append(float((item.samples.astype(np.float64) ** 2).mean()))
        elif item.sights and len(self.sharp) < 20:
            face = item.sights[0].face
            self.high.append(face.height)
            cut = cut_face(item.picture.pixels, face.landmarks, 160, 0.06)
            if cut is not None:
                self.sharp.append(sharpness(cut.pixels))
        return iter(())

    def flush(self) -> Iterator[Finding]:
        """Say nothing."""
        return iter(())

    def reset(self) -> None:
        """Forget all."""
        self.sharp, self.high, self.loud = [], [], []

    def measures(self, item: Item) -> dict[str, float | None]:
        """Sharpness, face size (px), bitrate (kbit/s; bytes of a still), loudness (dB)."""
        seconds = look(item.file).seconds
        size = item.file.stat().st_size
        return {
            "sharpness": float(np.median(self.sharp)) if self.sharp else None,
            "face_px": float(np.median(self.high)) if self.high else None,
            "bitrate": size * 8 / 1000 / seconds if seconds else float(size),
            "loudness": float(10 * np.log10(np.mean(self.loud) + 1e-12)) if self.loud else None,
        }


def version() -> str:
    """Changes when a model does."""
    files = sorted([*(ROOT / "models").glob("*.onnx"), *(ROOT / "models").glob("*.npz")])
    joined = "".join(f"{file.name} {digest(file)} " for file in files)
    return hashlib.sha256(joined.encode()).hexdigest()[:16]


def inspectors_for(kind: str) -> tuple[Inspector, ...]:
    """Open what there is; none where a model did not come along."""
    try:
        return open_inspectors(kind)[0]  # type: ignore[arg-type]
    except WeightsError as error:
        print(f"No inspectors of {kind}: {error}")
        return ()


def inspect(item: Item, kind: str) -> dict[str, Any]:
    """One row."""
    plain, opened = Plain(), inspectors_for(kind)
    begin = time.process_time()
    media = look(item.file)
    found = examine(media, (*opened, plain)).findings
    spent = time.process_time() - begin
    said = [
        {"inspector": one.inspector, "score": one.score, "quality": round(one.quality, 3)}
        for one in found
        if one.whole
    ]
    row: dict[str, Any] = {
        "path": item.path,
        "condition": item.condition,
        "part": item.part,
        "kind": kind,
    }
    row |= {"fake": item.fake, "method": item.method, "group": item.group, "findings": said}
    return row | {
        "plain": plain.measures(item),
        "seconds": media.seconds,
        "cpu_seconds": round(spent, 3),
    }


def collect(out: Path, *, quick: bool, extra: Path | None, most: int | None = None) -> Path:
    """Write the rows that are not there yet; answers the file."""
    out.mkdir(parents=True, exist_ok=True)
    file, models = out / "findings.jsonl", version()
    done = {(row["path"], row["condition"]) for row in read_rows(file) if row["models"] == models}
    items = list(list_items(MEDIA, out, extra))[:most]
    with file.open("a", encoding="utf-8") as kept:
        for one in _conditions(items, out, quick=quick):
            kind = kind_of(one)
            if kind is None or (one.path, one.condition) in done:
                continue
            try:
                row = inspect(one, kind)
            except BonafaceError as error:
                print(f"{one.path}: {error}")
                continue
            kept.write(json.dumps(row | {"models": models}) + "\n")
            kept.flush()
    return file


def _conditions(items: list[Item], out: Path, *, quick: bool) -> Iterator[Item]:
    """All files as they are, then the worse copies."""
    yield from items
    for item in () if quick else items:
        for condition in KINDS.get(kind_of(item) or "", ()):
            worse = worsen(item, condition, out)
            if worse is not None:
                yield worse


def read_rows(file: Path) -> list[dict[str, Any]]:
    """All rows of a file; none where there is no file."""
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]


def main() -> None:
    """Collect."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("/tmp/fusion"))  # noqa: S108  not secret
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--extra", type=Path)
    parser.add_argument("--most", type=int, help="so many files at most")
    wanted = parser.parse_args()
    begin = time.process_time()
    file = collect(wanted.out, quick=wanted.quick, extra=wanted.extra, most=wanted.most)
    print(f"{file}: {len(read_rows(file))} rows, {time.process_time() - begin:.0f} CPU seconds")


if __name__ == "__main__":
    main()
