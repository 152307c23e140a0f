"""What credentials cost: CPU time to sign and to read, and bytes, a file.

Usage: python bench/credentials.py [--runs N] [--json]

Files: 10 s of 1280x720 as MP4, one picture of that size as PNG, 10 s of sound as WAV. Signed with a
key in a file, in a token (SoftHSM, where it is here), and with a time-stamp by an authority on the
loopback (which signs in this process too: its part is told by itself). "bare": c2pa alone signs
and nothing is read back; the rest is the check that what was signed holds, and the leave to sign.
The machine may be shared: CPU time of the process is counted, the middle of N runs (15) told.

--json: {file: {"unsigned": {"bytes"}, way: {"ms", "bytes"}, "read": {"ms"}}}
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import av
import numpy as np
from authorities import Stamps, serve
from c2pa import Builder, C2paSignerInfo, Context, Settings, Signer
from PIL import Image
from softhsm import PIN, TOKEN, configure, find_library, make_token
from unsigned import write_wave

from bonaface.config import settings
from bonaface.marks.credentials import trust
from bonaface.marks.credentials.files import Statement, read_credentials, sign_media
from bonaface.marks.credentials.manifest import write_manifest
from bonaface.marks.signers import keys

SIZE, RATE, SECONDS = (1280, 720), 25, 10
Figures = dict[str, dict[str, float]]


def make_files(folder: Path) -> dict[str, tuple[Path, str]]:
    """Make the three files; noise, so that they are large."""
    noise = np.random.default_rng(1).integers(0, 255, (SIZE[1], SIZE[0], 3), np.uint8)
    film, still, sound = folder / "film.mp4", folder / "still.png", folder / "sound.wav"
    soft = np.asarray(Image.fromarray(noise[::16, ::16]).resize(SIZE)).copy()
    with av.open(str(film), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        stream.width, stream.height = SIZE
        for index in range(RATE * SECONDS):
            frame = av.VideoFrame.from_ndarray(np.roll(soft, 4 * index, 1), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    Image.fromarray(soft).save(still)
    write_wave(sound, SECONDS)
    return {
        "film": (film, "video/mp4"),
        "still": (still, "image/png"),
        "sound": (sound, "audio/wav"),
    }


def statement() -> Statement:
    """Say that others made it; whom it shows is asked elsewhere."""
    return Statement(datetime.now(UTC), None, None, "0" * 16, "0" * 8, origin="ai")


def bare(path: Path, output: Path, kind: str) -> None:
    """Sign the same statement with c2pa alone."""
    made = keys.signing_keys(datetime.now(UTC))
    chosen = {
        "builder": {"thumbnail": {"enabled": False}},
        "verify": {"verify_after_sign": False},
    }
    info = C2paSignerInfo(b"es256", made.chain, made.key, None)
    with (
        Context(settings=Settings.from_dict(chosen)) as context,
        Signer.from_info(info) as signer,
        path.open("rb") as source,
        output.open("w+b") as target,
    ):
        Builder(write_manifest(statement()), context=context).sign(signer, kind, source, target)


def measure(work: Callable[[], object], runs: int) -> float:
    """Answer ms of CPU time, the middle of some runs."""
    took = []
    for _ in range(runs + 1):  # the first opens libraries
        begun = time.process_time()
        work()
        took.append((time.process_time() - begun) * 1e3)
    return statistics.median(took[1:])


@contextmanager
def chosen(**more: str) -> Iterator[None]:
    """Set settings for a while."""
    before = dict(os.environ)
    os.environ.update({f"BONAFACE_{name}": value for name, value in more.items()})
    settings.cache_clear()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()


def measure_file(path: Path, kind: str, ways: dict[str, dict[str, str]], runs: int) -> Figures:
    """Sign one file in every way, and read it."""
    output, size = path.with_name(f"signed-{path.name}"), path.stat().st_size
    figures: Figures = {"unsigned": {"bytes": size}}

    def note(way: str, work: Callable[[], object]) -> None:
        took = measure(work, runs)
        figures[way] = {"ms": took, "bytes": output.stat().st_size - size}

    note("bare", lambda: bare(path, output, kind))
    for way, more in ways.items():
        with chosen(**more):
            note(way, lambda: sign_media(path, output, kind, statement()))
    sign_media(path, output, kind, statement())
    figures["read"] = {"ms": measure(lambda: read_credentials(output), runs)}
    return figures


def find_ways(folder: Path, stack: ExitStack) -> tuple[dict[str, dict[str, str]], Stamps]:
    """Prepare the ways to sign that there are here."""
    stamps = Stamps()
    trust.trust(stamps.root.save(folder / "time.pem"), "tsa")
    ways = {"file": {}, "stamped": {"TSA": stack.enter_context(serve(stamps.answer))}}
    library = find_library()
    if library is not None:
        os.environ["SOFTHSM2_CONF"] = str(configure(folder))
        make_token(library)
        given = {"MODULE": library, "TOKEN": TOKEN, "KEY": "signer", "PIN": PIN}
        ways["token"] = {f"PKCS11_{name}": value for name, value in given.items()}
    return ways, stamps


def show(figures: dict[str, Figures]) -> None:
    """Print a table."""
    ways = [way for way in figures["film"] if way != "unsigned"]
    print(f"{'CPU ms (bytes added)':22}" + "".join(f"{way:>20}" for way in ways))
    for name, row in figures.items():
        cells = []
        for way in ways:
            cell = row[way]
            added = f" ({cell['bytes']:.0f})" if "bytes" in cell else ""
            cells.append(f"{cell['ms']:.1f}{added}")
        head = f"{name}, {row['unsigned']['bytes'] / 1e6:.2f} MB"
        print(f"{head:22}" + "".join(f"{cell:>20}" for cell in cells))


def main() -> None:
    """Measure all and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        stack.enter_context(chosen(HOME=str(folder / "home")))
        ways, stamps = find_ways(folder, stack)
        files = make_files(folder)
        figures = {
            name: measure_file(path, kind, ways, options.runs)
            for name, (path, kind) in files.items()
        }
        request = example_request()
        alone = measure(lambda: stamps.answer(request), options.runs)
    if options.json:
        print(json.dumps(figures))
        return
    show(figures)
    print(f"Of the stamped, the authority's own part is {alone:.1f} ms.")


def example_request() -> bytes:
    """Make a request for a time-stamp."""
    from asn1crypto import algos, tsp  # noqa: PLC0415  for this bench and tests only

    algorithm = algos.DigestAlgorithm({"algorithm": "sha256"})
    imprint = tsp.MessageImprint({"hash_algorithm": algorithm, "hashed_message": bytes(32)})
    made = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "nonce": 1})
    return bytes(made.dump())


if __name__ == "__main__":
    main()
