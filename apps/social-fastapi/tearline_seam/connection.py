"""One authenticated connection to a server, on which many calls wait for their replies."""
import asyncio
from typing import Any, Callable, Dict, Optional

from .call import CallContext
from .credential import Credential, is_proof, nonce
from .errors import SeamError, TransportError
from .frames import FrameProtocol, FrameTooLarge
from .values import UNDEFINED

MAX_SILENCE = 4


class Connection(FrameProtocol):
    def __init__(self, credential: Credential, limit: int, on_going_away: Callable, on_lost: Callable):
        super().__init__(limit)
        self.credential, self.limit = credential, limit
        self.on_going_away, self.on_lost = on_going_away, on_lost
        self.opened: "asyncio.Future[dict]" = asyncio.get_running_loop().create_future()
        self.accept: dict = {}
        self.waiting: Dict[int, "asyncio.Future[dict]"] = {}
        self.is_leaving = self.is_going_away = self.has_answered = False
        self._nonce, self._challenge = nonce(), ""
        self._last_id = self._bytes_seen = self._silence = 0

    async def ask(self, path: str, data: Any, context: CallContext, deadline: float, key: Optional[str]) -> dict:
        """Returns the reply. @raises TransportError, SeamError"""
        if self.is_leaving:
            raise TransportError("is going away", False)
        loop = asyncio.get_running_loop()
        self._last_id += 1
        call_id, reply = self._last_id, loop.create_future()
        metadata = {
            "left": round(max(0.0, deadline - loop.time()) * 1000, 2),
            "requestId": context.request_id,
            "traceparent": context.traceparent,
            "principal": context.principal,
            "idempotencyKey": key,
            "consistency": context.consistency.to_wire(),
            "readWatermark": True if context.read_watermark is not None else None,
        }
        request = {"id": call_id, "pattern": path, "metadata": {k: v for k, v in metadata.items() if v is not None}}
        try:
            self.send(request if data is UNDEFINED else {**request, "data": data}, self.limit)
        except FrameTooLarge as error:
            raise SeamError("invalid-input", str(error)) from error
        self.waiting[call_id] = reply
        try:
            return await reply
        except asyncio.CancelledError:
            if self.waiting.pop(call_id, None) and not self.transport.is_closing():
                self.send({"cancel": call_id})
            raise
        finally:
            self.waiting.pop(call_id, None)
            if self.is_leaving and not self.waiting:
                self.end()

    def leave(self) -> None:
        """Takes no more calls, and closes once it waits for no reply."""
        self.is_leaving = True
        if not self.waiting:
            self.end()

    def fail(self, message: str) -> None:
        self.transport.abort()
        self._gone(TransportError(message, True))

    def heartbeat(self) -> bool:
        """Asks a peer that owes a reply and is silent for a sign of life; False when it has given none for too long."""
        is_silent = self.bytes_read == self._bytes_seen and bool(self.waiting)
        self._silence = self._silence + 1 if is_silent else 0
        self._bytes_seen = self.bytes_read
        if is_silent:
            self.send({"ping": 1})
        return self._silence <= MAX_SILENCE

    def connection_lost(self, error: Optional[Exception]) -> None:
        self._gone(TransportError(str(error or "the connection was closed"), True, False))

    def broken(self, reason: str) -> None:
        self._gone(TransportError(reason, True, False))

    def received(self, message: dict) -> None:
        if "id" in message:
            reply = self.waiting.pop(message["id"], None)
            if reply and not reply.done():
                self.has_answered = True
                reply.set_result(message)
        elif "challenge" in message:
            self._challenge = str(message["challenge"])
            proof = self.credential.proof("client", self._challenge, self._nonce)
            deployment = {"deployment": self.credential.deployment} if self.credential.deployment else {}
            self.send({"hello": {"nonce": self._nonce, "proof": proof, **deployment}})
        elif "accept" in message:
            self._verify(message["accept"])
        elif message.get("goAway"):
            self.is_going_away = True
            self.on_going_away(self)

    def _verify(self, accept: dict) -> None:
        expected = self.credential.proof("server", self._challenge, self._nonce)
        other = self.credential.other_deployment(accept.get("deployment"))
        if not self._challenge or not is_proof(accept.get("proof"), expected):
            self.fail("does not have the credential")
        elif other:
            self.fail(other)
        elif not self.opened.done():
            self.accept = accept
            self.opened.set_result(accept)

    def _gone(self, error: TransportError) -> None:
        if not self.is_leaving:
            self.is_leaving = True
            self.on_lost(self)
        if not self.opened.done():
            self.opened.set_exception(TransportError(str(error), False, error.endpoint_is_down))
            # The caller that opened it may have given up already.
            self.opened.exception()
        waiting, self.waiting = list(self.waiting.values()), {}
        for reply in waiting:
            if not reply.done():
                reply.set_exception(error)
