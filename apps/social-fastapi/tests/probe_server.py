"""Answers the probe contract of the seam's own tests: `python3 -m tests.probe_server CONTRACT.json '{"handshake_timeout": 1}'`."""
import asyncio
import json
import logging
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from tearline_seam.call import current_call
from tearline_seam.contract import Contract
from tearline_seam.credential import Credential
from tearline_seam.errors import SeamError
from tearline_seam.server import Limits, SeamServer
from tearline_seam.values import EPOCH, UNDEFINED


class Probe:
    """As libs/seam/src/placement/probe-service.fixture.ts."""

    def __init__(self) -> None:
        self.sum = 0
        self.stopped: dict = {}

    async def echo(self, value: Any) -> Any:
        return value

    async def nothing(self, _: Any) -> Any:
        return UNDEFINED

    async def maybe(self, value: Any) -> Any:
        return value.get("value", UNDEFINED)

    async def large(self, value: Any) -> Any:
        return [{"at": EPOCH + timedelta(milliseconds=at), "text": f"{at} {'ü' * 400}"} for at in range(value["items"])]

    async def binary(self, value: Any) -> Any:
        return (bytes(range(251)) * (value["bytes"] // 251 + 1))[: value["bytes"]]

    async def context(self, _: Any) -> Any:
        call = current_call()
        fields = {"traceparent": call.traceparent, "principal": call.principal, "idempotencyKey": call.idempotency_key}
        given = {key: value for key, value in fields.items() if value is not None}
        return {"requestId": call.request_id, "left": call.remaining * 1000, **given}

    async def fail(self, value: Any) -> Any:
        if value["how"] == "declared":
            raise SeamError("probe/broken", "it broke", {"part": 7})
        if value["how"] == "retryable":
            raise SeamError("probe/busy", retryable=True)
        if value["how"] == "undeclared":
            raise SeamError("probe/undeclared", data="a secret")
        raise RuntimeError("the disk is on fire")

    async def hang(self, value: Any) -> Any:
        self.stopped.pop(value["id"], None)
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            self.stopped[value["id"]] = "cancelled"
            raise

    async def briefly(self, value: Any) -> Any:
        return await self.hang(value)

    async def aborted(self, value: Any) -> Any:
        return self.stopped.get(value["id"])

    async def sleep(self, value: Any) -> Any:
        await asyncio.sleep(value["ms"] / 1000)
        return os.getpid()

    async def add(self, value: Any) -> Any:
        self.sum += value["amount"]
        return {"total": self.sum}

    async def total(self, _: Any) -> Any:
        return self.sum

    async def key(self, _: Any) -> Any:
        key = current_call().idempotency_key
        return UNDEFINED if key is None else key

    async def write(self, value: Any) -> Any:
        current_call().consistency.record_write(value["module"], value["position"])
        if value["fails"]:
            raise SeamError("probe/broken")
        return UNDEFINED

    async def read(self, value: Any) -> Any:
        current_call().observe_read(value["module"], value.get("position"))
        return UNDEFINED

    async def needs(self, _: Any) -> Any:
        consistency = current_call().consistency
        return {**({"level": consistency.level} if consistency.level else {}), "required": consistency.required}


class Reports(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        fields = getattr(record, "fields", {})
        if record.exc_info:
            tell({"error": f"{fields.get('contract')}.{fields.get('method')}: {record.exc_info[1]}"})
        else:
            tell({"event": f"refused {fields.get('reason')}"})


def tell(message: dict) -> None:
    print(json.dumps(message), flush=True)


async def main(file: str, options: str) -> None:
    given = json.loads(options)
    port, deployment = given.pop("port", 0), given.pop("deployment", None)
    credential = Credential(os.environ["RPC_SECRET"], deployment)
    server = SeamServer({Contract.read(Path(file)): Probe()}, credential, lambda *_: None, limits=Limits(**given))
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    tell({"port": await server.listen("127.0.0.1", port)})
    await stopping.wait()
    await server.drain()


logging.basicConfig(handlers=[Reports()], level=logging.INFO)
asyncio.run(main(*sys.argv[1:3]))
