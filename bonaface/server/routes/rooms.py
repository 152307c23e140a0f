"""Check live callers: open a room, send its invitation, follow the seals, ask for a challenge."""

from typing import Annotated, Literal

import cv2
from fastapi import APIRouter, Depends, Query, Request, Response, status
from pydantic import BaseModel, Field

from bonaface.core import Picture
from bonaface.errors import RequestRefused
from bonaface.forensics.reference.inspect import compare_with
from bonaface.server.access import Bearer, Checker, may_check
from bonaface.server.callers import Called
from bonaface.server.enrolled import read_reference
from bonaface.server.host import Here
from bonaface.server.ice import to_servers
from bonaface.server.problems import refusals
from bonaface.server.rooms import Room, find_caller
from bonaface.server.routes.peers import OFFER, SDP, Offer
from bonaface.server.routes.references import BODY
from bonaface.server.routes.settings import IceView

router = APIRouter(prefix="/api/rooms", tags=["rooms"])
SIDE, QUALITY = 320, 80  # px and JPEG quality of what the host is shown


class SealView(BaseModel):
    """What follows from all that was seen, heard and answered."""

    colour: Literal["grey", "green", "amber", "red"]
    word: str = Field(description="Says the same as the colour.")
    reasons: list[str]


class FindingView(BaseModel):
    """What one inspector or one challenge says."""

    inspector: str
    score: float | None = Field(description="Chance of forgery; none where it cannot tell.")
    reason: str


class CallerView(BaseModel):
    """Somebody who is being checked."""

    id: str
    name: str = Field(description="As they call themselves; nothing vouches for it.")
    connected: bool
    faces: int
    asked: bool = Field(description="A challenge runs.")
    seal: SealView
    findings: list[FindingView]
    trouble: str = Field(description="What the check does without since, or nothing.")


class RoomView(BaseModel):
    """A room, for its host."""

    id: str
    name: str
    invitation: str = Field(description="The address for callers; whoever has it may enter.")
    callers: list[CallerView]
    limits: list[str] = Field(description="What the checks do without.")


class InvitationView(BaseModel):
    """A room, for who was invited: what a page must know to enter."""

    name: str
    ice_servers: list[IceView]


def _mine(room_id: str, host: Here, caller: Checker) -> Room:
    return host.rooms.find(room_id, caller)


def _invited(room_id: str, host: Here, bearer: Bearer) -> Room:
    return host.rooms.enter(room_id, bearer.credentials if bearer else "")


Mine = Annotated[Room, Depends(_mine)]
Invited = Annotated[Room, Depends(_invited)]


@router.post("", summary="Open a room", status_code=201, responses=refusals(401, 403, 503))
async def begin(
    host: Here,
    caller: Checker,
    name: Annotated[str, Query(max_length=300, description="What callers are told.")] = "",
) -> RoomView:
    """It closes when it is deleted, a quarter of an hour after the last look, or after four."""
    return _view(host.rooms.open(caller, name))


@router.get("/{room_id}", summary="Look into a room", responses=refusals(404))
async def look(room: Mine) -> RoomView:
    """Every caller with the seal of this moment."""
    return _view(room)


@router.delete("/{room_id}", summary="Close a room", status_code=204, responses=refusals(404))
async def end(host: Here, room: Mine) -> None:
    """All are hung up; nothing is kept."""
    await host.rooms.end(room)


@router.get("/{room_id}/invitation", summary="Read an invitation", responses=refusals(404))
async def read(host: Here, room: Invited) -> InvitationView:
    """With the key of the invitation as bearer token."""
    servers = [IceView(**entry) for entry in host.ice()]
    return InvitationView(name=room.name, ice_servers=servers)


@router.post(
    "/{room_id}/callers",
    summary="Enter as a caller",
    status_code=201,
    response_class=Response,
    responses=refusals(400, 404, 413, 415, 503),
    openapi_extra=OFFER,
)
async def join(
    host: Here,
    room: Invited,
    offer: Offer,
    name: Annotated[str, Query(max_length=300, description="What the host sees.")] = "",
) -> Response:
    """Camera and microphone in, challenges on the data channel `bonaface`. Nothing comes back."""
    caller_id, answer = await host.rooms.join(room, name, offer, to_servers(host.ice()))
    headers = {"Location": f"/api/rooms/{room.id}/callers/{caller_id}"}
    return Response(answer, 201, headers, media_type=SDP)


@router.delete(
    "/{room_id}/callers/{caller_id}", summary="Hang up", status_code=204, responses=refusals(404)
)
async def leave(room_id: str, caller_id: str, host: Here, request: Request, bearer: Bearer) -> None:
    """By the caller, with the key of the invitation, or by the host."""
    await find_caller(_either(room_id, host, request, bearer), caller_id).close()


@router.post(
    "/{room_id}/callers/{caller_id}/challenge",
    summary="Ask a caller for a live check",
    status_code=status.HTTP_202_ACCEPTED,
    responses=refusals(404, 409),
)
async def challenge(room: Mine, caller_id: str) -> CallerView:
    """Their page asks them; they may decline. The seal says how it went.

    Within ten minutes of an unclear check only what did not pass is asked, and both answers count.
    """
    called = find_caller(room, caller_id)
    called.ask()
    return _caller(caller_id, called)


@router.put(
    "/{room_id}/callers/{caller_id}/reference",
    summary="Compare a caller with somebody enrolled",
    status_code=204,
    responses=refusals(400, 403, 404, 413),
    openapi_extra=BODY,
)
async def compare(room: Mine, caller_id: str, host: Here, request: Request) -> None:
    """The body is a `.reference` file whose consent this installation knows. It is not kept."""
    called, data = find_caller(room, caller_id), await request.body()
    called.compare(await host.work(lambda: compare_with(read_reference(data))))


@router.get(
    "/{room_id}/callers/{caller_id}/picture",
    summary="See what was looked at",
    response_class=Response,
    responses=refusals(404) | {200: {"content": {"image/jpeg": {}}}},
)
def show(room: Mine, caller_id: str) -> Response:
    """The newest picture, small."""
    seen = find_caller(room, caller_id).standing.seen
    if seen is None:
        raise RequestRefused(404, "No picture came yet.", "Wait.", "unknown")
    return Response(_encode(seen), media_type="image/jpeg")


def _either(room_id: str, host: Here, request: Request, bearer: Bearer) -> Room:
    try:
        return _invited(room_id, host, bearer)
    except RequestRefused:
        return host.rooms.find(room_id, may_check(host, request, bearer))


def _encode(picture: Picture) -> bytes:
    pixels = picture.pixels
    share = min(1.0, SIDE / max(pixels.shape[:2]))
    small = cv2.resize(pixels[..., ::-1], None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()


def _view(room: Room) -> RoomView:
    return RoomView(
        id=room.id,
        name=room.name,
        invitation=f"/call/{room.id}#{room.key}",
        callers=[_caller(name, one) for name, one in tuple(room.callers.items())],
        limits=list(room.limits),
    )


def _caller(caller_id: str, called: Called) -> CallerView:
    stands = called.standing
    seal = SealView(
        colour=stands.seal.colour, word=stands.seal.word, reasons=list(stands.seal.reasons)
    )
    findings = [
        FindingView(inspector=one.inspector, score=one.score, reason=one.reason)
        for one in stands.findings
    ]
    return CallerView(
        id=caller_id,
        name=called.name,
        connected=called.state == "connected",
        faces=stands.faces,
        asked=stands.asked,
        seal=seal,
        findings=findings,
        trouble=called.trouble,
    )
