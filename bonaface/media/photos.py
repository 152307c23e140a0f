"""Photos in: a JPEG, PNG or WebP file becomes a Picture, upright and in sRGB."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from bonaface.core import Picture
from bonaface.errors import UnreadableMedia

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_BYTES = 100_000_000
MOST_PIXELS = 80_000_000  # a larger photo is refused before it is decoded


def read_photo(path: Path) -> Picture:
    """Read a photo, turned as its EXIF orientation says (EXIF 2.32, tag 0x0112).

    Raises UnreadableMedia when the file is missing, broken, too large, or no photo.
    """
    return decode_photo(read_bytes(path), path.name)


def decode_photo(data: bytes, name: str, most: int = MOST_PIXELS) -> Picture:
    """Decode the bytes of a photo of at most `most` pixels, turned as `read_photo` does.

    `name` is what messages call it. Raises UnreadableMedia when it is broken, too large, or none.
    """
    with decoding(name):
        image = open_image(data, name, most)
        return Picture(0, np.array(_flatten(turn_upright(image)), np.uint8))


@contextmanager
def decoding(name: str) -> Iterator[None]:
    """Turn what Pillow raises into one sentence about the file `name`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd EXIF and of what we bound ourselves
        try:
            yield
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as cause:
            if isinstance(cause, UnreadableMedia):
                raise
            remedy = "Save it again as JPEG or PNG, or choose another copy."
            raise UnreadableMedia(f"{name} is broken: {cause}.", remedy) from cause


def read_bytes(path: Path) -> bytes:
    """The bytes of a photo's file. Raises UnreadableMedia when it is absent, empty or huge."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            limit = MOST_BYTES // 1_000_000
            raise UnreadableMedia(f"{path.name} is larger than {limit} MB.", "Use a smaller photo.")
        data = path.read_bytes()
    except OSError as cause:
        if isinstance(cause, UnreadableMedia):
            raise
        raise UnreadableMedia(
            f"Cannot read {path}: {cause.strerror}.", "Check the path."
        ) from cause
    if not data:
        raise UnreadableMedia(f"{path.name} is empty.", "Choose a photo with something in it.")
    return data


def open_image(
    data: bytes, name: str, most: int = MOST_PIXELS, formats: tuple[str, ...] = FORMATS
) -> Image.Image:
    """Open an image of at most `most` pixels; nothing is decoded yet. Use inside `decoding`."""
    try:
        image = Image.open(io.BytesIO(data), formats=formats)
    except UnidentifiedImageError as cause:
        remedy = "Give a JPEG, PNG or WebP file; of a video, save one frame as a picture."
        raise UnreadableMedia(f"{name} is not a photo.", remedy) from cause
    if image.width * image.height > most:
        size = f"{image.width} x {image.height}"
        raise UnreadableMedia(f"{name} has {size} pixels.", "Scale it to 4000 a side or less.")
    return image


def turn_upright(image: Image.Image) -> Image.Image:
    """Decode an image, turned as its EXIF orientation says and in sRGB, in whatever mode."""
    upright: Image.Image = ImageOps.exif_transpose(image)
    return _as_srgb(upright)


def _as_srgb(image: Image.Image) -> Image.Image:
    """Photos of phones are often in Display P3; without this they look pale."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"RGB", "RGBA", "CMYK"}:
        return image
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        srgb = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, own, srgb, outputMode=mode) or image
    except (ImageCms.PyCMSError, OSError):
        return image  # a broken profile is no reason to refuse a photo


def _flatten(image: Image.Image) -> Image.Image:
    """Any mode to RGB; what is transparent becomes white."""
    image = to_8_bit(image)
    if is_clear(image):
        clear = image.convert("RGBA")
        white = Image.new("RGBA", clear.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, clear)
    return image.convert("RGB")


def to_8_bit(image: Image.Image) -> Image.Image:
    """Greys of 16 or 32 bits to 8; any other image as it is."""
    if image.mode not in {"I", "I;16", "F"}:
        return image
    values = np.asarray(image, np.float32)
    top = 65535 if values.max() > 255 else 255
    return Image.fromarray((values * (255 / top)).clip(0, 255).astype(np.uint8))


def is_clear(image: Image.Image) -> bool:
    """Tell whether something of an image may be transparent."""
    return image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
