"""How many bytes of exports went through the door of this process, for whoever shows how far a run is."""

import threading


class Counter:
    """A number that several threads add to."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._lock, self._total = threading.Lock(), 0

    def add(self, count: int) -> None:
        """So many more; less than none where something is gone through again."""
        with self._lock:
            self._total += count

    @property
    def total(self) -> int:
        """All that was added."""
        return self._total


PASSED = Counter()
