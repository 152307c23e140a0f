"""Lay pictures of a video side by side: python examples/filmstrip.py demo/hello.mp4 docs/hello.jpg.

The picture in the README was made with this. It keeps the labels of the pictures it shows.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from bonaface.media.files import read_pictures

COLUMNS, ROWS, SIDE = 4, 2, 300  # px


def main(video: Path, output: Path) -> None:
    """Choose pictures evenly over the video and save them as one."""
    pictures = [picture.pixels for picture in read_pictures(video)]
    chosen = np.linspace(2, len(pictures) - 3, COLUMNS * ROWS).astype(int)
    strip = Image.new("RGB", (COLUMNS * SIDE, ROWS * SIDE))
    for i, index in enumerate(chosen):
        small = Image.fromarray(pictures[index]).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        strip.paste(small, (i % COLUMNS * SIDE, i // COLUMNS * SIDE))
    strip.save(output, quality=88)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
