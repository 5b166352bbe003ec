"""What is written where: results to stdout, everything else to stderr, both in UTF-8."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ai_memory.errors import AiMemoryError
from ai_memory.model.printable import printable, printable_json


class OutputLost(AiMemoryError):
    """Stdout takes no more, though its reader is still there."""

    code = "OUTPUT_LOST"
    default_hint = "What was asked is done; only its report is lost."


def prepare_streams() -> None:
    """Write UTF-8 whatever the locale says, and never fail on a character."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def emit(text: str, *, fit: bool = False) -> None:
    """Write a result to stdout.

    Args:
        text: What a person reads.
        fit: Nothing in it commands a terminal but colours of ours; else that is seen to here.

    Raises:
        BrokenPipeError, OutputLost: See `flush`.
    """
    if sys.stdout is not None:
        with _stdout_errors():
            sys.stdout.write(f"{text if fit else printable(text)}\n")


def emit_json(value: Any) -> None:
    """Write a result to stdout as one line of JSON."""
    from ai_memory.faces.codec import to_json

    emit(printable_json(to_json(value).decode()), fit=True)


def note(text: str, *, quiet: bool = False, end: str = "\n") -> None:
    """Write a remark to stderr, unless the caller wants none."""
    if quiet or sys.stderr is None:
        return
    with suppress(OSError):  # nobody listens: no reason to fail
        sys.stderr.write(f"{printable(text)}{end}")
        sys.stderr.flush()


def report(error: AiMemoryError, *, as_json: bool) -> None:
    """Write an error to stderr: two lines and its details, or one line of JSON."""
    from ai_memory.faces.hint import hint_on

    hint = hint_on("cli", error.hint)
    if as_json:
        from ai_memory.faces.codec import error_json

        error.hint = hint
        note(printable_json(error_json(error).decode()))
        return
    note(f"error: {error.message}")
    for name, value in error.details.items():
        # The message names these two already.
        if name not in ("field", "id"):
            shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
            note(f"{name.replace('_', ' ')}: {shown}")
    if error.hint:
        note(f"hint: {hint}")


def flush() -> None:
    """Hand stdout's bytes to the system now, while an error can still be told.

    Raises:
        BrokenPipeError: Nobody reads any more.
        OutputLost: The disk behind it is full, or the like.
    """
    if sys.stdout is not None:
        with _stdout_errors():
            sys.stdout.flush()


@contextmanager
def _stdout_errors() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as cause:
        abandon_stdout()
        raise OutputLost(f"the output cannot be written: {cause.strerror}") from cause


def abandon_stdout() -> None:
    """Let the interpreter's last flush go nowhere after the reader has left."""
    with suppress(OSError, ValueError):  # where stdout is no file, there is nothing to divert
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def is_terminal(stream: Any) -> bool:
    """Whether a person sees this stream."""
    try:
        return stream is not None and bool(stream.isatty())
    except ValueError:  # it is closed
        return False


def is_piped() -> bool:
    """Whether something may come through stdin: it is a pipe or a file, not a terminal."""
    return sys.stdin is not None and not sys.stdin.closed and not is_terminal(sys.stdin)


def shows_colour() -> bool:
    """Whether stdout takes colours: a terminal, and NO_COLOR is not set."""
    return (
        is_terminal(sys.stdout)
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
    )
