"""Pixels as lanes: four 16-bit channels in one 64-bit word, weighed all at once.

LLVM does not find this by itself in a loop over channels, so it is said in LLVM's own vectors, for
which every processor that it knows has instructions. Red is the lowest lane, alpha the highest.
These become part of the kernels that use them: machine code kept beside those files (`compiled`) is
stale when this one changes.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

WORD, LANE = ir.IntType(64), ir.IntType(16)
PIXEL, PAIR = ir.VectorType(ir.IntType(8), 4), ir.VectorType(ir.IntType(8), 8)
FOUR, EIGHT = ir.VectorType(LANE, 4), ir.VectorType(LANE, 8)

Typed = tuple[Any, Any]  # a signature, and what writes the code


@intrinsic  # type: ignore[untyped-decorator]
def spread(_: Any, pixel: Any) -> Typed:  # noqa: ARG001 typed below
    """Lanes of an RGBA pixel."""

    def write(_: Any, builder: Any, __: Any, given: Any) -> Any:
        return builder.bitcast(builder.zext(builder.bitcast(given[0], PIXEL), FOUR), WORD)

    return types.uint64(types.uint32), write


@intrinsic  # type: ignore[untyped-decorator]
def gather(_: Any, lanes: Any) -> Typed:  # noqa: ARG001 typed below
    """The RGBA pixel of lanes that hold 0 to 255."""

    def write(_: Any, builder: Any, __: Any, given: Any) -> Any:
        channels = builder.trunc(builder.bitcast(given[0], FOUR), PIXEL)
        return builder.bitcast(channels, ir.IntType(32))

    return types.uint32(types.uint64), write


@intrinsic  # type: ignore[untyped-decorator]
def look_between(_: Any, upper: Any, lower: Any, right: Any, down: Any) -> Typed:  # noqa: ARG001
    """Lanes of what lies between four RGBA pixels: two above, `upper`, and two below, `lower`.

    In each of these words the left pixel is the lower half. `right` and `down` say how far the
    place lies beyond the first of them, in 256ths.
    """

    def write(_: Any, builder: Any, __: Any, given: Any) -> Any:
        upper, lower = (builder.zext(builder.bitcast(pair, PAIR), EIGHT) for pair in given[:2])
        right, down = (_repeat(builder, share) for share in given[2:])
        whole = ir.Constant(EIGHT, [256] * 8)
        column = _weigh(builder, (upper, builder.sub(whole, down)), (lower, down))
        left = builder.sub(whole, right)
        sides = builder.shuffle_vector(left, right, _order(0, 1, 2, 3, 8, 9, 10, 11))
        weighed = builder.mul(column, sides)
        one = builder.shuffle_vector(weighed, weighed, _order(0, 1, 2, 3))
        two = builder.shuffle_vector(weighed, weighed, _order(4, 5, 6, 7))
        return builder.bitcast(_divide(builder, builder.add(one, two)), WORD)

    word = types.uint64
    return word(word, word, word, word), write


def _repeat(builder: Any, share: Any) -> Any:
    lone = builder.insert_element(
        ir.Constant(EIGHT, ir.Undefined), builder.trunc(share, LANE), ir.Constant(ir.IntType(32), 0)
    )
    return builder.shuffle_vector(lone, lone, _order(*[0] * 8))


def _weigh(builder: Any, one: tuple[Any, Any], two: tuple[Any, Any]) -> Any:
    """The mean of two, each with its weight in 256ths."""
    return _divide(builder, builder.add(builder.mul(*one), builder.mul(*two)))


def _divide(builder: Any, sums: Any) -> Any:
    """A 256th of each lane, rounded."""
    count = sums.type.count
    half, bits = (ir.Constant(sums.type, [value] * count) for value in (128, 8))
    return builder.lshr(builder.add(sums, half), bits)


def _order(*lanes: int) -> Any:
    return ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), list(lanes))
