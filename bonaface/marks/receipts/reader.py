"""Reads signed receipts: each is believed or refused with a reason. server/page/receipt.js too."""

import json
from collections import deque
from dataclasses import dataclass

from bonaface.errors import ReceiptRefused
from bonaface.marks.receipts import jws
from bonaface.marks.receipts.receipt import KEY_TYPE, RECEIPT_TYPE, VERSION, Receipt, read
from bonaface.marks.receipts.session_key import SessionKey, read_session_key

PATIENCE = 15_000  # ms by which a receipt's time and ours may differ
REMEMBERED = 64  # receipts that are known again
_FOREIGN = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Taken:
    """A receipt that holds, and how many before it never came."""

    receipt: Receipt
    missing: int


class ReceiptReader:
    """Follows one session's receipts. `root` is the fingerprint that is trusted, SHA-256 in hex.

    `session` is its tag; None takes that of the first session that the root vouches for.
    """

    def __init__(self, root: str, session: str | None = None) -> None:
        self.session = session
        self.key: SessionKey | None = None  # the newest
        self._root = root
        self._keys: dict[str, SessionKey] = {}
        self._last: tuple[int, str] | None = None  # number and digest
        self._known: deque[str] = deque(maxlen=REMEMBERED)

    def take(self, text: str, now: int) -> Taken | None:
        """Take a signed text at a time, ms since 1970; None for one about a key.

        Raises ReceiptRefused.
        """
        try:
            whole = jws.take_apart(text)
            kind = whole.header.get("typ")
            if kind not in {KEY_TYPE, RECEIPT_TYPE}:
                raise ValueError("another type")
        except _FOREIGN as cause:
            raise ReceiptRefused("garbled", "This is no receipt.") from cause
        if kind == KEY_TYPE:
            self._learn(read_session_key(whole, self._root, now / 1000))
            return None
        receipt = self._believe(whole, now)
        return Taken(receipt, self._place(receipt, jws.digest(text)))

    def _learn(self, key: SessionKey) -> None:
        self._require_session(key.naming.session)
        self.session = key.naming.session
        self._keys[key.id] = self.key = key

    def _believe(self, whole: jws.Jws, now: int) -> Receipt:
        key = self._keys.get(str(whole.header.get("kid")))
        if key is None:
            raise ReceiptRefused("key", "Nobody vouched for the key of this receipt.")
        if not whole.holds(key.key):
            raise ReceiptRefused("signature", "The receipt's signature does not hold.")
        receipt = _open(whole.payload)
        self._require_session(receipt.session)
        said = (receipt.session, receipt.consent, receipt.mark)
        if said != (key.naming.session, key.naming.consent, key.naming.mark):
            raise ReceiptRefused("session", "The key is not for what this receipt speaks of.")
        if not key.begins * 1000 <= receipt.issued < key.until * 1000:
            raise ReceiptRefused("ended", "The receipt was signed outside its key's hour.")
        if abs(now - receipt.issued) > PATIENCE:
            raise ReceiptRefused("stale", "The receipt is not of now.")
        return receipt

    def _require_session(self, session: str) -> None:
        if self.session not in {None, session}:
            raise ReceiptRefused("session", "The receipt is of another session.")

    def _place(self, receipt: Receipt, name: str) -> int:
        """Set a receipt behind the last one; answers how many are missing between."""
        if name in self._known:
            raise ReceiptRefused("replayed", "The receipt came before.")
        number, before = self._last or (receipt.number - 1, receipt.previous)
        if receipt.number <= number:
            raise ReceiptRefused("reordered", "The receipt comes after a later one.")
        missing = receipt.number - number - 1
        if not missing and receipt.previous != before:
            raise ReceiptRefused("previous", "The receipt does not follow from the last one.")
        self._last = receipt.number, name
        self._known.append(name)
        return missing


def _open(payload: bytes) -> Receipt:
    try:
        whole = json.loads(payload)
        version = whole["v"]
        if version == VERSION:
            return read(whole)
    except _FOREIGN as cause:
        raise ReceiptRefused("garbled", "The receipt is garbled.") from cause
    raise ReceiptRefused("version", f"The receipt is of version {version}.", "Use a newer page.")
