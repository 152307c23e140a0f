"""Whether harmless edits make genuine faces look blended, or drawn by a network.

Usage: python bench/harmless.py [--faces N] [--inspector artefacts|spectrum] [--ffhq] [--json]

N genuine faces (150, drawn by chance from ../shared/media/faces) are edited as people and programs
edit pictures, then looked at by the inspector. "judged": it did not abstain; "alarms": over the
threshold from which the verdict calls a file manipulated; the spectrum gives no number, so whatever
it shows is one, of all faces. Lying: by quarters, which the program turns back. Turned: by steps,
and cut to what is left, so that the border shows nothing that was not there; from 15 degrees on the
face is cut upright.

--json: {edit: {"n", "judged", "median", "alarms", "interval"}}
"""

import argparse
import io
import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter
from scores import wilson

from bonaface.core import Picture
from bonaface.forensics.artefacts.inspector import Artefacts
from bonaface.forensics.fusion import decides
from bonaface.forensics.inspector import Inspector
from bonaface.forensics.look import Looker
from bonaface.forensics.spectrum.inspector import Spectrum
from bonaface.media.photos import read_photo

MEDIA = Path(os.environ.get("BONAFACE_MEDIA", Path(__file__).parents[2] / "shared" / "media"))
Pixels = NDArray[np.uint8]
Edit = Callable[[Pixels], Pixels]
SEPIA = np.array([[0.393, 0.349, 0.272], [0.769, 0.686, 0.534], [0.189, 0.168, 0.131]])
TURNS = (5, 10, 15, 20, 30, 45)


def pillow(change: Callable[[Image.Image], Image.Image]) -> Edit:
    """An edit by Pillow."""
    return lambda pixels: np.asarray(change(Image.fromarray(pixels)).convert("RGB"))


def saved(quality: int, form: str = "JPEG") -> Edit:
    """Saved once more."""

    def edit(pixels: Pixels) -> Pixels:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, form, quality=quality)
        return np.asarray(Image.open(file).convert("RGB"))

    return edit


def scaled(by: float, how: int) -> Edit:
    """Larger or smaller."""
    return lambda pixels: np.asarray(
        cv2.resize(pixels, None, fx=by, fy=by, interpolation=how), np.uint8
    )


def levels(change: Callable[[NDArray[np.float32]], NDArray[np.floating]]) -> Edit:
    """Another colour for each colour."""
    return lambda pixels: np.clip(change(pixels.astype(np.float32)), 0, 255).astype(np.uint8)


def lying(quarters: int) -> Edit:
    """As a telephone held sideways films it."""
    return lambda pixels: np.ascontiguousarray(np.rot90(pixels, quarters))


def turned(degrees: float) -> Edit:
    """Turned about the middle and cut to what it fills, as programs straighten pictures."""

    def edit(pixels: Pixels) -> Pixels:
        height, width = pixels.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
        whole = cv2.warpAffine(pixels, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)
        sin, cos = abs(np.sin(np.radians(degrees))), np.cos(np.radians(degrees))
        half = int(min(height, width) / (sin + cos) / 2) - 1
        top, left = height // 2 - half, width // 2 - half
        return np.asarray(whole[top : top + 2 * half, left : left + 2 * half], np.uint8)

    return edit


EDITS: dict[str, Edit] = {
    "none": lambda pixels: pixels,
    "mirrored": lambda pixels: np.ascontiguousarray(pixels[:, ::-1]),
    "grey": pillow(lambda image: image.convert("L")),
    "sepia": levels(lambda pixels: pixels @ SEPIA),
    "tinted": levels(lambda pixels: pixels * np.array([1.1, 1.0, 0.8])),
    "saturated 1.6": pillow(lambda image: ImageEnhance.Color(image).enhance(1.6)),
    "contrast 1.4": levels(lambda pixels: (pixels - 128) * 1.4 + 128),
    "gamma 0.6": levels(lambda pixels: 255 * (pixels / 255) ** 0.6),
    "gamma 1.6": levels(lambda pixels: 255 * (pixels / 255) ** 1.6),
    "noise": levels(lambda pixels: pixels + np.random.default_rng(0).normal(0, 8, pixels.shape)),
    "unsharp mask": pillow(lambda image: image.filter(ImageFilter.UnsharpMask(2, 120, 2))),
    "blurred": lambda pixels: np.asarray(cv2.GaussianBlur(pixels, (0, 0), 1), np.uint8),
    "median": lambda pixels: np.asarray(cv2.medianBlur(pixels, 5), np.uint8),
    "skin smoothed": lambda pixels: np.asarray(cv2.bilateralFilter(pixels, 9, 40, 9), np.uint8),
    "denoised": lambda pixels: np.asarray(
        cv2.fastNlMeansDenoisingColored(pixels, None, 6, 6, 7, 15), np.uint8
    ),
    "0.7x": scaled(0.7, cv2.INTER_AREA),
    "1.3x, linear": scaled(1.3, cv2.INTER_LINEAR),
    "2x, Lanczos": scaled(2, cv2.INTER_LANCZOS4),
    "JPEG 50": saved(50),
    "JPEG 30": saved(30),
    "WebP 40": saved(40, "WEBP"),
    "lying, left": lying(1),
    "lying, right": lying(3),
    "upside down": lying(2),
    **{f"turned by {degrees}": turned(degrees) for degrees in TURNS},
}


def judge(inspector: Inspector, pixels: Pixels) -> float | None:
    """The chance that it gives one picture; 1 where the spectrum shows something."""
    inspector.reset()
    for look in Looker(stands=True).push(Picture(0, np.ascontiguousarray(pixels))):
        list(inspector.push(look))
    *_, whole = inspector.flush()
    if isinstance(inspector, Spectrum):
        return 1.0 if whole.exhibits else None
    return whole.score


def measure(count: int, opened: Inspector, *, ffhq: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """The line of each edit."""
    files = sorted(MEDIA.glob("derived/ffhq*-real-*" if ffhq else "faces/*"))
    random.Random(5).shuffle(files)
    faces = [read_photo(file).pixels for file in files[:count]]
    over = decides(opened.name)
    for name, edit in EDITS.items():
        scores = [judge(opened, edit(pixels)) for pixels in faces]
        told = np.array([score for score in scores if score is not None])
        alarms = int((told >= over).sum())
        asked = len(faces) if isinstance(opened, Spectrum) else len(told)
        yield (
            name,
            {
                "n": len(faces),
                "judged": len(told),
                "median": round(float(np.median(told)), 2) if len(told) else None,
                "alarms": alarms,
                "interval": wilson(alarms, asked) if asked else None,
            },
        )


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--faces", type=int, default=150)
    parser.add_argument("--inspector", choices=("artefacts", "spectrum"), default="artefacts")
    parser.add_argument(
        "--ffhq", action="store_true", help="portraits of 256 px instead of UTKFace"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    opened = Artefacts() if options.inspector == "artefacts" else Spectrum()
    figures: dict[str, dict[str, Any]] = {}
    for name, row in measure(options.faces, opened, ffhq=options.ffhq):
        figures[name] = row
        if not options.json:
            low, high = row["interval"] or (0, 1)
            print(
                f"{name:16s} judged {row['judged']:4d} of {row['n']}  median {row['median']}  "
                f"alarms {row['alarms']} [{low:.3f}, {high:.3f}]",
                flush=True,
            )
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
