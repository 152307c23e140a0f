"""Draw a textured mesh into a picture: scanlines over triangles, four texels to a pixel.

A texel is held as four 16-bit lanes in one 64-bit word, so that one multiplication weighs red,
green, blue and alpha at once. Texture places are 24.8 fixed point. Pixel centres are whole numbers.
A pixel belongs to a triangle from its left edge up to, not including, its right one, and an edge is
computed from its upper end whichever triangle asks: neighbours leave no hole and do not overlap.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.avatar.render.compiled import compiled, inlined
from bonaface.avatar.rig import BLEND, HIDDEN, Floats, Indices, Mesh

Lanes = NDArray[np.uint64]
Words = NDArray[np.uint32]

FINE = 2  # texels to a pixel: half-pixel shifts then cost no sharpness
# Lanczos with three lobes, at half-way: keeps what a picture can hold and rings little
HALFWAY = np.array([0.0243, -0.1351, 0.6108, 0.6108, -0.1351, 0.0243], np.float32)

LANES = np.uint64(0x00FF00FF00FF00FF)
PAIRS = np.uint64(0x0000FFFF0000FFFF)
WORD = np.uint64(0x00000000FFFFFFFF)
HALVES = np.uint64(0x0080008000800080)
BYTE = np.uint64(8)
PAIR = np.uint64(16)
ALPHA = np.uint64(48)
ONE = np.uint64(256)

TEXEL = np.float32(256)  # parts of a texel
HALF = np.float32(0.5)
SLIVER = np.float32(1e-4)  # px * px; smaller triangles show nothing


class Sheet(NamedTuple):
    """What stays the same from picture to picture."""

    corners: Indices  # (m, 3) vertices, back to front
    blends: NDArray[np.bool_]  # (m,) whether alpha matters
    places: Floats  # (n, 2) texels, where each vertex looks
    texels: Lanes  # (height * width,)
    size: tuple[int, int]  # width and height of the texture, texels


class Plane(NamedTuple):
    """Texture places over one triangle, in 1/256 texels: at its top, and their change with x, y."""

    u: np.float32
    v: np.float32
    u_x: np.float32
    u_y: np.float32
    v_x: np.float32
    v_y: np.float32


class Box(NamedTuple):
    """Where one triangle may look, in 1/256 texels."""

    u_low: int
    u_high: int
    v_low: int
    v_high: int


class Walk(NamedTuple):
    """Texture places along one row of one triangle, in 1/256 texels."""

    u: int
    v: int
    u_step: int
    v_step: int


def make_sheet(mesh: Mesh, layer: NDArray[np.uint8]) -> Sheet:
    """Prepare a mesh and its RGBA layer (height, width, 4) for `draw`."""
    shown = mesh.kinds != HIDDEN
    fine = refine(layer)
    return Sheet(
        corners=np.ascontiguousarray(mesh.triangles[shown]),
        blends=mesh.kinds[shown] == BLEND,
        places=np.ascontiguousarray(mesh.texture * FINE, np.float32),
        texels=spread(fine),
        size=(fine.shape[1], fine.shape[0]),
    )


def refine(layer: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put a texel between each two, (2 height, 2 width, 4); what was there stays as it was."""
    kernel = np.zeros(2 * len(HALFWAY) - 1, np.float32)
    kernel[::2] = HALFWAY / HALFWAY.sum()
    kernel[len(HALFWAY) - 1] = 1
    height, width = layer.shape[:2]
    fine = np.zeros((height * FINE, width * FINE, 4), np.float32)
    fine[::FINE, ::FINE] = layer
    fine = cv2.sepFilter2D(fine, -1, kernel, kernel, borderType=cv2.BORDER_REFLECT_101)
    return np.clip(np.rint(np.asarray(fine, np.float32)), 0, 255).astype(np.uint8)


def spread(pixels: NDArray[np.uint8]) -> Lanes:
    """RGBA (height, width, 4) as one word a pixel, a 16-bit lane a channel."""
    words = np.ascontiguousarray(pixels).view(np.uint32).ravel().astype(np.uint64)
    words = (words | words << PAIR) & PAIRS
    return (words | words << BYTE) & LANES


@compiled
def draw(points: Floats, sheet: Sheet, frame: Words) -> None:
    """Draw the mesh with its vertices at `points` (n, 2) px over `frame` (height, width) RGBA.

    Triangles that turned their back are drawn like others, or a turning head would show holes;
    what is nearer comes later and covers them. What reaches beyond the frame is cut off.
    """
    for t in range(sheet.corners.shape[0]):
        a, b, c = sheet.corners[t, 0], sheet.corners[t, 1], sheet.corners[t, 2]
        across = (points[b, 0] - points[a, 0]) * (points[c, 1] - points[a, 1])
        area = across - (points[b, 1] - points[a, 1]) * (points[c, 0] - points[a, 0])
        if abs(area) > SLIVER:  # false for what is not a number, too
            _triangle(points, sheet, t, frame)


