"""Calls a contract once for each line of standard input, `[path, input]`: `python3 -m tests.probe_client CONTRACT.json ADDRESS,…`."""
import asyncio
import json
import os
import sys
from pathlib import Path

from tearline_seam.client import RemoteHost, Tuning
from tearline_seam.contract import Contract
from tearline_seam.credential import Credential
from tearline_seam.errors import SeamError
from tearline_seam.values import UNDEFINED, to_wire


async def answer(remote: RemoteHost, path: str, value: object) -> dict:
    try:
        result = await remote.call(path, UNDEFINED if value is None else value)
        return {} if result is UNDEFINED else {"result": to_wire(result)}
    except SeamError as error:
        return {"code": error.code, "message": error.message, "retryable": error.retryable}


async def main(file: str, addresses: str) -> None:
    credential = Credential(os.environ["RPC_SECRET"], os.environ.get("DEPLOYMENT"))
    contract = Contract.read(Path(file))
    remote = RemoteHost(addresses.split(","), [contract], credential, lambda *_: None, Tuning(connect_timeout=1))
    await remote.start()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        number, path, value = json.loads(line)

        async def reply(number: int = number, path: str = path, value: object = value) -> None:
            print(json.dumps({"number": number, **await answer(remote, path, value)}), flush=True)

        loop.create_task(reply())
    remote.close()


asyncio.run(main(*sys.argv[1:3]))
