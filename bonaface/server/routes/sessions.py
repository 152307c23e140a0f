"""Sessions: live faces."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bonaface.avatar.manner.style import find_style
from bonaface.errors import RequestRefused
from bonaface.media.broadcast.broadcast import OVER
from bonaface.server.access import Maker, Mine
from bonaface.server.broadcasts import Kind
from bonaface.server.host import Here, Host
from bonaface.server.live import Background, Drive, Wish
from bonaface.server.problems import refusals
from bonaface.server.registry import Running
from bonaface.server.telemetry import span
from bonaface.server.tickets import LASTS
from bonaface.speech.voices import ALIASES, VOICES, find_files, find_speaker

router = APIRouter(prefix="/api/sessions", tags=["sessions"])
Slug = Annotated[str, StringConstraints(max_length=128)]
MOST_TEXT = 10_000  # as in Limits; a longer text is answered with 413


class WishView(BaseModel):
    """What a session is to be."""

    likeness: Slug = Field(description="Its id.")
    purpose: Slug | None = Field(None, description="Needed where the consent names several.")
    voice: Slug = "default"
    manner: Slug = "warm"
    size: tuple[int, int] = Field((512, 512), description="Width and height, pixels.")
    rate: int = Field(25, description="Pictures a second; see /api/settings.")
    drive: Drive = "text"
    mind: Slug | None = None
    background: Background = "own"
    own_voice: bool = Field(True, description="Driven by voice or face: whose voice is heard.")
    language: Slug = Field("en", description="Of the label in the picture, BCP 47.")

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"likeness": "0f3c9a71d2b84e65", "drive": "text"}},
    )

    def wish(self) -> Wish:
        """The same as a value of ours."""
        return Wish(**self.model_dump())


class Links(BaseModel):
    """Where to go from here. Tickets in them hold for some minutes."""

    peer: str
    whip: str
    whep: str
    say: str
    ask: str
    events: str
    hls: str
    recording: str
    rtmp: str


class SessionView(BaseModel):
    """A session that runs."""

    id: str
    boot: str = Field(description="Of the server; see /api/settings.")
    likeness: str
    voice: str
    manner: str
    size: tuple[int, int]
    rate: int
    drive: Drive
    own_voice: bool
    mind: str | None
    background: Background
    state: Literal["idle", "speaking", "listening", "thinking"]
    peers: int = Field(description="Connections.")
    broadcasts: list[Kind] = Field(description="Those that run, or begin to.")
    seconds: float = Field(description="Since it began.")
    figures: dict[str, Any] = Field(description="What it counts; times in ms.")
    links: Links


class SessionList(BaseModel):
    """All that the caller made; all there are, with the scope admin."""

    sessions: list[SessionView]


class ChangeView(BaseModel):
    """What can change while it runs."""

    drive: Drive | None = None
    background: Background | None = None
    own_voice: bool | None = None

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"drive": "voice"}})


class SayView(BaseModel):
    """Words for the face."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=MOST_TEXT)]

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"text": "Hello."}})


class TicketView(BaseModel):
    """Leave to watch one session."""

    ticket: str
    seconds: int = Field(description="How long it holds.")


def view(host: Host, one: Running) -> SessionView:
    """A session as the API shows it."""
    wish, at = one.wish, f"/api/sessions/{one.id}"
    ticket = f"?ticket={host.tickets.make(one.id)}" if host.settings.guarded else ""
    return SessionView(
        id=one.id,
        boot=host.boot,
        likeness=wish.likeness,
        voice=wish.voice,
        manner=wish.manner,
        size=wish.size,
        rate=wish.rate,
        drive=wish.drive,
        own_voice=wish.own_voice,
        mind=wish.mind,
        background=wish.background,
        state=one.state.state,
        peers=len(one.peers),
        broadcasts=[
            going.kind
            for going in host.broadcasts
            if going.session == one.id and going.made.report.state not in OVER
        ],
        seconds=round(one.session.figures.seconds, 3),
        figures=asdict(one.session.figures),
        links=Links(
            peer=f"{at}/peer",
            whip=f"/whip/{one.id}",
            whep=f"/whep/{one.id}{ticket}",
            say=f"{at}/say",
            ask=f"{at}/ask",
            events=f"{at}/events{ticket}",
            hls=f"/hls/{one.id}/index.m3u8{ticket}",
            recording=f"{at}/recording",
            rtmp=f"{at}/rtmp",
        ),
    )


