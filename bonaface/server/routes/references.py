"""Say with whom checks shall compare: send a reference, name it in checks, forget it."""

from fastapi import APIRouter, Request, status
from pydantic import BaseModel, Field

from bonaface.server.access import Checker
from bonaface.server.enrolled import check_reference
from bonaface.server.host import Here
from bonaface.server.problems import refusals

router = APIRouter(prefix="/api/references", tags=["checks"])
BODY = {"requestBody": {"required": True, "content": {"application/json": {}}}}


class ReferenceView(BaseModel):
    """A reference that is kept."""

    id: str = Field(description="For `POST /api/checks?reference=`.")


@router.post(
    "",
    summary="Send a reference",
    status_code=status.HTTP_201_CREATED,
    responses=refusals(400, 403, 413),
    openapi_extra=BODY,
)
async def add(host: Here, caller: Checker, request: Request) -> ReferenceView:
    """The body is a `.reference` file whose consent is known here. It is kept for an hour."""
    data = await request.body()
    await host.work(check_reference, data)
    return ReferenceView(id=host.references.add(caller.name, data))


@router.delete(
    "/{reference_id}",
    summary="Forget a reference",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=refusals(404),
)
async def forget(reference_id: str, host: Here, caller: Checker) -> None:
    """Checks that began with it end with it."""
    host.references.drop(reference_id, caller.name)
