"""A cache that forgets what was least recently used, and what is too old."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class LruCache(Generic[Key, Value]):
    """A mapping of at most `capacity` entries, each of which lives for `lifetime` seconds."""

    def __init__(self, capacity: int, lifetime: float = float("inf"), clock: Callable[[], float] = time.monotonic):
        if capacity < 1:
            raise ValueError("capacity must be at least 1")
        self._capacity = capacity
        self._lifetime = lifetime
        self._clock = clock
        self._entries: OrderedDict[Key, tuple[float, Value]] = OrderedDict()
        self.hits = 0
        self.misses = 0

    def get(self, key: Key, default: Value | None = None) -> Value | None:
        """Return the value under a key and make it the most recently used one."""
        entry = self._entries.get(key)
        if entry is None or self._clock() >= entry[0]:
            self._entries.pop(key, None)
            self.misses += 1
            return default
        self._entries.move_to_end(key)
        self.hits += 1
        return entry[1]

    def put(self, key: Key, value: Value) -> None:
        """Store a value; the least recently used entry makes room for it."""
        self._entries[key] = (self._clock() + self._lifetime, value)
        self._entries.move_to_end(key)
        while len(self._entries) > self._capacity:
            self._entries.popitem(last=False)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: Key) -> bool:
        entry = self._entries.get(key)
        return entry is not None and self._clock() < entry[0]
