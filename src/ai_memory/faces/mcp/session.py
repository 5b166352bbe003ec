"""Sessions of clients that talk over HTTP: what a connection would remember, without one.

A session is a small file in a folder: several processes behind one port see the same ones, and a
restart ends none. What it holds is what a client said once (its name) and the families it loaded;
it opens no door, since every request shows its own key.
"""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from ai_memory import limits
from ai_memory.adapters.system import SystemClock, SystemEntropy
from ai_memory.ports import Clock
from ai_memory.typed import decode_json

_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MICROS: Final = 1_000_000
_TOUCH_SECS: Final = 60
_BEGUN_PER_PRUNING: Final = 64
_NAME_CHARS_MAX: Final = 200


class Session(NamedTuple):
    """What is known of a client.

    Attributes:
        client: What it called itself, if it did.
        families: What it loaded, in order.
    """

    client: str | None
    families: tuple[str, ...]


class SessionBook:
    """The sessions in a folder, bounded in number and in age."""

    def __init__(self, folder: Path | None = None, clock: Clock | None = None) -> None:
        """Keep them in a folder, made for its owner alone; without one, in one of our own."""
        self._clock = clock or SystemClock()
        self._entropy = SystemEntropy()
        self._own: tempfile.TemporaryDirectory[str] | None = None
        self._folder = self._made(folder)
        self._begun = 0

    def _made(self, folder: Path | None) -> Path:
        if folder is not None:
            with suppress(OSError):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                if os.access(folder, os.W_OK | os.X_OK):
                    return folder
        self._own = tempfile.TemporaryDirectory(prefix="ai-memory-sessions-")
        return Path(self._own.name)

    def close(self) -> None:
        """Take a folder of our own away."""
        if self._own is not None:
            self._own.cleanup()

    def begin(self, client: str | None) -> str:
        """A new session's id; the oldest ones make room for it."""
        if self._begun % _BEGUN_PER_PRUNING == 0:
            self._prune()
        self._begun += 1
        session_id = self._entropy.new_id()
        name = None if client is None else client[:_NAME_CHARS_MAX]
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        _write(os.open(self._folder / session_id, flags, 0o600), msgspec.json.encode(name))
        self._touch(self._folder / session_id)
        return session_id

    def find(self, session_id: str) -> Session | None:
        """The session, or None if there is none or it has not been used for too long."""
        file = self._file(session_id)
        if file is None:
            return None
        try:
            idle = self._idle_secs(file)
            if idle > limits.MCP_SESSION_IDLE_SECS:
                file.unlink(missing_ok=True)
                return None
            client, *families = file.read_bytes().splitlines()
            if idle > _TOUCH_SECS:
                self._touch(file)
            loaded = dict.fromkeys(family.decode() for family in families)
            name: str | None = decode_json(client, str | None)  # type: ignore[arg-type] # a union
            return Session(name, tuple(loaded))
        except (OSError, ValueError, msgspec.DecodeError):  # gone meanwhile, or cut by a crash
            return None

    def load(self, session_id: str, family: str) -> None:
        """Note that a session has loaded a family; one that has ended stays so."""
        file = self._file(session_id)
        if file is not None:
            with suppress(OSError):
                _write(os.open(file, os.O_WRONLY | os.O_APPEND), family.encode())

    def end(self, session_id: str) -> bool:
        """Forget a session; whether there was one."""
        file = self._file(session_id)
        try:
            if file is not None:
                file.unlink()
        except OSError:
            return False
        return file is not None

    def _file(self, session_id: str) -> Path | None:
        """What is no id of ours names no file."""
        return self._folder / session_id if _ID.fullmatch(session_id) else None

    def _idle_secs(self, file: Path) -> float:
        return (self._clock.now() - file.stat().st_mtime_ns // 1_000) / _MICROS

    def _touch(self, file: Path) -> None:
        now = self._clock.now() * 1_000
        os.utime(file, ns=(now, now))

    def _prune(self) -> None:
        """Forget what is too old, and the longest unused of what is too many."""
        ages: list[tuple[float, Path]] = []
        for file in self._folder.iterdir():
            with suppress(OSError):
                ages.append((self._idle_secs(file), file))
        ages.sort(key=lambda one: one[0])
        room = limits.MCP_SESSIONS_MAX - _BEGUN_PER_PRUNING
        for at, (idle, file) in enumerate(ages):
            if idle > limits.MCP_SESSION_IDLE_SECS or at >= room:
                file.unlink(missing_ok=True)


def _write(descriptor: int, line: bytes) -> None:
    try:
        os.write(descriptor, line + b"\n")
    finally:
        os.close(descriptor)
