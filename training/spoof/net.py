"""Teach a network on spectra: `python training/spoof/net.py TABLES SOUNDS OUT.pt [--hold NAMES]`.

SOUNDS holds what measure.py heard, row for row with TABLES. A light CNN with max-feature-maps
(Lavrentyeva et al. 2019) learns as regress.py does: half people, half machines, families and
groups alike, and a twin shall lie above its own original. Pieces of 1.6 s, the same for both of a
pair; noise, narrower bands and masks (Park et al. 2019) are drawn for both alike. Families that are
held are not learnt, but judged; so are the known fakes of `--known MEDIA`.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from levels import BANDS, Levels, bleach, hear_levels
from numpy.typing import NDArray
from regress import (
    MADE,
    PEOPLE,
    PLAIN,
    Table,
    judges,
    pair,
    read_tables,
    show_family,
    teaches,
)
from scores import line, row
from spoof import read_known
from torch import Tensor, nn

PIECE: Final = 160  # steps: 1.6 s
QUARTER: Final = 12  # of a batch: originals, their twins, other people, machine voices
Draw = np.random.Generator
Rows = NDArray[np.int64]


class Maxout(nn.Module):  # type: ignore[misc]
    """A convolution of which the larger of two halves is kept, then evened out."""

    def __init__(self, wide: int, out: int, size: int, stride: tuple[int, int]) -> None:
        super().__init__()
        self.part = nn.Conv2d(wide, 2 * out, size, stride, size // 2)
        self.even = nn.BatchNorm2d(out)

    def forward(self, x: Tensor) -> Tensor:
        """Any (n, wide, bands, steps)."""
        one, two = self.part(x).chunk(2, 1)
        return self.even(torch.maximum(one, two))


class Net(nn.Module):  # type: ignore[misc]
    """Bleached levels (n, BANDS, steps) to a value each: higher is more like a machine's."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = nn.Sequential(
            Maxout(1, 16, 7, (4, 2)),
            Maxout(16, 24, 3, (2, 2)),
            Maxout(24, 32, 3, (2, 2)),
            Maxout(32, 32, 3, (2, 1)),
            Maxout(32, 48, 3, (2, 1)),
        )
        self.last = nn.Sequential(nn.Dropout(0.4), nn.Linear(2 * 48 * 4, 32), nn.ReLU())
        self.value = nn.Linear(32, 1)

    def forward(self, levels: Tensor) -> Tensor:
        """One value (n,)."""
        x = self.parts(levels[:, None]).flatten(1, 2)
        both = torch.cat([x.mean(2), torch.sqrt(x.var(2) + 1e-4)], 1)
        return self.value(self.last(both))[:, 0]


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Rows to draw from; each list holds lists that are drawn alike."""

    pairs: list[Rows]  # (n, 2) by family
    voices: list[list[Rows]]  # by family and group
    people: list[Rows]  # by group

    def draw(self, draw: Draw) -> Rows:
        """Rows of a batch: originals, their twins, other people, machine voices."""
        both = np.array([_one(self.pairs[i], draw) for i in _some(len(self.pairs), draw)])
        others = [_one(self.people[i], draw) for i in _some(len(self.people), draw)]
        voices = [
            _one(self.voices[i][int(draw.integers(len(self.voices[i])))], draw)
            for i in _some(len(self.voices), draw)
        ]
        return np.concatenate([both[:, 0], both[:, 1], others, voices])


def _some(count: int, draw: Draw) -> list[int]:
    return [int(i) for i in draw.integers(count, size=QUARTER)]


def _one(rows: Rows, draw: Draw) -> NDArray[np.int64]:
    chosen: NDArray[np.int64] = rows[int(draw.integers(len(rows)))]
    return chosen


def choose(table: Table, held: list[str]) -> Choice:
    """What may be learnt from without the families held."""
    kept = np.flatnonzero(teaches(table) & ~np.isin(table.family, held))
    family, group = table.family[kept], table.group[kept]
    pairs = kept[pair(table.keep(teaches(table) & ~np.isin(table.family, held)))]
    kinds = table.family[pairs[:, 1]]
    made = [
        [kept[(family == f) & (group == g)] for g in np.unique(group[family == f])]
        for f in MADE
        if f in family
    ]
    people = [kept[(family == PEOPLE) & (group == g)] for g in np.unique(group[family == PEOPLE])]
    return Choice([pairs[kinds == f] for f in np.unique(kinds)], made, people)


def spoil(levels: Levels, draw: Draw) -> Levels:
    """Noise under all, a narrower band, masks; originals and twins (first two quarters) alike."""
    out, start = [], int(draw.integers(levels.shape[-1] - PIECE + 1))
    seeds = draw.integers(1 << 31, size=len(levels))
    seeds[QUARTER : 2 * QUARTER] = seeds[:QUARTER]
    for one, seed in zip(levels, seeds.tolist(), strict=True):
        own = np.random.default_rng(seed)
        piece = one[:, start : start + PIECE].astype(np.float32)
        if own.random() < 0.5:
            floor = np.log(own.uniform(0.3, 1)) - own.uniform(2, 12)
            slope = np.linspace(own.uniform(0, 2), 0, BANDS, dtype=np.float32)[:, None]
            piece = np.logaddexp(piece, floor + slope + own.gumbel(0, 1, piece.shape))
        piece = bleach(piece)
        for _ in range(2):
            at, wide = int(own.integers(BANDS)), int(own.integers(1, 40))
            piece[at : at + wide] = 0
            at, wide = int(own.integers(PIECE)), int(own.integers(1, 25))
            piece[:, at : at + wide] = 0
        if own.random() < 0.25:
            piece[int(own.integers(110, BANDS)) :] = 0
        out.append(piece)
    return np.stack(out).astype(np.float32)


def loss_of(values: Tensor) -> Tensor:
    """Cross-entropy of the quarters, and how far twins lie above their originals."""
    first, second, third, fourth = values.chunk(4)
    people, machines = torch.cat([first, third]), torch.cat([second, fourth])
    plain = nn.functional.softplus(people).mean() + nn.functional.softplus(-machines).mean()
    return plain / 2 + 0.5 * nn.functional.softplus(first - second).mean()


def teach(levels: Levels, choice: Choice, steps: int, seed: int) -> Net:
    """Teach for so many steps; what is kept is the mean of the last third."""
    torch.manual_seed(seed)
    draw, net = np.random.default_rng(seed), Net()
    kept = torch.optim.swa_utils.AveragedModel(net, use_buffers=True)
    how = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=0.02)
    pace = torch.optim.lr_scheduler.OneCycleLR(how, 3e-3, steps, pct_start=0.2)
    begun, total = time.process_time(), 0.0
    for step in range(steps):
        loss = loss_of(net(torch.from_numpy(spoil(levels[choice.draw(draw)], draw))))
        how.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        how.step()
        pace.step()
        total += float(loss.detach())
        if step > 2 * steps // 3:
            kept.update_parameters(net)
        if step % 50 == 49:
            print(f"{time.process_time() - begun:.0f} s, {step + 1}: {total / 50:.3f}", flush=True)
            total = 0.0
    net.load_state_dict(kept.module.state_dict())
    net.eval()
    return net


def judge(net: Net, levels: Levels) -> NDArray[np.float64]:
    """Values (n,) of whole runs."""
    with torch.inference_mode():
        parts = [
            net(torch.from_numpy(bleach(levels[at : at + 32].astype(np.float32)))).numpy()
            for at in range(0, len(levels), 32)
        ]
    return np.concatenate(parts).astype(np.float64)


def read_levels(folder: Path) -> Levels:
    """Levels of all that was heard, float16, in the order of the tables."""
    parts = []
    for path in sorted(folder.glob("*.npy")):
        sound = np.load(path, mmap_mode="r")
        parts += [hear_levels(run / np.float32(32767)).astype(np.float16) for run in sound]
    return np.stack(parts)


def show_known(net: Net, media: Path, table: Table, values: NDArray[np.float64]) -> None:
    """Print the known fakes against people of whom nothing is learnt."""
    runs = [(group, hear_levels(run)) for name, group, run in read_known(media) if "known:" in name]
    fake = judge(net, np.stack([levels for _, levels in runs]))
    real = judges(table) & (table.family == PEOPLE) & (table.line == PLAIN)
    groups = table.group[real].tolist(), [group for group, _ in runs]
    print(line("known fakes", row(values[real], fake, groups)))


def main() -> None:
    """Teach one, or judge with one that is there."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("tables", type=Path)
    parser.add_argument("sounds", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--hold", nargs="*", default=[])
    parser.add_argument("--known", type=Path)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    table, levels = read_tables(options.tables), read_levels(options.sounds)
    if options.out.exists():
        net = Net()
        net.load_state_dict(torch.load(options.out))
        net.eval()
    else:
        net = teach(levels, choose(table, options.hold), options.steps, options.seed)
        torch.save(net.state_dict(), options.out)
    values = judge(net, levels)
    for family in options.hold:
        show_family(table, family, values)
    if options.known:
        show_known(net, options.known, table, values)


if __name__ == "__main__":
    main()
