"""Consent records: who said yes to which portrait being animated, for what, until when.

Shaped after ISO/IEC TS 27560 (consent receipts). A record of schema 2 allows a moving face, live or
in recordings or both, or (purpose `reference`, always alone) that a voice, a face and its motion
are measured, and nothing else: no cloned voice, no training. It is signed with Ed25519 over
canonical JSON (RFC 8785: sorted keys, no white space, and here no floats).
"""

import base64
import binascii
import json
import re
import secrets
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from bonaface import vault
from bonaface.consent import keys, ledger
from bonaface.consent.canonical import canonical, digest
from bonaface.consent.portrait import BITS, PortraitHash
from bonaface.errors import ConsentError, ConsentInvalid, ConsentMissing

SCHEMA = "bonaface-consent/2"
CONTEXTS = ("live", "recorded")
WHERE = {
    ("live",): "live, and never recorded,",
    ("recorded",): "in recordings, and never live,",
    CONTEXTS: "live and in recordings",
}
NOTICES = {
    "self": "I am the adult in this portrait. I agree that it is made to move and speak {where} "
    "for the purposes listed here, until the date given here. All of it is marked as made by AI. "
    "I can revoke this at any time. It is not for training models.",
    "guardian-of-estate": "I represent the estate of the person in this portrait, who has died. "
    "I agree on the estate's behalf that it is made to move and speak {where} for the purposes "
    "listed here, until the date given here. All of it is marked as made by AI.",
    "public-domain-historical": "The person in this portrait is a historical figure who has died, "
    "and the portrait is in the public domain. It is made to move and speak {where} for the "
    "purposes listed here, and all of it is marked as made by AI.",
    "fictional": "The person in this portrait does not exist. It is made to move and speak {where} "
    "for the purposes listed here, and all of it is marked as made by AI.",
}
BASES = tuple(NOTICES)
REFERENCE = (
    "reference"  # the purpose under which a voice and a face are measured, and none is shown
)
MEASURED = {
    "self": "I am the adult in this portrait. I agree that my voice, my face and how it moves are "
    "measured, and the measurements kept until the date given here, to tell whether a recording or "
    "a call shows me. They are biometric data. No sound or picture of me is kept, my face is not "
    "made to move, and nothing is trained. I can revoke this at any time; nothing is compared from "
    "then on.",
    "fictional": "The person in this portrait does not exist. The voice and the face that stand "
    "for it, and how it moves, are measured, and the measurements kept until the date given here, "
    "to compare recordings and calls with them. The portrait is not made to move.",
}
MOVES = "how it moves"  # words that records of before did not have, and without which none is kept
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST_SUBJECT, _MOST_PURPOSES, _LONGEST_SLUG = 200, 16, 64


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed to."""

    subject: str  # a name or a pseudonym
    basis: str  # one of BASES
    purposes: tuple[str, ...]  # slugs such as "training-video"
    valid_until: date  # the last day, in UTC
    valid_from: date | None = None  # the first day; None for the day of the grant
    controller: str = ""  # who answers for the use
    contexts: tuple[str, ...] = CONTEXTS  # where: some of CONTEXTS


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """A signed yes. Made by `grant` or `load_record`; worth nothing until `verify` passed."""

    record_id: str  # random UUID
    created_at: datetime
    terms: Terms
    portrait: PortraitHash
    notice: str  # the words that were agreed to
    salt: str  # 32 random bytes, hex: hides the record behind its digest
    signer: bytes  # Ed25519 public key of the installation that recorded it
    signature: bytes

    @property
    def measures_motion(self) -> bool:
        """Whether it was agreed that motion is measured: records of before did not speak of it."""
        return REFERENCE in self.terms.purposes and MOVES in self.notice

    @property
    def digest(self) -> str:
        """Salted SHA-256 of the signed record, hex: what made media carry of it."""
        return digest(_whole(self))


def grant(portrait: PortraitHash, terms: Terms, now: datetime) -> ConsentRecord:
    """Record a yes, sign it with this installation's key and note it in the ledger.

    Raises ConsentError if the terms make no sense, KeysError if the key cannot be used.
    """
    now = now.astimezone(UTC).replace(microsecond=0)
    terms = _checked(terms, now.date())
    key = keys.private_key()
    draft = ConsentRecord(
        record_id=str(uuid.uuid4()),
        created_at=now,
        terms=terms,
        portrait=portrait,
        notice=_notice(terms),
        salt=secrets.token_hex(32),
        signer=keys.public_bytes(key),
        signature=b"",
    )
    signed = replace(draft, signature=key.sign(canonical(_body(draft))))
    ledger.note_grant(signed.record_id, signed.digest, terms.valid_until, now)
    return signed


def notices() -> dict[tuple[str, tuple[str, ...]], str]:
    """The words that are agreed to and recorded, by basis and (sorted) contexts."""
    return {
        (basis, contexts): text.format(where=where)
        for basis, text in NOTICES.items()
        for contexts, where in WHERE.items()
    }


def _notice(terms: Terms) -> str:
    if REFERENCE in terms.purposes:
        return MEASURED[terms.basis]
    return notices()[terms.basis, terms.contexts]


def revoke(record: ConsentRecord, now: datetime) -> None:
    """Take a yes back, for good. Raises ConsentInvalid if the record is not this machine's."""
    verify(record)
    ledger.note_revocation(record.record_id, record.digest, now.astimezone(UTC))


def verify(record: ConsentRecord) -> None:
    """Raise ConsentInvalid unless this installation signed exactly this record."""
    if record.signer != keys.own_public():
        raise ConsentInvalid(
            "The consent record was signed by an installation that is not trusted here.",
            "Grant it on this machine: bonaface consent grant",
        )
    if not keys.verifies(record.signer, record.signature, canonical(_body(record))):
        raise ConsentInvalid(
            "The consent record was altered after it was signed.",
            "Use the original file, or grant it again: bonaface consent grant",
        )


