"""The JSON objects of an input: of a JSON array, of JSON Lines, or one alone."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from ai_memory import typed
from ai_memory.adapters.formats import bound
from ai_memory.adapters.formats.record import ImportProblem
from ai_memory.adapters.formats.source import Source
from ai_memory.adapters.formats.text import excerpt
from ai_memory.adapters.formats.value import Malformed, decode, decode_from

_BLANK: Final = b" \t\r\n"
_EXPORT: Final = re.compile(
    rb'\{\s*"(?:memories|links|count|exported_at|entities|relations|results|data|export_metadata)"\s*:'
)
_SEPARATORS: Final = re.compile(r"[\s,]*")


class Element(NamedTuple):
    """One object of the input.

    Attributes:
        line: Its line in JSON Lines, its ordinal in an array; from 1.
        value: The object.
    """

    line: int
    value: dict[str, Any]


def elements(source: Source) -> Iterator[Element | ImportProblem]:
    """Every object of the input, in order, and a problem for each piece that is none.

    JSON Lines are read line by line and may be of any length; a document is held in memory.
    """
    yield from _of_document(source) if is_document(source.head) else _of_lines(source)
    if source.failure is not None:
        yield ImportProblem(line=1, message=source.failure)


def is_document(head: bytes) -> bool:
    """Whether the input is one JSON value rather than one on each line, judged by how it begins."""
    head = head.lstrip(_BLANK)
    if head.startswith(b"[") or _EXPORT.match(head):
        return True
    first, *others = head.split(b"\n")
    if not first.startswith(b"{") or not others or _object(first):
        return False
    # An object broken over lines, or a broken line among good ones.
    return not any(_object(line) for line in others[:-1])


def _object(line: bytes | bytearray) -> bool:
    try:
        return line.startswith(b"{") and isinstance(decode(line), dict)
    except Malformed:
        return False


def _of_lines(source: Source) -> Iterator[Element | ImportProblem]:
    for line in source.lines():
        if line.too_long:
            message = f"the line is longer than {bound.LINE_BYTES_MAX // 2**20} MiB"
            yield ImportProblem(line=line.number, message=message, excerpt=excerpt(line.data))
        elif line.data.strip():
            yield _element(line.number, line.data)


def _of_document(source: Source) -> Iterator[Element | ImportProblem]:
    data = source.document()
    if data is None:
        yield ImportProblem(
            line=1,
            message=f"the JSON document is larger than {bound.DOCUMENT_BYTES_MAX // 2**20} MiB; "
            "convert it to JSON Lines, one object on each line, which may be of any length",
        )
        return
    if not source.head.lstrip(_BLANK).startswith(b"["):
        yield from _of_object(data, source)
        return
    try:
        pieces = typed.decode_json(data, list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        yield from _salvaged(data.decode(), source)
        return
    for number, piece in enumerate(pieces, 1):
        source.done = len(data) * number // len(pieces)
        yield _element(number, memoryview(piece))


def _of_object(data: bytearray, source: Source) -> Iterator[Element | ImportProblem]:
    """The one object of a document, or the good lines where it was none after all."""
    found = _element(1, data)
    if isinstance(found, Element):
        yield found
    elif any(_object(line) for line in data.split(b"\n")):
        yield from _of_lines(Source(io.BytesIO(data), remarks=source.remarks, place=source.place))
    else:
        yield found


def _element(line: int, data: bytes | bytearray | memoryview) -> Element | ImportProblem:
    try:
        value = decode(data)
    except Malformed as cause:
        return _problem(line, str(cause), data)
    if isinstance(value, dict):
        return Element(line, value)
    return _problem(line, "expected a JSON object", data)


def _problem(line: int, message: str, data: bytes | bytearray | memoryview) -> ImportProblem:
    return ImportProblem(line=line, message=message, excerpt=excerpt(bytes(data[:1024])))


def _salvaged(text: str, source: Source) -> Iterator[Element | ImportProblem]:
    """What is whole in a broken array, such as an export whose download was cut off.

    Behind a broken element reading goes on where a line begins an object as deep as that one did.
    """
    position, number, broken = text.index("[") + 1, 0, 0
    while True:
        position = _end_of(_SEPARATORS, text, position)
        if position >= len(text):
            yield ImportProblem(line=number + 1, message="the JSON array is cut off")
            return
        if text[position] == "]":
            return
        number += 1
        source.done = (source.total or len(text)) * position // len(text)
        try:
            value, end = decode_from(text, position)
        except Malformed as cause:
            broken += 1
            end = _resumed(text, position) if broken < bound.BROKEN_ELEMENTS_MAX else -1
            lost = end if end >= 0 else len(text)
            message = f"{cause}; {lost - position} characters are skipped"
            yield ImportProblem(line=number, message=message, excerpt=excerpt(text[position:lost]))
            if end < 0:
                return
        else:
            if isinstance(value, dict):
                yield Element(number, value)
            else:
                yield _problem(number, "expected a JSON object", text[position:end][:1024].encode())
        position = end


def _resumed(text: str, broken: int) -> int:
    """Where the next object begins on a line, indented like the broken one; -1: nowhere."""
    line_start = text.rfind("\n", 0, broken) + 1
    indent = text[line_start:broken]
    begin = "\n" + (indent if indent.isspace() else "") + "{"
    found = text.find(begin, broken)
    return found + len(begin) - 1 if found >= 0 else -1


def _end_of(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position
