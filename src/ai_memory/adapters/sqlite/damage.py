"""Damage: rows that hold something else than they should, read field by field.

A disk, another program or an earlier build may have left a row that no longer reads as what it is.
It must not take the others of its page with it: what is left of it is shown, and named damaged.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, Final, TypeVar

import msgspec

from ai_memory import typed
from ai_memory.adapters.sqlite.row import Row
from ai_memory.model.memory import Archived, DamagedMemory, Memory, Payload, Version
from ai_memory.model.record import PastVersion

T = TypeVar("T")

_JSON_COLUMNS: Final = ("v.tags", "v.metadata", "tags", "metadata")
_STAND_INS: Final[Mapping[str, Any]] = {
    "id": "", "namespace": "global", "title": "(damaged)", "content": "", "created_at": 0,
    "updated_at": 0, "hash": "", "number": 1, "written_at": 0, "current": False, "memory_id": "",
    "archived_at": 0, "reason": "", "key": 0,
}  # fmt: skip


def salvage(
    rows: msgspec.json.Decoder[list[T]],
    kind: str,
    ask: Callable[[str], Any],
    sql: str,
) -> list[T]:
    """The rows of a query that could not be read as they are.

    Args:
        rows: Reads all of them; each sound one is read by it.
        kind: What a damaged one becomes: row, archived, version or past.
        ask: Runs SQL with the query's values.
        sql: The query.

    Raises:
        apsw.Error: It fails for another reason.
    """
    for column in _JSON_COLUMNS:
        sql = sql.replace(
            f"json({column})", f"iif(json_valid({column}), json({column}), json_quote({column}))"
        )
    # As bytes: a text that is no UTF-8 would not become one of Python's.
    text: bytes = ask(f"SELECT CAST((\n{sql}\n) AS BLOB)")
    found: list[T] = []
    for raw in typed.decode_json(text.decode(errors="replace"), list[msgspec.Raw]):
        try:
            found += rows.decode(b"[%b]" % bytes(raw))
        except msgspec.DecodeError:
            found.append(_MEND[kind](json.loads(bytes(raw))))
    return found


def damaged_row(value: Any) -> Row:
    """A live memory with what of it can be read."""
    return Row(value["key"], str(value["hash"]), damaged_memory(value["memory"]))


def damaged_archived(value: Any) -> Archived:
    """An archived memory likewise."""
    fields, _bad = _read(Archived, {**value, "memory": None}, skip=("memory",))
    return Archived(memory=damaged_memory(value["memory"]), **fields)


def damaged_version(value: Any) -> Version:
    """A version likewise."""
    fields, _bad = _read(Version, value, skip=("payload",))
    return Version(payload=_payload(value["payload"]), **fields)


def damaged_past(value: Any) -> PastVersion:
    """An earlier version likewise."""
    fields, _bad = _read(PastVersion, value, skip=("payload",))
    return PastVersion(payload=_payload(value["payload"]), **fields)


def damaged_memory(value: Any) -> DamagedMemory:
    """A memory likewise."""
    fields, bad = _read(Memory, value)
    return DamagedMemory(damaged=tuple(bad), **fields)


_MEND: Final[Mapping[str, Callable[[Any], Any]]] = {
    "row": damaged_row,
    "archived": damaged_archived,
    "version": damaged_version,
    "past": damaged_past,
}


def _payload(value: Any) -> Payload:
    fields, _bad = _read(Payload, value)
    return Payload(**fields)


def _read(
    kind: type[msgspec.Struct], value: Any, *, skip: tuple[str, ...] = ()
) -> tuple[dict[str, Any], list[str]]:
    """The fields of a kind, and the names of those that are stand-ins."""
    fields: dict[str, Any] = {}
    bad: list[str] = []
    for field in msgspec.structs.fields(kind):
        if field.name in skip:
            continue
        given: Any = None
        try:
            given = typed.convert(value.get(field.encode_name), field.type)
            sound = not isinstance(given, float) or isfinite(given)
        except msgspec.ValidationError:
            sound = False
        if not sound:
            bad.append(field.name)
        fields[field.name] = given if sound else _stand_in(field)
    return fields, bad


def _stand_in(field: msgspec.structs.FieldInfo) -> Any:
    """What a field shows that cannot show what it holds."""
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return _STAND_INS[field.name] if field.default is msgspec.NODEFAULT else field.default