def save_record(record: ConsentRecord, path: Path) -> None:
    """Write a record as readable JSON, whole or not at all. Raises UnwritableMedia."""
    text = json.dumps(_whole(record), indent=2, ensure_ascii=False)
    vault.write_whole(path, text.encode() + b"\n")


def load_record(path: Path) -> ConsentRecord:
    """Read a record; its signature is for `verify`. Raises ConsentMissing or ConsentInvalid."""
    try:
        with path.open("rb") as file:
            data = file.read(vault.LARGEST + 1)
    except FileNotFoundError as error:
        raise ConsentMissing(f"There is no consent record at {path}.") from error
    except OSError as error:
        raise ConsentInvalid(f"{path} could not be read: {error.strerror}.") from error
    if len(data) > vault.LARGEST:
        raise ConsentInvalid(f"{path} is too large to be a consent record.")
    try:
        return _parse(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ConsentInvalid(
            f"{path} is not a consent record that this version can read.",
            "Make one with: bonaface consent grant",
        ) from error


def _checked(terms: Terms, today: date) -> Terms:
    """Check what a user may get wrong, and fill in the first day."""
    subject = " ".join(terms.subject.split())
    if not subject or len(subject) > _LONGEST_SUBJECT or not subject.isprintable():
        raise ConsentError(f"The subject must be a name of 1 to {_LONGEST_SUBJECT} characters.")
    if terms.basis not in NOTICES:
        raise ConsentError(f"{terms.basis!r} is no basis.", f"Use one of: {', '.join(BASES)}.")
    wrong = [slug for slug in terms.purposes if not _is_slug(slug)]
    if wrong or not 1 <= len(terms.purposes) <= _MOST_PURPOSES:
        which = f"{wrong[0]!r} is no purpose." if wrong else "Name 1 to 16 purposes."
        raise ConsentError(which, "A purpose is a short slug such as training-video.")
    if REFERENCE in terms.purposes:
        _require_explicit(terms)
    contexts = tuple(sorted(set(terms.contexts)))
    if contexts not in WHERE:
        raise ConsentError("Say where the face may move.", f"Use {' or '.join(CONTEXTS)}, or both.")
    first = terms.valid_from or today
    if terms.valid_until < max(first, today):
        raise ConsentError(
            f"The consent would end on {terms.valid_until}, before it begins.",
            "Give a later day with --until YYYY-MM-DD.",
        )
    purposes = tuple(sorted(set(terms.purposes)))
    controller = " ".join(terms.controller.split())
    return Terms(subject, terms.basis, purposes, terms.valid_until, first, controller, contexts)


def _require_explicit(terms: Terms) -> None:
    """GDPR, Article 9: who is measured says yes to that alone, and in person."""
    if set(terms.purposes) != {REFERENCE}:
        raise ConsentError(
            "To be measured is agreed to by itself, never together with other purposes.",
            f"Record two consents, one of them with --purpose {REFERENCE} only.",
        )
    if terms.basis not in MEASURED:
        raise ConsentError(
            "Only a living person can agree to be measured.",
            f"Use one of: {', '.join(MEASURED)}.",
        )


def _is_slug(text: str) -> bool:
    return len(text) <= _LONGEST_SLUG and _SLUG.fullmatch(text) is not None


def _body(record: ConsentRecord) -> dict[str, Any]:
    """All that is signed."""
    terms = record.terms
    return {
        "schema": SCHEMA,
        "record_id": record.record_id,
        "created_at": record.created_at.isoformat(),
        "subject": {"name": terms.subject},
        "controller": {
            "name": terms.controller,
            "public_key": base64.b64encode(record.signer).decode(),
        },
        "basis": terms.basis,
        "portrait": {
            "sha256": record.portrait.sha256,
            "seen": record.portrait.seen,
            "seen_algorithm": f"dct-sign-{BITS}",
        },
        "purposes": list(terms.purposes),
        "contexts": list(terms.contexts),
        "valid_from": str(terms.valid_from),
        "valid_until": str(terms.valid_until),
        "notice": {"language": "en", "text": record.notice},
        "salt": record.salt,
    }


def _whole(record: ConsentRecord) -> dict[str, Any]:
    signature = base64.b64encode(record.signature).decode()
    return _body(record) | {"signatures": {"controller": signature}}


def _parse(whole: dict[str, Any]) -> ConsentRecord:
    """Rebuild a record; anything that does not survive the round trip is refused."""
    record = ConsentRecord(
        record_id=str(uuid.UUID(whole["record_id"])),
        created_at=datetime.fromisoformat(whole["created_at"]),
        terms=Terms(
            subject=whole["subject"]["name"],
            basis=whole["basis"],
            purposes=tuple(whole["purposes"]),
            valid_until=date.fromisoformat(whole["valid_until"]),
            valid_from=date.fromisoformat(whole["valid_from"]),
            controller=whole["controller"]["name"],
            contexts=tuple(whole["contexts"]),
        ),
        portrait=PortraitHash(whole["portrait"]["sha256"], whole["portrait"]["seen"]),
        notice=whole["notice"]["text"],
        salt=whole["salt"],
        signer=_bytes(whole["controller"]["public_key"]),
        signature=_bytes(whole["signatures"]["controller"]),
    )
    if canonical(_whole(record)) != canonical(whole):
        raise ValueError("fields that schema 2 does not have")
    if len(bytes.fromhex(record.portrait.seen)) * 8 != BITS or not _known(record.terms):
        raise ValueError("values that schema 2 does not have")
    return record


def _known(terms: Terms) -> bool:
    return terms.basis in NOTICES and terms.contexts in WHERE


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error
