"""What hosts share in Redis: positions of writes, versions of cached tags, broadcasts. One command at a time, each with a timeout."""
import asyncio
import ssl
import uuid
from typing import Any, Dict, Optional, Tuple
from urllib.parse import unquote, urlsplit

COMMAND_TIMEOUT = 0.25
CONNECT_TIMEOUT = 1.0
SESSION_TTL_MS = 600_000
VERSION_TTL_MS = 120_000

# As in libs/database/src/sessions/redis-position-store.ts.
SAVE = """
  for i = 2, #ARGV, 2 do
    local known = redis.call('hget', KEYS[1], ARGV[i])
    local new = ARGV[i + 1]
    if not known or known < new or string.match(known, '^%d+') ~= string.match(new, '^%d+') then
      redis.call('hset', KEYS[1], ARGV[i], new)
    end
  end
  redis.call('pexpire', KEYS[1], ARGV[1])"""
# As in libs/cache/src/redis-store.ts.
RECORD_VERSION = """
  local function split(version) return string.match(version, '^([^.~]*)([^~]*)') end
  local known, new = redis.call('get', KEYS[1]), ARGV[2]
  local knownCluster, knownPlace = split(known or '')
  local cluster, place = split(new)
  if knownCluster == cluster and knownPlace > place then
    redis.call('pexpire', KEYS[1], ARGV[1])
  else
    redis.call('set', KEYS[1], new, 'PX', ARGV[1])
  end"""

ERRORS = (OSError, EOFError, ValueError, asyncio.TimeoutError)


class Redis:
    def __init__(self, url: str, namespace: str):
        self.url, self.namespace = urlsplit(url), namespace
        self._streams: Optional[Tuple[asyncio.StreamReader, asyncio.StreamWriter]] = None
        self._lock = asyncio.Lock()
        self._has_unsaved = False

    async def connect(self) -> Tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        url = self.url
        tls = ssl.create_default_context() if url.scheme == "rediss" else None
        reader, writer = await asyncio.open_connection(url.hostname, url.port or 6379, ssl=tls)
        if url.password:
            await ask(reader, writer, "AUTH", *([unquote(url.username)] if url.username else []), unquote(url.password))
        if url.path.strip("/"):
            await ask(reader, writer, "SELECT", url.path.strip("/"))
        return reader, writer

    async def command(self, *words: str) -> Any:
        """@raises one of ERRORS"""
        async with self._lock:
            try:
                if self._streams is None:
                    self._streams = await asyncio.wait_for(self.connect(), CONNECT_TIMEOUT)
                return await asyncio.wait_for(ask(*self._streams, *words), COMMAND_TIMEOUT)
            except BaseException:
                # A reply that arrives late would be taken for that of the next command.
                if self._streams:
                    self._streams[1].close()
                self._streams = None
                raise

    async def save_positions(self, principal: str, positions: Dict[str, str]) -> None:
        """Never fails. When positions could not be saved, a new epoch makes all hosts read from the primary for a while."""
        flat = [each for pair in positions.items() for each in pair]
        try:
            if self._has_unsaved:
                await self.command("SET", f"{self.namespace}:sessions", str(uuid.uuid4()))
                self._has_unsaved = False
            await self.command("EVAL", SAVE, "1", f"{self.namespace}:session:{principal}", str(SESSION_TTL_MS), *flat)
        except ERRORS:
            self._has_unsaved = True

    async def record_version(self, tag: str, version: str) -> None:
        """Never fails; the broadcast says the same."""
        try:
            await self.command("EVAL", RECORD_VERSION, "1", f"{self.namespace}:cache:tag:{tag}", str(VERSION_TTL_MS), version)
        except ERRORS:
            pass

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *words: str) -> Any:
    parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
    writer.write(f"*{len(words)}\r\n{''.join(parts)}".encode())
    return await reply_of(reader)


async def reply_of(reader: asyncio.StreamReader) -> Any:
    """Reads one value of Redis's protocol. @raises ValueError for an error, EOFError at the end"""
    line = (await reader.readuntil(b"\r\n"))[:-2]
    kind, rest = line[:1], line[1:]
    if kind == b"*":
        return [await reply_of(reader) for _ in range(int(rest))]
    if kind == b"$":
        return None if rest == b"-1" else (await reader.readexactly(int(rest) + 2))[:-2]
    if kind == b"-":
        raise ValueError(rest.decode())
    return rest
