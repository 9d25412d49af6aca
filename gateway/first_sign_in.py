"""How the first person gets in: there is no default password, only a link that works once."""

from gateway.api.session import sign_in_path
from gateway.model.clock import MINUTE
from gateway.security.audit import CONSOLE
from gateway.security.roles import Role
from gateway.services import Services

ADMIN = "admin"
LINK_LIFETIME = 30 * MINUTE


async def tell_address(services: Services, *, always: bool) -> None:
    """Print where the pages are; and a link to sign in as admin, at the very first start or
    `always`. Two lines, so that another program can read them."""
    host, port = services.site.listen
    page = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    print(f"Pages: {page}", flush=True)
    names = {user.name for user in await services.accounts.users()}
    if names and not always:
        print("Sign in there; --sign-in-link prints a link that does it once.", flush=True)
        return
    if ADMIN not in names:
        await services.accounts.add_user(ADMIN, Role.ADMIN, who=CONSOLE)
    link = await services.accounts.make_sign_in_link(ADMIN, LINK_LIFETIME, who=CONSOLE)
    print(f"Sign-in: {page}{sign_in_path(link)}", flush=True)
