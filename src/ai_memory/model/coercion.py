"""What a value means where it is not of the declared type.

Clients send every argument as text, know one kind of number, or write a list of one as the one.
Where such a value can mean one thing it is taken as that; where it can mean two it stays as it
is, and is refused with the type's own error. A text stays a text wherever a text may stand.

This is the second try, after the value was refused: a well-formed command never comes here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import inspect

from ai_memory import late

_WHOLE: Final = late.pattern(r"[+-]?\d{1,18}(?:\.0{1,6})?")
_NUMBER: Final = late.pattern(r"[+-]?(?:\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})(?:[eE][+-]?\d{1,2})?")
_TRUTHS: Final[Mapping[str, bool]] = {
    "true": True, "yes": True, "on": True, "1": True,
    "false": False, "no": False, "off": False, "0": False,
}  # fmt: skip
_WHOLE_MAX: Final = 2**53
"""Beyond, a float does not say which whole number it is."""
_LISTS_OF_WORDS: Final = frozenset(("tags", "ids", "relations", "allowed_agents"))
"""Lists whose items hold no comma as a rule; aliases (`Lovelace, Ada`) and turns of talk do."""
_CAREFUL: Final = frozenset(("delete", "maintain"))
"""Actions for which a blank filter must not come to mean all."""


def as_meant(kind: type[msgspec.Struct], given: Mapping[str, Any], *, text: bool) -> dict[str, Any]:
    """The fields of a command, each as its type wants it where that is clear.

    Args:
        kind: The command's class.
        given: By name, all known; they did not fit.
        text: They are text by nature (a query string): a blank one is a blank.
    """
    careful = text or getattr(kind, "action", "") in _CAREFUL
    meant: dict[str, Any] = {}
    for name, value in given.items():
        field = _fields(kind)[name]
        blank = isinstance(value, str) and not value.strip()
        if blank and not field.required and not careful:
            if not _is_unset(field):
                continue  # nothing was given
            # What is left out stays as it was: a blank could mean that, or that it is to go.
            meant[name] = None if _takes(field.type, None) else value
        else:
            meant[name] = _coerced(value, field.type, splits=name in _LISTS_OF_WORDS)
    return meant


def _is_unset(field: Any) -> bool:
    """Whether leaving a field out is a value of its own; a description has no default then."""
    return bool(field.default is field.default_factory is msgspec.NODEFAULT)


@cache
def _fields(kind: type[msgspec.Struct]) -> dict[str, Any]:
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    return {field.name: field for field in described.fields}


def _coerced(value: Any, kind: Any, *, splits: bool = False) -> Any:
    """The value as `kind` wants it, or as it was."""
    match kind:
        case inspect.Metadata():
            return _coerced(value, kind.type, splits=splits)
        case inspect.UnionType():
            return _as_one_of(value, kind.types, splits=splits)
        case inspect.LiteralType():
            return _as_choice(value, kind.values)
        case inspect.ListType() | inspect.VarTupleType():
            return _as_list(value, kind.item_type, splits=splits)
        case _:
            reading = _READINGS.get(type(kind))
            return value if reading is None else reading(value)


def _as_one_of(value: Any, kinds: tuple[Any, ...], *, splits: bool) -> Any:
    for kind in kinds:
        if _takes(kind, value):
            return _coerced(value, kind, splits=splits)
    for kind in kinds:
        meant = _coerced(value, kind, splits=splits)
        if _takes(kind, meant):
            return meant
    return value


def _takes(kind: Any, value: Any) -> bool:
    """Whether a value is of a type, at its outside."""
    if isinstance(kind, inspect.Metadata):
        return _takes(kind.type, value)
    if isinstance(kind, inspect.UnionType):
        return any(_takes(one, value) for one in kind.types)
    if isinstance(kind, inspect.LiteralType):
        return isinstance(value, str) and value in kind.values
    if isinstance(value, bool):
        return isinstance(kind, inspect.BoolType)
    return isinstance(value, _TAKEN.get(type(kind), ()))


def _as_whole(value: Any) -> Any:
    """`"5"`, `5.0` and `"5.0"` are 5; 5.5 is not."""
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value.strip().partition(".")[0])
    if isinstance(value, float) and value.is_integer() and abs(value) <= _WHOLE_MAX:
        return int(value)
    return value


def _as_number(value: Any) -> Any:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value)
    return value


def _as_truth(value: Any) -> Any:
    if isinstance(value, str):
        return _TRUTHS.get(value.strip().lower(), value)
    return bool(value) if isinstance(value, int | float) and value in (0, 1) else value


def _as_choice(value: Any, choices: tuple[Any, ...]) -> Any:
    """`Long` is long, `related-to` related_to, 2 is "2"."""
    if isinstance(value, int | float):
        value = _as_text(_as_whole(value))
    if not isinstance(value, str):
        return value
    spelled = re.sub(r"[\s_-]+", "_", value.strip()).casefold()
    return next((one for one in choices if spelled == str(one).replace("-", "_")), value)


def _as_text(value: Any) -> Any:
    """A whole number is its digits (an id, a title that is a year); a list of one text is it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 2**64 else value
    if isinstance(value, list | tuple) and len(value) == 1 and isinstance(value[0], str):
        return value[0]
    return value


def _as_list(value: Any, item: Any, *, splits: bool) -> Any:
    if isinstance(value, str):
        found = _json_of(value)
        if isinstance(found, list):
            value = found
        elif found is not None or not value.strip():
            value = [] if found is None else [found]
        else:
            value = [part.strip() for part in value.split(",")] if splits else [value]
            value = [part for part in value if part]
    elif isinstance(value, dict | int) and not isinstance(value, bool):
        value = [value]
    if not isinstance(value, list | tuple):
        return value
    return [one if _takes(item, one) else _coerced(one, item) for one in value]


def _json_of(text: str) -> Any:
    """The JSON list or object that a text is, None if it is neither."""
    stripped = text.strip()
    if stripped[:1] + stripped[-1:] not in ("[]", "{}"):
        return None
    try:
        return msgspec.json.decode(stripped)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _as_object(value: Any) -> Any:
    found = _json_of(value) if isinstance(value, str) else None
    return found if isinstance(found, dict) else value


_READINGS: Final[Mapping[type, Callable[[Any], Any]]] = {
    inspect.IntType: _as_whole,
    inspect.FloatType: _as_number,
    inspect.BoolType: _as_truth,
    inspect.StrType: _as_text,
    inspect.DictType: _as_object,
    inspect.StructType: _as_object,
}
_TAKEN: Final[Mapping[type, tuple[type, ...]]] = {
    inspect.NoneType: (type(None),),
    inspect.IntType: (int,),
    inspect.FloatType: (int, float),
    inspect.StrType: (str,),
    inspect.ListType: (list, tuple),
    inspect.VarTupleType: (list, tuple),
    inspect.DictType: (dict,),
    inspect.StructType: (dict,),
}
