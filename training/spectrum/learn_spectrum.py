"""Learn to see that a network enlarged or redrew a face, and judge it by networks it never met.

    python training/spectrum/learn_spectrum.py TWINS.npz... OUT.onnx [--steps 1200] [--final]

TWINS are from rebuilders.py (their names tell own nets apart: own.npz, mild.npz, others.npz).
Learns from fold 2 and two of three faces of fold 1, genuine ones edited as people edit; the third
gives the limit, which one in a thousand of them exceeds, edited and sent on. Each
family of nets is left out once and judged, on faces of fold 0, by what never met it. Then learns
from all, prints LIMIT of `bonaface/forensics/spectrum/inspector.py`, and writes OUT.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from edits import Bytes, draw_way, edit, film_23, film_360, jpeg_40, jpeg_85
from numpy.typing import NDArray
from residual import Residual
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
sys.path.insert(0, str(Path(__file__).parents[1] / "enlargers"))
from published import NETS
from scores import auc, wilson
from sources import find_fold, name_group

Floats = NDArray[np.float64]
CROP, HALF = 96, 16  # px of a window; genuine windows of a batch, and forged ones
SENT = 12  # times that each face is edited and sent on for the limit
ALARMS = (0.001, 0.005, 0.01)  # shares of them, of which the first is the limit
MOST = 16  # pictures at once
CONDITIONS: dict[str, Callable[[Bytes], Bytes]] = {
    "as made": lambda one: one,
    "JPEG 85": jpeg_85,
    "JPEG 40": jpeg_40,
    "H.264 CRF 23": film_23,
    "360p, CRF 35": film_360,
}


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Genuine faces and their twins, by family and net."""

    real: Bytes  # (n, side, side, 3)
    fold: NDArray[np.int64]  # (n,)
    twins: dict[str, dict[str, Bytes]]

    @property
    def learns(self) -> NDArray[np.int64]:
        """Places of the faces that are learnt from."""
        first = np.flatnonzero(self.fold == 1)
        return np.sort(
            np.concatenate([np.flatnonzero(self.fold == 2), np.delete(first, np.s_[::3])])
        )

    @property
    def limits(self) -> NDArray[np.int64]:
        """Places of the faces that give the limit."""
        return np.flatnonzero(self.fold == 1)[::3]


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Windows to learn from."""

    pairs: Bytes  # (n, 2, CROP, CROP, 3), the genuine one first
    families: NDArray[np.str_]  # (n,)


def load(files: Sequence[Path]) -> Material:
    """All twins, by the family of what made them: those of this folder are one."""
    first = np.load(files[0])
    fold = np.array([find_fold(name_group(str(path))) for path in first["paths"]])
    twins: dict[str, dict[str, Bytes]] = {}
    for file in files:
        data = np.load(file)
        for name in set(data.files) - {"real", "judging", "paths"}:
            family = NETS[name].family if name in NETS else "own"
            own = name if name in NETS else f"{file.stem}, {name}"
            twins.setdefault(family, {})[own] = data[name]
    return Material(first["real"], fold, dict(sorted(twins.items())))


def window(one: Bytes, random: np.random.Generator) -> Bytes:
    """Cut out; small ones are mirrored at their borders."""
    short = max(0, CROP - min(one.shape[:2]))
    if short:
        one = np.pad(one, ((0, short), (0, short), (0, 0)), "symmetric")
    y, x = (int(random.integers(0, size - CROP + 1)) for size in one.shape[:2])
    return one[y : y + CROP, x : x + CROP]


def fed(pictures: Bytes) -> torch.Tensor:
    """As the network wants them."""
    return torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2), np.float32))


def draw_pool(material: Material, each: int) -> Pool:
    """Windows of faces and their twins, `each` of every net, that went the same way.

    Six of ten genuine ones and three of ten forged were edited before.
    """
    random, began = np.random.default_rng(4), time.monotonic()
    pairs: list[list[Bytes]] = []
    names: list[str] = []
    for family, nets in material.twins.items():
        for twins in nets.values():
            for i in random.choice(material.learns, each):
                walk = draw_way(random)
                pair = ((material.real[i], 0.6), (twins[i], 0.3))
                pairs.append(
                    [
                        window(walk(edit(one, random) if random.random() < share else one), random)
                        for one, share in pair
                    ]
                )
                names.append(family)
    print(f"{len(pairs)} pairs, {time.monotonic() - began:.0f} s", flush=True)
    return Pool(np.array(pairs), np.array(names))


def learn(pool: Pool, families: Sequence[str], steps: int) -> Residual:
    """From pairs of these families, families alike often."""
    torch.manual_seed(4)
    random, began = np.random.default_rng(4), time.monotonic()
    net = Residual()
    optimiser = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=1e-3)
    plan = torch.optim.lr_scheduler.OneCycleLR(optimiser, 6e-3, steps)
    truth = torch.cat([torch.zeros(HALF), torch.ones(HALF)])
    places = {family: np.flatnonzero(pool.families == family) for family in families}
    losses = []
    for _ in range(steps):
        some = [random.choice(places[str(one)]) for one in random.choice(families, HALF)]
        both = pool.pairs[some].swapaxes(0, 1).reshape(2 * HALF, CROP, CROP, 3)
        turned = np.rot90(both, int(random.integers(4)), (1, 2))
        logits, _ = net(fed(turned[:, :, :: int(random.choice([-1, 1]))]))
        loss = nn.functional.binary_cross_entropy_with_logits(logits, truth)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        plan.step()
        losses.append(loss.item())
    print(f"  loss {np.mean(losses[-100:]):.3f}, {time.monotonic() - began:.0f} s", flush=True)
    net.eval()
    return net


def judge(net: Residual, pictures: Sequence[Bytes]) -> Floats:
    """Logits (n,); pictures of one size go together."""
    said: list[float] = []
    i = 0
    while i < len(pictures):
        j = i + 1
        while j < min(i + MOST, len(pictures)) and pictures[j].shape == pictures[i].shape:
            j += 1
        with torch.no_grad():
            said += net(fed(np.stack(pictures[i:j])))[0].tolist()
        i = j
    return np.array(said)


def find_limits(net: Residual, material: Material) -> tuple[Floats, Floats]:
    """What shares of genuine faces exceed, edited and sent on, by ALARMS; and all their logits."""
    random = np.random.default_rng(9)
    sent = []
    for i in material.limits:
        sent.append(material.real[i])
        sent += [draw_way(random)(edit(material.real[i], random)) for _ in range(SENT)]
    logits = judge(net, sent)
    return np.quantile(logits, 1 - np.array(ALARMS)), logits


def tell(net: Residual, limits: Floats, material: Material, family: str) -> None:
    """A line for each net and condition: never met by this network."""
    judges = np.flatnonzero(material.fold == 0)
    for condition, code in CONDITIONS.items():
        real = judge(net, [code(material.real[i]) for i in judges])
        for name, twins in sorted(material.twins[family].items()):
            made = judge(net, [code(twins[i]) for i in judges])
            found = [int((made > limit).sum()) for limit in limits]
            low, high = wilson(found[0], len(made))
            alarms = [int((real > limit).sum()) for limit in limits]
            print(
                f"  {name:20s} {condition:14s} AUC {auc(real, made):.3f}  found {found} of "
                f"{len(made)} [{low:.2f}, {high:.2f}]  alarms {alarms}",
                flush=True,
            )


def export(net: Residual, out: Path) -> None:
    """With any number of pictures of any size."""
    torch.onnx.export(
        net,
        (torch.zeros(1, 3, CROP, CROP),),
        str(out),
        input_names=["picture"],
        output_names=["logit", "places"],
        dynamic_axes={
            "picture": {0: "n", 2: "height", 3: "width"},
            "logit": {0: "n"},
            "places": {0: "n", 1: "rows", 2: "columns"},
        },
        opset_version=17,
        dynamo=False,
    )


def main() -> None:
    """Leave out, judge, learn from all, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--each", type=int, default=500, help="pairs of each net")
    parser.add_argument("--final", action="store_true", help="do not leave out families first")
    options = parser.parse_args()
    torch.set_num_threads(1)
    *files, out = options.files
    material = load(files)
    families, pool = list(material.twins), draw_pool(material, options.each)
    for family in () if options.final else families:
        print(f"never met: {family}")
        net = learn(pool, [one for one in families if one != family], options.steps)
        tell(net, find_limits(net, material)[0], material, family)
    print("all")
    net = learn(pool, families, options.steps)
    limits, genuine = find_limits(net, material)
    print(f"LIMIT of {np.round(limits, 2)}; of {len(genuine)} the highest has {genuine.max():.2f}")
    export(net, out)


if __name__ == "__main__":
    main()
