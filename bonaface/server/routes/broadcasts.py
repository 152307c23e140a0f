"""A session for many: HLS for players, a signed recording, a push by RTMP, a webcam here."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bonaface.errors import BonafaceError, RequestRefused
from bonaface.marks.label.wording import word
from bonaface.media.broadcast.broadcast import Broadcast, State
from bonaface.media.broadcast.camera import VirtualCamera
from bonaface.media.broadcast.recording import Recording
from bonaface.media.broadcast.rtmp import Rtmp
from bonaface.media.broadcast.target import read_target
from bonaface.server.access import HOW, Bearer, Maker, Mine, identify
from bonaface.server.broadcasts import Going, Kind, Make, state
from bonaface.server.host import Here, Host
from bonaface.server.problems import refusals
from bonaface.server.recordings import Take
from bonaface.server.registry import Running

router = APIRouter(tags=["broadcasts"])
MP4 = "video/mp4"
Ticket = Annotated[str, Query(max_length=64, description="In place of a token.")]


class BroadcastView(BaseModel):
    """How a broadcast goes."""

    state: State
    text: str = Field(description="A sentence, where there is something to say.")
    pictures_dropped: int = Field(description="That there was no time for.")
    sound_lost: int = Field(description="Runs of 20 ms that there was no time for.")


class RecordingView(BaseModel):
    """How a recording goes, and where it will be."""

    state: State
    text: str
    pictures_dropped: int
    sound_lost: int
    id: str
    file: str = Field(examples=["/api/recordings/5e0c…"])


class TakeView(BaseModel):
    """A recording that is kept."""

    id: str
    session: str
    begun: str
    ready: bool
    file: str


class TakeList(BaseModel):
    """All of them that the caller may see."""

    recordings: list[TakeView]


class PushView(BaseModel):
    """Where to push to."""

    url: Annotated[str, StringConstraints(min_length=1, max_length=1024)] = Field(
        description="rtmp://HOST/APP/KEY or rtmps://HOST/APP/KEY. It is kept in no log."
    )

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"url": "rtmps://live.example/app/KEY"}}
    )


def _view(made: Broadcast) -> BroadcastView:
    report = made.report
    return BroadcastView(
        state=report.state,
        text=report.text,
        pictures_dropped=made.dropped,
        sound_lost=made.lost,
    )


def _recording(host: Host, going: Going) -> RecordingView:
    address = _address(host, going.name)
    return RecordingView(**_view(going.made).model_dump(), id=going.name, file=address)


def _address(host: Host, take_id: str) -> str:
    ticket = f"?ticket={host.tickets.make(take_id)}" if host.settings.guarded else ""
    return f"/api/recordings/{take_id}{ticket}"


def _screened(
    session_id: str, host: Here, request: Request, bearer: Bearer, ticket: Ticket = ""
) -> str:
    """The id of a session that may be watched; it may be over for a moment."""
    given = ticket or (bearer.credentials if bearer else "")
    if given and host.tickets.holds(given, session_id):
        return session_id
    caller = identify(host, request, bearer)
    if not caller.may("make"):
        raise RequestRefused(403, "This token may not make.", HOW, "scope")
    if not (host.broadcasts.owner(session_id) == caller.name or caller.may("admin")):
        host.registry.find(session_id, caller)
    return session_id


@router.get(
    "/hls/{session_id}/{name}",
    summary="Watch by HLS",
    response_class=Response,
    responses=refusals(404, 503)
    | {200: {"content": {"application/vnd.apple.mpegurl": {}, MP4: {}}}},
)
async def watch(
    host: Here,
    session: Annotated[str, Depends(_screened)],
    name: Annotated[str, Path(max_length=64, examples=["index.m3u8"])],
    ticket: Ticket = "",
) -> Response:
    """Playlists and segments in CMAF, signed one by one: begin with index.m3u8.

    A player is some eight seconds behind. HLS ends a minute after the last request. Addresses in
    the playlists carry a ticket where tokens are needed: it holds as long as a session may.
    """
    query = f"?ticket={ticket}" if ticket else ""
    if host.settings.guarded and name == "index.m3u8":
        query = f"?ticket={host.tickets.make(session, int(host.settings.limits.longest))}"
    found = await host.broadcasts.fetch(session, name, query)
    return Response(found.data, media_type=found.kind)


@router.post(
    "/api/sessions/{session_id}/recording",
    status_code=201,
    summary="Record it",
    responses=refusals(404, 409, 507),
)
async def record(host: Here, response: Response, one: Mine) -> RecordingView:
    """Record from now on. The file is signed when the recording, or the session, is ended.

    The consent must allow recordings; one that is over by then leaves no file.
    """
    portrait = await host.work(_portrait, host, one)
    host.registry.find(one.id)
    take = host.recordings.begin(one.owner, one.id)
    statement = state(one, portrait)
    sentence = word(one.wish.language, host.settings.label).video
    try:
        going = host.broadcasts.begin(
            one,
            "recording",
            lambda tell: Recording(
                host.recordings.file(take), statement, one.wish.pace, tell, sentence
            ),
            take.id,
        )
    except BonafaceError:
        host.recordings.remove(take)
        raise
    response.headers["Location"] = f"/api/recordings/{take.id}"
    return _recording(host, going)


def _portrait(host: Host, one: Running) -> bytes | None:
    """The photo; None when the likeness was deleted meanwhile."""
    try:
        return host.store.portrait(one.wish.likeness)
    except (RequestRefused, OSError):
        return None


@router.get("/api/sessions/{session_id}/recording", summary="See it", responses=refusals(404))
async def see_recording(host: Here, one: Mine) -> RecordingView:
    """The recording that is being made."""
    return _recording(host, host.broadcasts.find(one.id, "recording"))


@router.delete(
    "/api/sessions/{session_id}/recording",
    status_code=202,
    summary="End the recording",
    responses=refusals(404),
)
async def end_recording(host: Here, one: Mine) -> RecordingView:
    """It is finished and signed, which takes a moment; then its file can be had."""
    return _recording(host, host.broadcasts.end(one, "recording"))


@router.get("/api/recordings", summary="List recordings", responses=refusals())
async def index(host: Here, caller: Maker) -> TakeList:
    """The caller's own; all of them with the scope admin."""
    takes = await host.work(lambda: list(host.recordings.list(caller)))
    return TakeList(recordings=[_take(host, take) for take in takes])