def _check(host: Host, wish: Wish) -> None:
    """What a schema cannot say. Raises BonafaceError."""
    limits, (least, most) = host.settings.limits, host.settings.limits.side
    if not all(least <= side <= most and side % 2 == 0 for side in wish.size):
        raise RequestRefused(422, f"A picture has {least} to {most} pixels a side, even numbers.")
    if wish.rate not in limits.rates:
        rates = ", ".join(map(str, limits.rates))
        raise RequestRefused(422, f"{wish.rate} pictures a second cannot be had.", f"Use {rates}.")
    if wish.mind is not None and wish.mind not in {one.name for one in host.engine.minds()}:
        raise RequestRefused(422, "There is no such mind.", "GET /api/minds has all.")
    find_style(wish.manner)
    if wish.voice not in {*VOICES, *ALIASES}:  # a path would name a file of this machine
        raise RequestRefused(422, "There is no such voice.", "GET /api/voices has all.")
    find_files(find_speaker(wish.voice))


@router.post("", status_code=201, summary="Begin one", responses=refusals(404, 422, 503))
async def begin(host: Here, response: Response, caller: Maker, asked: WishView) -> SessionView:
    """Begin a live face, if its consent holds and this machine has room.

    It waits half a minute for a connection, and as long again when one is lost. When the machine is
    full the answer is 503 with a reason and Retry-After; sessions that run are not slowed down.
    """
    wish = asked.wish()
    _check(host, wish)
    with span("session.begin", pixels=wish.size[0] * wish.size[1], rate=wish.rate):
        host.registry.admission.require_room(wish.size, wish.rate)
        try:
            likeness, leave = await host.work(
                host.store.open, wish.likeness, wish.size, wish.purpose
            )
        except BaseException:
            host.registry.admission.leave(wish.size, wish.rate)
            raise
        one = await host.registry.begin(likeness, leave, wish, caller)
    response.headers["Location"] = f"/api/sessions/{one.id}"
    return view(host, one)


@router.get("", summary="List those that run", responses=refusals())
async def index(host: Here, caller: Maker) -> SessionList:
    """The caller's own; all of them with the scope admin."""
    mine = [one for one in host.registry if one.owner == caller.name or caller.may("admin")]
    return SessionList(sessions=[view(host, one) for one in mine])


@router.get("/{session_id}", summary="See one", responses=refusals(404))
async def show(host: Here, one: Mine) -> SessionView:
    """Answers 404 when it ended or the server restarted; `boot` in /api/settings tells which."""
    return view(host, one)


@router.patch("/{session_id}", summary="Change one", responses=refusals(404, 422))
async def change(host: Here, one: Mine, asked: ChangeView) -> SessionView:
    """Let something else drive the face, or put something else behind it."""
    if asked.background is not None:
        host.registry.dress(one, asked.background)
    if asked.drive is not None or asked.own_voice is not None:
        host.registry.change(one, asked.drive or one.wish.drive, own_voice=asked.own_voice)
    return view(host, one)


@router.put(
    "/{session_id}/background",
    status_code=204,
    summary="Put a picture behind the face",
    responses=refusals(404, 413, 415, 422),
    openapi_extra={"requestBody": {"required": True, "content": {"image/*": {}}}},
)
async def dress(host: Here, one: Mine, request: Request) -> None:
    """The body is a JPEG, PNG or WebP picture; its middle is kept where the shape differs."""
    picture = await host.decoder.decode(await request.body())
    host.registry.dress(one, "picture", picture)


@router.delete("/{session_id}", status_code=204, summary="End one", responses=refusals(404))
async def end(host: Here, one: Mine) -> None:
    """End it for everybody who watches."""
    await host.registry.end(one)


@router.post(
    "/{session_id}/say", status_code=202, summary="Say something", responses=refusals(404, 413, 422)
)
async def say(host: Here, one: Mine, words: SayView) -> dict[str, str]:
    """Have a text spoken after what is being said. The events tell when."""
    host.registry.say(one, words.text)
    return {"status": "queued"}


@router.post(
    "/{session_id}/ask", status_code=202, summary="Ask the mind", responses=refusals(404, 413, 422)
)
async def ask(host: Here, one: Mine, words: SayView) -> dict[str, str]:
    """Have the mind answer a text, as if it had been spoken to the face."""
    host.registry.ask(one, words.text)
    return {"status": "heard"}


@router.post(
    "/{session_id}/interrupt", status_code=204, summary="Stop talking", responses=refusals(404)
)
async def interrupt(host: Here, one: Mine) -> None:
    """Stop what is being said, and all that waits to be."""
    host.registry.interrupt(one)


@router.post(
    "/{session_id}/tickets", status_code=201, summary="Let others watch", responses=refusals(404)
)
async def ticket(host: Here, one: Mine) -> TicketView:
    """A ticket opens this session's events, playlist and WHEP address, and nothing else.

    Give it as `?ticket=`, or in place of a token. It holds for ten minutes; who watches by then
    goes on watching.
    """
    return TicketView(ticket=host.tickets.make(one.id), seconds=LASTS)
