"""What live credentials cost: `python bench/live_credentials.py [--runs 200]`.

Six seconds of a made-up head and voice at 512x512 become HLS; its segments, as they are signed, are
signed and checked again. CPU time of one thread (the machine may be shared), median and 95th
percentile, with the 95 % bootstrap interval of the median. Beside it: a full manifest for each
segment, made and read by c2pa-python, whose file then holds beginning and segment.
"""

import argparse
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import numpy as np
from c2pa import Builder, C2paSignerInfo, Reader, Signer
from films import LENGTH, film, later, make_statement, pour

from bonaface.marks.credentials.manifest import write_manifest
from bonaface.marks.live.boxes import hash_boxes, is_signature, walk
from bonaface.marks.live.follow import Follower
from bonaface.marks.live.said import Said
from bonaface.marks.live.segment import Place
from bonaface.marks.live.segment_reader import check_segment, read_info
from bonaface.marks.live.track import TrackSigner
from bonaface.marks.signers import keys
from bonaface.media.broadcast.hls import Hls

SIDE = 512
TICKS = {"picture": 90_000, "sound": 48_000}


def measure(work: Callable[[], object], runs: int) -> str:
    """Median and 95th percentile, in microseconds of CPU."""
    spent = []
    for _ in range(runs):
        begun = time.thread_time_ns()
        work()
        spent.append((time.thread_time_ns() - begun) / 1000)
    values = np.array(spent)
    draws = np.random.default_rng(0).choice(values, (1000, runs))
    low, high = np.percentile(np.median(draws, 1), (2.5, 97.5))
    middle, late = np.percentile(values, (50, 95))
    return f"{middle:7.0f} [{low:.0f}, {high:.0f}]  {late:7.0f}"


def make() -> Hls:
    """Signed HLS of the film, and what was said of it."""
    hls = Hls(make_statement()[0])
    pour(hls, (later(item, LENGTH) for item in film(SIDE)))
    hls.end()
    if not hls.wait(60) or hls.report.state == "failed":
        raise SystemExit(hls.report.text)
    return hls


def fetch(hls: Hls, name: str) -> bytes:
    """A file of it."""
    found = hls.find(name)
    if found is None:
        raise SystemExit(f"{name} is not there")
    return found.data


def plain(data: bytes) -> bytes:
    """A segment without its signature, a beginning without its credentials."""
    left_out = (b"emsg", b"uuid")
    return b"".join(bytes(one.data) for one in walk(data) if one.kind not in left_out)


def tell(what: str, added: str, figures: str) -> None:
    """One row; `added` is how many bytes longer it is then."""
    print(f"{what:<46} {added:>8} {figures}")


def row_of_track(track: str, hls: Hls, runs: int) -> None:
    """Signing and checking one track."""
    begin, signed = fetch(hls, f"{track}-begin-0.mp4"), fetch(hls, f"{track}-1.m4s")
    bare, open_begin = plain(signed), plain(begin)
    said = Said(make_statement()[0], "bench", track)
    signer = TrackSigner(open_begin, said)
    place = Place(2, 2 * TICKS[track], TICKS[track])
    follower = Follower()
    follower.begin("begin", begin)
    known = follower.beginnings

    def renew() -> None:
        TrackSigner(open_begin, said).sign(bare, place, "face")

    few = max(20, runs // 10)
    size = f"{track}: a segment of {len(bare) // 1000} kB: "
    tell(
        size + "sign it",
        str(len(signed) - len(bare)),
        measure(lambda: signer.sign(bare, place, "face"), runs),
    )
    tell("  of that, SHA-256", "", measure(lambda: hash_boxes(bare, is_signature), runs))
    tell("  check it", "", measure(lambda: check_segment(signed, read_info(signed), known), runs))
    tell("  another beginning and key", str(len(begin) - len(open_begin)), measure(renew, few))
    tell("  check a beginning", "", measure(lambda: Follower().begin("begin", begin), few))


def row_of_manifests(hls: Hls, runs: int) -> None:
    """The other way of the standard: a whole manifest for each segment."""
    whole = plain(fetch(hls, "picture-begin-0.mp4")) + plain(fetch(hls, "picture-1.m4s"))
    signing = keys.signing_keys(datetime.now(UTC))
    info = C2paSignerInfo(
        alg=b"es256", sign_cert=signing.chain, private_key=signing.key, ta_url=None
    )
    manifest = json.dumps(write_manifest(make_statement()[0]))
    made = b""

    def sign() -> None:
        nonlocal made
        out = io.BytesIO()
        with Signer.from_info(info) as signer:
            Builder(manifest).sign(signer, "video/mp4", io.BytesIO(whole), out)
        made = out.getvalue()

    few = max(20, runs // 10)
    figures = measure(sign, few)
    tell("picture: a manifest a segment, c2pa-python", str(len(made) - len(whole)), figures)
    tell("  check it", "", measure(lambda: Reader("video/mp4", io.BytesIO(made)), few))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BONAFACE_HOME"] = str(Path(folder) / "home")
        hls = make()
        print(f"{'CPU us of one thread, ' + str(runs) + ' runs':<46} {'bytes':>8}  median, p95")
        for track in TICKS:
            row_of_track(track, hls, runs)
        row_of_manifests(hls, runs)


if __name__ == "__main__":
    main()
