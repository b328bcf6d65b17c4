"""The module's database: writes on the primary, reads on a replica that has replayed the required position."""
import asyncio
import random
import re
from typing import Any, Awaitable, Callable, List, Optional

import asyncpg

from tearline_seam.call import covers, current_call
from tearline_seam.errors import SeamError

from .metrics import Metrics
from .sessions import Sessions

MAX_ATTEMPTS = 5
CONNECT_TIMEOUT = 5
START_ATTEMPTS = 5
START_RETRY_INTERVAL = 1
STATUS_INTERVAL = 0.25
# As in libs/database/src/session-url.ts: what the code relies on.
SESSION = {
    "search_path": "social",
    "timezone": "UTC",
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    # A move of the data is refused while it is connected: it does not follow one.
    "application_name": "tearline social in python",
}
CURRENT_LSN = """case current_setting('synchronous_commit')
  when 'off' then pg_current_wal_insert_lsn() else pg_current_wal_lsn() end::text"""
PRIMARY_STATUS = """
  select pg_is_in_recovery() as standby, system_identifier::text as cluster,
         case when pg_is_in_recovery() then 0
              else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int end as timeline
    from pg_control_system()"""
REPLICA_STATUS = """
  select system_identifier::text as cluster, pg_last_wal_replay_lsn()::text as lsn, pg_is_in_recovery() as standby,
         (select coalesce(max(timeline), 0) from timelines where cluster = system_identifier::text) as timeline,
         case when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0
              else coalesce(extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()), 0) end::float as lag
    from pg_control_system()"""
CONFLICTS = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
UNAVAILABLE = (
    OSError,
    asyncio.TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
)


class Session(asyncpg.Connection):
    """A connection of a pool. What a statement sets ends with its transaction, so a release has nothing to reset."""

    history = ""

    def get_reset_query(self) -> str:
        return ""


def position_of(cluster: str, timeline: int, lsn: Optional[str]) -> str:
    high, low = (lsn or "0/0").lower().split("/")
    return f"{cluster}.{timeline:08x}.{high:0>8}{low:0>8}"


def address_of(url: str) -> str:
    return re.match(r"^[a-z]+://(?:[^@/]*@)?([^/?]*)", url).group(1)


def failure_of(url: str, error: BaseException) -> str:
    return f"{address_of(url)}: {str(error) or type(error).__name__}"


class Replica:
    def __init__(self, url: str, pool: asyncpg.Pool):
        self.address, self.pool = address_of(url), pool
        self.position: Optional[str] = None
        self.lag = float("inf")

    async def update(self) -> None:
        try:
            row = await asyncio.wait_for(self.pool.fetchrow(REPLICA_STATUS), STATUS_INTERVAL * 8)
            self.position = position_of(row["cluster"], row["timeline"], row["lsn"]) if row["standby"] else None
            self.lag = row["lag"]
        except (*UNAVAILABLE, asyncpg.PostgresError):
            self.position = None


