"""What this process knows of revoked tokens and sessions: from broadcasts, and every five seconds from identity."""
import asyncio
import time
from collections import OrderedDict
from typing import Any, Dict, Optional

from tearline_seam.errors import SeamError

from .contracts import IdentityClient
from .logs import Log

CATCH_UP_INTERVAL = 5.0
RETRY_INTERVAL = 0.5
OVERLAP_MS = 60_000
CLOCK_SKEW_MS = 300_000
MAX_CHANGES = 100_000
MAX_ENDED = 10_000


class Revocations:
    def __init__(self, identity: IdentityClient, log: Log):
        self.identity, self.log = identity, log
        # By user, the present generation of the credentials and when it began; the oldest change first.
        self.changes: "OrderedDict[int, tuple]" = OrderedDict()
        self.ended_sessions: "OrderedDict[str, bool]" = OrderedDict()
        # Sessions that were checked before must be checked again.
        self.fresh_since = 0.0
        self._complete_since = float("inf")
        self._dropped_until = 0.0
        self._missed = asyncio.Event()
        self._is_failing = False

    def is_revoked(self, user: int, generation: int) -> bool:
        return user in self.changes and generation < self.changes[user][0]

    async def is_current(self, user: int, generation: int, issued_at: float) -> bool:
        """Asks identity only while the list does not reach back that far. @raises SeamError"""
        if user in self.changes:
            return generation >= self.changes[user][0]
        if issued_at >= self._complete_since:
            return True
        present = await self.identity.credentials({"userId": user})
        return present is not None and generation >= present["generation"]

    def on_message(self, topic: str, message: Any) -> None:
        if topic != "identity" or not isinstance(message, dict) or not isinstance(message.get("userId"), int):
            return
        if isinstance(message.get("generation"), int):
            self._add(message["userId"], message["generation"], time.time() * 1000)
        for session in message.get("sessions") or ():
            self.end_session(str(session))

    def on_missed(self) -> None:
        self.fresh_since = time.monotonic()
        self._missed.set()

    def end_session(self, session: str) -> None:
        """Ids never come back."""
        self.ended_sessions[session] = True
        if len(self.ended_sessions) > MAX_ENDED:
            self.ended_sessions.popitem(last=False)

    async def run(self) -> None:
        after: Optional[Dict[str, int]] = None
        while True:
            self._missed.clear()
            try:
                after = await self._catch_up(after)
                if self._is_failing:
                    self.log.write(30, "revoked credentials are known again")
                self._is_failing = False
            except SeamError as error:
                if not self._is_failing:
                    self.log.write(40, "revoked credentials cannot be read; retrying", err={"message": str(error)})
                self._is_failing = True
            try:
                await asyncio.wait_for(self._missed.wait(), RETRY_INTERVAL if self._is_failing else CATCH_UP_INTERVAL)
            except asyncio.TimeoutError:
                pass

    async def _catch_up(self, after: Optional[dict]) -> dict:
        started = None
        while True:
            page = await self.identity.credential_changes({"after": after})
            started = page["now"] if started is None else started
            for change in page["changes"]:
                self._add(change["userId"], change["generation"], change["at"])
            after = page["next"]
            if after is None:
                break
        self._complete_since = self._dropped_until
        return {"at": started - OVERLAP_MS, "userId": 0}

    def _add(self, user: int, generation: int, at: float) -> None:
        if user in self.changes and self.changes[user][0] >= generation:
            return
        self.changes.pop(user, None)
        self.changes[user] = (generation, at)
        if len(self.changes) > MAX_CHANGES:
            _, (_, dropped) = self.changes.popitem(last=False)
            self._dropped_until = max(self._dropped_until, dropped + CLOCK_SKEW_MS)
            if self._complete_since != float("inf"):
                self._complete_since = self._dropped_until
