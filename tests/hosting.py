"""A server for tests: a session that needs no models, and clients for it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from fastapi import FastAPI

from bonaface import weights
from bonaface.avatar.rig import Likeness
from bonaface.commands.demo import PURPOSE, grant_portrait
from bonaface.config import settings
from bonaface.consent.policy import Permit
from bonaface.core import SECOND, Caption, Clock, Picture, Sound
from bonaface.errors import BonafaceError, SpeechError
from bonaface.marks.picture.mark import PictureMark
from bonaface.marks.sound.mark import SoundMark
from bonaface.media.photos import read_photo
from bonaface.server.app import build_app
from bonaface.server.engine import LiveShow
from bonaface.server.host import Host
from bonaface.server.likenesses import Given, LikenessStore
from bonaface.server.live import MindNote, Wish
from bonaface.server.run import bind, prepare
from bonaface.server.settings import Limits, ServerSettings
from bonaface.stream.clock import SessionClock
from bonaface.stream.events import Board, Event, Interrupted, Notice, Said, State
from bonaface.stream.figures import Figures
from bonaface.stream.session import Exit

LOCAL = "http://127.0.0.1:8642"
QUICK = Limits(steady=1000, burst=1000, costly=1000, costly_burst=1000)


class MadeSession:
    """A session that shows grey pictures, and does at once what it is told."""

    mark_id = 7

    def __init__(self) -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        self.heard: list[Sound] = []
        self.seen: list[Picture] = []
        self.modes: list[str] = []
        self.placed: list[tuple[str, Picture | None]] = []
        self.echoes, self.own_voice = False, True
        self.exits: list[Exit] = []
        self.figures = Figures()
        self.board = Board()
        self._over = asyncio.Event()

    async def run(self) -> None:
        playing = asyncio.create_task(self._play())
        try:
            await self._over.wait()
        finally:
            playing.cancel()
            self.board.close()

    async def _play(self) -> None:
        """Marked pictures and sound, as long as somebody watches."""
        see, hear = PictureMark(7), SoundMark(7)
        grey = np.full((128, 128, 3), 128, np.uint8)
        for step in range(10_000):
            await asyncio.sleep(0.02)
            at = step * SECOND // 50
            for sound in hear.push(Sound(at, np.zeros(960, np.float32), 48_000)):
                for one in tuple(self.exits):
                    one.hear(sound)
            if step % 2 == 0 and self.exits:
                for picture in see.push(Picture(at, grey.copy())):
                    for one in tuple(self.exits):
                        one.show(picture)

    def end(self) -> None:
        self.board.post(Notice("info", "session-ended", "This session has ended."))
        self._over.set()

    def hear(self, sound: Sound, *, echoes: bool = False) -> None:
        self.echoes = echoes
        self.heard.append(sound)

    def see(self, picture: Picture) -> None:
        self.seen.append(picture)

    def say(self, text: str) -> None:
        if not text.strip():
            raise SpeechError("There is no text to say.", "Give it a sentence.")
        self.said.append(text)
        self.board.post(State("speaking", "text"))
        self.board.post(Said(Caption(0, SECOND, text, "en", "face", final=True)))

    def ask(self, text: str) -> None:
        self.asked.append(text)

    def interrupt(self) -> None:
        self.board.post(Interrupted("heard", "unheard"))

    def place(self, kind: str, picture: Picture | None = None) -> None:
        self.placed.append((kind, picture))

    def drive(self, mode: str, *, own_voice: bool = True) -> None:
        self.own_voice = own_voice
        self.modes.append(mode)
        self.board.post(State("idle", mode))

    def add(self, exit_: Exit) -> None:
        self.exits.append(exit_)

    def remove(self, exit_: Exit) -> None:
        if exit_ in self.exits:
            self.exits.remove(exit_)

    def follow(self) -> AsyncIterator[Event]:
        return self.board.follow()

    def tell(self, event: Event) -> None:
        self.board.post(event)


@dataclass
class MadeEngine:
    """Makes sessions of the above, with real peers."""

    sessions: list[MadeSession] = field(default_factory=list)
    clock: Clock | None = None

    def open(self, likeness: Likeness, leave: Permit, wish: Wish) -> LiveShow:
        assert likeness.portrait == leave.portrait
        assert (likeness.width, likeness.height) == wish.size
        self.sessions.append(MadeSession())
        return LiveShow(self.sessions[-1], self.clock or SessionClock(), leave)

    def warm(self, likeness: Likeness, leave: Permit) -> tuple[BonafaceError, ...]:
        assert likeness.portrait == leave.portrait
        return ()

    def minds(self) -> tuple[MindNote, ...]:
        return (MindNote("patient", "A patient to interview"),)

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class Hosted:
    """A running app, a client for it, and what is behind it."""

    client: httpx.AsyncClient
    app: FastAPI
    engine: MadeEngine

    @property
    def host(self) -> Host:
        host: Host = self.app.state.host
        return host

    async def likeness(self) -> str:
        answer = await self.client.get("/api/likenesses")
        return str(answer.json()["likenesses"][0]["id"])

    async def begin(self, **wish: Any) -> dict[str, Any]:
        """Begin a session; answers its JSON."""
        answer = await self.client.post(
            "/api/sessions", json={"likeness": await self.likeness()} | wish
        )
        assert answer.status_code == 201, answer.text
        whole: dict[str, Any] = answer.json()
        return whole


def chosen(limits: Limits = QUICK, **more: Any) -> ServerSettings:
    return replace(ServerSettings(home=settings().home, limits=limits), **more)


@asynccontextmanager
async def hosted(asked: ServerSettings | None = None, **headers: str) -> AsyncIterator[Hosted]:
    """The app without a network; answers come whole, so nothing that streams."""
    engine = MadeEngine()
    app = build_app(asked or chosen(), lambda _: engine)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=LOCAL, headers=headers) as client,
    ):
        await _warmed(app)
        yield Hosted(client, app, engine)


@asynccontextmanager
async def served(asked: ServerSettings | None = None) -> AsyncIterator[Hosted]:
    """The app on a port of the loopback."""
    engine, started = MadeEngine(), asyncio.Event()
    with bind("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        server = prepare(replace(asked or chosen(), port=port), started.set, lambda _: engine)
        running = asyncio.create_task(server.serve([listening]))
        await started.wait()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            await _warmed(server.app)
            yield Hosted(client, server.app, engine)
        server.should_exit = True
        await running


async def _warmed(app: FastAPI) -> None:
    while app.state.host.troubles:  # noqa: ASYNC110  that is what /healthz says, too
        await asyncio.sleep(0.01)


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a test that is asynchronous."""
    asyncio.run(work)


def make_granted(home: Path) -> None:
    """Make a home in which the demo's portrait may be shown, its rig of 512 px at hand."""
    portrait = weights.find("portrait-hopper")
    store = LikenessStore(home / "likenesses", 10)
    entry = store.add(Given(read_photo(portrait), grant_portrait(portrait), "Grace"))
    store.open(entry.id, (512, 512), PURPOSE)
