"""An operation as a Python method: its signature and docstring, and the values it takes.

Built from the declaration when a method is first looked at, so `help(node.store)`,
`inspect.signature` and tab completion say what the declaration says.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import cache
from os import PathLike, fspath
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from ai_memory.errors import ValidationFailed
from ai_memory.operations.registry import Operation, command_type, result_type
from ai_memory.operations.schema import description_of

_PLAIN: Final = frozenset({str, int, float, bool, type(None)})


@cache
def signature_of(operation: Operation) -> inspect.Signature:
    """The parameters in the order of the fields, `self` first."""
    command = command_type(operation)
    hints = get_type_hints(command)
    names, defaults = command.__struct_fields__, command.__struct_defaults__
    parameters = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    positional, named = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    optional = by_name = False
    for at, name in enumerate(names, len(defaults) - len(names)):
        default = defaults[at] if at >= 0 else msgspec.NODEFAULT
        by_name |= default is msgspec.NODEFAULT and optional
        optional |= default is not msgspec.NODEFAULT
        kind = named if by_name else positional
        parameters.append(
            inspect.Parameter(name, kind, default=_shown(default), annotation=hints[name])
        )
    answer = "Iterator[bytes]" if operation.streams else result_type(operation).__name__
    return inspect.Signature(parameters, return_annotation=answer)


def _shown(default: Any) -> Any:
    """A default as people write it; of what is absent or made anew each time, an ellipsis."""
    if default is msgspec.NODEFAULT:
        return inspect.Parameter.empty
    return default if type(default) in _PLAIN or default == () else ...


@cache
def docstring_of(operation: Operation) -> str:
    """What the command is for, and each field's description."""
    command = command_type(operation)
    hints = get_type_hints(command, include_extras=True)
    told = [(name, _description(hints[name])) for name in command.__struct_fields__]
    lines = [f"    {name}: {said}" for name, said in told if said]
    arguments = ["", "Args:", *lines] if lines else []
    return "\n".join([description_of(command), *arguments])


def _description(hint: Any) -> str:
    """The description of an annotated type, wherever it stands in it."""
    if get_origin(hint) is Annotated:
        for meta in hint.__metadata__:
            if isinstance(meta, msgspec.Meta) and meta.description:
                return meta.description
    return next(filter(None, map(_description, get_args(hint))), "")


def plain(value: Any, *, field: str = "") -> Any:
    """A value as JSON has it: what Python has richer types for is written as the fields take it.

    An instant without a zone is in UTC, as it is in text; a date is the whole day; a timedelta is
    seconds; where an instant is asked for, so long ago, and of an expiry so far ahead.

    Args:
        value: A JSON value, or datetime, date, timedelta, enum, path, UUID, set or tuple, at any
            depth.
        field: Whose value it is.

    Raises:
        ValidationFailed: It is of another type.
    """
    kind = type(value)
    if kind is str:
        return _text(value, field)
    if kind in _PLAIN:
        return value
    if isinstance(value, Mapping):
        return {
            _text(key, field) if type(key) is str else key: plain(inner, field=str(key))
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [plain(inner, field=field) for inner in value]
    if isinstance(value, set | frozenset):
        return sorted(plain(inner, field=field) for inner in value)
    return _written(value, field)


def _text(value: str, field: str) -> str:
    """A text that can be written.

    Raises:
        ValidationFailed: Half a surrogate pair stands in it.
    """
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as cause:
            field = field.encode(errors="replace").decode()
            raise ValidationFailed(
                f"{field} contains half a surrogate pair",
                hint="Decode the text with errors='replace'.",
                field=field,
            ) from cause
    return value


def _written(value: Any, field: str) -> Any:
    match value:
        case Enum():
            return plain(value.value, field=field)
        case datetime():
            return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
        case date():
            return value.isoformat()
        case timedelta():
            seconds = round(value.total_seconds())
            return seconds if field.endswith("_secs") else f"{seconds}s"
        case UUID():
            return str(value)
        case PathLike():
            return fspath(value)
        case str() | int() | float() | msgspec.UnsetType():  # and what is derived from them
            return value
    raise ValidationFailed(
        f"{field or 'a value'} is a {type(value).__name__}, which JSON cannot say",
        hint="Give text, a number, a list, a dict, or a datetime, date or timedelta.",
        **({"field": field} if field else {}),
    )
