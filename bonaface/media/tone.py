"""Wide and bright colours brought into sRGB: HDR video (PQ, HLG) and BT.2020.

Light is brought to scale so that HDR's reference white of 203 cd/m2 (ITU-R BT.2408) is white, then
what is brighter is bent under it by a Moebius curve: all below KNEE stays as it is.
"""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

WHITE = 203.0  # cd/m2
PQ, HLG = 16, 18  # transfer characteristics, ITU-T H.273 table 3
BT2020 = 9  # colour primaries, ITU-T H.273 table 2
PEAK = 1000.0 / WHITE  # what is as bright as that becomes white
KNEE = 0.5  # of white
# ITU-R BT.2087, from BT.2020 to BT.709 primaries
TO_709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
    np.float32,
)

Light = NDArray[np.float32]  # (height, width, 3), linear; white is 1


def is_wide(primaries: int, transfer: int) -> bool:
    """Tell whether pictures of these colours look wrong when taken for sRGB."""
    return primaries == BT2020 or transfer in {PQ, HLG}


def to_srgb(codes: NDArray[np.uint16], primaries: int, transfer: int) -> NDArray[np.uint8]:
    """Bring (height, width, 3) full-range RGB of 16 bits into sRGB of 8."""
    light = np.asarray(_linear(transfer)[codes], np.float32)
    if transfer == HLG:  # ITU-R BT.2100 table 5: the display's own contrast, for 1000 cd/m2
        luma = light @ np.array([0.2627, 0.6780, 0.0593], np.float32)
        light = light * np.float32(PEAK) * np.power(np.maximum(luma, 1e-6), 0.2)[..., None]
    if primaries == BT2020:
        light = np.maximum(np.asarray(cv2.transform(light, TO_709), np.float32), 0)
    if transfer in {PQ, HLG}:
        light = _bend(light)
    index = (np.clip(light, 0, 1) * 65535).astype(np.uint16)
    return _display()[index]


def _bend(light: Light) -> Light:
    """Scale each pixel so that its brightest channel follows the curve; hues stay."""
    most = np.maximum(light.max(-1, keepdims=True), 1e-6)
    a = -KNEE * KNEE * (PEAK - 1) / (KNEE * KNEE - 2 * KNEE + PEAK)
    b = (KNEE * KNEE - 2 * KNEE * PEAK + PEAK) / (PEAK - 1)
    scale = (b * b + 2 * b * KNEE + KNEE * KNEE) / (b - a)
    bent = np.where(most > KNEE, scale * (most + a) / (most + b), most)
    return np.asarray(light * (np.minimum(bent, 1) / most), np.float32)


@cache
def _linear(transfer: int) -> Light:
    """Answer the light of each 16-bit code: (65536,); for HLG the scene's, 1 at most."""
    code = np.arange(65536) / 65535
    if transfer == PQ:  # ITU-R BT.2100 table 4
        root = code ** (32 / 2523)
        light = (np.maximum(root - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * root)) ** (
            8192 / 1305
        )
        return (light * 10_000 / WHITE).astype(np.float32)
    if transfer == HLG:
        bright = (np.exp((code - 0.55991073) / 0.17883277) + 0.28466892) / 12
        return np.where(code <= 0.5, code * code / 3, bright).astype(np.float32)
    # IEC 61966-2-1, as what is shown is taken for sRGB: greys stay as they are
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4).astype(
        np.float32
    )


@cache
def _display() -> NDArray[np.uint8]:
    """Answer the sRGB code of each of 65536 steps of light (IEC 61966-2-1)."""
    light = np.arange(65536) / 65535
    curve = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.round(255 * curve).astype(np.uint8)
