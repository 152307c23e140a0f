"""What bench/reference_motion.py looks at: films of people, and their own avatars that others move.

Each clip is followed as inspectors follow it. Whoever has a clip of ENOUGH seconds is enrolled, and
attacked: a likeness is built from one picture of the first half of their clip, and moved by others
before a camera, by themselves, or by somebody else's voice. What is made goes through H.264 (CRF
23) before it is looked at, and again (CRF 35, or 360 lines) where said. No picture is kept; the
landmarks are, where a folder for them is given. The consent lives as long as the process does.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Generic, TypeAlias, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from reference_media import compress, read_manifest
from seen import permit_fiction

from bonaface.avatar.likeness.build import build_likeness
from bonaface.avatar.manner import Manner
from bonaface.avatar.mimic.stage import Mimic
from bonaface.avatar.mouth.sound import SoundMouth
from bonaface.avatar.render.renderer import Renderer
from bonaface.core import SECOND, Picture, Sound, over
from bonaface.errors import PortraitRefused, UnreadableMedia
from bonaface.forensics.artefacts.crop import cut_face, sharpness
from bonaface.forensics.lipsync.mouth import measure_mouth
from bonaface.forensics.look import Looker
from bonaface.media.excerpt import RATE, read_excerpt
from bonaface.media.photos import read_photo

Floats: TypeAlias = NDArray[np.float64]
ENOUGH: Final = 4.3  # s of a clip that is enrolled by parts of it
LONGEST: Final = 8.0  # s of an attack
SHORTEST: Final = 2.9  # s of a clip that drives others
DRIVERS: Final = 6  # others that drive each avatar,
LONGER: Final = 4  # and more, whose clips have LONG s
LONG: Final = 5.0
ROOM: Final = 0.35  # of a tight crop's side, added around it
TIGHT: Final = 2.1  # heights of a face, below which a picture is a tight crop
REAL = "polimi-ispl-test-data-ffpp-original_sequences-youtube-c23-videos-004"
VOICES: Final = 2  # whose sound moves the avatar, of the drivers
SOUNDS: Final = 0.001  # RMS of a clip with sound
Made = TypeVar("Made")
REDRAWN = "polimi-ispl-test-data-ffpp-manipulated_sequences-NeuralTextures-c23-videos-004_982"
WAYS: Final = ("as it is", "CRF 35", "360p")
GENTLE: Final = ("mirrored", "darker", "smaller")  # and for films of people
SMALLER: Final = 0.6  # of the sides, where the face stays large enough


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One film, followed."""

    at: NDArray[np.int64]  # (n,) ns
    points: NDArray[np.float32]  # (n, 478, 3) px
    sharp: float  # median sharpness of the face
    size: tuple[int, int]  # of the picture: height, width
    samples: NDArray[np.float32]  # at RATE, from ns 0 on

    @property
    def seconds(self) -> float:
        """How long the face is seen."""
        return float(self.at[-1] - self.at[0]) / SECOND if len(self.at) else 0.0


def list_clips(media: Path) -> dict[str, Path]:
    """Films of people who talk, by name."""
    rows = [m for m in read_manifest(media) if m.kind == "talking" and m.label == "real"]
    clips = {Path(m.path).stem: media / m.path for m in rows}
    found = sorted((media / "fakes").glob(f"{REAL}.*"))
    return clips | ({REAL: found[0]} if found else {})


def read_redrawn(media: Path, folder: Path | None) -> Track | None:
    """REAL with its mouth redrawn (NeuralTextures, FaceForensics++), where it is here."""
    path = media / "fakes" / f"{REDRAWN}.mp4"
    if not path.exists():
        return None
    return measured(lambda: follow(*read_film(path)), "redrawn", folder)


def follow(pictures: Iterable[Picture], samples: NDArray[np.float32]) -> Track:
    """Follow the largest face."""
    looker, at, points, sharp, size = Looker(), [], [], [], (0, 0)
    for picture in pictures:
        size = (picture.pixels.shape[0], picture.pixels.shape[1])
        for look in looker.push(picture):
            for sight in look.sights[:1]:
                at.append(picture.at)
                points.append(sight.face.landmarks)
                if len(at) % 12 == 1:
                    cut = cut_face(picture.pixels, sight.face.landmarks, 160, 0.06)
                    sharp.append(sharpness(cut.pixels) if cut is not None else 0.0)
    stacked = np.array(points, np.float32).reshape(-1, 478, 3)
    middle = float(np.median(sharp)) if sharp else 0.0
    return Track(np.array(at, np.int64), stacked, middle, size, samples)


