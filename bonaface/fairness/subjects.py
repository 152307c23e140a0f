"""What is audited on still pictures: finding, detectors, live callers, likenesses, references."""

from contextlib import suppress

from bonaface.core import Picture
from bonaface.errors import WeightsMissing
from bonaface.face.find import Face
from bonaface.face.human import is_human
from bonaface.fairness.audit import Subject
from bonaface.fairness.callers import REFUSED, ask_colours, ask_turn
from bonaface.fairness.likenesses import refuse
from bonaface.fairness.matches import relit
from bonaface.forensics.artefacts.inspector import SUSPECT, Artefacts, calibrate, frame
from bonaface.forensics.spectrum.inspector import LIMIT, Spectrum, cut_native


def list_subjects() -> list[Subject]:
    """Those whose models are on this machine."""
    subjects = [
        Subject("face finder", _misses, 0.5, "faces that were not found"),
        Subject("human or animal", _refuses, 0.5, "people taken for animals"),
        Subject("colour challenge", ask_colours, REFUSED, "people whose face shows no light"),
        Subject("head turn", ask_turn, REFUSED, "people whose turn is not seen"),
        Subject("likeness", refuse, 0.5, "people whose photo is refused"),
        Subject("face in other light", relit, 0.5, "people called another in other light"),
    ]
    for open_one in (_blended, _redrawn):
        with suppress(WeightsMissing):
            subjects.append(open_one())
    return subjects


def _blended() -> Subject:
    detector = Artefacts()

    def judge(picture: Picture, face: Face | None) -> float | None:
        cut = frame(picture.pixels, face) if face else None
        return None if cut is None else calibrate(float(detector.score(cut.pixels[None])[0][0]))

    return Subject("traces of blending", judge, SUSPECT, "genuine faces called forged")


def _redrawn() -> Subject:
    inspector = Spectrum()

    def judge(picture: Picture, face: Face | None) -> float | None:
        cut = cut_native(picture.pixels, face) if face else None
        return None if cut is None else float(inspector.score(cut)[0] > LIMIT)

    return Subject("traces of a network", judge, 0.5, "genuine faces called redrawn")


def _misses(_: Picture, face: Face | None) -> float | None:
    return 1.0 if face is None else 0.0


def _refuses(picture: Picture, face: Face | None) -> float | None:
    return None if face is None else float(not is_human(picture, face))
