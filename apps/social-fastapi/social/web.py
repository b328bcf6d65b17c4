"""The lifecycle of requests: context, deadline, headers, errors, one line of the log and one observation for each."""
import asyncio
import json
import re
import secrets
import time
from http import HTTPStatus
from typing import Any, Callable, Dict, List, Optional, Tuple

from tearline_seam.call import LEVELS, CallContext, Consistency, run_in_call
from tearline_seam.errors import SeamError

from .logs import PID, Log, redact_url
from .metrics import Metrics
from .sessions import Sessions, decode_token
from .settings import Settings

JSON_TYPE = "application/json; charset=utf-8"
CLIENT_CLOSED_REQUEST = 499
REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$", re.A)
TRACEPARENT = re.compile(r"^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$", re.A)
IDEMPOTENCY_KEY = re.compile(r"^[\x21-\x7e]{1,255}$")
MAX_TOKENS_LENGTH = 4096
MAX_PARAMETER_LENGTH = 4096
SECURITY_HEADERS = {
    "content-security-policy": "default-src 'none';frame-ancestors 'none'",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
EXPOSED = {"access-control-expose-headers": "X-Request-Id, Retry-After, Consistency-Token, Degraded, X-CSRF-Token"}
PREFLIGHT = {
    "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "access-control-allow-headers": "Authorization, Content-Type, Idempotency-Key, X-CSRF-Token, X-Request-Id, Consistency, Consistency-Token",
    "access-control-max-age": "86400",
    "content-length": "0",
}
BUILT_IN = {
    "internal": (500, "internal error"),
    "invalid-input": (422, "invalid input"),
    "unavailable": (503, "unavailable"),
    "deadline-exceeded": (504, "deadline exceeded"),
    "incompatible": (503, "unavailable"),
    "cancelled": (503, "cancelled"),
}
# By the reason in `<resource>/<reason>`; any other is a 422 with the reason as the message.
REASONS = {
    "not-found": (404, "not found"),
    "forbidden": (403, "forbidden"),
    "is-missing": (401, "is missing"),
    "is-invalid": (401, "is invalid"),
    "invalid-level": (422, "must be session, strong or eventual"),
    "must-be-in-utf-8": (415, "must be in UTF-8"),
    "is-not-valid-utf-8": (400, "is not valid UTF-8"),
    "must-not-be-compressed": (415, "must not be compressed"),
    "has-no-host-header": (400, "has no Host header"),
    "has-a-malformed-url": (400, "has a malformed URL"),
    "has-a-url-that-is-too-long": (414, "has a URL that is too long"),
    "invalid-key": (422, "must be 1 to 255 visible ASCII characters"),
    "is-not-valid-json": (400, "is not valid JSON"),
    "is-too-large": (413, "is too large"),
    "must-be-json": (415, "must be application/json"),
}
process_id = secrets.token_urlsafe(6)


def to_response(error: SeamError) -> Tuple[int, dict, Dict[str, str]]:
    """Returns status, body and headers. Reveals no internals."""
    headers: Dict[str, str] = {}
    subject, _, reason = error.code.partition("/")
    if error.code in BUILT_IN:
        status, message = BUILT_IN[error.code]
        subject = "server"
        if error.code == "unavailable":
            headers["retry-after"] = "1"
    elif reason == "too-many":
        seconds = max(1, -int(-error.data["retryAfter"] // 1))
        status, message, headers = 429, f"too many attempts, try again in {seconds} seconds", {"retry-after": str(seconds)}
    else:
        status, message = REASONS.get(reason, (422, reason.replace("-", " ")))
    return status, {"errors": {subject: [message]}}, headers


class InFlight:
    """A request that has no complete response yet."""

    def __init__(self, call: CallContext, headers: Dict[str, str], body: bytes):
        self.call, self.headers, self.body = call, headers, body
        self.status = 0
        self.is_complete = False


class Lifecycle:
    """An ASGI application around the one with the routes."""

    def __init__(self, app: Callable, settings: Settings, sessions: Sessions, metrics: Metrics, log: Log):
        self.app, self.settings, self.sessions, self.metrics, self.log = app, settings, sessions, metrics, log
        self.is_closing = False
        self.in_flight = self._requests = 0

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started = time.monotonic()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        scope["scheme"] = headers.get("x-forwarded-proto", scope["scheme"]) if self.settings.trusts_proxy else scope["scheme"]
        target = scope["raw_path"].decode("latin-1") + ("?" + scope["query_string"].decode("latin-1") if scope["query_string"] else "")
        request = InFlight(self._context(scope["method"], target, headers, started), headers, b"")
        scope["in_flight"] = request
        # The routes decode segments, after the slashes have separated them.
        scope["path"] = scope["raw_path"].decode("latin-1")
        self.in_flight += 1
        work = run_in_call(request.call, self._answer(scope, receive, self._sender(request, send)))
        try:
            await asyncio.wait_for(work, self.settings.request_timeout)
        except asyncio.TimeoutError:
            if request.status == 0:
                await self._send_error(self._sender(request, send), SeamError("deadline-exceeded"))
        finally:
            self.in_flight -= 1
            self._record(scope, request, target, time.monotonic() - started)

    async def _answer(self, scope: dict, receive: Callable, send: Callable) -> None:
        request: InFlight = scope["in_flight"]
        try:
            check_head(scope["method"], scope["path"], scope["query_string"], request.headers)
            if scope["method"] == "OPTIONS":
                return await send_all(send, 204, PREFLIGHT, b"")
            request.body = await read_body(receive, request.headers, self.settings.body_limit)
            check_body(request.headers, request.body)
            await self._until_disconnect(receive, self.app(scope, receive, send))
        except SeamError as error:
            await self._send_error(send, error)
        except Exception as error:
            self.log.error(error)
            if request.status == 0:
                await self._send_error(send, SeamError("internal"))

    async def _until_disconnect(self, receive: Callable, work: Any) -> None:
        """Ends the work when the client has gone."""
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(work), loop.create_task(receive())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if not tasks[0].done():
                tasks[0].cancel()
            else:
                tasks[0].result()
        finally:
            for task in tasks:
                task.cancel()

    async def _send_error(self, send: Callable, error: SeamError) -> None:
        status, body, headers = to_response(error)
        await send_all(send, status, {**headers, "content-type": JSON_TYPE}, to_json(body))

    def _context(self, method: str, target: str, headers: Dict[str, str], started: float) -> CallContext:
        given, traceparent = headers.get("x-request-id", ""), headers.get("traceparent", "")
        self._requests += 1
        key = headers.get("idempotency-key")
        return CallContext(
            given if REQUEST_ID.match(given) else f"{process_id}-{self._requests}",
            started + self.settings.request_timeout,
            traceparent=traceparent if TRACEPARENT.match(traceparent) else None,
            idempotency_key=None if method in ("GET", "HEAD") else key,
            idempotency_target=f"{method} {target}",
            consistency=self._consistency(headers),
        )

    def _consistency(self, headers: Dict[str, str]) -> Consistency:
        consistency, tokens = Consistency({"level": headers.get("consistency")}), headers.get("consistency-token")
        if tokens is None:
            return consistency
        each = [None] if len(tokens) > MAX_TOKENS_LENGTH else [decode_token(one.strip(), self.sessions.secrets) for one in tokens.split(",")]
        for positions in each:
            # The positions of an unreadable token are unknown, so the reads must include all writes.
            if positions is None and consistency.level != "eventual":
                consistency.level = "strong"
            consistency.observe(positions or {})
        return consistency

    def _sender(self, request: InFlight, send: Callable) -> Callable:
        """Adds to each response the headers that all of them have."""

        async def with_headers(message: dict) -> None:
            if message["type"] == "http.response.start":
                if request.status:
                    return
                request.status = message["status"]
                own = {name.decode("latin-1"): value.decode("latin-1") for name, value in message.get("headers", [])}
                written = request.call.consistency.written
                headers = {
                    **SECURITY_HEADERS,
                    **self._cross_origin(request.headers.get("origin")),
                    "x-request-id": request.call.request_id,
                    **({"consistency-token": await self.sessions.save(request.call)} if written else {}),
                    **({"connection": "close"} if self.is_closing else {}),
                    **own,
                }
                message = {**message, "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]}
            elif message["type"] == "http.response.body" and not message.get("more_body"):
                request.is_complete = True
            await send(message)

        return with_headers

    def _cross_origin(self, origin: Optional[str]) -> Dict[str, str]:
        origins = self.settings.cors_origins
        if origins == ["*"]:
            return {"access-control-allow-origin": "*", **EXPOSED}
        allowed = {"access-control-allow-origin": origin, "access-control-allow-credentials": "true"} if origin in origins else {}
        return {"vary": "Origin", **allowed, **EXPOSED}

    def _record(self, scope: dict, request: InFlight, target: str, seconds: float) -> None:
        path = getattr(scope.get("route"), "path", None)
        route = re.sub(r"\{(\w+)\}", r":\1", path) if path else "none"
        status = request.status if request.is_complete else CLIENT_CLOSED_REQUEST
        self.metrics.http.observe(seconds, scope["method"], route, str(status))
        level = 20 if route.startswith("/health") or route == "/metrics" else 40 if status >= 500 else 30
        if level < self.log.level:
            return
        module = {"module": "social"} if route.startswith("/api/") else {}
        user = {"userId": request.call.principal} if request.call.principal else {}
        self.log.write(
            level, "request", requestId=request.call.request_id, method=scope["method"], url=redact_url(target), route=route, **module,
            status=status, duration=round(seconds * 1000, 3), **user,
        )


def check_head(method: str, path: str, query: bytes, headers: Dict[str, str]) -> None:
    """@raises SeamError for what is not valid HTTP, and for headers that must not be ignored"""
    if "host" not in headers:
        raise SeamError("request/has-no-host-header")
    for text in (path, query.decode("latin-1")):
        if not is_percent_encoded_utf8(text):
            raise SeamError("request/has-a-malformed-url")
    if any(len(segment) > MAX_PARAMETER_LENGTH for segment in path.split("/")):
        raise SeamError("request/has-a-url-that-is-too-long")
    key = headers.get("idempotency-key")
    if method not in ("GET", "HEAD") and key is not None and not IDEMPOTENCY_KEY.match(key):
        raise SeamError("idempotency-key/invalid-key")
    if headers.get("consistency", "session") not in LEVELS:
        raise SeamError("consistency/invalid-level")


def is_percent_encoded_utf8(text: str) -> bool:
    if re.search(r"%(?![\da-fA-F]{2})", text):
        return False
    try:
        re.sub(rb"%([\da-fA-F]{2})", lambda match: bytes([int(match[1], 16)]), text.encode("latin-1")).decode("utf-8")
        return True
    except UnicodeDecodeError:
        return False


async def read_body(receive: Callable, headers: Dict[str, str], limit: int) -> bytes:
    """@raises SeamError body/is-too-large"""
    if int(headers.get("content-length") or 0) > limit:
        raise SeamError("body/is-too-large")
    chunks: List[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise SeamError("cancelled")
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            raise SeamError("body/is-too-large")
        if not message.get("more_body"):
            return b"".join(chunks)


def check_body(headers: Dict[str, str], body: bytes) -> None:
    """No route of this module reads a body, but one that no host would accept is refused. @raises SeamError"""
    if not body:
        return
    kind = headers.get("content-type", "")
    if kind.split(";")[0].strip().lower() != "application/json":
        raise SeamError("body/must-be-json")
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise SeamError("body/must-not-be-compressed")
    charset = re.search(r";\s*charset\s*=\s*\"?([^\s\";]*)", kind, re.I)
    if (charset and charset[1].lower() not in ("utf-8", "utf8")) or (len(body) > 1 and 0 in body[:2]) or body[:2] in (b"\xfe\xff", b"\xff\xfe"):
        raise SeamError("body/must-be-in-utf-8")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SeamError("body/is-not-valid-utf-8") from error
    try:
        json.loads(text, object_pairs_hook=without_prototypes, parse_constant=reject)
    except (ValueError, RecursionError) as error:
        raise SeamError("body/is-not-valid-json") from error


def without_prototypes(pairs: list) -> dict:
    fields = dict(pairs)
    if "__proto__" in fields or (isinstance(fields.get("constructor"), dict) and "prototype" in fields["constructor"]):
        raise ValueError("a prototype")
    return fields


def reject(name: str) -> None:
    raise ValueError(name)


def to_json(value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode("ascii")


async def send_all(send: Callable, status: int, headers: Dict[str, str], body: bytes) -> None:
    sent = {"content-length": str(len(body)), **headers} if status != HTTPStatus.NO_CONTENT else headers
    head = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent.items()]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})
