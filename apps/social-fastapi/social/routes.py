"""The HTTP routes of the module, and those of every host."""
import hashlib
import unicodedata
from pathlib import Path
from typing import Any, Awaitable, Callable, Dict, Optional
from urllib.parse import unquote

from fastapi import Depends, FastAPI, Request, Response
from starlette.exceptions import HTTPException

from tearline_seam.credential import base64url
from tearline_seam.errors import SeamError

from .auth import Authentication
from .profiles import Profiles, profile_of
from .web import JSON_TYPE, InFlight, to_json, to_response

MAX_USERNAME_LENGTH = 255
# As in libs/host/src/requests/shared-caches.ts.
MAX_AGE = "max-age=600, stale-while-revalidate=10, stale-if-error=86400"
MAX_AGE_OF_ABSENCE = "max-age=10"


class InvalidField(Exception):
    def __init__(self, field: str, message: str):
        super().__init__(message)
        self.errors = {field: [message]}


def create_app(
    profiles: Profiles, auth: Authentication, openapi: Path, readiness: Callable[[], Awaitable[Response]], metrics: Callable[[], str], has_edge_cache: bool
) -> FastAPI:
    app = FastAPI(openapi_url=None, redirect_slashes=False)

    async def viewer(request: Request) -> int:
        in_flight = in_flight_of(request)
        return await auth.authenticate(in_flight.call, request.method, in_flight.headers, request.scope["scheme"], False)

    async def optional_viewer(request: Request) -> Optional[int]:
        in_flight = in_flight_of(request)
        return await auth.authenticate(in_flight.call, request.method, in_flight.headers, request.scope["scheme"], True)

    @app.api_route("/api/profiles/{username}", methods=["GET", "HEAD"])
    async def read(request: Request, username: str, caller: Optional[int] = Depends(optional_viewer)) -> Response:
        name = username_of(username)
        if caller is not None:
            return json_response({"profile": await profiles.read(name, caller)})
        tags = [f"identity:name/{canonical_form(name)}"]
        try:
            user = await profiles.find(name)
            tags.append(f"identity:user/{user['id']}")
            status, body = 200, to_json({"profile": profile_of(user, False)})
        except SeamError as error:
            if error.code != "profile/not-found":
                raise
            status, body = 404, to_json(to_response(error)[1])
        return public_response(in_flight_of(request), status, body, tags if has_edge_cache else None)

    @app.post("/api/profiles/{username}/follow")
    async def follow(username: str, caller: int = Depends(viewer)) -> Response:
        return json_response({"profile": await profiles.follow(username_of(username), caller)})

    @app.delete("/api/profiles/{username}/follow")
    async def unfollow(username: str, caller: int = Depends(viewer)) -> Response:
        return json_response({"profile": await profiles.unfollow(username_of(username), caller)})

    @app.get("/health/live")
    async def live() -> Response:
        return json_response({"status": "ok"})

    @app.get("/health")
    @app.get("/health/ready")
    async def ready() -> Response:
        return await readiness()

    @app.get("/metrics")
    async def scrape() -> Response:
        return Response(metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/docs-json")
    async def documentation() -> Response:
        return Response(openapi.read_bytes(), media_type=JSON_TYPE)

    @app.exception_handler(SeamError)
    async def seam_error(_: Request, error: SeamError) -> Response:
        status, body, headers = to_response(error)
        return json_response(body, status, headers)

    @app.exception_handler(InvalidField)
    async def invalid_field(_: Request, error: InvalidField) -> Response:
        return json_response({"errors": error.errors}, 422)

    @app.exception_handler(HTTPException)
    async def no_route(_: Request, __: HTTPException) -> Response:
        return json_response({"errors": {"route": ["not found"]}}, 404)

    return app


def in_flight_of(request: Request) -> InFlight:
    return request.scope["in_flight"]


def json_response(body: Any, status: int = 200, headers: Optional[Dict[str, str]] = None) -> Response:
    return Response(to_json(body), status, headers, media_type=JSON_TYPE)


def username_of(segment: str) -> str:
    """@raises InvalidField"""
    name = unquote(segment, errors="strict")
    if len(name) > MAX_USERNAME_LENGTH:
        raise InvalidField("username", f"is too long (maximum is {MAX_USERNAME_LENGTH} characters)")
    if "\0" in name:
        raise InvalidField("username", "contains characters that are not allowed")
    return name


def canonical_form(name: str) -> str:
    """Unicode's canonical caseless match, as in the contract of identity."""
    folded = unicodedata.normalize("NFD", name).lower().upper().lower().replace("ς", "σ")
    return unicodedata.normalize("NFC", folded)


def public_response(request: InFlight, status: int, body: bytes, tags: Optional[list]) -> Response:
    """Returns the response that all anonymous clients get; shared caches store it where edge caches learn of changes."""
    consistency = request.call.consistency
    is_anonymous = "authorization" not in request.headers and "session=" not in request.headers.get("cookie", "")
    headers: Dict[str, str] = {}
    if is_anonymous and not consistency.required:
        headers["cache-control"] = "public, no-cache"
        if tags and consistency.level == "strong":
            headers["cdn-cache-control"] = MAX_AGE_OF_ABSENCE if status == 404 else MAX_AGE
            headers["surrogate-key"] = " ".join(base64url(hashlib.sha256(tag.encode()).digest())[:12] for tag in tags)
        if status == 200:
            headers["etag"] = f'"{base64url(hashlib.sha256(body).digest())[:22]}"'
            known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
            if headers["etag"] in known or "*" in known:
                return Response(status_code=304, headers=headers)
    return Response(body, status, headers, media_type=JSON_TYPE)
