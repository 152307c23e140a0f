"""Other picture marks through the same clips, portraits and attacks, those that are installed.

Ours is told beside them by `bench/marks.py --peers --only ATTACK ...`: films alone, those attacks.

invisible-watermark (dwtDct, dwtDctSvd, rivaGan: 32 bits; its import needs torch) and
blind_watermark (64 bits). All of them mark single pictures: a film is marked picture by picture,
and the bits of a few pictures are put to the vote. "bits" is the mean share of right bits, .5 is
chance; "all" counts media with every bit right.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from statistics import mean, median
from typing import Any

import numpy as np
from mark_attacks import FILM_ATTACKS, STILL_ATTACKS, Film, Pixels
from marks_picture import films, measure_quality, portraits, tell
from numpy.typing import NDArray

from bonaface.core import Picture

Bits = NDArray[np.uint8]
PICTURES = 12  # of each film: they mark each for itself, some at one a second
VOTERS = 3  # pictures of a film that are read
SEED = 4


@dataclass(frozen=True, slots=True)
class Peer:
    """Another mark: `write` bits into RGB pixels, `read` them back."""

    name: str
    count: int  # bits
    write: Callable[[Pixels, Bits], Pixels]
    read: Callable[[Pixels], Bits]
    quick: bool  # enough for films, unless only few attacks are tried


def find_peers() -> list[Peer]:
    """Answer what is installed; say what is not."""
    found: list[Peer] = []
    for load in (load_invisible, load_blind):
        try:
            found += load()
        except ImportError as error:
            print(f"left out: {error}")
    return found


def load_invisible() -> list[Peer]:
    """Answer the three marks of invisible-watermark; rivaGan's weights come with it."""
    marks = import_module("imwatermark")
    marks.WatermarkEncoder.loadModel()

    def peer(method: str, *, quick: bool) -> Peer:
        def write(pixels: Pixels, bits: Bits) -> Pixels:
            encoder = marks.WatermarkEncoder()
            encoder.set_watermark("bits", bits.tolist())
            out = encoder.encode(np.ascontiguousarray(pixels[..., ::-1]), method)
            return np.ascontiguousarray(np.asarray(out, np.uint8)[..., ::-1])

        def read(pixels: Pixels) -> Bits:
            decoder = marks.WatermarkDecoder("bits", 32)
            seen = decoder.decode(np.ascontiguousarray(pixels[..., ::-1]), method)
            return np.asarray(seen, np.uint8)

        return Peer(f"invisible-watermark {method}", 32, write, read, quick)

    return [
        peer("dwtDct", quick=True),
        peer("dwtDctSvd", quick=True),
        peer("rivaGan", quick=False),
    ]


def load_blind() -> list[Peer]:
    """Answer blind_watermark."""
    marks = import_module("blind_watermark")
    marks.bw_notes.close()

    def write(pixels: Pixels, bits: Bits) -> Pixels:
        mark = marks.WaterMark(password_img=1, password_wm=1)
        mark.read_img(img=np.ascontiguousarray(pixels[..., ::-1]))
        mark.read_wm(bits.astype(bool), mode="bit")
        out = np.clip(np.round(mark.embed()), 0, 255).astype(np.uint8)
        return np.ascontiguousarray(out[..., ::-1])

    def read(pixels: Pixels) -> Bits:
        mark = marks.WaterMark(password_img=1, password_wm=1)
        image = np.ascontiguousarray(pixels[..., ::-1])
        seen = mark.extract(embed_img=image, wm_shape=64, mode="bit")
        return (np.asarray(seen) > 0.5).astype(np.uint8)

    return [Peer("blind_watermark", 64, write, read, quick=False)]


def measure_peers(clips: int, stills: int, only: Sequence[str] = ()) -> dict[str, Any]:
    """Answer the figures of every peer."""
    return {peer.name: measure_peer(peer, clips, stills, only) for peer in find_peers()}


def measure_peer(peer: Peer, clips: int, stills: int, only: Sequence[str] = ()) -> dict[str, Any]:
    """Mark, attack and read films (if quick) and portraits of 512 pixels; or films by `only`."""
    media = [("film", film[:PICTURES]) for film in films(clips, 1.0) if peer.quick or only]
    media += [] if only else [("still", [Picture(0, pixels)]) for pixels in portraits(stills, 512)]
    draw, spent, quality = np.random.default_rng(SEED), [], []
    rows: dict[str, dict[str, list[float]]] = {"film": {}, "still": {}}
    for kind, film in media:
        bits = draw.integers(0, 2, peer.count).astype(np.uint8)
        start = time.thread_time()
        marked = [Picture(p.at, peer.write(np.asarray(p.pixels), bits)) for p in film]
        spent.append((time.thread_time() - start) / len(film))
        quality.append(measure_quality(film, marked))
        for name, after in attack_all(kind, marked, only).items():
            rows[kind].setdefault(name, []).append(share_right(peer, after, bits))
        tell(f"{peer.name}: {kind}")
    psnr, ssim = zip(*quality, strict=True)
    figures = {kind: tally_bits(shares) for kind, shares in rows.items() if shares}
    pace = round(1 / median(spent), 1)
    return {**figures, "psnr": median(psnr), "ssim": median(ssim), "pictures_s": pace}


def attack_all(kind: str, marked: Film, only: Sequence[str] = ()) -> dict[str, Film]:
    """Answer what is left after each attack, or after those named."""
    if kind == "still":
        pixels = np.asarray(marked[0].pixels)
        return {
            name: [Picture(0, np.ascontiguousarray(attack(pixels)))]
            for name, attack in STILL_ATTACKS.items()
        }
    chosen = only or [name for name in FILM_ATTACKS if not name.startswith("one")]
    return {name: FILM_ATTACKS[name](marked) for name in chosen}


def share_right(peer: Peer, film: Film, bits: Bits) -> float:
    """Answer the share of right bits by a vote of a few pictures; .5 where none can be read."""
    votes = []
    for picture in film[:: max(1, len(film) // VOTERS)]:
        try:
            votes.append(peer.read(np.asarray(picture.pixels)))
        except (AssertionError, IndexError, RuntimeError, ValueError):
            continue  # it takes no picture of this size
    return float((np.round(np.mean(votes, axis=0)) == bits).mean()) if votes else 0.5


def tally_bits(shares: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Sum up."""
    return {
        name: {"n": len(s), "all": s.count(1.0), "bits": round(mean(s), 3)}
        for name, s in shares.items()
    }


def print_peers(figures: dict[str, Any]) -> None:
    """Print a table for each."""
    for name, peer in figures.items():
        print(f"\n{name}: PSNR {peer['psnr']:.1f} dB, SSIM {peer['ssim']:.4f}", end=", ")
        print(f"{peer['pictures_s']} pictures a second")
        for kind in ("film", "still"):
            for attack, row in peer.get(kind, {}).items():
                print(f"{kind:<6}{attack:<32}{row['n']:>4}{row['all']:>5}{row['bits']:>7}")
