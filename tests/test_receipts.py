"""Receipts of live calls: written, believed or refused, and frames found in them."""

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import receipt_vectors as vectors
from browser import decode
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from receipt_calls import counted, play, tally_cases
from receipt_vectors import FILE, Line, answer, digest_cases, own_keys
from stage import make_cast

from bonaface.consent import ledger
from bonaface.core import SECOND
from bonaface.errors import ConsentDenied, ReceiptRefused
from bonaface.marks.receipts import jws
from bonaface.marks.receipts.look import ALIKE, distance, hash_grey, look_at
from bonaface.marks.receipts.notary import Notary
from bonaface.marks.receipts.reader import ReceiptReader
from bonaface.marks.receipts.receipt import Track, digest_frame, read, write
from bonaface.marks.signers import signing
from bonaface.marks.signers.signer import local_key
from bonaface.media.photos import read_photo

VECTORS = json.loads(FILE.read_text())
PAGE = Path(__file__).parent.parent / "bonaface" / "server" / "page"
PICTURES = Track("video", "H264", 700_000)


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    @property
    def ms(self) -> int:
        return int(self.now.timestamp() * 1000)


@pytest.mark.parametrize("case", VECTORS["readings"], ids=lambda case: case["name"])
def test_a_reader_believes_or_says_why_not(case: dict[str, Any]) -> None:
    assert answer(case) == [wanted for _, _, wanted in case["steps"]]


def test_the_vectors_are_of_this_format() -> None:
    """Fresh keys, the same answers: the file was not left behind."""
    for case, kept in zip(vectors.reading_cases(), VECTORS["readings"], strict=True):
        assert case["name"] == kept["name"]
        assert answer(case) == answer(kept), case["name"]


@pytest.mark.parametrize("case", tally_cases(), ids=lambda case: case["name"])
def test_a_relay_is_found_out(case: dict[str, Any]) -> None:
    seal = play(case).seal(case["at"])
    assert f"{seal.colour} {seal.why}" == case["seal"]


def test_what_is_lost_on_the_way_is_counted() -> None:
    (case,) = (one for one in tally_cases() if one["name"] == "one in twenty is lost")
    tally = play(case)
    for kind, sent in (("video", 25 * 20), ("audio", 50 * 20)):
        match = tally.frames[kind]  # type: ignore[index]
        gone = sent - match.counts.checked
        settled = gone * 11 / 20  # eight seconds may still come
        assert 0.5 * settled < match.counts.lost <= gone
        assert match.counts.strange == 0


def test_digests_do_not_depend_on_how_units_are_put_together() -> None:
    assert [vectors.hexed(one["codec"], b64(one["data"])) for one in VECTORS["digests"]] == [
        one["digest"] for one in VECTORS["digests"]
    ]
    forms = [one["digest"] for one in digest_cases() if one["codec"] == "H264"]
    assert len(set(forms[:4])) == 1, "start codes, delimiters and filler do not count"
    assert forms[4] != forms[0], "one other byte does"


def b64(text: str) -> bytes:
    import base64  # noqa: PLC0415

    return base64.b64decode(text)


