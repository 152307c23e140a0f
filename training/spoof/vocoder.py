"""A small neural codec, to make twins with: `python training/spoof/vocoder.py RUNS.npz NETS`.

It codes sound into 24 numbers 250 times a second and back, and ends in transposed convolutions,
whose traces many synthesisers leave. Trained on several spectra at once, without a discriminator;
what it makes is rougher than a good vocoder's. Kept at five moments: the earlier, the rougher.
"""

import argparse
import time
from pathlib import Path
from typing import Final

import numpy as np
import torch
from people_fold import learnt
from torch import Tensor, nn

PIECE: Final = 8_192


def spectrum(sound: Tensor, size: int, hop: int) -> Tensor:
    """Magnitudes (n, size // 2 + 1, frames)."""
    window = torch.hann_window(size)
    return torch.stft(sound, size, hop, window=window, return_complex=True).abs().clamp(min=1e-4)


class Block(nn.Module):  # type: ignore[misc]
    """Dilated convolutions with a way around."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.parts = nn.ModuleList(
            nn.Conv1d(width, width, 3, dilation=d, padding=d) for d in (1, 3, 9)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Any (n, width, frames)."""
        for part in self.parts:
            x = x + part(nn.functional.leaky_relu(x, 0.1))
        return x


class Vocoder(nn.Module):  # type: ignore[misc]
    """Sound (n, samples) to sound; samples are a multiple of 64."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Sequential(
            nn.Conv1d(1, 24, 8, 4, 2),
            nn.LeakyReLU(0.1),
            nn.Conv1d(24, 48, 8, 4, 2),
            nn.LeakyReLU(0.1),
            nn.Conv1d(48, 96, 8, 4, 2),
            Block(96),
            nn.Conv1d(96, 24, 3, 1, 1),
            nn.Conv1d(24, 96, 7, 1, 3),
        )
        layers: list[nn.Module] = []
        for wide in (96, 48, 24):
            up = nn.ConvTranspose1d(wide, wide // 2, 8, 4, 2)
            layers += [nn.LeakyReLU(0.1), up, Block(wide // 2)]
        self.rest = nn.Sequential(*layers, nn.LeakyReLU(0.1), nn.Conv1d(12, 1, 7, 1, 3))

    def forward(self, sound: Tensor) -> Tensor:
        """Make it anew."""
        return torch.tanh(self.rest(self.enter(sound[:, None]))[:, 0])


def loss_of(made: Tensor, sound: Tensor) -> Tensor:
    """Distances of magnitudes, logarithmic and linear, at three sizes."""
    total = torch.zeros(())
    for size in (256, 512, 1024):
        a, b = spectrum(made, size, size // 4), spectrum(sound, size, size // 4)
        total = total + (a.log() - b.log()).abs().mean() + (a - b).norm() / b.norm()
    return total


def main() -> None:
    """Train for a while, and keep it at four moments: the earlier, the rougher."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("runs", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seconds", type=float, default=200, help="of processor time")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    with np.load(options.runs) as file:
        kept = np.array([learnt(group) for group in file["group"]])
        runs = file["runs"][kept]
    draw, net = np.random.default_rng(1), Vocoder()
    how = torch.optim.AdamW(net.parameters(), 8e-4, betas=(0.8, 0.99))
    begun, step, saved = time.process_time(), 0, 0
    while (spent := time.process_time() - begun) < options.seconds:
        places = zip(
            draw.integers(len(runs), size=12), draw.integers(0, 64_000 - PIECE, 12), strict=True
        )
        piece = np.stack([runs[i, at : at + PIECE] for i, at in places]).astype(np.float32) / 32768
        piece *= draw.uniform(0.7, 3.0, (12, 1)).astype(np.float32)
        sound = torch.from_numpy(piece)
        loss = loss_of(net(sound), sound)
        how.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        how.step()
        step += 1
        if step % 50 == 0:
            print(f"{spent:.0f} s, {step} steps: {float(loss.detach()):.3f}", flush=True)
        if spent > options.seconds * (saved + 1) / 5:
            saved += 1
            torch.save(net.state_dict(), options.out / f"{saved}.pt")
    torch.save(net.state_dict(), options.out / "5.pt")


if __name__ == "__main__":
    main()
