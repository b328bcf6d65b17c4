"""Broadcasts between all processes of the deployment, by the server that holds the queues. Fast, and without a guarantee."""
import asyncio
import json
import secrets
import uuid
from typing import Any, AsyncIterator, Callable, List, Optional

import asyncpg

from tearline_seam.call import current_call

from .redis import ERRORS, Redis, ask, reply_of

RETRY_INTERVAL = 1.0
PUBLISH_TIMEOUT = 0.1
SENDER = str(uuid.uuid4())


class Broadcasts:
    def __init__(self, redis: Optional[Redis], queues_url: Optional[str], namespace: str):
        self.redis, self.queues_url, self.channel = redis, queues_url, f"{namespace}:broadcasts"
        self._connection: Optional[asyncpg.Connection] = None
        self._lock = asyncio.Lock()

    async def changed(self, tag: str) -> None:
        """Announces a committed change: wakes the relay of the outbox, and invalidates what depends on the tag."""
        call = current_call()
        position = call.consistency.required.get("social", "") if call else ""
        version = f"{position}~{secrets.token_urlsafe(6)}"
        entries = [["outbox", "social"], ["cache", [[tag, version]]]]
        work = [self._publish(entries), *([self.redis.record_version(tag, version)] if self.redis else [])]
        await asyncio.wait([asyncio.get_running_loop().create_task(each) for each in work], timeout=PUBLISH_TIMEOUT)

    async def listen(self, on_message: Callable[[str, Any], None], on_missed: Callable[[], None]) -> None:
        """Runs until it is cancelled. @param on_missed called whenever messages may have been lost"""
        while self.redis or self.queues_url:
            try:
                async for text in self._from_redis(self.redis) if self.redis else self._from_postgres():
                    entries = json.loads(text)[1] if text else "lost"
                    if entries == "lost":
                        on_missed()
                        continue
                    for topic, message in entries:
                        on_message(topic, message)
            except (*ERRORS, asyncpg.PostgresError, asyncpg.InterfaceError):
                pass
            await asyncio.sleep(RETRY_INTERVAL)

    async def _publish(self, entries: List[Any]) -> None:
        """Lost when the server does not answer."""
        text = json.dumps([SENDER, entries], ensure_ascii=False, separators=(",", ":"))
        try:
            if self.redis:
                await self.redis.command("PUBLISH", self.channel, text)
            elif self._connection:
                async with self._lock:
                    await self._connection.execute("select pg_notify($1, $2)", self.channel, text)
        except (*ERRORS, asyncpg.PostgresError, asyncpg.InterfaceError):
            pass

    async def _from_postgres(self) -> AsyncIterator[Optional[str]]:
        """Yields None when it has subscribed."""
        texts: "asyncio.Queue[Optional[str]]" = asyncio.Queue()
        connection = await asyncpg.connect(self.queues_url, timeout=5)
        try:
            connection.add_termination_listener(lambda _: texts.put_nowait("closed"))
            await connection.add_listener(self.channel, lambda _c, _p, _ch, payload: texts.put_nowait(payload))
            self._connection = connection
            yield None
            while (text := await texts.get()) != "closed":
                yield text
        finally:
            self._connection = None
            connection.terminate()

    async def _from_redis(self, redis: Redis) -> AsyncIterator[Optional[str]]:
        # A connection that has subscribed takes no other commands.
        reader, writer = await asyncio.wait_for(redis.connect(), 5)
        try:
            await ask(reader, writer, "SUBSCRIBE", self.channel)
            yield None
            while True:
                kind, _, text = await reply_of(reader)
                if kind == b"message":
                    yield text.decode()
        finally:
            writer.close()
