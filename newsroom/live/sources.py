"""Reading the ledger and the strip for the hub, in a thread, by Django's connection."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from django.db import Error, close_old_connections

from markets import ticker
from newsroom.live.hub import Hub, WireChange
from wire import ledger

# One thread: one connection, and the ledger is read in order.
_thread = ThreadPoolExecutor(1, thread_name_prefix="live")


def make_hub(*, most: int) -> Hub:
    """Return the hub of this process, which reads the wire's ledger and the strip."""
    return Hub(
        head=_in_thread(ledger.head),
        since=_in_thread(_since),
        quotes=_in_thread(_chips),
        most=most,
    )


def _since(cursor: str, limit: int) -> tuple[list[WireChange], str]:
    rows, cursor = ledger.since(cursor, limit=limit)
    told = [
        WireChange(
            cursor=row.cursor,
            data={
                "id": row.public_id,
                "kind": row.kind,
                "public": row.public,
                "at": row.at.isoformat(),
                "row": row.row if row.public else "",
            },
        )
        for row in rows
    ]
    return told, cursor


def _chips() -> dict[str, str]:
    return {s: str(chip) for s, chip in ticker.chips(datetime.now(UTC)).items()}


def _in_thread[**P, R](read: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    def attempt(*args: P.args, **kwargs: P.kwargs) -> R:
        close_old_connections()
        try:
            return read(*args, **kwargs)
        except Error as error:
            raise ConnectionError(str(error)) from error

    async def answer(*args: P.args, **kwargs: P.kwargs) -> R:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(_thread, lambda: attempt(*args, **kwargs))

    return answer
