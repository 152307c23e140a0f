"""Teach the network on voices whose phones are known: `python training/mouth/pretrain.py`."""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from network import CHANNEL, Mouth, part_lips
from numpy.typing import NDArray
from torch import Tensor, nn

from bonaface.speech.hearing import BANDS

_WEIGHTS = {"jawOpen": 3.0, "closure": 2.0, "FF": 1.0, "tongue": 0.3, "smile": 0.5}


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """What is learnt from: arrays of the same length, as `dataset` wrote them."""

    heard: NDArray[np.float16]
    lips: NDArray[np.uint8]
    classes: NDArray[np.uint8]
    real: NDArray[np.bool_]  # a recording of a person


def read_items(folder: Path, leave: str = "") -> tuple[Items, Items]:
    """Read all voices; a twentieth, and the voice `leave`, are held out."""
    learn: list[list[NDArray[Any]]] = [[], [], [], []]
    test: list[list[NDArray[Any]]] = [[], [], [], []]
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as z:
            real = np.full(len(z["lips"]), path.stem.startswith("real_"))
            for index, items in enumerate((z["heard"], z["lips"], z["classes"], real)):
                cut = 0 if path.stem == leave else len(items) - min(20, len(items) // 20)
                learn[index].append(items[:cut])
                test[index].append(items[cut:][:120])
    first, second = ([np.concatenate(part) for part in parts] for parts in (learn, test))
    return Items(*first), Items(*second)


def colour(heard: Tensor) -> Tensor:
    """Change level and colour of what is heard a little, and deafen it here and there."""
    count = len(heard)
    bumps = nn.functional.interpolate(torch.randn(count, 1, 6) * 0.25, BANDS, mode="linear")
    heard = heard.clone()
    heard[:, :, :BANDS] += bumps
    heard[:, :, :BANDS] += torch.randn_like(heard[:, :, :BANDS]) * 0.1
    for item in heard:
        if torch.rand(()) < 0.3:
            low = int(torch.randint(0, BANDS - 6, ()))
            item[:, low : low + int(torch.randint(1, 7, ()))] = 0
    return heard


def judge(mouth: Mouth, heard: Tensor, lips: Tensor, classes: Tensor) -> Tensor:
    """Give the loss: lips, how they move, how far they part, and phones."""
    weights = torch.ones(lips.shape[-1])
    for name, weight in _WEIGHTS.items():
        weights[CHANNEL[name]] = weight
    logits, phones = mouth(heard)
    made = torch.sigmoid(logits)
    off = (weights * (made - lips) ** 2).mean()
    moved = (weights * (made.diff(dim=1) - lips.diff(dim=1)) ** 2).mean()
    apart = ((part_lips(made) - part_lips(lips)) ** 2).mean()
    touch = nn.functional.binary_cross_entropy_with_logits(
        logits[..., CHANNEL["closure"]], lips[..., CHANNEL["closure"]], pos_weight=torch.tensor(3.0)
    )
    named = nn.functional.cross_entropy(phones.flatten(0, 1), classes.flatten())
    return 8 * off + 8 * moved + 4 * apart + 0.25 * touch + 0.12 * named


def draw(items: Items, chosen: NDArray[np.int64]) -> tuple[Tensor, Tensor, Tensor]:
    """Give some items as tensors."""
    heard = torch.from_numpy(items.heard[chosen].astype(np.float32))
    lips = torch.from_numpy(items.lips[chosen].astype(np.float32) / 255)
    return heard, lips, torch.from_numpy(items.classes[chosen].astype(np.int64))


@torch.no_grad()  # type: ignore[untyped-decorator]
def examine(mouth: Mouth, items: Items) -> str:
    """Say how well held-out items are followed."""
    mouth.eval()
    heard, lips, classes = draw(items, np.arange(len(items.heard)))
    logits, phones = mouth(heard)
    made = torch.sigmoid(logits)
    mouth.train()
    want, got = part_lips(lips), part_lips(made)
    both = [
        np.corrcoef(w, g)[0, 1]
        for w, g in zip(want.numpy(), got.numpy(), strict=True)
        if w.std() > 0.01
    ]
    closed, shut = lips[..., CHANNEL["closure"]] > 0.7, made[..., CHANNEL["closure"]] > 0.5
    recall = (closed & shut).sum() / closed.sum()
    precision = (closed & shut).sum() / shut.sum().clamp(min=1)
    right = (phones.argmax(2) == classes)[classes > 0].float().mean()
    found = f"closure recall {recall:.2f} precision {precision:.2f}, phones {right:.2f}"
    return f"parting r {np.mean(both):.3f}, {found}"


def main() -> None:
    """Learn for a given time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("items", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=20, help="of processor time")
    parser.add_argument("--real", type=float, default=0.25, help="share of recordings of people")
    parser.add_argument("--leave", default="", help="a voice to hold out")
    parser.add_argument("--start", type=Path, help="weights to go on from")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    learn, test = read_items(asked.items, asked.leave)
    chance = np.where(
        learn.real, asked.real / learn.real.mean(), (1 - asked.real) / (~learn.real).mean()
    )
    chance /= chance.sum()
    mouth = Mouth()
    if asked.start:
        mouth.load_state_dict(torch.load(asked.start, weights_only=True))
    size = sum(p.numel() for p in mouth.parameters())
    print(f"{len(chance)} items, {learn.real.sum()} recorded; {size} weights", flush=True)
    rule = torch.optim.AdamW(mouth.parameters(), 1.5e-3, weight_decay=0.01)
    begin, step, losses = time.process_time(), 0, []
    while (spent := (time.process_time() - begin) / 60 / asked.minutes) < 1:
        for group in rule.param_groups:
            group["lr"] = 1e-3 * min(1, step / 100) * (0.5 + 0.5 * np.cos(np.pi * spent))
        heard, lips, classes = draw(learn, rng.choice(len(learn.heard), 24, False, chance))
        loss = judge(mouth, colour(heard), lips, classes)
        rule.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(mouth.parameters(), 1.0)
        rule.step()
        losses.append(loss.item())
        step += 1
        if step % 200 == 0:
            print(
                f"{spent:.2f} step {step} loss {np.mean(losses[-200:]):.4f} {examine(mouth, test)}",
                flush=True,
            )
            torch.save(mouth.state_dict(), asked.out)
    torch.save(mouth.state_dict(), asked.out)
    print(examine(mouth, test))


if __name__ == "__main__":
    main()
