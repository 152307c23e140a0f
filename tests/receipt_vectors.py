"""What readers of receipts must answer, for Python and for the page alike: tests/receipts.json.

Run this file to write the vectors anew, with fresh keys, when the format changes on purpose.
"""

import base64
import json
import os
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from bonaface.errors import ReceiptRefused
from bonaface.marks.receipts import jws
from bonaface.marks.receipts.look import SIDE, hash_grey
from bonaface.marks.receipts.reader import ReceiptReader
from bonaface.marks.receipts.receipt import (
    RECEIPT_TYPE,
    Consent,
    Frame,
    Look,
    Receipt,
    Track,
    digest_frame,
    write,
)
from bonaface.marks.receipts.session_key import (
    Authority,
    Naming,
    OwnKey,
    make_session_key,
    open_authority,
)

FILE = Path(__file__).parent / "receipts.json"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
MS = int(NOW.timestamp() * 1000)
CONSENT = Consent("0b0f7a52-5a8e-4d3c-9a51-6a3c8b7e1f20", "5e" * 32)
PICTURES, SOUND = Track("video", "H264", 700_000), Track("audio", "OPUS", 48_000)


def own_keys() -> Authority:
    """The keys of an installation of its own."""
    from bonaface.config import settings  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        before = os.environ.get("BONAFACE_HOME")
        os.environ["BONAFACE_HOME"] = folder
        settings.cache_clear()
        made = open_authority(NOW - timedelta(days=1))
        if before is None:
            del os.environ["BONAFACE_HOME"]
        else:
            os.environ["BONAFACE_HOME"] = before
        settings.cache_clear()
    return made


class Line:
    """One session that signs receipts, as a notary does, but at any time and in any words."""

    def __init__(self, keys: Authority, session: str, begun: datetime = NOW) -> None:
        self.naming = Naming(session, CONSENT, "00c0ffee00c0ffee")
        self.key: OwnKey = make_session_key(keys, self.naming, begun)
        self.last: str | None = None

    def receipt(self, number: int, /, **changed: Any) -> str:
        """Sign the receipt of a second; `changed` are fields of its payload."""
        frames = tuple(Frame(3600 * i, digest_frame("VP8", bytes([number, i]))) for i in range(3))
        whole = write(
            Receipt(
                session=self.naming.session,
                number=number,
                issued=MS + 1000 * number,
                span=(1000 * number, 1000 * number + 1000),
                consent=CONSENT,
                mark=self.naming.mark,
                previous=self.last,
                sent=((PICTURES, frames),),
                looks=(Look(1000 * number, "0123456789abcdef"),),
            )
        )
        text = jws.sign(self.key.key, {"typ": RECEIPT_TYPE, "kid": self.key.id}, whole | changed)
        self.last = jws.digest(text)
        return text


def altered(text: str, part: int, change: dict[str, Any]) -> str:
    """Other words under the same signature."""
    parts = text.split(".")
    whole = json.loads(jws.from_text(parts[part])) | change
    parts[part] = jws.to_text(json.dumps(whole).encode())
    return ".".join(parts)