def _take(host: Host, take: Take) -> TakeView:
    return TakeView(
        id=take.id,
        session=take.session,
        begun=take.begun,
        ready=host.recordings.file(take).exists(),
        file=_address(host, take.id),
    )


def _mine(
    recording_id: str, host: Here, request: Request, bearer: Bearer, ticket: Ticket = ""
) -> Take:
    """A recording that the caller made, or holds a ticket for."""
    if ticket and host.tickets.holds(ticket, recording_id):
        return host.recordings.find(recording_id)
    caller = identify(host, request, bearer)
    if not caller.may("make"):
        raise RequestRefused(403, "This token may not make.", HOW, "scope")
    return host.recordings.find(recording_id, caller)


MyTake = Annotated[Take, Depends(_mine)]


@router.get(
    "/api/recordings/{recording_id}",
    summary="Fetch a recording",
    response_class=FileResponse,
    responses=refusals(404, 409) | {200: {"content": {MP4: {}}}},
)
async def fetch(host: Here, take: MyTake) -> FileResponse:
    """The signed MP4; parts of it too (`Range`). 409 while it is being made or signed."""
    path = host.recordings.file(take)
    if host.broadcasts.by_name(take.id) is not None:
        raise RequestRefused(409, "It is still being made.", "Ask again.", "early", 1)
    if not path.exists():
        raise RequestRefused(404, "This recording failed.", "Record again.", "failed")
    return FileResponse(path, media_type=MP4, filename=f"bonaface-{take.id[:8]}.mp4")


@router.delete(
    "/api/recordings/{recording_id}",
    status_code=204,
    summary="Delete a recording",
    responses=refusals(404, 409),
)
async def delete(host: Here, caller: Maker, recording_id: str) -> None:
    """For good."""
    take = host.recordings.find(recording_id, caller)
    if host.broadcasts.by_name(take.id) is not None:
        raise RequestRefused(409, "It is still being made.", "End it first.", "early")
    await host.work(host.recordings.remove, take)


@router.post(
    "/api/sessions/{session_id}/rtmp",
    status_code=202,
    summary="Push by RTMP",
    responses=refusals(404, 409, 422),
)
async def push(host: Here, one: Mine, asked: PushView) -> BroadcastView:
    """Push H.264 and AAC to a service, from now on; lost connections are made again.

    The events tell how it goes: rtmp-live, rtmp-lost, rtmp-failed. The server connects to the
    address it is given, except to itself and to link-local addresses where tokens are needed.
    """
    target = read_target(asked.url, near=not host.settings.guarded)
    return _begin(host, one, "rtmp", lambda tell: Rtmp(target, one.wish.pace, tell))


def _begin(host: Host, one: Running, kind: Kind, make: Make) -> BroadcastView:
    return _view(host.broadcasts.begin(one, kind, make).made)


@router.get("/api/sessions/{session_id}/rtmp", summary="See the push", responses=refusals(404))
async def see_push(host: Here, one: Mine) -> BroadcastView:
    """How it goes; never where to."""
    return _view(host.broadcasts.find(one.id, "rtmp").made)


@router.delete(
    "/api/sessions/{session_id}/rtmp", status_code=202, summary="End the push",
    responses=refusals(404),
)  # fmt: skip
async def end_push(host: Here, one: Mine) -> BroadcastView:
    """Say goodbye to the service."""
    return _view(host.broadcasts.end(one, "rtmp").made)


@router.post(
    "/api/sessions/{session_id}/camera",
    status_code=202,
    summary="Show it as a webcam of this machine",
    responses=refusals(403, 404, 409),
)
async def show(host: Here, one: Mine, caller: Maker) -> BroadcastView:
    """For calls in other programs: needs a driver, and the scope admin where tokens are needed."""
    if not caller.may("admin"):
        raise RequestRefused(403, "This token may not admin.", "", "scope")
    return _begin(host, one, "camera", lambda tell: VirtualCamera(one.wish.pace, tell))


@router.delete(
    "/api/sessions/{session_id}/camera", status_code=202, summary="End the webcam",
    responses=refusals(404),
)  # fmt: skip
async def end_show(host: Here, one: Mine) -> BroadcastView:
    """The device shows its own idle picture again."""
    return _view(host.broadcasts.end(one, "camera").made)
