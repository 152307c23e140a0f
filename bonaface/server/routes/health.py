"""Whether it lives and is ready, and what it measures."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from bonaface import __version__
from bonaface.errors import RequestRefused
from bonaface.server.access import Bearer, identify
from bonaface.server.host import Here, Host
from bonaface.server.metrics import Metrics

router = APIRouter(tags=["health"])


class HealthView(BaseModel):
    """How it is."""

    live: Literal[True] = True
    ready: bool = Field(description="Whether a session can begin now.")
    reasons: list[str] = Field(description="Why not, as sentences.")
    missing: list[str] = Field(description="What it does without, and how to get it.")
    version: str
    boot: str
    sessions: int


@router.get(
    "/healthz",
    summary="Is it well?",
    responses={503: {"model": HealthView, "description": "It lives, and is not ready."}},
)
async def health(host: Here) -> JSONResponse:
    """Answer 200 when a session can begin now, and 503 with the reasons when not.

    That it answers means that it lives. It needs no token, and says nothing about anybody.
    """
    reasons = [*host.troubles.values(), *_full(host)]
    view = HealthView(
        ready=not reasons,
        reasons=reasons,
        missing=host.missing,
        version=__version__,
        boot=host.boot,
        sessions=len(host.registry),
    )
    return JSONResponse(view.model_dump(), 503 if reasons else 200)


def _full(host: Host) -> list[str]:
    refusal = host.registry.admission.refusal((512, 512), 25)
    return [str(refusal)] if refusal else []


def _metrics(request: Request) -> Metrics:
    metrics: Metrics = request.app.state.metrics
    return metrics


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
async def metrics(
    host: Here, request: Request, bearer: Bearer, found: Annotated[Metrics, Depends(_metrics)]
) -> Response:
    """Sessions, pictures, lateness, skew, waits and stages. Needs the scope admin, if any token."""
    if not identify(host, request, bearer).may("admin"):
        raise RequestRefused(403, "This token may not admin.", "", "scope")
    return Response(found.write(), media_type="text/plain; version=0.0.4; charset=utf-8")
