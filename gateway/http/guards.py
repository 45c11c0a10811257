"""What every request passes before a route: from which page, and under which name; and what every answer says."""

from collections.abc import MutableMapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from assay.errors import PermissionDenied
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from gateway.http import problems
from gateway.http.problems import HttpFailure

ANY = "*"

SAFE_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""What every answer says that does not say otherwise: it is shown nowhere, kept nowhere and runs nothing."""

OWN_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
"""What this machine is called on itself."""


class Guard:
    """
    An ASGI application around another.

    A page of another origin may call only where the settings say so, also where its browser would ask no one first.
    Where the gateway is open, a request must be for this machine by one of its own names: a name of a stranger's that
    leads here would make the stranger's page one of the same origin.

    :param origins: Whose pages may call; "*": all.
    :param is_open: Whether calls without a key are taken.
    """

    def __init__(self, app: ASGIApp, *, origins: list[str], is_open: bool) -> None:
        self._app = app
        self._origins = frozenset(origin.rstrip("/").lower() for origin in origins)
        self._is_open = is_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, or refuse it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        told = _telling(send) if scope["type"] == "http" else send
        refusal = self._refusal(Headers(scope=scope))
        if refusal is None:
            await self._app(scope, receive, told)
            return
        response = (await problems.told(refusal)).response()
        if scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(response)
        else:
            await response(scope, receive, told)

    def _refusal(self, headers: Headers) -> HttpFailure | None:
        host = headers.get("host", "").lower()
        if self._is_open and _name(host) not in OWN_NAMES:
            error = PermissionDenied("this gateway answers under the names of its own machine alone")
            return HttpFailure(HTTPStatus.MISDIRECTED_REQUEST, error)
        origin = headers.get("origin", "").lower()
        if origin and not self._may_call(origin, host):
            return HttpFailure(HTTPStatus.FORBIDDEN, PermissionDenied("pages of this origin may not call"))
        return None

    def _may_call(self, origin: str, host: str) -> bool:
        if ANY in self._origins or origin in self._origins:
            return True
        try:
            # Before the gateway may stand what speaks TLS, so the scheme tells nothing.
            return urlsplit(origin).netloc == host
        except ValueError:
            return False


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _telling(send: Send) -> Send:
    async def tell(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            for name, value in SAFE_HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return tell
