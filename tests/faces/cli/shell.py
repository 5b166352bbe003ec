"""Ways to run the command line: in this process, in another, and a server to talk to."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from ai_memory.faces.cli.main import main

SECS: Final = 60.0


class Outcome(NamedTuple):
    """What a call came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What was printed, which must be one line of JSON."""
        assert self.out.count("\n") == 1, self
        return json.loads(self.out)

    @property
    def problem(self) -> dict[str, Any]:
        """The error, which must be the last line of stderr, as JSON."""
        found: dict[str, Any] = json.loads(self.err.splitlines()[-1])
        return found


class Shell:
    """Runs `ai-memory` in this process, with its streams captured."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def __call__(self, *words: str, stdin: bytes | None = None) -> Outcome:
        """Run it with these words."""
        stream = None if stdin is None else io.TextIOWrapper(io.BytesIO(stdin))
        with self._monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", stream)
            code = main(list(words))
        captured = self._capsys.readouterr()
        assert "Traceback" not in captured.err
        return Outcome(code, captured.out, captured.err)

    def ok(self, *words: str, stdin: bytes | None = None) -> Outcome:
        """Run it; it must succeed."""
        outcome = self(*words, stdin=stdin)
        assert outcome.code == 0, outcome
        return outcome

    def store(self, title: str, content: str = "Some text.", *words: str) -> str:
        """Store a memory; its id."""
        stored = self.ok("store", "--title", title, "--content", content, "--json", *words)
        return str(stored.json["id"])


def command(*words: str | bytes) -> list[str | bytes]:
    """The words that start `ai-memory` in another process."""
    return [sys.executable, "-m", "ai_memory", *words]


def process(
    *words: str | bytes, stdin: bytes | None = None, env: dict[str, str] | None = None
) -> Outcome:
    """Run it in another process."""
    done = subprocess.run(
        command(*words),
        input=b"" if stdin is None else stdin,
        capture_output=True,
        timeout=SECS,
        env={**os.environ, **(env or {})},
        check=False,
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


class Node(NamedTuple):
    """A running server."""

    url: str
    key: str | None
    process: subprocess.Popen[bytes]

    @property
    def bind(self) -> str:
        """Host and port."""
        return self.url.removeprefix("http://")


@contextmanager
def serving(folder: Path, *words: str, api_key: str | None = None) -> Iterator[Node]:
    """A server on a free port, at the keyword level; it must stop by itself when asked."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("AI_MEMORY_")}
    env |= {"AI_MEMORY_NO_CONFIG": "1", "AI_MEMORY_CACHE_DIR": str(folder / "cache")}
    if api_key is not None:
        env["AI_MEMORY_API_KEY"] = api_key
    started = command(
        "--db", str(folder / "node.db"), "serve", "--tier", "keyword", "--workers", "1"
    )
    with subprocess.Popen(
        [*started, *(words or ("--bind", "127.0.0.1:0"))], stderr=subprocess.PIPE, env=env
    ) as server:
        try:
            assert server.stderr is not None
            first = server.stderr.readline().decode()
            found = re.search(r"http://[\w.:\[\]]+", first)
            assert found is not None, first
            yield Node(found[0], api_key, server)
        finally:
            server.terminate()
            server.communicate(timeout=SECS)
