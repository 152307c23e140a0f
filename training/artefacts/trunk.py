"""The network: EfficientNet-Lite0 (Tan and Le 2019; Lite: no squeeze, ReLU6) with two heads.

In: (n, 3, side, side) float32 RGB 0..255, side a multiple of 32. Out: logit (n,) that the face was
forged, and mask (n, side/8, side/8) logits of the share that is not original.
"""

from pathlib import Path
from typing import Any

import onnx
import torch
from torch import nn

STAGES = (  # repeats, kernel, stride, expansion, channels
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
)
FINE, MIDDLE = 4, 10  # blocks after which a picture is a 8th, a 16th of the side


class Same(nn.Conv2d):  # type: ignore[misc]
    """A convolution padded as TensorFlow pads: more at the right and bottom when strided."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Pad and convolve."""
        k, s = self.kernel_size[0], self.stride[0]
        both = max(k - s, 0) if s > 1 else k - 1
        if both:
            x = nn.functional.pad(x, (both // 2, both - both // 2, both // 2, both - both // 2))
        return super().forward(x)


def conv(cin: int, cout: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution and normalisation."""
    return nn.Sequential(
        Same(cin, cout, kernel, stride, groups=groups, bias=False), nn.BatchNorm2d(cout, eps=1e-3)
    )


class Block(nn.Module):  # type: ignore[misc]
    """An inverted bottleneck."""

    def __init__(self, cin: int, cout: int, kernel: int, stride: int, grow: int) -> None:
        super().__init__()
        wide = cin * grow
        self.expand = conv(cin, wide) if grow > 1 else None
        self.depthwise = conv(wide, wide, kernel, stride, wide)
        self.project = conv(wide, cout)
        self.skip = stride == 1 and cin == cout

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Expand, look around, project."""
        y = nn.functional.relu6(self.expand(x)) if self.expand is not None else x
        y = self.project(nn.functional.relu6(self.depthwise(y)))
        return x + y if self.skip else y


class Detector(nn.Module):  # type: ignore[misc]
    """The trunk and its heads."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv(3, 32, 3, 2)
        blocks, cin = [], 32
        for repeats, kernel, stride, grow, cout in STAGES:
            for i in range(repeats):
                blocks.append(Block(cin, cout, kernel, stride if i == 0 else 1, grow))
                cin = cout
        self.blocks = nn.ModuleList(blocks)
        self.fine = nn.Conv2d(40, 32, 1)
        self.middle = nn.Conv2d(112, 32, 1)
        self.mask = nn.Sequential(
            nn.ReLU(), nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 1, 1)
        )
        self.score = nn.Sequential(
            nn.Dropout(0.2), nn.Linear(192 + 112 + 3, 64), nn.ReLU(), nn.Linear(64, 1)
        )

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Answer the logit and the mask."""
        x = nn.functional.relu6(self.stem((x - 127.0) / 128.0))
        fine = middle = x
        for i, block in enumerate(self.blocks):
            x = block(x)
            fine = x if i == FINE else fine
            middle = x if i == MIDDLE else middle
        up = nn.functional.interpolate(self.middle(middle), scale_factor=2.0, mode="nearest")
        mask = self.mask(self.fine(fine) + up)[:, 0]
        flat = mask.flatten(1)
        sums = torch.stack([flat.amax(1), flat.mean(1), torch.sigmoid(flat).mean(1)], 1)
        pooled = torch.cat([x.mean((2, 3)), middle.amax((2, 3)), sums], 1)
        return self.score(pooled)[:, 0], mask


def load_imagenet(net: Detector, state: dict[str, Any]) -> None:
    """Take the trunk's weights from the package's file (its names: _conv_stem, _blocks.N...)."""
    names = {
        "_expand_conv": "expand.0",
        "_bn0": "expand.1",
        "_depthwise_conv": "depthwise.0",
        "_bn1": "depthwise.1",
        "_project_conv": "project.0",
        "_bn2": "project.1",
    }
    taken = {}
    for key, value in state.items():
        parts = key.split(".")
        if parts[0] == "_conv_stem":
            taken["stem.0.weight"] = value
        elif parts[0] == "_bn0":
            taken[f"stem.1.{parts[1]}"] = value
        elif parts[0] == "_blocks" and int(parts[1]) < len(net.blocks):
            taken[f"blocks.{parts[1]}.{names[parts[2]]}.{parts[3]}"] = value
    missing, unknown = net.load_state_dict(taken, strict=False)
    if unknown or any(name.startswith(("stem", "blocks")) for name in missing):
        raise ValueError(f"These are not the weights: {unknown[:3]} {missing[:3]}")


def load_network(net: Detector, file: Path) -> None:
    """Take all weights from an exported network, to go on learning; ImageNet's must be in `net`.

    Export folds each normalisation into its convolution; they are parted again by ImageNet's
    statistics, which stay as they are, so that steps have the size that they had.
    """
    graph = onnx.load(file).graph
    known = {
        part.name: torch.tensor(onnx.numpy_helper.to_array(part)) for part in graph.initializer
    }
    state = net.state_dict()
    for node in graph.node:
        place = node.name.split("/")[1:-1]  # stem, stem.0 or blocks.3, expand, expand.0
        if node.op_type != "Conv" or place[0] not in {"stem"} | {f"blocks.{i}" for i in range(15)}:
            continue
        weight, bias = (known[name] for name in node.input[1:3])
        name = ".".join([*place[:-1], ""]) if place[0] != "stem" else "stem."
        spread = (state[f"{name}1.running_var"] + 1e-3).sqrt()
        scale = state[f"{name}1.weight"] / spread
        scale = torch.where(scale.abs() < 1e-3, 1e-3, scale)
        state[f"{name}1.weight"] = scale * spread
        state[f"{name}0.weight"] = weight / scale[:, None, None, None]
        state[f"{name}1.bias"] = bias + state[f"{name}1.running_mean"] * scale
    state |= {name: value for name, value in known.items() if name in state}
    net.load_state_dict(state)
