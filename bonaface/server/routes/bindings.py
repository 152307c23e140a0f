"""Manifests by hidden mark: the soft binding resolution API of C2PA 2.4, its reading half.

Open to everybody: a mark is there so that whoever meets a film can find out what it is, and a
manifest names nobody. Nothing can be stored here; signing does that (`marks/archive/archive.py`).
"""

import asyncio
import base64
import binascii
import logging
import re
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from bonaface.consent.ledger import status
from bonaface.errors import KeysError, RequestRefused
from bonaface.log import store
from bonaface.log.entry import Entry
from bonaface.marks.archive import jumbf
from bonaface.marks.archive.archive import ALGORITHMS
from bonaface.marks.archive.resolver import CONSENT
from bonaface.server.access import Checker
from bonaface.server.host import Here
from bonaface.server.problems import Problem, refusals

LOG = logging.getLogger("bonaface.server")
MOST = 100  # matches of one answer
LONGEST = 1024  # characters of a value in an address
C2PA = "application/c2pa"
HOW = "Write the id as its reader gives it (hex), in base64; see /docs."
_HEX = re.compile(r"[0-9A-Fa-f]{8}|[0-9A-Fa-f]{16}")
_MANIFEST = re.compile(r"[A-Za-z0-9:._-]{1,200}")
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class _Route(APIRoute):
    """What makes no sense is answered with 400, as that API says, and not with 422."""

    def get_route_handler(self) -> Handler:
        """Wrap the handler."""
        handle = super().get_route_handler()

        async def handle_as_said(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                first = error.errors()[0]
                where = str(first["loc"][-1]) if first["loc"] else "The request"
                raise RequestRefused(400, f"{where}: {first['msg']}.", HOW, "invalid") from error
            except KeysError as error:  # it names paths of this machine, and strangers may ask
                LOG.exception("the log could not be read")
                remedy = "Tell whoever runs it."
                raise RequestRefused(500, "The log here cannot be read.", remedy, "log") from error

        return handle_as_said


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    said = {
        400: "Makes no sense",
        404: "Not kept here",
        414: "Too long for an address: POST it",
        429: "Too many requests",
    }
    return {one: {"model": Problem, "description": said[one]} for one in (*statuses, 429)}


router = APIRouter(prefix="/c2pa/soft-bindings", tags=["credentials"], route_class=_Route)
Algorithm = Annotated[str, Query(max_length=100, examples=[ALGORITHMS[0]])]
Value = Annotated[str, Query(description="The id (hex digits) in base64.")]
Most = Annotated[int, Query(alias="maxResults", ge=1, description=f"At most {MOST} are given.")]


class Hint:
    """What else is known of a file that is sent."""

    def __init__(
        self,
        alg: Annotated[
            str, Query(max_length=100, description="Look for this kind of mark alone.")
        ] = "",
        hint_alg: Annotated[str, Query(alias="hintAlg", max_length=100)] = "",
        hint_value: Annotated[str, Query(alias="hintValue", max_length=LONGEST)] = "",
    ) -> None:
        self.alg, self.hint_alg, self.hint_value = alg, hint_alg, hint_value


Hinted = Annotated[Hint, Depends()]


class QueryView(BaseModel):
    """A soft binding."""

    alg: str = Field(max_length=100, examples=[ALGORITHMS[0]])
    value: str = Field(max_length=LONGEST, examples=["MDAxMTIyMzM0NDU1NjZmZg=="])


class MatchView(BaseModel):
    """A manifest that is kept here."""

    manifest_id: str = Field(
        alias="manifestId", examples=["urn:c2pa:58be8337-9e5e-4432-a02a-ea02c7ae344f"]
    )
    similarity: int = Field(100, alias="similarityScore", description="An id fits, or does not.")
    consent: str = Field(
        "none",
        alias=CONSENT,
        description="What became of the consent record it names; an addition of Bonaface.",
    )


class MatchList(BaseModel):
    """All that fit, the newest first."""

    matches: list[MatchView]


class AlgorithmView(BaseModel):
    """The name of one algorithm."""

    alg: str


class AlgorithmList(BaseModel):
    """What can be asked for."""

    watermarks: list[AlgorithmView]
    fingerprints: list[AlgorithmView] = []


@router.get(
    "/matches/byBinding", summary="Find manifests by a hidden mark", responses=_problems(400, 414)
)
def match(alg: Algorithm, value: Value, most: Most = 10) -> MatchList:
    """Zero or more manifests of an id that was read from a film, picture or sound."""
    if len(value) > LONGEST:
        raise RequestRefused(414, "This value is too long for an address.", "POST it.", "too-long")
    return _match(alg, value, most)


@router.post(
    "/matches/byBinding", summary="Find manifests by a long value", responses=_problems(400)
)
def match_posted(asked: QueryView, most: Most = 10) -> MatchList:
    """The same with the query as a body."""
    return _match(asked.alg, asked.value, most)


@router.post(
    "/matches/byContent",
    summary="Find manifests by what is hidden in a file",
    responses=refusals(400, 413, 415, 503),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {f"{kind}/*": {} for kind in ("image", "audio", "video")},
        }
    },
)
async def match_content(
    host: Here, _: Checker, request: Request, hint: Hinted, most: Most = 10
) -> MatchList:
    """The body is a film, picture or sound; its first minute is read, and nothing of it is kept.

    `hintAlg` and `hintValue` are looked up where no mark is found in it.
    """
    read = await host.reader.read(await request.body())
    pairs = zip(ALGORITHMS, (read.picture, read.sound), strict=True)
    for name, mark in pairs:
        if mark is not None and hint.alg in {"", name}:
            found = await asyncio.to_thread(_find, name, mark, most)
            if found.matches:
                return found
    if hint.hint_alg:
        return await asyncio.to_thread(_match, hint.hint_alg, hint.hint_value, most)
    return MatchList(matches=[])


