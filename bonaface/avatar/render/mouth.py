"""The mouth: teeth, tongue and darkness behind the lips, and the seam where lips meet."""

from typing import NamedTuple

import numpy as np

from bonaface.avatar.render.compiled import compiled, inlined
from bonaface.avatar.render.eyes import FLAT
from bonaface.avatar.render.opening import Opening, blur, heights, open_between, smooth_curve
from bonaface.avatar.render.posing import Posed, Skeleton
from bonaface.avatar.rig import Bytes, Floats, Likeness
from bonaface.face import landmarks as lm

CURVE = smooth_curve(11, 41)  # from the vertices of a lip to its edge
BEHIND = 7.0  # mm from the seam of the lips back to the teeth
JAW_SIDE = 4.0  # mm that jawSide moves the lower teeth
WIDE, TALL = 26.0, 14.0  # mm from the middle of a texture to its sides
UPPER_EDGE, LOWER_EDGE = 2.2, -1.3  # mm below the seam, where the rows of teeth end, jaw closed
LONGEST = 7.0  # mm below the seam that a photo's own teeth may end
BITE = 0.6  # share of the curve of the upper teeth that the lower ones have
TONGUE_RISE, TONGUE_TIP = 4.6, 4.2  # mm that a tongue lies up when the mouth is open, and goes up
TIP_LIGHT = 1.5  # a tongue's tip between the teeth is lit from the front, its texture from above
DEEP = 2.0  # mm over which the lips take light from what lies deep behind them
SHADE, SHADE_DEPTH = 0.30, 1.3  # light that teeth lose right under the upper lip, and mm of that
CORNER = 6.0  # mm from the corners in which the cheeks take light
RIM, RIM_DEPTH = 0.75, 0.75  # how much of the wet inner lip shows at its edge, and mm of that
AJAR, THIN = 7.0, 0.3  # mm apart from which lips show and shade all of that; the least share of it
THROUGH = 0.002  # of the light, that is not worth to look further for
SEAM_GAP, SEAM_WIDTH = 2.4, 0.5  # mm between the lips from which they have no seam; half its width
SEAM_TAPER = 0.12  # share of the mouth's width in which the seam tapers, at each corner
OPEN_PHOTO = 1.2  # mm between the lips of the photo from which it shows no seam of its own


class Inside(NamedTuple):
    """What is behind the lips; textures are (height, width, 4), premultiplied RGBA."""

    upper: Floats
    lower: Floats
    tongue: Floats
    photo: Floats
    cavity: tuple[float, float, float]
    scale: float  # texture px per mm
    curve: float  # 1/mm
    edge: float  # mm below the seam, where the upper teeth end
    lip: Floats  # (3,) the inner side of the lips


class Bite(NamedTuple):
    """Where that is in one pose. Matrices (2, 3) go from the picture to mm, or px of `photo`."""

    skull: Floats
    jaw: Floats
    photo: Floats
    raised: float  # mm that the tongue is above where its texture has it
    ahead: float  # 0 the tongue behind the lower teeth, 1 between the rows
    out: float  # 0 behind the upper teeth, 1 its tip before their edge
    light: float  # that reaches in
    pixel: float  # mm of a px of the picture


