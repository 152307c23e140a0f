"""Live credentials: what is signed, what holds, and what each attack is called."""

import hashlib
import io
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import c2pa
import pytest
from films import LENGTH, later, make_statement, pour, reel
from streams import TICKS, Day, Made, beginning, fetch, flip, follow, problems, save, segment

from bonaface.consent.records import revoke
from bonaface.core import SECOND
from bonaface.errors import ConsentDenied, ConsentMissing
from bonaface.forensics.segments.stream import check_stream
from bonaface.marks.credentials.files import Statement
from bonaface.marks.live import cbor, cose
from bonaface.marks.live.beginning_reader import read_beginning
from bonaface.marks.live.boxes import SCHEME, box, is_signature, walk
from bonaface.marks.live.follow import Follower
from bonaface.marks.live.leave import LATE, Leave
from bonaface.marks.live.segment_reader import Problem, read_info
from bonaface.marks.live.session_key import LASTS, USED
from bonaface.marks.live.track import now
from bonaface.marks.signers import keys
from bonaface.media.broadcast.hls import Hls

pytestmark = pytest.mark.usefixtures("home")


def event_at(data: bytes) -> tuple[int, int]:
    """Where the signature's box begins and ends."""
    (one,) = (one for one in walk(data) if is_signature(one))
    return one.at, one.at + len(one.data)


# What is signed


def test_the_beginning_is_trusted_and_says_what_a_file_says() -> None:
    made = Made().go_on()
    known = read_beginning(made.beginnings[0])
    assert known.credentials.state == "trusted"
    assert known.credentials.said.ai is True
    assert known.credentials.said.issuer == keys.ORGANISATION
    assert known.credentials.said.marks == (
        ("org.bonaface.picture.1", made.statement.picture_mark),
        ("org.bonaface.sound.1", made.statement.sound_mark),
    )
    assert made.statement.permit is not None
    assert known.credentials.said.consent is not None
    assert known.credentials.said.consent.record_id == made.statement.permit.record_id
    reader = c2pa.Reader("video/mp4", io.BytesIO(made.beginnings[0]))
    (manifest,) = json.loads(reader.json())["manifests"].values()
    labels = {one["label"] for one in manifest["assertions"]}
    assert {"c2pa.actions.v2", "c2pa.ai-disclosure", "cawg.training-mining"} < labels
    assert {"c2pa.soft-binding", "c2pa.session-keys", "c2pa.hash.bmff.v3"} < labels
    actions = next(
        one["data"]["actions"] for one in manifest["assertions"] if "actions" in one["data"]
    )
    names = [one["action"] for one in actions]
    assert names == ["c2pa.created", "c2pa.watermarked.bound", "c2pa.watermarked.bound"]
    assert actions[0]["digitalSourceType"].endswith("/trainedAlgorithmicMedia")


def test_segments_hold_and_cost_little() -> None:
    made = Made().go_on(5)
    assert problems(follow(made.beginnings, made.segments)) == [None] * 5
    for number, signed in enumerate(made.segments, 1):
        assert len(signed) - len(segment(number)) <= 450
        begin, end = event_at(signed)
        assert signed[:begin] + signed[end:] == segment(number), "and nothing else is changed"


def test_nothing_is_signed_without_leave() -> None:
    statement, record = make_statement()
    made = Made(statement).go_on()
    revoke(record, now())
    made.day.pass_(minutes=51)
    with pytest.raises(ConsentDenied):
        made.go_on()  # it needs another key
    with pytest.raises(ConsentDenied):
        Hls(statement)
    with pytest.raises(ConsentMissing):
        Hls(Statement(statement.made_at, None, None, "00" * 8, "00" * 4))


def test_a_key_lasts_an_hour_and_another_takes_over_before() -> None:
    made = Made().go_on(2)
    made.day.pass_(seconds=USED.total_seconds())
    made.go_on(2)
    first, second = map(read_beginning, made.beginnings)
    assert set(first.keys or ()).isdisjoint(second.keys or ())
    for known, number in ((first, 1), (second, 3)):
        ((key,),) = ((known.keys or {}).values(),)
        assert key.ends - key.begins == LASTS
        assert key.first == number
    assert (second.stream, second.track) == (first.stream, first.track)
    assert problems(follow(made.beginnings, made.segments)) == [None] * 4