def test_a_notary_signs_what_is_sent(home: Path) -> None:  # noqa: ARG001
    cast, _ = make_cast()
    clock = Hand()
    notary = Notary(cast.permit, 77, clock)
    reader = ReceiptReader(notary.root, notary.naming.session)
    taken = []
    for second in range(3):
        for i in range(25):
            notary.note(PICTURES, bytes([0, 0, 0, 1, 0x41, second, i]), 90_000 * second + 3600 * i)
            notary.look(SECOND * second + i * SECOND // 25, np.full((64, 64, 3), i, np.uint8))
        taken += [reader.take(text, clock.ms) for text in notary.write(SECOND * (second + 1))]
        clock.now += timedelta(seconds=1)
    key, *receipts = taken
    assert key is None
    numbers = [one.receipt.number for one in receipts if one]
    assert numbers == [0, 1, 2]
    last = receipts[-1]
    assert last is not None
    ((track, frames),) = last.receipt.sent
    assert track == PICTURES
    assert [frame.pts for frame in frames] == [180_000 + 3600 * i for i in range(25)]
    assert frames[3].digest == digest_frame("H264", bytes([0, 0, 1, 0x41, 2, 3]))
    assert last.receipt.span == (2000, 3000)
    assert len(last.receipt.looks) == 1
    assert len(notary.since(0)) == 2
    assert notary.since(2) == []
    assert len(notary.since(-1)) == 3
    notary.rest()
    assert notary.since(-1) == []


def test_a_key_is_changed_before_its_hour_is_over(home: Path) -> None:  # noqa: ARG001
    cast, _ = make_cast()
    clock = Hand()
    notary = Notary(cast.permit, 77, clock)
    reader = ReceiptReader(notary.root, notary.naming.session)
    counts = []
    for minute in range(0, 130, 10):
        texts = notary.write(SECOND * 60 * minute)
        counts.append(len(texts))
        for text in texts:
            reader.take(text, clock.ms)
        newcomer = ReceiptReader(notary.root)
        for text in (*notary.statements, texts[-1]):
            newcomer.take(text, clock.ms)  # none has ended
        clock.now += timedelta(minutes=10)
    assert sum(count == 2 for count in counts) == 3, "one at once, and one each hour"
    assert reader.key is not None
    assert reader.key.until - reader.key.begins <= 3600


@pytest.mark.parametrize(("curve", "used"), [(ec.SECP256R1(), True), (ec.SECP384R1(), False)])
def test_a_key_elsewhere_vouches_if_pages_can_check_it(
    curve: ec.EllipticCurve,
    used: bool,
    home: Path,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = local_key(ec.generate_private_key(curve))
    monkeypatch.setattr(signing, "open_token", lambda: token)
    cast, _ = make_cast()
    notary, now = Notary(cast.permit, 77), int(datetime.now(UTC).timestamp() * 1000)
    reader = ReceiptReader(notary.root)
    for text in notary.write(SECOND):
        reader.take(text, now)
    header = json.loads(jws.from_text(notary.statements[0].partition(".")[0]))
    signer = x509.load_der_x509_certificate(b64(header["x5c"][0]))
    assert (signer.public_key() == token.public) == used


def test_nothing_is_signed_without_leave(home: Path) -> None:  # noqa: ARG001
    cast, record = make_cast()
    notary = Notary(cast.permit, 77)
    notary.write(SECOND)
    ledger.note_revocation(record.record_id, record.digest, datetime.now(UTC))
    with pytest.raises(ConsentDenied):
        notary.write(2 * SECOND)


def test_no_personal_data_is_in_a_receipt(home: Path) -> None:
    cast, record = make_cast()
    notary = Notary(cast.permit, 77)
    notary.note(PICTURES, b"\0\0\0\1\x41\1", 0)
    said = "".join(
        json.dumps(json.loads(jws.from_text(part)))
        for text in notary.write(SECOND)
        for part in text.split(".")[:2]
    )
    for word in re.findall(r"[A-Za-z]{4,}", record.terms.subject):
        assert word.lower() not in said.lower()
    for secret in (record.portrait.sha256, record.portrait.seen, record.salt, str(home)):
        assert secret not in said
    assert record.record_id in said
    names = {rdn.rfc4514_string() for rdn in own_names(notary)}
    assert all(
        re.fullmatch(r"O=Bonaface.*|CN=Bonaface (root|signer) [0-9a-f]{8}", one) for one in names
    )


def own_names(notary: Notary) -> list[Any]:
    """What the certificates in the statement call their owners."""
    header = json.loads(jws.from_text(notary.statements[0].split(".")[0]))
    chain = [x509.load_der_x509_certificate(b64(one)) for one in header["x5c"]]
    return [attribute for one in chain for attribute in one.subject.rdns]


def test_a_receipt_is_written_and_read() -> None:
    line = Line(own_keys(), "a" * 16)
    whole = vectors.words(line.receipt(7))
    assert write(read(whole)) == whole


@pytest.mark.parametrize("wrong", ["number", "issued", "from", "sent", "looks", "consent"])
def test_a_receipt_without_a_field_is_garbled(wrong: str) -> None:
    keys = own_keys()
    line = Line(keys, "a" * 16)
    reader = ReceiptReader(keys.print)
    reader.take(line.key.statement, vectors.MS)
    with pytest.raises(ReceiptRefused) as refusal:
        reader.take(line.receipt(0, **{wrong: None}), vectors.MS)
    assert refusal.value.reason == "garbled"


def test_a_look_outlives_coding_and_scaling(media: Path) -> None:
    photos = sorted((media / "portraits").glob("*.jpg"))[:12]
    assert photos
    pictures = [read_photo(path).pixels for path in photos]
    looks = [look_at(pixels) for pixels in pictures]
    for pixels, look in zip(pictures, looks, strict=True):
        small = cv2.resize(pixels, (200, 200), interpolation=cv2.INTER_AREA)
        _, coded = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 20])
        assert distance(look_at(decode(coded.tobytes())), look) <= ALIKE
    others = [distance(a, b) for i, a in enumerate(looks) for b in looks[:i]]
    assert min(others) > ALIKE


def test_looks_are_as_they_were() -> None:
    for case in VECTORS["looks"]:
        grey = np.array(case["grey"], float).reshape(32, 32)
        assert hash_grey(grey) == case["look"]


@pytest.mark.slow
def test_the_page_answers_as_python_does(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node here; on Debian: make tools")
    for part in PAGE.glob("*.js"):
        shutil.copy(part, tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    tallies = tally_cases()
    asked = json.dumps(VECTORS | {"tallies": tallies})
    script = Path(__file__).parent / "receipts.mjs"
    done = subprocess.run(
        [node, script, tmp_path], input=asked, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    for case, said in zip(VECTORS["readings"], told["readings"], strict=True):
        assert said == [wanted for _, _, wanted in case["steps"]], case["name"]
    assert told["digests"] == [case["digest"] for case in VECTORS["digests"]]
    assert told["looks"] == [case["look"] for case in VECTORS["looks"]]
    for case, said in zip(tallies, told["tallies"], strict=True):
        assert said == {"seal": case["seal"]} | counted(play(case)), case["name"]
