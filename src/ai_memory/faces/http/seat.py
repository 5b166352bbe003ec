"""A seat: what the supervisor and one of its workers have in common, and how they talk.

The supervisor hands connections over and tells when to stop; the worker tells that it is ready,
that it leaves, or why it failed. When the supervisor is gone the channel ends, and so does the
worker.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple

import msgspec

from ai_memory import errors
from ai_memory.errors import AiMemoryError, Internal
from ai_memory.typed import json_decoder

CONNECTION: Final = b"c"  # with a descriptor
STOP: Final = b"s"
FORCE: Final = b"!"
_LINE_BYTES_MAX: Final = 65_536


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The worker answers from now on.

    Attributes:
        problem: Why it has no embedder, where it should have one.
        level: Its feature level.
        file: Which file its database is; None where none can be replaced.
    """

    level: str
    problem: str | None
    file: tuple[int, int] | None = None


class Leaving(msgspec.Struct, frozen=True, tag="leaving"):
    """The worker was told to end, and wants no more connections."""


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The worker ends with an error."""

    kind: str
    message: str
    hint: str
    details: dict[str, Any]

    @classmethod
    def of(cls, error: AiMemoryError) -> Failed:
        """The error, so that it can be told."""
        return cls(type(error).__name__, error.message, error.hint, error.details)

    def error(self) -> AiMemoryError:
        """What was told, as an error again."""
        kind: Any = getattr(errors, self.kind, Internal)
        found: AiMemoryError = kind(self.message, hint=self.hint, **self.details)
        return found


News = Ready | Leaving | Failed
_encoder: Final = msgspec.json.Encoder()
_decoder: Final[msgspec.json.Decoder[News]] = json_decoder(News)  # type: ignore[arg-type] # a union


class Seat(NamedTuple):
    """The worker's side.

    Attributes:
        number: From 0; the first one keeps house for all.
        workers: How many there are.
        address: Where the supervisor listens.
        channel: To the supervisor; it does not block.
        rows: The metrics of all workers, in shared memory.
        gone: Where this one counts connections that have ended.
        bell: Read and write ends of a pipe that wakes the one who keeps house.
        turns: A file that all of them have, on which they take turns to write.
        file: Which file the database is that a worker which is replaced had open.
    """

    number: int
    workers: int
    address: tuple[str, int]
    channel: socket.socket
    rows: Sequence[memoryview]
    gone: memoryview
    bell: tuple[int, int]
    turns: int
    file: tuple[int, int] | None = None

    def tell(self, news: News) -> None:
        """Tell the supervisor; one that is gone need not know."""
        with suppress(OSError):
            self.channel.send(_encoder.encode(news) + b"\n")

    def closed(self) -> None:
        """A connection that was handed over has ended."""
        self.gone[0] += 1

    def is_orphan(self) -> bool:
        """Whether the supervisor is gone."""
        try:
            return not self.channel.recv(1, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            return True

    def ring(self) -> None:
        """Something waits for the one who keeps house."""
        with suppress(BlockingIOError):  # it is full of rings already
            os.write(self.bell[1], b"!")

    def rung(self) -> None:
        """Take the rings."""
        with suppress(BlockingIOError):
            os.read(self.bell[0], _LINE_BYTES_MAX)

    def orders(self, take: Callable[[socket.socket], None]) -> bytes | None:
        """Take what the supervisor sent.

        Args:
            take: Is given each connection.

        Returns:
            STOP or FORCE, STOP too when the supervisor is gone; None: go on.
        """
        while True:
            try:
                order, descriptors, _flags, _from = socket.recv_fds(self.channel, 1, 1)
            except (BlockingIOError, InterruptedError):
                return None
            except OSError:
                return STOP
            if order != CONNECTION:
                return order or STOP
            if not descriptors:  # there was none left for it here: it has ended already
                self.closed()
            for descriptor in descriptors:
                take(socket.socket(fileno=descriptor))


def read_news(data: bytes) -> tuple[list[News], bytes]:
    """What a worker said, and the beginning of what it has not said whole yet."""
    *lines, rest = data.split(b"\n")
    return [_decoder.decode(line) for line in lines], rest