def test_the_card_is_signed_as_a_card() -> None:
    made = Made().go_on(1).go_on(1, "card")
    known = read_beginning(made.beginnings[1])
    assert known.credentials.state == "trusted"
    assert known.credentials.said.ai is None, "no model made it"
    assert known.consent_ended
    assert problems(follow(made.beginnings, made.segments)) == [None, None]


def test_there_is_no_personal_data_in_it() -> None:
    made = Made().go_on(1)
    for data in (made.beginnings[0], made.segments[0]):
        assert b"Hopper" not in data
        assert b"Grace" not in data


# Attacks. Each takes what was signed, and a stream besides, and gives what a player gets.

Attack = Callable[[list[bytes], list[bytes]], list[bytes]]
ATTACKS: dict[str, tuple[Attack, list[Problem | None]]] = {
    "a byte of the media": (
        lambda own, _: [own[0], flip(own[1], len(own[1]) - 9), *own[2:]],
        [None, "changed", "gap", None, None],
    ),
    "a byte of the signature": (
        lambda own, _: [flip(own[0], event_at(own[0])[1] - 9), *own[1:]],
        ["changed", None, None, None, None],
    ),
    "a byte of what is signed": (
        lambda own, _: [flip(own[0], own[0].index(b"sequenceNumber")), *own[1:]],
        ["changed", None, None, None, None],
    ),
    "a byte of the number in the fragment": (
        lambda own, _: [flip(own[0], own[0].index(b"mfhd") + 11), *own[1:]],
        ["changed", None, None, None, None],
    ),
    "one is dropped": (lambda own, _: own[:2] + own[3:], [None, None, "gap", None]),
    "two are swapped": (
        lambda own, _: [own[0], own[2], own[1], *own[3:]],
        [None, "gap", "swapped", None, None],
    ),
    "one is replayed": (
        lambda own, _: [*own[:3], own[1], *own[3:]],
        [None, None, None, "replayed", None, None],
    ),
    "one of another stream": (
        lambda own, other: [*own[:2], other[2], *own[3:]],
        [None, None, "foreign", "gap", None],
    ),
    "one is cut short": (
        lambda own, _: [own[0], own[1][:-7], *own[2:]],
        [None, "cut-short", "gap", None, None],
    ),
    "one is not signed": (
        lambda own, _: [own[0], segment(2), *own[2:]],
        [None, "unsigned", "gap", None, None],
    ),
    "one has two signatures": (
        lambda own, _: [own[0][: event_at(own[0])[1]] + own[0][event_at(own[0])[0] :], *own[1:]],
        ["changed", None, None, None, None],
    ),
    "something is added in a box of its own": (
        lambda own, _: [own[0] + b"\0\0\0\x0cfreehide", *own[1:]],
        ["changed", None, None, None, None],
    ),
    "the signature of another segment": (
        lambda own, _: [own[0], graft(own[1], own[2]), *own[2:]],
        [None, "changed", "gap", None, None],
    ),
}


def graft(onto: bytes, source: bytes) -> bytes:
    """A segment with the signature of another."""
    (a, b), (c, d) = event_at(onto), event_at(source)
    return onto[:a] + source[c:d] + onto[b:]


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_attack_has_a_name(attack: str) -> None:
    make, expected = ATTACKS[attack]
    statement = make_statement()[0]
    own = Made(statement).go_on(5)
    other = Made(statement, stream="two").go_on(5)
    seen = follow(own.beginnings, make(own.segments, other.segments))
    assert problems(seen) == expected
    assert all(one.text for one in seen if one.problem), "and a sentence"


def test_the_other_track_is_foreign_too() -> None:
    statement = make_statement()[0]
    own, other = (Made(statement, track=one).go_on(2) for one in ("sound", "picture"))
    seen = follow(own.beginnings, [own.segments[0], other.segments[1]])
    assert problems(seen) == [None, "foreign"]


