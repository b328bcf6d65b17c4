"""Settings, from environment variables of the same names as the TypeScript host's. `<NAME>_FILE` may name a file instead."""
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, List, Mapping, Optional

from tearline_seam.call import LEVELS

LOG_LEVELS = {"trace": 10, "debug": 20, "info": 30, "warn": 40, "error": 50, "fatal": 60, "silent": 100}
POSTGRES = re.compile(r"^postgres(ql)?://")
# Of other modules, or of the owner: an attacker who breaks into this process would find them.
FOREIGN = re.compile(r"^(?!SOCIAL_|QUEUES_)\w*DATABASE_URL(_FILE)?$|^IDENTITY_SIGNING_KEY(_FILE)?$")


class SettingsError(Exception):
    """The problems of an environment: one line for each variable."""

    def __init__(self, problems: List[str]):
        super().__init__("invalid settings:\n" + "\n".join(f"  {problem}" for problem in problems))


@dataclass(frozen=True)
class Settings:
    port: int
    host: str
    is_production: bool
    log_level: int
    cors_origins: List[str]
    request_timeout: float
    shutdown_timeout: float
    body_limit: int
    trusts_proxy: bool
    keys: List[dict]
    writes_per_minute: int
    secure_cookies: str
    database_urls: List[str]
    replica_urls: List[str]
    connections: int
    consistency: str
    consistency_secrets: List[str]
    max_lag: float
    redis_url: Optional[str]
    queues_url: Optional[str]
    has_edge_cache: bool
    rpc_port: Optional[int]
    rpc_host: str
    rpc_secret: str
    identity_addresses: List[str]
    roles: List[str]


def split_urls(text: str) -> List[str]:
    """Returns one URL for each server; a comma separates URLs, and the hosts of one URL."""
    urls = []
    for url in re.split(r",(?=\s*[a-z]+://)", text):
        prefix, hosts, rest = re.match(r"^(\s*[a-z]+://(?:[^@/]*@)?)([^/?]*)(.*)$", url).groups()
        urls += [f"{prefix.strip()}{host}{rest}" for host in hosts.split(",")]
    return urls


def with_credentials(url: str, own: str) -> str:
    """A replica has the roles and the database of its primary."""
    if re.match(r"^[a-z]+://[^/]*@", url):
        return url
    scheme, credentials, _, path = re.match(r"^([a-z]+://)([^@/]*@)?([^/]*)(.*)$", own).groups()
    host, given = re.match(r"^[a-z]+://([^/]*)(.*)$", url).groups()
    return f"{scheme}{credentials or ''}{host}{given if given not in ('', '/') else path}"


class Reader:
    """Reads variables, and collects what is wrong with them."""

    def __init__(self, env: Mapping[str, str]):
        self.env = env
        self.problems: List[str] = []

    def text(self, name: str) -> Optional[str]:
        file = self.env.get(f"{name}_FILE")
        if self.env.get(name) or not file:
            return self.env.get(name) or None
        try:
            return Path(file).read_text("utf-8").strip() or None
        except OSError as error:
            self.problems.append(f"{name}_FILE: cannot be read ({error.strerror})")
            return None

    def read(self, name: str, default: Any, expected: str, parse: Callable[[str], Any]) -> Any:
        """@param parse raises or returns None for a wrong text"""
        text = self.text(name)
        if text is None:
            if default is ...:
                self.problems.append(f"{name}: expected {expected}, but it is not set")
            return default
        try:
            value = parse(text)
        except (ValueError, KeyError, TypeError, AttributeError):
            value = None
        if value is None:
            shown = "" if re.search("SECRET|URL|JWKS", name) else f", got '{text[:200]}'"
            self.problems.append(f"{name}: expected {expected}{shown}")
        return value

    def number(self, name: str, default: Any, low: int, high: int) -> Any:
        def parse(text: str) -> Optional[int]:
            return int(text) if re.fullmatch(r"\d+", text) and low <= int(text) <= high else None

        return self.read(name, default, f"a number from {low} to {high}", parse)

    def one_of(self, name: str, default: Any, *values: str) -> Any:
        return self.read(name, default, " or ".join(values), lambda text: text if text in values else None)

    def list(self, name: str, default: Any, expected: str, pattern: str) -> Any:
        def parse(text: str) -> Optional[List[str]]:
            items = [item.strip() for item in text.split(",")]
            return items if all(re.fullmatch(pattern, item) for item in items) else None

        return self.read(name, default, expected, parse)


