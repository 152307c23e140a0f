"""The gate: a record, a portrait and a purpose go in; a permit comes out, or a sentence why not.

Everything that shows a face takes a `Permit`, and only `permit` makes one.
"""

from dataclasses import InitVar, dataclass
from datetime import UTC, datetime, time, timedelta

from bonaface.consent import ledger
from bonaface.consent.portrait import SAME_WITHIN, distance, hash_pixels
from bonaface.consent.records import REFERENCE, ConsentRecord, verify
from bonaface.core import Picture
from bonaface.errors import ConsentDenied, ConsentInvalid, ConsentMissing, KeysError

GRANT = (
    "bonaface consent grant --portrait PHOTO --subject NAME --basis self "
    "--purpose PURPOSE --until YYYY-MM-DD -o FILE"
)
_SEAL = object()


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to animate one portrait for one purpose until a moment. Ask `check` before each use."""

    record_id: str
    digest: str  # salted hash of the consent record, hex: for the credentials
    portrait: str  # `hash_pixels` of the picture it was given for, hex
    purpose: str
    begins: datetime
    expires: datetime  # from this moment on there is no leave
    contexts: tuple[str, ...]  # "live", "recorded" or both: ask `require`
    seal: InitVar[object] = None

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise ConsentDenied(
                "A permit is made by the consent policy and nowhere else.",
                "Call bonaface.consent.policy.permit.",
            )

    def check(self, now: datetime) -> None:
        """Raise ConsentDenied once the consent is over or taken back."""
        try:
            revoked = ledger.is_revoked(self.record_id)
        except KeysError as error:
            raise ConsentDenied(
                f"Whether this consent was revoked cannot be read. {error.args[0]}", error.remedy
            ) from error
        if revoked:
            raise ConsentDenied("This consent was revoked; nothing more can be made with it.")
        if ledger.status(self.record_id, self.digest, now) == "unknown":
            raise _unlisted()
        if now.astimezone(UTC) < self.begins:
            raise ConsentDenied(
                f"This consent begins on {self.begins.date()}.", "Check the clock of this machine."
            )
        if now.astimezone(UTC) >= self.expires:
            day = (self.expires - timedelta(days=1)).date()
            raise ConsentDenied(f"This consent ended on {day}.", f"Grant it again: {GRANT}")

    def require(self, context: str) -> None:
        """Raise ConsentDenied unless the face may move "live" or "recorded", whichever is asked."""
        if context not in self.contexts:
            raise ConsentDenied(
                f"This consent is for a face that is {' or '.join(self.contexts)}, not {context}.",
                f"Ask the subject, then record it: {GRANT} --context {context}",
            )

    def covers(self, picture: Picture) -> bool:
        """Tell whether this very picture is the one the permit was given for."""
        return hash_pixels(picture) == self.portrait


def permit(
    record: ConsentRecord | None, portrait: Picture, purpose: str | None, now: datetime
) -> Permit:
    """Decide whether this portrait may be animated for this purpose now.

    `purpose` may be None where the record allows only one. Raises ConsentMissing without a record,
    ConsentInvalid for one that was forged, altered or is from elsewhere, and ConsentDenied for one
    that is expired, revoked, or for another purpose or portrait.
    """
    if record is None:
        raise ConsentMissing("Nobody has said yes to animating this face.", f"Record it: {GRANT}")
    verify(record)
    granted = Permit(
        record_id=record.record_id,
        digest=record.digest,
        portrait=hash_pixels(portrait),
        purpose=_purpose(record, purpose),
        begins=_begins(record, now),
        expires=datetime.combine(record.terms.valid_until, time(), UTC) + timedelta(days=1),
        contexts=record.terms.contexts,
        seal=_SEAL,
    )
    granted.check(now)
    _require_same(record, portrait)
    return granted


def _begins(record: ConsentRecord, now: datetime) -> datetime:
    first = record.terms.valid_from
    if first is None:
        raise ConsentInvalid("The consent record has no first day.")
    begins = datetime.combine(first, time(), UTC)
    if now.astimezone(UTC) < begins:
        raise ConsentDenied(f"This consent begins on {first}.", "Wait, or grant an earlier start.")
    return begins


def _purpose(record: ConsentRecord, wanted: str | None) -> str:
    allowed = record.terms.purposes
    if REFERENCE in (wanted, *allowed):
        raise ConsentDenied(
            "This consent is for comparing recordings with a person. It moves no face.",
            f"Ask the subject, then record it: {GRANT}",
        )
    if wanted is None and len(allowed) == 1:
        return allowed[0]
    if wanted is None:
        raise ConsentDenied(
            f"This consent is for several purposes: {', '.join(allowed)}.",
            "Say which one with --purpose.",
        )
    if wanted not in allowed:
        raise ConsentDenied(
            f"This consent is for {', '.join(allowed)}, not for {wanted}.",
            f"Ask the subject, then record it: {GRANT}",
        )
    return wanted


def _require_same(record: ConsentRecord, portrait: Picture) -> None:
    apart = distance(record.portrait.seen, portrait)
    if apart > SAME_WITHIN:
        raise ConsentDenied(
            "This consent is for another portrait "
            f"({apart} of 256 bits differ; a copy of the same photo differs by {SAME_WITHIN} or "
            "fewer).",
            f"Use the photo it was granted for, or record a consent for this one: {GRANT}",
        )


def _unlisted() -> ConsentInvalid:
    return ConsentInvalid(
        "This installation has no note of granting this consent.",
        "Use the BONAFACE_HOME it was granted with, or grant it here: bonaface consent grant",
    )
