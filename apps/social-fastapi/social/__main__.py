"""Runs the module: `python3 -m social`, or `python3 -m social migrate` to bring its tables up to date."""
import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Iterator, Optional

import asyncpg
import uvicorn
from fastapi import Response

from tearline_seam.client import RemoteHost, repeatedly
from tearline_seam.contract import Contract
from tearline_seam.credential import Credential
from tearline_seam.errors import SeamError
from tearline_seam.server import Limits, SeamServer

from .auth import Authentication
from .broadcasts import Broadcasts
from .contracts import IdentityClient, SUBSCRIBERS
from .database import Database
from .idempotency import PRUNE_INTERVAL, Transactions
from .logs import Log
from .metrics import Metrics
from .migrate import migrate
from .profiles import Follows, Profiles
from .redis import Redis
from .revocations import Revocations
from .routes import create_app, json_response
from .sessions import Sessions
from .settings import Settings, SettingsError, read_settings
from .web import Lifecycle

CONTRACTS = Path(__file__).resolve().parents[3] / "contracts"
BACKLOG = 4096
# Longer than the 3 seconds for which nginx keeps an idle connection.
PROXY_GRACE_PERIOD = 4.0
READINESS_TIMEOUT = 2.0
GRACE_PERIOD = 5.0
DUPLICATE_SIGNAL = 0.5


class HttpServer(uvicorn.Server):
    """uvicorn without its handlers of signals."""

    def install_signal_handlers(self) -> None:
        pass

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def stop_listening(self, timeout: float) -> None:
        """Lets a proxy close its connections, on which it may just have sent requests."""
        for server in self.servers:
            server.close()
        end = time.monotonic() + min(PROXY_GRACE_PERIOD, timeout)
        while self.server_state.connections and time.monotonic() < end:
            await asyncio.sleep(0.01)


