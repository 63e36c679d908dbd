"""Many requests under way at once, none of which waits for another.

A pool has a number of slots. Whoever uses it fills a slot the moment one is free and
takes each answer as it comes, so that a host that never answers costs its slot and
nothing else.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait


class Pool[Task, Answer]:
    """Asks in threads of its own. To be used by one thread; not to be forked."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="ask")
        self._under_way: dict[Future[Answer], Task] = {}

    @property
    def free(self) -> int:
        """How many more may be started now. One whose answer nobody took holds its slot."""
        return self._slots - len(self._under_way)

    @property
    def under_way(self) -> list[Task]:
        """What was started and not yet handed out by `answers`, oldest first."""
        return list(self._under_way.values())

    def start(self, task: Task, ask: Callable[[], Answer]) -> None:
        """Begin to ask for `task`."""
        self._under_way[self._threads.submit(ask)] = task

    def answers(self, *, patience: float) -> Iterator[tuple[Task, Future[Answer]]]:
        """Hand out what has been answered; waits up to `patience` seconds for the first.

        Each gives up its slot as it is handed out.
        """
        done, _ = wait(self._under_way, patience, FIRST_COMPLETED)
        for answer in done:
            yield self._under_way.pop(answer), answer

    def close(self) -> None:
        """Start nothing more. What is under way ends by itself, unheard."""
        self._under_way.clear()
        self._threads.shutdown(wait=False, cancel_futures=True)