def read_film(path: Path, most: float = 60.0) -> tuple[list[Picture], NDArray[np.float32]]:
    """Pictures as inspectors get them, and sound at RATE from ns 0 on."""
    moments = list(read_excerpt(path, 0.0, most))
    sounds = [one for one in moments if isinstance(one, Sound)]
    end = max((one.until for one in sounds), default=0)
    samples = np.zeros(end * RATE // SECOND + RATE, np.float32)
    for one in sounds:
        first = one.at * RATE // SECOND
        samples[first : first + len(one.samples)] = one.samples
    return [one for one in moments if isinstance(one, Picture)], samples


def worsen(way: str, pictures: Iterable[Picture]) -> Iterator[Picture]:
    """Through one of WAYS or GENTLE."""
    if way == "CRF 35":
        return compress(pictures, 35)
    if way == "360p":
        return compress(map(_small, pictures), 28)
    if way in GENTLE:
        return compress((_otherwise(way, one) for one in pictures), 23)
    return iter(pictures)


def _otherwise(way: str, picture: Picture) -> Picture:
    pixels = picture.pixels
    if way == "mirrored":
        pixels = pixels[:, ::-1]
    elif way == "darker":
        pixels = (255 * (pixels / 255.0) ** 1.6 * 0.7).astype(np.uint8)
    else:
        pixels = cv2.resize(pixels, None, fx=SMALLER, fy=SMALLER, interpolation=cv2.INTER_AREA)
    return Picture(picture.at, np.ascontiguousarray(pixels))


def _small(picture: Picture) -> Picture:
    high, wide = picture.pixels.shape[:2]
    if high <= 360:
        return picture
    size = (2 * round(wide * 180 / high), 360)
    return Picture(picture.at, cv2.resize(picture.pixels, size, interpolation=cv2.INTER_AREA))


def build_avatar(pictures: list[Picture], track: Track, photo: Path) -> Renderer | None:
    """A likeness of one picture of the first half, the straightest with shut lips."""
    half = track.at[0] + (track.at[-1] - track.at[0]) // 2
    mouths = [measure_mouth(int(at), 0, p) for at, p in zip(track.at, track.points, strict=True)]
    poor = [m.opening * 10 + abs(m.turn) / 30 for m in mouths if m.at < half]
    at = int(track.at[int(np.argmin(poor))])
    pixels = next(one.pixels for one in pictures if one.at == at)
    high = pixels.shape[0]
    room = round(ROOM * high) if high < TIGHT * np.ptp(track.points[0, :, 1]) else 0
    framed = cv2.copyMakeBorder(pixels, room, room, room, room, cv2.BORDER_REPLICATE)
    less = max(1.0, high / 1080)
    framed = cv2.resize(framed, None, fx=1 / less, fy=1 / less, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(photo), cv2.cvtColor(framed, cv2.COLOR_RGB2BGR))
    portrait = read_photo(photo)
    try:
        likeness = build_likeness(portrait)
    except PortraitRefused as refused:
        print(f"no avatar: {refused}")
        return None
    finally:
        leave = permit_fiction(photo, portrait)  # in a ledger of this process's own
        photo.unlink()
    return Renderer(likeness, leave)


def mimic_film(renderer: Renderer, pictures: Iterable[Picture]) -> Iterator[Picture]:
    """The avatar does what somebody does before a camera."""
    mimic = Mimic()
    for picture in pictures:
        for pose in mimic.push(picture):
            yield Picture(picture.at, renderer.draw(pose))


def speak_sound(renderer: Renderer, samples: NDArray[np.float32], seed: int) -> Iterator[Picture]:
    """The avatar speaks what is heard, with a life of its own."""
    lips = over(SoundMouth(), [Sound(0, samples.copy(), RATE)])
    for pose in over(Manner("warm", 25, seed), lips):
        yield Picture(pose.at, renderer.draw(pose))


def measured(make: Callable[[], Track], name: str, folder: Path | None) -> Track:
    """From the folder where it is there, else made, and kept there."""
    file = folder / f"{name}.npz" if folder else None
    if file is not None and file.exists():
        with np.load(file) as kept:
            size = (int(kept["size"][0]), int(kept["size"][1]))
            rows = kept["at"], kept["points"].astype(np.float32)
            return Track(*rows, float(kept["sharp"]), size, kept["samples"])
    track = make()
    if file is not None:
        np.savez(
            file,
            at=track.at,
            points=track.points,
            sharp=np.array(track.sharp),
            size=np.array(track.size),
            samples=track.samples,
        )
    return track


def read_tracks(media: Path, folder: Path | None) -> dict[str, dict[str, Track]]:
    """Films of people: name to way to track."""
    found: dict[str, dict[str, Track]] = {}
    for name, path in list_clips(media).items():
        for way in (*WAYS, *GENTLE):

            def make(path: Path = path, way: str = way) -> Track:
                try:
                    pictures, samples = read_film(path)
                except UnreadableMedia:
                    return follow((), np.zeros(0, np.float32))
                return follow(worsen(way, pictures), samples)

            found.setdefault(name, {})[way] = measured(make, f"film {name} {way}", folder)
    return found


def choose_drivers(target: str, tracks: dict[str, dict[str, Track]]) -> list[str]:
    """Others who move an avatar: drawn by the target's name, the same each time."""
    seconds = {name: by[WAYS[0]].seconds for name, by in sorted(tracks.items())}
    able = [name for name, long in seconds.items() if name != target and long >= SHORTEST]
    seed = int.from_bytes(target.encode()[-4:], "big")
    drawn = np.random.default_rng(seed).permutation(able).tolist()
    longer = [name for name in drawn[DRIVERS:] if seconds[name] >= LONG]
    return [*sorted(drawn[:DRIVERS]), *longer[:LONGER]]


def read_attacks(
    media: Path, tracks: dict[str, dict[str, Track]], target: str, folder: Path | None
) -> Iterator[tuple[str, str, str, Track]]:
    """Kind, who drives, way and track of the attacks on one person."""
    clip, plain = list_clips(media)[target], tracks[target][WAYS[0]]
    drivers = choose_drivers(target, tracks)
    jobs = [("self", target)] + [("other", one) for one in drivers]
    jobs += [("voice", one) for one in drivers[:VOICES] if _sounds(tracks[one][WAYS[0]])]
    with TemporaryDirectory() as place:
        renderer = Lazy(lambda: build_avatar(read_film(clip)[0], plain, Path(place) / "photo.png"))
        for kind, driver in jobs:
            source = list_clips(media)[driver]
            drawn = Lazy(partial(_draw, renderer, kind, source))
            for way in WAYS:
                make = partial(_follow_drawn, drawn, way, tracks[driver][WAYS[0]].samples)
                track = measured(make, f"{kind} {target} {driver} {way}", folder)
                if len(track.at):
                    yield kind, driver, way, track


def _sounds(track: Track) -> bool:
    return float(np.sqrt(np.mean(track.samples**2))) > SOUNDS


def _draw(renderer: "Lazy[Renderer | None]", kind: str, source: Path) -> list[Picture]:
    """An attack, through H.264."""
    drawer = renderer.get()
    if drawer is None:
        return []
    pictures, samples = read_film(source, LONGEST)
    if kind == "voice":
        made = speak_sound(drawer, samples[: int(LONGEST * RATE)], len(source.stem))
    else:
        made = mimic_film(drawer, pictures)
    return list(compress(made, 23))


def _follow_drawn(drawn: "Lazy[list[Picture]]", way: str, samples: NDArray[np.float32]) -> Track:
    return follow(worsen(way, drawn.get()), samples[: int(LONGEST * RATE)])


class Lazy(Generic[Made]):
    """What is made when it is first asked for."""

    def __init__(self, make: Callable[[], Made]) -> None:
        self._make = make
        self._made: list[Made] = []

    def get(self) -> Made:
        """Make it, once."""
        if not self._made:
            self._made.append(self._make())
        return self._made[0]
