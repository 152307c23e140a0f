"""The mouth network, and how it is written as ONNX.

A window of 150 ms (80 before, 60 after) is read by one convolution at 50 Hz; a gated recurrent
unit remembers the voice and what was said; two heads answer: the lips, and, while learning only,
which class of phone is heard.
"""

from pathlib import Path

import torch
from symbols import CLASSES
from torch import Tensor, nn

from bonaface.avatar.pose import LIPS
from bonaface.speech.hearing import WIDTH

BEFORE, AFTER = 8, 6  # frames of 10 ms around the one that the lips belong to
WINDOW = BEFORE + 1 + AFTER
SIZE = 160
CHANNEL = {name: index for index, name in enumerate(LIPS)}
# How far each channel parts the inner lips, in jaws.
PARTS = {"jawOpen": 1.0, "upperUp": 0.22, "lowerDown": 0.22, "funnel": 0.15}
# Who moves when the lips shall part by one more.
SHARES = {"jawOpen": 0.72, "upperUp": 0.6, "lowerDown": 0.6}


class Mouth(nn.Module):  # type: ignore[misc]
    """Heard windows to lips."""

    def __init__(self, size: int = SIZE) -> None:
        super().__init__()
        self.size = size
        self.look = nn.Conv1d(WIDTH, size, WINDOW, stride=2)
        self.calm = nn.LayerNorm(size)
        self.mix = nn.Linear(size, size)
        self.remember = nn.GRU(size, size, batch_first=True)
        self.join = nn.Linear(2 * size, size)
        self.lips = nn.Linear(size, len(LIPS))
        self.classes = nn.Linear(size, len(CLASSES))
        self.drop = nn.Dropout(0.1)

    def run(self, heard: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Give logits of lips and of classes, and the state, for (b, WINDOW + 2 n, WIDTH)."""
        seen = torch.relu(self.calm(self.look(heard.transpose(1, 2)).transpose(1, 2)))
        seen = torch.relu(self.mix(self.drop(seen)))
        past, state = self.remember(seen, state)
        both = torch.relu(self.join(self.drop(torch.cat([seen, past], 2))))
        return self.lips(both), self.classes(both), state

    def forward(self, heard: Tensor) -> tuple[Tensor, Tensor]:
        """Give logits for whole items: (b, 2 n, WIDTH) to (b, n, len(LIPS)) and (b, n, classes)."""
        lips, classes, _ = self.run(widen(heard), None)
        return lips, classes


def widen(heard: Tensor) -> Tensor:
    """Give whole items (b, 2 n, WIDTH) what windows see beyond their ends."""
    padded = nn.functional.pad(heard, (0, 0, BEFORE, AFTER - 1))
    padded[:, :BEFORE] = heard[:, :1]
    return padded


def part_lips(lips: Tensor) -> Tensor:
    """Give how far the inner lips are apart: (..., len(LIPS)) in 0..1 to (...)."""
    apart = sum(lips[..., CHANNEL[name]] * share for name, share in PARTS.items())
    return torch.as_tensor(apart * (1 - lips[..., CHANNEL["closure"]]))


class Film(nn.Module):  # type: ignore[misc]
    """What filmed mouths add: how far lips part, read from the lips and the level around a step.

    `weights` (FEATURES,) and `offset` are fitted by adapt.py; jaw and lips are moved by what is
    missing to that parting.
    """

    def __init__(self, weights: Tensor, offset: Tensor) -> None:
        super().__init__()
        self.register_buffer("weights", weights)
        self.register_buffer("offset", offset)

    def forward(self, lips: Tensor, heard: Tensor) -> Tensor:
        """Give lips (b, n, len(LIPS)) moved to the parting that film would show."""
        wanted = read_parting(lips, heard) @ self.weights + self.offset
        closed = lips[..., CHANNEL["closure"]]
        missing = torch.relu(wanted) / (1 - 0.7 * closed) - part_lips(lips) / (1 - closed + 1e-3)
        moved = [
            torch.clamp(lips[..., index] + missing * SHARES.get(name, 0.0), 0, 1)
            for index, name in enumerate(LIPS)
        ]
        return torch.stack(moved, -1)


def read_parting(lips: Tensor, heard: Tensor) -> Tensor:
    """Give what the parting is read from: (b, n, FEATURES) of lips (b, n, 12) and heard windows."""
    each = torch.eye(WINDOW)[:, None]
    level = nn.functional.conv1d(heard[:, None, :, -1], each, stride=2).transpose(1, 2)
    near = level[..., BEFORE : BEFORE + 7 : 3]
    means = torch.stack([level.mean(-1), level[..., :BEFORE].mean(-1)], -1)
    return torch.cat([lips, near, means], -1)


FEATURES = len(LIPS) + 5


class _Step(nn.Module):  # type: ignore[misc]
    def __init__(self, mouth: Mouth, film: Film | None) -> None:
        super().__init__()
        self.mouth, self.film = mouth, film

    def forward(self, heard: Tensor, state: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logits, classes, after = self.mouth.run(heard, state)
        lips = torch.sigmoid(logits)
        if self.film is not None:
            lips = self.film(lips, heard)
        return lips, 1 - torch.softmax(classes, 2)[..., 0], after


def export(mouth: Mouth, path: Path, film: Film | None = None) -> None:
    """Write ONNX: heard (1, WINDOW + 2 n, WIDTH), state (1, 1, size) to lips, speech, state.

    Lips are (1, n + 1, len(LIPS)) in 0..1, speech (1, n + 1) is the chance that a phone is heard.
    """
    mouth.eval()
    heard, state = torch.zeros(1, WINDOW + 4, WIDTH), torch.zeros(1, 1, mouth.size)
    torch.onnx.export(
        _Step(mouth, film),
        (heard, state),
        str(path),
        input_names=["heard", "state"],
        output_names=["lips", "speech", "after"],
        dynamic_axes={"heard": {1: "frames"}, "lips": {1: "steps"}, "speech": {1: "steps"}},
        dynamo=False,
    )
