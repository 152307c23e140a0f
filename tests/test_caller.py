"""What is known of a live caller: seals that follow the evidence, and pages that say anything."""

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import numpy as np
import pytest
from test_liveness import Answers

from bonaface.core import SECOND, Finding, Picture, Sound
from bonaface.errors import RequestRefused
from bonaface.forensics.caller import CallerCheck, Standing
from bonaface.forensics.inspector import Seen
from bonaface.forensics.liveness.abilities import Abilities
from bonaface.forensics.liveness.round import PATIENCE, Part
from bonaface.forensics.look import Look
from bonaface.marks.picture.mark import PictureMark
from bonaface.server.caller_page import read, write

SOFT = np.random.default_rng(3).integers(90, 160, (30, 40, 3)).astype(np.uint8)
SCENE = np.kron(SOFT, np.ones((8, 8, 1), np.uint8))  # (240, 320, 3) without a face


class Said:
    """An inspector that says the same of every picture."""

    def __init__(self, name: str, score: float | None) -> None:
        self.name, self._score = name, score

    def push(self, item: Seen) -> Iterator[Finding]:
        if isinstance(item, Look):
            yield Finding(item.at, item.at + 1, self.name, self._score, f"{self.name} speaks.")

    def flush(self) -> Iterator[Finding]:
        yield from ()

    def reset(self) -> None:
        pass


