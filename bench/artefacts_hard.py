"""The detector of blended faces where it is hard: small and coarse pictures, swapped encoders.

Usage: python bench/artefacts_hard.py [--network models/artefacts.onnx] [--faces 300] [--json]

Faces that judge only (training/sources.py); each forgery beside its own original. Poisson swaps
and faces rebuilt from principal components are never trained on. "360p": the face is 120 px and
went through H.264 at CRF 35. Encoders swapped: one class is JPEG, the other H.264; "nothing forged"
sets the real faces against themselves, so that anything but .5 is the encoder's. "Own avatar":
portraits of nobody with an open mouth, drawn by this project, beside the portrait.
"NeuralTextures": one film and its original, picture by picture.
"""

import json
import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from artefacts import MEDIA, faces_of, manifest, open_bench
from av.video.stream import VideoStream
from numpy.typing import NDArray
from scores import auc, line, row
from seen import keep_apart, permit_fiction

from bonaface.avatar.likeness.build import build_likeness
from bonaface.avatar.pose import SHAPES, Pose
from bonaface.avatar.render.renderer import Renderer
from bonaface.core import SECOND, Picture
from bonaface.forensics.artefacts import inspector as artefacts
from bonaface.forensics.artefacts.crop import sharpness
from bonaface.forensics.artefacts.inspector import MARGIN, SIDE, Artefacts
from bonaface.media.files import read_pictures
from bonaface.media.photos import read_photo

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
sys.path.insert(0, str(Path(__file__).parents[1] / "training" / "artefacts"))
from components import rebuild
from forge import poisson
from sources import judges

Bytes = NDArray[np.uint8]
Code = Callable[[Sequence[Bytes]], list[Bytes]]
SMALL, COARSE = 120, 35  # px of a face in a film of 360 lines; CRF


def resized(cuts: Sequence[Bytes], side: int) -> list[Bytes]:
    """All at `side` px."""
    how = cv2.INTER_AREA if side < cuts[0].shape[0] else cv2.INTER_LINEAR
    return [np.asarray(cv2.resize(cut, (side, side), interpolation=how), np.uint8) for cut in cuts]


