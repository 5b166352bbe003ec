"""Step 1: fields → Command. Unknown and malformed fields stop here, with a clear error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar, get_type_hints

import msgspec

from ai_memory import late, typed
from ai_memory.errors import ValidationFailed
from ai_memory.model.command import Command

C = TypeVar("C", bound=Command)

_NAME_CHARS_MAX: Final = 80

_AT: Final = late.pattern(r" - at `\$\.?(?P<path>[^`]*)`$")
_MISSING: Final = late.pattern(r"^Object missing required field `(?P<field>[^`]+)`")


def decode_fields(kind: type[C], fields: Mapping[str, Any], *, text: bool = False) -> C:
    """Build a command from named values.

    What is well-formed is taken at once. Only what was refused is looked at again, for what it can
    only mean: a field under a name it has elsewhere, a number or a list as its text.

    Args:
        kind: The command's class.
        fields: Values by field name. None means absent, where the field has no use for None.
        text: Values may be text that stands for numbers and booleans (query strings, flags).

    Raises:
        ValidationFailed: A field is unknown, missing or malformed; `field` names it.
    """
    given = kind.completed(_by_name(kind, fields))
    try:
        return typed.convert(given, kind, strict=not text)
    except (msgspec.ValidationError, ValidationFailed):
        from ai_memory.model.coercion import as_meant

        given = as_meant(kind, given, text=text)
    except (RecursionError, UnicodeEncodeError, OverflowError) as cause:
        raise ValidationFailed("the fields cannot be read") from cause
    try:
        return typed.convert(given, kind, strict=not text)
    except msgspec.ValidationError as refusal:
        raise _invalid(str(refusal), kind) from refusal
    except (RecursionError, UnicodeEncodeError, OverflowError) as cause:
        raise ValidationFailed("the fields cannot be read") from cause


def _by_name(kind: type[Command], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The values that say something, under the names of the fields they are for."""
    known = kind.__struct_fields__
    given: dict[str, Any] = {}
    for name, value in fields.items():
        field = name if name in known else _meant(str(name), known)
        # Only a field that is UNSET by default distinguishes None from absence.
        if value is None and _default(kind, field) is not msgspec.UNSET:
            continue
        if field != name and (field in fields or given.get(field, value) != value):
            shown = _shown(str(name))
            raise ValidationFailed(
                f"'{shown}' is another name for {field}, which is given too",
                hint="Give it once.",
                field=field,
            )
        given[field] = value
    return given


def _default(kind: type[Command], name: str) -> Any:
    names, defaults = kind.__struct_fields__, kind.__struct_defaults__
    at = names.index(name) - (len(names) - len(defaults))
    return defaults[at] if at >= 0 else None


def _meant(name: str, known: tuple[str, ...]) -> str:
    """The field a name stands for that is no field's.

    Raises:
        ValidationFailed: It stands for none, or may stand for several.
    """
    from difflib import get_close_matches

    from ai_memory.model.synonym import fields_meant, spelled

    meant = fields_meant(name[:_NAME_CHARS_MAX], known)
    if len(meant) == 1:
        return meant[0]
    shown = _shown(name)
    near = meant or tuple(get_close_matches(spelled(shown), known, 1, cutoff=0.5))
    asked = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
    raise ValidationFailed(
        f"unknown field '{shown}'",
        hint=f"{asked}Known fields: {', '.join(known) or 'none'}.",
        field=shown,
    )


def _shown(name: str) -> str:
    return name[:_NAME_CHARS_MAX].encode("utf-8", "replace").decode()


def _invalid(text: str, kind: type[Command]) -> ValidationFailed:
    """msgspec's sentence in our words."""
    missing = _MISSING.match(text)
    if missing:
        field = missing["field"]
        return ValidationFailed(f"{field} is required", hint=_hint(kind, field), field=field)
    at = _AT.search(text)
    path = at["path"] if at else ""
    field = re.split(r"[.\[]", path, maxsplit=1)[0] or path
    reason = _AT.sub("", text)
    reason = reason[:1].lower() + reason[1:]
    return ValidationFailed(
        f"{path}: {reason}" if path else reason,
        hint=_hint(kind, field),
        **({"field": field} if field else {}),
    )


def _hint(kind: type[Command], field: str) -> str:
    """What the field takes, from its declaration."""
    annotation = str(get_type_hints(kind, include_extras=True).get(field, ""))
    choices = re.search(r"Literal\[(.*?)\]", annotation)
    if choices:
        return f"Use one of {choices[1].replace(chr(39), '')}."
    said = re.search(r"description=(['\"])(.*?)\1[,)]", annotation)
    return said[2] if said else "See the reference for the field's type and bounds."
