"""Edits of JSON with comments, in place: what is not ours keeps its layout and its comments.

The text is parsed in a copy in which comments and trailing commas are blanks, so that every offset
in the copy is one in the text.
"""

from __future__ import annotations

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined] # not in the stubs
from typing import Any, Final, NamedTuple

from ai_memory.errors import ConfigInvalid

Path = tuple[str | int, ...]
"""Keys of objects and places in lists, from the outermost."""

_COMMENT: Final = re.compile(
    # What is not closed ends with the line or the text: so nothing is read twice.
    r'"(?:[^"\\\n]|\\.)*+"?|(?P<gone>//[^\n]*|/\*.*?(?:\*/|\Z)|\ufeff)',
    re.DOTALL,
)
_TRAILING: Final = re.compile(r'"(?:[^"\\\n]|\\.)*+"?|(?P<gone>,)(?=\s*+[}\]])')
_DECODER: Final = json.JSONDecoder()


class Child(NamedTuple):
    """A member of an object or an item of a list: where it, its value and its end stand."""

    key: str | int
    start: int
    value: int
    end: int


class Document:
    """A text that is JSON, perhaps with comments and trailing commas."""

    def __init__(self, text: str) -> None:
        """Read it; an empty text is an empty object.

        Raises:
            ConfigInvalid: It is no JSON, or no object.
        """
        self.text = text
        if not text.strip("\ufeff \t\r\n"):
            text = "{}\n"
            self.text = text
        self._bare = _COMMENT.sub(_blank, text)  # without comments
        self._plain = _TRAILING.sub(_blank, self._bare)
        try:
            value = json.loads(self._plain)
        except (ValueError, RecursionError) as cause:
            raise ConfigInvalid(
                f"the file is not JSON: {cause}", hint="Mend it, or add the entry by hand."
            ) from cause
        if not isinstance(value, dict):
            raise ConfigInvalid("the file is JSON, but no object", hint="Check its path.")
        self.value: dict[str, Any] = value

    def put(self, path: Path, value: Any) -> str:
        """The text with a value at a path; objects on the way are made. None of it may be a list.

        Raises:
            ConfigInvalid: Something else stands on the way.
        """
        at = self._root()
        for depth, key in enumerate(path):
            child = self._child(at, key)
            if child is None:
                for missing in reversed(path[depth + 1 :]):
                    value = {missing: value}
                return self._inserted(at, key, value)
            if depth + 1 < len(path) and self._plain[child.value] != "{":
                raise unexpected(".".join(map(str, path[: depth + 1])))
            if depth + 1 == len(path):
                shown = self._shown(value, self._indent_of(child.start))
                return self.text[: child.value] + shown + self.text[child.end :]
            at = child.value
        return self.text

    def append(self, path: Path, value: Any) -> str:
        """The text with one more item in the list at a path."""
        return self._inserted(self._at(path), None, value)

    def remove(self, path: Path) -> str:
        """The text without what is at a path, nor what held nothing else; empty if all is gone."""
        while path:
            at = self._at(path[:-1])
            child = self._child(at, path[-1])
            assert child is not None
            inside = self.text[at + 1 : self._close(at)]
            alone = inside.replace(self.text[child.start : child.end], "", 1).strip(" \t\r\n,")
            if alone:
                return self._without(at, child)
            path = path[:-1]
        return ""

    def _root(self) -> int:
        return len(self._plain) - len(self._plain.lstrip())

    def _at(self, path: Path) -> int:
        at = self._root()
        for key in path:
            child = self._child(at, key)
            assert child is not None
            at = child.value
        return at

    def _child(self, at: int, key: str | int) -> Child | None:
        """The last child of a name: of two that is the one programs see."""
        return next((one for one in reversed(self._children(at)) if one.key == key), None)

    def _children(self, at: int) -> list[Child]:
        found: list[Child] = []
        here = self._past_blanks(at + 1)
        while self._plain[here] not in "}]":
            start = here
            key: str | int = len(found)
            if self._plain[at] == "{":
                key, here = scanstring(self._plain, here + 1, True)
                here = self._past_blanks(self._past_blanks(here) + 1)
            _, end = _DECODER.raw_decode(self._plain, here)
            found.append(Child(key, start, here, end))
            here = self._past_blanks(end)
            if self._plain[here] == ",":
                here = self._past_blanks(here + 1)
        return found

    def _past_blanks(self, at: int) -> int:
        while self._plain[at] in " \t\r\n":
            at += 1
        return at

    def _close(self, at: int) -> int:
        return _DECODER.raw_decode(self._plain, at)[1] - 1

    def _indent_of(self, at: int) -> str:
        """The blanks at the beginning of a line."""
        line = self.text[self.text.rfind("\n", 0, at) + 1 : at]
        return line[: len(line) - len(line.lstrip(" \t"))]

    @property
    def _unit(self) -> str:
        first = next(iter(self._children(self._root())), None)
        return (self._indent_of(first.start) if first else "") or "  "

    @property
    def _newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    def _shown(self, value: Any, indent: str) -> str:
        lines = json.dumps(value, indent=self._unit, ensure_ascii=False).split("\n")
        return (self._newline + indent).join(lines)

    def _inserted(self, at: int, key: str | int | None, value: Any) -> str:
        """The text with one more child at the end of an object or a list."""
        text, close, children = self.text, self._close(at), self._children(at)
        outer = self._indent_of(at)
        inner = outer + self._unit
        if children and "\n" in text[at : children[0].start]:
            inner = self._indent_of(children[0].start)
        shown = self._shown(value, inner)
        if key is not None:
            shown = f"{json.dumps(key, ensure_ascii=False)}: {shown}"
        before = text[:close].rstrip(" \t\r\n") if not children else text[: children[-1].end]
        between = text[len(before) : close]
        if children and self._bare[len(before) : close].lstrip().startswith(","):
            shown += ","  # as its neighbour has one
        elif children:
            before += ","
        # What stands between the last child and the end, a comment as a rule, stays with it.
        before += between.rstrip(" \t\r\n")
        return f"{before}{self._newline}{inner}{shown}{self._newline}{outer}{text[close:]}"

    def _without(self, at: int, child: Child) -> str:
        """The text without one of several children, and without the comma that is too many."""
        text, bare = self.text, self._bare
        follows = self._past(bare, child.end)
        if bare[follows] == ",":
            end = follows + 1
            if self._plain[follows] == ",":  # another one follows, and takes the place
                rest = len(text[end:]) - len(text[end:].lstrip(" \t\r\n"))
                return text[: child.start] + text[end + rest :]
            return text[: child.start].rstrip(" \t\r\n") + text[end:]
        before = [one for one in self._children(at) if one.start < child.start]
        head = text[: child.start].rstrip(" \t\r\n")
        if before:
            comma = bare.index(",", before[-1].end)
            head = (text[:comma] + text[comma + 1 : child.start]).rstrip(" \t\r\n")
        return head + text[child.end :]

    @staticmethod
    def _past(text: str, at: int) -> int:
        while text[at] in " \t\r\n":
            at += 1
        return at


def unexpected(key: str) -> ConfigInvalid:
    """Something stands where an object or a list should."""
    return ConfigInvalid(
        f"'{key}' of the file is not what a client's settings hold", hint="Mend it first."
    )


def _blank(match: re.Match[str]) -> str:
    gone = match["gone"]
    return match[0] if gone is None else re.sub(r"[^\n]", " ", gone)
