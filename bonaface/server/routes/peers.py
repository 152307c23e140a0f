"""WebRTC over HTTP: the page's own peer, WHIP in (RFC 9725) and WHEP out (draft-ietf-wish-whep-03).

All three are one exchange: an SDP offer is posted, the answer comes with the address of a resource,
candidates are patched into it, and deleting it hangs up.
"""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response

from bonaface.errors import RequestRefused, UnreadableMedia
from bonaface.server.access import Mine, Watched
from bonaface.server.host import Here, Host
from bonaface.server.ice import to_links
from bonaface.server.live import LivePeer, Role
from bonaface.server.problems import refusals
from bonaface.server.registry import Resource, Running
from bonaface.server.telemetry import span
from bonaface.stream.events import State

router = APIRouter(tags=["peers"])
SDP, FRAGMENT = "application/sdp", "application/trickle-ice-sdpfrag"
OFFER = {"requestBody": {"required": True, "content": {SDP: {"schema": {"type": "string"}}}}}
PATCH = {"requestBody": {"required": True, "content": {FRAGMENT: {"schema": {"type": "string"}}}}}
ANSWER: dict[int | str, dict[str, Any]] = {
    201: {
        "description": "The answer. Location is the peer's address, ETag names its ICE session.",
        "content": {SDP: {"schema": {"type": "string"}}},
    }
}
CREATED = refusals(400, 404, 413, 415, 503) | ANSWER
PATCHED = refusals(400, 404, 412, 415, 428) | {
    200: {
        "description": "ICE was restarted.",
        "content": {FRAGMENT: {"schema": {"type": "string"}}},
    }
}


class _Voice:
    """What a data channel may do to one session: a Listener."""

    def __init__(self, host: Host, one: Running) -> None:
        self._registry, self._one = host.registry, one

    def say(self, text: str) -> None:
        self._registry.say(self._one, text)

    def ask(self, text: str) -> None:
        self._registry.ask(self._one, text)

    def interrupt(self) -> None:
        self._registry.interrupt(self._one)

    def drive(self, mode: Any, *, own_voice: bool | None = None) -> None:
        self._registry.change(self._one, mode, own_voice=own_voice)

    def background(self, kind: Any) -> None:
        self._registry.dress(self._one, kind)

    def state(self) -> State:
        return self._one.state


async def offer_text(request: Request) -> str:
    """The SDP offer in a request. Raises RequestRefused (415, 400)."""
    return await _text(request, SDP)


async def fragment_text(request: Request) -> str:
    """The SDP fragment in a request. Raises RequestRefused (415, 400)."""
    return await _text(request, FRAGMENT)


async def _text(request: Request, kind: str) -> str:
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent != kind:
        raise RequestRefused(415, f"This takes {kind}, not {sent or 'nothing'}.", "", "type")
    try:
        return (await request.body()).decode()
    except UnicodeDecodeError as cause:
        raise RequestRefused(400, "This is not text in UTF-8.", "", "invalid") from cause


Offer = Annotated[str, Depends(offer_text)]
Fragment = Annotated[str, Depends(fragment_text)]


async def _answer(host: Host, one: Running, role: Role, offer: str) -> Response:
    """Make a peer, answer, and say where it is."""
    if len(one.peers) >= host.settings.limits.peers:
        raise RequestRefused(503, "Too many are in this session.", "Try later.", "peers", 10)
    ice = host.ice()
    peer = one.show.open_peer(role, ice, _Voice(host, one))
    with span("peer.answer", role=role), host.registry.link(one):
        answer = await _try(peer, offer)
    resource = Resource(secrets.token_urlsafe(16), role, peer)
    host.registry.watch(one, resource)
    root = f"/api/sessions/{one.id}/peer" if role == "page" else f"/{role}/{one.id}"
    headers = {
        "Location": f"{root}/{resource.id}",
        "ETag": resource.etag,
        "Accept-Patch": FRAGMENT,
    }
    if ice:
        headers["Link"] = to_links(ice)
    return Response(answer, 201, headers, media_type=SDP)


async def _try(peer: LivePeer, offer: str) -> str:
    """Give the answer; what is no offer, or none that can be answered, is the client's fault."""
    try:
        return await peer.answer(offer)
    except UnreadableMedia as cause:
        raise RequestRefused(400, str(cause.args[0]), cause.remedy, "invalid") from cause


