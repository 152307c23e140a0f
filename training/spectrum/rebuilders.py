"""Rebuild real faces with nets that enlarge: the forgeries of the spectrum.

    python training/spectrum/rebuilders.py MEDIA OUT.npz [--steps 300] [--mild]
    python training/spectrum/rebuilders.py MEDIA OUT.npz --nets NETS

Own nets: one autoencoder for each way of enlarging (transposed convolution, nearest, bilinear,
pixel shuffle), trained here on faces of folds 1 and 2 and thrown away; with `--mild` they go to
half the size only, and keep more. With `--nets` the networks of others (training/enlargers). OUT
holds the real faces, their twins by the name of the net, their paths, and whether a face judges
only (fold 0). Needs PyTorch, which Bonaface does not.
"""

import argparse
import csv
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from bonaface.media.photos import read_photo

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "enlargers"))
from published import rebuild_all
from sources import find_fold, name_group

SIDE = 160  # px of the middle that is kept of a face of 200
WIDTH = 32
WAYS = ("transposed", "nearest", "bilinear", "shuffle")
Bytes = NDArray[np.uint8]


def enlarge(way: str, into: int, out: int) -> nn.Module:
    """One step to twice the size."""
    if way == "transposed":
        return nn.ConvTranspose2d(into, out, 4, stride=2, padding=1)
    if way == "shuffle":
        return nn.Sequential(nn.Conv2d(into, 4 * out, 3, padding=1), nn.PixelShuffle(2))
    return nn.Sequential(nn.Upsample(scale_factor=2, mode=way), nn.Conv2d(into, out, 3, padding=1))


def build(way: str, *, mild: bool) -> nn.Module:
    """An autoencoder to a quarter of the size and back; a mild one to half of it."""
    half = [nn.Conv2d(3, WIDTH, 3, stride=2, padding=1), nn.LeakyReLU(0.1)]
    quarter = [
        nn.Conv2d(WIDTH, 2 * WIDTH, 3, stride=2, padding=1),
        nn.LeakyReLU(0.1),
        nn.Conv2d(2 * WIDTH, 2 * WIDTH, 3, padding=1),
        nn.LeakyReLU(0.1),
        enlarge(way, 2 * WIDTH, WIDTH),
        nn.LeakyReLU(0.1),
    ]
    last = [enlarge(way, WIDTH, WIDTH // 2), nn.LeakyReLU(0.1)]
    inner = [] if mild else quarter
    return nn.Sequential(*half, *inner, *last, nn.Conv2d(WIDTH // 2, 3, 3, padding=1))


def fed(pixels: Bytes) -> Any:
    """Pixels as a tensor, 0 to 1."""
    return torch.from_numpy(pixels.transpose(0, 3, 1, 2).astype(np.float32) / 255)


def train(way: str, faces: Bytes, steps: int, *, mild: bool) -> nn.Module:
    """Learn to rebuild faces, by absolute error."""
    torch.manual_seed(WAYS.index(way))
    random = np.random.default_rng(WAYS.index(way))
    net, begin = build(way, mild=mild), time.monotonic()
    optimiser = torch.optim.Adam(net.parameters(), 2e-3)
    for step in range(steps):
        some = random.integers(0, len(faces), 8)
        y, x = random.integers(0, SIDE - 96, 2)
        batch = fed(faces[some, y : y + 96, x : x + 96])
        loss = (net(batch) - batch).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % 100 == 99:
            print(f"{way} {step + 1}: {loss.item() * 255:.2f} {time.monotonic() - begin:.0f} s")
    return net


def rebuild(net: nn.Module, faces: Bytes) -> Bytes:
    """All faces through a net."""
    with torch.no_grad():
        parts = [net(fed(faces[i : i + 16])).clamp(0, 1) for i in range(0, len(faces), 16)]
    pixels = torch.cat(parts).mul(255).round().numpy().transpose(0, 2, 3, 1)
    return np.asarray(pixels, np.uint8)


def gather(media: Path, count: int) -> tuple[Bytes, list[str]]:
    """The middles of faces, evenly taken from all; their paths."""
    with (media / "manifest.tsv").open(encoding="utf-8") as rows:
        known = [r["path"] for r in csv.DictReader(rows, delimiter="\t") if r["kind"] == "faces"]
    faces, paths = [], []
    for path in known[:: max(1, len(known) // count)]:
        pixels = read_photo(media / path).pixels
        top, left = ((size - SIDE) // 2 for size in pixels.shape[:2])
        if min(top, left) >= 0:
            faces.append(pixels[top : top + SIDE, left : left + SIDE])
            paths.append(path)
    return np.stack(faces), paths


def main() -> None:
    """Write real faces and twins."""
    parser = argparse.ArgumentParser()
    parser.add_argument("media", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--faces", type=int, default=600)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--mild", action="store_true")
    parser.add_argument("--nets", type=Path, help="the folder of the networks of others")
    given = parser.parse_args()
    torch.set_num_threads(1)
    faces, paths = gather(given.media, given.faces)
    judging = np.array([find_fold(name_group(path)) == 0 for path in paths])
    if given.nets:
        twins = dict(rebuild_all(given.nets, faces))
    else:
        learnt = (train(way, faces[~judging], given.steps, mild=given.mild) for way in WAYS)
        twins = {way: rebuild(net, faces) for way, net in zip(WAYS, learnt, strict=True)}
    kept: dict[str, Any] = {"real": faces, "judging": judging, "paths": np.array(paths), **twins}
    np.savez(given.out, **kept)
    print(f"{len(faces)} faces, {judging.sum()} of them judge only")


if __name__ == "__main__":
    main()
