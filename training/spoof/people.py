"""Speech of people, as runs: `python training/spoof/people.py OUT.npz DEBIAN MEDIA`.

DEBIAN is a folder in which the packages that data.md lists are unpacked, each under its own name;
MEDIA is the collection of research media. A group is a speaker, or a set of prompts in one language
by one or a few unnamed speakers; what a group says falls whole into one fold of training/sources.
"""

import argparse
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import av
import numpy as np
from runs_file import write_runs
from sources import name_group

from bonaface.forensics.inspector import RATE
from bonaface.forensics.spoof.runs import Floats, cut_runs, tidy
from bonaface.speech.activity import WINDOW, Listener

MOST: Final = 8  # runs of one group
SPOKEN: Final = 0.7  # mean chance of speech in a run, by the activity model
_PACKAGES: Final = (
    re.compile(r"(?P<p>asterisk-core-sounds-\w+)-g722/.*(?<!silence)/[^/]+\.g722$"),
    re.compile(r"(?P<p>asterisk-prompt-[\w-]+?)(-wav)?/.*\.(wav|gsm)$"),
    re.compile(r"(?P<p>ktuberling)-data/.*/sounds/(?P<l>[^/]+)/"),
    re.compile(r"(?P<p>klettres)-data/.*/klettres/(?P<l>[^/]+)/"),
    re.compile(r"(?P<p>tuxpaint)-stamps-default/.*_desc(_(?P<l>\w+))?\.ogg$"),
    re.compile(r"(?P<p>hedgewars)-data/.*/voices/(?P<l>(?!Robot|Singer)[^/]+)/"),
    re.compile(r"(?P<p>gcin)-voice/.*\.ogg$"),
    re.compile(r"(?P<p>alsa)-utils/.*(Front|Rear|Side).*\.wav$"),
)
_SOUND: Final = {".ogg", ".wav", ".g722", ".gsm", ".flac", ".mp3", ".oga"}


def read_sound(path: Path) -> Floats:
    """Decode a file to (n,) mono at RATE; empty where it has no sound."""
    form = {".g722": "g722", ".gsm": "gsm"}.get(path.suffix)
    runs = [np.zeros(0, np.float32)]
    with av.open(str(path), format=form, metadata_errors="ignore") as container:
        if container.streams.audio:
            resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
            frames = [*container.decode(audio=0), None]
            runs += [out.to_ndarray()[0] for frame in frames for out in resampler.resample(frame)]
    return np.concatenate(runs).astype(np.float32)


def find_packaged(folder: Path) -> dict[str, list[Path]]:
    """Files of each group among unpacked packages."""
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if path.suffix not in _SOUND or path.is_symlink():
            continue
        for pattern in _PACKAGES:
            if said := pattern.match(path.relative_to(folder).as_posix()):
                names = said.groupdict()
                found[":".join(filter(None, (names["p"], names.get("l") or "")))].append(path)
                break
    return found


def find_media(folder: Path) -> dict[str, list[Path]]:
    """Real speech and real talking films of the collection, by group."""
    found: dict[str, list[Path]] = defaultdict(list)
    for row in (folder / "manifest.tsv").read_text("utf-8").splitlines()[1:]:
        path, kind, label, *_ = row.split("\t")
        if kind in {"speech", "talking"} and label == "real":
            found["media:" + name_group(path)].append(folder / path)
    return found


def spoken(run: Floats) -> bool:
    """Whether a run is speech throughout."""
    listener = Listener()
    padded = np.concatenate([np.zeros(64, np.float32), run])
    places = range(0, len(run) - WINDOW + 1, WINDOW)
    return float(np.mean([listener.judge(padded[at : at + WINDOW + 64]) for at in places])) > SPOKEN


def gather(paths: Iterable[Path], seed: int) -> Iterator[Floats]:
    """Runs of one group, in an order drawn by `seed`."""
    drawn = list(paths)
    np.random.default_rng(seed).shuffle(drawn)
    for run in cut_runs(tidy(sound) for sound in _read_all(drawn)):
        if spoken(run):
            yield run


def _read_all(paths: Iterable[Path]) -> Iterator[Floats]:
    for path in paths:
        try:
            yield read_sound(path)
        except av.FFmpegError as wrong:
            print(f"{path.name}: {wrong}")


def main() -> None:
    """Gather them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("debian", type=Path)
    parser.add_argument("media", type=Path)
    options = parser.parse_args()
    found = find_packaged(options.debian) | find_media(options.media)
    runs: list[Floats] = []
    groups: list[str] = []
    for group, paths in sorted(found.items()):
        for run in gather(paths, len(runs)):
            runs.append(run)
            groups.append(group)
            if groups.count(group) == MOST:
                break
        print(f"{group}: {groups.count(group)} runs of {len(paths)} files", flush=True)
    write_runs(options.out, runs, {"group": groups})
    print(f"{len(runs)} runs of {len(Counter(groups))} groups")


if __name__ == "__main__":
    main()
