"""Open a speech model with a look inside: tensors within its graph become outputs of it.

The voices know how long each phone lasts, but keep it to themselves: the durations are a tensor
in the middle of the graph. An ONNX file is a protocol-buffer message, and two such messages laid
end to end are one message with their repeated fields joined. So a graph of nothing but outputs,
written after the file, adds these outputs to it; no ONNX library is needed for that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, TypeAlias

from bonaface.errors import WeightsDamaged

Buffer: TypeAlias = bytes | mmap
# Field numbers in onnx.proto: ModelProto, GraphProto and ValueInfoProto; GraphProto and NodeProto.
GRAPH, OUTPUT, NAME = 7, 12, 1
NODE, NODE_OUTPUT, NODE_KIND = 1, 2, 4
VARINT, LENGTH_DELIMITED = 0, 2  # wire types
FIXED = {1: 8, 5: 4}  # wire types of a fixed size, in bytes


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes((*out, number))


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | LENGTH_DELIMITED) + _varint(len(content)) + content


@contextmanager
def mapped(path: Path) -> Iterator[Buffer]:
    """The bytes of a file, not copied into memory. Raises WeightsDamaged for an empty one."""
    try:
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
            yield content
    except ValueError as cause:
        raise WeightsDamaged(f"{path.name} is empty.", "Fetch it again.") from cause


def expose(model: Buffer, *tensors: str) -> bytes:
    """Give a serialized ModelProto whose graph also answers the named inner tensors."""
    outputs = b"".join(_field(OUTPUT, _field(NAME, name.encode())) for name in tensors)
    return b"".join((model, _field(GRAPH, outputs)))


def _read_varint(data: memoryview, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[place]
        number |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return number, place


def _fields(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Give the length-delimited fields of a message; the others are passed over."""
    place = 0
    while place < len(data):
        tag, place = _read_varint(data, place)
        wire = tag & 7
        if wire == VARINT:
            _, place = _read_varint(data, place)
        elif wire == LENGTH_DELIMITED:
            size, place = _read_varint(data, place)
            yield tag >> 3, data[place : place + size]
            place += size
        elif wire in FIXED:
            place += FIXED[wire]
        else:
            raise ValueError(f"wire type {wire}")


def find_outputs(model: Buffer, kind: str) -> list[str]:
    """Name what the nodes of one kind ("Ceil") answer in a serialized ModelProto.

    Raises WeightsDamaged when the bytes are not such a message.
    """
    names = []
    try:
        for number, graph in _fields(memoryview(bytes(model))):
            if number == GRAPH:
                for part, node in _fields(graph):
                    if part == NODE:
                        inside = list(_fields(node))
                        if (NODE_KIND, kind.encode()) in [(n, bytes(v)) for n, v in inside]:
                            names += [str(v, "utf-8") for n, v in inside if n == NODE_OUTPUT]
    except (IndexError, ValueError) as cause:
        raise WeightsDamaged("This file is not an ONNX model.", "Fetch it again.") from cause
    return names


@cache
def open_graph(path: Path, *tensors: str) -> Any:
    """An onnxruntime InferenceSession on one thread, with inner tensors as further outputs.

    Opened once a process. Raises WeightsDamaged when the file is not such a model.
    """
    import onnxruntime  # noqa: PLC0415  (heavy)
    from onnxruntime.capi import onnxruntime_pybind11_state as native  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    with mapped(path) as content:
        model = expose(content, *tensors)
    wrong = (native.Fail, native.InvalidGraph, native.InvalidProtobuf, native.InvalidArgument)
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except (*wrong, native.NotImplemented, native.RuntimeException) as cause:
        remedy = "Delete it and fetch it again, or take a voice of the kind its name says."
        raise WeightsDamaged(f"{path.name} is not a speech model: {cause}", remedy) from cause