class Host:
    """The parts of the process."""

    def __init__(self, settings: Settings, log: Log):
        self.settings, self.log, self.metrics = settings, log, Metrics()
        self.sessions = Sessions(settings.consistency_secrets, settings.max_lag)
        self.database = Database(
            settings.database_urls, settings.replica_urls, settings.connections, settings.request_timeout, settings.consistency, settings.max_lag
        )
        self.database.tracks_positions = bool(settings.replica_urls or settings.redis_url)
        self.is_closing = False
        self.seam: Optional[SeamServer] = None

    async def start(self) -> None:
        settings = self.settings
        await self.database.start(self.sessions, self.metrics)
        deployment = await self._deployment()
        credential = Credential(settings.rpc_secret, deployment)
        identity_contract, social_contract = (Contract.read(CONTRACTS / name / "contract.json") for name in ("identity", "social"))
        self.remote = RemoteHost(settings.identity_addresses, [identity_contract], credential, self.metrics.record_call)
        identity = IdentityClient(self.remote.call)
        transactions, follows = Transactions(self.database), Follows(self.database)
        revocations = Revocations(identity, self.log)
        await self.remote.start()
        namespace = f"tearline-{deployment}"
        redis = self.sessions.redis = Redis(settings.redis_url, namespace) if settings.redis_url else None
        broadcasts = Broadcasts(redis, settings.queues_url, namespace)
        loop = asyncio.get_running_loop()
        self.background = [
            loop.create_task(work)
            for work in (
                revocations.run(),
                broadcasts.listen(revocations.on_message, revocations.on_missed),
                repeatedly(lambda: self._quietly(transactions.prune()), PRUNE_INTERVAL),
            )
        ]
        auth = Authentication(
            settings.keys, identity, revocations, settings.secure_cookies, settings.cors_origins, settings.writes_per_minute
        )
        profiles = Profiles(identity, follows, transactions, SUBSCRIBERS, broadcasts.changed)
        app = create_app(
            profiles, auth, CONTRACTS / "social" / "openapi.json", self.readiness, self.metrics.text, settings.has_edge_cache
        )
        self.lifecycle = Lifecycle(app, settings, self.sessions, self.metrics, self.log)
        if settings.rpc_port is not None:
            limits = Limits(drain_timeout=settings.shutdown_timeout)
            self.seam = SeamServer({social_contract: follows}, credential, self.metrics.record_call, transactions, limits)
            await self.seam.listen(settings.rpc_host, settings.rpc_port)

    async def serve(self) -> bool:
        """Serves until a signal arrives; returns whether every request was answered."""
        settings, stopping, loop = self.settings, asyncio.Event(), asyncio.get_running_loop()
        first = 0.0

        def on_signal(number: signal.Signals) -> None:
            nonlocal first
            if first and time.monotonic() - first > DUPLICATE_SIGNAL:
                os._exit(1)
            first = first or time.monotonic()
            self.log.write(30, "closing", signal=number.name)
            stopping.set()

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, on_signal, number)
        listener = socket.create_server((settings.host, settings.port), backlog=BACKLOG)
        # Its connections inherit it; asyncio sets it only on those whose protocol was named when the socket was made. Without it the
        # body of a response, which follows its head, waits for a delayed acknowledgement of up to 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = uvicorn.Config(
            self.lifecycle, log_config=None, access_log=False, server_header=False, proxy_headers=False, lifespan="off", backlog=BACKLOG, timeout_keep_alive=75
        )
        server = HttpServer(config)
        serving = loop.create_task(server.serve(sockets=[listener]))
        host, port = listener.getsockname()[:2]
        self.log.write(30, "listening", url=f"http://{host}:{port}", modules=["social"], checked=False)
        waiting = loop.create_task(stopping.wait())
        await asyncio.wait([waiting, serving], return_when=asyncio.FIRST_COMPLETED)
        self.is_closing = self.lifecycle.is_closing = True
        draining = loop.create_task(self.seam.drain()) if self.seam else None
        await server.stop_listening(settings.shutdown_timeout)
        end = time.monotonic() + settings.shutdown_timeout
        while self.lifecycle.in_flight and time.monotonic() < end:
            await asyncio.sleep(0.01)
        is_clean = self.lifecycle.in_flight == 0
        if draining:
            await draining
        server.should_exit, server.force_exit = True, not is_clean
        await asyncio.wait([serving], timeout=GRACE_PERIOD)
        return is_clean

    async def close(self) -> None:
        for task in self.background:
            task.cancel()
        self.remote.close()
        if self.sessions.redis:
            self.sessions.redis.close()
        await self.database.close()

    async def readiness(self) -> Response:
        if self.is_closing:
            return json_response({"status": "shutting_down"}, 503)
        try:
            await asyncio.wait_for(self.database.ping(), READINESS_TIMEOUT)
            up = {"database": {"status": "up"}}
            return json_response({"status": "ok", "info": up, "error": {}, "details": up})
        except (SeamError, asyncio.TimeoutError):
            down = {"database": {"status": "down"}}
            return json_response({"status": "error", "info": {}, "error": down, "details": down}, 503)

    async def _quietly(self, work: object) -> None:
        try:
            await work
        except SeamError as error:
            self.log.write(40, "old idempotency keys were not deleted", err={"message": str(error)})

    async def _deployment(self) -> str:
        """@raises SystemExit when no server answers, the database is not migrated, or it is a copy"""
        sql = """select id, (cluster, database) <> (system_identifier::text, current_database()::text) as is_copy
                   from deployment, pg_control_system()"""
        try:
            row = await self.database.first_answer(sql)
        except (asyncpg.UndefinedTableError, asyncpg.InsufficientPrivilegeError):
            row = None
        if row is None:
            raise SystemExit("the database of 'social' is not up to date: run `npm run migrate`")
        if row["is_copy"]:
            raise SystemExit(f"the database of 'social' is a copy of that of deployment {row['id']}: run `npm run migrate -- --new-deployment`")
        return row["id"]


async def main() -> int:
    settings = read_settings()
    host = Host(settings, Log(settings.log_level))
    await host.start()
    try:
        is_clean = await host.serve()
    finally:
        await host.close()
    return 0 if is_clean else 1


def run() -> int:
    try:
        return asyncio.run(migrate(CONTRACTS / "social" / "migrations") if sys.argv[1:] == ["migrate"] else main())
    except SettingsError as error:
        reason, code = str(error), 2
    except (OSError, SeamError, SystemExit) as error:
        reason, code = str(error), 1
    sys.stderr.write(f"social did not start: {reason}\n")
    return code


if __name__ == "__main__":
    sys.exit(run())
