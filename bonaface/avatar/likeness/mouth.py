"""What is behind the lips, in the light of the portrait."""

from dataclasses import dataclass

import cv2
import numpy as np

from bonaface.avatar.likeness.contour import along
from bonaface.avatar.likeness.lining import between_lips
from bonaface.avatar.likeness.ruler import Places, Ruler
from bonaface.avatar.likeness.teeth import draw_teeth, draw_tongue
from bonaface.avatar.rig import Bytes, Floats, Mouth
from bonaface.face import landmarks as lm

FINE = 1.5  # texels a pixel
DEEPER = np.array([0.88, 0.83, 0.79])  # lower teeth lie in light that lips have reddened
PALER, BRIGHTER = 9.0, 16.0  # a* and L* of CIELAB that set teeth apart from lips
DIMMEST, BRIGHTEST = 105.0, 236.0  # levels that a tooth in full light may have
WHITEST = 245.0  # of any channel of it
INSIDE = 0.3  # mm that a row of teeth ends before its own shadow
EVEN, SIDE = 4.0, 1.5  # mm: how even a row of teeth is; and where it fades at the corners
HUES = (0.86, 1.14)  # of the light: how far a channel may be from the mean of all
SKIN = np.array([1.25, 0.93, 0.82])  # the hue of skin in white light, dark or pale
_CHEEKS = (50, 280, 205, 425, 101, 330)
_RED = (15, 16, 85, 315, 86, 316)


@dataclass(frozen=True, slots=True, eq=False)
class Tones:
    """Colours of a face, RGB levels."""

    skin: Places  # (3,)
    lips: Places
    tooth: Places  # a tooth in full light
    light: float  # 1 is a well lit face
    colour: float  # 0 a face in black and white, of marble or in sepia; 1 one of flesh


@dataclass(frozen=True, slots=True, eq=False)
class OwnTeeth:
    """The teeth that the photo shows."""

    texture: Floats  # (h, w, 4) premultiplied RGBA, px of the canvas
    origin: tuple[int, int]
    tone: Places  # (3,)


def take_tones(canvas: Bytes, landmarks: Places, white: Places, own: OwnTeeth | None) -> Tones:
    """Colours of a face; `white` (3,) is the white of its eyes, `own` its teeth if they show."""
    skin = _median(canvas, landmarks, _CHEEKS)
    lips = _median(canvas, landmarks, _RED)
    tooth = _tooth(white, skin)
    if own is not None:  # theirs, but for the shadow of the lips that they may lie in
        seen = np.clip(own.tone / own.tone.mean(), *HUES)
        tooth = seen / seen.mean() * max(float(own.tone.mean()), float(0.85 * tooth.mean()))
    light = float(np.clip(tooth.mean() / 205, 0.35, 1.1))
    return Tones(skin, lips, tooth, light, _colourfulness(skin, lips))


def _colourfulness(skin: Places, lips: Places) -> float:
    """Lips are redder than skin wherever there is colour; a tinted black and white has none."""
    hues = [tone / max(float(tone.mean()), 1.0) for tone in (skin, lips)]
    spread = max(float(np.ptp(hue)) for hue in hues)
    redder = float(hues[1][0] - hues[1][1] - hues[0][0] + hues[0][1])
    return float(np.clip(max((spread - 0.08) / 0.2, redder / 0.1), 0, 1))


def _toned(texture: Floats, tones: Tones) -> Floats:
    """RGBA (h, w, 4) no more colourful than the portrait."""
    grey = texture[..., :3].mean(-1, keepdims=True) * (tones.skin / max(tones.skin.mean(), 1.0))
    out = texture.copy()
    out[..., :3] = grey * (1 - tones.colour) + texture[..., :3] * tones.colour
    return out


def _median(canvas: Bytes, landmarks: Places, spots: tuple[int, ...]) -> Places:
    height, width = canvas.shape[:2]
    places = np.clip(np.round(landmarks[list(spots), :2]), 0, (width - 1, height - 1)).astype(int)
    middle: Places = np.asarray(np.median(canvas[places[:, 1], places[:, 0]].astype(float), 0))
    return middle


def _tooth(white: Places, skin: Places) -> Places:
    """A tooth is about as white as an eye: that knows the light whatever the colour of the skin.

    Behind tinted glasses, in shadow and between narrow lids an eye is not white; then the skin says
    how much light there is. It also has a say in the colour of the light, which it has seen more
    of; no light is so coloured that teeth look like wood.
    """
    lit = white.mean() * 1.15
    level = float(np.clip(max(lit, 1.3 * skin.mean()), DIMMEST, BRIGHTEST))
    eye = np.clip(white / max(white.mean(), 1.0), *HUES) * (1.03, 1.0, 0.93)
    face = np.clip(skin / max(skin.mean(), 1.0) / SKIN, *HUES) * (1.06, 1.0, 0.9)
    hue = 0.5 * eye + 0.5 * face
    tooth: Places = hue / max(hue.mean() / level, hue.max() / WHITEST)
    return tooth


