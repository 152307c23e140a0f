"""What a page must know before anything else; and what there is to choose from."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from bonaface import __version__
from bonaface.avatar.manner.style import MANNERS
from bonaface.consent.records import notices
from bonaface.errors import RequestRefused, WeightsMissing
from bonaface.marks.label.wording import prefer, word
from bonaface.server.access import Bearer, Maker, identify
from bonaface.server.host import Here
from bonaface.server.problems import refusals
from bonaface.speech.voices import ALIASES, VOICES, find_files, find_speaker

router = APIRouter(prefix="/api", tags=["settings"])


class LimitsView(BaseModel):
    """How much is borne."""

    text: int = Field(description="Characters to say at once.")
    upload: int = Field(description="Bytes of a photo and its record.")
    side: tuple[int, int] = Field(description="Least and most pixels a side.")
    linger: float = Field(description="Seconds that a session waits for a lost connection.")


class IceView(BaseModel):
    """An `RTCIceServer` of the WebRTC API."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class NoticeView(BaseModel):
    """The words that are agreed to, and kept in the consent record."""

    basis: str = Field(description="Why it is allowed.", examples=["self"])
    contexts: list[str] = Field(description="Where it may move.", examples=[["live"]])
    text: str


class LabelView(BaseModel):
    """How the page says that AI is at work: in the language that the browser prefers."""

    short: str = Field(examples=["KI"])
    sentence: str = Field(examples=["Dieses Video wurde mit KI erstellt."])
    language: str = Field(description="Of the sentence, BCP 47.")


class SettingsView(BaseModel):
    """What a page must know."""

    version: str
    boot: str = Field(description="Another after each start: sessions of an earlier one are gone.")
    token_needed: bool = Field(description="Whether requests need a bearer token.")
    scopes: list[str] = Field(description="What the caller may do.")
    ice_servers: list[IceView] = Field(description="Empty until the caller is known.")
    rates: list[int] = Field(description="Pictures a second that may be asked for.")
    manners: list[str]
    notices: list[NoticeView] = Field(description="For consents that are recorded here.")
    limits: LimitsView
    label: LabelView


class VoiceView(BaseModel):
    """A voice that is on this machine."""

    name: str
    about: str
    language: str = "en"


class VoiceList(BaseModel):
    """All of them."""

    voices: list[VoiceView]


class MindView(BaseModel):
    """A mind that can be chosen."""

    name: str
    about: str


class MindList(BaseModel):
    """All of them."""

    minds: list[MindView]


@router.get("/settings", summary="What a page must know", response_model_exclude_none=True)
def show(host: Here, request: Request, bearer: Bearer) -> SettingsView:
    """Answers without a token too, then without the credentials of TURN servers."""
    try:
        scopes = sorted(identify(host, request, bearer).scopes)
    except RequestRefused:
        scopes = []
    limits = host.settings.limits
    words = word(prefer(request.headers.get("accept-language", "")), host.settings.label)
    return SettingsView(
        version=__version__,
        boot=host.boot,
        token_needed=host.settings.guarded,
        scopes=scopes,
        ice_servers=[IceView(**one) for one in host.ice()] if scopes else [],
        rates=list(limits.rates),
        manners=list(MANNERS),
        notices=[
            NoticeView(basis=basis, contexts=list(contexts), text=text)
            for (basis, contexts), text in notices().items()
        ],
        limits=LimitsView(
            text=limits.text, upload=limits.upload, side=limits.side, linger=limits.linger
        ),
        label=LabelView(short=words.label, sentence=words.video, language=words.language),
    )


@router.get("/voices", summary="List the voices", responses=refusals())
def voices(_: Maker) -> VoiceList:
    """The voices whose files are on this machine."""
    named = {"default": "default", "male": "male"}
    names = [name for name in (*named, *VOICES) if _here(name)]
    seen = {ALIASES.get(name) for name in names}
    shown = [name for name in names if name not in seen]
    return VoiceList(voices=[VoiceView(name=one, about=find_speaker(one).who) for one in shown])


@router.get("/minds", summary="List the minds", responses=refusals())
def minds(host: Here, _: Maker) -> MindList:
    """Scenarios, and the chat endpoint when one is set."""
    found = host.engine.minds()
    return MindList(minds=[MindView(name=one.name, about=one.about) for one in found])


def _here(name: str) -> bool:
    try:
        find_files(find_speaker(name))
    except WeightsMissing:
        return False
    return True
