"""Servers that tests of back ends use where they answer."""

from __future__ import annotations

import os

import pytest
import redis


@pytest.fixture(scope="session")
def redis_url() -> str:
    """A Redis server: TEST_REDIS_URL, or the usual address. What tests put there has names of its own."""
    url = os.environ.get("TEST_REDIS_URL") or "redis://127.0.0.1:6379/0"
    try:
        redis.Redis.from_url(url, socket_connect_timeout=2).ping()
    except redis.RedisError:
        pytest.skip("no Redis server answers (TEST_REDIS_URL names one)")
    return url
