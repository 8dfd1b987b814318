"""Structured logs: one event a line on standard error, as JSON or for people."""

import json
import logging
import sys
import time
from collections.abc import Callable
from typing import Any

import msgspec
import structlog


def configure_logs(level: str, form: str) -> None:
    """`form`: `json`, `console`, or `auto`, which is `console` on a terminal."""
    console = form == "console" or (form == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        Timestamps(),
    ]
    # Never with local variables, as both are by default: they hold passwords and tokens.
    frames = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    rendering: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if console
        else [structlog.processors.ExceptionRenderer(frames), as_json]
    )
    numeric = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr)
        if console
        else structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    # What libraries say goes the same way.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *rendering,
                as_text,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(numeric, logging.WARNING))


class Timestamps:
    """RFC 3339 in UTC, with microseconds. Most events fall into the same second as the one
    before them, and that part is made once.
    """

    def __init__(self, clock: Callable[[], int] = time.time_ns) -> None:
        self._clock = clock
        self._shown = (-1, "")  # replaced as a whole: threads log, too

    def __call__(
        self, _: object, _name: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        seconds, nanoseconds = divmod(self._clock(), 1_000_000_000)
        known, text = self._shown
        if known != seconds:
            text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
            self._shown = (seconds, text)
        event["timestamp"] = f"{text}.{nanoseconds // 1000:06}Z"
        return event


def as_json(_: object, _name: str, event: structlog.typing.EventDict) -> bytes:
    """The last processor: one line, whatever is in it."""
    try:
        return msgspec.json.encode(event, enc_hook=repr)
    except (UnicodeEncodeError, TypeError):  # half a surrogate pair, a key that is no text
        return json.dumps(
            {str(key): value for key, value in event.items()}, default=repr
        ).encode()


def as_text(_: object, _name: str, line: Any) -> str:  # noqa: ANN401 - what came before it made
    """Libraries log text."""
    return line.decode() if isinstance(line, bytes) else str(line)
