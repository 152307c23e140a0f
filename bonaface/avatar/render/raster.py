"""Draw a textured mesh into a picture: scanlines over triangles, four texels to a pixel.

Places are 16.16 fixed point and pixel centres whole numbers. A pixel belongs to a triangle from its
left edge up to, not including, its right one, and each edge is walked from its own upper end
whichever triangle asks: neighbours leave no hole and do not overlap.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.avatar.render.compiled import compiled, inlined
from bonaface.avatar.render.lanes import gather, look_between, spread
from bonaface.avatar.rig import BLEND, HIDDEN, LIPS, Bytes, Floats, Indices, Mesh
from bonaface.face import landmarks as lm

Words = NDArray[np.uint32]

FINE = 2  # texels to a pixel: half-pixel shifts then cost no sharpness
LARGE = 800_000  # px; on a larger canvas that would cost too much but for the face
# Half-way between two texels. Sharper than an ideal filter, to make up for what looking up between
# these texels blurs: skin in motion keeps about nine tenths of the fine detail that it has at rest.
HALFWAY = np.array([0.06, -0.25, 0.69, 0.69, -0.25, 0.06], np.float32)

LANES = np.uint64(0x00FF00FF00FF00FF)
HALVES = np.uint64(0x0080008000800080)
BYTE = np.uint64(8)
ALPHA = np.uint64(48)
TEXEL = np.uint64(32)
ALPHAS = np.uint64(0xFF000000FF000000)
ONE = np.uint64(1)
FULL = np.uint64(255)

CELL = 24  # px, of the cells that are drawn one after the other
UNIT = 65536  # of fixed point
TAME = 8 * UNIT  # texels a pixel; only slivers of triangles look further
RIM = 20  # texels: a tame triangle that is a pixel off, right and down, still looks inside
APART = 256  # px; rows of fine texels that are an odd multiple of it long lie half a page apart
SLIVER = 1e-4  # px * px; smaller triangles show nothing


class Sheet(NamedTuple):
    """What stays the same from picture to picture."""

    corners: Indices  # (m, 3) vertices, back to front
    blends: NDArray[np.bool_]  # (m,) whether alpha matters
    inside: NDArray[np.bool_]  # (m,) whether all of it looks well inside the texture
    places: Floats  # (n, 2) texels, where each vertex looks
    texels: Words  # (height * width,) RGBA
    size: tuple[int, int]  # width and height of the texture, texels


class Texture(NamedTuple):
    """A part of the layer, as it is or finer."""

    pixels: Bytes  # (height, width, 4)
    origin: tuple[int, int]  # its left upper corner in the layer, px
    times: int  # texels to a px of the layer


class Slope(NamedTuple):
    """An edge: where it crosses a row, and how far it moves to the next; 16.16 px."""

    x: int
    step: int


class Plane(NamedTuple):
    """Texture places: at the left end of row 0, and their change with x and with y; 16.16."""

    u: int
    v: int
    u_x: int
    v_x: int
    u_y: int
    v_y: int


class Walk(NamedTuple):
    """Texture places along one row; 16.16."""

    u: int
    v: int
    u_x: int
    v_x: int


def make_sheets(mesh: Mesh, layer: NDArray[np.uint8]) -> tuple[Sheet, Sheet]:
    """Prepare a mesh and its RGBA layer (height, width, 4) for `draw`: surroundings, then face."""
    around = np.asarray((mesh.triangles >= lm.FACE).any(1))
    if layer.shape[0] * layer.shape[1] <= LARGE:
        fine = Texture(refine(layer), (0, 0), FINE)
        return _sheet(mesh, fine, around), _sheet(mesh, fine, ~around)
    (left, top), (right, bottom) = _box(mesh, ~around, layer.shape)
    face = Texture(refine(layer[top:bottom, left:right]), (left, top), FINE)
    return _sheet(mesh, Texture(layer, (0, 0), 1), around), _sheet(mesh, face, ~around)


def _box(mesh: Mesh, part: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.int_]:
    """The corners of what a part of the mesh looks at, and RIM around it, px of the layer.

    It is as wide as it takes for rows of texels not to share places in the processor's cache.
    """
    looks = mesh.texture[mesh.triangles[part]].reshape(-1, 2)
    low, high = np.floor(looks.min(0)) - RIM, np.ceil(looks.max(0)) + RIM
    high[0] = low[0] + (2 * np.ceil((high[0] - low[0]) / (2 * APART) + 0.5) - 1) * APART
    clipped: NDArray[np.int_] = np.clip(np.stack([low, high]), 0, shape[1::-1]).astype(int)
    return clipped


def _sheet(mesh: Mesh, texture: Texture, part: NDArray[np.bool_]) -> Sheet:
    order = _order(mesh)
    shown = order[(part & (mesh.kinds != HIDDEN))[order]]
    corners = np.ascontiguousarray(mesh.triangles[shown])
    pixels, origin, times = texture
    size = (pixels.shape[1], pixels.shape[0])
    places = np.ascontiguousarray((mesh.texture - np.array(origin)) * times, np.float32)
    looks = places[corners]  # (m, 3, 2)
    inside = ((looks > RIM) & (looks < np.array(size) - RIM)).all((1, 2))
    texels = np.ascontiguousarray(pixels).view(np.uint32).ravel()
    return Sheet(corners, mesh.kinds[shown] == BLEND, inside, places, texels, size)


def _order(mesh: Mesh) -> Indices:
    """Draw neighbours one after the other: texels are then still in the processor's cache.

    Back to front are first what lies around the face, then what fills its openings, the half of
    the face that is further away and the nearer one; and all in one cell as the mesh has it.
    """
    places = mesh.vertices[mesh.triangles]
    face = (mesh.triangles < lm.FACE).all(1) & (mesh.kinds != LIPS)
    depth = places[..., 2].mean(1)
    near = face & (depth < np.median(depth[face])) if face.any() else face
    group = np.where(near, 3, np.where(face, 2, np.where(mesh.kinds == LIPS, 1, 0)))
    cell = np.floor(places[..., :2].mean(1) / CELL)
    order: Indices = np.lexsort((cell[:, 0], cell[:, 1], group)).astype(np.int32)
    return order


def refine(layer: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put a texel between each two, (2 height, 2 width, 4); what was there stays as it was."""
    kernel = np.zeros(2 * len(HALFWAY) - 1, np.float32)
    kernel[::2] = HALFWAY / HALFWAY.sum()
    kernel[len(HALFWAY) - 1] = 1
    height, width = layer.shape[:2]
    fine: NDArray[np.uint8] = np.zeros((height * FINE, width * FINE, 4), np.uint8)
    fine[::FINE, ::FINE] = layer
    cv2.sepFilter2D(fine, -1, kernel, kernel, fine, borderType=cv2.BORDER_REFLECT_101)
    return fine