class Database:
    def __init__(self, urls: List[str], replica_urls: List[str], size: int, statement_timeout: float, level: str, max_lag: float):
        self.urls, self.replica_urls, self.size = urls, replica_urls, size
        self.session = {**SESSION, "statement_timeout": str(int(statement_timeout * 1000) + 1000)}
        self.level, self.max_lag = level, max_lag
        self.tracks_positions = bool(replica_urls)
        self.replicas: List[Replica] = []
        self._primary: Optional[asyncpg.Pool] = None
        self._primary_address = "none"
        self._finding = asyncio.Lock()

    async def start(self, sessions: Sessions, metrics: Metrics) -> None:
        self.sessions, self.metrics = sessions, metrics
        for url in self.replica_urls:
            self.replicas.append(Replica(url, await self._pool(url, 0)))
        self._monitoring = [asyncio.get_running_loop().create_task(self._monitor(replica)) for replica in self.replicas]

    async def close(self) -> None:
        for task in self._monitoring:
            task.cancel()
        for pool in (*(replica.pool for replica in self.replicas), *([self._primary] if self._primary else [])):
            pool.terminate()

    async def first_answer(self, sql: str) -> Any:
        """Asks every server, since replicas have the same, for a while; returns the first row of one that answers. @raises SeamError"""
        for attempt in range(START_ATTEMPTS):
            if attempt:
                await asyncio.sleep(START_RETRY_INTERVAL)
            reasons = []
            for url in self._servers:
                try:
                    connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT, server_settings=self.session)
                    try:
                        return await connection.fetchrow(sql)
                    finally:
                        connection.terminate()
                except UNAVAILABLE as error:
                    reasons.append(failure_of(url, error))
        raise SeamError("unavailable", f"the database of 'social' does not answer: {'; '.join(reasons)}")

    async def ping(self) -> None:
        await self.on_primary(lambda connection: connection.fetchval("select 1"))

    async def read(self, sql: str, *values: Any) -> list:
        """Runs a query on a server with the consistency that the current call asks for."""
        call = current_call()
        level = (call.consistency.level or self.level) if call else "strong"
        if self.replicas and call and level != "strong":
            is_complete = level == "eventual" or self.sessions.load(call)
            required = None if level == "eventual" else call.consistency.required.get("social")
            for replica in random.sample(self.replicas, len(self.replicas)) if is_complete else ():
                if await self._has_replayed(replica, required):
                    position = replica.position
                    try:
                        rows = await replica.pool.fetch(sql, *values)
                    except (*UNAVAILABLE, *CONFLICTS, asyncpg.UndefinedTableError):
                        replica.position = None
                        continue
                    call.observe_read("social", position)
                    self.metrics.count_read(replica.address, "replica")
                    return rows

        async def on_primary(connection: Any) -> list:
            if call and call.read_watermark is not None:
                position = f"{connection.history}.{lsn_text(await connection.fetchval('select ' + CURRENT_LSN))}"
                call.observe_read("social", position)
            return await connection.fetch(sql, *values)

        rows = await self.on_primary(on_primary)
        self.metrics.count_read(self._primary_address, "primary_replicas_behind" if self.replicas else "primary_no_replicas")
        return rows

    async def write(self, work: Callable[[Any], Awaitable[Any]], in_transaction: bool) -> Any:
        """Runs work on the primary, again after a conflict, and records the position of its writes in the current call."""

        async def run(connection: Any) -> Any:
            if in_transaction:
                async with connection.transaction():
                    result = await work(connection)
            else:
                result = await work(connection)
            call = current_call()
            if call and self.tracks_positions:
                lsn = await connection.fetchval("select " + CURRENT_LSN)
                call.consistency.record_write("social", f"{connection.history}.{lsn_text(lsn)}")
            return result

        for attempt in range(MAX_ATTEMPTS):
            try:
                return await self.on_primary(run)
            except CONFLICTS as error:
                if attempt == MAX_ATTEMPTS - 1:
                    raise SeamError("unavailable", "the database ended a transaction because of a concurrent one") from error
                await asyncio.sleep(random.uniform(0, 0.02 * 2**attempt))

    async def on_primary(self, work: Callable[[Any], Awaitable[Any]]) -> Any:
        """@raises SeamError `unavailable`, `deadline-exceeded`"""
        pool = self._primary or await self._find_primary()
        try:
            async with pool.acquire(timeout=CONNECT_TIMEOUT) as connection:
                return await work(connection)
        except asyncpg.QueryCanceledError as error:
            raise SeamError("deadline-exceeded", "the database cancelled a statement that took too long") from error
        except UNAVAILABLE as error:
            if pool is self._primary and not isinstance(error, asyncio.TimeoutError):
                self._primary = None
                pool.terminate()
            raise SeamError("unavailable", "the database does not answer") from error

    async def _find_primary(self) -> asyncpg.Pool:
        """After a promotion, a replica of before may be the primary."""
        async with self._finding:
            if self._primary:
                return self._primary
            reasons = []
            for url in self._servers:
                try:
                    pool = await self._pool(url, 1)
                except (*UNAVAILABLE, asyncpg.PostgresError) as error:
                    reasons.append(failure_of(url, error))
                    continue
                if await pool.fetchval("select pg_is_in_recovery()"):
                    reasons.append(f"{address_of(url)} is a replica")
                    pool.terminate()
                    continue
                self._primary, self._primary_address = pool, address_of(url)
                return pool
        raise SeamError("unavailable", f"no database server takes writes: {'; '.join(reasons)}")

    @property
    def _servers(self) -> List[str]:
        return list(dict.fromkeys([*self.urls, *self.replica_urls]))

    async def _has_replayed(self, replica: Replica, required: Optional[str]) -> bool:
        if replica.position is None or replica.lag > self.max_lag:
            return False
        if required is None or covers(replica.position, required):
            return True
        await replica.update()
        return covers(replica.position, required)

    async def _monitor(self, replica: Replica) -> None:
        while True:
            await replica.update()
            await asyncio.sleep(STATUS_INTERVAL)

    async def _pool(self, url: str, min_size: int) -> asyncpg.Pool:
        return await asyncpg.create_pool(
            url,
            min_size=min_size,
            max_size=self.size,
            max_inactive_connection_lifetime=0,
            connection_class=Session,
            server_settings=self.session,
            timeout=CONNECT_TIMEOUT,
            init=read_history,
        )


def lsn_text(lsn: str) -> str:
    return position_of("", 0, lsn).rpartition(".")[2]


async def read_history(connection: Session) -> None:
    row = await connection.fetchrow(PRIMARY_STATUS)
    connection.history = f"{row['cluster']}.{row['timeline']:08x}"
