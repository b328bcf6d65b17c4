"""Answers calls of contracts from other processes."""
import asyncio
import collections
import json
import logging
import time
from dataclasses import dataclass
from typing import Any, Awaitable, Callable, Deque, Dict, Optional, Protocol, Set

from .call import CallContext, Consistency, run_in_call
from .contract import Contract, InvalidValue, Method
from .credential import Credential, is_proof, nonce, sha256
from .errors import SeamError, error_to_wire
from .frames import FrameProtocol, FrameTooLarge, encode
from .values import UNDEFINED

log = logging.getLogger("seam")

MAX_HELLO_BYTES = 1024
MAX_UNSENT_MESSAGES = 4
BACKLOG = 4096

Handler = Callable[[Any], Awaitable[Any]]
# Records one call: contract, method, placement, outcome, seconds.
Recorder = Callable[[str, str, str, str, float], None]


class IdempotencyStore(Protocol):
    """Runs a command, or answers from the reply of an earlier run of the same key, in the transaction of its effect."""

    async def run_once(self, operation: str, request_hash: str, run: Callable[[], Awaitable[str]]) -> str: ...


@dataclass
class Limits:
    """Times in seconds."""

    max_message_bytes: int = 16 * 1024 * 1024
    concurrency: int = 256
    max_queued: int = 1024
    handshake_timeout: float = 5
    max_pending_handshakes: int = 256
    message_timeout: float = 30
    drain_timeout: float = 10


class SeamServer:
    def __init__(
        self,
        exposed: Dict[Contract, Any],
        credential: Credential,
        record: Recorder,
        idempotency: Optional[IdempotencyStore] = None,
        limits: Optional[Limits] = None,
    ):
        """@param exposed contracts, each with an object that has its methods"""
        self.credential = credential
        self.record = record
        self.idempotency = idempotency
        self.limits = limits or Limits()
        self.contracts = [contract.description for contract in exposed]
        self.methods: Dict[str, "tuple[Method, Handler]"] = {
            method.path: (method, getattr(handler, method.key))
            for contract, handler in exposed.items()
            for method in contract.methods.values()
        }
        self.peers: Set[Peer] = set()
        # In the order of arrival.
        self.pending: Dict[Peer, float] = {}
        self.running = 0
        self.queue: Deque[ServedCall] = collections.deque()
        self.is_draining = self.is_refusing = False

    async def listen(self, host: str, port: int) -> int:
        """Returns the port, which is the real one even when 0 was asked for."""
        self._server = await asyncio.get_running_loop().create_server(lambda: Peer(self), host, port, backlog=BACKLOG)
        self._sweeping = asyncio.get_running_loop().create_task(self._sweep())
        return self._server.sockets[0].getsockname()[1]

    async def drain(self) -> None:
        """Stops listening, asks every peer to go elsewhere, and answers what they still ask until they hang up."""
        self.is_draining = True
        self._server.close()
        for peer in list(self.pending):
            peer.transport.abort()
        for peer in self.peers:
            peer.send({"goAway": True})
        end = time.monotonic() + self.limits.drain_timeout
        while self.peers and time.monotonic() < end:
            await asyncio.sleep(0.01)
            self.is_refusing = time.monotonic() > end - self.limits.drain_timeout / 2
        for peer in list(self.peers):
            peer.end()
        self._sweeping.cancel()

    def admit(self, call: "ServedCall") -> None:
        if self.is_refusing:
            call.refuse("draining")
        elif self.running < self.limits.concurrency:
            call.start()
        elif len(self.queue) < self.limits.max_queued:
            self.queue.append(call)
        else:
            call.refuse("too busy")

    def release(self) -> None:
        self.running -= 1
        while self.queue and self.running < self.limits.concurrency:
            self.queue.popleft().start()

    def add_pending(self, peer: "Peer") -> None:
        if len(self.pending) >= self.limits.max_pending_handshakes:
            next(iter(self.pending)).disconnect("too many connections without a credential")
        self.pending[peer] = time.monotonic()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(min(0.1, self.limits.message_timeout))
            now = time.monotonic()
            for peer, since in list(self.pending.items()):
                if now - since > self.limits.handshake_timeout:
                    peer.disconnect("no credential in time")
            for peer in list(self.peers):
                if peer.reader.is_stuck_since(now - self.limits.message_timeout):
                    peer.disconnect("a message that does not end")
                elif peer.transport.get_write_buffer_size() > MAX_UNSENT_MESSAGES * self.limits.max_message_bytes:
                    peer.disconnect("replies that are not read")


