"""The Studio, the player, and the reference: all that a browser shows."""

from datetime import UTC, datetime
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from bonaface.errors import RequestRefused
from bonaface.marks.signers import chain, keys
from bonaface.server.headers import CSP
from bonaface.server.reference import STYLE, write_reference

router = APIRouter(include_in_schema=False)
PAGE = Path(__file__).parent.parent / "page"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


def _page(name: str, headers: dict[str, str] | None = None) -> FileResponse:
    return FileResponse(PAGE / name, media_type=TYPES[".html"], headers=headers)


@router.get("/")
def studio() -> FileResponse:
    """The page."""
    return _page("index.html")


@router.get("/watch/{session_id}")
def player() -> FileResponse:
    """The player; what it plays needs a ticket where tokens are needed."""
    return _page("watch.html")


@router.get("/check")
def checker() -> FileResponse:
    """The page that checks files; it shows the report in a frame of its own."""
    headers = {"Content-Security-Policy": f"{CSP}; frame-src 'self'"}
    return _page("check.html", headers)


@router.get("/room")
def room() -> FileResponse:
    """The page of a host who checks live callers."""
    return _page("room.html")


@router.get("/call/{room_id}")
def called() -> FileResponse:
    """The page of a caller; the key of the invitation stays behind the # of the address."""
    return _page("caller.html")


@router.get("/page/authority.pem")
def authority() -> Response:
    """Whom the player trusts: the authority under which all that leaves here is signed."""
    root = chain.anchor() or keys.signing_keys(datetime.now(UTC)).root
    return Response(root, media_type="application/x-pem-file")


@router.get("/page/{name}")
def part(name: str) -> FileResponse:
    """A part of the page; only names that lie there lead anywhere."""
    known = {file.name: file for file in PAGE.iterdir() if file.suffix in TYPES}
    if name not in known:
        raise RequestRefused(404, "The page has no such part.")
    return FileResponse(known[name], media_type=TYPES[known[name].suffix])


@router.get("/docs")
def reference(request: Request) -> HTMLResponse:
    """Every operation."""
    return HTMLResponse(write_reference(request.app.openapi()))


@router.get("/docs/style.css")
def style() -> Response:
    """How it looks."""
    return Response(STYLE, media_type=TYPES[".css"])