class MouthLayer:
    """Paints what is seen between the lips."""

    def __init__(self, likeness: Likeness, skeleton: Skeleton) -> None:
        self._likeness = likeness
        self._size = (likeness.width, likeness.height)
        self._rows = np.array([lm.UPPER_LIP[3], lm.LOWER_LIP[3]])
        corners = [[ring[end] for ring in lm.UPPER_LIP] for end in (0, -1)]
        self._corners = np.array([corners[0], corners[1][::-1]])  # from image left to right
        seam = skeleton.calm[self._rows[:, 5]].mean(0)
        back = np.array([0, 0, BEHIND * likeness.scale], np.float32)
        self._anchor = (seam + back).astype(np.float32)
        self._inside = _inside(likeness, self._anchor)
        self._axes = np.stack([likeness.right, likeness.down]).astype(np.float32)
        self._on_photo = self._anchor[:2] - np.array(likeness.mouth.photo_origin, np.float32)
        vertices = likeness.mesh.vertices
        upper, lower = vertices[self._rows]
        gaps = (lower - upper) @ likeness.down / likeness.scale
        self._seam = min(max(float(gaps.max()) / OPEN_PHOTO - 0.5, 0.0), 1.0)
        self._seam_colour = 0.42 * np.array(likeness.lips, np.float32)

    def paint(self, frame: Bytes, posed: Posed) -> None:
        """Paint the mouth into `frame` (height, width, 4)."""
        upper, lower = CURVE @ posed.points[self._rows]
        opening = open_between(upper, lower, self._size)
        if opening is None:
            return
        gap = float((opening.low - opening.high).max()) / self._likeness.scale
        if gap > 0.05:
            deep = blur(opening.cover, DEEP * self._likeness.scale)
            _paint(frame, opening, deep, self._inside, self._bite(posed, gap))
        left, right = posed.points[self._corners]
        path = np.concatenate([left, (upper + lower)[1:-1] / 2, right])
        begin, end = max(int(left[0, 0]), 0), min(int(right[-1, 0]) + 1, self._size[0])
        if begin < end:
            _soften(frame, opening, begin, heights(path, begin, end - begin))
        seam = self._seam * min(max(1 - gap / SEAM_GAP, 0.0), 1.0)
        if seam > 0.01:
            _paint_seam(frame, opening, self._seam_colour, seam, SEAM_WIDTH * self._likeness.scale)

    def _bite(self, posed: Posed, gap: float) -> Bite:
        likeness, pose = self._likeness, posed.pose
        back, length = posed.stance.way_back, 10.0 * likeness.scale
        open_, side = posed.shape("jawOpen"), posed.shape("jawSide")
        jaw = likeness.jaw * open_ + likeness.right * (side * JAW_SIDE * likeness.scale)
        skull = back(self._anchor, self._axes, length)
        gape = min(max(gap / 11, 0.0), 1.0)
        flat = back(self._anchor, FLAT, length)
        flat[:, 2] += self._on_photo
        return Bite(
            skull=skull / likeness.scale,
            jaw=back(self._anchor + jaw, self._axes, length) / likeness.scale,
            photo=flat,
            raised=TONGUE_RISE * gape + TONGUE_TIP * pose.tongue,
            ahead=min(max((pose.tongue - 0.35) / 0.3, 0.0), 1.0),
            out=min(max((pose.tongue - 0.7) / 0.1, 0.0), 1.0),
            light=0.86 + 0.14 * gape,
            pixel=float(np.hypot(skull[0, 0], skull[1, 0])) / likeness.scale,
        )


def _inside(likeness: Likeness, anchor: Floats) -> Inside:
    mouth = likeness.mouth
    photo = np.zeros((2, 2, 4), np.float32) if mouth.photo is None else mouth.photo
    textures = (mouth.upper, mouth.lower, mouth.tongue, photo)
    upper, lower, tongue, photo = (np.ascontiguousarray(t, np.float32) for t in textures)
    lip = np.array(likeness.lips, np.float32) * np.array([0.52, 0.40, 0.40], np.float32)
    return Inside(
        upper,
        lower,
        tongue,
        photo,
        mouth.cavity,
        float(mouth.scale),
        mouth.curve,
        _edge(likeness, anchor),
        lip,
    )


def _edge(likeness: Likeness, anchor: Floats) -> float:
    """How far below the seam the upper teeth end, mm: as the photo shows, if it shows them."""
    mouth = likeness.mouth
    if mouth.photo is None:
        return UPPER_EDGE
    rows, columns = np.nonzero(mouth.photo[..., 3] > 0.6)
    if len(rows) == 0:
        return UPPER_EDGE
    places = np.stack([columns, rows], 1) + np.array(mouth.photo_origin) - anchor[:2]
    across = places @ likeness.right[:2] / likeness.scale
    down = places @ likeness.down[:2] / likeness.scale + mouth.curve * across**2
    front = np.abs(across) < 8.0
    if not front.any():
        return UPPER_EDGE
    return float(np.clip(np.percentile(down[front], 96), UPPER_EDGE, LONGEST))