def test_a_beginning_of_another_stream_is_foreign() -> None:
    statement = make_statement()[0]
    own, other = (Made(statement, stream=one).go_on(2) for one in ("one", "two"))
    assert problems(follow(other.beginnings, own.segments)) == ["foreign", "foreign"]
    follower = Follower()
    assert follower.begin("a", own.beginnings[0]).problem is None
    assert follower.begin("b", other.beginnings[0]).problem == "foreign"
    assert follower.follow("c", other.segments[0]).problem == "foreign"


def test_a_changed_beginning_vouches_for_nothing() -> None:
    made = Made().go_on(1)
    whole = made.beginnings[0]
    for at in (whole.index(b"mvhd") + 20, whole.index(b"minSequenceNumber") + 17, len(whole) - 3):
        follower = Follower()
        assert follower.begin("begin", flip(whole, at)).problem == "unproven"
        assert follower.follow("segment", made.segments[0]).problem == "unproven"
    assert problems(follow([beginning()], made.segments)) == ["unproven"]
    assert problems(follow([whole[:900]], made.segments)) == ["unproven"]


def test_an_ended_key_signs_nothing() -> None:
    """Its thief signs on, with the true time and the true beginning."""
    made = Made().go_on(1)
    made.day.pass_(minutes=49)
    made.go_on(1)
    made.day.pass_(minutes=20)
    begin = made.signer._begin
    assert begin is not None
    stolen = sign_on(made, begin)
    assert problems(follow(made.beginnings, [*made.segments, stolen])) == [None, None, "ended-key"]


def sign_on(made: Made, begin: Any) -> bytes:
    from bonaface.marks.live.segment import Place, sign_segment  # noqa: PLC0415 only here

    number = len(made.segments) + 1
    place = Place(number, 2 * TICKS, TICKS)
    return sign_segment(segment(number), place, begin.manifest, begin.key, made.day())


def test_another_key_than_the_stated_one_is_named() -> None:
    from dataclasses import replace  # noqa: PLC0415 only here

    from bonaface.marks.live.session_key import make_session_key  # noqa: PLC0415

    made = Made().go_on(1)
    assert made.signer._begin is not None
    own = replace(made.signer._begin, key=make_session_key(1, made.day()))
    assert problems(follow(made.beginnings, [sign_on(made, own)])) == ["unknown-key"]
    same_id = replace(own.key, kid=made.signer._begin.key.kid)
    forged = replace(own, key=same_id)
    assert problems(follow(made.beginnings, [sign_on(made, forged)])) == ["changed"]


