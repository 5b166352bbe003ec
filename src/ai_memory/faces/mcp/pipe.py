"""This process's standard input and output, as lines that only the protocol touches.

Both sides run in daemon threads: a thread that waits for a client which never says anything again
must not keep the process alive.
"""

from __future__ import annotations

import asyncio
import errno
import os
import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from ai_memory import limits
from ai_memory.model.printable import printable

_CHUNK_BYTES: Final = 65_536


def claim() -> tuple[int, int]:
    """Take standard input and output away from everybody else in this process.

    From here on, descriptor 0 is empty and 1 is stderr: a stray print or a child process cannot
    reach the protocol. They stay so until the process ends.

    Returns:
        Where to read and where to write.

    Raises:
        OSError: Standard input or output is closed.
    """
    if sys.__stdin__ is None or sys.__stdout__ is None:
        # Closed from the beginning; something else may have its number by now.
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    ours = _duplicate(0), _duplicate(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    try:
        os.dup2(2, 1)
    except OSError:  # stderr is closed
        os.dup2(null, 1)
    if null > 2:
        os.close(null)
    sys.stdout = sys.stderr
    return ours


def _duplicate(descriptor: int) -> int:
    """A copy that cannot be mistaken for a standard stream, and that no child inherits."""
    if sys.platform == "win32":
        return os.dup(descriptor)
    import fcntl

    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 3)


def note(text: str) -> None:
    """Say something on stderr, if anybody can hear it."""
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            sys.stderr.write(f"ai-memory mcp: {printable(text)}\n")
            sys.stderr.flush()


def read_lines(descriptor: int) -> Iterator[bytes | None]:
    """The lines that arrive, without their ends; blank ones are left out.

    None stands for a line longer than a request may be; it is not kept in memory.
    """
    parts: list[bytes] = []
    size = 0
    while True:
        try:
            chunk = os.read(descriptor, _CHUNK_BYTES)
        except OSError:
            chunk = b""
        *heads, tail = chunk.split(b"\n") if chunk else (b"", b"")  # the end ends the last line
        for head in heads:
            if size + len(head) > limits.HTTP_BODY_BYTES_MAX:
                yield None
            elif line := b"".join((*parts, head)).strip():
                yield line
            parts, size = [], 0
        if not chunk:
            return
        size += len(tail)
        if size <= limits.HTTP_BODY_BYTES_MAX:
            parts.append(tail)
        else:
            parts.clear()


class LineWriter:
    """Writes lines in order, in a thread: a client that does not read stops nothing else."""

    def __init__(self, descriptor: int) -> None:
        """Write to the descriptor, for the running event loop."""
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[tuple[bytes, asyncio.Future[None]]] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="ai-memory-stdout", daemon=True).start()

    async def write(self, line: bytes) -> None:
        """Write one line; a client that has gone misses it."""
        done: asyncio.Future[None] = self._loop.create_future()
        self._queue.put((line + b"\n", done))
        await done

    def _run(self) -> None:
        gone = False
        with suppress(RuntimeError):  # the loop has closed
            while True:
                data, done = self._queue.get()
                try:
                    while data and not gone:
                        data = data[os.write(self._descriptor, data) :]
                except OSError:
                    gone = True
                self._loop.call_soon_threadsafe(_finish, done)


def _finish(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)
