"""API tokens."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path

from gateway.api import account_schemas as schemas
from gateway.api.guard import AccountManager
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.wiring import Gateway
from gateway.errors import Missing, Refused
from gateway.model.clock import from_datetime
from gateway.security.credentials import Token

router = APIRouter(prefix="/tokens", tags=["tokens"])


@router.get(
    "",
    summary="List tokens",
    response_model=list[schemas.Token],
    responses=documented(*ANY_SIGNED_IN),
)
async def list_tokens(gateway: Gateway, _manager: AccountManager) -> Sequence[Token]:
    """All tokens not revoked, oldest first, without their secrets."""
    return await gateway.accounts.tokens()


@router.post(
    "",
    summary="Issue a token",
    status_code=201,
    responses=documented(*ANY_SIGNED_IN, Missing, Refused),
)
async def issue_token(
    gateway: Gateway, manager: AccountManager, new: schemas.NewToken
) -> schemas.IssuedToken:
    """The secret is shown in this answer only. A conflict when the role may do more than the user,
    or the user is disabled."""
    secret = await gateway.accounts.issue_token(
        new.user,
        new.label,
        new.role,
        expires_at=None if new.expires_at is None else from_datetime(new.expires_at),
        who=manager,
    )
    return schemas.IssuedToken(secret=secret)


@router.delete(
    "/{token_id}",
    summary="Revoke a token",
    status_code=204,
    responses=documented(*ANY_SIGNED_IN, Missing),
)
async def revoke_token(
    gateway: Gateway,
    manager: AccountManager,
    token_id: Annotated[
        str, Path(pattern="^[0-9a-f]{16}$", description="Its id.", examples=["9f86d081884c7d65"])
    ],
) -> None:
    """Takes effect at once."""
    await gateway.accounts.revoke_token(token_id, who=manager)
