"""Logs: one event, one line, whatever the text in it."""

import logging
from typing import Any
from uuid import uuid4

from django.http import HttpRequest


def request_id_of(request: HttpRequest) -> str:
    """Return what names this request to its client and in the log; made when first asked."""
    name: str = getattr(request, "request_id", "") or uuid4().hex
    request.request_id = name  # type: ignore[attr-defined]
    return name


class NoRefusals(logging.Filter):
    """Leave Django's words about 403 and 429 out: `staff.refusal_log` says them with the name.

    Django's have neither user nor address, and of a 403 a traceback of twenty lines.
    """

    SAID_ELSEWHERE = (403, 429)

    def filter(self, record: logging.LogRecord) -> bool:
        told = record.name == "django.request"
        return not (told and getattr(record, "status_code", 0) in self.SAID_ELSEWHERE)


class LineFormatter(logging.Formatter):
    """Write each record on one line, control characters escaped.

    A source's name or a URL may hold line breaks or terminal codes: they must not forge a
    second event. A request that has an id is named by it. Tracebacks keep their lines,
    indented behind the event.
    """

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        line = super().formatMessage(record)
        request_id = getattr(getattr(record, "request", None), "request_id", "")
        if request_id:
            line = f"{line} (request {request_id})"
        return "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)

    def formatException(self, ei: Any) -> str:  # noqa: N802, ANN401
        return "\n".join(
            f"    {row}" for row in super().formatException(ei).splitlines()
        )
