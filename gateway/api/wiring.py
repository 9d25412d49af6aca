"""How a router comes by the gateway's services."""

from typing import Annotated, cast

from fastapi import Depends, Request

from gateway.services import Services


async def _services(request: Request) -> Services:
    return cast(Services, request.app.state.services)


Gateway = Annotated[Services, Depends(_services)]
