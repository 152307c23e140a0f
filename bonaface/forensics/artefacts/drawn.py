"""Whether a face was drawn, rendered or modelled rather than photographed.

Skin in photographs has grain between its edges, even after coarse encoders. In flat drawings,
renders and statues edges are strong and the surfaces between them empty. Paintings with brushwork
and pencil have grain of their own: they are taken for photographs.
"""

from typing import Final

import cv2
import numpy as np

from bonaface.forensics.artefacts.crop import Bytes

FINE: Final = 1.0  # px, the width of the blur that parts grain and edges from what is coarser
FAINT: Final = 0.1  # grey levels; less is none
PAINTED: Final = 2.6  # of `edges_over_grain`, by training/artefacts/drawn.py


def edges_over_grain(cut: Bytes) -> float:
    """The logarithm of how much stronger the edges of a cut are than its grain: 1.7 in photos."""
    grey = cv2.cvtColor(cut, cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), FINE))
    edges, grain = np.quantile(fine, (0.95, 0.5))
    return float(np.log((edges + FAINT) / (grain + FAINT)))


def looks_drawn(cut: Bytes) -> bool:
    """Whether a face, cut out at 160 px, looks drawn or painted, not photographed."""
    return edges_over_grain(cut) > PAINTED
