"""What a person in a terminal sees, which a pipe does not: colours, bars, no waiting for input."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from tests.faces.cli.shell import SECS, Shell, command

from ai_memory.faces.cli.paint import Paint, one_line, plural, size
from ai_memory.model.clock import SECOND, to_rfc3339

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX's", allow_module_level=True)
else:
    import termios

DAY: Final = 86_400 * SECOND


def in_terminal(*words: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    """Run with all three streams on a terminal; the exit code and what was shown."""
    ours, theirs = os.openpty()
    termios.tcsetwinsize(ours, (24, 80))
    variables = {**os.environ, "TERM": "xterm", **(env or {})}
    variables.pop("NO_COLOR", None) if env is None else None
    with subprocess.Popen(
        command(*words), stdin=theirs, stdout=theirs, stderr=theirs, env=variables
    ) as running:
        os.close(theirs)
        shown = bytearray()
        while True:
            try:
                part = os.read(ours, 65_536)
            except OSError:  # Linux's way to say that the other end is closed
                break
            if not part:
                break
            shown += part
        os.close(ours)
        code = running.wait(SECS)
    return code, shown.decode()


def test_colours_are_for_terminals_that_want_them(sh: Shell) -> None:
    sh.store("Coffee", "Ada drinks her coffee black.")
    code, shown = in_terminal("recall", "coffee")
    assert code == 0
    assert "\x1b[93m[mid/" in shown
    assert "\x1b[1mCoffee\x1b[0m" in shown
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b[" not in in_terminal("recall", "coffee", env=env)[1]
    assert "\x1b[" not in in_terminal("recall", "coffee", "--json")[1]
    assert "\x1b[" not in sh.ok("recall", "coffee").out


def test_an_import_shows_a_bar_in_a_terminal(tmp_path: Path) -> None:
    file = tmp_path / "memories.jsonl"
    file.write_text('{"title": "T", "content": "x"}\n')
    code, shown = in_terminal("import", str(file))
    assert code == 0
    assert "importing:" in shown
    assert "importing:" not in in_terminal("import", str(file), "--quiet")[1]


@pytest.mark.parametrize("words", [("store", "-T", "Coffee"), ("import",)])
def test_a_forgotten_value_does_not_wait_for_the_keyboard(words: tuple[str, ...]) -> None:
    code, shown = in_terminal(*words)
    assert code == 2
    assert "is required" in shown


@pytest.mark.parametrize(
    ("micros", "age"),
    [
        (0, "just now"), (59 * SECOND, "just now"), (60 * SECOND, "1m ago"),
        (3_599 * SECOND, "59m ago"), (3_600 * SECOND, "1h ago"), (DAY - 1, "23h ago"),
        (DAY, "1d ago"), (30 * DAY - 1, "29d ago"), (30 * DAY, "1mo ago"), (400 * DAY, "13mo ago"),
        (-DAY, "just now"),
    ],
)  # fmt: skip
def test_ages(micros: int, age: str) -> None:
    now = 1_700_000_000 * SECOND
    assert Paint(colours=False, now=now).age(to_rfc3339(now - micros)) == age


def test_small_words() -> None:
    paint = Paint(colours=False, now=0)
    assert paint.bar(0.62) == "██████░░░░"
    assert paint.bar(0) == "░" * 10
    assert paint.bar(99) == "█" * 10
    assert one_line(" a\n\tb  c ", 4) == "a b…"
    assert plural(1, "memory", "memories") == "1 memory"
    assert plural(2, "memory", "memories") == "2 memories"
    assert [size(count) for count in (0, 1_023, 1_024, 5 * 1024**2, 3 * 1024**3)] == [
        "0 B", "1023 B", "1.0 KiB", "5.0 MiB", "3.0 GiB",
    ]  # fmt: skip
