"""Rebuild faces by networks of others: each beside its twins.

    python training/enlargers/rebuild_faces.py FACES.npz NETS TWINS.npz [--every 6] [--first 0]

FACES is from training/artefacts/faces.py, NETS the folder of the unpacked wheels (`published.py`).
TWINS holds the places of the faces in FACES (`at`), and their twins under each network's name.
"""

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from published import rebuild_all


def main() -> None:
    """Rebuild and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faces", type=Path)
    parser.add_argument("nets", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--every", type=int, default=6)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    cuts = np.load(options.faces)["cuts"]
    at = np.arange(options.first, len(cuts), options.every)
    twins: dict[str, Any] = {}
    for name, rebuilt in rebuild_all(options.nets, cuts[at]):
        twins[name] = rebuilt
        off = np.abs(rebuilt.astype(np.float32) - cuts[at]).mean()
        print(f"{name}: {len(at)} faces, off by {off:.1f} grey levels", flush=True)
    np.savez(options.out, at=at, **twins)


if __name__ == "__main__":
    main()
