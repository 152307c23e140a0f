"""What the audit asks of stills: simulated callers, likenesses, faces against faces."""

import cv2
import numpy as np
import pytest

from bonaface.core import Picture
from bonaface.face.find import Face, find_faces
from bonaface.fairness import callers, matches
from bonaface.fairness.likenesses import refuse
from bonaface.fairness.matches import ALIKE, ANYBODY, OWN, Gallery, relit
from bonaface.fairness.rates import Audit, Rate, sum_up
from bonaface.fairness.scene import shine
from bonaface.fairness.table import Table


@pytest.fixture(scope="module")
def face(photo: Picture) -> Face:
    return find_faces(photo)[0]


def test_light_of_the_screen_is_seen_and_its_absence_too(
    photo: Picture, face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    lit = callers.ask_colours(photo, face)
    assert lit is not None
    assert lit < 0.2

    monkeypatch.setattr(
        callers, "shine", lambda pixels, _, where, __: shine(pixels, None, where, 0)
    )
    unlit = callers.ask_colours(photo, face)
    assert unlit is not None
    assert unlit > 0.5


def test_a_turn_is_seen_and_its_absence_too(
    photo: Picture, face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    turned = callers.ask_turn(photo, face)
    assert turned is not None
    assert turned < 0.5
    monkeypatch.setattr(callers, "turn_head", lambda pixels, _, __: pixels)
    still = callers.ask_turn(photo, face)
    assert still is not None
    assert still > 0.5


def test_a_face_that_is_too_dark_to_judge_counts_as_refused(photo: Picture, face: Face) -> None:
    assert callers.ask_colours(Picture(0, photo.pixels // 24), face) == 1.0


def test_where_no_face_is_nothing_is_asked(photo: Picture) -> None:
    for ask in (callers.ask_colours, callers.ask_turn, refuse, relit):
        assert ask(photo, None) is None


def test_a_sharp_photo_is_built_and_a_blurred_one_refused(photo: Picture, face: Face) -> None:
    assert refuse(photo, face) == 0.0
    blurred = Picture(0, cv2.GaussianBlur(photo.pixels, (0, 0), 12))
    assert refuse(blurred, face) == 1.0


def test_the_same_picture_in_other_light_is_the_same_person(
    photo: Picture, face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    score = relit(photo, face)
    assert score is not None
    assert score < 0.5
    points = iter([np.zeros(128), np.full(128, 1.0), np.full(128, 1.0)])
    monkeypatch.setattr(matches, "embed_face", lambda *_: next(points))
    assert (relit(photo, face) or 0) > 0.9


@pytest.fixture
def gallery(photo: Picture, face: Face, monkeypatch: pytest.MonkeyPatch) -> Gallery:
    """Forty women who look alike to the network and forty men who do not; all of one age."""
    count = iter(range(80))

    def embed(*_: object) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        point = np.zeros(128, np.float32)
        i = next(count)
        point[i if i >= 40 else 0] = 1.0
        return point

    dice = np.random.default_rng(1)
    monkeypatch.setattr(matches, "embed_face", embed)
    monkeypatch.setattr(matches, "hash_seen", lambda _: dice.bytes(32).hex())
    found = Gallery()
    for i in range(80):
        groups = {"sex": "female" if i < 40 else "male", "age": "30-44"}
        found.add(photo, face, groups, f"p{i // 2}" if i < 40 else "")
    return found


def test_who_is_let_in_is_counted_by_group(gallery: Gallery) -> None:
    found = {one.subject: one for one in gallery.compare()}
    alike = {rate.group: rate.rate for rate in found[ALIKE].rates["sex"]}
    assert alike == {"female": 1.0, "male": 0.0}
    anybody = {rate.group: rate.rate for rate in found[ANYBODY].rates["sex"]}
    assert 0.2 < anybody["female"] < 0.8  # half of all are the alike ones
    assert anybody["male"] == 0.0
    own = {rate.group: rate for rate in found[OWN].rates["sex"]}
    assert (own["female"].count, own["female"].rate) == (20, 0.0)  # people of two pictures each
    assert found[ALIKE].beyond(0.02) > 0.8  # all of 20 people, none of 40: no less


def test_the_same_photo_is_nobody_else(photo: Picture, face: Face) -> None:
    found = Gallery()
    for _ in range(2):
        found.add(photo, face, {"sex": "female"})
    assert [(one.subject, one.count) for one in found.compare()] == [(ALIKE, 0), (ANYBODY, 0)]


def test_a_blurred_face_is_not_compared(photo: Picture, face: Face) -> None:
    assert relit(Picture(0, cv2.GaussianBlur(photo.pixels, (0, 0), 12)), face) is None


def audit_of(*rates: Rate) -> Audit:
    return Audit("test", "wrong", 0, 1.0, {"sex": rates}, {"sex": {"worst": 0.0}})


def test_gaps_count_as_far_as_they_are_known() -> None:
    sure = Rate("a", 900, 0.01, 0.005, 0.02), Rate("b", 900, 0.05, 0.035, 0.065)
    assert audit_of(*sure).beyond(0.02) == pytest.approx(0.04)
    few = Rate("b", 30, 0.10, 0.0, 0.22)  # three of thirty: may be chance
    assert audit_of(sure[0], few).beyond(0.02) == 0.0
    many = Rate("b", 30, 0.50, 0.32, 0.68)  # fifteen of thirty are not
    assert audit_of(sure[0], many).beyond(0.02) == pytest.approx(0.31, abs=1e-3)


def test_shares_are_rates() -> None:
    table = Table()
    for _ in range(40):
        table.tell(0.25, 0.25, {"sex": "female"})
    (rate,) = sum_up("test", "wrong", table).rates["sex"]
    assert (rate.count, rate.rate) == (40, 0.25)
