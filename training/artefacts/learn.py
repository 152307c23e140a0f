"""Learn to tell forged faces from real ones, pair by pair.

    python training/artefacts/learn.py FACES.npz IMAGENET.pth OUT.pt [--minutes 45] [--from NET]

Each batch holds PAIRS real faces and the forgery of each, which went the same way. The loss asks
for the right answer, for the forgery above its own original, and for the blend mask.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from forge import ALONE, Bytes, Floats, swap
from torch import nn
from torch.utils.data import DataLoader, IterableDataset
from trunk import Detector, load_imagenet, load_network
from ways import crossed, draw

SIDES = (128, 160)
PAIRS = 12
KEPT = 1  # of this fold all films and every fourth picture are kept for calibration
ROOM = 0.42  # half of a cut's side, in spans of the landmarks
SHARES = (
    ("self-blend", 0.33),
    ("swap", 0.33),
    ("lips", 0.13),
    ("redub", 0.11),
    ("rebuilt", 0.1),
)
CROSSED = 0.4  # of the pairs meet different encoders


class Pairs(IterableDataset[Any]):  # type: ignore[misc]
    """Batches without end: images (2 PAIRS, side, side, 3) and masks, reals first."""

    def __init__(self, path: Path, seed: int) -> None:
        self.path, self.seed = path, seed

    def __iter__(self) -> Any:
        cv2.setNumThreads(1)
        data = np.load(self.path)
        chosen = ~kept(data)
        cuts, marks, paths = data["cuts"][chosen], data["marks"][chosen], data["paths"][chosen]
        weights = np.where(np.char.startswith(paths, "talking"), 4.0, 1.0)
        weights /= weights.sum()
        info = torch.utils.data.get_worker_info()
        random = np.random.default_rng(self.seed + (info.id if info else 0))
        while True:
            side = int(random.choice(SIDES))
            picks = random.choice(len(cuts), PAIRS, p=weights)
            pairs = [make_pair(cuts, marks, int(i), random, side) for i in picks]
            reals, fakes, masks = (np.stack(part) for part in zip(*pairs, strict=True))
            yield np.concatenate([reals, fakes]), masks


def kept(data: Any) -> Any:
    """Which faces are kept for calibration, (n,) bool: a set that stays, whoever goes on learning.

    Of fold KEPT all films, and every fourth face that has ROOM around it.
    """
    span = np.ptp(data["marks"][:, :468], 1).max(1)
    roomy = data["cuts"].shape[1] / 2 / span >= ROOM
    fourth = roomy & ((np.cumsum(roomy) - 1) % 4 == 0)
    return (data["folds"] == KEPT) & (np.char.startswith(data["paths"], "talking") | fourth)


def make_pair(
    cuts: Bytes, marks: Floats, i: int, random: np.random.Generator, side: int
) -> tuple[Bytes, Bytes, Floats]:
    """One real face, its forgery, and the mask at an 8th of the side."""
    image, points = cuts[i], marks[i]
    if random.random() < 0.5:  # a framing of its own
        image, points = framed(image, points, random)
    kind = str(random.choice([name for name, _ in SHARES], p=[share for _, share in SHARES]))
    if kind == "swap":
        j = int(random.integers(len(cuts)))
        fake, mask = swap(image, points, random, cuts[j], marks[j])
    else:
        fake, mask = ALONE[kind](image, points, random)
    way = draw(random, side)
    share = cv2.resize(
        mask[:, ::-1] if way.mirrored else mask,
        (side // 8, side // 8),
        interpolation=cv2.INTER_AREA,
    )
    other = crossed(way, random) if random.random() < CROSSED else way
    return way.walk(image, side), other.walk(fake, side), share.astype(np.float32)


def framed(image: Bytes, points: Floats, random: np.random.Generator) -> tuple[Bytes, Floats]:
    """Cut closer, so that framing says nothing."""
    side = image.shape[0]
    less = int(side * random.uniform(0.86, 1.0))
    x, y = (int(v) for v in random.integers(0, side - less + 1, 2))
    cut = cv2.resize(image[y : y + less, x : x + less], (side, side), interpolation=cv2.INTER_CUBIC)
    return cut, ((points - (x, y)) * (side / less)).astype(np.float32)


def loss_of(logits: torch.Tensor, masks: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """Answer, rank within the pair, mask."""
    n = len(logits) // 2
    wanted = torch.cat([torch.zeros(n), torch.ones(n)])
    answer = nn.functional.binary_cross_entropy_with_logits(logits, wanted)
    rank = nn.functional.softplus(logits[:n] - logits[n:]).mean()
    target = torch.cat([torch.zeros_like(shares), shares])
    mask = nn.functional.binary_cross_entropy_with_logits(masks, target)
    return answer + 0.5 * rank + 0.5 * mask


def still(net: nn.Module) -> None:
    """Keep the statistics of ImageNet: batches here are small and of one kind."""
    for part in net.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.eval()


def main() -> None:
    """Train for the minutes given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faces", type=Path)
    parser.add_argument("imagenet", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=45.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--rate", type=float, default=6e-4, help="of the trunk; the heads thrice it"
    )
    parser.add_argument("--from", type=Path, dest="network", help="go on with this network")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    net = Detector()
    load_imagenet(net, torch.load(options.imagenet, weights_only=True))
    if options.network:
        load_network(net, options.network)
    net = net.to(memory_format=torch.channels_last)
    trunk = [p for n, p in net.named_parameters() if n.startswith(("stem", "blocks"))]
    heads = [p for n, p in net.named_parameters() if not n.startswith(("stem", "blocks"))]
    optimizer = torch.optim.AdamW(
        [{"params": trunk, "lr": options.rate}, {"params": heads, "lr": 3 * options.rate}],
        weight_decay=1e-3,
    )
    base = [group["lr"] for group in optimizer.param_groups]
    averaged = {k: v.clone() for k, v in net.state_dict().items()}
    began = time.monotonic()
    sums: list[tuple[float, ...]] = []
    loader = DataLoader(Pairs(options.faces, 7), batch_size=None, num_workers=1, prefetch_factor=8)
    net.train()
    still(net)
    for step, (images, shares) in enumerate(loader):
        share = (time.monotonic() - began) / (options.minutes * 60)
        if share >= 1:
            break
        for group, lr in zip(optimizer.param_groups, base, strict=True):
            group["lr"] = lr * min(1, (step + 1) / 100) * (0.5 + 0.5 * np.cos(np.pi * share))
        x = images.permute(0, 3, 1, 2).float().contiguous(memory_format=torch.channels_last)
        logits, masks = net(x)
        loss = loss_of(logits, masks, shares)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimizer.step()
        for key, value in net.state_dict().items():
            if value.is_floating_point():
                averaged[key].lerp_(value, 1 - min(0.998, step / (step + 20)))
        n = len(logits) // 2
        sums.append(
            (
                float(loss),
                float((logits[n:] > logits[:n]).float().mean()),
                float((logits[:n] < 0).float().mean()),
                float((logits[n:] > 0).float().mean()),
            )
        )
        if step % 100 == 99:
            print(
                step,
                round(share, 3),
                np.round(np.mean(sums[-100:], 0), 3),
                f"{time.monotonic() - began:.0f} s",
                flush=True,
            )
        if step % 500 == 499:
            torch.save(averaged, options.out)
    torch.save(averaged, options.out)


if __name__ == "__main__":
    main()
