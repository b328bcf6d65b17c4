"""Calls contracts that other processes answer: chooses a replica, retries where that is safe, gives up in time."""
import asyncio
import random
import socket
import time
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple

from .call import CallContext, Consistency, current_call
from .compatibility import incompatibilities
from .connection import Connection
from .contract import Contract, InvalidValue, Method
from .credential import Credential, nonce
from .errors import SeamError, TransportError, error_from_wire
from .server import Recorder
from .values import UNDEFINED

PROBE_INTERVAL = 0.05
PROBE_TIMEOUT = 0.1


@dataclass
class Tuning:
    """Times in seconds."""

    connections: int = 4
    concurrency: int = 512
    max_queued: int = 512
    connect_timeout: float = 2
    heartbeat_interval: float = 0.5
    failure_threshold: int = 5
    max_attempts: int = 4
    backoff: float = 0.02
    resolve_interval: float = 5
    default_timeout: float = 10
    max_message_bytes: int = 16 * 1024 * 1024


class Endpoint:
    """One replica: its connections, and whether it can be trusted to answer."""

    def __init__(self, host: "RemoteHost", address: Tuple[str, int]):
        self.host, self.address = host, address
        self.pending = 0
        self.is_ejected = False
        self.honours_keys = False
        self.incompatible: Dict[str, str] = {}
        self.pool: List[Connection] = []
        self.going_away: List[Connection] = []
        self._opening: Optional["asyncio.Task[Connection]"] = None
        self._probed_at = -PROBE_INTERVAL
        self._lost_in_a_row = 0
        self._handing_over: Optional[asyncio.Task] = None

    async def ask(self, method: Method, *request: Any) -> dict:
        connection = min(self.pool, key=lambda each: len(each.waiting), default=None)
        connection = connection or (self.going_away[0] if self.going_away else await self.open())
        if method.path in self.incompatible:
            raise SeamError("incompatible", self.incompatible[method.path], retryable=True)
        self.pending += 1
        try:
            return await connection.ask(method.path, *request)
        finally:
            self.pending -= 1

    async def open(self) -> Connection:
        if self._opening is None or self._opening.done():
            self._opening = asyncio.get_running_loop().create_task(self._connect())
            # Also when no caller waits for it any more.
            self._opening.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(self._opening)

    async def probe(self) -> bool:
        """Tries whether an ejected address is back; not again shortly after the last time."""
        if time.monotonic() - self._probed_at < PROBE_INTERVAL:
            return False
        self._probed_at = time.monotonic()
        try:
            await self.open()
            return True
        except TransportError:
            return False

    def check_health(self) -> None:
        signs = [connection.heartbeat() for connection in (*self.pool, *self.going_away)]
        if not all(signs):
            self._eject("gives no sign of life")
        if self.is_ejected or len(self.pool) < self.host.tuning.connections:
            self.host.in_background(self.probe())

    def close(self) -> None:
        for connection in (*self.pool, *self.going_away):
            connection.leave()

    async def _connect(self) -> Connection:
        tuning, loop = self.host.tuning, asyncio.get_running_loop()
        connection = Connection(self.host.credential, tuning.max_message_bytes, self._on_going_away, self._on_lost)
        try:
            await asyncio.wait_for(loop.create_connection(lambda: connection, *self.address), tuning.connect_timeout)
            accept = await asyncio.wait_for(asyncio.shield(connection.opened), tuning.connect_timeout)
            if connection.is_going_away:
                connection.leave()
                raise TransportError("is going away", False)
        except (OSError, asyncio.TimeoutError, TransportError) as error:
            if hasattr(connection, "transport"):
                connection.transport.abort()
            reason = error if isinstance(error, TransportError) else TransportError(str(error) or "did not answer in time", False)
            if reason.endpoint_is_down:
                self._eject(str(reason))
            raise reason from error
        theirs = {contract["name"]: contract for contract in accept["contracts"]}
        self.incompatible = {
            method: message
            for contract in self.host.contracts
            for method, message in incompatibilities(contract.description, theirs.get(contract.name)).items()
        }
        self.honours_keys = accept.get("honoursKeys") is True
        self.is_ejected = False
        self.pool.append(connection)
        return connection

    def _on_going_away(self, connection: Connection) -> None:
        if connection not in self.pool:
            return
        self.pool.remove(connection)
        self.going_away.append(connection)
        if self._handing_over is None or self._handing_over.done():
            self._handing_over = self.host.in_background(self._hand_over())

    async def _hand_over(self) -> None:
        """Hangs up on the process that ends once its successor, or another replica, takes its calls."""
        try:
            await self.open()
        except TransportError:
            self._eject("is going away")
            await asyncio.sleep(2 * PROBE_INTERVAL)
            await self.host.find_available()
        leaving, self.going_away = self.going_away, []
        for connection in leaving:
            connection.leave()

    def _on_lost(self, connection: Connection) -> None:
        for connections in (self.pool, self.going_away):
            if connection in connections:
                connections.remove(connection)
        if connection.is_going_away:
            return
        self._lost_in_a_row = 1 if connection.has_answered else self._lost_in_a_row + 1
        if self._lost_in_a_row >= self.host.tuning.failure_threshold:
            self._eject("loses its connections")

    def _eject(self, reason: str) -> None:
        self.is_ejected = True
        for silent in [each for each in (*self.pool, *self.going_away) if each._silence > 0]:
            silent.fail(reason)


