"""The pages: the API, rendered from its OpenAPI document, and live events. They ask nobody but this gateway."""

from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.http import json
from gateway.http.openapi import document

HERE = Path(__file__).parent / "pages"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Scripts come from here alone, and none stands in a page; Swagger UI has styles in its elements."""

OWN = {
    "/docs": ("docs.html", "text/html"),
    "/docs/docs.js": ("docs.js", "text/javascript"),
    "/docs/page.css": ("page.css", "text/css"),
    "/live": ("live.html", "text/html"),
    "/docs/live.js": ("live.js", "text/javascript"),
}
"""The files of our own, by the paths under which they are read."""

BUNDLED = {
    "/docs/swagger-ui.css": ("swagger-ui.css", "text/css"),
    "/docs/swagger-ui-bundle.js": ("swagger-ui-bundle.js", "text/javascript"),
    "/docs/favicon.png": ("favicon-32x32.png", "image/png"),
}
"""The files of Swagger UI that the page needs; nothing else of it can be read."""


def page_routes() -> Sequence[BaseRoute]:
    """Return the routes of the pages and of the document."""
    from swagger_ui_bundle import swagger_ui_path  # type: ignore[import-untyped]

    served = {path: (HERE / name, kind) for path, (name, kind) in OWN.items()}
    served |= {path: (Path(swagger_ui_path) / name, kind) for path, (name, kind) in BUNDLED.items()}
    return (
        Route("/openapi.json", _openapi, methods=["GET"]),
        *(Route(path, _file(file, kind), methods=["GET"]) for path, (file, kind) in served.items()),
    )


async def _openapi(request: Request) -> Response:
    return Response(_document(), media_type="application/json", headers={"cache-control": "max-age=300"})


@cache
def _document() -> bytes:
    return json.text(document())


def _file(path: Path, kind: str) -> Callable[[Request], Awaitable[Response]]:
    headers = {"content-security-policy": POLICY, "cache-control": "max-age=300"}

    async def answer(request: Request) -> Response:
        return FileResponse(path, media_type=kind, headers=headers)

    return answer