def by_jpeg(cuts: Sequence[Bytes], quality: int = 75) -> list[Bytes]:
    """Through JPEG and back."""
    arrived = []
    for cut in cuts:
        written = cv2.imencode(".jpg", cut[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        arrived.append(np.asarray(cv2.imdecode(written, cv2.IMREAD_COLOR), np.uint8)[..., ::-1])
    return arrived


def by_film(cuts: Sequence[Bytes], crf: int = 28) -> list[Bytes]:
    """Through H.264 and back, each picture for itself."""
    file = BytesIO()
    with av.open(file, "w", format="mp4") as out:
        options = {"crf": str(crf), "preset": "medium", "g": "1"}
        stream = out.add_stream("libx264", rate=Fraction(25), options=options)
        if not isinstance(stream, VideoStream):
            sys.exit("x264 makes no film")
        stream.height, stream.width, stream.pix_fmt = *cuts[0].shape[:2], "yuv420p"
        for cut in cuts:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(cut), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    file.seek(0)
    with av.open(file, "r") as back:
        return [f.to_ndarray(format="rgb24").astype(np.uint8) for f in back.decode(video=0)]


def by_small_film(cuts: Sequence[Bytes]) -> list[Bytes]:
    """As a face in a coarse film of 360 lines."""
    return by_film(resized(cuts, SMALL), COARSE)


def judge(detector: Artefacts, reals: Sequence[Bytes], fakes: Sequence[Bytes]) -> dict[str, Any]:
    """Figures of pairs."""
    parts = [np.stack(resized(part, SIDE)) for part in (reals, fakes)]
    real, fake = (
        np.concatenate([detector.score(part[i : i + 16])[0] for i in range(0, len(part), 16)])
        for part in parts
    )
    said = row(real.astype(np.float64), fake.astype(np.float64))
    said["pairs"] = float((fake > real).mean())
    crisp = [np.array([sharpness(cut) for cut in part]) for part in parts]
    said["sharpness"] = auc(crisp[0], crisp[1])
    return said


def made_here(detector: Artefacts, count: int) -> dict[str, dict[str, Any]]:
    """Forgeries of held-out families on faces that judge only."""
    paths = [r["path"] for r in manifest() if r["kind"] == "faces" and judges(r["path"])]
    found = [faces_of(read_photo(MEDIA / path)) for path in paths[:: max(1, len(paths) // count)]]
    cuts = [f[0] for f in found if f is not None and f[0] is not None and f[1] >= artefacts.LEAST]
    random = np.random.default_rng(5)
    reals = [cut.pixels for cut in cuts]
    swaps = []
    for i, cut in enumerate(cuts):
        other = cuts[(i + 7) % len(cuts)]
        swaps.append(poisson(cut.pixels, cut.points, random, other.pixels, other.points)[0])
    plans: tuple[tuple[str, list[Bytes], Code, Code], ...] = (
        ("Poisson, as made", swaps, list, list),
        ("Poisson, JPEG 75", swaps, by_jpeg, by_jpeg),
        ("Poisson, H.264 CRF 28", swaps, by_film, by_film),
        ("Poisson, 360p, CRF 35", swaps, by_small_film, by_small_film),
        ("Poisson, real JPEG, fake H.264", swaps, by_jpeg, by_film),
        ("Poisson, real H.264, fake JPEG", swaps, by_film, by_jpeg),
        ("nothing forged: JPEG, H.264", reals, by_jpeg, by_film),
        ("components, as made", rebuild(cuts), list, list),
        ("components, 360p, CRF 35", rebuild(cuts), by_small_film, by_small_film),
    )
    return {name: judge(detector, a(reals), b(fakes)) for name, fakes, a, b in plans}


def closely(picture: Picture) -> Bytes | None:
    """The face as the inspector cuts it."""
    found = faces_of(picture, SIDE, MARGIN)
    return None if found is None or found[0] is None else found[0].pixels


def drawn(detector: Artefacts, count: int) -> dict[str, Any]:
    """Faces that this project drew, beside the portraits they were drawn from."""
    keep_apart()
    shapes = np.zeros(len(SHAPES), np.float32)
    shapes[SHAPES.index("jawOpen")] = 0.5
    reals, fakes = [], []
    photos = sorted((MEDIA / "portraits").glob("fictional-*.jpg"))
    for photo in photos[:: max(1, len(photos) // count)]:
        portrait = read_photo(photo)
        renderer = Renderer(build_likeness(portrait), permit_fiction(photo, portrait))
        cuts = closely(portrait), closely(Picture(0, renderer.draw(Pose(0, shapes.copy()))))
        if cuts[0] is not None and cuts[1] is not None:
            reals.append(cuts[0])
            fakes.append(cuts[1])
    return judge(detector, reals, fakes)


def textures(detector: Artefacts) -> dict[str, Any]:
    """The film of FaceForensics++ whose mouth was redrawn, and its original."""
    parts = []
    for word in ("original_sequences", "NeuralTextures"):
        path = next(p for p in (MEDIA / "fakes").glob("*.mp4") if word in p.name)
        cuts, last = [], -SECOND
        for picture in read_pictures(path):
            if picture.at - last >= SECOND * 2 // 5:
                last = picture.at
                cut = closely(picture)
                cuts += [] if cut is None else [cut]
        parts.append(cuts)
    count = min(map(len, parts))
    return judge(detector, parts[0][:count], parts[1][:count])


def main() -> None:
    """Print the table."""
    options, detector = open_bench(__doc__ or "", 300)
    table = made_here(detector, options.faces)
    table["NeuralTextures, one film"] = textures(detector)
    table["own avatar (portraits of nobody)"] = drawn(detector, 12)
    if options.json:
        print(json.dumps(table))
        return
    for name, said in table.items():
        print(line(name, said), {k: round(said[k], 3) for k in ("pairs", "sharpness")})


if __name__ == "__main__":
    main()
