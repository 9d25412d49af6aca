"""Users."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path

from gateway.api import account_schemas as schemas
from gateway.api.documented import STORABLE
from gateway.api.guard import AccountManager
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.session import sign_in_path
from gateway.api.wiring import Gateway
from gateway.errors import Missing, Refused
from gateway.model.clock import to_datetime
from gateway.security.accounts import LINK_LIFETIME
from gateway.security.users import User

router = APIRouter(prefix="/users", tags=["users"])

Name = Annotated[
    str,
    Path(max_length=64, pattern=STORABLE, description="A user's name.", examples=["li.wei"]),
]


@router.get(
    "",
    summary="List users",
    response_model=list[schemas.User],
    responses=documented(*ANY_SIGNED_IN),
)
async def list_users(gateway: Gateway, _manager: AccountManager) -> Sequence[User]:
    """All users by name, disabled ones too."""
    return await gateway.accounts.users()


@router.post(
    "",
    summary="Add a user",
    status_code=201,
    response_model=schemas.User,
    responses=documented(*ANY_SIGNED_IN, Refused),
)
async def add_user(gateway: Gateway, manager: AccountManager, new: schemas.NewUser) -> User:
    """A conflict when the name is taken."""
    return await gateway.accounts.add_user(new.name, new.role, new.password, who=manager)


@router.patch(
    "/{name}",
    summary="Change a user's role, disable or enable a user",
    response_model=schemas.User,
    responses=documented(*ANY_SIGNED_IN, Missing, Refused),
)
async def change_user(
    gateway: Gateway, manager: AccountManager, name: Name, change: schemas.UserChange
) -> User:
    """Takes effect at once. Disabling ends the user's sessions, links and tokens for good. A
    conflict for the last administrator."""
    return await gateway.accounts.change_user(
        name, role=change.role, disabled=change.disabled, who=manager
    )


@router.put(
    "/{name}/password",
    summary="Set a user's password",
    status_code=204,
    responses=documented(*ANY_SIGNED_IN, Missing),
)
async def set_password(
    gateway: Gateway, manager: AccountManager, name: Name, new: schemas.Password
) -> None:
    """Ends the user's sessions and unused links."""
    await gateway.accounts.set_password(name, new.password, who=manager)


@router.post(
    "/{name}/link",
    summary="Make a one-time sign-in link",
    status_code=201,
    responses=documented(*ANY_SIGNED_IN, Missing, Refused),
)
async def make_link(gateway: Gateway, manager: AccountManager, name: Name) -> schemas.Link:
    """Good once, for ten minutes. A conflict for a disabled user."""
    expires_at = to_datetime(gateway.clock() + LINK_LIFETIME)
    link = await gateway.accounts.make_sign_in_link(name, who=manager)
    return schemas.Link(path=sign_in_path(link), expires_at=expires_at)


@router.delete(
    "/{name}/sessions",
    summary="Sign a user out everywhere",
    status_code=204,
    responses=documented(*ANY_SIGNED_IN, Missing),
)
async def end_sessions(gateway: Gateway, manager: AccountManager, name: Name) -> None:
    """Ends the user's sessions and unused links; tokens stay."""
    await gateway.accounts.end_sessions(name, who=manager)
