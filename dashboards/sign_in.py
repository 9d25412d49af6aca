"""Signing in and out: plain forms, so that nobody unknown is given a live connection."""

from html import escape
from http import HTTPStatus
from importlib.resources import files
from string import Template
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from dashboards.texts import LOCALE, Texts, preferred_language, texts_in
from dashboards.told import sentence
from dashboards.workplace import Workplaces
from gateway.api.guard import COOKIE, place_of, presented_secret, require_own_wish
from gateway.api.session import with_session_cookie
from gateway.errors import Refused
from gateway.model.text import Language
from gateway.security.identity import TooManyAttempts
from gateway.services import Services

PATH: Final = "/sign-in"
OUT_PATH: Final = "/sign-out"

_FORM: Final = Template((files("dashboards") / "static" / "sign_in.html").read_text("utf-8"))


def router(services: Services, workplaces: Workplaces) -> APIRouter:
    """The sign-in page and what its forms call."""
    routes = APIRouter(include_in_schema=False)

    @routes.get(PATH)
    async def sign_in_page(request: Request, language: Language | None = None) -> Response:
        wish = language or preferred_language(request.headers.get("accept-language", ""))
        return _page(services, texts_in(wish))

    @routes.post(PATH)
    async def sign_in(
        request: Request,
        name: Annotated[str, Form(max_length=100)],
        password: Annotated[str, Form(max_length=1000)],
        language: Annotated[Language, Form()],
    ) -> Response:
        require_own_wish(request.headers, certain=False)
        try:
            secret = await services.accounts.sign_in(name, password, address=place_of(request))
        except Refused as error:
            return _page(services, texts_in(language), name=name, error=error)
        identity = services.accounts.resolve(secret)
        if identity is not None:
            workplaces.of(identity, language)
        return with_session_cookie(RedirectResponse("/", 303), request, secret)

    @routes.post(OUT_PATH)
    async def sign_out(request: Request) -> Response:
        require_own_wish(request.headers, certain=False)
        secret = presented_secret(request)
        if secret is not None:
            await services.accounts.sign_out(secret, address=place_of(request))
        response = RedirectResponse(PATH, 303)
        response.delete_cookie(COOKIE, httponly=True, samesite="lax")
        return response

    return routes


def _page(
    services: Services, texts: Texts, *, name: str = "", error: Refused | None = None
) -> Response:
    other = Language.EN if texts.language is Language.ZH else Language.ZH
    values = {
        "lang": LOCALE[texts.language],
        "language": texts.language,
        "title": texts("sign_in.title"),
        "site": services.site.name.in_(texts.language),
        "name_label": texts("sign_in.name"),
        "name": name,
        "password_label": texts("sign_in.password"),
        "submit": texts("sign_in.submit"),
        "other": other,
        "other_name": texts_in(other)("language.name"),
        "other_lang": LOCALE[other],
        "refusal": _refusal(error, texts),
    }
    status = HTTPStatus.OK if error is None else _status(error)
    return HTMLResponse(_FORM.substitute({k: escape(v) for k, v in values.items()}), status)


def _status(error: Refused) -> HTTPStatus:
    if isinstance(error, TooManyAttempts):
        return HTTPStatus.TOO_MANY_REQUESTS
    return HTTPStatus.UNAUTHORIZED


def _refusal(error: Refused | None, texts: Texts) -> str:
    if error is None:
        return ""
    said = (sentence(error.problem, texts.language), sentence(error.remedy, texts.language))
    return " · ".join(filter(None, said))
