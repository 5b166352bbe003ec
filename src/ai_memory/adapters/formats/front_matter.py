"""The head of a note: YAML, as notes use it.

Events of the parser are put together here rather than by its own loaders: what nests or repeats
without end stops at a bound, and a value is only taken for a number where it prints back as it was
written, so that `01234`, `1.10`, `12:30:45`, `no` and dates stay the text they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from ai_memory.adapters.formats import bound
from ai_memory.adapters.formats.text import clean

_NULL: Final = frozenset(("", "~", "null", "Null", "NULL"))
_TRUTH: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False,
                 "FALSE": False}  # fmt: skip
_DIGITS_MAX: Final = 18  # of a number that every database can hold


class Front(NamedTuple):
    """The head of a note.

    Attributes:
        fields: What it says, by key; a scalar that is no number or truth is text.
        fault: What is wrong with it as YAML; then `fields` are what its lines say one by one.
        repeated: Keys that stand in it twice; the last one counts.
    """

    fields: dict[str, Any]
    fault: str = ""
    repeated: tuple[str, ...] = ()


class _Refused(ValueError):
    """The head is no YAML mapping, or one beyond the bounds."""


def split(text: str) -> tuple[str | None, str]:
    """A note's head, without its fences, and the text below; None where it has no head."""
    if not text.startswith("---"):
        return None, text
    first, at = _line(text, 0)
    if first.rstrip() != "---":
        return None, text
    start = at
    while at < len(text) and at - start <= bound.FRONT_CHARS_MAX:
        begin = at
        line, at = _line(text, at)
        if line.startswith(("---", "...")) and line.rstrip() in ("---", "..."):
            return text[start:begin], text[at:]
    return None, text


def _line(text: str, start: int) -> tuple[str, int]:
    """The line at a place, without its break, and where the next begins."""
    end = text.find("\n", start)
    return (text[start:], len(text)) if end < 0 else (text[start:end], end + 1)


def read_front(text: str) -> Front | None:
    """Read a head; None when it is text between two lines rather than a head."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        # The parser knows only line feeds where a carriage return belongs to a break.
        builder = _Builder(yaml.parse(text.replace("\r\n", "\n"), Loader=loader))
        fields = builder.document()
    except (yaml.YAMLError, _Refused, RecursionError, UnicodeError) as cause:
        fields = read_lines(text)
        return Front(fields, _fault(cause)) if fields else None
    if not isinstance(fields, dict):
        return Front({}) if fields in (None, "") and not text.strip() else None
    return Front(fields, repeated=tuple(builder.repeated))


def _fault(cause: Exception) -> str:
    mark = getattr(cause, "problem_mark", None)
    said = str(getattr(cause, "problem", None) or cause).splitlines()[0][:120]
    return f"line {mark.line + 2}: {said}" if mark is not None else said


class _Builder:
    """Puts the events of one document together."""

    def __init__(self, events: Iterator[Any]) -> None:
        self.repeated: list[str] = []
        self._events = events
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._size = 0

    def document(self) -> Any:
        """The value of the first document.

        Raises:
            _Refused: There are several, or it is too deep or too large.
        """
        import yaml

        value: Any = None
        found = False
        for event in self._events:
            if isinstance(event, yaml.events.DocumentStartEvent) and found:
                raise _Refused("more than one document")
            if isinstance(event, (yaml.NodeEvent,)):
                value, found = self._node(event, 0), True
        return value

    def _node(self, event: Any, depth: int) -> Any:
        import yaml

        before = self._size
        self._grow(1)
        if depth > bound.FRONT_DEPTH_MAX:
            raise _Refused("it nests too deep")
        if isinstance(event, yaml.AliasEvent):
            known = self._anchors.get(event.anchor)
            if known is None:
                raise _Refused(f"undefined alias {event.anchor[:40]}")
            self._grow(known[1])
            return known[0]
        value: Any
        if isinstance(event, yaml.ScalarEvent):
            self._grow(len(event.value) // 64)
            value = _scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(depth)
        else:
            value = self._mapping(depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, self._size - before)
        return value

    def _sequence(self, depth: int) -> list[Any]:
        import yaml

        items: list[Any] = []
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self._node(event, depth + 1))
        return items

    def _mapping(self, depth: int) -> dict[str, Any]:
        import yaml

        fields: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = _key(event, self._node(event, depth + 1))
            value = self._node(next(self._events), depth + 1)
            if key == "<<" and isinstance(value, dict):
                merged = {**value, **merged}
                continue
            if key in fields:
                self.repeated.append(key)
            fields[key] = value
        return {**merged, **fields}

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > bound.FRONT_NODES_MAX:
            raise _Refused("its aliases make it too large")


def _key(event: Any, value: Any) -> str:
    text = getattr(event, "value", None)
    return clean(text) if isinstance(text, str) else str(value)[:128]


def _scalar(event: Any) -> Any:
    text: str = clean(event.value)
    plain = event.implicit[0] and event.style in (None, "")
    if not plain or event.tag is not None:
        return text
    if text in _NULL:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    return _number(text)


def _number(text: str) -> int | float | str:
    """A number where it prints back as it was written, else the text."""
    if not (text[0].isdigit() or text[0] in "-.") or len(text) > _DIGITS_MAX or not text.isascii():
        return text
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        if str(number) == text and math.isfinite(number):
            return number
    return text


def read_lines(text: str) -> dict[str, Any]:
    """The keys of a head that is no YAML: words, and lists of words, line by line."""
    fields: dict[str, Any] = {}
    key = ""
    for line in clean(text).split("\n"):
        bare = line.strip()
        if bare.startswith("- ") and key and isinstance(fields[key], list):
            fields[key].append(_unquoted(bare[2:]))
            continue
        name, colon, value = line.partition(":")
        if not colon or not name.strip() or line[0].isspace() or line[0] in "-#":
            continue
        key, value = name.strip(), value.strip()
        if not value:
            fields[key] = []  # a list may follow
        elif value.startswith("[") and value.endswith("]"):
            fields[key] = [_unquoted(part) for part in value[1:-1].split(",") if part.strip()]
        else:
            fields[key] = _unquoted(value)
    return fields


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        quote, text = text[0], text[1:-1]
        text = text.replace("''", "'") if quote == "'" else text.replace('\\"', '"')
    return text