class Peer(FrameProtocol):
    """One connection from another process."""

    def __init__(self, server: SeamServer):
        super().__init__(MAX_HELLO_BYTES)
        self.server = server
        self.challenge = nonce()
        self.is_authenticated = False
        self.calls: Dict[Any, ServedCall] = {}

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.name = "{}:{}".format(*(transport.get_extra_info("peername") or ("?", "?"))[:2])
        if self.server.is_draining:
            transport.abort()
            return
        self.server.add_pending(self)
        self.send({"challenge": self.challenge})

    def connection_lost(self, error: Optional[Exception]) -> None:
        self.server.pending.pop(self, None)
        self.server.peers.discard(self)
        for call in list(self.calls.values()):
            call.abandon()

    def broken(self, reason: str) -> None:
        log.warning("refused a connection", extra={"fields": {"peer": self.name, "reason": reason}})

    def disconnect(self, reason: str) -> None:
        # Not only when the loop gets to it: what is not counted any more must not be ended twice.
        self.server.pending.pop(self, None)
        self.server.peers.discard(self)
        self.transport.abort()
        self.broken(reason)

    def received(self, message: dict) -> None:
        if not self.is_authenticated:
            self._authenticate(message.get("hello"))
        elif "pattern" in message:
            self._serve(message)
        elif "cancel" in message:
            call = self.calls.get(key_of(message["cancel"]))
            if call:
                call.abandon()
        elif "ping" in message:
            self.send({"pong": message["ping"]})
        else:
            self.disconnect("a malformed frame")

    def _authenticate(self, hello: Any) -> None:
        answer = hello.get("nonce") if isinstance(hello, dict) else None
        if not isinstance(answer, str):
            return self.disconnect("a malformed hello")
        credential = self.server.credential
        if not is_proof(hello.get("proof"), credential.proof("client", self.challenge, answer)):
            return self.disconnect("a wrong credential")
        other = credential.other_deployment(hello.get("deployment"))
        accept = {
            "proof": credential.proof("server", self.challenge, answer),
            "contracts": [] if other else self.server.contracts,
            "honoursKeys": self.server.idempotency is not None,
            **({"deployment": credential.deployment} if credential.deployment else {}),
        }
        self.server.pending.pop(self, None)
        self.send({"accept": accept})
        if other:
            # With its own deployment, so that the peer can report the reason.
            self.end()
            return self.broken(other)
        self.is_authenticated = True
        self.reader.limit = self.server.limits.max_message_bytes
        self.server.peers.add(self)

    def _serve(self, request: dict) -> None:
        if not is_request(request):
            return self.disconnect("a malformed call")
        served = self.server.methods.get(request["pattern"])
        if served is None:
            error = SeamError("incompatible", f"{request['pattern']}: the callee has no such method")
            return self.send({"id": request["id"], "err": error_to_wire(error), "refused": True})
        call = ServedCall(self, request, *served)
        self.server.admit(call)


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def key_of(call_id: Any) -> Any:
    return call_id if is_number(call_id) else None


def is_request(request: dict) -> bool:
    metadata = request.get("metadata")
    return (
        is_number(request.get("id"))
        and isinstance(request["pattern"], str)
        and isinstance(metadata, dict)
        and isinstance(metadata.get("requestId"), str)
        and is_number(metadata.get("left"))
        and metadata["left"] >= 0
    )


