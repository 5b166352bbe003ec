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

_AT: Final = late.pattern(r" - at `\$\.?(?P<path>[^`]*)`$")
_MISSING: Final = late.pattern(r"^Object missing required field `(?P<field>[^`]+)`")


def decode_fields(kind: type[C], fields: Mapping[str, Any], *, text: bool = False) -> C:
    """Build a command from named values.

    Args:
        kind: The command's class.
        fields: Values by field name. None means absent, where the field has no use for None.
        text: Values may be text that stands for numbers and booleans (query strings, flags).

    Raises:
        ValidationFailed: A field is unknown, missing or malformed; `field` names it.
    """
    known = kind.__struct_fields__
    given: dict[str, Any] = {}
    for name, value in fields.items():
        if name not in known:
            raise _unknown(str(name), known)
        # Only a field that is UNSET by default distinguishes None from absence.
        if value is not None or _default(kind, name) is msgspec.UNSET:
            given[name] = value
    try:
        return typed.convert(given, kind, strict=not text)
    except msgspec.ValidationError as cause:
        raise _invalid(str(cause), kind) from cause
    except (RecursionError, UnicodeEncodeError, OverflowError) as cause:
        raise ValidationFailed("the fields cannot be read") from cause


def _default(kind: type[Command], name: str) -> Any:
    names, defaults = kind.__struct_fields__, kind.__struct_defaults__
    at = names.index(name) - (len(names) - len(defaults))
    return defaults[at] if at >= 0 else None


def _unknown(name: str, known: tuple[str, ...]) -> ValidationFailed:
    from difflib import get_close_matches

    shown = name[:80].encode("utf-8", "replace").decode()
    near = get_close_matches(name, known, 1, cutoff=0.5)
    fields = ", ".join(known) or "none"
    return ValidationFailed(
        f"unknown field '{shown}'",
        hint=f"Did you mean '{near[0]}'?" if near else f"Known fields: {fields}.",
        field=shown,
    )


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