def test_yesterdays_stream_is_not_live() -> None:
    day = Day()
    day.pass_(days=-1)
    made = Made(day=day)
    made.statement = make_statement()[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bonaface.marks.live.track.TrackSigner._require_leave", lambda *_: None)
        made.go_on(2)
    follower = Follower(Day())
    follower.begin("begin", made.beginnings[0])
    assert follower.follow("segment", made.segments[0]).problem == "stale"


def test_garbage_is_answered_and_never_raised() -> None:
    made = Made().go_on(1)
    whole, begin = made.segments[0], event_at(made.segments[0])[0]
    follower = Follower()
    follower.begin("begin", made.beginnings[0])
    for at in range(begin, event_at(whole)[1]):
        assert follower.follow("x", flip(whole, at)).problem is not None
    for data in (b"", b"\0", bytes(64), b"\0\0\0\1moof" + b"\xff" * 8, whole[:100]):
        assert follower.follow("x", data).problem in {"cut-short", "unsigned"}
        assert follower.begin("x", data).problem == "unproven"


def test_odd_signatures_are_answered_too() -> None:
    """What a stranger may write there: the right shape, and odd things in it."""
    made = Made().go_on(1)
    follower = Follower()
    follower.begin("begin", made.beginnings[0])
    good = {"exclusions": [], "alg": "sha256", "hash": 1 << 60}
    form = {"xpath": "/emsg", "data": [{"offset": 12, "value": SCHEME}]}
    bindings: list[Any] = [None, 7, [], good, good | {"exclusions": [form]}, good | {"alg": 1}]
    exclusions: list[Any] = [None, 5, ["x"], [[]], [{"data": 3}]]
    bindings += [good | {"exclusions": odd} for odd in exclusions]
    right = {"exclusions": [form], "alg": "sha256", "hash": bytes(32)}
    infos: list[Any] = [
        {"sequenceNumber": 1, "manifestId": "", "bmffHash": one} for one in bindings
    ]
    infos += [{"sequenceNumber": "1", "manifestId": "", "bmffHash": right}, [], "", 5]
    for info in infos:
        assert follower.follow("x", put(made.segments[0], info, 0)).problem == "changed"
    info = {"sequenceNumber": 1, "manifestId": "", "bmffHash": right}
    times: list[Any] = [1 << 63, -(1 << 62), "now", None, []]
    for at in times:
        assert follower.follow("x", put(made.segments[0], info, at)).problem == "changed"
    assert follower.follow("x", put(made.segments[0], info, 0)).problem == "foreign"


def put(whole: bytes, info: Any, at: Any) -> bytes:
    """A segment with a signature of a stranger's."""
    begin, end = event_at(whole)
    signed = cose.sign1({1: -8, "iat": at}, {}, cbor.write(info), lambda _: bytes(64))
    fixed = whole[begin + 8 :][: 4 + len(SCHEME) + 6 + 16]
    return whole[:begin] + box(b"emsg", fixed, cbor.write(signed)) + whole[end:]


# Consent that ends while it runs


def test_leave_is_judged_once_for_both_tracks() -> None:
    statement, record = make_statement()
    assert statement.permit is not None
    leave = Leave(statement.permit)
    assert leave.judge(1, 0, 2 * SECOND) == "face"
    revoke(record, now())
    assert leave.judge(1, 0, 2 * SECOND) == "face", "it was judged before"
    leave.ask(3 * SECOND)
    assert leave.judge(2, 2 * SECOND, 4 * SECOND) == "held"
    assert leave.judge(3, 4 * SECOND, 6 * SECOND) == "card"
    late = Leave(statement.permit)
    late.ask(4 * SECOND - LATE // 2)
    assert late.judge(3, 4 * SECOND, 6 * SECOND) == "held", "the face may still be in it"
    busy = Leave(statement.permit, 2 * SECOND)
    busy.ask(3 * SECOND)
    assert busy.judge(3, 4 * SECOND, 6 * SECOND) == "held", "it may have waited in between"
    assert busy.judge(4, 6 * SECOND, 8 * SECOND) == "card"


def test_a_revoked_consent_withdraws_the_face(tmp_path: Path) -> None:
    statement, record = make_statement()
    hls = Hls(statement)
    pour(hls, reel(times=1))
    wait_for(lambda: hls.find("picture-1.m4s") is not None and hls.find("sound-1.m4s") is not None)
    assert hls.find("picture-1.m4s") is not None
    before = hls.find("picture-begin-0.mp4")
    revoke(record, now())
    pour(hls, (later(item, LENGTH) for item in reel(times=2)))
    hls.end()
    assert hls.wait(20)
    for name in ("picture-1.m4s", "sound-1.m4s", "picture-begin-0.mp4"):
        assert hls.find(name) is None, "what shows the face is not given away any more"
    listed = fetch(hls, "picture.m3u8").decode()
    assert listed.count("#EXT-X-MAP") == 1
    assert "#EXT-X-DISCONTINUITY\n" in listed
    save(hls, tmp_path)
    report = check_stream(tmp_path)
    assert [track.broken for track in report.tracks] == [[], []]
    assert report.consent == "revoked"
    assert any("consent ended" in reason for reason in report.verdict.reasons)
    assert before is not None
    assert sequence(hls, "picture") == sequence(hls, "sound"), "both tracks go on together"


def sequence(hls: Hls, track: str) -> list[str]:
    text = fetch(hls, f"{track}.m3u8").decode()
    return re.findall(r"#EXT-X-(?:DISCONTINUITY|MEDIA)-SEQUENCE:\d+", text)


def wait_for(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not true() and time.monotonic() < until:
        time.sleep(0.01)


def test_hashes_cover_every_box_at_its_place() -> None:
    """The hash of section 18.6.2, computed by hand."""
    signed = Made().go_on(1).segments[0]
    hasher = hashlib.sha256()
    for one in walk(signed):
        if not is_signature(one):
            hasher.update(one.at.to_bytes(8, "big") + bytes(one.data))
    assert read_info(signed).hashed == hasher.digest()