@router.get(
    "/manifests/{manifestId}",
    summary="Fetch a manifest",
    response_class=Response,
    responses=_problems(400, 404) | {200: {"content": {C2PA: {}}}},
)
def fetch(
    manifestId: str,  # noqa: N803  so the API names it
    active: Annotated[
        bool, Query(alias="returnActiveManifest", description="Without its ingredients' manifests.")
    ] = False,
) -> Response:
    """The manifest store (JUMBF) whose active manifest has this urn."""
    if not _MANIFEST.fullmatch(manifestId):
        raise RequestRefused(400, "This is no id of a manifest.", "It is a urn:c2pa:...", "invalid")
    entry = store.find_manifest(manifestId)
    if entry is None or entry.content is None:
        raise RequestRefused(404, "This manifest is not kept here.", "", "unknown")
    body = entry.content.body
    return Response(jumbf.keep_active(body) if active else body, media_type=C2PA)


@router.get("/services/supportedAlgorithms", summary="List the algorithms", responses=_problems())
def list_algorithms() -> AlgorithmList:
    """Those of the hidden marks that Bonaface writes and reads."""
    return AlgorithmList(watermarks=[AlgorithmView(alg=name) for name in ALGORITHMS])


def _match(algorithm: str, value: str, most: int) -> MatchList:
    if algorithm not in ALGORITHMS:
        remedy = f"Known here: {', '.join(ALGORITHMS)}."
        raise RequestRefused(400, "This algorithm is not known here.", remedy, "invalid")
    return _find(algorithm, _decode(value), most)


def _find(algorithm: str, mark: str, most: int) -> MatchList:
    entries = store.find_mark(mark, algorithm, MOST)
    kept = [entry for entry in entries if entry.content and entry.content.body]
    return MatchList(matches=[_view(entry) for entry in kept[:most]])


def _decode(value: str) -> str:
    """The hex digits of an id, from base64 of either alphabet. Raises RequestRefused (400)."""
    padded = value.replace("-", "+").replace("_", "/") + "=" * (-len(value) % 4)
    try:
        text = base64.b64decode(padded, validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise RequestRefused(400, "This value is no base64 of an id.", HOW, "invalid") from error
    if not _HEX.fullmatch(text):
        raise RequestRefused(400, "This value is no id of a hidden mark.", HOW, "invalid")
    return text


def _view(entry: Entry) -> MatchView:
    content = entry.content
    assert content is not None  # noqa: S101 for the type checker
    consent = "none"
    if content.record:
        consent = status(content.record, content.digest, datetime.now(UTC))
    said = {"manifestId": content.manifest, "similarityScore": 100, CONSENT: consent}
    return MatchView.model_validate(said)
