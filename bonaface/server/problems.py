"""Everything that goes wrong is said the same way: a sentence, what to do, and a status."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from bonaface.errors import (
    BonafaceError,
    ConsentDenied,
    ConsentError,
    MindError,
    MindUnreachable,
    PortraitRefused,
    RequestRefused,
    SettingsError,
    SpeechError,
    UnreadableMedia,
    WeightsError,
)
from bonaface.server.headers import HEADERS

_LACKING = (UnreadableMedia, PortraitRefused, SpeechError, SettingsError, ConsentError, MindError)
REASONS = {
    401: "token",
    403: "forbidden",
    404: "unknown",
    405: "method",
    409: "conflict",
    412: "precondition",
    413: "too-large",
    415: "type",
    421: "host",
    422: "invalid",
    428: "precondition",
    429: "rate",
    503: "full",
}


class Problem(BaseModel):
    """What every refusal says."""

    error: str = Field(description="What is wrong, as a sentence.")
    remedy: str = Field("", description="What to do about it, as a sentence.")
    reason: str = Field("", description="The same for programs, as one word.")

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "error": "There is no session of that id.",
                "remedy": "The server restarted or the session ended; begin another.",
                "reason": "unknown",
            }
        }
    )


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe for OpenAPI which refusals an operation knows, beside those that all know."""
    known = (401, 403, 429, *statuses)
    return {s: {"model": Problem, "description": HTTPStatus(s).phrase} for s in sorted(known)}


def status_of(error: BonafaceError) -> int:
    """The HTTP status (RFC 9110) of an error of ours."""
    if isinstance(error, RequestRefused):
        return error.status
    if isinstance(error, ConsentDenied):
        return 403
    if isinstance(error, MindUnreachable):
        return 502
    if isinstance(error, _LACKING):
        return 422
    return 503 if isinstance(error, WeightsError) else 500


def to_response(error: BonafaceError) -> JSONResponse:
    """Say an error of ours."""
    status = status_of(error)
    headers = {}
    if isinstance(error, RequestRefused) and error.wait is not None:
        headers["Retry-After"] = str(error.wait)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="bonaface"'
    reason = error.reason if isinstance(error, RequestRefused) else ""
    if isinstance(error, WeightsError):
        reason = "models"
    message = str(error.args[0]) if error.args else ""
    return say(status, message, error.remedy, reason, headers)


def say(
    status: int,
    error: str,
    remedy: str = "",
    reason: str = "",
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Say anything that went wrong."""
    body = Problem(error=error, remedy=remedy, reason=reason or REASONS.get(status, ""))
    return JSONResponse(body.model_dump(), status, headers=dict(headers or {}))


async def _ours(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, BonafaceError)  # noqa: S101 for the type checker
    return to_response(error)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    """A field that is not what it must be: say which, and never repeat what was sent."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 for the type checker
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "body") or "The request"
    long = first["type"] == "string_too_long"
    remedy = "See /docs for what is expected."
    return say(413 if long else 422, f"{place}: {first['msg']}.", remedy)


async def _foreign(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 for the type checker
    phrase = error.detail or HTTPStatus(error.status_code).phrase
    remedy = {404: "See /docs for what there is.", 405: "See /docs for what can be done here."}
    return say(
        error.status_code, f"{phrase.rstrip('.')}.", remedy.get(error.status_code, ""), "",
        error.headers,
    )  # fmt: skip


async def _unforeseen(_: Request, __: Exception) -> JSONResponse:
    """A fault of ours: what it is goes to the log, not to strangers."""
    remedy = "Its log says what; please report it."
    return say(500, "Something failed in the server.", remedy, headers=HEADERS)  # past the guard


def install(app: FastAPI) -> None:
    """Let an app say what goes wrong in this way."""
    app.add_exception_handler(BonafaceError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _foreign)
    app.add_exception_handler(Exception, _unforeseen)
