"""Learn to tell forged faces from real ones, pair by pair.

    python training/artefacts/learn.py FACES AVATARS TWINS IMAGENET.pth OUT.pt [--from NET.onnx]

Each batch holds PAIRS real faces and the forgery of each, which went the same way. The loss asks
for the right answer, for the forgery above its own original, and for the blend mask.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from forge import ALONE, Bytes, Floats, drawn_over, swap
from frames import Frame, draw_frame
from numpy.typing import NDArray
from torch import nn
from torch.utils.data import DataLoader, IterableDataset
from trunk import Detector, load_imagenet, load_network
from ways import crossed, draw

SIDES = (128, 160)
PAIRS = 12
KEPT = 1  # of this fold all films and every fourth picture are kept for calibration
ROOM = 0.42  # half of a cut's side, in spans of the landmarks
SHARES = (
    ("self-blend", 0.27),
    ("swap", 0.27),
    ("lips", 0.1),
    ("redub", 0.08),
    ("rebuilt", 0.06),
    ("resampled", 0.06),
    ("avatar", 0.08),
    ("restored", 0.08),
)
UNSEEN = ("esrgan-x4", "esrgan-art")  # of the networks of others: they judge only
RESTORED = 0.4  # of the faces that networks rebuilt lie over their own originals
CROSSED = 0.4  # of the pairs meet different encoders


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Faces to forge; faces that were drawn, and that others' networks rebuilt."""

    cuts: Bytes  # (n, side, side, 3)
    marks: Floats  # (n, 478, 2)
    weights: Floats  # (n,): how often each is drawn
    before: Bytes  # (m, side, side, 3), as the photo was
    after: Bytes  # (m, side, side, 3), as the avatar was drawn
    after_marks: Floats  # (m, 478, 2)
    twins: dict[str, Bytes]  # by network, (k, side, side, 3)
    twins_of: NDArray[np.int64]  # (k,), which of `cuts` each is a twin of


def load(faces: Path, avatars: Path, twins: Path, *, calibrating: bool = False) -> Faces:
    """The faces that are learnt from, or those that were kept for calibration."""
    data, drawn, rebuilt = np.load(faces), np.load(avatars), np.load(twins)
    chosen = kept(data) if calibrating else ~kept(data)
    other = np.isin(drawn["paths"], data["paths"][kept(data)])
    other = other if calibrating else ~other
    weights = np.where(np.char.startswith(data["paths"][chosen], "talking"), 4.0, 1.0)
    with_twin = chosen[rebuilt["at"]]
    return Faces(
        data["cuts"][chosen],
        data["marks"][chosen],
        (weights / weights.sum()).astype(np.float32),
        drawn["cuts"][other],
        drawn["drawn"][other],
        drawn["drawn_marks"][other],
        {n: rebuilt[n][with_twin] for n in rebuilt.files if n not in ("at", *UNSEEN)},
        np.cumsum(chosen)[rebuilt["at"][with_twin]] - 1,
    )


class Pairs(IterableDataset[Any]):  # type: ignore[misc]
    """Batches without end: images (2 PAIRS, side, side, 3) and masks, reals first."""

    def __init__(self, files: tuple[Path, Path, Path], seed: int) -> None:
        self.files, self.seed = files, seed

    def __iter__(self) -> Any:
        cv2.setNumThreads(1)
        faces = load(*self.files)
        info = torch.utils.data.get_worker_info()
        random = np.random.default_rng(self.seed + (info.id if info else 0))
        while True:
            side = int(random.choice(SIDES))
            pairs = [make_pair(faces, random, side) for _ in range(PAIRS)]
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


def forge(
    faces: Faces, i: int, random: np.random.Generator, frame: Frame | None = None
) -> tuple[Bytes, Bytes, Floats]:
    """A face, its forgery, and the mask: face `i`, or one that was drawn, framed alike."""
    frame = frame or Frame()
    kind = str(random.choice([name for name, _ in SHARES], p=[share for _, share in SHARES]))
    if kind == "avatar":
        j = int(random.integers(len(faces.before)))
        image, _ = frame.cut(faces.before[j], faces.after_marks[j])
        fake, points = frame.cut(faces.after[j], faces.after_marks[j])
        return image, fake, drawn_over(points, fake.shape[0])
    if kind == "restored":
        k = int(random.integers(len(faces.twins_of)))
        over = faces.twins[str(random.choice(list(faces.twins)))][k]
        of = int(faces.twins_of[k])
        donor, donor_marks = frame.cut(over, faces.marks[of])
        i = of if random.random() < RESTORED else i  # or another's face
        image, points = frame.cut(faces.cuts[i], faces.marks[i])
        return image, *swap(image, points, random, donor, donor_marks)
    image, points = frame.cut(faces.cuts[i], faces.marks[i])
    if kind in ALONE:
        return image, *ALONE[kind](image, points, random)
    j = int(random.integers(len(faces.cuts)))
    return image, *swap(image, points, random, faces.cuts[j], faces.marks[j])


def make_pair(faces: Faces, random: np.random.Generator, side: int) -> tuple[Bytes, Bytes, Floats]:
    """One real face, its forgery, and the mask at an 8th of the side."""
    i = int(random.choice(len(faces.cuts), p=faces.weights))
    frame = draw_frame(random) if random.random() < 0.5 else None
    image, fake, mask = forge(faces, i, random, frame)
    way = draw(random, side)
    share = cv2.resize(
        mask[:, ::-1] if way.mirrored else mask,
        (side // 8, side // 8),
        interpolation=cv2.INTER_AREA,
    )
    other = crossed(way, random) if random.random() < CROSSED else way
    return way.walk(image, side), other.walk(fake, side), share.astype(np.float32)


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
    parser.add_argument("avatars", type=Path)
    parser.add_argument("twins", type=Path)
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
    pairs = Pairs((options.faces, options.avatars, options.twins), 7)
    loader = DataLoader(pairs, batch_size=None, num_workers=1, prefetch_factor=8)
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
                loss.item(),
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
