"""A team's counterexamples: `--claims-share redis://host:port/db` as a database of Hypothesis."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from hypothesis.database import ExampleDatabase, MultiplexedDatabase, ReadOnlyDatabase

OPTION = "--claims-share"
_SCHEMES = ("redis", "rediss", "unix")
_EXAMPLE = "redis://host:6379/0, with ?read-only to take and not to give"
_OWN = "read-only"


class SharingError(ValueError):
    """An address that cannot be used, or a server that does not answer; one line."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A database that answered.

    Attributes:
        database: what is kept in it stays until it is deleted.
        name: the address without its password.
        warning: what the user should know about the server; "" for nothing.
    """

    database: ExampleDatabase
    name: str
    warning: str = ""


def shared(address: str, local: ExampleDatabase | None = None) -> Shared:
    """Open a shared database.

    Args:
        address: redis://[user:password@]host[:port][/db], rediss:// with TLS, or
            unix:///path.sock; "?read-only" takes what others found and gives nothing back.
        local: a database that is to hold the same beside it.

    Raises:
        SharingError: no such address, nothing answers, or `redis` is not installed.
    """
    plain, name, read_only = _parsed(address)
    module = _redis(name)
    try:
        redis = module.opened(plain, name)
    except (OSError, ValueError) as error:
        raise SharingError(
            f"{OPTION}: no server can be reached, {error}; start it, or leave the option out"
        ) from error
    policy = module.forgets(redis)
    warning = policy and (
        f"{OPTION}: {name} forgets entries when its memory is full (maxmemory-policy {policy}); "
        "set it to noeviction"
    )
    database = ReadOnlyDatabase(redis) if read_only else redis
    if local is not None:
        database = MultiplexedDatabase(local, database)
    return Shared(database, name, warning)


def _parsed(address: str) -> tuple[str, str, bool]:
    """The address for `redis`, the one to be shown, and whether nothing may be written."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
        options = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=False)
    except ValueError:
        raise SharingError(f"{OPTION}: this is no address; give {_EXAMPLE}") from None
    if parts.scheme not in _SCHEMES or not (host or parts.scheme == "unix"):
        # The address is not repeated whole: there may be a password in it.
        raise SharingError(f"{OPTION}: {parts.scheme!r} is no address of a server; give {_EXAMPLE}")
    unknown = [key for key, _ in options if key != _OWN and not key.startswith("ssl_")]
    if unknown:
        raise SharingError(f"{OPTION}: unknown {unknown[0]!r}; give {_EXAMPLE}")
    rest = urlencode([pair for pair in options if pair[0] != _OWN])
    plain = urlunsplit((parts.scheme, parts.netloc, parts.path, rest, ""))
    shown = f"{host}:{port}" if port else host
    read_only = any(key == _OWN for key, _ in options)
    return plain, f"{parts.scheme}://{shown}{parts.path}", read_only


def _redis(name: str) -> ModuleType:
    # Not at the top: `redis` is wanted by those only who share.
    try:
        return import_module("claims.redis_database")
    except ImportError:
        raise SharingError(f"{OPTION}: {name} needs the package redis; pip install redis") from None
