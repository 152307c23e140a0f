"""Single pictures in and out: PNG, JPEG and WebP, upright, in sRGB, with what is transparent.

Nothing beside the pixels is carried over: EXIF, XMP and IPTC can name people and places.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bonaface.core import Picture, frozen
from bonaface.errors import UnreadableMedia
from bonaface.marks.label.stamp import draw_label
from bonaface.marks.marked import MarkedPicture, require_marked
from bonaface.media.drafts import writing
from bonaface.media.photos import (
    MOST_PIXELS,
    decoding,
    is_clear,
    open_image,
    read_bytes,
    to_8_bit,
    turn_upright,
)

KINDS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp"}
MOST_SIDE = {"WEBP": 16_383, "JPEG": 65_500, "PNG": 65_500}  # px
Alpha = NDArray[np.uint8]  # (height, width): 0 transparent, 255 opaque


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """A picture file."""

    picture: Picture
    alpha: Alpha | None  # None: opaque
    kind: str  # PNG, JPEG or WEBP
    lossless: bool
    notes: tuple[str, ...] = ()  # sentences: what is not kept as it was


def read_still(path: Path) -> Still:
    """Read a picture file. Raises UnreadableMedia when it is broken, moving, too large, or none."""
    data = read_bytes(path)
    with decoding(path.name):
        image = open_image(data, path.name, MOST_PIXELS)
        if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":
            remedy = "Save it as GIF, MP4 or WebM, which are marked as films."
            raise UnreadableMedia(f"{path.name} is a moving picture.", remedy)
        kind = image.format if image.format in SUFFIXES else "JPEG"  # MPO: a JPEG with a preview
        notes = tuple(_notes(image, data))
        pixels, alpha = _split(to_8_bit(turn_upright(image)))
    lossless = kind == "PNG" or b"VP8L" in data[:64]
    return Still(Picture(0, pixels), alpha, str(kind), lossless, notes)


def write_still(path: Path, marked: MarkedPicture, still: Still, quality: int, label: str) -> None:
    """Write a marked picture as the suffix of `path` says, as transparent as it was.

    Its label is opaque all the same. `quality` of 1 to 100 is for what loses something. Raises
    Unmarked or UnwritableMedia.
    """
    require_marked(marked)
    kind = KINDS[path.suffix.lower()]
    image = Image.fromarray(marked.pixels)
    if still.alpha is not None:
        image.putalpha(Image.fromarray(_shown(still.alpha, label)))
    options: dict[str, Any] = {"quality": quality}
    if kind == "JPEG":
        image = _on_white(image)
        options["subsampling"] = 0
    elif kind == "WEBP":
        options |= {"lossless": still.lossless, "exact": True}
    with writing(path):
        image.save(path, format=kind, **options)


def _split(image: Image.Image) -> tuple[NDArray[np.uint8], Alpha | None]:
    """Part colour and transparency; what cannot be seen at all becomes white, and is gone."""
    if not is_clear(image):
        return np.array(image.convert("RGB"), np.uint8), None
    whole = np.array(image.convert("RGBA"), np.uint8)
    pixels, alpha = np.ascontiguousarray(whole[..., :3]), np.ascontiguousarray(whole[..., 3])
    if alpha.min() == 255:
        return pixels, None
    pixels[alpha == 0] = 255
    return pixels, np.asarray(frozen(alpha))


def _shown(alpha: Alpha, label: str) -> Alpha:
    """Answer `alpha` with the label in it: a label that nobody sees is none."""
    shown = alpha.copy()
    stamp = draw_label(label, *alpha.shape)
    height, width = stamp.keep.shape[:2]
    under = shown[stamp.top : stamp.top + height, stamp.left : stamp.left + width]
    under[...] = 255 - (255 - under.astype(np.uint32)) * stamp.keep[..., 0] // 255
    return shown


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, image).convert("RGB")


def _notes(image: Image.Image, data: bytes) -> "list[str]":
    notes = []
    if image.mode in {"I", "I;16", "F"} or (image.format == "PNG" and data[24] == 16):
        notes.append("Its 16 bits a colour were rounded to 8.")
    if image.info.get("icc_profile"):
        notes.append("Its colours were brought into sRGB.")
    if image.getexif() or {"xmp", "XML:com.adobe.xmp", "photoshop", "comment"} & set(image.info):
        notes.append("Its notes on camera, place, time and people (EXIF, XMP, IPTC) were left out.")
    return notes
