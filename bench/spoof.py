"""Is machine speech told from people's? `python bench/spoof.py --runs FOLDER --media FOLDER`.

RUNS holds what training/spoof made: people.npz, made-*.npz, twins-*.npz. Judged are people of whom
nothing was learnt, twins of these, other sentences of machines that were learnt from (for families
left out, see `training/spoof/regress.py --each`), and the known neural fakes of MEDIA with
recordings of the same people, which judge only. Then scalars instead, and codecs: alike for both,
and crossed. Pointed out: over the chance that one in a hundred other people was given.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from lines import NAMED
from numpy.typing import NDArray
from people import read_sound
from people_fold import FIRST, learnt
from scores import calibration_error, line, row, wilson
from sources import name_group

from bonaface.core import Sound, over
from bonaface.forensics.inspector import RATE
from bonaface.forensics.spoof.inspector import Spoof
from bonaface.forensics.spoof.measures import measure_run
from bonaface.forensics.spoof.odds import Odds, open_odds
from bonaface.forensics.spoof.runs import LEVEL, SIZE, Floats, cut_runs, fill_run, tidy
from bonaface.speech.clearness import measure

MOST: Final = 8  # runs of one group and family
PEOPLE, SAME = "people", "same people as the known"
Figures = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """Runs (n, SIZE) that judge, with the family and the group of each."""

    runs: Floats
    family: NDArray[np.str_]
    group: NDArray[np.str_]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which are the known neural fakes."""
        return np.char.startswith(self.family, "known")

    @property
    def machine(self) -> NDArray[np.bool_]:
        """Which are any machine's."""
        return ~np.isin(self.family, (PEOPLE, SAME))


def read_judging(folder: Path, media: Path) -> Heard:
    """Gather all that judges."""
    runs: list[Floats] = []
    names: list[tuple[str, str]] = []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as file:
            groups = file["group"].tolist()
            families = file["family"].tolist() if "family" in file else [PEOPLE] * len(groups)
            whole = file["runs"]
        keys = list(zip(families, groups, strict=True))
        made = path.stem.startswith("made")
        for i, key in enumerate(keys):
            fresh = keys[:i].count(key) >= FIRST if made else not learnt(key[1])
            if fresh and names.count(key) < MOST:
                runs.append(whole[i] / np.float32(32767))
                names.append(key)
    for family, group, run in read_known(media):
        runs.append(run)
        names.append((family, group))
    families, groups = zip(*names, strict=True)
    return Heard(np.stack(runs), np.array(families), np.array(groups))


def read_known(media: Path) -> list[tuple[str, str, Floats]]:
    """The known fakes, and recordings of the same people, two runs a file at most."""
    found = []
    for path, fake, method in list_known(media):
        part = tidy(read_sound(media / path))
        if len(part) >= SIZE // 2:
            pieces = list(cut_runs([part])) or [fill_run(part)]
            family = f"known: {method}" if fake else SAME
            found += [(family, path, piece) for piece in pieces[:2]]
    return found


def list_known(media: Path) -> list[tuple[str, bool, str]]:
    """Path, whether it is fake, and by what, of all speech that judges known fakes."""
    found = []
    for said in (media / "manifest.tsv").read_text("utf-8").splitlines()[1:]:
        path, kind, label, method, *_ = said.split("\t")
        judges = label == "fake" or (label == "real" and not learnt(name_group(path)))
        if kind == "speech" and judges:
            found.append((path, label == "fake", method.split(" (")[0]))
    return found


def bandwidth(run: Floats) -> float:
    """The frequency below which 99 % of the power lies, Hz."""
    power = np.cumsum(np.square(np.abs(np.fft.rfft(run))))
    return float(np.searchsorted(power, 0.99 * power[-1]) / len(power) * RATE / 2)


PLAIN: Final[dict[str, Callable[[Floats], float]]] = {
    "loudness": lambda run: measure(run)[0],
    "bandwidth": bandwidth,
    "noise floor": lambda run: measure(run)[1],
    "peak over mean": lambda run: float(np.abs(run).max() / LEVEL),
}


