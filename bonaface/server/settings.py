"""What the server is told once, when it starts."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from bonaface.config import settings
from bonaface.errors import SettingsError
from bonaface.marks.label.wording import RULES, Rule
from bonaface.mind.chat import Endpoint, read_endpoint

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class IceServer:
    """One STUN or TURN server, with a fixed password or a secret that is shared with it."""

    urls: tuple[str, ...]
    username: str = ""
    credential: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)  # makes passwords that expire; see ice.py


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of each thing is borne."""

    sessions: int = 32  # at once, whatever the machine could bear
    peers: int = 16  # of one session
    followers: int = 16  # of one session's events
    likenesses: int = 1000
    recordings: int = 200  # that are kept
    upload: int = 25_000_000  # bytes of a request that brings a photo
    pixels: int = 50_000_000  # of a photo
    body: int = 262_144  # bytes of any other request
    text: int = 10_000  # characters to say at once
    side: tuple[int, int] = (128, 1280)  # px of a live picture
    rates: tuple[int, ...] = (15, 20, 25, 30)  # pictures a second
    linger: float = 30.0  # s that a session outlives its last connection
    idle: float = 1800.0  # s without anybody saying or driving anything
    longest: float = 14_400.0  # s of a session
    steady: float = 20.0  # requests a second from one address
    burst: float = 120.0
    costly: float = 1.0  # a second: uploads, sessions, peers
    costly_burst: float = 20.0


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where the server listens, for whom, and within which limits."""

    home: Path  # private to the user: likenesses, tokens, the ticket key
    host: str = "127.0.0.1"
    port: int = 8642
    names: tuple[str, ...] = ()  # host names under which others reach it, behind a proxy too
    certificate: Path | None = None
    key: Path | None = None
    ice: tuple[IceServer, ...] = ()
    limits: Limits = Limits()
    scenarios: Path | None = None  # a folder of YAML, beside those that came with the program
    mind: Endpoint | None = None  # a chat endpoint that may be chosen
    label: Rule = "eu"  # what the label in the picture says

    @property
    def guarded(self) -> bool:
        """Whether tokens are needed: always when others than this machine can reach it."""
        return not (is_loopback(self.host) and all(is_loopback(name) for name in self.names))

    @property
    def tokens(self) -> Path:
        """Where hashes of tokens are kept."""
        return self.home / "server" / "tokens.json"

    @property
    def address(self) -> str:
        """What to open in a browser."""
        scheme = "https" if self.certificate else "http"
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104
        shown = f"[{shown}]" if ":" in shown and not shown.startswith("[") else shown
        return f"{scheme}://{shown}:{self.port}/"


def is_loopback(name: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    if name in LOOPBACK:
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def read_ice(environment: Mapping[str, str]) -> tuple[IceServer, ...]:
    """The STUN and TURN servers of the environment. Raises SettingsError."""
    stun = _addresses(environment, "BONAFACE_STUN", ("stun", "stuns"))
    turn = _addresses(environment, "BONAFACE_TURN", ("turn", "turns"))
    found = [IceServer(stun)] if stun else []
    if turn:
        user = environment.get("BONAFACE_TURN_USER", "")
        password = environment.get("BONAFACE_TURN_PASSWORD", "")
        secret = environment.get("BONAFACE_TURN_SECRET", "")
        if not secret and not (user and password):
            raise SettingsError(
                "A TURN server needs credentials.",
                "Set BONAFACE_TURN_SECRET, or BONAFACE_TURN_USER and BONAFACE_TURN_PASSWORD.",
            )
        found.append(IceServer(turn, user, password, secret))
    return tuple(found)


def _addresses(
    environment: Mapping[str, str], name: str, schemes: tuple[str, ...]
) -> tuple[str, ...]:
    urls = tuple(filter(None, environment.get(name, "").replace(",", " ").split()))
    for url in urls:
        scheme, _, rest = url.partition(":")
        if scheme not in schemes or not rest or not url.isascii() or set(url) & set("<>\"'\\"):
            raise SettingsError(f"{name} has {url!r}.", f"Write {schemes[0]}:HOST:PORT.")
    return urls


def read_server_settings(environment: Mapping[str, str] | None = None) -> ServerSettings:
    """Settings of the environment; the command line changes them. Raises SettingsError."""
    environment = os.environ if environment is None else environment
    scenarios = environment.get("BONAFACE_SCENARIOS")
    return ServerSettings(
        home=settings().home,
        ice=read_ice(environment),
        scenarios=Path(scenarios) if scenarios else None,
        mind=read_endpoint() if environment.get("BONAFACE_CHAT_URL") else None,
        label=read_rule(environment.get("BONAFACE_LABEL", "eu")),
    )


def read_rule(name: str) -> Rule:
    """The rule that labels follow. Raises SettingsError."""
    for rule in RULES:
        if rule == name.lower():
            return rule
    raise SettingsError(f"BONAFACE_LABEL is {name!r}.", f"Choose one of: {', '.join(RULES)}.")
