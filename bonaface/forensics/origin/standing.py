"""What became of the consent that credentials name."""

from datetime import datetime
from typing import Literal, TypeAlias

from bonaface.consent.ledger import status
from bonaface.marks.credentials.files import Credentials

Consent: TypeAlias = Literal["active", "expired", "revoked", "unknown", "none"]


def look_up_consent(credentials: Credentials, now: datetime) -> Consent:
    """Ask this installation's ledger about the record that the credentials name.

    Only if the signer is trusted: anybody can copy the name of a record out of one file into
    another, and sign that themselves.
    """
    named = credentials.said.consent
    if named is None:
        return "none"
    if credentials.state != "trusted":
        return "unknown"
    return status(named.record_id, named.digest, now)
