"""The Python API as type checkers see it: src/ai_memory/methods.pyi, from the registry."""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import inspect as kinds

from ai_memory.operations.registry import OPERATIONS, Operation, command_type, result_type
from ai_memory.operations.schema import summary_of

PATH = Path(__file__).parents[1] / "src" / "ai_memory" / "methods.pyi"
HEAD = '''\
"""What every operation takes and answers, for type checkers; nothing here exists when it runs.

Written by scripts/reference.py; change the declarations, then `make docs`. An answer is a dict
whose keys can be read as attributes. Which of them may be missing, docs/reference/operations.md
says; `answer.get("key")` asks.
"""

import builtins
import datetime
from collections.abc import AsyncIterator, Generator
from typing import Any, Literal

'''
PLAIN = {
    kinds.AnyType: "Any",
    kinds.BoolType: "bool",
    kinds.IntType: "int",
    kinds.FloatType: "float",
    kinds.NoneType: "None",
    kinds.RawType: "Any",
    kinds.StrType: "str",
}
INSTANTS = {
    "expires_at", "since", "until", "valid_from", "valid_until", "valid_at", "as_of",
    "as_recorded_at",
}  # fmt: skip
DICT = "builtins.dict"
LIST = "builtins.list"


def methods() -> str:
    """The whole stub."""
    offered = [operation for operation in OPERATIONS if operation.faces]
    answers: dict[type, kinds.StructType] = {}
    for operation in offered:
        if not operation.streams:
            _collect(kinds.type_info(result_type(operation)), answers)
    parts = [HEAD, *(_answer(kind) for kind in answers.values())]
    for name, prefix in (("Methods", ""), ("AsyncMethods", "async ")):
        parts += [f"class {name}:\n"]
        parts += [_method(operation, prefix) for operation in offered]
    return "\n".join(parts)


def _collect(kind: Any, found: dict[type, kinds.StructType]) -> None:
    """Every struct a type is made of; some are made of themselves."""
    if isinstance(kind, kinds.StructType):
        if kind.cls in found:
            return
        names = {each.__name__ for each in found}
        assert kind.cls.__name__ not in names, f"two results are called {kind.cls.__name__}"
        found[kind.cls] = kind
        for field in kind.fields:
            _collect(field.type, found)
    for inner in _inner(kind):
        _collect(inner, found)


def _inner(kind: Any) -> Iterator[Any]:
    if isinstance(kind, kinds.UnionType):
        yield from kind.types
    elif isinstance(kind, kinds.TupleType):
        yield from kind.item_types
    elif isinstance(kind, kinds.DictType):
        yield kind.value_type
    elif isinstance(kind, kinds.CollectionType):
        yield kind.item_type


def _answer(kind: kinds.StructType) -> str:
    lines = [f"class {kind.cls.__name__}({DICT}[str, Any]):"]
    lines += [
        f"    {field.encode_name}: {_type(field.type)}"
        for field in kind.fields
        # A dict's own methods win over its keys: `answer["items"]`.
        if not hasattr(dict, field.encode_name) and not keyword.iskeyword(field.encode_name)
    ]
    if len(lines) == 1:
        lines.append("    ...")
    return "\n".join([*lines, ""])


def _method(operation: Operation, prefix: str) -> str:
    command = command_type(operation)
    answer = result_type(operation).__name__
    if operation.streams:  # pieces: no dict, and nothing to await before the first
        answer = "AsyncIterator[bytes]" if prefix else "Generator[bytes, None, None]"
        prefix = ""
    fields = kinds.type_info(command).fields  # type: ignore[attr-defined]
    names = [operation.name]
    if operation.method != operation.name and not keyword.iskeyword(operation.method):
        names.insert(0, operation.method)
    lines = [f"    {prefix}def {names[0]}(", "        self,"]
    optional = False
    for field in fields:
        if field.required and optional:
            lines.append("        *,")
            optional = False
        optional |= not field.required
        said = f"        {field.name}: {_taken(field)}"
        lines.append(f"{said}," if field.required else f"{said} = {_default(field)},")
    said = summary_of(command).replace("\\", "\\\\")
    lines += [f"    ) -> {answer}:", f'        """{said}"""', ""]
    lines += [f"    {name} = {names[0]}\n" for name in names[1:]]
    return "\n".join(lines)


def _taken(field: kinds.Field) -> str:
    """What an argument may be: its type, and what Python has richer types for."""
    said = _type(field.type, given=True)
    if field.name in INSTANTS:
        return said.replace(
            "str", "str | datetime.datetime | datetime.date | datetime.timedelta", 1
        )
    if field.name.endswith("_secs"):
        return said.replace("int", "int | datetime.timedelta", 1)
    if field.name == "tags" and LIST in said:
        return f"{said} | builtins.set[str] | builtins.frozenset[str]"
    return said


def _default(field: kinds.Field) -> str:
    value = field.default
    return repr(value) if isinstance(value, str | int | float | None) else "..."


def _type(kind: Any, *, given: bool = False) -> str:
    """A type as it is written; `given` as an argument, otherwise as it comes out of JSON."""
    if isinstance(kind, kinds.Metadata):
        return _type(kind.type, given=given)
    if type(kind) in PLAIN:
        return PLAIN[type(kind)]
    if isinstance(kind, kinds.LiteralType):
        return f"Literal[{', '.join(map(repr, kind.values))}]"
    if isinstance(kind, kinds.UnionType):
        return " | ".join(dict.fromkeys(_type(each, given=given) for each in kind.types))
    if isinstance(kind, kinds.StructType):
        return f"{DICT}[str, Any]" if given else kind.cls.__name__
    if isinstance(kind, kinds.DictType):
        return f"{DICT}[str, {_type(kind.value_type, given=given)}]"
    if isinstance(kind, kinds.TupleType):
        items = " | ".join(dict.fromkeys(_type(each, given=given) for each in kind.item_types))
        return f"{LIST}[{items}]"
    if isinstance(kind, kinds.CollectionType):
        item = _type(kind.item_type, given=given)
        return f"{LIST}[{item}] | tuple[{item}, ...]" if given else f"{LIST}[{item}]"
    raise TypeError(f"no way to write {kind!r}: teach scripts/methods.py")
