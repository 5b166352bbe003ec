"""Edits of settings files: our entry goes in, or comes out; everything else stays as it is."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any, Final, Protocol

from ai_memory.errors import ConfigInvalid

NAME: Final = "ai-memory"
_BEGIN: Final = "# ai-memory: begin (written by `ai-memory install`)"
_END: Final = "# ai-memory: end"
_BLOCK: Final = re.compile(rf"\n*{re.escape(_BEGIN)}\n.*?{re.escape(_END)}\n", re.DOTALL)


class Edit(Protocol):
    """One change of one file."""

    def put(self, text: str) -> str:
        """The file with our entry.

        Raises:
            ConfigInvalid: The file cannot be read as what it should be.
        """

    def take(self, text: str) -> str:
        """The file without it; empty when nothing else is in it.

        Raises:
            ConfigInvalid: The file cannot be read as what it should be.
        """


class JsonEntry:
    """A value under a path of keys of a JSON object."""

    def __init__(self, path: tuple[str, ...], value: Any) -> None:
        self._path = path
        self._value = value

    def put(self, text: str) -> str:
        """See Edit."""
        root = _object(text)
        at = root
        for key in self._path[:-1]:
            at = at.setdefault(key, {})
            if not isinstance(at, dict):
                raise _unexpected(key)
        if at.get(self._path[-1]) == self._value:
            return text
        at[self._path[-1]] = self._value
        return _written(root)

    def take(self, text: str) -> str:
        """See Edit. Objects that only held our entry go with it."""
        root = _object(text)
        holders = [root]
        for key in self._path[:-1]:
            inner = holders[-1].get(key)
            if not isinstance(inner, dict):
                return text
            holders.append(inner)
        if self._path[-1] not in holders[-1]:
            return text
        for holder, key in zip(reversed(holders), reversed(self._path), strict=True):
            del holder[key]
            if holder:
                break
        return _written(root) if root else ""


class JsonHook:
    """A session-start hook of Claude Code: one item of a list, known by its command."""

    def __init__(self, command: str) -> None:
        self._item = {"matcher": "*", "hooks": [{"type": "command", "command": command}]}

    def put(self, text: str) -> str:
        """See Edit."""
        root = _object(text)
        hooks = root.setdefault("hooks", {})
        if not isinstance(hooks, dict):
            raise _unexpected("hooks")
        items = hooks.setdefault("SessionStart", [])
        if not isinstance(items, list):
            raise _unexpected("hooks.SessionStart")
        if self._item in items:
            return text
        items[:] = [item for item in items if not _is_ours(item)] + [self._item]
        return _written(root)

    def take(self, text: str) -> str:
        """See Edit."""
        root = _object(text)
        hooks = root.get("hooks")
        if not isinstance(hooks, dict):
            return text
        items = hooks.get("SessionStart")
        if not isinstance(items, list) or not any(map(_is_ours, items)):
            return text
        kept = [item for item in items if not _is_ours(item)]
        if kept:
            hooks["SessionStart"] = kept
        else:
            del hooks["SessionStart"]
            if not hooks:
                del root["hooks"]
        return _written(root) if root else ""


class TomlBlock:
    """A table at the end of a TOML file, between two comments of ours."""

    def __init__(self, table: str, values: dict[str, str | list[str]]) -> None:
        # JSON's strings and lists of strings are TOML's.
        lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
        self._table = table
        self._block = "\n".join([_BEGIN, f"[{table}]", *lines, _END]) + "\n"

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


def _is_ours(item: Any) -> bool:
    hooks = item.get("hooks", []) if isinstance(item, dict) else []
    return any(
        isinstance(hook, dict) and " boot " in f"{hook.get('command', '')} "
        and ("ai-memory" in hook["command"] or "ai_memory" in hook["command"])
        for hook in hooks
    )  # fmt: skip


def _object(text: str) -> dict[str, Any]:
    if not text.strip():
        return {}
    try:
        value = json.loads(text)
    except ValueError as cause:
        raise ConfigInvalid(
            f"the file is not plain JSON: {cause}",
            hint="Comments and trailing commas cannot be kept: add the entry by hand "
            "(--dry-run on an empty file shows it).",
        ) from cause
    if not isinstance(value, dict):
        raise ConfigInvalid("the file is JSON, but no object", hint="Check its path.")
    return value


def _written(root: dict[str, Any]) -> str:
    return json.dumps(root, indent=2, ensure_ascii=False) + "\n"


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as cause:
        raise ConfigInvalid(
            f"the file is not valid TOML: {cause}", hint="Mend it first."
        ) from cause


def _unexpected(key: str) -> ConfigInvalid:
    return ConfigInvalid(
        f"'{key}' of the file is not what a client's settings hold", hint="Mend it first."
    )