class ServedCall:
    """A call from another process, under way in this one."""

    def __init__(self, peer: Peer, request: dict, method: Method, handler: Handler):
        self.peer, self.method, self.handler = peer, method, handler
        self.id, self.data = request["id"], request.get("data", UNDEFINED)
        self.started = time.monotonic()
        left = min(request["metadata"]["left"] / 1000, method.timeout)
        self.context = context_of(request["metadata"], self.started + left)
        self.task: Optional[asyncio.Task] = None
        self.has_ended = False
        self.timer = asyncio.get_running_loop().call_later(left, self._expire)
        peer.calls[self.id] = self

    def start(self) -> None:
        if self.has_ended:
            return
        self.peer.server.running += 1
        self.task = run_in_call(self.context, self._run())
        self.task.add_done_callback(lambda _: self.peer.server.release())

    def refuse(self, reason: str) -> None:
        """Turns the call away before it began; it may go elsewhere."""
        self._end("unavailable")
        self.peer.send({"id": self.id, "err": error_to_wire(SeamError("unavailable", reason)), "refused": True})

    def abandon(self) -> None:
        """Ends the call without a reply, after the caller cancelled it or disconnected."""
        if self._end("cancelled") and self.task:
            self.task.cancel()

    def _expire(self) -> None:
        error = SeamError("deadline-exceeded", f"{self.method.path} took too long")
        if self._end(error.code):
            self.peer.send({"id": self.id, "err": error_to_wire(error)})
            if self.task:
                self.task.cancel()

    async def _run(self) -> None:
        try:
            value = self.method.input.decode(self.data)
        except InvalidValue as error:
            return self._fail(SeamError("invalid-input", str(error), {"issues": error.issues}))
        try:
            response = await self._response(value)
            if self.has_ended:
                return
            reply = {"id": self.id, **self._facts()}
            if response is not UNDEFINED:
                reply["response"] = response
            self.peer.send(reply, self.peer.server.limits.max_message_bytes)
            self._end("ok")
        except SeamError as error:
            self._fail(error if self.method.declares(error.code) else self._internal(error))
        except Exception as error:  # What the contract does not declare stays in this process, in its log.
            self._fail(self._internal(error))

    async def _response(self, value: Any) -> Any:
        output, store = self.method.output, self.peer.server.idempotency
        if self.method.kind == "query" or store is None or self.context.idempotency_key is None:
            return output.encode(await self.handler(value))

        async def run() -> str:
            return in_object(output.encode(await self.handler(value)))

        request_hash = sha256(in_object(self.method.input.encode(value)))
        return json.loads(await store.run_once(f"answer {self.method.key}", request_hash, run)).get("value", UNDEFINED)

    def _internal(self, error: Exception) -> SeamError:
        fields = {"contract": self.method.contract, "method": self.method.key, "requestId": self.context.request_id}
        log.error("unexpected error", exc_info=error, extra={"fields": fields})
        return SeamError("internal")

    def _fail(self, error: SeamError) -> None:
        if self._end(error.code):
            reply = {"id": self.id, **self._facts()}
            try:
                self.peer.send({**reply, "err": error_to_wire(error)}, self.peer.server.limits.max_message_bytes)
            except (FrameTooLarge, ValueError) as cause:
                self.peer.send({**reply, "err": error_to_wire(self._internal(cause))})

    def _facts(self) -> dict:
        """What the caller has to know of the call beside its outcome."""
        written, watermark = self.context.consistency.written_positions, self.context.read_watermark
        return {**({"written": written} if written else {}), **({"readWatermark": watermark} if watermark is not None else {})}

    def _end(self, outcome: str) -> bool:
        if self.has_ended:
            return False
        self.has_ended = True
        self.timer.cancel()
        self.peer.calls.pop(self.id, None)
        self.peer.server.record(self.method.contract, self.method.key, "server", outcome, time.monotonic() - self.started)
        return True


def in_object(value: Any) -> str:
    """A method may return nothing, which has no JSON text of its own."""
    return "{}" if value is UNDEFINED else encode({"value": value}).decode()


def context_of(metadata: dict, deadline: float) -> CallContext:
    return CallContext(
        metadata["requestId"],
        deadline,
        traceparent=metadata.get("traceparent"),
        principal=metadata.get("principal"),
        idempotency_key=metadata.get("idempotencyKey"),
        consistency=Consistency(metadata.get("consistency")),
        read_watermark={} if metadata.get("readWatermark") else None,
    )
