"""How routers and the guard come by the gateway's services."""

from typing import Annotated, cast

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from gateway.services import Services


def services_of(connection: HTTPConnection) -> Services:
    """The services of the gateway that was asked."""
    return cast(Services, connection.app.state.services)


async def _services(request: Request) -> Services:
    return services_of(request)


Gateway = Annotated[Services, Depends(_services)]
