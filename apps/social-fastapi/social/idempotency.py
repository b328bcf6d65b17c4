"""Transactions that take effect once per idempotency key; key and reply are a row, written with the effect."""
import json
from typing import Any, Awaitable, Callable, Optional

from tearline_seam.call import current_call
from tearline_seam.credential import sha256
from tearline_seam.errors import SeamError

from .database import Database

PRUNE_INTERVAL = 600
INSERT = """
  insert into idempotency_keys (principal, key, operation, request_hash) values ($1, $2, $3, $4)
  on conflict do nothing returning exists (
    select from idempotency_keys other where other.principal = $1 and other.key = $2 and other.operation <> $3
      and split_part(other.request_hash, '.', 1) <> split_part($4, '.', 1)
  ) as is_reused"""
FIND = "select request_hash, reply from idempotency_keys where principal = $1 and key = $2 and operation = $3"
SAVE = "update idempotency_keys set reply = $4 where principal = $1 and key = $2 and operation = $3"
PRUNE = "delete from idempotency_keys where created_at < now() - interval '24 hours'"


class Transactions:
    def __init__(self, database: Database):
        self.database = database

    async def run(self, operation: str, request: Any, work: Callable[[Any], Awaitable[Any]]) -> Any:
        """Runs work; for a repetition of the call's key returns None, since the effect is there. @raises SeamError"""
        key = request_key(operation, request)
        if key is None:
            return await self.database.write(work, in_transaction=False)

        async def once(connection: Any) -> Any:
            if not await insert(connection, key):
                return None
            result = await work(connection)
            await connection.execute(SAVE, *key[:3], "null")
            return result

        return await self.database.write(once, in_transaction=True)

    async def run_once(self, operation: str, request_hash: str, run: Callable[[], Awaitable[str]]) -> str:
        """Implements the seam's IdempotencyStore."""
        key = request_key(operation, request_hash)
        assert key is not None

        async def once(connection: Any) -> str:
            if not await insert(connection, key):
                return json.loads((await connection.fetchrow(FIND, *key[:3]))["reply"])
            reply = await run()
            await connection.execute(SAVE, *key[:3], json.dumps(reply))
            return reply

        return await self.database.write(once, in_transaction=True)

    async def prune(self) -> None:
        await self.database.on_primary(lambda connection: connection.execute(PRUNE))


async def insert(connection: Any, key: tuple) -> bool:
    """Inserts a key, after a concurrent transaction with the same one; returns whether it is new. @raises SeamError"""
    inserted = await connection.fetchrow(INSERT, *key)
    if inserted is None:
        stored = await connection.fetchrow(FIND, *key[:3])
        if stored and stored["request_hash"] != key[3]:
            raise SeamError("idempotency-key/was-used-for-another-request")
        return False
    if inserted["is_reused"]:
        raise SeamError("idempotency-key/was-used-for-another-request")
    return True


def request_key(operation: str, request: Any) -> Optional[tuple]:
    call = current_call()
    if call is None or call.idempotency_key is None:
        return None
    digest = sha256(json.dumps(request, ensure_ascii=False, separators=(",", ":")))
    target = call.idempotency_target
    request_hash = digest if target is None else f"{sha256(target)}.{digest}"
    return call.principal or f"anonymous {request_hash}", call.idempotency_key, operation, request_hash