@compiled
def _paint(frame: Bytes, opening: Opening, deep: Floats, inside: Inside, bite: Bite) -> None:
    colour = np.empty(3, np.float32)
    for row in range(opening.cover.shape[0]):
        for column in range(opening.cover.shape[1]):
            cover = opening.cover[row, column]
            if cover > np.float32(0.004):
                y, x = opening.top + row, opening.left + column
                light, rim = _light(opening, deep, row, column, bite)
                _see(inside, bite, (x, y), light, colour)
                for k in range(3):
                    under = np.float32(frame[y, x, k])
                    seen = colour[k] + (inside.lip[k] - colour[k]) * rim
                    value = under + (seen - under) * cover
                    frame[y, x, k] = np.uint8(min(max(value + 0.5, 0), 255))


@inlined
def _light(
    opening: Opening, deep: Floats, row: int, column: int, bite: Bite
) -> tuple[tuple[float, float, float], float]:
    """Light in the throat, on the tongue and on the teeth; and how much of the inner lip shows."""
    mm = bite.pixel
    y = opening.top + row
    above = max(y - opening.high[column], 0.0) * mm
    below = max(opening.low[column] - y, 0.0) * mm
    apart = min(max((opening.low[column] - opening.high[column]) * mm / AJAR, THIN), 1.0)
    side = min(column, opening.cover.shape[1] - 1 - column) * mm / CORNER
    side = min(max(side, 0.0), 1.0)
    corner = 0.55 + 0.45 * side * (2 - side)
    open_ = min(max(1.7 * deep[row, column] - 0.45, 0.0), 1.0)
    shade = 1 - SHADE * _fall(above / (SHADE_DEPTH * apart))
    rim = RIM * _fall(min(above, below) / (RIM_DEPTH * apart))
    full = bite.light * corner
    dark = full * (1.15 - 0.6 * open_)  # the middle is the furthest away
    return (dark, full * (0.3 + 0.7 * open_), corner * shade), rim


@inlined
def _fall(away: float) -> float:
    """One at 0, half at 1, nothing from 1.9 on."""
    part = max(1 - (away / 1.9) ** 2, 0.0)
    return part * part


@inlined
def _see(
    inside: Inside,
    bite: Bite,
    place: tuple[float, float],
    light: tuple[float, float, float],
    colour: Floats,
) -> None:
    """What is seen behind the lips at one place of the picture, from front to back.

    What is left after each layer, `through`, falls to nothing at the first that hides the rest.
    """
    (x, y), (dark, far, near) = place, light
    s, j, p = bite.skull, bite.jaw, bite.photo
    across, down = s[0, 0] * x + s[0, 1] * y + s[0, 2], s[1, 0] * x + s[1, 1] * y + s[1, 2]
    jaw_x, jaw_y = j[0, 0] * x + j[0, 1] * y + j[0, 2], j[1, 0] * x + j[1, 1] * y + j[1, 2]
    down += inside.curve * across * across - inside.edge
    jaw_y += BITE * inside.curve * jaw_x * jaw_x
    scale = inside.scale
    tongue = ((jaw_x + WIDE) * scale, (jaw_y + bite.raised + TALL) * scale)
    tip = bite.out * min(max((down + 1.6) / 0.9, 0.0), 1.0)
    colour[:] = 0
    through = _add(inside.tongue, tongue, (1.0, tip, TIP_LIGHT * near), colour)
    own = (p[0, 0] * x + p[0, 1] * y + p[0, 2], p[1, 0] * x + p[1, 1] * y + p[1, 2])
    through = _add(inside.photo, own, (through, 1.0, near), colour)
    teeth = ((across + WIDE) * scale, (down + TALL) * scale)
    through = _add(inside.upper, teeth, (through, 1.0, near), colour)
    through = _add(inside.tongue, tongue, (through, bite.ahead, TIP_LIGHT * near), colour)
    teeth = ((jaw_x + WIDE) * scale, (jaw_y - LOWER_EDGE + TALL) * scale)
    through = _add(inside.lower, teeth, (through, 1.0, 0.5 * (far + near)), colour)
    through = _add(inside.tongue, tongue, (through, 1 - bite.ahead, far), colour)
    for k in range(3):
        colour[k] += through * inside.cavity[k] * dark


