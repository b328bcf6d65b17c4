"""What travels with every call: request id, trace, principal, deadline, consistency, idempotency key."""
import asyncio
import time
from contextvars import ContextVar
from typing import Any, Dict, Optional

from .credential import sha256

LEVELS = ("session", "strong", "eventual")


def later_position(known: Optional[str], received: str) -> str:
    """Of two clusters, whose positions do not compare, the position that was received last."""
    if known is None or known <= received:
        return received
    return known if known.split(".")[0] == received.split(".")[0] else received


def covers(known: Optional[str], needed: str) -> bool:
    """Whether data at `known` includes all writes up to `needed`; positions of two timelines do not compare."""
    return known is not None and known >= needed and known.rpartition(".")[0] == needed.rpartition(".")[0]


class Consistency:
    """Which writes the reads of a request must include."""

    def __init__(self, wire: Optional[dict] = None):
        wire = wire or {}
        self.level: Optional[str] = wire.get("level") if wire.get("level") in LEVELS else None
        self.required: Dict[str, str] = dict(wire.get("required") or {})
        self.is_complete = wire.get("complete") is True
        self.written: set = set()

    def observe(self, positions: Dict[str, str]) -> None:
        for module, position in positions.items():
            self.required[module] = later_position(self.required.get(module), position)

    def record_write(self, module: str, position: str) -> None:
        self.observe({module: position})
        self.written.add(module)

    @property
    def written_positions(self) -> Dict[str, str]:
        return {module: self.required[module] for module in self.written}

    def to_wire(self) -> Optional[dict]:
        wire = {
            **({"level": self.level} if self.level else {}),
            **({"required": self.required} if self.required else {}),
            **({"complete": True} if self.is_complete else {}),
        }
        return wire or None


class CallContext:
    """One request or call. `deadline` is on the clock of `time.monotonic()`."""

    def __init__(self, request_id: str, deadline: float, **fields: Any):
        self.request_id = request_id
        self.deadline = deadline
        self.traceparent: Optional[str] = fields.get("traceparent")
        self.principal: Optional[str] = fields.get("principal")
        self.idempotency_key: Optional[str] = fields.get("idempotency_key")
        # Method and path for which a client has sent the key.
        self.idempotency_target: Optional[str] = fields.get("idempotency_target")
        self.consistency: Consistency = fields.get("consistency") or Consistency()
        # By module, the lowest position of what was read; None when the caller does not ask.
        self.read_watermark: Optional[Dict[str, Optional[str]]] = fields.get("read_watermark")
        self._calls: Dict[str, int] = {}

    @property
    def remaining(self) -> float:
        return max(0.0, self.deadline - time.monotonic())

    def next_idempotency_key(self, path: str) -> Optional[str]:
        """The n-th call of a method gets the same key in every repetition of the request."""
        if self.idempotency_key is None:
            return None
        self._calls[path] = self._calls.get(path, 0) + 1
        return sha256(f"{self.idempotency_key}\n{path}\n{self._calls[path]}")

    def observe_read(self, module: str, position: Optional[str]) -> None:
        if self.read_watermark is None:
            return
        if module in self.read_watermark:
            known = self.read_watermark[module]
            position = None if known is None or position is None else min(known, position)
        self.read_watermark[module] = position


_current: "ContextVar[Optional[CallContext]]" = ContextVar("call", default=None)


def current_call() -> Optional[CallContext]:
    return _current.get()


def run_in_call(context: CallContext, work: Any) -> "asyncio.Task":
    """Runs a coroutine as a task in which `current_call()` is the context."""

    async def run() -> Any:
        _current.set(context)
        return await work

    return asyncio.get_running_loop().create_task(run())
