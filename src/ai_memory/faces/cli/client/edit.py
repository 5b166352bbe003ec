"""Edits of settings files: our entry goes in, or comes out; everything else stays as it is."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from typing import Any, Final, Protocol

from ai_memory.errors import ConfigInvalid
from ai_memory.faces.cli.client.jsonc import Document, unexpected

NAME: Final = "ai-memory"
_BEGIN: Final = "# ai-memory: begin (written by `ai-memory install`)"
_END: Final = "# ai-memory: end"
_BLOCK: Final = re.compile(
    rf"(?<![\r\n])(?:\r?\n)*+{re.escape(_BEGIN)}\r?\n.*?{re.escape(_END)}\r?\n", re.DOTALL
)


class Edit(Protocol):
    """One change of one file."""

    @property
    def shown(self) -> str:
        """Our entry as it would stand in a file of its own, for a person to paste."""

    def put(self, text: str) -> str:
        """The file with our entry.

        Raises:
            ConfigInvalid: The file cannot be read as what it should be, or has another's entry.
        """

    def take(self, text: str) -> str:
        """The file without it; empty when nothing else is in it.

        Raises:
            ConfigInvalid: The file cannot be read as what it should be.
        """


class JsonEntry:
    """A server under a path of keys of a JSON object; what a person has added to it stays."""

    def __init__(self, path: tuple[str, ...], value: dict[str, Any]) -> None:
        self._path = path
        self._value = value

    @property
    def shown(self) -> str:
        """See Edit."""
        return Document("").put(self._path, self._value)

    def put(self, text: str) -> str:
        """See Edit."""
        there = self._there(Document(text))
        if there is None:
            return Document(text).put(self._path, self._value)
        if not _starts_us(there):
            raise ConfigInvalid(
                f"the file has an entry {NAME} that starts something else",
                hint="Remove it, or keep it: it names a memory already.",
            )
        for key, value in self._value.items():
            if there.get(key) != value:
                text = Document(text).put((*self._path, key), value)
        return text

    def take(self, text: str) -> str:
        """See Edit. Objects that only held our entry go with it."""
        document = Document(text)
        there = self._there(document)
        return text if there is None or not _starts_us(there) else document.remove(self._path)

    def _there(self, document: Document) -> Any:
        """What stands under our name, None if nothing does."""
        at: Any = document.value
        for key in self._path:
            if not isinstance(at, dict) or key not in at:
                return None
            at = at[key]
        return {} if at is None else at


class JsonHook:
    """A session-start hook of Claude Code: one item of a list, known by its command."""

    _LIST: Final = ("hooks", "SessionStart")

    def __init__(self, command: str) -> None:
        self._command = command
        self._item = {"matcher": "*", "hooks": [{"type": "command", "command": command}]}

    @property
    def shown(self) -> str:
        """See Edit."""
        return Document("").put(self._LIST, [self._item])

    def put(self, text: str) -> str:
        """See Edit."""
        hooks = Document(text).value.get("hooks", {})
        if not isinstance(hooks, dict):
            raise unexpected("hooks")
        items = hooks.get("SessionStart", [])
        if not isinstance(items, list):
            raise unexpected("hooks.SessionStart")
        if [command for _, command in _boots(items)] == [self._command]:
            return text
        document = Document(self.take(text))
        if "SessionStart" in document.value.get("hooks", {}):
            return document.append(self._LIST, self._item)
        return document.put(self._LIST, [self._item])

    def take(self, text: str) -> str:
        """See Edit. Hooks beside ours, in the same item too, are somebody else's."""
        while text.strip():
            document = Document(text)
            hooks = document.value.get("hooks")
            items = hooks.get("SessionStart") if isinstance(hooks, dict) else None
            if not isinstance(items, list) or not (found := _boots(items)):
                break
            at, place = found[-1][0]
            alone = len(items[at]["hooks"]) == 1
            text = document.remove(
                (*self._LIST, at) if alone else (*self._LIST, at, "hooks", place)
            )
        return text


class TomlBlock:
    """A table at the end of a TOML file, between two comments of ours."""

    def __init__(self, table: str, values: dict[str, str | list[str]]) -> None:
        # JSON's strings and lists of strings are TOML's.
        lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
        self._table = table
        self._block = "\n".join([_BEGIN, f"[{table}]", *lines, _END]) + "\n"

    @property
    def shown(self) -> str:
        """See Edit."""
        return self._block

    def put(self, text: str) -> str:
        """See Edit."""
        rest = self.take(text)
        held: Any = _toml(rest)
        for key in self._table.split("."):
            held = held.get(key, {}) if isinstance(held, dict) else {}
        if held:
            raise ConfigInvalid(
                f"the file has a table [{self._table}] that `ai-memory install` did not write",
                hint="Remove it, or keep it: it names a memory already.",
            )
        new = rest.rstrip("\n") + "\n\n" + self._block if rest.strip() else self._block
        _toml(new)
        return new

    def take(self, text: str) -> str:
        """See Edit."""
        _toml(text)
        rest = _BLOCK.sub("\n", text)
        return rest if rest.strip() else ""


def _boots(items: list[Any]) -> list[tuple[tuple[int, int], str]]:
    """The hooks that run our `boot`: which item, which of its hooks, and the command."""
    return [
        ((at, place), hook["command"])
        for at, item in enumerate(items)
        if isinstance(item, dict) and isinstance(item.get("hooks"), list)
        for place, hook in enumerate(item["hooks"])
        if isinstance(hook, dict) and _runs_us(str(hook.get("command", "")), "boot")
    ]


def _starts_us(entry: Any) -> bool:
    """Whether a server's entry is one that `install` writes, perhaps with more in it."""
    if not isinstance(entry, dict):
        return False
    words = [entry.get("command"), *(entry.get("args") or ())]
    return all(isinstance(word, str) for word in words) and _is_us(words, "mcp")


def _runs_us(command: str, verb: str) -> bool:
    try:
        return _is_us(shlex.split(command), verb)
    except ValueError:
        return False


def _is_us(words: list[Any], verb: str) -> bool:
    """Whether words start this program, by its name or by its interpreter, with a command."""
    if not words:
        return False
    program = re.split(r"[/\\]", words[0])[-1].removesuffix(".exe")
    named = program == NAME or words[1:3] == ["-m", "ai_memory"]
    return named and verb in words[1:]


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as cause:
        raise ConfigInvalid(
            f"the file is not valid TOML: {cause}", hint="Mend it first."
        ) from cause