def keys_in(text: str) -> Optional[List[dict]]:
    keys = json.loads(text)["keys"]
    fits = all(key["kty"] == "OKP" and key["crv"] == "Ed25519" and key["kid"] and "d" not in key for key in keys)
    return keys if keys and fits else None


def read_settings(env: Mapping[str, str] = os.environ) -> Settings:
    """@raises SettingsError that names every wrong variable"""
    of = Reader(env)
    is_production = of.one_of("NODE_ENV", "development", "development", "test", "production") == "production"
    urls = of.read(
        "SOCIAL_DATABASE_URL", ..., "a URL with a role of its own, e.g. postgres://tearline_social:<password>@host:5432/tearline",
        lambda text: split_urls(text) if POSTGRES.match(text) else None,
    )
    replicas = [
        of.read(name, None, "a comma-separated list of postgres:// URLs", lambda text: split_urls(text) if POSTGRES.match(text) else None)
        for name in ("SOCIAL_DATABASE_REPLICA_URLS", "DATABASE_REPLICA_URLS")
    ]
    roles = of.list("HOST_ROLES", ["http", "rpc"], "some of http,rpc; the relay of the events is a host with jobs", "http|rpc")
    of.read("HOST_MODULES", "social", "social, the only module of this program", lambda text: text if text == "social" else None)
    host = of.text("HOST") or ("0.0.0.0" if is_production else "127.0.0.1")
    port = of.number("RPC_PORT", None, 0, 65535)
    if port is not None and "rpc" not in (roles or ()):
        of.problems.append(f"RPC_PORT: expected no value, because HOST_ROLES={','.join(roles or ())} has no rpc")
    settings = Settings(
        port=of.number("PORT", 3000, 0, 65535),
        host=host,
        is_production=is_production,
        log_level=LOG_LEVELS.get(of.one_of("LOG_LEVEL", "info", *LOG_LEVELS) or "info", 30),
        cors_origins=of.list("CORS_ORIGINS", ["*"], "* or a list of origins such as https://example.com", r"\*|https?://[^/\s]+"),
        request_timeout=(of.number("REQUEST_TIMEOUT_MS", 10_000, 1, 3_600_000) or 0) / 1000,
        shutdown_timeout=(of.number("SHUTDOWN_TIMEOUT_MS", 10_000, 0, 3_600_000) or 0) / 1000,
        body_limit=of.number("BODY_LIMIT", 1_048_576, 1, 1_073_741_824),
        trusts_proxy=of.text("TRUST_PROXY") not in (None, "off"),
        keys=of.read("AUTH_JWKS", ..., "a JWKS of public Ed25519 keys", keys_in),
        writes_per_minute=of.number("WRITES_PER_MINUTE", 300, 1, 9_999_999),
        secure_cookies=of.one_of("SECURE_COOKIES", "on" if is_production else "auto", "on", "off", "auto"),
        database_urls=urls,
        replica_urls=[with_credentials(url, urls[0]) for url in replicas[0] or replicas[1] or []] if isinstance(urls, list) else [],
        connections=of.number("DATABASE_CONNECTIONS", 5, 2, 99_999),
        consistency=of.one_of("CONSISTENCY", "session", *LEVELS),
        consistency_secrets=[text.strip() for text in (of.text("CONSISTENCY_SECRET") or os.urandom(32).hex()).split(",")],
        max_lag=(of.number("REPLICA_MAX_LAG_MS", 5_000, 1, 300_000) or 0) / 1000,
        redis_url=of.text("REDIS_URL"),
        queues_url=of.text("QUEUES_DATABASE_URL"),
        has_edge_cache=of.text("CDN_PURGE_URLS") is not None,
        rpc_port=port,
        rpc_host=of.text("RPC_HOST") or host,
        rpc_secret=of.read("RPC_SECRET", ..., "at least 16 characters", lambda text: text if len(text) >= 16 else None),
        identity_addresses=of.list(
            "IDENTITY_RPC_ADDRESSES", ..., "addresses of 'identity', which runs elsewhere, as <host>:<port>,…", r"(\[[\da-fA-F:]+\]|[\w.-]+):\d{1,5}"
        ),
        roles=roles,
    )
    foreign = [name for name in env if env[name] and FOREIGN.match(name)]
    of.problems += [f"{name}: expected no value, because this host runs social alone" for name in foreign]
    if of.problems:
        raise SettingsError(of.problems)
    return settings