@inlined
def _triangle(points: Floats, sheet: Sheet, t: int, frame: Words) -> None:
    a, b, c = _from_top(points, sheet.corners[t, 0], sheet.corners[t, 1], sheet.corners[t, 2])
    x0, y0, x1, y1 = points[a, 0], points[a, 1], points[b, 0], points[b, 1]
    x2, y2 = points[c, 0], points[c, 1]
    upper, lower, long = (x1 - x0) / (y1 - y0), (x2 - x1) / (y2 - y1), (x2 - x0) / (y2 - y0)
    plane = _plane(points, sheet.places, a, b, c)
    box = _box(sheet, a, b, c)
    height, width = frame.shape
    for y in range(max(0, int(np.ceil(y0))), min(height, int(np.ceil(y2)))):
        row = np.float32(y)
        one = x0 + (row - y0) * long
        two = x0 + (row - y0) * upper if row < y1 else x1 + (row - y1) * lower
        left = max(0, int(np.ceil(min(one, two))))
        count = min(width, int(np.ceil(max(one, two)))) - left
        if count > 0:
            walk = _walk(plane, box, np.float32(left) - x0, row - y0, count)
            if sheet.blends[t]:
                _blend(sheet, walk, frame, (y, left, count))
            else:
                _copy(sheet, walk, frame, (y, left, count))


@inlined
def _from_top(points: Floats, a: int, b: int, c: int) -> tuple[int, int, int]:
    if points[b, 1] < points[a, 1]:
        a, b = b, a
    if points[c, 1] < points[b, 1]:
        b, c = c, b
    if points[b, 1] < points[a, 1]:
        a, b = b, a
    return a, b, c


@inlined
def _plane(points: Floats, places: Floats, a: int, b: int, c: int) -> Plane:
    bx, by = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1]
    cx, cy = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1]
    bu, bv = places[b, 0] - places[a, 0], places[b, 1] - places[a, 1]
    cu, cv = places[c, 0] - places[a, 0], places[c, 1] - places[a, 1]
    part = TEXEL / (bx * cy - by * cx)
    return Plane(
        places[a, 0] * TEXEL + HALF,
        places[a, 1] * TEXEL + HALF,
        (bu * cy - cu * by) * part,
        (cu * bx - bu * cx) * part,
        (bv * cy - cv * by) * part,
        (cv * bx - bv * cx) * part,
    )


@inlined
def _box(sheet: Sheet, a: int, b: int, c: int) -> Box:
    """Keep slivers from looking beyond their triangle, where they would sparkle."""
    places, (width, height) = sheet.places, sheet.size
    u, v = (places[a, 0], places[b, 0], places[c, 0]), (places[a, 1], places[b, 1], places[c, 1])
    return Box(
        max(0, int(min(u) * TEXEL)),
        min((width - 1) * 256 - 1, int(max(u) * TEXEL) + 1),
        max(0, int(min(v) * TEXEL)),
        min((height - 1) * 256 - 1, int(max(v) * TEXEL) + 1),
    )


@inlined
def _walk(plane: Plane, box: Box, right: float, down: float, count: int) -> Walk:
    """The places of one row, in 1/256 texels; a row that leaves the box is bent into it."""
    u = int(plane.u + right * plane.u_x + down * plane.u_y)
    v = int(plane.v + right * plane.v_x + down * plane.v_y)
    u_step, v_step = int(plane.u_x), int(plane.v_x)
    u_end, v_end = u + (count - 1) * u_step, v + (count - 1) * v_step
    if min(u, u_end) < box.u_low or max(u, u_end) > box.u_high:
        u = min(max(u, box.u_low), box.u_high)
        u_step = (min(max(u_end, box.u_low), box.u_high) - u) // max(count - 1, 1)
    if min(v, v_end) < box.v_low or max(v, v_end) > box.v_high:
        v = min(max(v, box.v_low), box.v_high)
        v_step = (min(max(v_end, box.v_low), box.v_high) - v) // max(count - 1, 1)
    return Walk(u, v, u_step, v_step)


@inlined
def _texel(texels: Lanes, width: int, u: int, v: int) -> np.uint64:
    """Four texels, weighed by how near they are; red, green, blue and alpha in lanes."""
    fu, fv = np.uint64(u & 255), np.uint64(v & 255)
    at = (v >> 8) * width + (u >> 8)
    both = (fu * fv) >> BYTE
    top = texels[at] * (ONE - fu - fv + both) + texels[at + 1] * (fu - both)
    bottom = texels[at + width] * (fv - both) + texels[at + width + 1] * both
    lanes: np.uint64 = ((top + bottom + HALVES) >> BYTE) & LANES
    return lanes


@inlined
def _word(lanes: np.uint64) -> np.uint32:
    pairs = (lanes | (lanes >> BYTE)) & PAIRS
    return np.uint32((pairs | (pairs >> PAIR)) & WORD)


@inlined
def _copy(sheet: Sheet, walk: Walk, frame: Words, span: tuple[int, int, int]) -> None:
    texels, width = sheet.texels, sheet.size[0]
    u, v = walk.u, walk.v
    y, left, count = span
    for x in range(left, left + count):
        frame[y, x] = _word(_texel(texels, width, u, v))
        u += walk.u_step
        v += walk.v_step


@inlined
def _blend(sheet: Sheet, walk: Walk, frame: Words, span: tuple[int, int, int]) -> None:
    texels, width = sheet.texels, sheet.size[0]
    u, v = walk.u, walk.v
    y, left, count = span
    for x in range(left, left + count):
        over = _texel(texels, width, u, v)
        alpha = over >> ALPHA
        alpha += alpha >> np.uint64(7)
        under = np.uint64(frame[y, x])
        under = (under | (under << PAIR)) & PAIRS
        under = (under | (under << BYTE)) & LANES
        frame[y, x] = _word(((over * alpha + under * (ONE - alpha)) >> BYTE) & LANES)
        u += walk.u_step
        v += walk.v_step
