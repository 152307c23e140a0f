"""The second design: a small network (20,361 numbers) over the residual, not the picture.

Pictures lose what a blur of 3 px keeps, so that content is little of what is seen; four layers, the
mean over all places. Learns from windows of 96 px, turned and mirrored.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from spectra import Bytes, Floats
from torch import nn

CROP, BATCH, STEPS = 96, 32, 400
REACH = 12.0  # grey levels of the residual, beyond which nothing more is told apart


class Residual(nn.Module):  # type: ignore[misc]
    """(n, 3, any, any) residuals to (n,) logits."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for into, out, stride in ((3, 16, 1), (16, 24, 2), (24, 32, 2), (32, 32, 2)):
            layers += [nn.Conv2d(into, out, 3, stride, 1), nn.BatchNorm2d(out), nn.ReLU()]
        self.body, self.head = nn.Sequential(*layers), nn.Linear(32, 1)

    def forward(self, residual: Any) -> Any:
        """The mean over all places, weighed."""
        return self.head(self.body(residual).mean((2, 3)))[:, 0]


def fed(pictures: Bytes) -> Any:
    """Residuals of pictures (n, side, side, 3)."""
    tensor = torch.from_numpy(pictures.transpose(0, 3, 1, 2).astype(np.float32))
    blurred = nn.functional.avg_pool2d(nn.functional.pad(tensor, (1, 1, 1, 1), "reflect"), 3, 1)
    return ((tensor - blurred) / REACH).clamp(-1, 1)


def crop(one: Bytes, random: np.random.Generator) -> Bytes:
    """A window, turned and mirrored."""
    y, x = (int(random.integers(0, max(1, size - CROP + 1))) for size in one.shape[:2])
    cut = np.rot90(one[y : y + CROP, x : x + CROP], int(random.integers(4)))
    return np.ascontiguousarray(cut[:, ::-1] if random.random() < 0.5 else cut)


def train(real: list[Bytes], fakes: list[list[Bytes]]) -> Callable[[Sequence[Bytes]], Floats]:
    """Learn from pairs, and answer a judge of pictures."""
    torch.manual_seed(4)
    torch.set_num_threads(1)
    random, begin = np.random.default_rng(4), time.monotonic()
    net = Residual()
    optimiser = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=1e-3)
    plan = torch.optim.lr_scheduler.OneCycleLR(optimiser, 6e-3, STEPS)
    truth = torch.cat([torch.zeros(BATCH // 2), torch.ones(BATCH // 2)])
    for _ in range(STEPS):
        some = random.integers(0, len(real), BATCH // 2).tolist()
        pairs = [[real[i], fakes[int(random.integers(len(fakes)))][i]] for i in some]
        cuts = [crop(pair[side], random) for side in (0, 1) for pair in pairs]
        loss = nn.functional.binary_cross_entropy_with_logits(net(fed(np.stack(cuts))), truth)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        plan.step()
    print(f"loss {loss.item():.3f} after {time.monotonic() - begin:.0f} s", flush=True)
    net.eval()

    def judge(pictures: Sequence[Bytes]) -> Floats:
        with torch.no_grad():
            return np.array([float(net(fed(one[None]))[0]) for one in pictures])

    return judge
