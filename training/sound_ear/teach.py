"""Teach the ear of the sound mark, and write models/sound_ear.onnx.

Usage: python training/sound_ear/teach.py TRAIN.npz VALID.npz OUT.onnx [--epochs N] [--width N]

Needs PyTorch. Three convolutions over units of 20 ms and bands, and the hand-made cell added at
the end; trained to say how much likelier a cell leans one way than the other (logistic loss).
Prints the agreement z of five seconds, before (by hand) and after.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper
from onnx import helper as graph
from torch import nn

from bonaface.marks.sound.pattern import BANDS

PIECE = 256  # units of 20 ms in one piece
BATCH = 16
PACKET = 125  # slots of 5 s
Items = list[tuple[NDArray[np.float16], NDArray[np.float32]]]  # (4, 3 jitters, units, BANDS), lean


class Ear(nn.Module):  # type: ignore[misc]
    """(batch, 4, units, BANDS) to (batch, units, BANDS)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(4, width, (5, 3), padding=(2, 1))
        self.second = nn.Conv2d(width, width, (5, 3), padding=(2, 1))
        self.third = nn.Conv2d(width, width, (3, 3), padding=1)
        self.last = nn.Conv2d(width + 1, 1, 1)
        nn.init.zeros_(self.last.weight)
        nn.init.ones_(self.last.weight[:, -1:])
        nn.init.zeros_(self.last.bias)

    def forward(self, heard: Any) -> Any:
        """Answer the cells that start at each unit."""
        near = torch.relu(self.first(heard))
        far = torch.relu(self.third(torch.relu(self.second(near))) + near)
        return self.last(torch.cat([far, heard[:, 1:2]], 1))[:, 0]


def read(file: Path) -> Items:
    """Answer the items of a corpus."""
    with np.load(file) as stored:
        names = sorted({name.partition("_")[0] for name in stored.files}, key=int)
        return [(stored[f"{name}_heard"], stored[f"{name}_lean"]) for name in names]


def batch(items: Items, chosen: NDArray[np.int64], draw: np.random.Generator) -> tuple[Any, Any]:
    """Answer pieces of items, each a little early or late, and their leans."""
    heard, lean = [], []
    for i in chosen:
        item, truth = items[i]
        start = int(draw.integers(0, (item.shape[2] - PIECE) // 2 + 1))
        jitter = int(draw.integers(3))
        heard.append(item[:, jitter, 2 * start : 2 * start + PIECE].astype(np.float32))
        lean.append(truth[start : start + PIECE // 2])
    return torch.from_numpy(np.stack(heard)), torch.from_numpy(np.stack(lean))


def agree(cells: NDArray[np.float32], lean: NDArray[np.float32]) -> float:
    """Answer z of five seconds, the mean of all there are."""
    count = len(lean) // PACKET * PACKET
    product = (cells[:count] * lean[:count]).reshape(count // PACKET, -1)
    return float((product.sum(1) / np.sqrt(np.square(product).sum(1) + 1e-9)).mean())


def validate(ear: Ear, items: Items) -> tuple[float, float]:
    """Answer the mean z by hand and by ear."""
    pairs = []
    for item, lean in items:
        heard = item[:, 1].astype(np.float32)
        with torch.no_grad():
            cells = ear(torch.from_numpy(heard)[None])[0, ::2].numpy()
        pairs.append((agree(heard[1, ::2], lean), agree(cells, lean)))
    by_hand, by_ear = np.mean(pairs, axis=0).tolist()
    return by_hand, by_ear


def teach(ear: Ear, items: Items, check: Items, epochs: int) -> None:
    """Run over the corpus again and again."""
    draw = np.random.default_rng(0)
    each = 2 * len(items) // BATCH  # a piece is less than half an item
    rule = torch.optim.AdamW(ear.parameters(), weight_decay=1e-3)
    pace = torch.optim.lr_scheduler.OneCycleLR(rule, 4e-3, total_steps=epochs * each)
    for epoch in range(epochs):
        order = np.concatenate([draw.permutation(len(items)) for _ in range(2)])
        for i in range(each):
            heard, lean = batch(items, order[i * BATCH : (i + 1) * BATCH], draw)
            loss = nn.functional.softplus(-lean * ear(heard)[:, ::2]).mean()
            rule.zero_grad()
            loss.backward()
            rule.step()
            pace.step()
        if epoch % 4 == 3 or epoch == epochs - 1:
            by_hand, by_ear = validate(ear, check)
            print(f"epoch {epoch + 1}: z by hand {by_hand:.2f}, by ear {by_ear:.2f}", flush=True)


def write(ear: Ear, file: Path) -> None:
    """Write the network as ONNX, layer by layer."""
    stored = [
        numpy_helper.from_array(value.numpy(), name) for name, value in ear.state_dict().items()
    ]
    stored += [
        numpy_helper.from_array(np.array([i], np.int64), name) for i, name in ((1, "a"), (2, "b"))
    ]

    def conv(name: str, source: str, out: str, pads: list[int]) -> Any:
        return graph.make_node("Conv", [source, f"{name}.weight", f"{name}.bias"], [out], pads=pads)

    nodes = [
        conv("first", "heard", "1", [2, 1, 2, 1]),
        graph.make_node("Relu", ["1"], ["near"]),
        conv("second", "near", "2", [2, 1, 2, 1]),
        graph.make_node("Relu", ["2"], ["3"]),
        conv("third", "3", "4", [1, 1, 1, 1]),
        graph.make_node("Add", ["4", "near"], ["5"]),
        graph.make_node("Relu", ["5"], ["far"]),
        graph.make_node("Slice", ["heard", "a", "b", "a"], ["hand"]),
        graph.make_node("Concat", ["far", "hand"], ["6"], axis=1),
        conv("last", "6", "7", [0, 0, 0, 0]),
        graph.make_node("Squeeze", ["7", "a"], ["cells"]),
    ]
    heard = graph.make_tensor_value_info("heard", TensorProto.FLOAT, ["phases", 4, "units", BANDS])
    cells = graph.make_tensor_value_info("cells", TensorProto.FLOAT, ["phases", "units", BANDS])
    whole = graph.make_graph(nodes, "sound_ear", [heard], [cells], stored)
    model = graph.make_model(whole, opset_imports=[graph.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, str(file))


def main() -> None:
    """Teach and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("train", type=Path)
    parser.add_argument("valid", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--width", type=int, default=16)
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    ear = Ear(options.width)
    teach(ear, read(options.train), read(options.valid), options.epochs)
    write(ear, options.out)


if __name__ == "__main__":
    main()
