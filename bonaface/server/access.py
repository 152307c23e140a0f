"""Who asks, and whether they may: bearer tokens, tickets, and the owner at this machine."""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import Depends, Query, Request, Security
from fastapi.security import HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from bonaface.errors import RequestRefused
from bonaface.server.host import Here, Host
from bonaface.server.registry import Running
from bonaface.server.tokens import OWNER, Caller

HOW: Final = "Make one where the server runs: bonaface tokens make --name NAME --scope make"
_BEARER = HTTPBearer(auto_error=False, description="A token of `bonaface tokens make`.")
Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def identify(host: Host, request: Request, bearer: HTTPAuthorizationCredentials | None) -> Caller:
    """Who asks. Raises RequestRefused: 401 without a token that is known, 429 after many such."""
    if not host.settings.guarded:
        return OWNER
    if bearer is None:
        raise RequestRefused(401, "This server wants a token.", HOW, "token")
    who = _address(request)
    wait = host.failures.wait(who)
    caller = None if wait else host.tokens.find(bearer.credentials)
    if wait:
        raise RequestRefused(429, "Too many wrong tokens.", "Wait.", "rate", max(1, round(wait)))
    if caller is None:
        host.failures.take(who)
        raise RequestRefused(401, "This token is not known here, or was revoked.", HOW, "token")
    return caller


def needs(scope: str) -> Callable[..., Caller]:
    """A dependency: the caller, who has a scope. Raises RequestRefused (401, 403)."""

    def caller(host: Here, request: Request, bearer: Bearer) -> Caller:
        who = identify(host, request, bearer)
        if not who.may(scope):
            remedy = f"Make one that may: bonaface tokens make --name NAME --scope {scope}"
            raise RequestRefused(403, f"This token may not {scope}.", remedy, "scope")
        return who

    return caller


may_check = needs("check")
Maker = Annotated[Caller, Depends(needs("make"))]
Checker = Annotated[Caller, Depends(may_check)]
Consenter = Annotated[Caller, Depends(needs("consent"))]
Administrator = Annotated[Caller, Depends(needs("admin"))]


def _session(session_id: str, host: Here, caller: Maker) -> Running:
    return host.registry.find(session_id, caller)


def _watched(
    session_id: str,
    host: Here,
    request: Request,
    bearer: Bearer,
    ticket: Annotated[str, Query(max_length=64, description="In place of a token.")] = "",
) -> Running:
    """A session that the caller made, or holds a ticket for; the ticket may come as a token."""
    given = ticket or (bearer.credentials if bearer else "")
    if given and host.tickets.holds(given, session_id):
        return host.registry.find(session_id)
    caller = identify(host, request, bearer)
    if not caller.may("make"):
        raise RequestRefused(403, "This token may not make.", HOW, "scope")
    return host.registry.find(session_id, caller)


Mine = Annotated[Running, Depends(_session)]  # the session of the path, which the caller made
Watched = Annotated[Running, Depends(_watched)]  # or may watch
