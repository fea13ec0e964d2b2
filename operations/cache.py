"""The cache, which may fail without anybody noticing: Redis, then files of this machine, then memory of this process.

What is kept in it is worth less than a page: counters of failures to sign in, above all. While Redis is dead they are
counted per machine, and on a full disk per process.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.filebased import FileBasedCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

log = logging.getLogger(__name__)

PAUSE = 5.0  # seconds during which one that failed is left alone: nobody waits for it at every request


class Sheltered(BaseCache):
    """Asks the first that works. LOCATION: a folder for files; OPTIONS["redis"]: an address, where there is one."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        options = dict(params.get("OPTIONS", {}))
        redis = options.pop("redis", "")
        more = {**params, "OPTIONS": options}
        self._caches: list[BaseCache] = [LocMemCache(str(location), more)]
        try:
            self._caches.insert(0, FileBasedCache(location, more))
        except OSError as error:  # its folder cannot be made
            log.warning("There is no cache in files.", exc_info=error)
        if redis:
            # A machine that does not answer must not hold a page longer than a second.
            quick = {"socket_connect_timeout": 1, "socket_timeout": 1}
            self._caches.insert(0, RedisCache(redis, {**params, "OPTIONS": quick}))
        self._rests_until = [0.0] * len(self._caches)

    def _ask(self, do: Callable[[BaseCache], Any]) -> Any:
        for place, cache in enumerate(self._caches[:-1]):
            if time.monotonic() < self._rests_until[place]:
                continue
            try:
                return do(cache)
            except Exception as error:
                if not _is_failure(error):
                    raise
                self._rests_until[place] = time.monotonic() + PAUSE
                log.warning("%s failed: another cache stands in.", type(cache).__name__, exc_info=error)
        return do(self._caches[-1])

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._ask(lambda cache: cache.add(key, value, timeout, version)))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._ask(lambda cache: cache.get(key, default, version))

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._ask(lambda cache: cache.set(key, value, timeout, version))

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._ask(lambda cache: cache.touch(key, timeout, version)))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._ask(lambda cache: cache.delete(key, version)))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return bool(self._ask(lambda cache: cache.has_key(key, version)))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return int(self._ask(lambda cache: cache.incr(key, delta, version)))

    def clear(self) -> None:
        self._ask(lambda cache: cache.clear())


def _is_failure(error: Exception) -> bool:
    """Of the disk or of Redis, whose library is loaded only where it is used: its errors are known by their module."""
    return isinstance(error, OSError) or any(kind.__module__ == "redis.exceptions" for kind in type(error).__mro__)
