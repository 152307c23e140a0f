"""What else stands before a camera in bench/liveness.py, beside what bonaface/fairness/scene has.

Photos are swung as planes or bent as cylinders; hands are photographs.
"""

from pathlib import Path

import cv2
import numpy as np

from bonaface.fairness.scene import Floats, Pixels


def swing(
    photo: Pixels, room: Pixels, yaw: float, bend: float, move: tuple[float, float]
) -> tuple[Pixels, Floats]:
    """A photo held before a room, swung by `yaw` degrees; `bend` is its width over its radius.

    Answers the picture and where the photo is.
    """
    high, wide = photo.shape[:2]
    u = np.linspace(-0.5, 0.5, 400)
    across = np.sin(u * bend) / bend if bend else u
    deep = (1 - np.cos(u * bend)) / bend if bend else 0 * u
    angle = np.radians(yaw)
    far = 2.2 + across * np.sin(angle) + deep * np.cos(angle)
    there = (across * np.cos(angle) - deep * np.sin(angle)) * 2.2 / far
    share = 0.85 * 2.2 / far
    columns = (np.arange(wide) - wide / 2) / wide / 0.85 - move[0]
    back = np.interp(columns, there, u, left=9, right=9)
    scale = np.interp(columns, there, share)
    rows = (np.arange(high) - high / 2)[:, None] / scale - move[1] * high
    from_x = np.broadcast_to((back + 0.5) * wide, (high, wide)).astype(np.float32)
    from_y = (rows + high / 2).astype(np.float32)
    there_is = (from_x >= 0) & (from_x < wide) & (from_y >= 0) & (from_y < high)
    shown = cv2.remap(photo, from_x, from_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.where(there_is[..., None], shown, room).astype(np.uint8), there_is.astype(np.float32)


def read_hands(media: Path) -> list[tuple[Floats, Floats]]:
    """Open hands of twelve people (h, w, 3) and their mattes (h, w), 0 to 1, cut out by colour."""
    found = []
    for path in sorted((media / "sign").glob("ardamavi-Dataset-5-*")):
        pixels = cv2.resize(cv2.imread(str(path)), (200, 200), interpolation=cv2.INTER_CUBIC)
        tones = cv2.cvtColor(pixels, cv2.COLOR_BGR2LAB).astype(np.float32)
        edge = np.concatenate([tones[:6].reshape(-1, 3), tones[:, :6].reshape(-1, 3)])
        apart = np.clip(np.abs(tones - np.median(edge, 0)).sum(2), 0, 255).astype(np.uint8)
        least, _ = cv2.threshold(apart, 0, 255, cv2.THRESH_OTSU)
        mask = np.where(apart > least, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
        mask[:4] = mask[:, :4] = mask[:, -4:] = cv2.GC_BGD
        models = np.zeros((1, 65)), np.zeros((1, 65))
        cv2.grabCut(pixels, mask, None, *models, 4, cv2.GC_INIT_WITH_MASK)
        matte = cv2.GaussianBlur((mask % 2).astype(np.float32), (0, 0), 1.0)
        found.append((pixels[:, :, ::-1].astype(np.float32), matte))
    return found


def lay_hand(
    pixels: Pixels, hand: tuple[Floats, Floats], middle: tuple[float, float], high: float
) -> tuple[Pixels, Floats]:
    """Lay a hand before a picture, its middle at (x, y) px. Answers the picture and where it is."""
    picture, matte = hand
    share = high / picture.shape[0]
    way = np.array(
        [
            [share, 0, middle[0] - share * picture.shape[1] / 2],
            [0, share, middle[1] - high / 2],
        ]
    )
    size = pixels.shape[1::-1]
    front = cv2.warpAffine(picture, way, size, flags=cv2.INTER_AREA)
    cover = cv2.warpAffine(matte, way, size, flags=cv2.INTER_AREA)
    blur = (2 * int(0.03 * high) + 1, 1)
    front, cover = cv2.blur(front, blur), cv2.blur(cover, blur)
    laid = pixels + (front - pixels) * cover[..., None]
    return np.clip(laid, 0, 255).astype(np.uint8), cover
