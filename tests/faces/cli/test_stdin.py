"""Text that comes through stdin."""

from __future__ import annotations

import pytest
from tests.faces.cli.shell import Shell, process

from ai_memory import limits


@pytest.mark.parametrize("words", [("-c", "-"), ()], ids=["dash", "omitted"])
def test_content_comes_from_stdin(sh: Shell, words: tuple[str, ...]) -> None:
    text = "Первая строка\n  second line\n\n"
    stored = sh.ok("store", "-T", "Coffee", *words, "--json", stdin=text.encode())
    assert stored.json["content"] == "Первая строка\n  second line\n"


def test_a_windows_line_break_and_mark_are_taken_off(sh: Shell) -> None:
    stored = sh.ok("store", "-T", "Coffee", "--json", stdin=b"\xef\xbb\xbfblack\r\n")
    assert stored.json["content"] == "black"


def test_a_question_comes_from_stdin(sh: Shell) -> None:
    sh.store("Coffee", "Ada drinks her coffee black.")
    assert sh.ok("recall", "-", "--json", stdin=b"coffee\n").json["count"] == 1
    assert sh.ok("search", "-", "--json", stdin=b"coffee").json["query"] == "coffee"


def test_an_update_reads_stdin_only_when_told(sh: Shell) -> None:
    found = sh.store("Coffee", "black")
    sh.ok("update", found, "-T", "Tea", stdin=b"not this")
    assert sh.ok("get", found, "--json").json["content"] == "black"
    sh.ok("update", found, "-c", "-", stdin=b"green")
    assert sh.ok("get", found, "--json").json["content"] == "green"


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"\xff\xfeb", "stdin is not valid UTF-8 (byte 0)"),
        (b"x" * (limits.CONTENT_BYTES_MAX + 1), "stdin holds more than 65536 bytes"),
        (b" \n", "content cannot be empty"),
        (b"", "content: expected `str` of length >= 1"),
        (b"a\x1bb", "content contains invalid characters"),
    ],
    ids=["binary", "long", "blank", "empty", "control"],
)
def test_what_cannot_be_content_is_refused(sh: Shell, data: bytes, error: str) -> None:
    outcome = sh("store", "-T", "Coffee", stdin=data)
    assert outcome.code == 2
    assert outcome.err.startswith(f"error: {error}")


def test_content_of_exactly_the_bound_passes(sh: Shell) -> None:
    data = b"x" * limits.CONTENT_BYTES_MAX + b"\n"
    stored = sh.ok("store", "-T", "Coffee", "--json", stdin=data)
    assert len(stored.json["content"]) == limits.CONTENT_BYTES_MAX


def test_without_stdin_content_is_required(sh: Shell) -> None:
    outcome = sh("store", "-T", "Coffee")
    assert outcome.code == 2
    assert outcome.err.startswith("error: content is required")
    assert sh("store", "-T", "Coffee", "-c", "-").code == 2


def test_a_real_pipe() -> None:
    outcome = process("store", "-T", "Coffee", "--json", stdin="schwarz ☕\n".encode())
    assert outcome.json["content"] == "schwarz ☕"
