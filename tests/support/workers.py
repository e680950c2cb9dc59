"""Asking each worker of a house by itself: whom a request reaches is otherwise left to chance."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import psutil
from redis import Redis

from tests.support.house import House
from tests.support.waiting import until
from webapp.running.valkey import running

T = TypeVar("T")


def workers(house: House) -> list[psutil.Process]:
    """The processes that answer requests."""
    children = psutil.Process(house.process.pid).children()
    found = [child for child in children if "--multiprocessing-fork" in child.cmdline()]
    assert len(found) == house.workers
    return found


def from_each_worker(house: House, ask: Callable[[], T]) -> list[T]:
    """What each worker answers to a new connection. While one is asked, the others are held still."""
    if house.workers == 1:
        return [ask()]
    # One that is still starting would keep the others waiting for too long.
    address = house.environment.get("REDIS_URL") or running(house.data)
    assert address
    with Redis.from_url(address) as redis:
        until(lambda: len(redis.client_list(_type="pubsub")) == house.workers)
    answers = []
    for one in workers(house):
        others = [worker for worker in workers(house) if worker != one]
        try:
            for other in others:
                other.suspend()
            answers.append(ask())
        finally:
            for other in others:
                other.resume()
    return answers