def find_teeth(canvas: Bytes, landmarks: Places, ruler: Ruler) -> OwnTeeth | None:
    """The upper teeth between parted lips, or None if none are bright enough to be seen."""
    upper = along(landmarks[list(lm.UPPER_LIP[3]), :2], 81)
    lower = along(landmarks[list(lm.LOWER_LIP[3]), :2], 81)
    low = np.floor(np.minimum(upper.min(0), lower.min(0)) - 4).astype(int)
    high = np.ceil(np.maximum(upper.max(0), lower.max(0)) + 5).astype(int)
    left, top = np.maximum(low, 0)
    right, bottom = np.minimum(high, (canvas.shape[1], canvas.shape[0]))
    picture = canvas[top:bottom, left:right].astype(np.float32)
    between = between_lips(landmarks - (left, top, 0), picture.shape)
    bright = _toothness(picture, between)
    if float((bright * between).sum()) < 12 * ruler.scale**2:
        return None
    shown = _hanging(bright, between, ruler.scale)
    core = (shown > 0.9) & (bright > 0.8)
    if core.sum() < 8:
        return None
    if not _unlike_lips(picture[core], _median(canvas, landmarks, _RED)):
        return None
    light = picture[core].mean(1)
    tone = picture[core][light >= np.percentile(light, 60)].mean(0)
    alpha = shown[..., None]
    texture = np.dstack([picture * alpha, alpha]).astype(np.float32)
    return OwnTeeth(texture, (int(left), int(top)), tone.astype(np.float64))


def _unlike_lips(pixels: Floats, lips: Places) -> bool:
    """Whether pixels (n, 3) are less red or much brighter than lips (3,): not their inner side."""
    both = np.stack([np.median(pixels, 0), lips])[None].astype(np.float32) / 255
    (seen, red) = cv2.cvtColor(both, cv2.COLOR_RGB2LAB)[0]
    return bool(red[1] - seen[1] > PALER or seen[0] - red[0] > BRIGHTER)


def _toothness(picture: Floats, between: Floats) -> Floats:
    """Teeth are bright and pale beside what else is in a mouth, 0 to 1."""
    inside = between > 0.9
    if inside.sum() < 10:
        return np.zeros_like(between)
    lab = cv2.cvtColor(picture / 255, cv2.COLOR_RGB2LAB)
    top = np.percentile(lab[inside][:, 0], 85)
    if top < 32:
        return np.zeros_like(between)
    light = np.clip((lab[..., 0] - 0.52 * top) / (0.16 * top), 0, 1)
    red = np.median(lab[inside & (lab[..., 0] > 0.8 * top)][:, 1])
    pale = np.clip((red + 15 - lab[..., 1]) / 7, 0, 1)
    return np.asarray(light * pale, np.float32)


def _hanging(bright: Floats, between: Floats, scale: float) -> Floats:
    """Everything from the upper lip to where the upper teeth end, (h, w) 0 to 1.

    Where they end is found in each column and then smoothed along the row: gaps between teeth,
    shadows and a tongue mislead single columns, and rows of teeth are smooth.
    """
    some = (bright > 0.5) & (between > 0.5)
    run = np.cumsum(some, 0)
    # The teeth end where a column turns dark for good after it has been bright for a while.
    dark = np.maximum.accumulate(some, 0) & ~some & (run > 1.5 * scale)
    rows = np.arange(len(some))[:, None]
    last = np.where(some & ~np.maximum.accumulate(dark, 0), rows, -1).max(0)
    seen = np.flatnonzero(run.max(0) > 1.0 * scale)
    if len(seen) < 8.0 * scale:
        return np.zeros_like(between)
    columns = np.arange(seen[0], seen[-1] + 1)
    ends = np.interp(columns, seen, last[seen].astype(np.float64))
    around = max(3, round(EVEN * scale)) // 2
    ends = np.pad(ends, around, mode="edge")
    ends = np.median(np.lib.stride_tricks.sliding_window_view(ends, 2 * around + 1), 1)
    across = 0.2 * EVEN * scale
    ends = cv2.GaussianBlur(ends[None], (0, 0), across, borderType=cv2.BORDER_REPLICATE)[0]
    shown = np.zeros_like(between)
    below = rows - ends[None] + INSIDE * scale
    shown[:, columns] = np.clip(0.5 - below / max(1.0, 0.5 * scale), 0, 1)
    away = np.minimum(columns - seen[0], seen[-1] - columns) / (SIDE * scale)
    shown[:, columns] *= np.clip(away, 0, 1)
    return np.asarray(shown * np.clip(between * 1.5, 0, 1), np.float32)


def make_mouth(calm: Places, ruler: Ruler, tones: Tones, own: OwnTeeth | None) -> Mouth:
    """Teeth, tongue and the dark; `calm` are the vertices at rest."""
    scale = max(2.0, float(np.ceil(ruler.scale * FINE)))
    dark = np.clip(np.array([40.0, 17.0, 15.0]) * tones.light + 0.08 * tones.lips, 0, 90)
    cavity = _toned(np.append(dark, 1.0)[None, None].astype(np.float32), tones)[0, 0]
    return Mouth(
        scale=scale,
        upper=_toned(draw_teeth(scale, tones.tooth * 0.98, upper=True), tones),
        lower=_toned(draw_teeth(scale, tones.tooth * DEEPER, upper=False), tones),
        tongue=_toned(draw_tongue(scale, tones.light), tones),
        cavity=(float(cavity[0]), float(cavity[1]), float(cavity[2])),
        curve=_curve(calm, ruler),
        photo=own.texture if own is not None else None,
        photo_origin=own.origin if own is not None else (0, 0),
    )


def _curve(calm: Places, ruler: Ruler) -> float:
    """1/mm, how the seam of the lips bends: down in the middle is above 0."""
    middle = (calm[13] + calm[14]) / 2
    corners = (calm[78] + calm[308]) / 2
    half = float(np.linalg.norm((calm[308] - calm[78])[:2])) / 2 / ruler.scale
    sag = float(ruler.mm(middle - corners)[1])
    return float(np.clip(0.75 * sag / half**2, -0.004, 0.012))