def weigh(odds: Odds, runs: Floats, name: str = "as it is") -> Figures:
    """What the odds give (n,) for runs sent through a named codec."""
    values = []
    for run in runs:
        sent = NAMED[name](run)
        size = np.sqrt(np.square(sent).mean()) + 1e-9
        values.append(odds.weigh(measure_run((sent * (LEVEL / size)).astype(np.float32))))
    return np.array(values)


def show(name: str, heard: Heard, scores: tuple[Figures, Figures], fake: Any) -> dict[str, Any]:
    """Print the line of people against `fake`; `scores` are those of people and those of fakes."""
    real = heard.family == PEOPLE
    groups = heard.group[real].tolist(), heard.group[fake].tolist()
    figures = row(scores[0][real], scores[1][fake], groups)
    print(line(name, figures), flush=True)
    return figures


def report(heard: Heard, odds: Odds) -> dict[str, Any]:
    """Families, known fakes, scalars, and how chances hold."""
    plain = weigh(odds, heard.runs)
    both = plain, plain
    said: dict[str, Any] = {
        f: show(f, heard, both, heard.family == f) for f in np.unique(heard.family[heard.machine])
    }
    said["all known"] = show("all known", heard, both, heard.known)
    same = heard.family == SAME
    said[SAME] = row(plain[same], plain[heard.known])
    print(line("all known, " + SAME, said[SAME]))
    for name, scale in PLAIN.items():
        values = np.array([scale(run) for run in heard.runs])
        for kind, which in (("known", heard.known), ("all machines", heard.machine)):
            key = f"{name}, {kind}"
            said[key] = show(key, heard, (values, values), which)
    chances = np.array([odds.calibrate(value) for value in plain])
    for family in np.unique(heard.family):
        here = chances[heard.family == family]
        said[f"{family}, flagged"] = [int((here >= odds.suspect).sum()), len(here)]
        print(f"{family}: pointed out {said[f'{family}, flagged']}")
    said["calibration error"] = calibration_error(chances, heard.machine)
    print(f"calibration error {said['calibration error']:.3f} over {len(plain)} runs")
    return said


def report_codecs(heard: Heard, odds: Odds) -> dict[str, Any]:
    """Both classes through each codec, and people and machines through different ones."""
    scores = {name: weigh(odds, heard.runs, name) for name in NAMED}
    said: dict[str, Any] = {}
    for real in NAMED:
        for fake in NAMED:
            for kind, which in (("known", heard.known), ("machines", heard.machine)):
                name = f"{real} / {fake}, {kind}"
                said[name] = show(name, heard, (scores[real], scores[fake]), which)
        people = scores[real][heard.family == PEOPLE]
        alarms = int(sum(odds.calibrate(value) >= odds.suspect for value in people))
        said[f"{real}, alarms"] = [alarms, len(people), *wilson(alarms, len(people))]
        print(f"  {real}: people pointed out: {said[f'{real}, alarms']}")
    return said


def report_files(media: Path, odds: Odds) -> dict[str, Any]:
    """The inspector over whole files: how many it judges, and what it says of them."""
    said: dict[str, Any] = {}
    for fake in (False, True):
        scores = []
        for path, is_fake, _ in list_known(media):
            if is_fake == fake:
                sound = Sound(0, read_sound(media / path), RATE)
                scores.append(list(over(Spoof(odds), [sound]))[-1].score)
        judged = [score for score in scores if score is not None]
        alarms = sum(score >= odds.suspect for score in judged)
        said["fake" if fake else "real"] = [len(scores), len(judged), alarms]
        print(f"{'fake' if fake else 'real'} files, judged, pointed out: {said}")
    return said


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--media", type=Path, required=True)
    parser.add_argument("--odds", type=Path, help="another spoof.npz")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    heard, odds = read_judging(options.runs, options.media), open_odds(options.odds)
    said = {
        "families": report(heard, odds),
        "codecs": report_codecs(heard, odds),
        "files": report_files(options.media, odds),
    }
    if options.json:
        options.json.write_text(json.dumps(said, indent=1))


if __name__ == "__main__":
    main()
