"""STUN and TURN servers as peers, pages and WHIP clients are told of them."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import TypedDict

from bonaface.media.webrtc import call
from bonaface.server.settings import IceServer

LASTS = timedelta(hours=6)  # longer than any session


class IceEntry(TypedDict, total=False):
    """An `RTCIceServer` of the WebRTC API."""

    urls: list[str]
    username: str
    credential: str


def open_ice(server: IceServer, now: datetime, name: str = "bonaface") -> IceEntry:
    """Give a server with credentials that hold now.

    With a shared secret they expire: the user name is the moment of expiry and a name, the password
    HMAC-SHA1 of it (draft-uberti-behave-turn-rest-00, section 2.2; coturn's `use-auth-secret`).
    """
    entry = IceEntry(urls=list(server.urls))
    if server.secret:
        username = f"{int((now + LASTS).timestamp())}:{name}"
        sealed = hmac.new(server.secret.encode(), username.encode(), hashlib.sha1).digest()
        entry["username"], entry["credential"] = username, base64.b64encode(sealed).decode()
    elif server.username:
        entry["username"], entry["credential"] = server.username, server.credential
    return entry


def to_links(entries: list[IceEntry]) -> str:
    """Give the value of a Link header: one `ice-server` link a URL (RFC 9725, section 4.4)."""
    links = []
    for entry in entries:
        for url in entry["urls"]:
            link = f'<{url}>; rel="ice-server"'
            if "username" in entry:
                link += f"; username={_quoted(entry['username'])}"
                link += f'; credential={_quoted(entry["credential"])}; credential-type="password"'
            links.append(link)
    return ", ".join(links)


def _quoted(text: str) -> str:
    """A quoted-string of RFC 9110, section 5.6.4."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def to_servers(entries: list[IceEntry]) -> call.IceServers:
    """The same as our own peers want them: an address each."""
    return tuple(
        call.IceServer(url, entry.get("username"), entry.get("credential"))
        for entry in entries
        for url in entry["urls"]
    )
