"""argparse, with our errors: one shape, and the nearest known word."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

from ai_memory.errors import ValidationFailed
from ai_memory.faces.cli.output import emit

_CHECKED_WIDTH = 80


class Parser(argparse.ArgumentParser):
    """The parser of one command."""

    def __init__(self, command: str, description: str = "") -> None:
        self._is_shown = False
        super().__init__(
            prog=f"ai-memory {command}",
            allow_abbrev=False,  # an abbreviation of today is ambiguous tomorrow
        )
        self._command = command
        # What looks like a negative number is a value and no option: `--since -7d` is one as well.
        self._negative_number_matcher = re.compile(r"-\d+(?:\.\d*)?[A-Za-z ]*$|-\.\d+$")
        self._describe: Callable[[], str] = lambda: description

    def describe(self, describe: Callable[[], str]) -> None:
        """Ask for the description when the help is shown, and not before."""
        self._describe = describe

    def _get_formatter(self) -> argparse.HelpFormatter:
        """Asked by `add_argument` too, to check a metavar: the width is looked up for a help only.

        To look it up is to import shutil and the compressions.
        """
        width = None if self._is_shown else _CHECKED_WIDTH
        return argparse.RawDescriptionHelpFormatter(self.prog, width=width)

    def format_help(self) -> str:
        """The help text."""
        self.description = self._describe()
        self._is_shown = True
        return super().format_help()

    def print_help(self, file: Any = None) -> None:
        """Print the help text; argparse would swallow that nobody reads it."""
        del file
        emit(self.format_help().rstrip())

    def error(self, message: str) -> NoReturn:
        """Refuse the words.

        Raises:
            ValidationFailed: Always.
        """
        text = message.removeprefix("argument ")
        raise ValidationFailed(text, hint=f"`ai-memory {self._command} --help` explains it.")

    def read(self, words: Sequence[str]) -> dict[str, Any]:
        """The values of the words, by destination.

        Raises:
            ValidationFailed: A word is unknown, or a value is missing.
        """
        namespace, extra = self.parse_known_args(list(words))
        if extra:
            raise unknown_word(extra[0], self._option_string_actions, self._command)
        return vars(namespace)


def unknown_word(word: str, known: Iterable[str], command: str) -> ValidationFailed:
    """The error for a word nobody asked for."""
    name = word.partition("=")[0][:80]
    place = f"ai-memory {command}".rstrip()
    if not name.startswith("-"):
        return unexpected_word(name, command)
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), 1, cutoff=0.65)
    return ValidationFailed(
        f"unknown option '{name}'",
        hint=(f"Did you mean {near[0]}? " if near else "") + f"`{place} --help` lists them all.",
    )


def unexpected_word(word: str, command: str) -> ValidationFailed:
    """The error for a word where none is taken."""
    place = f"ai-memory {command}".rstrip()
    return ValidationFailed(
        f"unexpected argument '{word[:80]}'",
        hint=f"Quote text that has spaces. `{place} --help` shows the usage.",
    )
