"""What the fusion is fitted and judged on: media, forgeries made of them, and worse copies."""

import csv
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
from alike import pair
from item import Item

from bonaface.errors import UnreadableMedia
from bonaface.media.files import look
from bonaface.media.photos import read_photo

sys.path.append(str(Path(__file__).parents[1]))
from sources import find_fold, judges, name_group

FIT = 1  # the fold whose media fit; films in it were never learnt from, of photos every fourth
FACES = {"fit": 320, "judge": 320}  # photos of faces/
WORSE = {  # what is done to a file: arguments of ffmpeg
    "crf35": ("-c:v", "libx264", "-preset", "veryfast", "-crf", "35", "-c:a", "copy"),
    "360p": ("-vf", "scale=-2:'min(360,ih)'", "-c:v", "libx264", "-preset", "veryfast"),
    "opus16": ("-c:v", "copy", "-c:a", "libopus", "-b:a", "16k"),
}
KINDS = {"video": ("crf35", "360p", "opus16"), "audio": ("opus16",), "image": ("jpeg40",)}


def list_items(media: Path, cache: Path, extra: Path | None) -> Iterator[Item]:
    """All that is looked at, forgeries made here among it."""
    with (media / "manifest.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    items = [_item(media, row) for row in rows if row["label"] in {"real", "fake"}]
    known = [item for item in items if item is not None and item.path[:4] not in {"sign", "defe"}]
    faces = {part: _some(known, part) for part in FACES}
    fit = [one for one in known if one.part == "fit" and not one.path.startswith("faces/")]
    yield from (one for one in known if one.part == "judge" and not one.path.startswith("faces/"))
    yield from fit
    for part in FACES:
        yield from pair(faces[part], cache)
        yield from _dubbed([one for one in known if _talks(one, part)], cache)
    if extra is not None:
        yield from read_extra(extra)


def _item(media: Path, row: dict[str, str]) -> Item | None:
    path, fake = row["path"], row["label"] == "fake"
    group = name_group(path)
    part = "judge" if judges(path) or fake else "fit" if find_fold(group) == FIT else ""
    return Item(path, media / path, part, fake, row["method"], group) if part else None


def read_extra(table: Path) -> Iterator[Item]:
    """Forgeries that others made of media that judge or fit: path, part, method, group by tabs."""
    with table.open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            place = table.parent / row["path"]
            yield Item(row["path"], place, row["part"], True, row["method"], row["group"])


def _some(items: list[Item], part: str) -> list[Item]:
    faces = [one for one in items if one.part == part and one.path.startswith("faces/")]
    return sorted(faces, key=lambda one: _draw(one.path))[: FACES[part]]


def _talks(item: Item, part: str) -> bool:
    return item.part == part and not item.fake and item.path.startswith("talking/")


def _dubbed(films: list[Item], cache: Path) -> Iterator[Item]:
    """Each film with the sound of the next one."""
    heard = [one for one in films if look(one.file).has_sound]
    for item, other in zip(heard, heard[1:] + heard[:1], strict=True):
        file = cache / "made" / f"dub-{item.part}-{Path(item.path).stem}.mp4"
        ways = ("-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "aac", "-shortest")
        if file.exists() or run((item.file, other.file), file, ways):
            made = replace(item, path=f"made/{file.name}", file=file, fake=True)
            yield replace(made, method="another's sound (made here)")


def worsen(item: Item, condition: str, cache: Path) -> Item | None:
    """The same file after what happens to files; None where that cannot be."""
    if item.file.suffix.lower() in {".jpg", ".jpeg", ".png", ".webp"}:
        end = ".jpg"
    else:
        end = ".mkv" if condition == "opus16" else ".mp4"
    out = cache / "worse" / condition / f"{_draw(item.path)[:16]}{end}"
    if not out.exists():
        out.parent.mkdir(parents=True, exist_ok=True)
        if condition == "jpeg40":
            pixels = cv2.cvtColor(read_photo(item.file).pixels, cv2.COLOR_RGB2BGR)
            cv2.imwrite(str(out), pixels, [cv2.IMWRITE_JPEG_QUALITY, 40])
        elif not run((item.file,), out, WORSE[condition]):
            return None
    return replace(item, file=out, condition=condition)


def run(files: tuple[Path, ...], out: Path, ways: tuple[str, ...]) -> bool:
    """Let ffmpeg write a file, whole or not at all."""
    out.parent.mkdir(parents=True, exist_ok=True)
    half = out.with_name(f"half-{out.name}")
    named = [part for file in files for part in ("-i", str(file))]
    command = ["ffmpeg", "-v", "error", "-y", "-threads", "1", *named, *ways, str(half)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        half.unlink(missing_ok=True)
        return False
    half.replace(out)
    return True


def kind_of(item: Item) -> str | None:
    """`video`, `image` or `audio`; None where it cannot be read."""
    try:
        return look(item.file).kind
    except UnreadableMedia:
        return None


def _draw(path: str) -> str:
    return hashlib.sha256(path.encode()).hexdigest()