def reading_cases() -> list[dict[str, Any]]:
    """What a reader is given, second by second, and what it answers: missing, null or a slug."""
    keys, strangers = own_keys(), own_keys()
    line, other, foreign = (
        Line(keys, "a" * 16),
        Line(keys, "b" * 16),
        Line(strangers, "a" * 16),
    )
    key = line.key.statement
    first, second, third, fourth = (line.receipt(i) for i in range(4))
    broken = Line(keys, "a" * 16)
    broken.key = line.key
    broken.receipt(0)
    early = Line(keys, "a" * 16, NOW - timedelta(minutes=59, seconds=59))
    long_ = signer_words(keys, altered(key, 1, {"until": MS // 1000 + 7200}))
    mixed = json.loads(jws.from_text(key.split(".")[0]))["x5c"]
    theirs = json.loads(jws.from_text(foreign.key.statement.split(".")[0]))["x5c"]
    swapped = altered(foreign.key.statement, 0, {"x5c": [theirs[0], mixed[1]]})
    stolen = jws.sign(foreign.key.key, {"typ": RECEIPT_TYPE, "kid": line.key.id}, words(second))
    renewed = Line(keys, "a" * 16)
    renewed.last = jws.digest(second)
    cases: dict[str, list[tuple[str, int, int | str | None]]] = {
        "one after the other": [(key, 0, None), (first, 0, 0), (second, 1, 0), (third, 2, 0)],
        "joined later": [(key, 0, None), (third, 2, 0), (fourth, 3, 0)],
        "one is missing": [(key, 0, None), (first, 0, 0), (third, 2, 1), (fourth, 3, 0)],
        "a new key": [
            (key, 0, None),
            (first, 0, 0),
            (second, 1, 0),
            (renewed.key.statement, 2, None),
            (renewed.receipt(2), 2, 0),
        ],
        "the same again": [(key, 0, None), (first, 0, 0), (second, 1, 0), (first, 1, "replayed")],
        "out of order": [(key, 0, None), (first, 0, 0), (third, 2, 1), (second, 2, "reordered")],
        "an old one": [(key, 0, None), (first, 16, "stale")],
        "one of the future": [(key, 0, None), (first, -16, "stale")],
        "a key nobody vouched for": [(first, 0, "key")],
        "altered": [(key, 0, None), (altered(first, 1, {"mark": "0" * 16}), 0, "signature")],
        "signed with another key": [(key, 0, None), (first, 0, 0), (stolen, 1, "signature")],
        "another session": [
            (key, 0, None),
            (other.key.statement, 0, "session"),
            (other.receipt(0), 0, "key"),
        ],
        "a key used for another session": [
            (key, 0, None),
            (line.receipt(0, session="b" * 16), 0, "session"),
        ],
        "a key used for another consent": [
            (key, 0, None),
            (line.receipt(0, consent={"record": "x", "digest": "y"}), 0, "session"),
        ],
        "another authority": [(foreign.key.statement, 0, "root")],
        "a signer of another authority": [(swapped, 0, "chain")],
        "an altered statement": [(altered(key, 1, {"until": MS // 1000 + 60}), 0, "signature")],
        "a key for two hours": [(long_, 0, "ended")],
        "an ended key": [(key, 3600, "ended")],
        "a key that has not begun": [(key, -301, "ended")],
        "a receipt after its key's hour": [
            (early.key.statement, 0, None),
            (early.receipt(0), 0, 0),
            (early.receipt(1), 1, "ended"),
        ],
        "another past": [(key, 0, None), (first, 0, 0), (broken.receipt(1), 1, "previous")],
        "no receipt": [
            ("Good morning.", 0, "garbled"),
            ("", 0, "garbled"),
            ("a.b", 0, "garbled"),
            (first[:-9], 0, "garbled"),
            (altered(first, 0, {"alg": "none"}), 0, "garbled"),
            (altered(first, 0, {"typ": "JWT"}), 0, "garbled"),
            (altered(key, 0, {"x5c": mixed[:1]}), 0, "garbled"),
            (f"{key}.more", 0, "garbled"),
        ],
        "signed nonsense": [
            (key, 0, None),
            (first[:-86] + jws.to_text(bytes(63)), 0, "signature"),
            (line.receipt(0, number=-1), 0, "garbled"),
            (line.receipt(0, issued="now"), 0, "garbled"),
            (line.receipt(0, sent=[{"kind": "smell"}]), 0, "garbled"),
            (line.receipt(0, sent=[track(steps=[1, 2])]), 0, "garbled"),
            (line.receipt(0, sent=[track(bits="many")]), 0, "garbled"),
            (line.receipt(0, v=2), 0, "version"),
        ],
    }
    root = keys.print
    return [
        {
            "name": name,
            "root": root,
            "session": "a" * 16,
            "steps": [[text, MS + 1000 * second, answer] for text, second, answer in steps],
        }
        for name, steps in cases.items()
    ]


def track(**changed: Any) -> dict[str, Any]:
    digests = jws.to_text(bytes(20))
    whole = {"kind": "video", "codec": "VP8", "bits": 1, "first": 0, "steps": [1]}
    return whole | {"digests": digests} | changed


def words(text: str) -> dict[str, Any]:
    """The payload of a signed text."""
    whole: dict[str, Any] = json.loads(jws.from_text(text.split(".")[1]))
    return whole


def signer_words(keys: Authority, text: str) -> str:
    """Words that the installation's signer never said, under its signature all the same."""
    header = json.loads(jws.from_text(text.partition(".")[0]))
    return jws.sign(keys.signer.key, header, words(text))


def answer(case: dict[str, Any]) -> list[int | str | None]:
    """What Python's reader says to a case."""
    reader, said = ReceiptReader(case["root"], case["session"]), list[int | str | None]()
    for text, now, _ in case["steps"]:
        try:
            taken = reader.take(text, now)
            said.append(taken.missing if taken else None)
        except ReceiptRefused as refusal:
            said.append(refusal.reason)
    return said


def digest_cases() -> list[dict[str, str]]:
    """Coded frames and their digests, written as receivers may put them."""
    units = [bytes([0x67, 66, 1]), bytes([0x68, 1, 2]), bytes([0x65]) + bytes(range(3, 60))]
    long_ = b"".join(b"\0\0\0\1" + unit for unit in units)
    forms = [
        ("VP8", long_),
        ("OPUS", b"\xfc\xff\xfe"),
        ("H264", long_),
        ("H264", b"".join(b"\0\0\1" + unit for unit in units)),
        ("H264", b"\0\0\0\1\x09\xf0" + long_ + b"\0\0"),
        ("H264", long_ + b"\0\0\1\x0c\xff\xff\x80"),
        ("H264", long_[:-1] + b"\7"),
        ("H264", b"\0\0\1\x41\1\1\0\0\3\1\1" + b"\0\0\1"),
        ("H264", b""),
    ]
    return [
        {"codec": codec, "data": base64.b64encode(data).decode(), "digest": hexed(codec, data)}
        for codec, data in forms
    ]


def hexed(codec: str, data: bytes) -> str:
    return digest_frame(codec, data).hex()


def look_cases() -> list[dict[str, Any]]:
    """Grey pictures and what they look like."""
    draw = np.random.default_rng(4)
    waves = [
        np.add.outer(np.sin(np.arange(SIDE) / a), np.cos(np.arange(SIDE) / b)) * 60 + 120
        for a, b in ((3, 5), (7, 2), (11, 13))
    ]
    greys = [np.round(wave + draw.normal(0, 9, wave.shape)) for wave in waves]
    return [{"grey": grey.astype(int).ravel().tolist(), "look": hash_grey(grey)} for grey in greys]


def build() -> dict[str, Any]:
    """All that goes into the file. Calls are long and need no keys: they are made anew."""
    return {"readings": reading_cases(), "digests": digest_cases(), "looks": look_cases()}


if __name__ == "__main__":
    whole = build()
    FILE.write_text(json.dumps(whole, separators=(",", ":")))
    for case in whole["readings"]:
        sys.stdout.write(f"{case['name']}: {answer(case)}\n")
