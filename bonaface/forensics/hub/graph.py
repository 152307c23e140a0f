"""Look into an ONNX file before it is opened: is it one, and does it lean on other files?

A walk over the protobuf wire format (onnx.proto3), since the runtime alone would follow a path that
a model names. Only the fields that can hold tensors are entered.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bonaface.errors import DetectorRefused

DEEPEST: Final = 24  # graphs within graphs
MODEL, GRAPH, NODE, ATTRIBUTE, TENSOR, SPARSE, FUNCTION = range(7)
INSIDE: Final = {  # field numbers, and what they hold
    MODEL: {7: GRAPH, 25: FUNCTION},
    GRAPH: {1: NODE, 5: TENSOR, 15: SPARSE},
    NODE: {5: ATTRIBUTE},
    ATTRIBUTE: {5: TENSOR, 6: GRAPH, 10: TENSOR, 11: GRAPH, 22: SPARSE, 23: SPARSE},
    SPARSE: {1: TENSOR, 2: TENSOR},
    FUNCTION: {7: NODE, 11: ATTRIBUTE},
    TENSOR: {},
}
EXTERNAL: Final = frozenset((13, 14))  # of a tensor: where else its numbers lie
_WRONG: Final = "Its model is no ONNX file, or a damaged one."


def refuse_other_files(path: Path) -> None:
    """Raise DetectorRefused for what is no ONNX model, or one that reads other files."""
    content = memoryview(path.read_bytes())
    if not any(number == 7 for number, _ in _fields(content)):
        raise DetectorRefused(_WRONG)
    _walk(content, MODEL, 0)


def _walk(content: memoryview, kind: int, depth: int) -> None:
    if depth > DEEPEST:
        raise DetectorRefused(_WRONG)
    for number, inner in _fields(content):
        if kind == TENSOR and number in EXTERNAL and (inner is None or len(inner)):
            raise DetectorRefused("Its model keeps numbers in another file, which is not read.")
        if inner is not None and number in INSIDE[kind]:
            _walk(inner, INSIDE[kind][number], depth + 1)


def _fields(content: memoryview) -> Iterator[tuple[int, memoryview | None]]:
    """Field numbers; the bytes of those that have a length, None for others that are not 0."""
    at = 0
    while at < len(content):
        key, at = _number(content, at)
        kind = key & 7
        if kind == 2:
            size, at = _number(content, at)
            if size > len(content) - at:
                raise DetectorRefused(_WRONG)
            yield key >> 3, content[at : at + size]
            at += size
        elif kind == 0:
            value, at = _number(content, at)
            if value:
                yield key >> 3, None
        elif kind in {1, 5}:
            at += 8 if kind == 1 else 4
        else:
            raise DetectorRefused(_WRONG)
    if at > len(content):
        raise DetectorRefused(_WRONG)


def _number(content: memoryview, at: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    value = 0
    for i in range(10):
        if at + i >= len(content):
            break
        value |= (content[at + i] & 127) << 7 * i
        if content[at + i] < 128:
            return value, at + i + 1
    raise DetectorRefused(_WRONG)
