"""A call: the words of the command line, taken apart at the command."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from ai_memory.errors import ValidationFailed
from ai_memory.faces.cli.parser import Parser, unknown_word

_VALUED: Final = (
    "--db", "--agent-id", "--url", "--bind", "--api-key", "--level", "--tier", "--embedder",
    "--config",
)  # fmt: skip
_PLAIN: Final = ("--json", "--quiet", "-q", "--help", "-h", "--version", "-V")


class Words(NamedTuple):
    """The words before the command, the command, and the words after it."""

    before: list[str]
    command: str | None
    after: list[str]

    def asks(self, *options: str) -> bool:
        """Whether one of these options stands before the command."""
        return any(option in self.before for option in options)


class Flags(NamedTuple):
    """The global flags: the same on every command, before or after it."""

    db: str | None = None
    agent_id: str | None = None
    url: str | None = None
    bind: str | None = None
    api_key: str | None = None
    level: str | None = None
    embedder: str | None = None
    config: str | None = None
    json: bool = False
    quiet: bool = False


class Call(NamedTuple):
    """One call, read.

    Attributes:
        command: Its name.
        flags: The global flags.
        options: The command's own values by destination; absent ones are left out.
    """

    command: str
    flags: Flags
    options: dict[str, Any]


def repair(words: Sequence[str]) -> list[str]:
    """Decode words that the locale could not: UTF-8 is what we speak.

    Raises:
        ValidationFailed: A word is not UTF-8.
    """
    return [word if word.isascii() and "\0" not in word else _decoded(word) for word in words]


def _decoded(word: str) -> str:
    try:
        # Undoes what Python did to bytes the locale does not know.
        text = os.fsencode(word).decode()
    except UnicodeError:
        text = None
    if text is None or "\0" in text:
        shown = word.encode("unicode_escape").decode()[:80]
        raise ValidationFailed(
            f"the argument '{shown}' is not valid UTF-8 text",
            hint="Give text in UTF-8, or pipe it in with --content -.",
        )
    return text


def path_of(word: str) -> Path:
    """A repaired word as the path it names, in the bytes it came in."""
    return Path(os.fsdecode(word.encode()))


def split(words: Sequence[str]) -> Words:
    """Find the command among the global flags before it.

    Raises:
        ValidationFailed: An option before the command is no global one.
    """
    at = 0
    while at < len(words):
        word = words[at]
        name, separator, _value = word.partition("=")
        if not word.startswith("-") or word == "-":
            return Words(list(words[:at]), word, list(words[at + 1 :]))
        if name in _VALUED:
            at += 1 if separator else 2
        elif word in _PLAIN:
            at += 1
        else:
            error = unknown_word(word, (*_VALUED, *_PLAIN), "")
            error.hint += " Options of a command stand after it."
            raise error
    return Words(list(words), None, [])


def add_flags(parser: Parser, *, tier_is_level: bool, short_tier: bool = False) -> None:
    """Declare the global flags.

    Args:
        parser: Of the command.
        tier_is_level: `--tier` means the feature level, where the command has no field `tier`.
        short_tier: So does `-T`.
    """
    group = parser.add_argument_group("global options (before or after the command)")
    group.add_argument("--db", metavar="PATH", help="The database file.")
    group.add_argument("--json", action="store_true", help="Print JSON, errors too.")
    group.add_argument("--agent-id", metavar="ID", help="Who you are.")
    group.add_argument("--url", metavar="URL", help="Talk to a running node instead of a file.")
    group.add_argument("--bind", metavar="HOST:PORT", help="Likewise; for serve: where to listen.")
    group.add_argument("--api-key", metavar="KEY", help="The node's key.")
    level = ["--level"]
    if tier_is_level:
        level += ["--tier"]
    if short_tier:
        level += ["-T"]
    group.add_argument(
        *level,
        dest="level",
        metavar="LEVEL",
        help="Feature level: keyword, semantic, smart, autonomous.",
    )
    group.add_argument(
        "--embedder",
        metavar="KIND",
        help="What makes vectors: minilm (English), e5 (any language).",
    )
    group.add_argument("--config", metavar="FILE", help="The settings file.")
    group.add_argument(
        "-q", "--quiet", action="store_true", help="No notes, warnings or progress on stderr."
    )


def read_call(parser: Parser, words: Words) -> Call:
    """Read the words of a command.

    Raises:
        ValidationFailed: A word is unknown, or a value is missing.
    """
    assert words.command is not None
    values = parser.read([*words.before, *words.after])
    flags = Flags(**{name: values.pop(name) for name in Flags._fields})
    given = {name: value for name, value in values.items() if value not in (None, False)}
    return Call(words.command, flags, given)
