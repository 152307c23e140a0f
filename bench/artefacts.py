"""The detector of blended faces on sources that it has not learnt from.

Usage: python bench/artefacts.py [--network models/artefacts.onnx] [--faces 400] [--json]

Forgeries made here on faces that judge only (training/sources.py): each is compared with its own
original that went the same way ("pairs": how often the forgery scores higher). Poisson swaps are
never trained on. Forgeries of others: DFDC, FaceForensics++, DFD, MesoNet pictures; StyleGAN2 and
driven faces, which are out of scope. Beside each the scalars that a detector must beat: sharpness
and size of the face. After the table, false alarms on films and portraits at the threshold, and how
many pictures are refused since they look drawn, of drawings and of photographs.
"""

import argparse
import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scores import auc, line, row, wilson

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
sys.path.insert(0, str(Path(__file__).parents[1] / "training" / "artefacts"))
from encoders import Code
from forge import ALONE, poisson, swap
from sources import judges, name_group
from ways import draw

from bonaface.core import Picture
from bonaface.examine import examine
from bonaface.face.find import find_faces
from bonaface.forensics.artefacts import inspector as artefacts
from bonaface.forensics.artefacts.crop import cut_face, sharpness
from bonaface.forensics.artefacts.drawn import looks_drawn
from bonaface.forensics.artefacts.inspector import SIDE, Artefacts
from bonaface.media.files import look, read_pictures
from bonaface.media.photos import read_photo

MEDIA = Path(__file__).parents[2] / "shared" / "media"
KEPT = 192  # px of a cut that is forged
Rows = list[dict[str, str]]


def manifest() -> Rows:
    """All media."""
    with (MEDIA / "manifest.tsv").open(encoding="utf-8") as rows:
        return list(csv.DictReader(rows, delimiter="\t"))


def faces_of(picture: Picture, side: int = KEPT, margin: float = 0.12) -> Any:
    """The first face, cut out; None where there is none."""
    for face in find_faces(picture)[:1]:
        return cut_face(picture.pixels, face.landmarks, side, margin), face.height
    return None