@compiled
def draw(points: Floats, sheet: Sheet, frame: Words) -> None:
    """Draw the mesh with its vertices at `points` (n, 2) px over `frame` (height, width) RGBA.

    Triangles that turned their back are drawn like others, or a turning head would show holes;
    what is nearer comes later and covers them. What reaches beyond the frame is cut off.
    """
    for t in range(sheet.corners.shape[0]):
        a, b, c = _from_top(points, sheet.corners, t)
        x0, y0, x1, y1 = points[a, 0], points[a, 1], points[b, 0], points[b, 1]
        x2, y2 = points[c, 0], points[c, 1]
        area = np.float64(x1 - x0) * (y2 - y0) - np.float64(x2 - x0) * (y1 - y0)
        if not abs(area) > SLIVER:  # so for what is not a number, too
            continue
        height = frame.shape[0]
        first = min(max(int(np.ceil(y0)), 0), height)
        middle = min(max(int(np.ceil(y1)), 0), height)
        last = min(max(int(np.ceil(y2)), 0), height)
        if first == last:
            continue
        plane = _plane(points, sheet.places, (a, b, c), area)
        long = _slope((x0, y0), (x2, y2), first)
        rest = Slope(long.x + (middle - first) * long.step, long.step)
        upper = _slope((x0, y0), (x1, y1), first)
        lower = _slope((x1, y1), (x2, y2), middle)
        if area > 0:  # the middle corner is on the right
            _fill(sheet, t, plane, (first, middle), (long, upper), frame)
            _fill(sheet, t, plane, (middle, last), (rest, lower), frame)
        else:
            _fill(sheet, t, plane, (first, middle), (upper, long), frame)
            _fill(sheet, t, plane, (middle, last), (lower, rest), frame)


@inlined
def _from_top(points: Floats, corners: Indices, t: int) -> tuple[int, int, int]:
    a, b, c = corners[t, 0], corners[t, 1], corners[t, 2]
    if points[b, 1] < points[a, 1]:
        a, b = b, a
    if points[c, 1] < points[b, 1]:
        b, c = c, b
    if points[b, 1] < points[a, 1]:
        a, b = b, a
    return a, b, c


@inlined
def _slope(top: tuple[float, float], bottom: tuple[float, float], row: int) -> Slope:
    """The edge from `top` to `bottom`, (x, y) px each, from the first row that it crosses."""
    lean = np.float64(bottom[0] - top[0]) / (bottom[1] - top[1])
    return Slope(int((top[0] + (row - top[1]) * lean) * UNIT), int(lean * UNIT))


@inlined
def _plane(points: Floats, places: Floats, corners: tuple[int, int, int], area: float) -> Plane:
    a, b, c = corners
    bx, by = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1]
    cx, cy = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1]
    bu, bv = places[b, 0] - places[a, 0], places[b, 1] - places[a, 1]
    cu, cv = places[c, 0] - places[a, 0], places[c, 1] - places[a, 1]
    part = UNIT / area
    u_x, u_y = (bu * cy - cu * by) * part, (cu * bx - bu * cx) * part
    v_x, v_y = (bv * cy - cv * by) * part, (cv * bx - bv * cx) * part
    x, y = points[a, 0], points[a, 1]
    u = places[a, 0] * UNIT - x * u_x - y * u_y + 128
    v = places[a, 1] * UNIT - x * v_x - y * v_y + 128
    return Plane(int(u), int(v), int(u_x), int(v_x), int(u_y), int(v_y))