@inlined
def _add(
    texture: Floats, place: tuple[float, float], how: tuple[float, float, float], colour: Floats
) -> float:
    """Add one texel of a premultiplied texture to what lies before it; what is left for the rest.

    `how` is what was left for it, how much of it is there, and its light.
    """
    height, width = texture.shape[:2]
    (u, v), (through, shown, light) = place, how
    if through * shown <= THROUGH or not (0 <= u < width - 1 and 0 <= v < height - 1):
        return through
    left, top = int(u), int(v)
    fu, fv = np.float32(u - left), np.float32(v - top)
    a, b = (1 - fu) * (1 - fv), fu * (1 - fv)
    c, d = (1 - fu) * fv, fu * fv
    alpha = texture[top, left, 3] * a + texture[top, left + 1, 3] * b
    alpha += texture[top + 1, left, 3] * c + texture[top + 1, left + 1, 3] * d
    if alpha <= 0:
        return through
    for k in range(3):
        over = texture[top, left, k] * a + texture[top, left + 1, k] * b
        over += texture[top + 1, left, k] * c + texture[top + 1, left + 1, k] * d
        colour[k] += over * through * shown * light
    left_over: float = through * (1 - shown * alpha)
    return left_over


@compiled
def _soften(frame: Bytes, opening: Opening, left: int, path: Floats) -> None:
    """Blur the edge at which lips touch, `path` (columns,) from `left` on, px.

    Skin from far apart meets there, at the corners that of the cheeks, and the raster is hard.
    """
    height = frame.shape[0]
    lights = np.empty((5, 3), np.float32)
    for column in range(path.shape[0]):
        x = left + column
        inner = x - opening.left
        gap = np.float32(0)
        if 0 <= inner < opening.high.shape[0]:
            gap = opening.low[inner] - opening.high[inner]
        share = min(max(1.5 - float(gap), 0.0), 1.0)
        middle = int(np.floor(path[column] + 0.5))
        if share == 0 or not 4 <= middle < height - 4:
            continue
        for row in range(5):  # all are read before any is written
            y = middle + row - 2
            for k in range(3):
                near = np.float32(frame[y - 1, x, k]) + np.float32(frame[y + 1, x, k])
                far = np.float32(frame[y - 2, x, k]) + np.float32(frame[y + 2, x, k])
                lights[row, k] = (far + 4 * near + 6 * np.float32(frame[y, x, k])) / 16
        for row in range(5):
            part = share * (1.0 if 1 <= row <= 3 else 0.5)
            for k in range(3):
                light = np.float32(frame[middle + row - 2, x, k])
                frame[middle + row - 2, x, k] = np.uint8(light + (lights[row, k] - light) * part)


@compiled
def _paint_seam(
    frame: Bytes, opening: Opening, colour: Floats, strength: float, half: float
) -> None:
    height, width = opening.cover.shape
    for column in range(width):
        x = opening.left + column
        middle = (opening.high[column] + opening.low[column]) / 2
        side = min(min(column, width - 1 - column) / (SEAM_TAPER * width), 1.0)
        for row in range(height):
            y = opening.top + row
            shown = strength * side * np.exp(-(((y - middle) / (half * (0.5 + 0.5 * side))) ** 2))
            if shown > 0.01:
                for k in range(3):
                    under = np.float32(frame[y, x, k])
                    frame[y, x, k] = np.uint8(under + (colour[k] - under) * shown + 0.5)