async def _patch(one: Running, peer_id: str, fragment: str, tag: str | None) -> Response:
    """Trickled candidates, or an ICE restart (RFC 9725, section 4.3): the tag says for which."""
    resource = _find(one, peer_id)
    if tag is None:
        remedy = "Send the ETag of the answer as If-Match, or * to restart ICE."
        raise RequestRefused(428, "It is not said which ICE session this is for.", remedy)
    if tag not in {"*", resource.etag}:
        raise RequestRefused(412, "This is for another ICE session.", "Restart ICE, or reconnect.")
    try:
        answer = await resource.peer.patch(fragment)
    except UnreadableMedia as cause:
        raise RequestRefused(400, str(cause.args[0]), cause.remedy, "invalid") from cause
    if answer is None:
        return Response(status_code=204)
    return Response(answer, 200, {"ETag": resource.etag}, media_type=FRAGMENT)


async def _leave(one: Running, peer_id: str) -> Response:
    await _find(one, peer_id).peer.close()
    return Response(status_code=200)


def _find(one: Running, peer_id: str) -> Resource:
    resource = one.peers.get(peer_id)
    if resource is None:
        raise RequestRefused(404, "There is no peer of that id.", "It left; make another.")
    return resource


def _options() -> Response:
    """What can be posted (RFC 9725, section 4.2)."""
    headers = {"Allow": "OPTIONS, POST", "Accept-Post": SDP}
    return Response(status_code=204, headers=headers)


Tag = Annotated[str | None, Header(alias="If-Match", description="The ETag of the answer.")]


@router.post(
    "/api/sessions/{session_id}/peer",
    status_code=201,
    summary="Connect the page",
    response_class=Response,
    responses=CREATED,
    openapi_extra=OFFER,
)
async def connect(host: Here, one: Mine, offer: Offer) -> Response:
    """Microphone and camera in, the face out, events and words on the data channel `bonaface`."""
    return await _answer(host, one, "page", offer)


@router.post(
    "/whip/{session_id}",
    status_code=201,
    summary="Send by WHIP",
    response_class=Response,
    responses=CREATED,
    openapi_extra=OFFER,
)
async def publish(host: Here, one: Mine, offer: Offer) -> Response:
    """A broadcaster's microphone and camera drive the face. Watch it by WHEP."""
    return await _answer(host, one, "whip", offer)


@router.post(
    "/whep/{session_id}",
    status_code=201,
    summary="Watch by WHEP",
    response_class=Response,
    responses=CREATED,
    openapi_extra=OFFER,
)
async def watch(host: Here, one: Watched, offer: Offer) -> Response:
    """A player receives the face. A ticket will do as the token."""
    return await _answer(host, one, "whep", offer)


@router.patch(
    "/api/sessions/{session_id}/peer/{peer_id}",
    status_code=204,
    summary="Trickle candidates",
    response_class=Response,
    responses=PATCHED,
    openapi_extra=PATCH,
)
@router.patch("/whip/{session_id}/{peer_id}", include_in_schema=False)
async def patch(one: Mine, peer_id: str, fragment: Fragment, tag: Tag = None) -> Response:
    """Candidates of the ICE session whose ETag is in If-Match.

    A fragment with new ICE credentials, and `If-Match: *`, restarts ICE: the answer is a fragment
    and another ETag. That is how a connection survives a change of network.
    """
    return await _patch(one, peer_id, fragment, tag)


@router.patch(
    "/whep/{session_id}/{peer_id}",
    status_code=204,
    summary="Trickle candidates of a viewer",
    response_class=Response,
    responses=PATCHED,
    openapi_extra=PATCH,
)
async def patch_viewer(one: Watched, peer_id: str, fragment: Fragment, tag: Tag = None) -> Response:
    """As for the others."""
    return await _patch(one, peer_id, fragment, tag)


@router.delete(
    "/api/sessions/{session_id}/peer/{peer_id}", summary="Hang up", responses=refusals(404)
)
@router.delete("/whip/{session_id}/{peer_id}", include_in_schema=False)
async def leave(one: Mine, peer_id: str) -> Response:
    """The peer leaves; the session stays for half a minute, and longer while others watch."""
    return await _leave(one, peer_id)


@router.delete("/whep/{session_id}/{peer_id}", summary="Stop watching", responses=refusals(404))
async def leave_viewer(one: Watched, peer_id: str) -> Response:
    """The viewer leaves."""
    return await _leave(one, peer_id)


@router.options("/whip/{session_id}", include_in_schema=False)
async def whip_options(session_id: str) -> Response:  # noqa: ARG001 no session is named by it
    """What can be posted; asked before anybody signs in."""
    return _options()


@router.options("/whep/{session_id}", include_in_schema=False)
async def whep_options(session_id: str) -> Response:  # noqa: ARG001
    """As above."""
    return _options()
