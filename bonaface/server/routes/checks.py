"""Check a file over HTTP: send it, ask how far it is, read the report."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, status
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from bonaface.errors import RequestRefused
from bonaface.server.access import Checker
from bonaface.server.checks import Job, State
from bonaface.server.host import Here
from bonaface.server.problems import Problem, refusals

router = APIRouter(prefix="/api/checks", tags=["checks"])
REPORT = {  # of a page in a frame of ours: no scripts, nothing from elsewhere
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
}


class CheckView(BaseModel):
    """How far a check is, and what it found."""

    id: str
    state: State = Field(description="waiting, running, done or failed.")
    share: float = Field(description="How much is done, 0 to 1.")
    report: str | None = Field(description="Where the report is, for whoever has this address.")
    result: dict[str, Any] | None = Field(description="What `bonaface check --json` prints.")
    problem: Problem | None = Field(description="Why it failed.")


@router.post(
    "",
    summary="Send a file to be checked",
    status_code=status.HTTP_202_ACCEPTED,
    responses=refusals(400, 404, 413, 503),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {f"{kind}/*": {} for kind in ("image", "audio", "video")},
        }
    },
)
async def begin(
    host: Here,
    caller: Checker,
    request: Request,
    name: Annotated[str, Query(max_length=300, description="What the report calls it.")] = "file",
    reference: Annotated[str, Query(max_length=64, description="Compare with this one.")] = "",
) -> CheckView:
    """The body is the file. It is deleted once it was checked, and what was found in an hour."""
    known = host.references.find(reference, caller.name) if reference else b""
    return _view(await host.checks.add(caller.name, name, request.stream(), known))


@router.get("/{check_id}", summary="Ask how far a check is", responses=refusals(404))
async def follow(check_id: str, host: Here, caller: Checker) -> CheckView:
    """With the result once it is done."""
    return _view(host.checks.find(check_id, caller.name))


@router.get(
    "/{check_id}/report",
    summary="Read the report",
    response_class=HTMLResponse,
    responses=refusals(404, 409),
)
async def read(
    check_id: str,
    host: Here,
    key: Annotated[str, Query(max_length=64, description="In place of a token.")],
) -> HTMLResponse:
    """A page that needs nothing else."""
    job = host.checks.open(check_id, key)
    if job.state != "done":
        raise RequestRefused(409, "There is no report of this file.", "Ask how far its check is.")
    return HTMLResponse(job.page, headers=REPORT)


@router.delete(
    "/{check_id}",
    summary="Forget a check",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=refusals(404),
)
async def forget(check_id: str, host: Here, caller: Checker) -> None:
    """Stops it where it still runs."""
    host.checks.drop(host.checks.find(check_id, caller.name))


def _view(job: Job) -> CheckView:
    problem = None
    if job.error is not None:
        problem = Problem(error=job.error[0], remedy=job.error[1], reason="unreadable")
    report = f"/api/checks/{job.id}/report?key={job.key}" if job.state == "done" else None
    return CheckView(
        id=job.id,
        state=job.state,
        share=job.share,
        report=report,
        result=job.result,
        problem=problem,
    )
