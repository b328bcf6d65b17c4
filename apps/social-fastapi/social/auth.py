"""Who is calling: tokens that identity has signed, and sessions that it knows."""
import base64
import hashlib
import hmac
import json
import re
import time
from collections import OrderedDict
from typing import Any, Dict, List, Optional
from urllib.parse import unquote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tearline_seam.call import CallContext
from tearline_seam.credential import base64url, sha256
from tearline_seam.errors import SeamError

from .contracts import IdentityClient
from .revocations import Revocations

AUTHORIZATION = re.compile(r"^(?:token|bearer) +(\S+)$", re.I)
SESSION_SECRET = re.compile(r"^[\w-]{43}$", re.A)
MAX_TOKEN_LENGTH = 4096
MAX_SAFE_INTEGER = 2**53 - 1
MAX_CACHED = 10_000
SESSION_FRESH = 5.0
SESSION_STALE = 300.0
WINDOW = 60.0


class Cache(OrderedDict):
    """Keeps the latest entries."""

    def put(self, key: Any, value: Any) -> None:
        self.pop(key, None)
        self[key] = value
        if len(self) > MAX_CACHED:
            self.popitem(last=False)


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Authentication:
    def __init__(self, keys: List[dict], identity: IdentityClient, revocations: Revocations, secure_cookies: str, origins: List[str], writes_per_minute: int):
        self.keys = {key["kid"]: Ed25519PublicKey.from_public_bytes(decoded(key["x"])) for key in keys}
        self.identity, self.revocations = identity, revocations
        self.secure_cookies, self.origins = secure_cookies, set(origins) - {"*"}
        self.max_writes = writes_per_minute
        # Verified tokens: user, generation, expiry. Invalid ones would evict them.
        self._tokens = Cache()
        # Sessions: what identity has said, and when.
        self._sessions = Cache()
        self._writes = Cache()

    async def authenticate(self, call: CallContext, method: str, headers: Dict[str, str], scheme: str, is_optional: bool) -> Optional[int]:
        """Returns the caller, and sets the call's principal. @raises SeamError"""
        authorization = headers.get("authorization")
        if authorization is not None:
            match = AUTHORIZATION.match(authorization)
            if not match or len(match[1]) > MAX_TOKEN_LENGTH:
                raise SeamError("token/is-invalid")
            user: Optional[int] = await self._user_of_token(match[1])
        else:
            secret = self._session_secret(headers.get("cookie", ""), scheme)
            if secret is None:
                if is_optional:
                    return None
                raise SeamError("token/is-missing")
            user = await self._user_of_session(sha256(secret))
            if user is None:
                if is_optional:
                    return None
                raise SeamError("session/is-invalid")
            if method not in ("GET", "HEAD"):
                self._check_site(headers, scheme, secret)
        assert user is not None
        if method not in ("GET", "HEAD"):
            self._count_write(user)
        call.principal = str(user)
        return user

    async def _user_of_token(self, token: str) -> int:
        known = self._tokens.get(token)
        if known and known[2] > time.time() and not self.revocations.is_revoked(known[0], known[1]):
            return known[0]
        claims = self._claims_of(token)
        user, generation = int(claims["sub"]), claims.get("gen", 0)
        if not await self.revocations.is_current(user, generation, claims["iat"] * 1000):
            raise SeamError("token/is-invalid")
        self._tokens.put(token, (user, generation, claims["exp"]))
        return user

    def _claims_of(self, token: str) -> dict:
        try:
            head, payload, signature = token.split(".")
            header, claims = json.loads(decoded(head)), json.loads(decoded(payload))
            candidates = [self.keys[header["kid"]]] if "kid" in header else list(self.keys.values())
            if header["alg"] != "EdDSA" or "crit" in header or len(candidates) != 1:
                raise ValueError
            candidates[0].verify(decoded(signature), f"{head}.{payload}".encode())
            is_valid = (
                claims["iss"] == "tearline"
                and re.fullmatch(r"[1-9]\d{0,15}", claims["sub"], re.A)
                and int(claims["sub"]) <= MAX_SAFE_INTEGER
                and isinstance(claims["iat"], (int, float))
                and claims["exp"] > time.time()
                and claims.get("nbf", 0) <= time.time()
                and isinstance(claims.get("gen", 0), int)
            )
            if not is_valid:
                raise ValueError
            return claims
        except (ValueError, KeyError, TypeError, InvalidSignature) as error:
            raise SeamError("token/is-invalid") from error

    def _session_secret(self, cookie: str, scheme: str) -> Optional[str]:
        is_secure = scheme == "https" if self.secure_cookies == "auto" else self.secure_cookies == "on"
        name = "__Host-session" if is_secure else "session"
        for pair in cookie.split(";"):
            key, _, value = pair.strip().partition("=")
            if key == name:
                secret = unquote(value.strip('"'))
                return secret if SESSION_SECRET.match(secret) else None
        return None

    async def _user_of_session(self, session: str) -> Optional[int]:
        ended, now = self.revocations.ended_sessions, time.monotonic()
        if session in ended:
            return None
        known = self._sessions.get(session)
        if known and self._is_usable(known, SESSION_FRESH) and known[1] >= self.revocations.fresh_since:
            return known[0]["userId"]
        try:
            found = await self.identity.session({"id": session})
            is_open = found is not None and await self.revocations.is_current(found["userId"], found["generation"], found["createdAt"])
        except SeamError as error:
            is_away = error.code in ("unavailable", "deadline-exceeded")
            if is_away and known and session not in ended and self._is_usable(known, SESSION_STALE):
                return known[0]["userId"]
            raise
        if not is_open:
            self.revocations.end_session(session)
        if not is_open or session in ended:
            return None
        self._sessions.put(session, (found, now))
        return found["userId"]

    def _is_usable(self, known: tuple, max_age: float) -> bool:
        session, checked_at = known
        return (
            time.monotonic() - checked_at < max_age
            and time.time() * 1000 < session["expiresAt"]
            and not self.revocations.is_revoked(session["userId"], session["generation"])
        )

    def _check_site(self, headers: Dict[str, str], scheme: str, secret: str) -> None:
        """Rejects writes that a page of another site makes a browser send with the user's cookie."""
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if origin is None or origin not in self.origins:
            own = f"{scheme}://{headers.get('host', '')}"
            if not (site in ("same-origin", "none") if site is not None else origin in (None, own)):
                raise SeamError("origin/forbidden")
        expected = base64url(hmac.new(secret.encode(), b"csrf", hashlib.sha256).digest())
        if not hmac.compare_digest(headers.get("x-csrf-token", "").encode(), expected.encode()):
            raise SeamError("csrf-token/forbidden")

    def _count_write(self, user: int) -> None:
        now = time.monotonic()
        count, ends = self._writes.get(user) or (0, 0.0)
        if now >= ends:
            count, ends = 0, now + WINDOW
        if count >= self.max_writes:
            raise SeamError("writes/too-many", data={"retryAfter": ends - now})
        self._writes.put(user, (count + 1, ends))
