"""From where on a face looks drawn: `python training/artefacts/drawn.py FACES.npz`.

Photographs of folds 1 and 2 (what faces.py gathered), as they are and through encoders. Prints what
1 in 500 and 1 in 1000 of them exceed, each in the worst of these conditions: 2.54 and 2.67. PAINTED
of `bonaface/forensics/artefacts/drawn.py` lies between. Drawings judge it (bench/artefacts.py).
"""

import sys
from collections.abc import Callable

import numpy as np
from calibrate import cut_closer
from encoders import Bytes, Code

from bonaface.forensics.artefacts.drawn import edges_over_grain

REFUSED = (0.002, 0.001)  # of the photographs
WAYS: dict[str, Callable[[Bytes], Bytes]] = {
    "as they are": lambda cut: cut,
    "JPEG 75": Code("jpeg", 75).walk,
    "JPEG 40": Code("jpeg", 40).walk,
    "H.264 CRF 23": Code("h264", 23).walk,
    "H.264 CRF 28": Code("h264", 28).walk,
    "H.264 CRF 35": Code("h264", 35).walk,
}


def main() -> None:
    """Measure and print."""
    cuts = [cut_closer(cut) for cut in np.load(sys.argv[1])["cuts"][::2]]
    limits = []
    for name, walk in WAYS.items():
        found = np.array([edges_over_grain(walk(cut)) for cut in cuts])
        limits.append([float(np.quantile(found, 1 - share)) for share in REFUSED])
        print(
            f"{name}: {len(found)} faces, {np.median(found):.2f}, limits {np.round(limits[-1], 2)}"
        )
    print(f"PAINTED between {np.round(np.max(limits, 0), 2)}")


if __name__ == "__main__":
    main()
