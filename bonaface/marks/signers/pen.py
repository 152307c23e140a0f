"""What c2pa signs with: a signer, and a time-stamp authority if one is asked.

c2pa swallows what a signer raises; it is kept here and raised again.
"""

from c2pa import C2paSignerInfo, C2paSigningAlg
from c2pa import Signer as NativeSigner

from bonaface.errors import KeysError
from bonaface.marks.signers.signer import Signer

_ALGORITHMS = {"es256": C2paSigningAlg.ES256, "es384": C2paSigningAlg.ES384}


class Pen:
    """One signature, with a time-stamp where `address` names an authority."""

    def __init__(self, signer: Signer, address: str | None = None) -> None:
        self._signer, self._address = signer, address
        self._trouble: KeysError | None = None

    def native(self) -> NativeSigner:
        """Make what c2pa takes. Raises C2paError."""
        name, pem = self._signer.algorithm, self._signer.pem
        private = self._signer.key.private
        if private is not None:
            info = C2paSignerInfo(name.encode("ascii"), pem, private, self._address)
            return NativeSigner.from_info(info)
        text = pem.decode("ascii")
        return NativeSigner.from_callback(self._sign, _ALGORITHMS[name], text, self._address)

    def complain(self) -> None:
        """Raise what the key could not do, if that was it. Raises KeysError."""
        if self._trouble is not None:
            raise self._trouble

    def _sign(self, data: bytes) -> bytes:
        try:
            return self._signer.key.sign(data)
        except KeysError as error:
            self._trouble = error
            return b""  # nothing is signed with this
