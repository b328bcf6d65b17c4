"""Brings the module's tables up to date, as the owner: `DATABASE_URL=… python3 -m social migrate`."""
import os
import re
from pathlib import Path

import asyncpg

from .settings import SettingsError

# As in libs/database/src/migration-lock.ts and what TypeORM creates.
TABLE = """
  create schema if not exists social;
  create table if not exists social.migrations (id serial primary key, "timestamp" bigint not null, name varchar not null)"""


async def migrate(folder: Path) -> int:
    """Runs the migrations that the table of either runtime does not have, each in a transaction of its own."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        raise SettingsError(["DATABASE_URL: expected the owner's URL of the database, but it is not set"])
    connection = await asyncpg.connect(url, timeout=5)
    try:
        await connection.execute(TABLE)
        for file in sorted(folder.glob("*.sql")):
            timestamp = int(re.match(r"\d+", file.name).group())
            async with connection.transaction():
                await connection.execute("lock table social.migrations in exclusive mode")
                name = file.stem[len(str(timestamp)) + 1 :]
                if await connection.fetchval("select exists (select from social.migrations where name = $1)", name):
                    continue
                await connection.execute(file.read_text("utf-8"))
                await connection.execute('insert into social.migrations ("timestamp", name) values ($1, $2)', timestamp, name)
                print(f"social: {name}")
    finally:
        await connection.close()
    return 0
