"""Photos: upright, in sRGB, and refused with a sentence when they are not photos."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from bonaface.errors import UnreadableMedia
from bonaface.media.photos import read_photo


def drawn(width: int = 60, height: int = 40) -> Image.Image:
    """Red at the top left, blue elsewhere."""
    image = Image.new("RGB", (width, height), (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, width // 2, height // 2))
    return image


def saved(path: Path, image: Image.Image, **options: Any) -> Path:
    image.save(path, **options)
    return path


@pytest.mark.parametrize(("name", "near"), [("a.jpg", 8), ("a.png", 0), ("a.webp", 12)])
def test_formats(tmp_path: Path, name: str, near: int) -> None:
    picture = read_photo(saved(tmp_path / name, drawn(), quality=95))
    assert picture.pixels.shape == (40, 60, 3)
    assert abs(picture.pixels[5, 5].astype(int) - (255, 0, 0)).max() <= near
    assert abs(picture.pixels[35, 55].astype(int) - (0, 0, 255)).max() <= near
    assert not picture.pixels.flags.writeable


def test_the_content_counts_not_the_name(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", drawn())
    assert read_photo(path.rename(tmp_path / "a.txt")).pixels.shape == (40, 60, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_respected(tmp_path: Path, orientation: int) -> None:
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = drawn().transpose(turns[orientation]) if orientation > 1 else drawn()
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path / "a.png", stored, exif=exif)
    assert np.array_equal(read_photo(path).pixels, np.asarray(drawn()))


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1", "CMYK", "I;16"])
def test_every_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    image = drawn().convert("L").convert("I").convert("I;16") if mode == "I;16" else drawn()
    image = image if mode == "I;16" else image.convert(mode)
    path = saved(tmp_path / ("a.jpg" if mode == "CMYK" else "a.png"), image)
    assert read_photo(path).pixels.shape == (40, 60, 3)


def test_what_is_transparent_becomes_white(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", Image.new("RGBA", (20, 20), (9, 9, 9, 0)))
    assert (read_photo(path).pixels == 255).all()


def test_a_broken_colour_profile_is_no_reason_to_refuse(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jpg", drawn(), icc_profile=b"not a profile")
    assert read_photo(path).pixels.shape == (40, 60, 3)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    same = read_photo(saved(tmp_path / "b.png", drawn(), icc_profile=profile))
    assert abs(same.pixels.astype(int) - np.asarray(drawn())).max() <= 2


def chunk(kind: bytes, body: bytes) -> bytes:
    crc = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + crc


def bomb() -> bytes:
    """A PNG of a few bytes that says it is 100,000 pixels a side."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 100))


def half() -> bytes:
    file = io.BytesIO()
    Image.effect_noise((200, 200), 80).save(file, "JPEG")
    return file.getvalue()[:2000]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"GIF89a not a photo", "is not a photo"),
        (b"\0\0\0\x18ftypmp42" + b"\0" * 100, "is not a photo"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is not a photo"),
        (bomb(), "exceeds limit|100000 x 100000"),
        (half(), "is broken"),
    ],
    ids=["empty", "gif", "video", "svg", "bomb", "half"],
)
def test_what_is_no_photo_is_refused(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    with pytest.raises(UnreadableMedia, match=says):
        read_photo(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnreadableMedia, match="Cannot read"):
        read_photo(tmp_path / "none.jpg")
    with pytest.raises(UnreadableMedia, match="Cannot read"):
        read_photo(tmp_path)
