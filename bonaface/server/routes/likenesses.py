"""Likenesses: faces that may be shown, each with the consent for it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Path, Response, UploadFile
from pydantic import BaseModel, Field

from bonaface.consent import records
from bonaface.consent.portrait import PortraitHash, hash_portrait
from bonaface.errors import ConsentError, ConsentMissing, RequestRefused
from bonaface.server.access import Consenter, Maker
from bonaface.server.host import Here, Host
from bonaface.server.likenesses import Entry, Given, parse_record
from bonaface.server.problems import refusals
from bonaface.server.telemetry import span
from bonaface.server.tokens import Caller
from bonaface.vault import LARGEST

router = APIRouter(prefix="/api/likenesses", tags=["likenesses"])
Id = Annotated[str, Path(description="As in the list.", examples=["0f3c9a71d2b84e65"])]
MOST_FIELD, MOST_NOTICE = 256, 2000  # characters


class LikenessView(BaseModel):
    """A face that can be shown."""

    id: str = Field(examples=["0f3c9a71d2b84e65"])
    name: str = Field(examples=["Ada"])
    basis: str = Field(description="Why it is allowed.", examples=["self"])
    purposes: list[str] = Field(examples=[["training-video"]])
    contexts: list[str] = Field(description="Where it may move.", examples=[["live", "recorded"]])
    valid_from: str = Field(examples=["2026-11-01"])
    valid_until: str = Field(description="The last day.", examples=["2027-12-31"])
    status: str = Field(description="active, expired, revoked or unknown.", examples=["active"])
    picture: str = Field(examples=["/api/likenesses/0f3c9a71d2b84e65/picture"])


class LikenessList(BaseModel):
    """All of them."""

    likenesses: list[LikenessView]


def view(entry: Entry) -> LikenessView:
    """A likeness as the API shows it."""
    return LikenessView(
        id=entry.id,
        name=entry.name,
        basis=entry.basis,
        purposes=list(entry.purposes),
        contexts=list(entry.contexts),
        valid_from=entry.valid_from,
        valid_until=entry.valid_until,
        status=entry.status,
        picture=f"/api/likenesses/{entry.id}/picture",
    )


@router.get("", summary="List the likenesses", responses=refusals())
async def index(host: Here, _: Maker) -> LikenessList:
    """Every face that this server can show, and what the consent for it says today."""
    return LikenessList(likenesses=[view(entry) for entry in await host.work(host.store.list)])


class Agreement:
    """The form fields that say what was agreed to, in which words."""

    def __init__(
        self,
        agreed: Annotated[
            bool, Form(description="The words of the notice were agreed to.")
        ] = False,
        contexts: Annotated[
            str, Form(max_length=MOST_FIELD, description="live, recorded or both, by comma.")
        ] = ",".join(records.CONTEXTS),
        notice: Annotated[
            str, Form(max_length=MOST_NOTICE, description="The words; see /api/settings.")
        ] = "",
    ) -> None:
        self.agreed, self.notice, self.contexts = agreed, notice, _split(contexts)

    def require(self, basis: str) -> None:
        """Raise ConsentError for words that are not those which would be recorded."""
        known = records.notices().get((basis, tuple(sorted(set(self.contexts)))))
        if self.notice and known and self.notice != known:
            raise ConsentError(
                "The words that were agreed to are not those that would be recorded.",
                "Read them again, and agree to these: " + known,
            )


class Grant:
    """The form fields that record a consent here, in place of a record."""

    def __init__(
        self,
        agreement: Annotated[Agreement, Depends()],
        subject: Annotated[str, Form(max_length=MOST_FIELD, description="Who it is.")] = "",
        basis: Annotated[str, Form(max_length=MOST_FIELD, examples=["self"])] = "",
        purpose: Annotated[str, Form(max_length=1200, description="Slugs, by comma.")] = "",
        until: Annotated[date | None, Form(description="The last day.")] = None,
    ) -> None:
        self.subject, self.basis, self.until, self.agreement = subject, basis, until, agreement
        self.purposes = _split(purpose)

    def terms(self) -> records.Terms:
        """What is agreed to. Raises ConsentMissing or ConsentError."""
        agreed = self.agreement.agreed
        if not (self.basis and self.subject and self.purposes and self.until and agreed):
            raise ConsentMissing(
                "Nobody has said yes to animating this face.",
                "Send a consent record as `consent`; or subject, basis, purpose, until, agreed.",
            )
        if records.REFERENCE in self.purposes:
            raise ConsentError(
                "A consent to be measured is not recorded here.",
                "Use: bonaface consent grant --purpose reference",
            )
        self.agreement.require(self.basis)
        contexts = self.agreement.contexts
        return records.Terms(self.subject, self.basis, self.purposes, self.until, contexts=contexts)


def _split(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (one.strip() for one in text.split(","))))


@dataclass(frozen=True, slots=True)
class Sent:
    """The form that brings a likeness."""

    photo: UploadFile
    consent: UploadFile | None
    name: str
    grant: Grant


def read_form(
    grant: Annotated[Grant, Depends()],
    photo: Annotated[UploadFile, File(description="JPEG, PNG or WebP: one face, from the front.")],
    consent: Annotated[UploadFile | None, File(description="Its consent record.")] = None,
    name: Annotated[str, Form(max_length=64, description="What to call it.")] = "",
) -> Sent:
    """Collect the fields of the form."""
    return Sent(photo, consent, " ".join(name.split()), grant)


@router.post("", status_code=201, summary="Add a likeness", responses=refusals(413, 415, 422, 503))
async def add(
    host: Here, response: Response, caller: Maker, sent: Annotated[Sent, Depends(read_form)]
) -> LikenessView:
    """Make a likeness of a photo and the consent for it.

    The consent is a record made by `bonaface consent grant`; or it is recorded here from the fields
    subject, basis, purpose, until, agreed and contexts (where the face may move), for which a token
    needs the scope `consent`; /api/settings has the words that are agreed to, and a `notice` that
    is sent must be these. The photo is decoded in a process of its own, and stays on this machine.
    """
    data = await sent.photo.read()
    with span("likeness.add", bytes=len(data)):
        picture = await host.decoder.decode(data)
        record = await _record(host, caller, sent, hash_portrait(data, picture))
        entry = await host.work(host.store.add, Given(picture, record, sent.name))
    response.headers["Location"] = f"/api/likenesses/{entry.id}"
    return view(entry)


async def _record(
    host: Host, caller: Caller, sent: Sent, portrait: PortraitHash
) -> records.ConsentRecord:
    """The consent record that was sent, or one made of the fields."""
    if sent.consent is not None:
        data = await sent.consent.read(LARGEST + 1)
        return await host.work(parse_record, data, host.settings.home / "server")
    if not caller.may("consent"):
        remedy = "Send a record as `consent`, or use a token with the scope consent."
        raise RequestRefused(403, "This token may not record consents.", remedy, "scope")
    return await host.work(records.grant, portrait, sent.grant.terms(), datetime.now(UTC))


@router.delete("/{likeness_id}", status_code=204, summary="Delete it", responses=refusals(404))
async def delete(host: Here, _: Consenter, likeness_id: Id) -> None:
    """Forget a likeness: photo, rigs, record. Sessions that show it go on; see revocation."""
    await host.work(host.store.remove, likeness_id)


@router.post(
    "/{likeness_id}/revocation",
    status_code=204,
    summary="Take the consent back",
    responses=refusals(404, 422),
)
async def revoke(host: Here, _: Consenter, likeness_id: Id) -> None:
    """Revoke the consent, for good. The face leaves every running session within a second."""
    record = await host.work(host.store.record, likeness_id)
    await host.work(records.revoke, record, datetime.now(UTC))


@router.get(
    "/{likeness_id}/picture",
    summary="See it",
    response_class=Response,
    responses=refusals(404) | {200: {"content": {"image/jpeg": {}}}},
)
async def picture(host: Here, _: Maker, likeness_id: Id) -> Response:
    """The face at rest, as it will appear: a JPEG with all marks, signed."""
    data = await host.work(host.store.thumbnail, likeness_id)
    return Response(data, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=60"})
