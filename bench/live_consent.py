"""Leave to draw the public-domain demo portrait, for bench/live.py."""

from datetime import UTC, datetime, timedelta

from bonaface import weights
from bonaface.consent.policy import Permit, permit
from bonaface.consent.portrait import hash_portrait
from bonaface.consent.records import Terms, grant
from bonaface.core import Picture
from bonaface.media.photos import read_bytes


def permit_demo(photo: Picture) -> Permit:
    """Grant consent for the demo portrait here, and answer the permit."""
    now = datetime.now(UTC)
    terms = Terms(
        subject="Grace M. Hopper (1906-1992)",
        basis="public-domain-historical",
        purposes=("benchmark",),
        valid_until=(now + timedelta(days=1)).date(),
    )
    seen = hash_portrait(read_bytes(weights.find("portrait-hopper")), photo)
    return permit(grant(seen, terms, now), photo, None, now)
