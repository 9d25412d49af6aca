"""Pictures of what cameras saw."""

from pathlib import Path as FilePath
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path
from fastapi.responses import FileResponse

from gateway.api.guard import may
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.wiring import Gateway
from gateway.errors import Missing
from gateway.security.roles import Right

router = APIRouter(prefix="/snapshots", tags=["snapshots"], dependencies=[Depends(may(Right.READ))])

# No separators and no leading dot, so that a name never leads out of the folder.
_NAME: Final = r"^[A-Za-z0-9_][A-Za-z0-9._-]*\.jpg$"


@router.get(
    "/{name}",
    summary="Look at a snapshot",
    response_class=FileResponse,
    responses={
        200: {"description": "The picture.", "content": {"image/jpeg": {}}},
        **documented(*ANY_SIGNED_IN, Missing),
    },
)
async def look_at_snapshot(
    gateway: Gateway,
    name: Annotated[
        str,
        Path(
            max_length=200,
            pattern=_NAME,
            description="As a reading's value names it.",
            examples=["north-camera-1700000000.jpg"],
        ),
    ],
) -> FileResponse:
    """The picture of a crossing, with what crossed in a box. It never changes under its name."""
    path = gateway.snapshots / name
    if not _is_ours(path):
        raise Missing(f"snapshot {name}", "is not there (any more)")
    return FileResponse(
        path, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=86400"}
    )


def _is_ours(path: FilePath) -> bool:
    return path.is_file() and not path.is_symlink()