class RemoteHost:
    """Another host with all its replicas."""

    def __init__(
        self,
        addresses: List[str],
        contracts: List[Contract],
        credential: Credential,
        record: Recorder,
        tuning: Optional[Tuning] = None,
    ):
        self.addresses, self.contracts, self.credential, self.record = addresses, contracts, credential, record
        self.methods = {method.path: method for contract in contracts for method in contract.methods.values()}
        self.tuning = tuning or Tuning()
        self.endpoints: Dict[Tuple[str, int], Endpoint] = {}
        self._queued = 0
        self._permits = asyncio.Semaphore(self.tuning.concurrency)
        self._background: set = set()
        self._turn = 0

    async def start(self) -> None:
        await self._resolve()
        for work, interval in ((self._resolve, self.tuning.resolve_interval), (self._check, self.tuning.heartbeat_interval)):
            self.in_background(repeatedly(work, interval))

    def close(self) -> None:
        for task in self._background:
            task.cancel()
        for endpoint in self.endpoints.values():
            endpoint.close()

    def in_background(self, work: Any) -> asyncio.Task:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    async def call(self, path: str, value: Any = UNDEFINED) -> Any:
        """Calls `<contract>.<method>`. @raises SeamError"""
        method, started = self.methods[path], time.monotonic()
        context = current_call() or CallContext(
            nonce(), started + self.tuning.default_timeout, consistency=Consistency({"level": "strong"})
        )
        deadline = min(context.deadline, started + method.timeout)
        outcome = "cancelled"
        try:
            result = await asyncio.wait_for(self._call(method, value, context, deadline), deadline - started)
            outcome = "ok"
            return result
        except asyncio.TimeoutError as error:
            outcome = "deadline-exceeded"
            raise SeamError(outcome, f"{path} took too long") from error
        except SeamError as error:
            outcome = error.code
            raise
        finally:
            self.record(method.contract, method.key, "remote", outcome, time.monotonic() - started)

    async def _call(self, method: Method, value: Any, context: CallContext, deadline: float) -> Any:
        try:
            data = method.input.encode(value)
        except InvalidValue as error:
            raise SeamError("invalid-input", str(error), {"issues": error.issues}) from error
        key = context.next_idempotency_key(method.path)
        for attempt in range(1, self.tuning.max_attempts + 1):
            try:
                reply = await self._send(method, data, context, deadline, key)
                return self._result(method, reply, context)
            except (TransportError, SeamError) as error:
                if attempt == self.tuning.max_attempts or not self._should_retry(method, key, error):
                    raise to_call_error(method, error) from error
                if attempt > 1 or not has_not_started(error):
                    await asyncio.sleep(random.uniform(0, self.tuning.backoff * 2 ** (attempt - 1)))
        raise AssertionError("unreachable")

    async def _send(self, method: Method, *request: Any) -> dict:
        if self._permits.locked() and self._queued >= self.tuning.max_queued:
            raise SeamError("unavailable", f"too many calls of {', '.join(self.addresses)} are waiting")
        self._queued += 1
        try:
            await self._permits.acquire()
        finally:
            self._queued -= 1
        try:
            endpoint = self._pick(method.path) or await self._probe_all(method.path)
            return await endpoint.ask(method, *request)
        finally:
            self._permits.release()

    def _result(self, method: Method, reply: dict, context: CallContext) -> Any:
        for module, position in (reply.get("written") or {}).items():
            context.consistency.record_write(module, position)
        # A callee that does not tell may have read anything.
        for module, position in (reply.get("readWatermark") or {method.contract: None}).items():
            context.observe_read(module, position)
        if "err" in reply:
            if reply.get("refused") and reply["err"].get("code") == "unavailable":
                raise TransportError(str(reply["err"].get("message")), False)
            raise error_from_wire(reply["err"])
        try:
            return method.output.decode(reply.get("response", UNDEFINED))
        except InvalidValue as error:
            raise SeamError("internal", str(error)) from error

    def _should_retry(self, method: Method, key: Optional[str], error: Exception) -> bool:
        if has_not_started(error) or (isinstance(error, SeamError) and error.code == "incompatible" and error.retryable):
            return True
        honours_keys = all(each.honours_keys or each.is_ejected for each in self.endpoints.values())
        if method.kind != "query" and (key is None or not honours_keys):
            return False
        return isinstance(error, TransportError) or (error.retryable and error.code in method.errors)

    def _pick(self, path: str) -> Optional[Endpoint]:
        """@raises SeamError `incompatible` when only replicas with another version are left"""
        endpoints = list(self.endpoints.values())
        self._turn += 1
        turned = [endpoints[(self._turn + at) % len(endpoints)] for at in range(len(endpoints))]
        available = [each for each in turned if not each.is_ejected]
        fitting = [each for each in available if path not in each.incompatible]
        if fitting:
            return min(fitting, key=lambda each: each.pending)
        last_resort = next((each for each in turned if each.is_ejected and each.going_away), None)
        if last_resort is None and available:
            raise SeamError("incompatible", available[0].incompatible[path])
        return last_resort

    async def _probe_all(self, path: str) -> Endpoint:
        """Probes every ejected replica before a call fails, since one may be back."""
        try:
            await asyncio.wait_for(self.find_available(), PROBE_TIMEOUT)
        except asyncio.TimeoutError:
            pass
        endpoint = self._pick(path)
        if endpoint is None:
            raise SeamError("unavailable", f"no address of {', '.join(self.addresses)} answers")
        return endpoint

    async def find_available(self) -> None:
        """Returns at the first replica that can be trusted to answer, or once none has answered a probe."""
        if any(not each.is_ejected for each in self.endpoints.values()):
            return
        for probe in asyncio.as_completed([each.probe() for each in self.endpoints.values()]):
            if await probe:
                return

    async def _resolve(self) -> None:
        found: List[Tuple[str, int]] = []
        for address in self.addresses:
            name, _, port = address.rpartition(":")
            try:
                infos = await asyncio.get_running_loop().getaddrinfo(name.strip("[]"), int(port), type=socket.SOCK_STREAM)
                found += [(info[4][0], info[4][1]) for info in infos]
            except OSError:
                continue
        # A resolver that is down for a moment must not cost the addresses that work.
        if not found:
            return
        for address in set(self.endpoints) - set(found):
            self.endpoints.pop(address).close()
        for address in found:
            if address not in self.endpoints:
                self.endpoints[address] = Endpoint(self, address)
                self.in_background(self.endpoints[address].probe())

    async def _check(self) -> None:
        for endpoint in self.endpoints.values():
            endpoint.check_health()


def has_not_started(error: Exception) -> bool:
    return isinstance(error, TransportError) and not error.may_have_started


def to_call_error(method: Method, error: Exception) -> SeamError:
    if isinstance(error, TransportError):
        # A command that may have taken effect must not look like one that may simply be repeated.
        retryable = method.kind == "query" or not error.may_have_started
        return SeamError("unavailable", f"{method.path}: {error}", retryable=retryable)
    assert isinstance(error, SeamError)
    return error if method.declares(error.code) else SeamError("internal", f"{method.path} ended with '{error.code}', which is not declared")


async def repeatedly(work: Any, interval: float) -> None:
    while True:
        await asyncio.sleep(interval)
        await work()
