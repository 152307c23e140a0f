"""The key that hides a mark and finds it again: every sign of every pattern follows from it.

Bonaface marks with the `PUBLIC` key unless it is given another. Anyone can then check any file,
which is what the law asks of a mark (EU AI Act, article 50(2)), and what makes it worth having.
The price: whoever reads this file can also aim at the mark, to weaken it or to write a false one.
Aiming costs picture quality; a false mark names an id that no ledger knows and no credentials
bear out, so it proves nothing against anybody. A private key buys the reverse: nobody else can
aim, and nobody else can check. Whoever needs both marks with a private key and answers requests.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

SMALLEST_KEY = 16  # bytes: below 128 bits a key could be searched for


@dataclass(frozen=True, slots=True, repr=False)
class ReadingKey:
    """A secret of 16 bytes or more. It never shows in a repr, a log or an error."""

    secret: bytes

    def __post_init__(self) -> None:
        if len(self.secret) < SMALLEST_KEY:
            raise ValueError(f"a reading key has {SMALLEST_KEY} bytes or more")

    def draw(self, purpose: str, count: int) -> bytes:
        """Answer `count` bytes that follow from the key and `purpose` (SHAKE-256)."""
        seed = len(purpose).to_bytes(2, "big") + purpose.encode() + self.secret
        return hashlib.shake_256(seed).digest(count)

    def tag(self, purpose: str, message: bytes, bits: int) -> int:
        """Answer the first `bits` (at most 64) of HMAC-SHA-256 over `purpose` and `message`."""
        digest = hmac.digest(self.secret, purpose.encode() + b"\0" + message, "sha256")
        return int.from_bytes(digest[:8], "big") >> (64 - bits)


PUBLIC = ReadingKey(hashlib.sha256(b"bonaface public reading key 1").digest())

PICTURE_ID_BITS = 64
SOUND_ID_BITS = 32


def draw_mark_id() -> int:
    """Answer a fresh 64-bit id from the system's randomness: it says nothing about anybody."""
    return secrets.randbits(PICTURE_ID_BITS)


def sound_id(mark_id: int) -> int:
    """Answer the half of a 64-bit id that a sound mark carries: its low 32 bits."""
    return mark_id & ((1 << SOUND_ID_BITS) - 1)


def write_id(mark_id: int, bits: int = PICTURE_ID_BITS) -> str:
    """Write an id as credentials and reports name it: hex, as many digits as it has bits for."""
    return f"{mark_id:0{bits // 4}x}"