@inlined
def _fill(
    sheet: Sheet,
    t: int,
    plane: Plane,
    rows: tuple[int, int],
    edges: tuple[Slope, Slope],
    frame: Words,
) -> None:
    """Fill the rows of one triangle between its left and its right edge."""
    steep = max(abs(plane.u_x), abs(plane.v_x), abs(plane.u_y), abs(plane.v_y))
    tame = sheet.inside[t] and steep < TAME
    blends = sheet.blends[t]
    (left, left_step), (right, right_step) = edges
    width = frame.shape[1]
    for y in range(rows[0], rows[1]):
        begin = max((left + UNIT - 1) >> 16, 0)
        end = min((right + UNIT - 1) >> 16, width)
        left += left_step
        right += right_step
        if begin < end:
            u = plane.u + begin * plane.u_x + y * plane.u_y
            v = plane.v + begin * plane.v_x + y * plane.v_y
            walk = Walk(u, v, plane.u_x, plane.v_x)
            if not tame:
                walk = _bent(sheet, t, walk, end - begin)
            if blends:
                _blend(sheet, walk, frame, (y, begin, end))
            else:
                _copy(sheet, walk, frame, (y, begin, end))


@inlined
def _bent(sheet: Sheet, t: int, walk: Walk, count: int) -> Walk:
    """Keep slivers from looking beyond their triangle, where they would sparkle."""
    a, b, c = sheet.corners[t, 0], sheet.corners[t, 1], sheet.corners[t, 2]
    places, (width, height) = sheet.places, sheet.size
    one, two, three = places[a, 0], places[b, 0], places[c, 0]
    low, high = min(one, two, three) * UNIT, max(one, two, three) * UNIT
    u, u_x = _bent_line((walk.u, walk.u_x), count, (int(low), int(high) + 256), width)
    one, two, three = places[a, 1], places[b, 1], places[c, 1]
    low, high = min(one, two, three) * UNIT, max(one, two, three) * UNIT
    v, v_x = _bent_line((walk.v, walk.v_x), count, (int(low), int(high) + 256), height)
    return Walk(u, v, u_x, v_x)


@inlined
def _bent_line(
    line: tuple[int, int], count: int, limits: tuple[int, int], size: int
) -> tuple[int, int]:
    """A start and a step whose `count` places stay within limits and a texture of `size`."""
    start, step = line
    low = min(max(limits[0], 0), (size - 1) * UNIT - 1)
    high = min(max(limits[1], 0), (size - 1) * UNIT - 1)
    end = min(max(start + (count - 1) * step, low), high)
    start = min(max(start, low), high)
    steps = max(count - 1, 1)
    if end < start:  # round towards the start, or the last place lies beyond the limit
        return start, -((start - end) // steps)
    return start, (end - start) // steps


@inlined
def _texel(sheet: Sheet, u: int, v: int) -> np.uint64:
    """Lanes of four texels, weighed by how near they are."""
    width = np.uint64(sheet.size[0])
    top = np.uint64(v >> 16) * width + np.uint64(u >> 16)
    right, down = np.uint64((u >> 8) & 255), np.uint64((v >> 8) & 255)
    upper, lower = _pair(sheet.texels, top), _pair(sheet.texels, top + width)
    lanes: np.uint64 = look_between(upper, lower, right, down)
    return lanes


@inlined
def _shows(sheet: Sheet, u: int, v: int) -> bool:
    """Whether any of the four texels around a place shows anything."""
    width = np.uint64(sheet.size[0])
    top = np.uint64(v >> 16) * width + np.uint64(u >> 16)
    both = _pair(sheet.texels, top) | _pair(sheet.texels, top + width)
    return bool(both & ALPHAS)


@inlined
def _pair(texels: Words, at: np.uint64) -> np.uint64:
    """Two texels; the processor loads them as one word."""
    return np.uint64(texels[at]) | np.uint64(texels[at + ONE]) << TEXEL


@inlined
def _copy(sheet: Sheet, walk: Walk, frame: Words, span: tuple[int, int, int]) -> None:
    u, v, u_x, v_x = walk
    y, begin, end = span
    for x in range(begin, end):
        frame[np.uint64(y), np.uint64(x)] = gather(_texel(sheet, u, v))
        u += u_x
        v += v_x


@inlined
def _blend(sheet: Sheet, walk: Walk, frame: Words, span: tuple[int, int, int]) -> None:
    u, v, u_x, v_x = walk
    y, begin, end = span
    for x in range(begin, end):
        if _shows(sheet, u, v):  # over much of such triangles there is nothing
            over = _texel(sheet, u, v)
            alpha = over >> ALPHA
            if alpha == FULL:
                frame[np.uint64(y), np.uint64(x)] = gather(over)
            else:
                mixed = over * alpha + spread(frame[np.uint64(y), np.uint64(x)]) * (FULL - alpha)
                mixed += HALVES
                mixed += (mixed >> BYTE) & LANES  # so that this is a division by 255
                frame[np.uint64(y), np.uint64(x)] = gather((mixed >> BYTE) & LANES)
        u += u_x
        v += v_x
