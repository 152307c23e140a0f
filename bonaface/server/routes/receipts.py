"""Receipts of a live face over HTTP, for those who watch it behind a relay."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from bonaface.server.access import Watched
from bonaface.server.problems import refusals

router = APIRouter(prefix="/api/sessions", tags=["sessions"])


class ReceiptsView(BaseModel):
    """What a session signed lately; docs/receipts.md has the format."""

    root: str = Field(description="The authority to trust: SHA-256 of its certificate, hex.")
    session: str = Field(description="The tag by which the receipts name the session.")
    now: int = Field(description="The server's time, ms since 1970.")
    keys: list[str] = Field(description="Statements about the newest session keys, as JWS.")
    receipts: list[str] = Field(description="The last ones, oldest first, as JWS.")


@router.get("/{session_id}/receipts", summary="What was signed lately", responses=refusals(404))
async def receipts(
    one: Watched,
    after: Annotated[int, Query(ge=-1, description="Only those with a higher number.")] = -1,
) -> ReceiptsView:
    """The last ten seconds. Ask once a second, or follow the events, which carry them too."""
    notary = one.show.notary
    return ReceiptsView(
        root=notary.root,
        session=notary.naming.session,
        now=int(datetime.now(UTC).timestamp() * 1000),
        keys=notary.statements,
        receipts=notary.since(after),
    )