def forged_here(detector: Artefacts, count: int) -> dict[str, dict[str, Any]]:
    """Families made here, on faces that judge only."""
    paths = [r["path"] for r in manifest() if r["kind"] == "faces" and judges(r["path"])]
    cuts = []
    for path in paths[:: max(1, len(paths) // count)]:
        found = faces_of(read_photo(MEDIA / path))
        if found is not None and found[0] is not None and found[1] >= artefacts.LEAST:
            cuts.append(found[0])
    table = {}
    for family in (*ALONE, "swap", "poisson"):
        random = np.random.default_rng(5)
        reals, fakes, sharp = [], [], []
        for i, cut in enumerate(cuts):
            other = cuts[(i + 7) % len(cuts)]
            if family in ALONE:
                fake = ALONE[family](cut.pixels, cut.points, random)[0]
            else:
                make = poisson if family == "poisson" else swap
                fake = make(cut.pixels, cut.points, random, other.pixels, other.points)[0]
            way = draw(random, SIDE)
            pair = np.stack([way.walk(cut.pixels, SIDE), way.walk(fake, SIDE)])
            logits = detector.score(pair)[0]
            reals.append(float(logits[0]))
            fakes.append(float(logits[1]))
            sharp.append((sharpness(pair[0]), sharpness(pair[1])))
        real, fake_scores, crisp = np.array(reals), np.array(fakes), np.array(sharp)
        said = row(real, fake_scores)
        said["pairs"] = float((fake_scores > real).mean())
        said["sharpness"] = auc(crisp[:, 0], crisp[:, 1])
        table[family + (" (held out)" if family == "poisson" else "")] = said
    return table


def score_file(detector: Artefacts, path: Path) -> tuple[float, float, float] | None:
    """Logit, sharpness and size of the face of a picture or film; None where it abstains."""
    detector.reset()
    examine(look(path), (detector,))
    judged = list(detector.judged())
    if not judged:
        return None
    best = max(judged, key=lambda face: artefacts.robust(face.all))
    picture = next(iter(read_pictures(path)))
    size = faces_of(picture)
    worst = best.worst
    crisp = sharpness(worst.cut) if worst is not None else 0.0
    return artefacts.robust(best.all), crisp, float(size[1]) if size else 0.0


def sets() -> Iterator[tuple[str, Rows, Rows]]:
    """Name, genuine and forged media of others."""
    rows = manifest()
    stills = [r for r in rows if r["kind"] == "fakes" and r["path"].endswith((".jpg", ".png"))]
    reals = [r for r in stills if r["label"] == "real"]
    swaps = [r for r in stills if r["label"] == "fake" and "attack" not in r["method"]]
    attacks = [r for r in reals if "attack" in r["shows"]]
    yield "swaps in pictures, all", [r for r in reals if r not in attacks], swaps
    dfdc = [r for r in swaps if r["method"].startswith("DFDC")]
    yield "DFDC", [r for r in reals if "DFDC" in r["shows"]], dfdc
    derived = [r for r in rows if r["kind"] == "derived" and "stylegan2" in r["path"]]
    yield (
        "StyleGAN2 (out of scope)",
        [r for r in derived if r["label"] == "real"][::2],
        [r for r in derived if r["label"] == "fake"],
    )
    films = [
        r for r in rows if r["kind"] == "talking" and r["label"] == "real" and judges(r["path"])
    ]
    driven = [r for r in rows if r["kind"] == "fakes" and r["path"].endswith(".mp4")]
    yield "driven faces (out of scope)", films, [r for r in driven if r["label"] == "fake"]


def judge_sets(detector: Artefacts) -> dict[str, dict[str, Any]]:
    """The forgeries of others."""
    table = {}
    for name, reals, fakes in sets():
        got = [
            [(r, s) for r in part if (s := score_file(detector, MEDIA / r["path"])) is not None]
            for part in (reals, fakes)
        ]
        if min(map(len, got)) < 3:
            continue
        scores = [np.array([s for _, s in part]) for part in got]
        groups = tuple([name_group(r["path"]) for r, _ in part] for part in got)
        said = row(scores[0][:, 0], scores[1][:, 0], (groups[0], groups[1]))
        said["coverage"] = sum(map(len, got)) / (len(reals) + len(fakes))
        said["sharpness"] = auc(scores[0][:, 1], scores[1][:, 1])
        said["size"] = auc(scores[0][:, 2], scores[1][:, 2])
        table[name] = said
    return table


def alarms(detector: Artefacts) -> dict[str, dict[str, Any]]:
    """Genuine media at the threshold of the verdict."""
    rows = [r for r in manifest() if r["label"] == "real"]
    parts = {
        "films that judge": [r for r in rows if r["kind"] == "talking" and judges(r["path"])],
        "FFHQ": [r for r in rows if r["kind"] == "derived"],
        "portraits": [r for r in rows if r["kind"] == "portraits"],
        "UTKFace that judge": [r for r in rows if r["kind"] == "faces" and judges(r["path"])][::4],
    }
    table = {}
    for name, part in parts.items():
        scores = [s[0] for r in part if (s := score_file(detector, MEDIA / r["path"]))]
        raised = sum(artefacts.calibrate(score) >= 0.97 for score in scores)
        table[name] = {
            "n": len(scores),
            "alarms": raised,
            "95": wilson(raised, len(scores)),
            "coverage": len(scores) / len(part),
        }
    return table


def refusals() -> dict[str, dict[str, Any]]:
    """How many faces look drawn, as they are and through H.264."""
    rows = [r for r in manifest() if not r["path"].endswith((".mp4", ".mpg"))]
    art = [r for r in rows if r["kind"] == "portraits" and r["label"] == "n/a"]
    film = Code("h264", 28)
    table = {}
    for name, part in {
        "drawn, painted, modelled": [r for r in art if "animal" not in r["shows"]],
        "FFHQ": [r for r in rows if r["kind"] == "derived" and r["label"] == "real"],
        "portraits": [r for r in rows if r["kind"] == "portraits" and r["label"] == "real"],
        "UTKFace": [r for r in rows if r["kind"] == "faces" and judges(r["path"])][::4],
        "StyleGAN2": [r for r in rows if r["kind"] == "portraits" and r["label"] == "fake"],
        "swaps of others": [r for r in rows if r["kind"] == "fakes" and r["label"] == "fake"],
    }.items():
        found = [faces_of(read_photo(MEDIA / r["path"]), SIDE, artefacts.MARGIN) for r in part]
        cuts = [f[0].pixels for f in found if f and f[0] is not None and f[1] >= artefacts.LEAST]
        refused = sum(map(looks_drawn, cuts))
        table[name] = {
            "n": len(cuts),
            "refused": refused,
            "95": wilson(refused, len(cuts)),
            "through H.264": sum(looks_drawn(film.walk(cut)) for cut in cuts),
        }
    return table


def open_bench(about: str, faces: int) -> tuple[argparse.Namespace, Artefacts]:
    """Read the options that benches of this detector share, and open it."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--faces", type=int, default=faces)
    parser.add_argument("--network", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not MEDIA.exists():
        sys.exit(f"no media at {MEDIA}")
    cv2.setNumThreads(1)
    return options, Artefacts(options.network)


def main() -> None:
    """Print the tables."""
    options, detector = open_bench(__doc__ or "", 400)
    figures = {
        "made here": forged_here(detector, options.faces),
        "of others": judge_sets(detector),
        "alarms": alarms(detector),
        "refused as drawn": refusals(),
    }
    if options.json:
        print(json.dumps(figures))
        return
    for title in ("made here", "of others"):
        print(f"\nForgeries {title}")
        for name, said in figures[title].items():
            rest = {
                k: round(v, 3)
                for k, v in said.items()
                if k in {"pairs", "sharpness", "size", "coverage"}
            }
            print(line(name, said), rest)
    print("\nFalse alarms at .97")
    for name, said in figures["alarms"].items():
        told = f"{said['alarms']} of {said['n']}, 95 % {said['95']}"
        print(f"{name:<34}{told}, coverage {said['coverage']:.2f}")
    print("\nRefused as drawn")
    for name, said in figures["refused as drawn"].items():
        told = f"{said['refused']} of {said['n']}, 95 % {said['95']}"
        print(f"{name:<34}{told}, through H.264 CRF 28 {said['through H.264']}")


if __name__ == "__main__":
    main()
