"""Hypothesis' Redis database without its time limit. Needs `redis`, so only `sharing` loads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from hypothesis.extra.redis import RedisExampleDatabase
from redis import Redis
from redis.exceptions import RedisError

PREFIX = b"provably:"
_WAIT = 5.0  # seconds for a server to answer
# Hypothesis sets a time to live at every touch, 8 days by default; this one is taken off at once,
# and should the connection break in between, it is a million years.
_NEVER = timedelta.max


class LastingRedisDatabase(RedisExampleDatabase):
    """A Redis database whose entries stay until they are deleted; reading writes nothing.

    Raises:
        ConnectionError: from every method, in place of the errors of `redis`.
    """

    def __init__(self, redis: Redis, name: str) -> None:
        super().__init__(
            redis,
            expire_after=_NEVER,
            key_prefix=PREFIX,
            listener_channel="provably-changes",
        )
        self._name = name

    def fetch(self, key: bytes) -> Iterable[bytes]:
        """The values of a key."""
        with self._told():
            # Not the inherited one, which would set a time to live even for readers.
            values = self.redis.smembers(PREFIX + key)
        yield from sorted(value for value in values if isinstance(value, bytes))

    def save(self, key: bytes, value: bytes) -> None:
        """Keep a value under a key."""
        with self._told():
            super().save(key, value)
            self.redis.persist(PREFIX + key)

    def delete(self, key: bytes, value: bytes) -> None:
        """Forget a value of a key."""
        with self._told():
            super().delete(key, value)
            self.redis.persist(PREFIX + key)

    def move(self, src: bytes, dest: bytes, value: bytes) -> None:
        """Put a value under another key."""
        self.delete(src, value)
        self.save(dest, value)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except RedisError as error:
            raise ConnectionError(f"{self._name}: {_line(error)}") from error


def opened(address: str, name: str) -> LastingRedisDatabase:
    """A connection to a server that answers.

    Args:
        address: for `redis`, password and all.
        name: the address as it may be shown.

    Raises:
        ConnectionError: nothing answers there, or it refuses.
        ValueError: the address is none.
    """
    redis = Redis.from_url(
        address, socket_connect_timeout=_WAIT, socket_timeout=_WAIT, decode_responses=False
    )
    database = LastingRedisDatabase(redis, name)
    with database._told():
        redis.ping()
    return database


def forgets(database: LastingRedisDatabase) -> str:
    """What the server does when its memory is full, if that loses entries; "" if it does not."""
    try:
        memory = dict(database.redis.info("memory"))
    except RedisError:  # some servers do not tell
        return ""
    policy = str(memory.get("maxmemory_policy", "noeviction"))
    return policy if memory.get("maxmemory") and policy.startswith("allkeys") else ""


def _line(error: RedisError) -> str:
    return " ".join(str(error).split()) or type(error).__name__
