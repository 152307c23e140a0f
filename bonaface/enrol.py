"""A person who said yes is enrolled: voice, face and motion are measured, nothing else is kept."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from bonaface.consent import ledger
from bonaface.consent.portrait import SAME_WITHIN, distance
from bonaface.consent.records import ConsentRecord, verify
from bonaface.core import SECOND, Picture
from bonaface.errors import ConsentDenied, UnreadableMedia
from bonaface.face.find import find_faces
from bonaface.face.identity import SAME, embed_face
from bonaface.face.region import Floats
from bonaface.forensics.look import Look, Looker
from bonaface.forensics.reference.file import PURPOSE, Likely, Reference, gather
from bonaface.forensics.reference.motion.following import Moved
from bonaface.forensics.reference.motion.moves import Moves, gather_moves
from bonaface.forensics.reference.motion.shapes import Shape
from bonaface.forensics.reference.motion.talking import Talker
from bonaface.forensics.reference.speaking import Speaking
from bonaface.media.excerpt import read_excerpt
from bonaface.media.files import look

LEAST_SPEECH: Final = 10.0  # s
LEAST_LOOKS: Final = 5  # one a second
LONGEST: Final = 600.0  # s of a file that are measured
LEAST: Final = 64  # px of a face
LEAST_WINDOWS: Final = 4  # of motion, 10 s of a talking face
MOVING: Final = 120.0  # s of a file in which motion is followed
SPREAD: Final = 0.75  # distance of two looks at one person, at most
ALIEN: Final = 0.25  # share of moments that may be of somebody else


def enrol(
    files: Sequence[Path],
    record: ConsentRecord,
    portrait: Picture | None = None,
    tell: Callable[[float], None] = lambda _: None,
) -> Reference:
    """Measure the person in these recordings, whom the consent record is about.

    The face must be that of the `portrait` of the record, and is left out without it. Raises
    ConsentDenied when the record does not allow it or names another face, UnreadableMedia when the
    recordings are not enough or show several.
    """
    _require_leave(record, portrait)
    points: list[Floats] = []
    spoken: list[tuple[Floats, float]] = []
    for i, file in enumerate(files):
        for face, voice, seconds in _measure(file):
            if face is not None:
                points.append(face)
            if voice is not None:
                spoken.append((voice, seconds))
        tell((i + 1) / len(files))
    face_place, voice_place = _face(points, portrait), _voice(spoken)
    if face_place is None and voice_place is None:
        raise UnreadableMedia(
            "Neither a voice nor a face could be measured.",
            f"Give {LEAST_SPEECH:.0f} seconds of clear speech, or {LEAST_LOOKS} seconds of a face "
            f"of {LEAST} pixels or more with --portrait; a minute of both is better.",
        )
    now = datetime.now(UTC).replace(microsecond=0)
    ids = (record.record_id, record.digest, record.terms.valid_until)
    moves = _moves(files) if face_place is not None and record.measures_motion else None
    return Reference(*ids, now, voice_place, face_place, moves)


def _require_leave(record: ConsentRecord, portrait: Picture | None) -> None:
    verify(record)
    if PURPOSE not in record.terms.purposes:
        raise ConsentDenied(
            f"This consent is for {', '.join(record.terms.purposes)}, not for {PURPOSE}.",
            "Ask the person, then record it: bonaface consent grant --purpose reference ...",
        )
    state = ledger.status(record.record_id, record.digest, datetime.now(UTC))
    if state != "active":
        raise ConsentDenied(f"This consent is {state}.", "Ask the person again.")
    if portrait is not None and distance(record.portrait.seen, portrait) > SAME_WITHIN:
        raise ConsentDenied("This consent is for another portrait.", "Give the one it names.")


Measured = tuple[Floats | None, Floats | None, float]


def _measure(file: Path) -> list[Measured]:
    """Points of faces, one a second, and of voices, one for each run of speech."""
    media = look(file)
    looker, speaking = Looker(stands=True), Speaking()
    found: list[Measured] = []
    seen = -SECOND
    for moment in read_excerpt(media.path, 0.0, LONGEST, lambda _: None):
        if not isinstance(moment, Picture):
            found.extend((None, one.point, one.seconds) for one in speaking.push(moment))
        elif moment.at - seen >= SECOND:
            seen = moment.at
            points = (_only_face(file, sight) for sight in looker.push(moment))
            found.extend((point, None, 0.0) for point in points if point is not None)
    found.extend((None, one.point, one.seconds) for one in speaking.flush())
    return found


def _only_face(file: Path, seen: Look) -> Floats | None:
    faces = [sight.face for sight in seen.sights if sight.human and sight.face.height >= LEAST]
    if len(faces) > 1:
        raise UnreadableMedia(
            f"{file.name} shows several people.", "Cut it so that only one person is in sight."
        )
    return embed_face(seen.picture, faces[0].landmarks) if faces else None


def _face(points: list[Floats], portrait: Picture | None) -> Likely | None:
    if len(points) < LEAST_LOOKS or portrait is None:  # a face that nobody vouches for is not kept
        return None
    place = gather(np.array(points), float(len(points)))
    if max(place.distance(point) for point in points) > SPREAD:
        raise UnreadableMedia(
            "These recordings show different faces.", "Enrol one person at a time."
        )
    faces = find_faces(portrait)
    if not faces or place.distance(embed_face(portrait, faces[0].landmarks)) > SAME:
        raise ConsentDenied(
            "The face in these recordings is not the one in the portrait of the consent.",
            "Only who said yes can be enrolled.",
        )
    return place


def _voice(spoken: list[tuple[Floats, float]]) -> Likely | None:
    seconds = sum(each for _, each in spoken)
    if seconds < LEAST_SPEECH:
        return None
    points = np.array([point for point, _ in spoken])
    place = gather(points, seconds)
    away = np.array([place.distance(point) for point in points])
    if (away > SPREAD).mean() > ALIEN:
        raise UnreadableMedia(
            "Several voices are heard in these recordings.", "Enrol one person at a time."
        )
    return place


def _moves(files: Sequence[Path]) -> Moves | None:
    """How the face moves in all files; None where it talks too little, or no model is here."""
    windows: list[Moved] = []
    shapes: list[Shape] = []
    for file in files:
        seen, said = _follow(file)
        windows += seen
        shapes += said
    if len(windows) < LEAST_WINDOWS:
        return None
    rate = float(np.median([one.rate for one in windows]))
    height = float(np.median([one.height for one in windows]))
    return gather_moves([one.features for one in windows], shapes, rate, height)


def _follow(file: Path) -> tuple[list[Moved], list[Shape]]:
    """Windows in which the face talks, and shapes of its mouth."""
    looker, talker = Looker(stands=True), Talker()
    windows: list[Moved] = []
    for moment in read_excerpt(file, 0.0, MOVING, lambda _: None):
        for seen in looker.push(moment) if isinstance(moment, Picture) else (moment,):
            windows += talker.push(seen)
    return [*windows, *talker.flush()], talker.shapes