def shown(check: CallerCheck, seconds: float = 3, first: float = 0) -> Standing:
    """How it stands after some seconds of an empty room."""
    for i in range(round(seconds * 4)):
        check.see(Picture(int((first + i / 4) * SECOND), SCENE.copy()))
        check.hear(Sound(i * SECOND // 50, np.zeros(960, np.float32), 48_000))
    return check.standing(int((first + seconds) * SECOND))


def test_nothing_was_asked_and_nobody_is_there() -> None:
    check = CallerCheck((), Random(1))
    assert check.standing(0).seal.word == "No picture comes"
    stands = shown(check)
    assert (stands.seal.colour, stands.seal.word) == ("grey", "Not checked")
    assert stands.seen is not None
    assert check.standing(20 * SECOND).seal.word == "No picture comes"


@pytest.mark.parametrize(
    ("name", "score", "colour"),
    [
        ("artefacts", 0.99, "amber"),
        ("artefacts", 0.6, "grey"),
        ("artefacts", None, "grey"),
        ("reference-face", 0.99, "red"),
    ],
)
def test_a_seal_follows_what_lasts(name: str, score: float | None, colour: str) -> None:
    check = CallerCheck((Said(name, score),), Random(1))
    check.see(Picture(0, SCENE.copy()))
    assert check.standing(0).seal.colour == "grey", "one moment says nothing"
    stands = shown(check, first=1)
    assert stands.seal.colour == colour
    assert (f"{name} speaks." in stands.seal.reasons) == (colour != "grey")


def test_a_round_that_was_declined_leaves_nothing_behind() -> None:
    check = CallerCheck((), Random(1))
    shown(check)
    first = check.ask(Abilities(flashes=False, speaks=False, moves=False), 4 * SECOND)
    assert first is not None
    assert first.kind == "camera", "who can do nothing else is asked for this alone"
    check.begin(first.nonce, 4 * SECOND)
    with pytest.raises(RequestRefused):
        check.begin(first.nonce, 4 * SECOND)
    assert check.standing(4 * SECOND).asked
    check.decline()
    stands = check.standing(4 * SECOND)
    assert (stands.asked, stands.findings, stands.seal.word) == (
        False,
        (),
        "Not checked: declined",
    )


def test_a_round_ends_and_what_could_not_be_seen_is_unclear() -> None:
    check = CallerCheck((), Random(1))
    shown(check)
    asked = check.ask(Abilities(speaks=False), 4 * SECOND)
    kinds = []
    while asked is not None:
        kinds.append(asked.kind)
        check.begin(asked.nonce, 5 * SECOND)
        shown(check, 1, first=5)
        asked = check.go_on(6 * SECOND)
    assert set(kinds) == {"colour", "turn", "hand", "camera"}
    stands = check.standing(6 * SECOND)
    assert not stands.asked
    assert stands.seal.colour == "amber"
    assert stands.seal.word == f"Unclear: 0 of {len(kinds)} challenges"


def test_who_agrees_and_goes_silent_does_not_keep_the_host_waiting() -> None:
    check = CallerCheck((), Random(1))
    shown(check)
    asked = check.ask(Abilities(), 4 * SECOND)
    assert asked is not None
    check.begin(asked.nonce, 5 * SECOND)
    assert check.standing(5 * SECOND + asked.lasts + PATIENCE).asked
    stands = check.standing(6 * SECOND + asked.lasts + PATIENCE)
    assert not stands.asked
    assert len(stands.findings) == 1, "the challenge that was shown is judged"
    assert check.go_on(200 * SECOND) is None, "the page comes back too late"
    assert check.ask(Abilities(), 300 * SECOND) is not None


def ask_all(check: CallerCheck, abilities: Abilities, second: int) -> tuple[list[str], str]:
    """What a round asks, and the word of the seal after it."""
    asked, kinds = check.ask(abilities, second * SECOND), []
    while asked is not None:
        kinds.append(asked.nonce)
        check.begin(asked.nonce, second * SECOND)
        asked = check.go_on(second * SECOND)
    return sorted(kinds), shown(check, 1, first=second).seal.word


def test_who_is_asked_again_is_asked_what_was_unclear(monkeypatch: pytest.MonkeyPatch) -> None:
    def parts(**_: bool) -> tuple[Part, ...]:
        return tuple(
            Part(Answers(name, *odds))
            for name, odds in (("a", [-2]), ("b", [-2]), ("c", [None, -2]))
        )

    monkeypatch.setattr("bonaface.forensics.caller.draw_parts", parts)
    check = CallerCheck((), Random(1))
    shown(check)
    assert ask_all(check, Abilities(), 4) == (["a", "b", "c"], "Unclear: 2 of 3 challenges")
    assert ask_all(check, Abilities(), 8) == (["c"], "Checked: 3 of 3 challenges")
    assert ask_all(check, Abilities(), 12)[0] == ["a", "b", "c"], "it is clear: a round of its own"
    other = ask_all(check, Abilities(flashes=False), 16)[0]
    assert other == ["a", "b", "c"], "who cannot do the same is asked anew"


def test_a_face_of_ours_is_known_by_its_mark() -> None:
    mark, check = PictureMark(0xADA), CallerCheck((), Random(1))
    smooth = np.add.outer(np.arange(240), np.arange(320))[..., None] // 4 % 256
    plain = np.repeat(smooth, 3, 2).astype(np.uint8)
    for i in range(40):
        for marked in mark.push(Picture(i * SECOND // 8, plain.copy())):
            check.see(Picture(i * SECOND // 8, np.array(marked.pixels)))
    stands = check.standing(5 * SECOND)
    assert (stands.seal.colour, stands.seal.word) == ("amber", "Made by AI, and says so")
    assert "0000000000000ada" in stands.seal.reasons[0]


def acts(message: str) -> tuple[Callable[[], Any] | None, list[str]]:
    told: list[str] = []
    return read(message, CallerCheck((), Random(1)), 0, told.append), told


@pytest.mark.parametrize(
    "message",
    ["", "[]", "null", "{}", '{"type":[]}', '{"type":"ask"}', "[" * 99_999, '{"type":"agree"'],
)
def test_a_page_that_makes_no_sense_is_not_heard(message: str) -> None:
    assert acts(message)[0] is None


def test_a_page_agrees_and_is_told_what_to_do() -> None:
    act, told = acts('{"type":"agree","flashes":false,"speaks":false,"moves":false,"x":1}')
    assert act is not None
    act()
    said = json.loads(told[0])
    assert (said["type"], said["kind"]) == ("challenge", "camera")
    assert said["lasts"] > said["steps"][-1]["at"] >= 0
    for message in ('{"type":"begin","nonce":[1]}', '{"type":"camera","width":"x"}'):
        act, _ = acts(message)
        assert act is not None
        act()
    assert json.loads(write(None)) == {"type": "over"}
