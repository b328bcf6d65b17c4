"""Read-your-writes: positions of each principal's writes, in this process and in the tokens of clients."""
import base64
import hashlib
import hmac
import json
import re
import time
from collections import OrderedDict
from typing import Dict, List, Optional

from tearline_seam.call import CallContext, later_position
from tearline_seam.credential import base64url

from .redis import Redis

MAX_PRINCIPALS = 20_000
MAX_MODULES = 32
MAC_BYTES = 16
POSITION = re.compile(r"^\d{1,20}\.[\da-f]{8}\.[\da-f]{16}$")


def mac_of(payload: str, secret: str) -> bytes:
    return hmac.new(secret.encode(), f"consistency\n{payload}".encode(), hashlib.sha256).digest()[:MAC_BYTES]


def encode_token(positions: Dict[str, str], secret: str) -> str:
    flat = [each for pair in list(positions.items())[-MAX_MODULES:] for each in pair]
    payload = base64url(json.dumps(flat, separators=(",", ":")).encode())
    return f"{payload}.{base64url(mac_of(payload, secret))}"


def decode_token(token: str, secrets: List[str]) -> Optional[Dict[str, str]]:
    """Returns None for a token that was not signed with one of these secrets."""
    payload, _, mac = token.partition(".")
    try:
        given = base64.urlsafe_b64decode(mac + "=" * (-len(mac) % 4))
        if not any(hmac.compare_digest(mac_of(payload, secret), given) for secret in secrets):
            return None
        flat = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except ValueError:
        return None
    positions = dict(zip(flat[::2], flat[1::2]))
    return positions if all(map(POSITION.match, positions.values())) else None


class Sessions:
    def __init__(self, secrets: List[str], max_lag: float):
        self.secrets = secrets
        # Shares the positions with other hosts. This program does not read theirs, so reads of users go to the primary.
        self.redis: Optional[Redis] = None
        self.complete_from = time.monotonic() + max_lag
        self._known: "OrderedDict[str, Dict[str, str]]" = OrderedDict()

    async def save(self, call: CallContext) -> str:
        """Remembers what a call has written; returns a token for its client."""
        if call.principal is not None:
            known = self._known.pop(call.principal, {})
            for module, position in call.consistency.written_positions.items():
                known[module] = later_position(known.get(module), position)
            self._known[call.principal] = known
            if len(self._known) > MAX_PRINCIPALS:
                self._known.popitem(last=False)
            if self.redis:
                await self.redis.save_positions(call.principal, call.consistency.written_positions)
        return encode_token(call.consistency.required, self.secrets[0])

    def load(self, call: CallContext) -> bool:
        """Adds what the principal has written; returns False when it may have written more."""
        if call.principal is None:
            return True
        call.consistency.observe(self._known.get(call.principal, {}))
        return call.consistency.is_complete or (self.redis is None and time.monotonic() >= self.complete_from)
