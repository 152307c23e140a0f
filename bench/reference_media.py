"""What the bench of references measures on media: points of voices and faces, and motion."""

import csv
import io
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
import numpy as np
from numpy.typing import NDArray

from bonaface.core import SECOND, Picture, Sound
from bonaface.errors import UnreadableMedia
from bonaface.face.identity import SIZE as FACE_SIZE
from bonaface.face.identity import embed_face
from bonaface.forensics.look import Looker
from bonaface.forensics.reference.speaking import Speaking
from bonaface.media.excerpt import read_excerpt
from bonaface.speech.voice import SIZE

sys.path.insert(0, str(Path(__file__).parent.parent / "training"))
from sources import judges, name_group  # the one division of sources

Samples: TypeAlias = NDArray[np.float32]
Points: TypeAlias = NDArray[np.float32]
Change: TypeAlias = Callable[[Samples], Samples]
RATE = 16_000
LONGEST = 60.0  # s of a file
PAUSE = np.zeros(RATE // 5, np.float32)
STEP = SECOND // 2  # between looks at a face
SILENT = 0.001


@dataclass(frozen=True, slots=True)
class Medium:
    """A row of the manifest."""

    path: str
    kind: str
    label: str
    method: str

    @property
    def group(self) -> str:
        """The person or source."""
        return name_group(self.path)

    @property
    def judges(self) -> bool:
        """Whether nothing may be fitted on it."""
        return judges(self.path)


def read_manifest(folder: Path) -> list[Medium]:
    """All media."""
    with (folder / "manifest.tsv").open(encoding="utf-8") as rows:
        return [
            Medium(row["path"], row["kind"], row["label"], row["method"])
            for row in csv.DictReader(rows, delimiter="\t")
        ]


def read_voices(folder: Path, media: Iterable[Medium]) -> dict[str, Samples]:
    """Sound by group, mono at RATE; clips of one group follow each other, silent ones left out."""
    found: dict[str, list[Samples]] = {}
    for medium in media:
        try:
            moments = read_excerpt(folder / medium.path, 0.0, LONGEST)
            runs = [moment.samples for moment in moments if isinstance(moment, Sound)]
        except UnreadableMedia:
            continue
        samples = np.concatenate([*runs, PAUSE])
        if np.sqrt(np.mean(samples**2)) >= SILENT:
            found.setdefault(medium.group, []).append(samples)
    return {group: np.concatenate(runs) for group, runs in found.items()}


def place_voice(samples: Samples) -> Points:
    """The points (n, 256) of 3 s runs of speech, as the inspector hears them."""
    speaking = Speaking()
    heard = [*speaking.push(Sound(0, samples.copy(), RATE)), *speaking.flush()]
    return np.array([one.point for one in heard], np.float32).reshape(-1, SIZE)


def place_face(pictures: Iterator[Picture]) -> tuple[Points, NDArray[np.float64]]:
    """The points (n, 128) of the largest face, one a STEP, and its heights (n,) px."""
    looker, last = Looker(), -STEP
    points, heights = [], []
    for picture in pictures:
        if picture.at - last < STEP:
            continue
        last = picture.at
        for look in looker.push(picture):
            for sight in look.sights[:1]:
                points.append(embed_face(picture, sight.face.landmarks))
                heights.append(sight.face.height)
    return np.array(points, np.float32).reshape(-1, FACE_SIZE), np.array(heights)


def read_pictures(path: Path) -> Iterator[Picture]:
    """The pictures of a file."""
    return (moment for moment in read_excerpt(path, 0.0, LONGEST) if isinstance(moment, Picture))


def compress(pictures: Iterable[Picture], crf: int) -> Iterator[Picture]:
    """Through H.264 and back."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as out:
        stream = None
        for picture in pictures:
            high, wide = (side // 2 * 2 for side in picture.pixels.shape[:2])
            if stream is None:
                stream = out.add_stream("libx264", rate=25, options={"crf": str(crf)})
                stream.width, stream.height, stream.pix_fmt = wide, high, "yuv420p"
                stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
            whole = np.ascontiguousarray(picture.pixels[:high, :wide])
            frame = av.VideoFrame.from_ndarray(whole, format="rgb24")
            frame.pts, frame.time_base = picture.at * 1000 // SECOND, Fraction(1, 1000)
            out.mux(stream.encode(frame))
        if stream is not None:
            out.mux(stream.encode(None))
    file.seek(0)
    with av.open(file, "r") as back:
        for frame in back.decode(video=0):
            pixels = frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)
            yield Picture(int((frame.time or 0) * SECOND), pixels)
