"""One entry of the log, and the hashes that tie it to the one before and to its content.

The chain holds random ids, a time and a salted hash of the content; what the content says lies
beside it. So a content can be erased (GDPR, article 17) and the chain stays whole, and what was
erased cannot be guessed from what is left (the salt goes with it).
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias, cast

Kind: TypeAlias = Literal["manifest", "session", "revoked", "erased"]
BEGIN = "0" * 64  # what stands before the first entry
SALT = 16  # bytes


@dataclass(frozen=True, slots=True)
class Content:
    """What an entry says. Empty where there is no such thing."""

    manifest: str = ""  # urn of the C2PA manifest
    record: str = ""  # id of a consent record
    digest: str = ""  # salted hash of that record, hex
    note: str = ""  # of an erasure: the number of the entry that it emptied
    body: bytes = b""  # the manifest store, as JUMBF

    def commit(self, salt: bytes) -> str:
        """SHA-256 over the salt and all that is said, hex."""
        body = hashlib.sha256(self.body).hexdigest()
        said = [self.manifest, self.record, self.digest, self.note, body]
        return hashlib.sha256(salt + json.dumps(said).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log."""

    number: int  # from 1, without gaps
    kind: Kind
    at: datetime  # UTC, whole seconds
    marks: tuple[tuple[str, str], ...]  # algorithm and id, hex, of each hidden mark
    commitment: str  # of its content, hex
    previous: str  # hash of the entry before, hex
    content: Content | None = None  # None: it was erased

    @property
    def hash(self) -> str:
        """SHA-256 over all of it but the content itself, hex: what the next entry holds."""
        marks = sorted(list(mark) for mark in self.marks)
        said = [self.number, self.kind, self.at.isoformat(), marks, self.commitment, self.previous]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def as_kind(text: str) -> Kind:
    """Take a kind from the database as it is: a word that is none breaks the chain, not us."""
    return cast("Kind", text)
